import pytest

from huying.domains.rulebook import queries, services
from huying.domains.rulebook.queries import catalogues
from huying.domains.rulebook.tests.conftest import SYSTEM
from huying.kernel import packs
from huying.kernel.packs import ordered_sections

NAMES = ("limits", "catalogue", "admission", "duties")
SHIPPED = ("lishui", "gansu", "dawa", "golmud", "yizheng")


@pytest.fixture(scope="module", params=SHIPPED)
def pack(request):
    return packs.check(packs.find(request.param))


def sections():
    return [section for section in ordered_sections() if section.name in NAMES]


def test_the_shipped_rulebook_of_each_place_is_sound_and_of_the_promised_size(pack):
    assert [str(f) for f in pack.errors if f.section in NAMES] == []
    codes = {row.code for row in pack.rows("catalogue")}
    assert sum(len(code) == 2 for code in codes) == 15
    assert sum(len(code) == 4 for code in codes) >= 60
    assert sum(len(code) == 6 for code in codes) >= 150


def test_installing_twice_changes_nothing_and_export_gives_the_same_rows(pack, db):
    for section in sections():
        section.install(pack.rows(section.name), SYSTEM)
    for section in sections():
        rows = pack.rows(section.name)
        again = section.install(rows, SYSTEM)
        assert (again["created"], again["changed"], again["kept"]) == (0, 0, len(rows)), section.name
        exported = {section.identity(row): row for row in section.export(SYSTEM)}
        assert exported == {section.identity(row): row for row in rows}, section.name


def test_each_places_catalogue_is_free_of_conflicts_but_for_units_not_installed_here(pack, db):
    for section in sections():
        section.install(pack.rows(section.name), SYSTEM)
    (catalogue,) = catalogues()
    said = {one.words.zh for one in services.conflicts(catalogue) if "没有单位" not in one.words.zh}
    assert said == set()


def test_a_places_own_limit_prevails_within_it_only(db):
    lishui = packs.check(packs.find("lishui"))
    for section in sections():
        section.install(lishui.rows(section.name), SYSTEM)
    from datetime import date

    on = date(2026, 9, 24)
    rule = queries.limit_rule("hotline.ordinary", on, "331102001000")
    assert (str(rule.limit), str(rule.internal)) == ("5 WD", "3 WD")
    assert str(queries.limit_rule("hotline.ordinary", on, "620102000000").limit) == "7 D"
    assert str(queries.limit_rule("whistle.report_in", on, "331102001000").limit) == "4 h"


def test_a_changed_pack_row_replaces_what_was_installed(db):
    lishui = packs.check(packs.find("lishui"))
    (limits,) = [section for section in sections() if section.name == "limits"]
    rows = lishui.rows("limits")
    limits.install(rows, SYSTEM)
    changed = [rows[0].model_copy(update={"set": {**rows[0].set, "limit": "6 WD"}}), *rows[1:]]
    assert limits.install(changed, SYSTEM) == {"created": 0, "changed": 1, "kept": len(rows) - 1}
    assert [row.set["limit"] for row in limits.export(SYSTEM) if row.key == rows[0].key] == ["6 WD"]
