from datetime import date

import pytest

from huying.domains.documents import queries, sections
from huying.domains.documents.vocabulary import Ending
from huying.kernel import packs
from huying.kernel.actors import Actor

ME = Actor.system("retention test")


def row(**changes):
    given = {
        "kind": "matter",
        "valid_from": date(2026, 1, 1),
        "months": 120,
        "ending": Ending.DE_IDENTIFY,
        "basis": "某规定",
    }
    return sections.RetentionRow(**(given | changes))


@pytest.mark.django_db
def test_a_rule_of_the_pack_is_in_force_and_a_second_time_changes_nothing():
    assert sections.install([row()], ME) == {"created": 1, "changed": 0, "kept": 0}
    assert sections.install([row()], ME) == {"created": 0, "changed": 0, "kept": 1}
    assert sections.install([row(months=60)], ME) == {"created": 0, "changed": 1, "kept": 0}
    assert queries.retention_rule("matter", date(2026, 6, 1)).months == 60


@pytest.mark.django_db
def test_what_is_exported_installs_as_it_was():
    sections.install([row(), row(valid_from=date(2027, 1, 1), ending=Ending.DELETE)], ME)
    exported = list(sections.export(ME))
    assert sections.install(exported, ME) == {"created": 0, "changed": 0, "kept": 2}


@pytest.mark.parametrize("name", packs.shipped())
def test_each_shipped_pack_says_how_long_matters_are_kept(name):
    assert "\nmatter," in (packs.find(name) / "retention.csv").read_text(encoding="utf-8")


def test_a_kind_of_record_nobody_keeps_is_a_fault_of_the_row():
    entry = packs.Entry(row(kind="mater"), "retention", "retention.csv", 2)
    [fault] = sections.check([entry], pack=None)
    assert "mater" in fault.message
    assert "matter" in fault.cure
