"""Calendars and rules for the tests of counting."""

from datetime import date

from huying.kernel.deadlines import Calendar, Day, Limit, Rule
from huying.kernel.words import words

# The State Council's schedule for 2026 (国务院办公厅 2025-11-04), as ranges (month, first, last) and make-up days.
OFF_2026 = [(1, 1, 3), (2, 15, 23), (4, 4, 6), (5, 1, 5), (6, 19, 21), (9, 25, 27), (10, 1, 7)]
WORKED_2026 = [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]


def departures_2026():
    off = {date(2026, month, day): False for month, first, last in OFF_2026 for day in range(first, last + 1)}
    return off | {date(2026, month, day): True for month, day in WORKED_2026}


def calendar_of(departures, years):
    days = [
        Day(day, working, words("调休上班" if working else "放假", "made up" if working else "off"))
        for day, working in departures.items()
    ]
    return Calendar(days, years)


def calendar_2026():
    return calendar_of(departures_2026(), [2026])


def rule(limit, **given):
    return Rule(key="test.rule", words=words("试验", "test"), limit=Limit.parse(limit) if limit else None, **given)
