"""Why a score moved between two periods: shares of the change that add up to it exactly, down to indicator and place.

A mean with shares s obeys f(v) = Σ s·f(x), with f the identity, the logarithm (geometric), 1/x (harmonic) or a power. Let m be
the same mean over the children known in both periods. Then Δf(v) is Δm, which these children's own changes make, plus
s·(f(x) − m) for each that is new, less the same for each that is gone. Δv is brought from Δf(v) in proportion, as in a
logarithmic-mean decomposition. What is no mean (Copeland's order, the penalty of Mazziotta-Pareto, an adjustment) is a share of
its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from huying.analytics.composite.framework import shares_of
from huying.analytics.composite.places import PARENT
from huying.analytics.composite.preparing import denominators
from huying.analytics.composite.run import Run
from huying.analytics.composite.spec import Copeland, MazziottaPareto, Power
from huying.analytics.composite.tables import Floats
from huying.kernel.errors import InvalidInput

Key = tuple[str, str]  # node, kind of share


@dataclass(frozen=True, eq=False)
class Explained:
    """The change of a node for units that have it in both periods.

    units: uCodes. before, after: its scores, shape (units,). shares: (code, kind) → contributions of that shape; a unit's sum to
    after − before. Kinds: score (an indicator's own), presence (a figure new or gone), order, penalty, adjustment.
    """

    node: str
    units: tuple[str, ...]
    before: Floats
    after: Floats
    shares: Mapping[Key, Floats]


def explain(run: Run, before: str, after: str, node: str | None = None) -> Explained:
    """Contributions to the change of `node` (the index) between two periods. Raises InvalidInput for an unknown one."""
    periods = run.scores.periods
    for time in (before, after):
        if time not in periods:
            raise InvalidInput(f"there are no data for {time!r}", cure=f"name one of {', '.join(periods)}")
    code = node or run.framework.top.code
    if code not in run.framework.by_code:
        raise InvalidInput(f"there is no node {code!r}", cure="name an iCode of the metadata")
    first = {run.scores.units[row]: row for row in range(periods[before].start, periods[before].stop)}
    second = {run.scores.units[row]: row for row in range(periods[after].start, periods[after].stop)}
    units = tuple(unit for unit in first if unit in second)
    rows = np.array([first[unit] for unit in units], dtype=int), np.array([second[unit] for unit in units], dtype=int)
    column = run.scores.column(code)
    known = ~np.isnan(column[rows[0]]) & ~np.isnan(column[rows[1]])
    rows = rows[0][known], rows[1][known]
    units = tuple(unit for unit, keeps in zip(units, known, strict=True) if keeps)
    shares = _Explaining(run, rows).node(code)
    return Explained(code, units, column[rows[0]], column[rows[1]], shares)


class _Explaining:
    def __init__(self, run: Run, rows: tuple[np.ndarray, np.ndarray]) -> None:
        self.run, self.rows = run, rows
        self.n = len(rows[0])

    def pair(self, code: str) -> tuple[Floats, Floats]:
        column = self.run.scores.column(code)
        return column[self.rows[0]], column[self.rows[1]]

    def node(self, code: str) -> dict[Key, Floats]:
        """Shares of the node's own change; zero where it is unknown on a side."""
        before, after = self.pair(code)
        if code not in self.run.framework.children:
            return {(code, "score"): np.nan_to_num(after - before)}
        found: dict[Key, Floats] = {}
        start, end = before, after
        adjusted = self.run.adjusted
        if adjusted is not None and code in adjusted.own:
            start, end = (adjusted.own[code][rows] for rows in self.rows)
            found[code, "adjustment"] = np.nan_to_num((after - before) - (end - start))
        how = self.run.spec.aggregate.of(code, self.run.framework.by_code[code].level)
        if isinstance(how, Copeland):
            found[code, "order"] = np.nan_to_num(end - start)
            return found
        if isinstance(how, MazziottaPareto):
            means = tuple(self._mean(code, side) for side in (0, 1))
            found[code, "penalty"] = np.nan_to_num((end - start) - (means[1] - means[0]))
            start, end = means
        direct = self._direct(code, start, end, _transform(how.method, how.exponent if isinstance(how, Power) else 1.0))
        for child, (factor, presence) in direct.items():
            for key, inner in self.node(child).items():
                found[key] = found.get(key, 0.0) + inner * factor
            if presence.any():
                found[child, "presence"] = presence
        known = ~np.isnan(before) & ~np.isnan(after)
        return {key: np.where(known, share, 0.0) for key, share in found.items()}

    def _present(self, code: str, side: int) -> tuple[tuple[str, ...], Floats, Floats]:
        """Children, their scores, their shares of what is present; both (children, units)."""
        children = self.run.framework.children[code]
        shares = shares_of(code, children, self.run.aggregated.weights)
        scores = np.stack([self.pair(child)[side] for child in children])
        weights = np.stack([np.where(np.isnan(scores[k]), 0.0, shares[child]) for k, child in enumerate(children)])
        total = weights.sum(axis=0)
        return children, scores, np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)

    def _mean(self, code: str, side: int) -> Floats:
        _, scores, shares = self._present(code, side)
        return np.asarray((np.nan_to_num(scores) * shares).sum(axis=0))

    def _direct(
        self, code: str, start: Floats, end: Floats, f: Callable[[Floats], Floats]
    ) -> dict[str, tuple[Floats, Floats]]:
        """Child → what a unit of its change adds, and what its coming or going adds."""
        children, x0, s0 = self._present(code, 0)
        _, x1, s1 = self._present(code, 1)
        shares = shares_of(code, children, self.run.aggregated.weights)
        staying = np.stack(
            [np.where((s0[k] > 0) & (s1[k] > 0), shares[child], 0.0) for k, child in enumerate(children)]
        )
        total = staying.sum(axis=0)
        stays = np.divide(staying, total, out=np.zeros_like(staying), where=total > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            f0, f1 = f(x0), f(x1)
            middle = (f(start) + f(end)) / 2
            bridge = np.nan_to_num(1 / _steepness(f, start, end))
        means = [np.where(total > 0, (np.nan_to_num(one) * stays).sum(axis=0), middle) for one in (f0, f1)]
        found = {}
        for k, child in enumerate(children):
            gone = np.where(staying[k] > 0, 0.0, s0[k] * (f0[k] - means[0]))
            new = np.where(staying[k] > 0, 0.0, s1[k] * (f1[k] - means[1]))
            presence = np.nan_to_num(new) - np.nan_to_num(gone)
            found[child] = (
                bridge * stays[k] * np.nan_to_num(_steepness(f, x0[k], x1[k])),
                np.nan_to_num(bridge * presence),
            )
        return found


def _transform(method: str, exponent: float) -> Callable[[Floats], Floats]:
    match method:
        case "geometric":
            return np.log
        case "harmonic":
            return lambda x: 1 / x
        case "power":
            return lambda x: np.asarray(x**exponent)
        case _:
            return _itself


def _itself(x: Floats) -> Floats:
    return x


def _steepness(f: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Δf/Δx; where nothing moved f′, by a small step, so that shares that cancel each other still show."""
    if f is _itself:
        return np.ones_like(low)
    with np.errstate(invalid="ignore", divide="ignore"):
        step = np.maximum(np.abs(low), 1e-6) * 1e-6
        still = (f(low + step) - f(low - step)) / (2 * step)
        return np.where(low == high, still, (f(high) - f(low)) / (high - low))


@dataclass(frozen=True)
class PlaceShare:
    """What one place (or "the rest") adds to the change of its parent's rate of an indicator."""

    parent: str
    code: str
    place: str
    share: float


def places(run: Run, before: str, after: str) -> list[PlaceShare]:
    """For each rate and each parent in the tree that has rows of its own: what each of its places adds to the change of its rate.

    The rate is Σcases/Σdenominators; a place's share follows its own rate and its part of the denominators, as in `explain`.
    What the places do not account for is "the rest"; a parent's shares sum to its change. Empty without a tree.
    """
    if PARENT not in run.data.groups:
        return []
    by = denominators(run.framework, run.spec.denominate)
    table, parents = run.data.raw, run.data.groups[PARENT]
    rows = {(unit, time): row for row, (unit, time) in enumerate(zip(table.units, table.times, strict=True))}
    below: dict[str, list[str]] = {}
    for unit, time, parent in zip(table.units, table.times, parents, strict=True):
        if time == after and (unit, before) in rows and (parent, before) in rows and (parent, after) in rows:
            below.setdefault(parent, []).append(unit)
    found: list[PlaceShare] = []
    for parent, children in sorted(below.items()):
        for code, (denominator, factor) in sorted(by.items()):
            cases, over = table.column(code), run.data.denominators[denominator] / factor
            found += _of_parent(parent, code, children, cases, over, rows, before, after)
    return found


def _of_parent(
    parent: str,
    code: str,
    children: list[str],
    cases: Floats,
    over: Floats,
    rows: Mapping[tuple[str, str], int],
    before: str,
    after: str,
) -> list[PlaceShare]:
    whole = [(cases[rows[parent, time]], over[rows[parent, time]]) for time in (before, after)]
    if any(np.isnan(value) for pair in whole for value in pair):
        return []
    rates = [n / d for n, d in whole]
    middle = sum(rates) / 2
    found, left = [], rates[1] - rates[0]
    for child in children:
        at = [rows[child, time] for time in (before, after)]
        own = [cases[row] / over[row] for row in at]
        part = [over[row] / whole[side][1] for side, row in enumerate(at)]
        share = sum(part) / 2 * (own[1] - own[0]) + (part[1] - part[0]) * (sum(own) / 2 - middle)
        if share == share:
            found.append(PlaceShare(parent, code, child, float(share)))
            left -= share
    found.append(PlaceShare(parent, code, "the rest", float(left)))
    return found
