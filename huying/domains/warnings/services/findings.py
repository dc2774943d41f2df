"""What the published figures say: each figure of a period against its ladder, and numbers of matters against their past.

Reads only. Nothing here knows a person: a place, an indicator, a period, a number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from huying.analytics.definitions import Definitions, Grade
from huying.analytics.figures import SMALL
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.published import Published
from huying.analytics.trees import Node
from huying.domains.warnings.ladder import SEVERITY, Rung, Verdict, decide, nearest
from huying.domains.warnings.services.readings import Reading, Watched
from huying.domains.warnings.vocabulary import SERIES, Origin
from huying.kernel.actors import Level
from huying.kernel.words import Words

if TYPE_CHECKING:
    # Numpy comes with it, and only the nightly job reckons.
    from huying.analytics import forecasting

LOOK_BACK = 12


@dataclass(frozen=True)
class Place:
    """A place as on the period's last day. path: its own code and those above it, lowest first."""

    node: Node
    path: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """A figure of one period. key: of the period. figure, for a colour; forecast, for an early signal."""

    place: Place
    indicator: str
    origin: Origin
    period: PeriodKind
    key: str
    ends: date
    verdict: Verdict
    value: float | None
    numerator: float | None
    denominator: float | None
    n: float | None
    colour: str
    known: bool
    outside: bool
    reference: str = ""
    forecast: forecasting.Forecast | None = None
    name: Words | None = None
    text: str = ""


@dataclass(frozen=True)
class Tried:
    """A number of matters and how its past was forecast; carried: long and thick enough to be forecast at all.

    name: what it is called, where its code doesn't say so.
    """

    node: Node
    indicator: str
    ends: date
    carried: bool
    value: int | None
    forecast: forecasting.Forecast | None
    backtest: forecasting.Backtest
    confidence: float
    name: Words | None = None

    @property
    def hidden(self) -> bool:
        """Small cells are not shown below the county."""
        return self.value is not None and self.value < SMALL and self.node.level > Level.COUNTY

    @property
    def text(self) -> str:
        return "" if self.value is None else f"＜{SMALL}" if self.hidden else str(self.value)


@dataclass(frozen=True)
class Looked:
    """One period looked at. figures: how many a ladder watches; coloured: how many of these have a colour."""

    findings: list[Finding]
    figures: int
    coloured: int


def coloured(
    figures: Published, rules: Definitions, rungs: list[Rung], period: Period, also: set[tuple[str, str]]
) -> Looked:
    """Every figure of the period that reached a rung, and those of `also` (place, indicator) whatever they are."""
    ladders = _ladders(figures, rungs, period)
    nodes = [place.node for place, _ladder in ladders.values()]
    watching = Watched.on(rules, period.last, period.kind)
    now = watching.read(figures, nodes, [period])
    watched = 0
    grades: list[Grade | None] = []
    wanted: dict[str, set[str]] = defaultdict(set)
    for code, (_place, ladder) in ladders.items():
        for name, reading in now[code, period.key].items():
            asking = [rung for rung in ladder if rung.asks(name)]
            if not asking or (name in watching.restated and not any(name in rung.indicators for rung in asking)):
                continue
            watched += 1
            grades.append(reading.grade)
            bad = reading.grade is not None and any(SEVERITY[reading.grade] >= SEVERITY[r.colour] for r in asking)
            if bad:
                wanted[code].add(name)
    for code, name in also:
        if code in ladders and name in now[code, period.key]:
            wanted[code].add(name)
    past = _past(period)
    names = {name for listed in wanted.values() for name in listed}
    before = watching.read(figures, [ladders[code][0].node for code in wanted], past, only=names)
    found = []
    for code in sorted(wanted):
        place, ladder = ladders[code]
        for name in sorted(wanted[code]):
            verdict = decide(ladder, name, _grades(before, code, name, past))
            if verdict.rung is not None or (code, name) in also:
                found.append(_finding(place, name, period, before[code, period.key][name], verdict))
    return Looked(found, watched, sum(grade is not None for grade in grades))


def again(
    figures: Published, rules: Definitions, rungs: list[Rung], asked: dict[Period, set[tuple[str, str]]]
) -> list[Finding]:
    """The same figures (place, indicator) of periods (of one kind) looked at before, as they are now: data may have come late."""
    standing = [_looked_at(figures, rules, rungs, period, asked[period]) for period in sorted(asked)]
    # Read together: the pasts of several periods are mostly the same periods. Each value is by the definition in force in its
    # own period, whichever day the list of indicators is of.
    nodes = {code: one.ladders[code][0].node for one in standing for code, _name in one.series}
    defined = {code: entry for one in standing for code, entry in one.watching.defined.items()}
    periods = dict.fromkeys(step for one in standing for step in _past(one.period))
    names = {name for one in standing for _code, name in one.series}
    every = Watched(rules, defined, frozenset())
    read = every.read(figures, [nodes[code] for code in sorted(nodes)], list(periods), only=names)
    found = []
    for one in standing:
        past = _past(one.period)
        for code, name in one.series:
            place, ladder = one.ladders[code]
            if name in read[code, one.period.key]:
                verdict = decide(ladder, name, _grades(read, code, name, past))
                found.append(_finding(place, name, one.period, read[code, one.period.key][name], verdict))
    return found


@dataclass(frozen=True)
class _Standing:
    """A period looked at before. series: place and indicator of what was found, where a ladder still watches it."""

    period: Period
    ladders: dict[str, tuple[Place, list[Rung]]]
    watching: Watched
    series: list[tuple[str, str]]


