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
from huying.kernel.words import Words, words

# Places asked for at once: a province's times its indicators need not stand in memory together.
AT_ONCE = 200


@dataclass(frozen=True)
class Reading:
    """A figure of one place and period. text: as people write it. reference: of the threshold it is coloured by."""

    name: Words
    value: float | None
    text: str
    numerator: float | None
    denominator: float | None
    n: float | None
    grade: Grade | None
    reference: str


@dataclass(frozen=True)
class Watched:
    """What has a direction on a day. restated: of what the report counts, what a definition with thresholds of the place's own
    says again; that one is watched in its stead, unless a rung names the other."""

    rules: Definitions
    defined: dict[str, Entry]
    restated: frozenset[str]

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
        codes = sorted(self.defined if only is None else set(self.defined) & set(only))
        wanted = None if only is None else set(only)
        found: dict[tuple[str, str], dict[str, Reading]] = {}
        levels = {node.code: node for node in nodes}
        for (place, key), row in reports.figures_of(figures, self.rules, list(nodes), list(periods)).items():
            last = next(period.last for period in periods if period.key == key)
            found[place, key] = {
                code: _counted(figure, levels[place], last)
                for code, figure in row.items()
                if figure.indicator.direction is not Direction.NONE and (wanted is None or code in wanted)
            }
        for start in range(0, len(nodes) if codes else 0, AT_ONCE):
            some = [node.code for node in nodes[start : start + AT_ONCE]]
            for (code, place, key), value in values.read(codes, some, periods).items():
                found[place, key][code] = _defined(value)
        return found


def _counted(figure: Figure, node: Node, last: date) -> Reading:
    threshold = figure.indicator.threshold(node.level, last)
    return Reading(
        figure.indicator.name,
        figure.value,
        figure.shown,
        figure.numerator,
        figure.denominator,
        figure.n,
        figure.grade,
        threshold.reference if threshold else "",
    )


def _defined(value: Value) -> Reading:
    threshold = value.entry.threshold(value.node.level, value.period.last)
    name = value.entry.name
    return Reading(
        words(name.zh, name.en),
        value.value,
        value.shown,
        value.numerator,
        value.denominator,
        value.n,
        value.grade,
        threshold.reference if threshold else "",
    )
