"""Which days are worked: published year tables of statutory rest days and make-up days (调休)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from huying.kernel.errors import InvalidInput
from huying.kernel.words import Words, words

# Working days are numbered on demand within these years: a mistyped year must not cost seconds.
EARLIEST, LATEST = 1900, 2200
WEEKEND = words("周末", "weekend")
ASSUMED = words(
    "周末（当年放假安排尚未公布，暂按周末计）", "weekend (the year's schedule is not published yet: assumed)"
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day that departs from the plain week: a weekday off, a weekend day worked, or a named rest day."""

    day: date
    working: bool
    name: Words


@dataclass(frozen=True, slots=True)
class Skipped:
    """A day that was not counted, and why."""

    day: date
    reason: Words


class Calendar:
    """Day → working or rest. Immutable; the working days are numbered once, so counting is two array look-ups.

    days: the departures from Monday-to-Friday. published: the years whose schedule the State Council (or the locality)
    has published; in any other year weekends rest and weekdays work, and whatever was counted there is provisional.
    """

    def __init__(self, days: Iterable[Day], published: Iterable[int], *, version: str = "") -> None:
        self.version = version
        self.published = frozenset(published)
        self._special: Mapping[int, Day] = {day.day.toordinal(): day for day in days}
        stray = sorted({d.day.year for d in self._special.values()} - self.published)
        if stray:
            raise InvalidInput(f"{stray[0]} 年有放假日却未标为已公布", cure="把该年列入已公布年份，或删去这些日子")
        years = sorted(self.published) or [2026]
        self._number(years[0] - 1, years[-1] + 6)

    def _number(self, first_year: int, last_year: int) -> None:
        """Number the working days of first_year..last_year."""
        self._years = (first_year, last_year)
        base, end = date(first_year, 1, 1).toordinal(), date(last_year, 12, 31).toordinal()
        self._base, self._end = base, end
        worked: list[int] = []
        rested: list[int] = []
        self._entries: list[Skipped] = []
        before: list[int] = []  # before[i]: working days among the i days from base
        for ordinal in range(base, end + 1):
            before.append(len(worked))
            if self._works(ordinal):
                worked.append(ordinal)
            else:
                rested.append(ordinal)
                self._entries.append(Skipped(date.fromordinal(ordinal), self._why_rest(ordinal)))
        before.append(len(worked))
        self._worked, self._rested, self._before = worked, rested, before

    def _works(self, ordinal: int) -> bool:
        special = self._special.get(ordinal)
        return special.working if special is not None else (ordinal - 1) % 7 < 5

    def _why_rest(self, ordinal: int) -> Words:
        special = self._special.get(ordinal)
        if special is not None:
            return special.name
        return WEEKEND if date.fromordinal(ordinal).year in self.published else ASSUMED

    def _reach(self, ordinal: int) -> None:
        """Make sure the numbering covers `ordinal`."""
        if self._base <= ordinal <= self._end:
            return
        if not date(EARLIEST, 1, 1).toordinal() <= ordinal <= date(LATEST, 12, 31).toordinal():
            raise InvalidInput(
                str(words("日期超出历法范围", "a date outside the calendar")),
                cure=str(
                    words(
                        f"请检查起始时间与时限：只数 {EARLIEST} 至 {LATEST} 的日子",
                        f"check the start and the limit: days are counted from {EARLIEST} to {LATEST}",
                    )
                ),
            )
        year = date.fromordinal(ordinal).year
        self._number(max(EARLIEST, min(self._years[0], year - 1)), min(LATEST, max(self._years[1], year + 6)))

    def is_working(self, day: date) -> bool:
        return self._works(day.toordinal())

    def is_published(self, day: date) -> bool:
        return day.year in self.published

    def name(self, day: date) -> Words | None:
        """The festival or make-up name of a day, or why it rests; None for a plain working day."""
        special = self._special.get(day.toordinal())
        if special is not None:
            return special.name
        return None if self.is_working(day) else self._why_rest(day.toordinal())

    def specials(self, year: int) -> list[Day]:
        """The departures of `year`, in date order."""
        return [day for _, day in sorted(self._special.items()) if day.day.year == year]

    # The three below take and give proleptic ordinals (date.toordinal), as the counting loop does.
    def nth_working(self, ordinal: int, amount: int) -> int:
        """The `amount`-th working day strictly after `ordinal`; with a negative amount, strictly before."""
        self._reach(ordinal)
        ahead = amount > 0
        index = self._before[ordinal + ahead - self._base] + amount - ahead
        while not 0 <= index < len(self._worked):
            self._reach(ordinal + 2 * amount + (366 if ahead else -366))
            index = self._before[ordinal + ahead - self._base] + amount - ahead
        return self._worked[index]

    def roll(self, ordinal: int, step: int = 1) -> int:
        """`ordinal` itself when worked, else the nearest working day after it (step 1) or before it (step -1)."""
        return ordinal if self._works(ordinal) else self.nth_working(ordinal, step)

    def working_between(self, after: int, through: int) -> int:
        """How many working days lie in (after, through]; 0 when through ≤ after."""
        if through <= after:
            return 0
        self._reach(after)
        self._reach(through)
        return self._before[through + 1 - self._base] - self._before[after + 1 - self._base]

    def rests_between(self, after: int, before: int) -> list[Skipped]:
        """The rest days strictly between two ordinals, with their reasons."""
        self._reach(after)
        self._reach(before)
        return self._entries[bisect_right(self._rested, after) : bisect_left(self._rested, before)]
