"""How much hangs on the choices: a node removed, settings and weights varied, two versions compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from huying.analytics.composite.aggregating import aggregate
from huying.analytics.composite.ranking import rank_table, ranks
from huying.analytics.composite.reading import spec_of
from huying.analytics.composite.run import Run, compute
from huying.analytics.composite.spec import Spec, Uncertainty, Vary
from huying.analytics.composite.tables import Floats, Table
from huying.kernel.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class Removed:
    """codes: what was removed, one column each of `ranks` (rows of the run). shift: its mean absolute change of rank."""

    codes: tuple[str, ...]
    nominal: Floats
    ranks: Floats
    shift: Floats


def remove_one(run: Run, level: int) -> Removed:
    """The index without each node of a level in turn, weights and scores of the others as they were (no adjustment rules).

    Raises InvalidInput for a level that is not below the index.
    """
    if not 1 <= level < run.framework.top.level:
        raise InvalidInput(
            f"analysis.remove: nodes of level {level} cannot be removed",
            cure=f"name levels from 1 to {run.framework.top.level - 1}",
        )
    top = run.framework.top.code
    codes = [code for code in run.framework.of_level(level) if len(run.framework.of_level(level)) > 1]
    nominal = _ranks(run.aggregated.table, top)
    found = []
    for code in codes:
        framework = run.framework.without(code)
        how = run.spec.aggregate
        nodes = {node: one for node, one in how.nodes.items() if node in framework.by_code}
        table = run.normalised.table.take(framework.indicators)
        weights = {node: run.aggregated.weights[node] for node in framework.by_code}
        made = aggregate(table, framework, how.model_copy(update={"nodes": nodes}), weights)
        found.append(_ranks(made.table, top))
    ranked = np.column_stack(found) if found else np.empty((len(nominal), 0))
    return Removed(tuple(codes), nominal, ranked, _shift(ranked, nominal))


def _ranks(table: Table, code: str) -> Floats:
    return rank_table(table.take([code])).values[:, 0]


@dataclass(frozen=True, eq=False)
class Spread:
    """Results of many runs. scores, ranks: (rows, runs), NaN where a unit was screened out; draws: what each run used.

    seed: with it and the same settings every draw comes again.
    """

    seed: int
    names: tuple[str, ...]
    draws: Sequence[tuple[Any, ...]]
    scores: Floats
    ranks: Floats
    nominal: Floats
    runs: int

    def statistics(self) -> tuple[tuple[str, ...], Floats]:
        """Nominal rank, and over the runs its mean, median, 5th and 95th percentile; NaN for a unit never ranked."""
        made = np.full((len(self.nominal), 5), np.nan)
        made[:, 0] = self.nominal
        ranked = ~np.isnan(self.ranks[:, : self.runs]).all(axis=1)
        used = self.ranks[ranked, : self.runs]
        if not ranked.any():
            return ("Nominal", "Mean", "Median", "Q5", "Q95"), made
        made[ranked, 1] = np.nanmean(used, axis=1)
        made[ranked, 2:] = np.nanquantile(used, (0.5, 0.05, 0.95), axis=1).T
        return ("Nominal", "Mean", "Median", "Q5", "Q95"), made


@dataclass(frozen=True)
class Sensitivity:
    """Share of the variance of the mean rank shift: by the choice alone (first), with all it interacts with (total), with
    bootstrapped 5th and 95th percentiles."""

    name: str
    first: float
    total: float
    first_range: tuple[float, float]
    total_range: tuple[float, float]


def uncertainty(run: Run, settings: Uncertainty) -> tuple[Spread, list[Sensitivity]]:
    """Random choices from what may vary, the index each time. Sensitivities only with settings.sobol.

    Each draw is uniform over the values of every entry; noise on weights is uniform within ± its share. Raises InvalidInput for a
    path that is no setting, and, naming the draw, for values that cannot be used.
    """
    generator = np.random.default_rng(settings.seed)
    n, d = settings.runs, len(settings.vary)
    unit = generator.random((n, 2 * d)) if settings.sobol else generator.random((n, d))
    sample = _saltelli(unit, d) if settings.sobol else unit
    drawing = _Drawing(run, settings, np.random.default_rng([settings.seed, 1]))
    top = run.framework.top.code
    rows = {key: row for row, key in enumerate(zip(run.data.raw.units, run.data.raw.times, strict=True))}
    scores = np.full((len(rows), len(sample)), np.nan)
    ranked = scores.copy()
    chosen = [drawing.at(point) for point in sample]
    previous = run
    # Draws that share settings stand together, so that a run takes over from the one before all that the weights don't touch.
    for k in sorted(range(len(sample)), key=lambda k: chosen[k].choice):
        previous = made = _varied(previous, chosen[k], drawing)
        at, own = _shared(rows, made)
        scores[at, k] = made.index[own]
        ranked[at, k] = _ranks(made.scores, top)[own]
    draws = [one.drawn for one in chosen]
    nominal = _ranks(run.scores, top)
    base = 2 * n if settings.sobol else n
    spread = Spread(settings.seed, drawing.names, draws, scores, ranked, nominal, base)
    return spread, sobol(_shift(ranked, nominal), n, drawing.names, settings) if settings.sobol else []


def _varied(previous: Run, draw: Draw, drawing: _Drawing) -> Run:
    try:
        spec = drawing.spec(draw.choice)
        return compute(previous.delivered, previous.framework, spec, noise=draw.noise, previous=previous)
    except InvalidInput as fault:
        what = ", ".join(f"{name} = {value}" for name, value in zip(drawing.names, draw.drawn, strict=True))
        raise InvalidInput(f"uncertainty: with {what}: {fault.message}", cure=fault.cure, fields=fault.fields) from None


def _shared(rows: Mapping[tuple[str, str], int], made: Run) -> tuple[list[int], list[int]]:
    """Rows that both runs have: in the nominal one, in the varied one."""
    pairs = [
        (rows[key], row)
        for row, key in enumerate(zip(made.data.raw.units, made.data.raw.times, strict=True))
        if key in rows
    ]
    return [a for a, _ in pairs], [b for _, b in pairs]


def _shift(ranked: Floats, nominal: Floats) -> Floats:
    """Mean absolute change of rank of each column over the units ranked in both; NaN where there is none."""
    apart = np.abs(ranked - nominal[:, None])
    both = ~np.isnan(apart)
    n = both.sum(axis=0)
    return np.asarray(
        np.divide(np.where(both, apart, 0.0).sum(axis=0), n, out=np.full(apart.shape[1], np.nan), where=n > 0)
    )


def _saltelli(unit: Floats, d: int) -> Floats:
    """A, B, then A with each column from B in turn: N·(d + 2) points."""
    a, b = unit[:, :d], unit[:, d:]
    mixed = []
    for k in range(d):
        one = a.copy()
        one[:, k] = b[:, k]
        mixed.append(one)
    return np.vstack([a, b, *mixed])


def sobol(y: Floats, n: int, names: Sequence[str], settings: Uncertainty) -> list[Sensitivity]:
    """First-order (Saltelli et al. 2010) and total indices (Jansen 1999) of y over the points of `_saltelli`.

    Raises InvalidInput when nothing that varies moves y.
    """
    a, b = y[:n], y[n : 2 * n]
    variance = float(np.var(np.concatenate([a, b]), ddof=1))
    if not variance > 0:
        raise InvalidInput(
            "uncertainty: no rank ever moves, so that there is no variance to share out",
            cure="vary something that matters, or by more; or set sobol: false",
        )
    centre = float(np.concatenate([a, b]).mean())
    generator = np.random.default_rng([settings.seed, 2])
    found = []
    for k, name in enumerate(names):
        mixed = y[(2 + k) * n : (3 + k) * n]
        first, total = (b - centre) * (mixed - a) / variance, (a - mixed) ** 2 / (2 * variance)
        again = generator.integers(0, n, (settings.bootstrap, n))
        ranges = [
            tuple(map(float, np.quantile(part[again].mean(axis=1), (0.05, 0.95))))
            if settings.bootstrap
            else (np.nan,) * 2
            for part in (first, total)
        ]
        found.append(
            Sensitivity(
                name,
                float(first.mean()),
                float(total.mean()),
                (ranges[0][0], ranges[0][1]),
                (ranges[1][0], ranges[1][1]),
            )
        )
    return found


@dataclass(frozen=True)
class Draw:
    """choice: which value of each entry (−1 for noise). noise: code → factor on its weight. drawn: as shown to people."""

    choice: tuple[int, ...]
    noise: Mapping[str, float]
    drawn: tuple[Any, ...]


class _Drawing:
    """From a point of the unit cube to settings and weights."""

    def __init__(self, run: Run, settings: Uncertainty, generator: np.random.Generator) -> None:
        self.run, self.settings = run, settings
        self.names = tuple(one.name for one in settings.vary)
        if len(set(self.names)) < len(self.names):
            raise InvalidInput("uncertainty.vary: the same thing is varied twice", cure="keep one entry for each")
        self.base = run.spec.model_dump(mode="python", by_alias=True)
        self.known: dict[tuple[int, ...], Spec] = {}
        for number, one in enumerate(settings.vary):
            self._check(number, one)
        self.noise = {
            number: generator.uniform(-1, 1, (settings.runs, len(run.framework.nodes)))
            for number, one in enumerate(settings.vary)
            if one.weights is not None
        }

    def _check(self, number: int, one: Vary) -> None:
        where = f"uncertainty.vary.{number}"
        if one.setting is not None:
            parts = one.setting.split(".")
            if parts[0] in ("uncertainty", "analysis", "results"):
                raise InvalidInput(f"{where}: {parts[0]} does not change the index", cure="vary a step of the index")
            inside: Any = self.base
            for part in parts[:-1]:
                inside = inside.get(part) if isinstance(inside, Mapping) else None
            if not isinstance(inside, Mapping) or parts[-1] not in inside:
                raise InvalidInput(
                    f"{where}: there is no setting {one.setting!r}",
                    cure="write its path as in the settings written out, such as normalise.default.method",
                )
            return
        strange = [level for level in one.levels if not 1 <= level < self.run.framework.top.level]
        if strange:
            raise InvalidInput(
                f"{where}: there are no weights of level {strange[0]}", cure="name levels below the index"
            )

    def at(self, point: Floats) -> Draw:
        choice: list[int] = []
        drawn: list[Any] = []
        factors: dict[str, float] = {}
        for number, one in enumerate(self.settings.vary):
            if one.setting is not None:
                which = min(int(point[number] * len(one.values)), len(one.values) - 1)
                choice.append(which)
                drawn.append(one.values[which])
                continue
            assert one.weights is not None
            which = min(int(point[number] * self.settings.runs), self.settings.runs - 1)
            for place, node in enumerate(self.run.framework.nodes):
                if node.level in one.levels:
                    factor = 1 + one.weights * float(self.noise[number][which, place])
                    factors[node.code] = factors.get(node.code, 1.0) * factor
            choice.append(-1)
            drawn.append(f"noise {which}")
        return Draw(tuple(choice), factors, tuple(drawn))

    def spec(self, choice: tuple[int, ...]) -> Spec:
        if choice not in self.known:
            given = _copied(self.base)
            for which, one in zip(choice, self.settings.vary, strict=True):
                if one.setting is not None:
                    *path, last = one.setting.split(".")
                    inside = given
                    for part in path:
                        inside = inside[part]
                    inside[last] = one.values[which]
            self.known[choice] = spec_of(given)
        return self.known[choice]


def _copied(given: Any) -> Any:
    if isinstance(given, Mapping):
        return {key: _copied(value) for key, value in given.items()}
    return given


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two versions over the units both have. settings: path → before, after. moved: unit, time, scores and ranks in both.

    spearman: of the two orders; mean_shift: mean absolute change of rank.
    """

    settings: Mapping[str, tuple[Any, Any]]
    moved: Sequence[tuple[str, str, float, float, float, float]]
    spearman: float
    mean_shift: float


