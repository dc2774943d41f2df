"""Children → parent, level by level, weights shared anew among what is present."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from huying.analytics.composite.framework import Framework, shares_of
from huying.analytics.composite.spec import (
    Aggregate,
    Aggregation,
    Ahp,
    Balanced,
    Copeland,
    FromData,
    MazziottaPareto,
    Mean,
    Power,
)
from huying.analytics.composite.tables import Flags, Floats, Table
from huying.analytics.composite.weighing import Weighing, weigh
from huying.kernel.errors import InvalidInput

BLOCK = 4_000_000  # comparisons of pairs held at once


@dataclass(frozen=True, eq=False)
class Aggregated:
    """table: indicators, then aggregates level by level. weights: code → weight used.

    reweighted, thin: cells of `table` where a child was missing, and where too few were there. source: what was aggregated.
    """

    table: Table
    weights: Mapping[str, float]
    weighings: tuple[Weighing, ...]
    reweighted: Flags
    thin: Flags
    source: Table


def check(settings: Aggregate, framework: Framework) -> None:
    """Raises InvalidInput for a level or node that cannot be aggregated."""
    for level in settings.levels:
        if not 2 <= level <= framework.top.level:
            raise InvalidInput(
                f"aggregate.levels.{level}: there is no such level", cure=f"levels 2 to {framework.top.level} are"
            )
    for code in settings.nodes:
        if code not in framework.children:
            raise InvalidInput(
                f"aggregate.nodes.{code}: there is no such aggregate", cure="name an iCode above Level 1"
            )


def aggregate(
    table: Table,
    framework: Framework,
    settings: Aggregate,
    weights: Mapping[str, float],
    methods: Mapping[str, Ahp | FromData | Balanced] | None = None,
    fixed: Mapping[str, Floats] | None = None,
    previous: Aggregated | None = None,
    noise: Mapping[str, float] | None = None,
) -> Aggregated:
    """All aggregates of `table` (normalised indicators).

    methods: parents whose children are weighed by a method, from the children's scores, before the parent is aggregated.
    fixed: scores of nodes that are given instead of reckoned (adjusted ones). previous: made with the same settings; rows and
    parents that nothing touched since are taken over. noise: code → factor on its weight, wherever that comes from.

    Raises InvalidInput where a mean does not exist.
    """
    check(settings, framework)
    return _Aggregating(table, framework, settings, weights, methods or {}, fixed or {}, previous, noise or {}).run()


class _Aggregating:
    def __init__(
        self,
        table: Table,
        framework: Framework,
        settings: Aggregate,
        weights: Mapping[str, float],
        methods: Mapping[str, Ahp | FromData | Balanced],
        fixed: Mapping[str, Floats],
        previous: Aggregated | None,
        noise: Mapping[str, float],
    ) -> None:
        self.table, self.framework, self.settings = table, framework, settings
        self.methods, self.fixed, self.noise = methods, fixed, noise
        self.weights = self._noisy(weights)
        self.columns = (*table.columns, *framework.upward)
        self.place = {code: number for number, code in enumerate(self.columns)}
        shape = (len(table.units), len(self.columns))
        self.values = np.empty(shape, order="F")
        self.values[:, : len(table.columns)] = table.values
        self.reweighted = np.zeros(shape, dtype=bool, order="F")
        self.thin = np.zeros(shape, dtype=bool, order="F")
        self.previous = previous if previous is not None and self._same_rows(previous.table) else None
        # code → rows whose score is not that of `previous`; absent where none is
        self.changed: dict[str, Flags] = {}
        if self.previous is not None and self.previous.source is not table:
            for code in table.columns:
                self._compare(code)

    def _noisy(self, weights: Mapping[str, float]) -> dict[str, float]:
        return {code: weight * self.noise.get(code, 1.0) for code, weight in weights.items()}

    def _same_rows(self, other: Table) -> bool:
        return other.columns == self.columns and other.units == self.table.units and other.times == self.table.times

    def _compare(self, code: str) -> None:
        assert self.previous is not None
        now, then = self.values[:, self.place[code]], self.previous.table.column(code)
        if not np.array_equal(now, then, equal_nan=True):
            self.changed[code] = (now != then) & ~(np.isnan(now) & np.isnan(then))

    def run(self) -> Aggregated:
        weighings = []
        for code, given in self.fixed.items():
            self.values[:, self.place[code]] = given
        for parent in self.framework.upward:
            children = self.framework.children[parent]
            if parent in self.methods:
                at = [self.place[child] for child in children]
                found = weigh(parent, children, self.values[:, at], self.methods[parent])
                weighings.append(found)
                self.weights |= self._noisy(found.weights)
            if parent not in self.fixed:
                self._parent(parent, children)
            if self.previous is not None:
                self._compare(parent)
        whole = Table(self.table.units, self.table.times, self.columns, self.values)
        return Aggregated(whole, self.weights, tuple(weighings), self.reweighted, self.thin, self.table)

    def _parent(self, parent: str, children: tuple[str, ...]) -> None:
        shares = shares_of(parent, children, self.weights)
        how = self.settings.of(parent, self.framework.by_code[parent].level)
        rows = self._stale(children, shares, parent)
        if rows is None or (isinstance(how, Copeland) and rows.any()):
            rows = np.ones(len(self.table.units), dtype=bool)
        here = self.place[parent]
        if not rows.all():
            before = self.previous
            assert before is not None
            for made, kept in (
                (self.values, before.table.values),
                (self.reweighted, before.reweighted),
                (self.thin, before.thin),
            ):
                made[:, here] = kept[:, here]
            if not rows.any():
                return
        at = np.flatnonzero(rows)
        columns = [self.values[:, self.place[child]] for child in children]
        columns = columns if rows.all() else [column[rows] for column in columns]
        periods = list(self.table.periods.values())
        made, again, few = one(
            columns, list(shares.values()), how, parent, lambda row: self.table.units[at[row]], periods
        )
        self.values[rows, here], self.reweighted[rows, here], self.thin[rows, here] = made, again, few

    def _stale(self, children: tuple[str, ...], shares: Mapping[str, float], parent: str) -> Flags | None:
        """Rows that must be reckoned anew; None for all of them."""
        if self.previous is None:
            return None
        if any(self.previous.weights.get(child) != self.weights[child] for child in children):
            return None
        rows: Flags = np.zeros(len(self.table.units), dtype=bool)
        for child in children:
            if child in self.changed:
                rows |= self.changed[child]
        return rows


def one(
    columns: Sequence[Floats],
    shares: Sequence[float],
    how: Aggregation,
    parent: str,
    unit: Callable[[int], str],
    periods: Sequence[slice],
) -> tuple[Floats, Flags, Flags]:
    """One parent's column from its children's; which rows lacked a child; which had too few.

    unit: row → its name, for an error. periods: rows that are compared with each other, where the method compares. Goes child by
    child, so that a row's result never depends on which other rows are there.
    """
    n, rows = len(columns), len(columns[0])
    known = [column == column for column in columns]
    count, weight = np.zeros(rows), np.zeros(rows)
    for there, share in zip(known, shares, strict=True):
        count += there
        weight += there * share
    lacking = count < n
    few = (count < how.minimum_data * n) & (count > 0) if how.minimum_data > 0 else np.zeros(rows, dtype=bool)
    unknown = few | (weight <= 0)
    if not isinstance(how, Copeland) and how.missing == "unknown":
        unknown |= lacking
    weighing = [k for k, share in enumerate(shares) if share > 0]
    if len(weighing) < n and not isinstance(how, Copeland):
        # What weighs nothing is in no mean, not even as a logarithm of zero.
        columns, known = [columns[k] for k in weighing], [known[k] for k in weighing]
        shares = [shares[k] for k in weighing]
    match how:
        case Copeland():
            made = np.full(rows, np.nan)
            for period in periods:
                made[period] = copeland([column[period] for column in columns], shares)
        case MazziottaPareto():
            made = _mazziotta_pareto(columns, known, shares, weight, how, parent, unit)
        case Mean() | Power():
            made = _mean(columns, known, shares, weight, how, parent, unit)
    made[unknown] = np.nan
    return made, lacking & ~unknown, few


def _sum(columns: Iterable[Floats], known: Sequence[Flags], shares: Sequence[float], rows: int) -> Floats:
    """Σ share·figure over what is known."""
    total = np.zeros(rows)
    for column, there, share in zip(columns, known, shares, strict=True):
        np.add(total, column * share, out=total, where=there)
    return total


def _mean(
    columns: Sequence[Floats],
    known: Sequence[Flags],
    shares: Sequence[float],
    weight: Floats,
    how: Mean | Power,
    parent: str,
    unit: Callable[[int], str],
) -> Floats:
    def turned(f: Callable[[Floats], Floats], *, zero: bool = False) -> Floats:
        said = f"power {how.exponent:g}" if isinstance(how, Power) else how.method
        return _sum((f(_positive(one, parent, said, unit, zero=zero)) for one in columns), known, shares, len(weight))

    with np.errstate(invalid="ignore", divide="ignore"):
        match how:
            case Mean(method="geometric"):
                return np.asarray(np.exp(turned(np.log) / weight))
            case Mean(method="harmonic"):
                return np.asarray(weight / turned(lambda x: 1 / x))
            case Power(exponent=p):
                if p == int(p) and p > 0 and p % 2 == 1:  # odd: defined for any figure
                    mean = _sum((one**p for one in columns), known, shares, len(weight)) / weight
                    return np.asarray(np.sign(mean) * np.abs(mean) ** (1 / p))
                return np.asarray((turned(lambda x: np.asarray(x**p), zero=p > 0) / weight) ** (1 / p))
            case _:
                return np.asarray(_sum(columns, known, shares, len(weight)) / weight)


def _positive(column: Floats, parent: str, mean: str, unit: Callable[[int], str], *, zero: bool) -> Floats:
    wrong = (column < 0) if zero else (column <= 0)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InvalidInput(
            f"aggregate: the {mean} mean of {parent} does not exist for {unit(row)}: a score below it is {column[row]:g}",
            cure="normalise to a range that begins above 0, such as range: [1, 100], or choose the arithmetic mean",
        )
    return column


def _mazziotta_pareto(
    columns: Sequence[Floats],
    known: Sequence[Flags],
    shares: Sequence[float],
    weight: Floats,
    how: MazziottaPareto,
    parent: str,
    unit: Callable[[int], str],
) -> Floats:
    """M ∓ sd·cv with sd and mean over the children present (Mazziotta, Pareto 2013; sd with divisor n, weights as shares)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = _sum(columns, known, shares, len(weight)) / weight
        variance = _sum(((one - mean) ** 2 for one in columns), known, shares, len(weight)) / weight
        wrong = (variance > 0) & (mean <= 0)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise InvalidInput(
                f"aggregate: mazziotta_pareto of {parent} has no meaning for {unit(row)}, whose mean is {mean[row]:g}: "
                "its penalty is spread over mean",
                cure="normalise to a scale above 0, such as z_score with mean 100 and sd 10",
            )
        penalty = np.where(variance > 0, variance / mean, 0.0)
    return np.asarray(mean - penalty if how.penalty == "downward" else mean + penalty)


def copeland(columns: Sequence[Floats], shares: Sequence[float]) -> Floats:
    """Wins less losses against every other unit; a pair is compared on what both have. NaN for a unit with nothing."""
    n = len(columns[0])
    made = np.zeros(n)
    step = max(1, BLOCK // max(n, 1))
    for begin in range(0, n, step):
        ahead = np.zeros((min(step, n - begin), n))
        for column, share in zip(columns, shares, strict=True):
            block = column[begin : begin + step, None]
            ahead += ((block > column) * share) - ((block < column) * share)
        ahead[np.abs(ahead) < 1e-12] = 0.0  # shares that cancel leave a rounding, not a win
        made[begin : begin + step] = np.sign(ahead).sum(axis=1)
    made[np.all([np.isnan(column) for column in columns], axis=0)] = np.nan
    return made
