"""The ladder of consequences as data: so many periods of a colour in a row, such a step. Pure.

A period whose figure has no colour (unknown, too few records, hidden) neither counts nor ends the row: unknown is not good and
not bad. A rule isn't retroactive: periods that began before it was in force don't count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from huying.analytics.definitions import Grade
from huying.analytics.periods import Period, PeriodKind
from huying.domains.warnings.vocabulary import RANK, Letters, Origin, Owner, Step
from huying.kernel.actors import Level

# From good to bad, as the analytics lists them.
SEVERITY = {grade: rank for rank, grade in enumerate(Grade)}


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One row of the ladder.

    division: holds there and below, until a place further down has a ladder of its own. in_a_row: periods of `colour` or worse.
    limit: of the task ("10 WD"). item: of the portfolio (分类归口) by which the post is found. tells: how many levels above are
    told. confidence: of an early signal's interval. since: where it takes over from an earlier version without a gap, the
    first day of the first of these: what was counted then goes on.
    """

    division: str
    origin: Origin
    period: PeriodKind
    levels: frozenset[Level]
    colour: Grade
    in_a_row: int
    step: Step
    owner: Owner
    limit: str
    letters: Letters
    tells: int
    item: str = ""
    indicators: frozenset[str] = frozenset()
    confidence: float = 0.99
    reference: str = ""
    valid_from: date
    valid_to: date | None = None
    since: date | None = None

    @property
    def counts_from(self) -> date:
        """Periods that began earlier don't count."""
        return self.since or self.valid_from

    def holds(self, on: date, level: Level, origin: Origin) -> bool:
        known = self.valid_from <= on and (self.valid_to is None or on < self.valid_to)
        return known and level in self.levels and origin is self.origin

    def asks(self, indicator: str) -> bool:
        return not self.indicators or indicator in self.indicators


@dataclass(frozen=True)
class Verdict:
    """rung: the highest step reached, None where none is. in_a_row: periods of its colour or worse, this one included."""

    rung: Rung | None
    in_a_row: int


def joined(rungs: Iterable[Rung]) -> list[Rung]:
    """The same rungs, each knowing since when it or the versions it took over from have held."""
    made: list[Rung] = []
    last: dict[tuple[object, ...], Rung] = {}
    for rung in sorted(rungs, key=lambda rung: rung.valid_from):
        same = (rung.division, rung.origin, rung.period, rung.colour, rung.in_a_row, rung.levels, rung.indicators)
        before = last.get(same)
        if before is not None and (before.valid_to is None or before.valid_to >= rung.valid_from):
            rung = replace(rung, since=before.counts_from)
        last[same] = rung
        made.append(rung)
    return made


def nearest(rungs: Iterable[Rung], path: Sequence[str], on: date, level: Level, origin: Origin) -> list[Rung]:
    """The ladder of a place: that of the nearest division on its way up (`path`, lowest first) which has one in force.

    Of rows that differ only in their start the latest holds.
    """
    held = [rung for rung in rungs if rung.holds(on, level, origin)]
    for code in path:
        own = [rung for rung in held if rung.division == code]
        if own:
            latest: dict[tuple[object, ...], Rung] = {}
            for rung in sorted(own, key=lambda rung: rung.valid_from):
                latest[rung.period, rung.colour, rung.in_a_row, rung.indicators] = rung
            return list(latest.values())
    return []


def in_a_row(grades: Sequence[tuple[Period, Grade | None]], rung: Rung) -> int:
    """How many periods, newest first, were of the rung's colour or worse up to the first that wasn't; 0 when the newest isn't."""
    count = 0
    for n, (period, grade) in enumerate(grades):
        if period.start < rung.counts_from:
            break
        if grade is None:
            if n == 0:
                return 0
            continue
        if SEVERITY[grade] < SEVERITY[rung.colour]:
            break
        count += 1
    return count


def decide(rungs: Iterable[Rung], indicator: str, grades: Sequence[tuple[Period, Grade | None]]) -> Verdict:
    """grades: newest first."""
    reached = []
    for rung in rungs:
        if rung.asks(indicator):
            count = in_a_row(grades, rung)
            if count >= rung.in_a_row:
                reached.append((RANK[rung.step], rung.in_a_row, count, rung))
    if not reached:
        return Verdict(None, 0)
    _rank, _least, count, rung = max(reached, key=lambda row: row[:3])
    return Verdict(rung, count)
