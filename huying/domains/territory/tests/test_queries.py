"""Where a point lies, what a code is called, what a search finds, and what is wrong with the territory."""

import json
import subprocess
import sys
from datetime import date

import pytest

from huying.domains.territory import queries, services
from huying.domains.territory.models import Boundary, Division, DivisionParent, Grid, Place
from huying.domains.territory.services import NewDivision
from huying.domains.territory.tests.conftest import ACTOR, ALPHA, BETA, CITY, EAST, GAMMA, PROVINCE, VILLAGES, square
from huying.kernel.actors import Level
from huying.kernel.errors import NotFound

BRIDGE = VILLAGES[ALPHA][0]


def grid(code, **more):
    values = {"village": code[:12], "name": f"网格{code[12:]}", "kind": "basic", "provenance": "demo"} | more
    return Grid(code=code, **values)


def boundary(code, west, south, side, *, schematic=False):
    return Boundary(code=code, geometry=square(west, south, side), schematic=schematic, provenance="demo")


@pytest.fixture
def mapped(place):
    services.put_grids(grids=[grid(f"{BRIDGE}001"), grid(f"{BRIDGE}002")], actor=ACTOR)
    services.put_boundaries(
        boundaries=[
            boundary(EAST, 119, 28, 1),
            boundary(ALPHA, 119, 28, 0.5, schematic=True),
            boundary(f"{BRIDGE}001", 119, 28, 0.1, schematic=True),
            # Drawn badly: it sticks out over the county's edge into nobody's land.
            boundary(BETA, 119.8, 28, 0.5, schematic=True),
        ],
        actor=ACTOR,
    )


def test_a_point_is_located_down_to_its_grid(mapped):
    found = queries.locate(119.05, 28.05)
    assert found == queries.Located(
        province=PROVINCE,
        city=CITY,
        county=EAST,
        township=ALPHA,
        village=BRIDGE,
        grid=f"{BRIDGE}001",
        schematic=True,
    )
    assert found.deepest == f"{BRIDGE}001"
    assert found.columns() == queries.columns(f"{BRIDGE}001")


def test_where_no_smaller_polygon_exists_the_lower_columns_stay_blank(mapped):
    found = queries.locate(119.9, 28.9)
    assert (found.county, found.township, found.schematic) == (EAST, "", False)


def test_a_point_outside_every_boundary_is_nowhere(mapped):
    assert queries.locate(100.0, 10.0) is None


def test_many_points_are_located_at_once_as_one_by_one(mapped, count_queries):
    points = [(119.05, 28.05), (100.0, 10.0), (119.3, 28.3), (119.9, 28.1)]
    queries.locate(*points[0])
    with count_queries() as counted:
        together = queries.locate_many(points)
    assert counted.n <= 2
    assert together == [queries.locate(*point) for point in points]
    assert queries.locate_many([]) == []


