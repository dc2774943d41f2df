"""The five shipped places: real divisions, sound geometry, installed in seconds, written back the same."""

import pytest

from huying.domains.territory import queries
from huying.domains.territory.models import Boundary, Division, Grid
from huying.kernel import packs
from huying.kernel.actors import Actor, Level

ACTOR = Actor.system("test")
OURS = ("divisions", "successions", "grids", "boundaries", "places")
LARGEST_FILE = 500_000  # bytes
LARGEST_PACK = 3_500_000


@pytest.fixture
def only_ours(monkeypatch):
    """Packs as the territory reads them; other domains' sections have their own tests."""
    from huying.kernel.packs import checking, registry

    monkeypatch.setattr(registry, "_sections", {name: registry.sections()[name] for name in OURS})
    monkeypatch.setattr(checking, "_refuse_strangers", lambda pack, known: None)


@pytest.mark.parametrize(
    ("name", "divisions", "grids"),
    [("lishui", 2192, 3231), ("gansu", 19226, 0), ("dawa", 211, 1253), ("golmud", 95, 213), ("yizheng", 218, 380)],
)
def test_a_shipped_pack_has_no_fault_in_its_territory(only_ours, name, divisions, grids):
    pack = packs.check(packs.find(name))
    assert pack.errors == []
    assert (len(pack.rows("divisions")), len(pack.rows("grids"))) == (divisions, grids)
    files = [path for path in packs.find(name).rglob("*") if path.is_file()]
    assert max(path.stat().st_size for path in files) < LARGEST_FILE
    assert sum(path.stat().st_size for path in files) < LARGEST_PACK


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["lishui", "gansu", "dawa", "golmud", "yizheng"])
def test_a_shipped_pack_installs_exports_and_has_a_clean_tree(only_ours, clock, tmp_path, name):
    packs.install(packs.find(name), actor=ACTOR)
    assert packs.diff(packs.find(name), actor=ACTOR) == []
    packs.export(tmp_path / "out", actor=ACTOR)
    assert packs.check(tmp_path / "out").errors == []
    assert packs.diff(tmp_path / "out", actor=ACTOR) == []
    assert queries.hygiene() == []
    assert len(queries.tree().roots) == 1


@pytest.mark.django_db
def test_golmuds_exclave_is_golmud_though_it_lies_apart(only_ours, clock):
    import shapely

    packs.install(packs.find("golmud"), actor=ACTOR)
    city = shapely.from_geojson(Boundary.objects.get(code="632801000000").geometry)
    main, exclave = sorted(city.geoms, key=lambda part: -part.area)
    assert main.distance(exclave) > 0.1  # degrees: some ten kilometres of another county between
    for part, township in ((main, None), (exclave, "632801101000")):
        point = part.representative_point()
        found = queries.locate(point.x, point.y)
        assert (found.province, found.city, found.county) == ("630000000000", "632800000000", "632801000000")
        assert found.schematic
        assert (found.township == "632801101000") == (township is not None)
    assert queries.tree()["632801101000"].exclave
    assert queries.locate(94.9, 36.4).county == "632801000000"  # the town itself
    between = shapely.shortest_line(main, exclave).interpolate(0.5, normalized=True)
    assert queries.locate(between.x, between.y) is None


@pytest.mark.django_db
def test_zones_and_committees_are_divisions_of_their_own(only_ours, clock):
    packs.install(packs.find("golmud"), actor=ACTOR)
    zones = {
        node.name: node.provenance
        for node in queries.tree().nodes.values()
        if node.kind == "functional" and node.level == 4
    }
    assert zones == {
        "察尔汗工行委": "document",
        "格尔木农垦有限公司": "document",
        "昆仑经济技术开发区": "demo",
        "西藏驻格尔木办事处辖区": "demo",
    }


@pytest.mark.django_db
def test_every_grid_cell_of_the_demo_county_leads_back_to_its_grid(only_ours, clock):
    import shapely

    packs.install(packs.find("lishui"), actor=ACTOR)
    cells = dict(Boundary.objects.filter(code__startswith="331102", schematic=True).values_list("code", "geometry"))
    grids = {code: shapely.from_geojson(text).representative_point() for code, text in cells.items() if len(code) == 15}
    located = queries.locate_many([(point.x, point.y) for point in grids.values()])
    assert len(grids) > 400
    assert [one.grid for one in located] == list(grids)
    assert {one.county for one in located} == {"331102000000"}
    # Out-of-area grids are of residents who live elsewhere: no polygon.
    assert not Grid.objects.filter(kind="out_of_area", code__in=cells).exists()


