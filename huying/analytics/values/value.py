"""One value as it is read, with all that is said of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from huying.analytics.definitions import Grade
from huying.analytics.definitions.model import GRADE_SHAPES, GRADE_WORDS
from huying.analytics.figures import ABSENT_WORDS, Absent
from huying.analytics.periods import Period
from huying.analytics.trees import Node
from huying.analytics.values.listing import Entry
from huying.kernel.words import Words


@dataclass(frozen=True)
class Rank:
    """1 is the best; equals share it."""

    place: int
    of: int


@dataclass(frozen=True)
class Value:
    """One indicator of one place in one period. None is unknown, with the reason in `absent`; a hidden value holds nothing.

    value: in the indicator's unit (a counted share is 0 to 1). n: what it rests on (its denominator; a survey's sample; a count
    itself). smoothed: what is coloured, scored and ranked. age: how many periods ago the value was reported that stands here, 0
    for its own. completeness: the share of places below that reported, 1 where records are counted. previous, last_year, to_date:
    the values one period and one year earlier and of the year so far. freshness: up to when records and deliveries are in.
    changed: it changed after its period was over. provisional: the period isn't over. unchecked: it has no colour as the
    indicator that checks its reporting isn't green.
    """

    entry: Entry
    node: Node
    period: Period
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    n: float | None = None
    absent: Absent | None = None
    grade: Grade | None = None
    score: float | None = None
    met: bool | None = None
    smoothed: float | None = None
    age: int = 0
    reported: int | None = None
    expected: int | None = None
    completeness: float | None = None
    previous: float | None = None
    last_year: float | None = None
    to_date: float | None = None
    in_level: Rank | None = None
    among_siblings: Rank | None = None
    in_peers: Rank | None = None
    freshness: datetime | None = None
    provisional: bool = False
    changed: bool = False
    unchecked: bool = False

    @property
    def shown(self) -> str:
        return self.entry.shown(self.value)

    @property
    def shape(self) -> str:
        return GRADE_SHAPES[self.grade] if self.grade else ""

    @property
    def grade_words(self) -> Words | None:
        return GRADE_WORDS[self.grade] if self.grade else None

    @property
    def why_absent(self) -> Words | None:
        return ABSENT_WORDS[self.absent] if self.absent else None

    @property
    def over_previous(self) -> float | None:
        """Relative: 0.1 is ten per cent more. None from zero and below, and for a value that was carried on."""
        return self._growth(self.previous)

    @property
    def over_last_year(self) -> float | None:
        return self._growth(self.last_year)

    @property
    def change(self) -> float | None:
        """The difference to the period before, in the unit of the value."""
        if self.value is None or self.previous is None or self.age:
            return None
        return self.value - self.previous

    def _growth(self, then: float | None) -> float | None:
        if self.value is None or then is None or then <= 0 or self.age:
            return None
        return self.value / then - 1
