"""What the figures have in common: correlations, reliability, principal components."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from huying.analytics.composite.framework import Framework
from huying.analytics.composite.ranking import ranks
from huying.analytics.composite.tables import Floats, Table


@dataclass(frozen=True)
class Correlation:
    """r of two nodes over the n rows where both are known; p two-sided against none. NaN for fewer than three, or no spread."""

    first: str
    second: str
    r: float
    p: float
    n: int


def correlations(table: Table, framework: Framework, method: str = "pearson") -> list[Correlation]:
    """All pairs of one level, and each node with what stands above it. method: pearson, spearman or kendall."""
    pairs = []
    for level in range(1, framework.top.level):
        pairs += list(combinations(framework.of_level(level), 2))
    for node in framework.nodes:
        pairs += [(node.code, above) for above in framework.lineage(node.code)[1:]]
    if method == "pearson":
        r, n = pearson(table.values)
        at = np.array([(table.place[a], table.place[b]) for a, b in pairs])
        found, counts = r[at[:, 0], at[:, 1]], n[at[:, 0], at[:, 1]]
        p = p_values(found, counts)
        return [Correlation(a, b, float(found[k]), float(p[k]), int(counts[k])) for k, (a, b) in enumerate(pairs)]
    return [_by_rank(a, b, table.column(a), table.column(b), method) for a, b in pairs]


def pearson(values: Floats) -> tuple[Floats, Floats]:
    """Matrix of r and of n over pairwise complete rows."""
    present = (~np.isnan(values)).astype(float)
    n = present.T @ present
    with np.errstate(invalid="ignore", divide="ignore"):
        # Moving and scaling each column leaves r as it is and keeps its digits where figures are large beside their spread.
        centred = values - np.where(present > 0, values, 0.0).sum(axis=0) / present.sum(axis=0)
        widest = np.fmax.reduce(np.abs(centred), axis=0)
        filled = np.nan_to_num(centred / np.where(widest > 0, widest, 1.0))
        sums, squares = filled.T @ present, (filled * filled).T @ present
        product = filled.T @ filled - sums * sums.T / n
        spread_first, spread_second = squares - sums * sums / n, (squares - sums * sums / n).T
        r = product / np.sqrt(spread_first * spread_second)
    flat = (spread_first < 1e-12) | (spread_second < 1e-12)
    return np.where((n < 3) | flat, np.nan, np.clip(r, -1.0, 1.0)), n


def p_values(r: Floats, n: Floats) -> Floats:
    """Two-sided p of r by Student's t with n − 2 degrees of freedom."""
    from scipy.special import stdtr

    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.abs(r) * np.sqrt((n - 2) / (1 - r * r))
        return np.asarray(np.where(n > 2, 2 * stdtr(n - 2, -t), np.nan))


def _by_rank(first: str, second: str, a: Floats, b: Floats, method: str) -> Correlation:
    from scipy.stats import kendalltau

    both = ~np.isnan(a) & ~np.isnan(b)
    a, b, n = a[both], b[both], int(both.sum())
    if n < 3 or a.min() == a.max() or b.min() == b.max():
        return Correlation(first, second, np.nan, np.nan, n)
    if method == "kendall":
        found = kendalltau(a, b)
        return Correlation(first, second, float(found.statistic), float(found.pvalue), n)
    r = float(np.corrcoef(ranks(a, ties="average"), ranks(b, ties="average"))[0, 1])
    return Correlation(first, second, r, float(p_values(np.array([r]), np.array([float(n)]))[0]), n)


@dataclass(frozen=True)
class Reliability:
    """Cronbach's alpha of the children of one aggregate: NaN for one child or none that vary."""

    code: str
    children: int
    alpha: float


def cronbach(table: Table, framework: Framework) -> list[Reliability]:
    """Alpha of each aggregate over its direct children, from pairwise complete covariances."""
    found = []
    for code in framework.upward:
        children = framework.children[code]
        k = len(children)
        covariance = _covariance(table.take(children).values)
        total = float(np.nansum(covariance))
        alpha = np.nan
        if k > 1 and total > 0:
            between = (total - float(np.nansum(np.diag(covariance)))) / (k * (k - 1))
            alpha = k * k * between / total
        found.append(Reliability(code, k, alpha))
    return found


def _covariance(values: Floats) -> Floats:
    k = values.shape[1]
    made = np.full((k, k), np.nan)
    known = ~np.isnan(values)
    for a in range(k):
        for b in range(a, k):
            both = known[:, a] & known[:, b]
            if both.sum() > 1:
                x, y = values[both, a], values[both, b]
                made[a, b] = made[b, a] = ((x - x.mean()) * (y - y.mean())).sum() / (both.sum() - 1)
    return made


@dataclass(frozen=True)
class Component:
    """One principal component of an aggregate's children. loadings: child → loading, the largest one positive."""

    code: str
    number: int
    eigenvalue: float
    share: float
    cumulative: float
    loadings: dict[str, float]


def components(table: Table, framework: Framework) -> list[Component]:
    """Components of the correlations of each aggregate's children, over rows that have them all.

    Children without spread are left out; with fewer than two children or three complete rows there are none.
    """
    found: list[Component] = []
    for code in framework.upward:
        values = table.take(framework.children[code]).values
        complete = values[~np.isnan(values).any(axis=1)]
        if len(complete) < 3:
            continue
        varied = np.flatnonzero(complete.std(axis=0) > 0)
        if len(varied) < 2:
            continue
        children = [framework.children[code][k] for k in varied]
        values_of, vectors = np.linalg.eigh(np.corrcoef(complete[:, varied], rowvar=False))
        order = np.argsort(values_of)[::-1]
        total = 0.0
        for number, place in enumerate(order, 1):
            eigenvalue = max(float(values_of[place]), 0.0)
            vector = vectors[:, place] * np.sqrt(eigenvalue)
            vector = vector * (1 if vector[np.argmax(np.abs(vector))] >= 0 else -1)
            total += eigenvalue / len(children)
            loadings = dict(zip(children, map(float, vector), strict=True))
            found.append(Component(code, number, eigenvalue, eigenvalue / len(children), total, loadings))
    return found
