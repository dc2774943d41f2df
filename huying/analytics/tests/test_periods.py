"""Periods are read and written one way, follow the calendar, and know what came before."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.analytics.periods import Period, PeriodKind
from huying.kernel.errors import InvalidInput

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
KINDS = st.sampled_from(list(PeriodKind))


@given(DAYS, KINDS)
def test_a_period_reads_back_from_how_it_is_written(day, kind):
    period = Period.holding(day, kind)
    assert Period.parse(period.key) == period
    assert period.start <= day < period.end


@given(DAYS, KINDS)
def test_the_next_one_begins_where_this_one_ends(day, kind):
    period = Period.holding(day, kind)
    assert period.next.previous == period
    assert period.next.start == period.end
    assert list(period.days())[-1] == period.last


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-Q3", date(2026, 7, 1), date(2026, 9, 30)),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
        ("2026-10-05", date(2026, 10, 5), date(2026, 10, 5)),
    ],
)
def test_what_a_period_spans(text, first, last):
    assert (Period.parse(text).start, Period.parse(text).last) == (first, last)


@pytest.mark.parametrize(
    "text", ["2026-13", "2025-W53", "2026-02-30", "2026-Q5", "", "26", "next week", "2026-10-05T10:00"]
)
def test_an_impossible_period_is_refused_with_how_to_write_one(text):
    with pytest.raises(InvalidInput) as caught:
        Period.parse(text)
    assert "2026-W43" in caught.value.cure


@pytest.mark.parametrize("text", ["2028-02-29", "2026-W53"])
def test_what_last_year_did_not_have_is_unknown_not_the_nearest(text):
    assert Period.parse(text).year_before is None


def test_the_same_month_last_year():
    assert Period.parse("2026-10").year_before == Period.parse("2025-10")
