"""What a build goes by: deliveries as they stand, the span of periods over the dated tree, and what changed since then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from huying.analytics.indicators.evaluation import Values
from huying.analytics.indicators.judging import Numbers
from huying.analytics.lake.numbered import Standing, parents_of
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.sources import Delivered
from huying.analytics.trees import Tree
from huying.analytics.values import due
from huying.analytics.values.store import State


@dataclass
class Deliveries:
    """Each dataset or survey as it stands, and which places were delivered anew since the last build."""

    rows: dict[tuple[str, str], list[Delivered]]
    fresh: dict[tuple[str, str], set[str]]

    @classmethod
    def read(cls, wanted: Iterable[tuple[str, str]], held: State | None, upto: datetime) -> Deliveries:
        rows: dict[tuple[str, str], list[Delivered]] = {}
        fresh: dict[tuple[str, str], set[str]] = {}
        for kind, name in wanted:
            rows[kind, name] = list(due.rows(kind, name, None, upto))
            seen = held.seen.get(f"{kind}:{name}") if held else None
            fresh[kind, name] = {row.node for row in due.rows(kind, name, seen, upto)}
        return cls(rows, fresh)

    @property
    def digests(self) -> dict[str, str]:
        return {f"{kind}:{name}": due.digest(rows) for (kind, name), rows in self.rows.items()}

    def span(self) -> tuple[date, date] | None:
        days = [row.day for rows in self.rows.values() for row in rows]
        return (min(days), max(days)) if days else None


@dataclass
class Axis:
    """One kind of period over the whole span, and how the tree stands in each of its periods."""

    kind: PeriodKind
    periods: list[Period]
    tree: Tree
    nodes: list[str]
    standing: Standing

    @cached_property
    def _stood(self) -> tuple[Values, Values]:
        return self.standing.over(self.periods)

    @property
    def stands(self) -> Values:
        return self._stood[0]

    @property
    def lowest(self) -> Values:
        return self._stood[1]

    @cached_property
    def parents(self) -> Numbers:
        return parents_of(self.standing.spans, self.periods)

    @property
    def ends(self) -> tuple[str, str]:
        return self.periods[0].key, self.periods[-1].key


@dataclass
class Change:
    """Why anything may differ from before. paths: the places above each that changed; None when all may."""

    all: bool
    records: set[str]
    deliveries: dict[tuple[str, str], set[str]]
    tree: bool


def periods_between(kind: PeriodKind, first: date, last: date) -> list[Period]:
    """Every period of the kind from the one that holds `first` to the one that holds `last`."""
    found = [Period.holding(first, kind)]
    while found[-1].end <= last:
        found.append(found[-1].next)
    return found