def _looked_at(
    figures: Published, rules: Definitions, rungs: list[Rung], period: Period, asked: set[tuple[str, str]]
) -> _Standing:
    ladders, watching = _ladders(figures, rungs, period), Watched.on(rules, period.last, period.kind)
    codes = watching.codes
    series = sorted((code, name) for code, name in asked if code in ladders and name in codes)
    return _Standing(period, ladders, watching, series)


def _grades(
    read: dict[tuple[str, str], dict[str, Reading]], code: str, name: str, past: list[Period]
) -> list[tuple[Period, Grade | None]]:
    """Newest first; None where it was not known or not yet defined."""
    found = [(step, read[code, step.key].get(name)) for step in past]
    return [(step, reading.grade if reading else None) for step, reading in found]


def _past(period: Period) -> list[Period]:
    """The period and those before it, newest first."""
    past = [period]
    while len(past) < LOOK_BACK:
        past.append(past[-1].previous)
    return past


def _ladders(figures: Published, rungs: list[Rung], period: Period) -> dict[str, tuple[Place, list[Rung]]]:
    """The places that have a ladder for periods of that kind."""
    tree = figures.tree()
    found = {}
    for node in tree.nodes:
        if not node.on(period.last):
            continue
        path = tuple(step.code for step in tree.path(node.code, period.last))
        own = nearest(rungs, path, period.last, node.level, Origin.COLOUR)
        if ladder := [rung for rung in own if rung.period is period.kind]:
            found[node.code] = Place(node, path), ladder
    return found


def _finding(place: Place, name: str, period: Period, figure: Reading, verdict: Verdict) -> Finding:
    return Finding(
        place,
        name,
        Origin.COLOUR,
        period.kind,
        period.key,
        period.last,
        verdict,
        figure.figure.value,
        figure.figure.numerator,
        figure.figure.denominator,
        figure.figure.n,
        figure.grade.value if figure.grade else "",
        figure.grade is not None,
        verdict.rung is not None,
        figure.reference,
        name=figure.name,
        text=figure.text,
    )


def early(figures: Published, rungs: list[Rung], also: set[tuple[str, str]]) -> tuple[list[Tried], list[Finding]]:
    """The last seven whole days of each number of matters against what its past lets one expect."""
    state = figures.state
    ends = state.watermark.date() - timedelta(1)
    if state.first_day is None:
        return [], []
    tree = figures.tree()
    tried: list[Tried] = []
    found: list[Finding] = []
    for node in tree.nodes:
        if not node.on(ends):
            continue
        path = tuple(step.code for step in tree.path(node.code, ends))
        if not (ladder := nearest(rungs, path, ends, node.level, Origin.EARLY)):
            continue
        days = _days(figures, node, max(state.first_day, node.valid_from), ends)
        for code, measure in SERIES.items():
            rung = next((rung for rung in ladder if rung.asks(code)), None)
            if rung is None:
                continue
            one = try_on(node, code, ends, [day.get(measure, 0) for day in days], rung)
            tried.append(one)
            if (signal := signal_of(Place(node, path), one, rung, open_=(node.code, code) in also)) is not None:
                found.append(signal)
    return tried, found


def _days(figures: Published, node: Node, first: date, last: date) -> list[dict[str, int]]:
    keys = [(first + timedelta(n)).isoformat() for n in range((last - first).days + 1)]
    if not keys:
        return []
    cells = figures.cells([node.code], keys)
    return [cells.get((node.code, key), {}) for key in keys]


def try_on(node: Node, code: str, ends: date, daily: Sequence[int], rung: Rung, name: Words | None = None) -> Tried:
    """Daily numbers, the last of them of the day `ends`, against their own past."""
    from huying.analytics import forecasting

    counts = forecasting.windows(daily)
    history, value = counts[:-1], counts[-1] if counts else None
    made = forecasting.forecast(history, rung.confidence)
    past = forecasting.backtest(history, rung.confidence)
    return Tried(node, code, ends, made is not None, value, made, past, rung.confidence, name)


def signal_of(place: Place, one: Tried, rung: Rung, *, open_: bool, explained: float = 0) -> Finding | None:
    """What stands above its interval, where the past was forecast well; whatever it is, where a signal of it is open.

    explained: how much of it narrower signals have said already.
    """
    made = one.forecast
    outside = made is not None and one.value is not None and one.value - explained > made.high
    if not (outside and one.backtest.trusted) and not open_:
        return None
    value = None if one.hidden else one.value
    return Finding(
        place,
        one.indicator,
        Origin.EARLY,
        PeriodKind.WEEK,
        one.ends.isoformat(),
        one.ends,
        Verdict(rung if outside else None, int(outside)),
        None if value is None else float(value),
        value,
        None,
        value,
        "",
        made is not None,
        outside,
        rung.reference if outside else "",
        made,
        one.name,
        one.text,
    )


def whole(watermark: date, kind: PeriodKind) -> Period:
    """The last period of that kind of which every day is in the figures."""
    return Period.holding(watermark, kind).previous


def due(last: Period | None, newest: Period) -> list[Period]:
    """The periods to look at, oldest first: those missed since the last round, and always the newest again."""
    if last is None:
        return [newest]
    found = []
    step = last.next
    while step.start <= newest.start:
        found.append(step)
        step = step.next
    return (found or [newest])[-LOOK_BACK:]


def kinds(rungs: Iterable[Rung]) -> list[PeriodKind]:
    used = {rung.period for rung in rungs if rung.origin is Origin.COLOUR}
    return [kind for kind in PeriodKind if kind in used]


__all__ = [
    "Finding",
    "Looked",
    "Place",
    "Tried",
    "again",
    "coloured",
    "due",
    "early",
    "kinds",
    "signal_of",
    "try_on",
    "whole",
]
