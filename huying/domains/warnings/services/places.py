"""Registered places (点位) against their own past: all of a division, those of a kind, and single public ones.

Counted are matters that name the place; nothing is stored but what came of it. Below the county a kind or a place is forecast
only where its history carries it, as everywhere, so that what is forecast is no small number; a grid, a home, an enterprise
never is (fixed limits 1 and 10).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from huying.analytics.published import Published
from huying.analytics.trees import Node, Tree
from huying.domains.matters import queries as matters
from huying.domains.territory import queries as territory
from huying.domains.territory.queries import Registered
from huying.domains.warnings.ladder import Rung, nearest
from huying.domains.warnings.queries import place_words
from huying.domains.warnings.services.findings import Finding, Place, Tried, signal_of, try_on
from huying.domains.warnings.vocabulary import AT_PLACE, AT_POINT, Origin
from huying.kernel.actors import Level
from huying.kernel.words import Words

HISTORY = timedelta(weeks=3 * 52)  # two past years of season, and a year on which the method is tried


@dataclass
class Series:
    """Daily numbers under one code in one division. kind: of places, "" for all. since: before that day there were none."""

    node: Node
    kind: str
    name: Words
    since: date
    days: Counter[date]


def early(figures: Published, rungs: list[Rung], also: set[tuple[str, str]]) -> tuple[list[Tried], list[Finding]]:
    """The last seven whole days at registered places against what their past lets one expect. As findings.early."""
    state = figures.state
    ends = state.watermark.date() - timedelta(1)
    if state.first_day is None or not any(rung.origin is Origin.EARLY for rung in rungs):
        return [], []
    tree, first = figures.tree(), max(state.first_day, ends - HISTORY)
    register = territory.register(on=ends)
    tried: list[Tried] = []
    found: list[Finding] = []
    said: list[tuple[tuple[str, ...], str, float]] = []
    for (code, indicator), series in sorted(_counted(tree, register, first, ends, also).items(), key=_narrowest_first):
        path = tuple(step.code for step in tree.path(code, ends))
        # A township's places are the county's to watch: early signals have no rung below.
        ladder = nearest(rungs, path, ends, min(series.node.level, Level.COUNTY), Origin.EARLY)
        rung = next((rung for rung in ladder if rung.asks(indicator.partition(".")[0])), None)
        if rung is None:
            continue
        begin = max(first, series.node.valid_from, series.since)
        daily = [series.days[begin + timedelta(n)] for n in range((ends - begin).days + 1)]
        one = try_on(series.node, indicator, ends, daily, rung, series.name)
        tried.append(one)
        explained = sum(more for below, kind, more in said if code in below and series.kind in ("", kind))
        open_ = (code, indicator) in also
        signal = signal_of(Place(series.node, path), one, rung, open_=open_, explained=explained)
        if signal is not None:
            found.append(signal)
            if signal.outside and one.forecast is not None and one.value is not None:
                said.append((path, series.kind, one.value - one.forecast.expected - explained))
    return tried, found


def _narrowest_first(item: tuple[tuple[str, str], Series]) -> tuple[bool, bool, int, tuple[str, str]]:
    """Single places, then kinds, then all; the lower division first. What a narrow number says, a wide one needn't say again."""
    (code, indicator), series = item
    return not indicator.startswith(f"{AT_POINT}."), not series.kind, -series.node.level, (code, indicator)


def _counted(
    tree: Tree, register: territory.Register, first: date, ends: date, also: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Series]:
    """Each series that had a matter in that time, by division and code; of places and divisions as they stand on the last day."""
    points: dict[str, Counter[date]] = defaultdict(Counter)
    for _matter, place, day in matters.at_places(register, first, ends):
        points[place.key][day] += 1
    for _division, code in also:  # silent since, but asked about
        family, _dot, key = code.partition(".")
        if family == AT_POINT and key in register.places:
            points[key].update(())
    found: dict[tuple[str, str], Series] = {}
    for key, days in points.items():
        place = register.places[key]
        for indicator, series in _series(tree, place, ends):
            found.setdefault((series.node.code, indicator), series).days.update(days)
    return found


def _series(tree: Tree, place: Registered, on: date) -> Iterator[tuple[str, Series]]:
    """Where a matter at the place counts: its kind from the township up, all from the county up, itself where it is public."""
    path = tree.path(place.divisions[-1], on) if place.divisions else []
    for node in path:
        if node.level <= Level.TOWNSHIP:
            code = f"{AT_PLACE}.{place.kind}"
            yield code, Series(node, place.kind, place_words(code), date.min, Counter())
        if node.level <= Level.COUNTY:
            yield AT_PLACE, Series(node, "", place_words(AT_PLACE), date.min, Counter())
    if path and place.kind in territory.PUBLIC_KINDS:
        code = f"{AT_POINT}.{place.key}"
        yield code, Series(path[0], place.kind, place_words(code, place.name), place.since, Counter())
