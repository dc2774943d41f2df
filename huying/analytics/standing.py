"""Where places stand by the composite index their pack defines, and what moved it down to indicator and place.

The figures are `values.read`'s (`index_data`), so what is hidden of a small place is unknown here too, as is what nobody has
checked; its weight goes to what is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from huying.analytics import index_data, published, values
from huying.analytics.composite.explaining import explain
from huying.analytics.composite.run import Run, compute
from huying.analytics.periods import Period
from huying.analytics.trees import Node
from huying.kernel.words import Words

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
    held = index_data.defined(period)
    if held is None:
        return None
    framework, names = held.framework, held.names
    with published.opened() as figures:
        nodes = figures.nodes()
    there = {n.code: n for n in nodes if n.valid_from < period.end and n.valid_to > period.start}
    places = [there[division], *(n for code, n in sorted(there.items()) if n.parent == division)]
    found = values.read(framework.indicators, [n.code for n in places], [period.previous, period])
    run = compute(
        index_data.data(framework, places, (period.previous, period), found, held.entries), framework, held.settings
    )
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
        known=sum(index_data.figure(value) is not None for value in own.values()),
        asked=len(own),
    )


def _score(run: Run, place: str, period: Period, code: str) -> float | None:
    if period.key not in run.scores.periods:
        return None
    rows = run.scores.periods[period.key]
    at = {run.scores.units[row]: row for row in range(rows.start, rows.stop)}.get(place)
    if at is None:
        return None
    score = float(run.scores.column(code)[at])
    return score if score == score else None


def _stood(run: Run, places: list[Node], period: Period, names: Mapping[str, Words]) -> list[PlaceStanding]:
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
