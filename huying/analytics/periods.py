"""Days, ISO weeks, months, quarters, years: how they are written, what they span, what came before. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from huying.kernel.errors import InvalidInput


class PeriodKind(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


SHAPES = {
    PeriodKind.YEAR: re.compile(r"(\d{4})"),
    PeriodKind.QUARTER: re.compile(r"(\d{4})-Q([1-4])"),
    PeriodKind.MONTH: re.compile(r"(\d{4})-(\d{2})"),
    PeriodKind.WEEK: re.compile(r"(\d{4})-W(\d{2})"),
    PeriodKind.DAY: re.compile(r"(\d{4})-(\d{2})-(\d{2})"),
}
# What can be counted: Shanghai has kept UTC+8 without summer time since 1991.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)
HOW = "write 2026, 2026-Q3, 2026-10, 2026-W43 or 2026-10-05"
# How many periods of a kind a trend shows.
TREND = {
    PeriodKind.DAY: 31,
    PeriodKind.WEEK: 26,
    PeriodKind.MONTH: 13,
    PeriodKind.QUARTER: 9,
    PeriodKind.YEAR: 5,
}


@dataclass(frozen=True, order=True)
class Period:
    """From `start` until the day before `end`."""

    start: date
    end: date
    kind: PeriodKind

    @classmethod
    def parse(cls, text: str) -> Period:
        """`2026`, `2026-Q3`, `2026-10`, `2026-W43` (ISO 8601 week), `2026-10-05`. Raises InvalidInput for anything else."""
        text = text.strip().upper()
        for kind, shape in SHAPES.items():
            if found := shape.fullmatch(text):
                try:
                    return cls._made(kind, [int(part) for part in found.groups()])
                except (ValueError, OverflowError):
                    raise InvalidInput(f"period {text!r} is not in the calendar", cure=HOW) from None
        raise InvalidInput(f"period {text!r} cannot be read", cure=HOW)

    @classmethod
    def _made(cls, kind: PeriodKind, parts: list[int]) -> Period:
        match kind, parts:
            case PeriodKind.YEAR, [year]:
                return cls.holding(date(year, 1, 1), kind)
            case PeriodKind.QUARTER, [year, quarter]:
                return cls.holding(date(year, quarter * 3 - 2, 1), kind)
            case PeriodKind.WEEK, [year, week]:
                return cls.holding(date.fromisocalendar(year, week, 1), kind)
            case _, [year, month]:
                return cls.holding(date(year, month, 1), kind)
            case _:
                return cls.holding(date(*parts), kind)

    @classmethod
    def holding(cls, day: date, kind: PeriodKind) -> Period:
        """The period of `kind` in which `day` lies."""
        match kind:
            case PeriodKind.DAY:
                return cls(day, day + timedelta(1), kind)
            case PeriodKind.WEEK:
                start = day - timedelta(day.weekday())
                return cls(start, start + timedelta(7), kind)
            case PeriodKind.MONTH:
                return cls(day.replace(day=1), _month_on(day.year, day.month, 1), kind)
            case PeriodKind.QUARTER:
                first = (day.month - 1) // 3 * 3 + 1
                return cls(date(day.year, first, 1), _month_on(day.year, first, 3), kind)
            case PeriodKind.YEAR:
                return cls(date(day.year, 1, 1), date(day.year + 1, 1, 1), kind)

    @cached_property
    def key(self) -> str:
        """As `parse` reads it; unique over all kinds."""
        match self.kind:
            case PeriodKind.DAY:
                return self.start.isoformat()
            case PeriodKind.WEEK:
                year, week, _ = self.start.isocalendar()
                return f"{year:04}-W{week:02}"
            case PeriodKind.MONTH:
                return f"{self.start:%Y-%m}"
            case PeriodKind.QUARTER:
                return f"{self.start.year:04}-Q{(self.start.month + 2) // 3}"
            case PeriodKind.YEAR:
                return f"{self.start.year:04}"

    @property
    def last(self) -> date:
        return self.end - timedelta(1)

    @property
    def previous(self) -> Period:
        return Period.holding(self.start - timedelta(1), self.kind)

    @property
    def next(self) -> Period:
        return Period.holding(self.end, self.kind)

    @property
    def year_before(self) -> Period | None:
        """The same period last year; None where last year has none: 29 February, and week 53 of a year of 52."""
        match self.kind:
            case PeriodKind.WEEK:
                year, week, _ = self.start.isocalendar()
                try:
                    return Period.holding(date.fromisocalendar(year - 1, week, 1), self.kind)
                except ValueError:
                    return None
            case _:
                try:
                    return Period.holding(self.start.replace(year=self.start.year - 1), self.kind)
                except ValueError:
                    return None

    def trend(self) -> list[Period]:
        """This period and those before it that a trend shows, oldest first."""
        found = [self]
        while len(found) < TREND[self.kind]:
            found.append(found[-1].previous)
        return found[::-1]

    def days(self) -> Iterator[date]:
        day = self.start
        while day < self.end:
            yield day
            day += timedelta(1)


def _month_on(year: int, month: int, by: int) -> date:
    months = year * 12 + month - 1 + by
    return date(months // 12, months % 12 + 1, 1)


def year_start(period: Period) -> date:
    """The first day of the year the period lies in; for a week, of its ISO year."""
    if period.kind is PeriodKind.WEEK:
        return Period.parse(f"{period.start.isocalendar().year:04}-W01").start
    return period.start.replace(month=1, day=1)


def spanning(kind: PeriodKind, first: date, last: date) -> list[Period]:
    """Every period of the kind from that of the first day to that of the last."""
    found, until = [Period.holding(first, kind)], Period.holding(last, kind)
    while found[-1] != until:
        found.append(found[-1].next)
    return found