def compare(before: Run, after: Run) -> Comparison:
    """What differs between two versions of an index and what that does to the units. Raises InvalidInput without common units."""
    first = {key: row for row, key in enumerate(zip(before.scores.units, before.scores.times, strict=True))}
    at, own = _shared(first, after)
    if not at:
        raise InvalidInput("the two versions have no unit in common", cure="compare versions of one index")
    place = [_ranks(run.scores, run.framework.top.code)[rows] for run, rows in ((before, at), (after, own))]
    score = [run.index[rows] for run, rows in ((before, at), (after, own))]
    moved = [
        (before.scores.units[row], before.scores.times[row], *(float(part[k]) for part in (*score, *place)))
        for k, row in enumerate(at)
    ]
    both = ~np.isnan(place[0]) & ~np.isnan(place[1])
    a, b = (ranks(one[both], ties="average") for one in place)
    varied = len(a) > 1 and a.min() < a.max() and b.min() < b.max()
    spearman = float(np.corrcoef(a, b)[0, 1]) if varied else np.nan
    shift = float(np.abs(place[0][both] - place[1][both]).mean()) if both.any() else np.nan
    differing = dict(_differences("", before.spec.model_dump(), after.spec.model_dump()))
    weights = before.aggregated.weights, after.aggregated.weights
    for code in sorted({*weights[0], *weights[1]}):
        if weights[0].get(code) != weights[1].get(code):
            differing[f"weight of {code}"] = weights[0].get(code), weights[1].get(code)
    return Comparison(differing, [tuple(one) for one in moved], spearman, shift)  # type: ignore[misc]


def _differences(path: str, before: Any, after: Any) -> Iterator[tuple[str, tuple[Any, Any]]]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}, key=str):
            yield from _differences(f"{path}.{key}" if path else str(key), before.get(key), after.get(key))
    elif before != after:
        yield path, (before, after)
