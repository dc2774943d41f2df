"""A pack is checked as a whole, installed once or again with the same result, compared, and written back."""

import json
import zlib
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import Field

from huying.kernel import audit, packs
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput, NotFound
from huying.kernel.packs import registry
from huying.kernel.packs.commands import group
from huying.kernel.packs.models import InstalledPack

ACTOR = Actor.system("test")

MANIFEST = """
code: testing
name: {zh: 测试市, en: Testing}
level: city
root: "331100000000"
follows:
  - {title: 某市工作规则, used_for: 全部}
note: 仅用于测试。
version: "1.0"
released: 2026-01-01
"""


class PlaceRow(packs.ProvenancedRow):
    code: str = Field(pattern=r"^\d{3}$")
    name: str
    since: date | None = None
    tags: tuple[str, ...] = ()
    open: bool = True
    geometry: str = ""


class ShopRow(packs.PackRow):
    name: str
    place: str
    words: dict[str, str] = {}


class Store:
    """Stands where a domain's tables would: rows by key."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[Any, packs.PackRow]] = {"places": {}, "shops": {}}
        self.order: list[str] = []

    def install(self, name: str, key: str):
        def run(rows, actor):
            self.order.append(name)
            fresh = {getattr(row, key): row for row in rows}
            created = len(fresh.keys() - self.rows[name].keys())
            self.rows[name].update(fresh)
            return {"created": created, "kept": len(fresh) - created}

        return run

    def export(self, name: str):
        return lambda actor: list(self.rows[name].values())


@pytest.fixture
def store(monkeypatch):
    monkeypatch.setattr(registry, "_sections", {})
    monkeypatch.setattr(registry, "_discovered", True)
    made = Store()

    def shops_stand_in_places(entries, pack):
        known = {row.code for row in pack.rows("places")}
        for entry in entries:
            if entry.value.place not in known:
                yield entry.fault(f"no place {entry.value.place}", "add it to places")

    # `shops` is registered first, and its name sorts after; only `after` may decide the order.
    packs.section(
        "arcades",
        schema=ShopRow,
        key=("name",),
        check=shops_stand_in_places,
        install=made.install("shops", "name"),
        export=made.export("shops"),
        after=("places",),
    )
    packs.section(
        "places",
        schema=PlaceRow,
        key=("code",),
        install=made.install("places", "code"),
        export=made.export("places"),
        format="csv",
        part=lambda row: row.code[:1],
    )
    return made


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "pack"
    path.mkdir()
    (path / "pack.yaml").write_text(MANIFEST)
    (path / "places.csv").write_text(
        "code,name,provenance,since,tags,open\n001,东街,document,2020-01-01,a|b,\n002,西街,demo,,,false\n"
    )
    (path / "arcades.yaml").write_text(
        "- name: 一号店\n  place: '001'\n  words: {en: One}\n- {name: 二号店, place: '002'}\n"
    )
    return path


def told(folder):
    return [(fault.file, fault.line) for fault in packs.check(folder).errors]


def test_a_sound_pack_has_no_fault_and_its_rows_are_typed(store, folder):
    pack = packs.check(folder)
    assert pack.faults == []
    assert pack.rows("places")[0] == PlaceRow(
        code="001", name="东街", provenance="document", since=date(2020, 1, 1), tags=("a", "b")
    )
    assert pack.counts == {"places": 2, "arcades": 2}


def test_every_fault_of_a_pack_is_listed_at_once_with_file_line_and_cure(store, folder):
    (folder / "places.csv").write_text(
        "code,name,provenance,colour\n001,东街,document,red\n2,西街,demo,\n001,北街,hearsay,\n003,,demo,\n004,南街,demo,\n004,再南街,demo,\n"
    )
    (folder / "arcades.yaml").write_text("- name: 一号店\n  place: 9\n- name: 二号店\n  place: '009'\n")
    (folder / "shopss.csv").write_text("a\n")
    faults = packs.check(folder).errors
    assert [(fault.file, fault.line) for fault in faults] == [
        ("arcades.yaml", 2),  # a number where text is meant
        ("arcades.yaml", 3),  # a place that is not there: a cross-section fault is at the row
        ("places.csv", 2),  # unknown column
        ("places.csv", 3),  # pattern
        ("places.csv", 4),  # enumeration
        ("places.csv", 5),  # missing name
        ("places.csv", 7),  # twice the same key
        ("shopss.csv", 0),  # no such section
    ]
    assert all(fault.cure for fault in faults)


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("arcades.yaml", b"- name: a\n  place: '001'\n  name: b\n", 3),
        ("arcades.yaml", b"- name: [a\n- b", 2),
        ("arcades.yaml", b"name: a\n", 1),
        ("arcades.yaml", b"- name: a\n  place: 2020-13-45\n", 1),
        ("places.csv", "code,name,provenance\n001,东街,demo\n".encode("gb18030"), 2),
        ("places.csv", 'code,name,provenance\n001,"东街,demo\n'.encode(), 2),
        ("places.csv", "code,name,provenance\n001,东街,demo,more\n".encode(), 2),
        ("places.geojsonl", b'{"type": "Feature"}\n', 1),
        ("pack.yaml", b"code: [", 1),
        ("pack.yaml", MANIFEST.replace('root: "331100000000"', "root: 331100000000").encode(), 5),
    ],
)
def test_a_file_that_cannot_be_read_is_a_fault_at_its_line(store, folder, name, content, line):
    (folder / "arcades.yaml").unlink()
    (folder / name).write_bytes(content)
    assert (name, line) in told(folder)


def test_a_byte_order_mark_is_no_fault(store, folder):
    path = folder / "places.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert told(folder) == []


def test_a_cell_of_several_lines_keeps_the_line_numbers_below_it_right(store, folder):
    (folder / "places.csv").write_text('code,name,provenance\n001,"东\n街",document\n2,西街,demo\n002,x,demo\n')
    assert told(folder) == [("places.csv", 4)]


@pytest.mark.django_db
def test_a_pack_with_a_fault_installs_nothing(store, folder):
    (folder / "arcades.yaml").write_text("- {name: 一号店, place: '009'}\n")
    with pytest.raises(InvalidInput, match=r"arcades.yaml:1"):
        packs.install(folder, actor=ACTOR)
    assert store.order == []
    assert not InstalledPack.objects.exists()


@pytest.mark.django_db
def test_sections_are_installed_after_those_they_need(store, folder):
    packs.install(folder, actor=ACTOR)
    assert store.order == ["places", "shops"]


@pytest.mark.django_db
def test_installing_twice_leaves_the_same_place_and_no_difference(store, folder):
    first = packs.install(folder, actor=ACTOR)
    second = packs.install(folder, actor=ACTOR)
    assert [one.counts["created"] for one in first] == [2, 2]
    assert [one.counts["created"] for one in second] == [0, 0]
    assert packs.diff(folder, actor=ACTOR) == []
    assert [manifest.code for manifest in packs.installed_manifests()] == ["testing"]


@pytest.mark.django_db
def test_each_installation_is_in_the_log_with_what_it_did(store, folder):
    packs.install(folder, actor=ACTOR)
    [entry] = audit.history("pack", zlib.crc32(b"testing"))
    assert (entry.action, entry.actor_label, entry.payload["version"]) == ("installed", "test", "1.0")
    assert entry.payload["counts"]["places"] == {"created": 2, "kept": 0}


@pytest.mark.django_db
def test_a_failure_in_a_late_section_takes_back_the_early_ones(store, folder, monkeypatch):
    section = registry._sections["places"]

    def write_a_row(rows, actor):
        InstalledPack.objects.create(
            code="half", manifest="{}", digest="", installed_at="2026-01-01T00:00:00+08:00", installed_by=""
        )
        return {}

    def fail(rows, actor):
        raise RuntimeError("disk full")

    object.__setattr__(section, "install", write_a_row)
    object.__setattr__(registry._sections["arcades"], "install", fail)
    with pytest.raises(RuntimeError, match="disk full"):
        packs.install(folder, actor=ACTOR)
    assert not InstalledPack.objects.exists()


@pytest.mark.django_db
def test_diff_tells_missing_extra_and_changed_rows_by_field(store, folder):
    packs.install(folder, actor=ACTOR)
    store.rows["places"]["003"] = PlaceRow(code="003", name="新街", provenance="demo")
    store.rows["places"]["001"] = PlaceRow(
        code="001", name="东大街", provenance="document", since=date(2020, 1, 1), tags=("a", "b")
    )
    del store.rows["shops"]["二号店"]
    found = [(one.section, one.key, one.kind, dict(one.fields)) for one in packs.diff(folder, actor=ACTOR)]
    assert found == [
        ("places", ("001",), "changed", {"name": ("东大街", "东街")}),
        ("places", ("003",), "extra", {}),
        ("arcades", ("二号店",), "missing", {}),
    ]


@pytest.mark.django_db
def test_an_exported_place_is_a_sound_pack_that_differs_in_nothing(store, folder, tmp_path):
    packs.install(folder, actor=ACTOR)
    out = tmp_path / "out"
    assert packs.export(out, actor=ACTOR) == {"places": 2, "arcades": 2}
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*")) == [
        "arcades.yaml",
        "pack.yaml",
        "places/0.csv",
    ]
    again = packs.check(out)
    assert again.faults == []
    assert again.manifest == packs.check(folder).manifest
    assert packs.diff(out, actor=ACTOR) == []


@pytest.mark.django_db
def test_export_refuses_a_folder_in_use_and_a_pack_never_installed(store, folder, tmp_path):
    with pytest.raises(NotFound):
        packs.export(tmp_path / "out", actor=ACTOR)
    packs.install(folder, actor=ACTOR)
    with pytest.raises(NotFound, match="gansu"):
        packs.export(tmp_path / "out", code="gansu", actor=ACTOR)
    with pytest.raises(InvalidInput):
        packs.export(folder, actor=ACTOR)


def test_geometry_travels_as_geojson_one_feature_a_line(store, folder, tmp_path):
    (folder / "places.csv").unlink()
    (folder / "arcades.yaml").unlink()
    (folder / "places.geojsonl").write_text(
        '{"type":"Feature","properties":{"code":"001","name":"东街","provenance":"demo"},'
        '"geometry":{"type":"Point","coordinates":[119.9,28.4]}}\n'
    )
    pack = packs.check(folder)
    assert pack.faults == []
    assert pack.rows("places")[0].geometry == '{"type":"Point","coordinates":[119.9,28.4]}'


def test_a_pack_is_found_by_name_or_by_folder_and_else_the_names_are_told(folder):
    assert packs.find(str(folder)) == folder.resolve()
    with pytest.raises(InvalidInput) as error:
        packs.find("atlantis")
    assert error.value.cure


def test_a_section_that_could_not_be_read_back_is_refused(store):
    class Defaulted(packs.PackRow):
        code: str
        kind: str = "basic"

    with pytest.raises(ValueError, match="default"):
        packs.section("odd", schema=Defaulted, key=("code",), install=None, export=None, format="csv")
    with pytest.raises(ValueError, match="twice"):
        packs.section("places", schema=ShopRow, key=("name",), install=None, export=None)


def test_sections_that_wait_for_each_other_are_a_programming_fault(store):
    packs.section("egg", schema=ShopRow, key=("name",), install=None, export=None, after=("hen",))
    with pytest.raises(ValueError, match="hen"):
        packs.ordered_sections()
    packs.section("hen", schema=ShopRow, key=("name",), install=None, export=None, after=("egg",))
    with pytest.raises(ValueError, match="wait for each other"):
        packs.ordered_sections()


def test_the_program_reads_its_pack_commands_before_anything_else_has_set_django_up(installation):
    """In a process of its own; a pack that isn't there ends in one line that names those that are."""
    told = installation.run("pack", "check", "atlantis")
    assert (told.returncode, told.stderr.count("\n")) == (1, 1)
    assert "golmud" in told.stderr


@pytest.mark.parametrize("name", ["check", "install", "diff", "export", "list"])
def test_each_pack_command_explains_itself_with_an_example(name):
    told = CliRunner().invoke(group, [name, "--help"])
    assert told.exit_code == 0
    assert f"Example: huying pack {name}" in told.output


def test_check_lists_faults_and_fails(store, folder):
    (folder / "places.csv").write_text("code,name,provenance\n1,东街,demo\n")
    told = CliRunner().invoke(group, ["check", str(folder), "--json"])
    assert told.exit_code == 1
    assert "places.csv:2" in told.output
    last = json.loads(told.output.splitlines()[-1])
    assert [fault["line"] for fault in last["faults"]][-1] == 2


@pytest.mark.django_db
def test_install_then_diff_says_that_nothing_differs(store, folder):
    assert CliRunner().invoke(group, ["install", str(folder)]).exit_code == 0
    told = CliRunner().invoke(group, ["diff", str(folder)])
    assert (told.exit_code, told.output) == (0, "0 differences\n")
    store.rows["shops"].clear()
    told = CliRunner().invoke(group, ["diff", str(folder)])
    assert told.exit_code == 1
    assert "+ arcades 一号店" in told.output
