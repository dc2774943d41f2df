"""What changed is told in the transaction that changes it, cheaply, and forgotten only once it was read."""

from datetime import UTC, date, datetime

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from huying.kernel import facts
from huying.kernel.errors import NotFound
from huying.kernel.facts.dirty import DirtyKeys, DirtyRange, _ranges
from huying.kernel.facts.tables import withdraw
from huying.kernel.words import words

KIND = facts.Kind


def a_table(name="stones"):
    return facts.FactTable(
        name=name,
        key="id",
        columns=(
            facts.Column("id", KIND.INT, words("编号", "id")),
            facts.Column("day", KIND.DATE, words("日", "day")),
            facts.Column("at", KIND.SECONDS, words("时刻", "moment")),
            facts.Column("good", KIND.BOOL, words("好", "good")),
            facts.Column("name", KIND.TEXT, words("名", "name")),
        ),
        rows=lambda ids: [],
        words=words("石头", "stones"),
    )


@pytest.mark.django_db
def test_touched_keys_are_found_again_and_settled_ones_are_gone():
    facts.touch("stones", [5, 3, 4, 9])
    keys = facts.dirty("stones")
    assert keys.ranges == ((3, 5), (9, 9))
    assert list(keys.ids()) == [3, 4, 5, 9]
    facts.settle(keys)
    assert len(facts.dirty("stones")) == 0


@pytest.mark.django_db
def test_a_mark_made_while_the_rows_are_read_survives_the_settling():
    facts.touch("stones", [1])
    keys = facts.dirty("stones")
    facts.touch("stones", [1])
    facts.settle(keys)
    assert facts.dirty("stones").ranges == ((1, 1),)


@pytest.mark.django_db
def test_a_mark_goes_when_its_transaction_is_rolled_back():
    with transaction.atomic():
        facts.touch("stones", [1])
        transaction.set_rollback(True)
    assert len(facts.dirty("stones")) == 0


@pytest.mark.django_db
def test_marks_of_another_table_are_left_alone():
    facts.touch("stones", [1])
    facts.touch("trees", [1])
    facts.settle(facts.dirty("stones"))
    assert len(facts.dirty("trees")) == 1


@pytest.mark.django_db
def test_a_bulk_write_costs_one_insert_and_one_row(django_assert_num_queries):
    with django_assert_num_queries(1):
        facts.touch("stones", range(1, 1001))
    assert DirtyRange.objects.count() == 1


@pytest.mark.django_db
def test_touching_nothing_writes_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        facts.touch("stones", [])


@given(st.lists(st.integers(0, 200)))
def test_ranges_hold_the_keys_and_no_others(ids):
    assert list(DirtyKeys("t", tuple(_ranges(ids)), ()).ids()) == sorted(set(ids))


def test_a_row_is_brought_to_what_the_lake_stores():
    at = datetime(2026, 10, 5, 8, 0, 0, 999_999, tzinfo=UTC)
    assert a_table().plain((1, date(2026, 10, 5), at, 1, None)) == (1, date(2026, 10, 5), 1791187200, True, None)


@pytest.mark.parametrize("row", [(1, "2026-10-05", 0, True, ""), (1, None, None, None), ("1", None, None, None, "")])
def test_a_row_of_the_wrong_shape_is_refused_by_name(row):
    with pytest.raises(ValueError, match="stones"):
        a_table().plain(row)


def test_a_table_is_registered_once_and_an_unknown_one_is_an_error():
    made = facts.register(a_table("registered_once"))
    try:
        assert facts.table("registered_once") is made
        with pytest.raises(ValueError, match="twice"):
            facts.register(a_table("registered_once"))
    finally:
        withdraw("registered_once")
    with pytest.raises(NotFound, match="registered_once"):
        facts.table("registered_once")


def test_a_table_without_its_key_among_its_columns_is_refused():
    with pytest.raises(ValueError, match="key"):
        facts.FactTable("stones", "id", (facts.Column("a", KIND.INT, words("", "")),), lambda ids: [], words("", ""))
