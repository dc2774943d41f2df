# ruff: noqa: DTZ001 - a naive start is what is being tested: it is Asia/Shanghai.
"""The shipped calendar against the table of three libraries in ../shared."""

import csv
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huying.domains.rulebook import content
from huying.kernel.deadlines import compute
from huying.kernel.deadlines.tests.builders import departures_2026, rule
from tests.support import needs

SHARED = needs.shared_folder() / "data" / "calendar" / "china_workdays_2004_2026.csv"


def test_the_shipped_2026_is_the_state_councils_notice_day_for_day():
    assert {day.day: day.working for day in content.calendar().specials(2026)} == departures_2026()


def test_2027_was_not_published_when_this_was_made_and_is_not_guessed():
    assert not content.calendar().is_published(date(2027, 1, 1))


@pytest.mark.shared
def test_every_day_of_2004_to_2026_agrees_with_the_shared_table_of_working_days():
    calendar = content.calendar()
    with SHARED.open(encoding="utf-8") as lines:
        rows = [(date.fromisoformat(row["date"]), row["chinesecalendar"] == "1") for row in csv.DictReader(lines)]
    assert len(rows) == 8401
    assert [day for day, working in rows if calendar.is_working(day) is not working] == []


@pytest.mark.shared
@settings(max_examples=100, deadline=None)
@given(st.datetimes(datetime(2004, 1, 1), datetime(2026, 6, 1)), st.integers(1, 60))
def test_working_days_of_real_years_are_the_nth_in_the_shared_table(start, amount):
    worked = _worked()
    later = [day for day in worked if day > start.date()][:amount]
    assert compute(rule(f"{amount} WD"), start, content.calendar()).due.date() == later[-1]


def _worked():
    with SHARED.open(encoding="utf-8") as lines:
        return [date.fromisoformat(row["date"]) for row in csv.DictReader(lines) if row["chinesecalendar"] == "1"]