@pytest.mark.django_db
def test_gansu_has_no_pseudo_city_and_its_reserves_stand_under_the_province(only_ours, clock):
    packs.install(packs.find("gansu"), actor=ACTOR)
    known = queries.tree()
    assert not Division.objects.filter(name__in=["市辖区", "省直辖县级行政区划"]).exists()
    assert known.columns("629900000000")["city"] == ""
    assert known.parent("629900000000") == "620000000000"
    assert len(known.at_level(Level.VILLAGE)) == 17718
    found = queries.search_divisions("新庄村", limit=500)  # a fifth of Gansu's village names repeat
    assert len(found) == len({(one.path, one.name) for one in found}) == 44


HEAD, ROOT = "code,name,provenance", "120000000000,天津市,document"
BOW_TIE = '{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}'
FEATURE = '{"type":"Feature","properties":{"code":"120000000000","provenance":"demo"},"geometry":%s}'


@pytest.mark.parametrize(
    ("file", "lines", "line", "said"),
    [
        ("divisions.csv", [HEAD, ROOT, "120100000000,市辖区,document"], 3, "不是真实的区划"),
        ("divisions.csv", [HEAD, ROOT, "120101001000,街道,document"], 3, "不在包内"),
        ("divisions.csv", [HEAD, ROOT, "130000000000,河北省,document"], 3, "第二个最上级"),
        ("divisions.csv", [HEAD, "12,天津市,document"], 2, "code"),
        ("divisions.csv", [HEAD + ",urban_rural", ROOT + ",999"], 2, "城乡分类"),
        ("divisions.csv", [HEAD + ",valid_from,valid_to", ROOT + ",2020-01-01,2019-01-01"], 2, "截止日期"),
        ("grids.csv", [HEAD + ",kind", "120101001001001,一格,demo,basic"], 2, "网格编码"),
        ("places.csv", ["key,kind,division,longitude," + HEAD[5:], "p-1,school,120000000000,117,小学,demo"], 2, "经度"),
        ("boundaries.geojsonl", [FEATURE % BOW_TIE], 1, "不是有效的多边形"),
        ("boundaries.geojsonl", [FEATURE % '{"type":"Point","coordinates":[0,0]}'], 1, "Polygon"),
    ],
)
def test_a_fault_of_the_territory_is_told_at_its_line(only_ours, tmp_path, file, lines, line, said):
    (tmp_path / "pack.yaml").write_text(
        (packs.find("golmud") / "pack.yaml").read_text().replace("632801000000", "120000000000")
    )
    (tmp_path / "divisions.csv").write_text("code,name,provenance\n120000000000,天津市,document\n")
    (tmp_path / file).write_text("\n".join(lines) + "\n")
    faults = packs.check(tmp_path).errors
    assert any((one.file, one.line) == (file, line) and said in one.message for one in faults)


@pytest.mark.django_db
def test_a_later_pack_that_renames_and_moves_a_township_keeps_its_past(only_ours, clock, tmp_path):
    from datetime import date

    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "pack.yaml").write_text(
        (packs.find("golmud") / "pack.yaml").read_text().replace("632801000000", "120000000000")
    )
    head = "code,name,provenance,parent,valid_from,valid_to\n"
    fixed = (
        "120000000000,天津市,document,,,\n"
        "120101000000,东区,document,120000000000,,\n"
        "120102000000,西区,document,120000000000,,\n"
    )
    (folder / "divisions.csv").write_text(head + fixed + "120101001000,旧街道,document,,,\n")
    packs.install(folder, actor=ACTOR)
    (folder / "divisions.csv").write_text(
        head
        + fixed
        + "120101001000,旧街道,document,,,2024-07-01\n120101001000,新街道,document,,2024-07-01,2025-01-01\n"
        "120101001000,新街道,document,120102000000,2025-01-01,\n"
    )
    (folder / "successions.csv").write_text(
        "code,successor,kind,on,basis\n120101001000,120101001000,renamed,2024-07-01,更名批复\n"
    )
    packs.install(folder, actor=ACTOR)
    told = [
        (queries.tree(day)["120101001000"].name, queries.tree(day).parent("120101001000"))
        for day in (date(2024, 6, 30), date(2024, 7, 1), date(2025, 1, 1))
    ]
    assert told == [
        ("旧街道", "120101000000"),
        ("新街道", "120101000000"),
        ("新街道", "120102000000"),
    ]
    assert packs.diff(folder, actor=ACTOR) == []
    packs.install(folder, actor=ACTOR)
    assert packs.diff(folder, actor=ACTOR) == []
