"""What an indicator is. No file, no database."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from huying.analytics.conditions import Condition
from huying.analytics.grades import Grade
from huying.analytics.periods import PeriodKind
from huying.kernel.actors import Level
from huying.kernel.facts import FactTable
from huying.kernel.words import Words, words

LAYOUT = 2
"""Goes up with every change to the lake's own tables: a place upgraded from an earlier one lays them out and counts anew."""


class Unit(StrEnum):
    COUNT = "count"
    SHARE = "share"
    DAYS = "days"


class Direction(StrEnum):
    """Which way is better; NONE is neither coloured nor ranked."""

    HIGHER = "higher"
    LOWER = "lower"
    NONE = "none"


GRADE_WORDS: dict[Grade, Words] = {
    Grade.GREEN: words("正常", "normal"),
    Grade.YELLOW: words("关注", "watch"),
    Grade.ORANGE: words("预警", "caution"),
    Grade.RED: words("警示", "alert"),
}
GRADE_SHAPES = {Grade.GREEN: "●", Grade.YELLOW: "▲", Grade.ORANGE: "◆", Grade.RED: "■"}


@dataclass(frozen=True)
class Count:
    """How many records whose `day` column falls in the period meet all of `where`, and not all of `unless` if any."""

    day: str
    where: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()

    def sql(self) -> str:
        parts = [f"coalesce({condition.sql()}, false)" for condition in self.where]
        if self.unless:
            parts.append(f"NOT coalesce({' AND '.join(c.sql() for c in self.unless)}, false)")
        return " AND ".join(parts) or "true"

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return self.where + self.unless


@dataclass(frozen=True)
class Median:
    """The median of `to` - `from` (both moments) in days, of records whose `day` falls in the period. From raw at every level."""

    day: str
    start: str
    end: str
    where: tuple[Condition, ...] = ()

    def sql(self) -> str:
        return " AND ".join([f"{self.start} IS NOT NULL", f"{self.end} IS NOT NULL", *(c.sql() for c in self.where)])


# Medians are kept for these; a day's or week's median of a small place says nothing.
MEDIAN_KINDS = (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)


@dataclass(frozen=True)
class Split:
    """One count a value of `column`; what has another value is counted as `other`."""

    column: str
    values: tuple[tuple[str, Words], ...]


@dataclass(frozen=True)
class Threshold:
    """From the day `start`, for `levels`: at least `green` (at most, where lower is better) is green, then yellow, orange where
    there is one, else red."""

    start: date
    levels: frozenset[Level]
    green: float
    yellow: float
    reference: str
    orange: float | None = None

    @property
    def steps(self) -> dict[str, float]:
        """Colour → bound, from the best."""
        steps = {"green": self.green, "yellow": self.yellow, "orange": self.orange}
        return {name: step for name, step in steps.items() if step is not None}


@dataclass(frozen=True)
class Indicator:
    code: str
    name: Words
    meaning: Words
    unit: Unit
    direction: Direction
    numerator: Count | None = None
    denominator: Count | None = None
    median: Median | None = None
    split: Split | None = None
    thresholds: tuple[Threshold, ...] = ()
    min_n: int = 10
    ranked: bool = True
    # At least this value on at least this many records is shown with a credibility note.
    too_good: float = 0.995
    too_good_n: int = 50

    def threshold(self, level: Level, on: date) -> Threshold | None:
        """The one in force on that day for that level: the latest start, of one day the last written."""
        rows = [row for row in reversed(self.thresholds) if level in row.levels and row.start <= on]
        return max(rows, key=lambda row: row.start, default=None)

    def grade(self, value: float | None, n: int | None, level: Level, on: date) -> Grade | None:
        """None where it isn't coloured: no direction, no threshold then, unknown, or fewer than `min_n` records."""
        if self.direction is Direction.NONE or value is None or n is None or n < self.min_n:
            return None
        row = self.threshold(level, on)
        if row is None:
            return None
        sign = 1 if self.direction is Direction.HIGHER else -1
        if sign * value >= sign * row.green:
            return Grade.GREEN
        if sign * value >= sign * row.yellow:
            return Grade.YELLOW
        return Grade.ORANGE if row.orange is not None and sign * value >= sign * row.orange else Grade.RED

    def suspicious(self, value: float | None, n: int | None) -> bool:
        """Too good to be taken at its word (a share only)."""
        if self.unit is not Unit.SHARE or self.direction is Direction.NONE or value is None or n is None:
            return False
        good = value if self.direction is Direction.HIGHER else 1 - value
        return n >= self.too_good_n and good >= self.too_good


@dataclass(frozen=True)
class Definitions:
    """All indicators on one fact table, and the measures they need, each counted once."""

    table: FactTable
    indicators: tuple[Indicator, ...]
    measures: dict[str, Count] = field(default_factory=dict, compare=False)
    splits: dict[str, tuple[str, str | None]] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        for indicator in self.indicators:
            if indicator.numerator:
                self.measures[f"{indicator.code}__n"] = indicator.numerator
            if indicator.denominator:
                self.measures[f"{indicator.code}__d"] = indicator.denominator
            if indicator.split and indicator.numerator:
                column = indicator.split.column
                for value, _ in indicator.split.values:
                    name = f"{indicator.code}__{value}"
                    self.measures[name] = Count(
                        indicator.numerator.day, (*indicator.numerator.where, Condition(column, "=", value))
                    )

    def indicator(self, code: str) -> Indicator | None:
        return next((row for row in self.indicators if row.code == code), None)

    def of(self, codes: Collection[str]) -> Definitions:
        """Those of the codes alone."""
        return Definitions(self.table, tuple(row for row in self.indicators if row.code in codes))

    @property
    def medians(self) -> dict[str, Median]:
        return {row.code: row.median for row in self.indicators if row.median}

    @property
    def moving(self) -> tuple[str, ...]:
        """Columns whose passing, with no change to a record, changes a figure."""
        return tuple(sorted({c.column for count in self.measures.values() for c in count.conditions if c.moves}))

    @property
    def digest(self) -> str:
        """Changes when what is stored would."""
        said = repr(
            (LAYOUT, self.table.name, self.table.key, self.table.columns, sorted(self.measures.items()), self.medians)
        )
        return hashlib.sha256(said.encode()).hexdigest()[:16]
