"""Where places stand by the composite index their pack defines, and what moved it down to indicator and place.

The figures are `values.read`'s, so what is hidden of a small place is unknown here too, and its weight goes to what is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from huying.analytics import published, values
from huying.analytics.indicators.frameworks import IndexRow, framework_of, settings_of
from huying.analytics.models import IndexDefinition
from huying.analytics.periods import Period
from huying.analytics.trees import Node
from huying.kernel.words import Words

if TYPE_CHECKING:
    from huying.analytics.composite.framework import Framework
    from huying.analytics.composite.run import Run

# A contribution below this moves no digit that is shown.
LEAST = 0.005


@dataclass(frozen=True)
class Share:
    """What an indicator adds to the change of the index, in points. kind: as composite.explaining names it."""

    code: str
    name: Words
    points: float
    kind: str


@dataclass(frozen=True)
class Score:
    """An aggregate of the index in one place, in points; None unknown. weight: its share of the whole."""

    code: str
    name: Words
    weight: float
    now: float | None
    before: float | None


@dataclass(frozen=True)
class PlaceStanding:
    """moved: what changed its index, the strongest first; empty unless it is known in both periods."""

    node: Node
    now: float | None
    before: float | None
    moved: tuple[Share, ...]


@dataclass(frozen=True)
class Standing:
    """own: the place; below: its children. known of asked indicators have a value there. definition: version."""

    code: str
    name: Words
    definition: int
    own: PlaceStanding
    parts: tuple[Score, ...]
    below: tuple[PlaceStanding, ...]
    known: int
    asked: int


def standing(division: str, period: Period) -> Standing | None:
    """The index of a place and its children in a period, beside the period before; None where no index is defined.

    Looks at nobody's scope. Raises Unavailable before the first refresh, InvalidInput for a definition that no longer holds
    together.
    """
    held = IndexDefinition.objects.filter(valid_from__lte=period.last).order_by("valid_from", "pk").last()
    held = held or IndexDefinition.objects.order_by("pk").last()
    if held is None:
        return None
    rows = [IndexRow.model_validate(row) for row in held.content]
    entries = {entry.code: entry for entry in values.catalogue(period.last) if entry.row is not None}
    framework = framework_of(rows, {code: entry.row for code, entry in entries.items() if entry.row})
    with published.opened() as figures:
        nodes = figures.nodes()
    there = {n.code: n for n in nodes if n.valid_from < period.end and n.valid_to > period.start}
    places = [there[division], *(n for code, n in sorted(there.items()) if n.parent == division)]
    found = values.read(framework.indicators, [n.code for n in places], [period.previous, period])
    run = _run(framework, rows, places, (period.previous, period), found)
    names = {row.code: Words(row.name.zh, row.name.en) for row in rows if row.name} | {
        code: entries[code].name for code in framework.indicators
    }
    stood = _stood(run, places, period, names)
    top = framework.top.code
    own = {code: found.get((code, division, period.key)) for code in framework.indicators}
    return Standing(
        code=top,
        name=names[top],
        definition=held.version,
        own=stood[0],
        parts=tuple(
            Score(
                code,
                names[code],
                run.effective[code],
                *(_score(run, division, p, code) for p in (period, period.previous)),
            )
            for code in framework.children[top]
        ),
        below=tuple(stood[1:]),
        known=sum(value is not None and value.value is not None for value in own.values()),
        asked=len(own),
    )


def _run(
    framework: Framework,
    rows: list[IndexRow],
    places: list[Node],
    periods: tuple[Period, Period],
    found: Mapping[tuple[str, str, str], values.Value],
) -> Run:
    # The mathematics brings numpy along, which a process that shows no index does without.
    import numpy as np

    from huying.analytics.composite.reading import Data
    from huying.analytics.composite.run import compute
    from huying.analytics.composite.tables import Table

    lines = [(node, period) for period in periods for node in sorted(places, key=lambda n: n.code)]
    figures = np.full((len(lines), len(framework.indicators)), np.nan, order="F")
    for at, (node, period) in enumerate(lines):
        for column, code in enumerate(framework.indicators):
            value = found.get((code, node.code, period.key))
            if value is not None and value.value is not None:
                figures[at, column] = value.smoothed if value.smoothed is not None else value.value
    table = Table(
        tuple(node.code for node, _period in lines),
        tuple(period.key for _node, period in lines),
        framework.indicators,
        figures,
    )
    data = Data(raw=table, names=tuple(node.name for node, _period in lines), denominators={}, groups={})
    return compute(data, framework, settings_of(rows))


def _score(run: Run, place: str, period: Period, code: str) -> float | None:
    if period.key not in run.scores.periods:
        return None
    rows = run.scores.periods[period.key]
    at = {run.scores.units[row]: row for row in range(rows.start, rows.stop)}.get(place)
    if at is None:
        return None
    score = float(run.scores.column(code)[at])
    return score if score == score else None


def _stood(run: Run, places: list[Node], period: Period, names: dict[str, Words]) -> list[PlaceStanding]:
    from huying.analytics.composite.explaining import explain

    top, before = run.framework.top.code, period.previous.key
    moved: dict[str, tuple[Share, ...]] = {}
    if before in run.scores.periods and period.key in run.scores.periods:
        told = explain(run, before, period.key)
        for at, unit in enumerate(told.units):
            shares = [
                Share(code, names.get(code, Words(code, code)), float(points[at]), kind)
                for (code, kind), points in told.shares.items()
                if abs(float(points[at])) >= LEAST
            ]
            moved[unit] = tuple(sorted(shares, key=lambda share: (-abs(share.points), share.code)))
    return [
        PlaceStanding(
            node,
            _score(run, node.code, period, top),
            _score(run, node.code, period.previous, top),
            moved.get(node.code, ()),
        )
        for node in places
    ]