def test_a_web_worker_that_locates_nothing_never_loads_shapely():
    """Serving processes stay small: the geometry library is loaded with the first point, not with the module."""
    code = (
        "import django, sys; django.setup();"
        "import huying.domains.territory.queries, huying.domains.territory.services, huying.domains.territory.pages;"
        "sys.exit('shapely' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_come_in_a_handful_of_queries_for_divisions_and_grids(mapped, count_queries):
    queries.tree()
    with count_queries() as counted:
        found = queries.names([ALPHA, f"{BRIDGE}001", "123", ""])
    assert found == {ALPHA: "一街道", f"{BRIDGE}001": "网格001"}
    assert counted.n == 2


def test_same_named_villages_are_told_apart_by_what_is_above_them(place):
    found = queries.search_divisions("新村")
    assert [(one.name, one.path) for one in found] == [("新村村委会", "东县二镇"), ("新村村委会", "西县三镇")]
    assert [one.code for one in queries.search_divisions("西县 新村")] == [VILLAGES[GAMMA][0]]
    assert [one.code for one in queries.search_divisions("新村", under=EAST)] == [VILLAGES[BETA][1]]


def test_search_finds_by_code_by_level_and_exact_names_first(place):
    assert [one.code for one in queries.search_divisions("991102", level=Level.TOWNSHIP)] == [GAMMA]
    assert [one.name for one in queries.search_divisions("桥头村")] == ["桥头村村委会"]
    assert queries.search_divisions("桥头")[0].code == VILLAGES[ALPHA][0]
    assert queries.search_divisions("   ") == []
    assert queries.search_divisions("没有") == []


def test_an_unknown_code_is_not_found_and_says_so(place):
    with pytest.raises(NotFound, match="123456789012"):
        queries.columns("123456789012")


def test_grids_of_a_division_are_those_of_the_villages_below_it_today(mapped):
    services.put_grids(grids=[grid(f"{VILLAGES[BETA][0]}001"), grid(f"{VILLAGES[GAMMA][0]}001")], actor=ACTOR)
    assert queries.grids_of(EAST).count() == 3
    assert queries.grids_of(BRIDGE).count() == 2
    services.move_division(code=BETA, parent="991102000000", on=date(2025, 1, 1), actor=ACTOR)
    assert queries.grids_of(EAST).count() == 2
    assert queries.grids_of(EAST, on=date(2024, 1, 1)).count() == 3


def test_a_places_page_is_found_by_name_and_by_division(mapped):
    columns = queries.columns(f"{BRIDGE}001")
    place = Place(key="school-1", kind="school", name="桥头小学", provenance="demo", longitude=119.05, latitude=28.05)
    for name, code in columns.items():
        setattr(place, name, code)
    services.put_places(places=[place], actor=ACTOR)
    assert [one.name for one in queries.search_places("小学")] == ["桥头小学"]
    assert [one.path for one in queries.places_in(EAST)] == ["东县一街道桥头社区居委会"]
    assert queries.places_in("991102000000") == []
    assert queries.places_in(f"{BRIDGE}001")[0].columns == columns


def test_the_map_of_a_division_is_its_childrens_polygons_else_its_own(mapped):
    county = json.loads(queries.geojson(EAST))
    assert [feature["properties"]["code"] for feature in county["features"]] == [ALPHA, BETA]
    assert county["features"][0]["properties"]["schematic"] is True
    village = json.loads(queries.geojson(BRIDGE))
    assert [feature["properties"]["level"] for feature in village["features"]] == ["grid"]
    own = json.loads(queries.geojson(ALPHA))
    assert [feature["properties"]["code"] for feature in own["features"]] == [ALPHA]
    assert json.loads(queries.geojson(GAMMA))["features"] == []


def kinds(**more):
    return [(one.kind, one.code) for one in queries.hygiene(**more)]


def test_a_sound_territory_has_no_finding(place):
    assert queries.hygiene() == []


def test_hygiene_finds_orphans_second_roots_same_names_and_codes_that_disagree(place):
    rows = [
        ("991103000000", "孤县", 3),
        ("980000000000", "丙省", 1),
        ("991101101000", "二镇", 4),
        ("991102200000", "外乡", 4),
    ]
    Division.objects.bulk_create(Division(code=c, name=n, level=lv, provenance="demo") for c, n, lv in rows)
    DivisionParent.objects.bulk_create(
        DivisionParent(code=code, parent=parent)
        for code, parent in [
            ("991103000000", "991200000000"),
            ("991101101000", EAST),
            ("991102200000", EAST),
        ]
    )
    services.put_grids(grids=[grid("991105100200001")], actor=ACTOR)
    assert kinds(geometry=False) == [
        ("code_and_parent", "991102200000"),
        ("orphan", "991103000000"),
        ("same_name", "991101101000"),
        ("several_roots", PROVINCE),
        ("stray_grid", "991105100200001"),
    ]
    assert all(one.cure for one in queries.hygiene())


def test_hygiene_finds_divisions_that_stand_under_each_other(place):
    DivisionParent.objects.filter(code=CITY).update(parent=EAST)
    services.put_grids(grids=[grid(f"{BRIDGE}001")], actor=ACTOR)
    assert ("loop", CITY) in kinds(geometry=False)
    assert ("loop", EAST) in kinds(geometry=False)


def test_hygiene_finds_invalid_overlapping_and_stray_geometry(mapped):
    bow = '{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}'
    services.put_boundaries(
        boundaries=[
            Boundary(code=GAMMA, geometry=bow, provenance="demo"),
            boundary(f"{BRIDGE}002", 119.05, 28, 0.1, schematic=True),
            boundary("991109000000", 1, 1, 1),
            Boundary(code=CITY, geometry='{"type":"Poly', provenance="demo"),
        ],
        actor=ACTOR,
    )
    assert kinds() == [
        ("invalid_geometry", CITY),
        ("invalid_geometry", GAMMA),
        ("overlap", f"{BRIDGE}002"),
        ("stray_boundary", "991109000000"),
    ]


def test_neighbours_that_only_touch_do_not_overlap(mapped):
    services.put_boundaries(boundaries=[boundary(f"{BRIDGE}002", 119.1, 28, 0.1, schematic=True)], actor=ACTOR)
    assert queries.hygiene() == []


def test_a_functional_area_directly_under_a_province_is_no_fault(place):
    zone = NewDivision(code="999801000000", name="保护区", parent=PROVINCE, level=Level.COUNTY, kind="functional")
    services.create_divisions(divisions=[zone], on=date(2021, 1, 1), actor=ACTOR)
    assert queries.hygiene() == []
