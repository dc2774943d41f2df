"""Every figure a ladder may watch, read alike: those the report counts from records, and those a pack or a screen defines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from huying.analytics import report as reports
from huying.analytics import values
from huying.analytics.definitions import Definitions, Direction, Grade
from huying.analytics.figures import Figure
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.published import Published
from huying.analytics.trees import Node
from huying.analytics.values import Entry, Value
from huying.kernel.actors import Level
from huying.kernel.words import Words, words

# Places asked for at once: a province's times its indicators need not stand in memory together.
AT_ONCE = 200


@dataclass(frozen=True)
class Reading:
    """A figure of one place and period, counted or defined. What only a finding says of it is reckoned when it is asked for."""

    figure: Figure | Value
    level: Level
    last: date

    @property
    def grade(self) -> Grade | None:
        return self.figure.grade

    @property
    def name(self) -> Words:
        of = self.figure
        return of.indicator.name if isinstance(of, Figure) else words(of.entry.name.zh, of.entry.name.en)

    @property
    def text(self) -> str:
        """As people write it."""
        return self.figure.shown

    @property
    def reference(self) -> str:
        """Of the threshold it is coloured by."""
        of = self.figure.indicator if isinstance(self.figure, Figure) else self.figure.entry
        threshold = of.threshold(self.level, self.last)
        return threshold.reference if threshold else ""


@dataclass(frozen=True)
class Watched:
    """What has a direction on a day. restated: of what the report counts, what a definition with thresholds of the place's own
    says again; that one is watched in its stead, unless a rung names the other."""

    rules: Definitions
    defined: dict[str, Entry]
    restated: frozenset[str]

    @property
    def codes(self) -> set[str]:
        """Every indicator that has a direction."""
        return {*self.defined, *(row.code for row in self.rules.indicators if row.direction is not Direction.NONE)}

    @classmethod
    def on(cls, rules: Definitions, day: date, kind: PeriodKind) -> Watched:
        listed = [entry for entry in values.catalogue(day) if not entry.counted]
        defined = {e.code: e for e in listed if e.direction is not Direction.NONE and kind in e.periods}
        said = {(e.row.numerator, e.row.denominator) for e in defined.values() if e.row and e.row.thresholds}
        restated = {row.code for row in rules.indicators if (f"{row.code}__n", f"{row.code}__d") in said}
        return cls(rules, defined, frozenset(restated))

    def read(
        self, figures: Published, nodes: Sequence[Node], periods: Sequence[Period], only: Iterable[str] | None = None
    ) -> dict[tuple[str, str], dict[str, Reading]]:
        """(place, period) → code → reading. only: of these indicators. Raises Unavailable before the first refresh."""
        wanted = None if only is None else set(only)
        codes = sorted(self.defined if wanted is None else wanted & set(self.defined))
        directed = {row.code for row in self.rules.indicators if row.direction is not Direction.NONE}
        counted = self.rules.of(directed if wanted is None else directed & wanted)
        lasts = {period.key: period.last for period in periods}
        found: dict[tuple[str, str], dict[str, Reading]] = {}
        for start in range(0, len(nodes), AT_ONCE):
            some = {node.code: node for node in nodes[start : start + AT_ONCE]}
            for (place, key), row in reports.figures_of(figures, counted, list(some.values()), list(periods)).items():
                level, last = some[place].level, lasts[key]
                found[place, key] = {code: Reading(figure, level, last) for code, figure in row.items()}
            if codes:
                for (code, place, key), value in values.read(codes, some, periods).items():
                    found[place, key][code] = Reading(value, value.node.level, value.period.last)
        return found
