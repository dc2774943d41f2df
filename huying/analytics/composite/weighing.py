"""Weights from judgement (AHP) and from data (entropy, CRITIC, principal component, balance of correlations)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from huying.analytics.composite.framework import Framework, weights_of
from huying.analytics.composite.spec import Ahp, Balanced, FromData, Weights
from huying.analytics.composite.tables import Floats
from huying.kernel.errors import InvalidInput

# Mean consistency index of random reciprocal matrices of order 1, 2, …: Saaty, The Analytic Hierarchy Process (1980).
RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)


@dataclass(frozen=True)
class Weighing:
    """How the weights under one parent were found. ratio: AHP's consistency ratio, NaN for other methods."""

    parent: str
    method: str
    weights: Mapping[str, float]
    ratio: float = np.nan


def chosen(framework: Framework, settings: Weights) -> dict[str, float]:
    """Weights before any method: of the metadata, equal, or a set (which need only name what differs).

    Raises InvalidInput for a set or code that does not exist, and a name that is taken.
    """
    for name, given in settings.sets.items():
        if name in ("original", "equal"):
            raise InvalidInput(
                f"weights.sets.{name}: {name} is a name of its own", cure="choose another name for the set"
            )
        unknown = sorted(set(given) - set(framework.by_code))
        if unknown:
            raise InvalidInput(
                f"weights.sets.{name}.{unknown[0]}: there is no such node", cure="name an iCode of the metadata"
            )
    match settings.use:
        case "original":
            return weights_of(framework)
        case "equal":
            return dict.fromkeys(framework.by_code, 1.0)
        case name if name in settings.sets:
            return weights_of(framework) | dict(settings.sets[name])
        case name:
            raise InvalidInput(
                f"weights.use: there is no set {name!r}",
                cure=f"use one of {', '.join(['original', 'equal', *settings.sets])}",
            )


def methods(framework: Framework, settings: Weights) -> dict[str, Ahp | FromData | Balanced]:
    """Parent → the method that weighs its children. Raises InvalidInput for an unknown parent or one that two methods claim."""
    found: dict[str, Ahp | FromData | Balanced] = {}
    for number, method in enumerate(settings.methods):
        for parent in (method.parent,) if isinstance(method, Ahp) else method.parents:
            where = f"weights.methods.{number}"
            if parent not in framework.children:
                raise InvalidInput(f"{where}: there is no aggregate {parent!r}", cure="name an iCode above Level 1")
            if parent in found:
                raise InvalidInput(
                    f"{where}: {parent} is weighed by {found[parent].method} already", cure="keep one method"
                )
            children = framework.children[parent]
            named = (
                set(method.comparisons) | {b for row in method.comparisons.values() for b in row}
                if isinstance(method, Ahp)
                else set(method.importance)
                if isinstance(method, Balanced)
                else set()
            )
            strange = sorted(
                named - {c for p in getattr(method, "parents", (parent,)) for c in framework.children.get(p, ())}
            )
            if strange:
                raise InvalidInput(f"{where}: {strange[0]} is not below {parent}", cure=f"name {', '.join(children)}")
            found[parent] = method
    return found


def weigh(parent: str, children: tuple[str, ...], figures: Floats, method: Ahp | FromData | Balanced) -> Weighing:
    """Weights of the children of one parent, summing to one.

    figures: the children's scores, (rows, children). Raises InvalidInput where the method cannot be used on them.
    """
    if isinstance(method, Ahp):
        found, ratio = ahp(parent, children, method)
        return Weighing(parent, method.method, dict(zip(children, found.tolist(), strict=True)), ratio)
    complete = figures[~np.isnan(figures).any(axis=1)]
    if len(complete) < 3:
        raise InvalidInput(
            f"weights: {method.method} needs three units with all figures under {parent}, there are {len(complete)}",
            cure="impute first, or weigh these by a set",
        )
    if not (complete.min(axis=0) < complete.max(axis=0)).any():
        raise InvalidInput(
            f"weights: under {parent} no figure differs between units, so {method.method} has nothing to weigh by",
            cure="weigh these by a set",
        )
    if isinstance(method, Balanced):
        importance = np.array([method.importance.get(code, 1.0) for code in children])
        made = balanced(complete, importance / importance.sum(), parent)
    else:
        made = {"entropy": entropy, "critic": critic, "pca": principal}[method.method](complete)
    return Weighing(parent, method.method, dict(zip(children, (made / made.sum()).tolist(), strict=True)))


def ahp(parent: str, children: tuple[str, ...], method: Ahp) -> tuple[Floats, float]:
    """Principal eigenvector of the reciprocal matrix, and its consistency ratio.

    Raises InvalidInput for a pair not compared, compared twice in contradiction, or a ratio above the limit.
    """
    n = len(children)
    place = {code: number for number, code in enumerate(children)}
    matrix = np.eye(n)
    given = np.eye(n, dtype=bool)
    for first, row in method.comparisons.items():
        for second, times in row.items():
            a, b = place[first], place[second]
            if a == b or (given[a, b] and not np.isclose(matrix[a, b], times)):
                raise InvalidInput(
                    f"weights: AHP of {parent} compares {first} with {second} twice", cure="keep one value a pair"
                )
            matrix[a, b], matrix[b, a] = times, 1 / times
            given[a, b] = given[b, a] = True
    if not given.all():
        a, b = np.argwhere(~given)[0]
        raise InvalidInput(
            f"weights: AHP of {parent} does not compare {children[a]} with {children[b]}",
            cure="give each pair one value",
        )
    values, vectors = np.linalg.eig(matrix)
    largest = int(np.argmax(values.real))
    vector = np.abs(vectors[:, largest].real)
    random_index = RANDOM_INDEX[min(n, len(RANDOM_INDEX)) - 1]
    ratio = max(0.0, (float(values[largest].real) - n) / (n - 1) / random_index) if random_index else 0.0
    if ratio > method.maximum_ratio:
        raise InvalidInput(
            f"weights: the comparisons under {parent} contradict each other: consistency ratio {ratio:.3f}, "
            f"at most {method.maximum_ratio:g}",
            cure="look again at the comparisons, first at the largest; or raise maximum_ratio knowingly",
        )
    return vector / vector.sum(), ratio


def entropy(figures: Floats) -> Floats:
    """1 − Shannon entropy of each column's shares, after a shift to begin at 0 (熵权法)."""
    shares = figures - figures.min(axis=0)
    total = shares.sum(axis=0)
    shares = np.divide(shares, total, out=np.full_like(shares, 1 / len(shares)), where=total > 0)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.asarray(np.clip(1 + (shares * logs).sum(axis=0) / np.log(len(shares)), 0.0, None))


def critic(figures: Floats) -> Floats:
    """Contrast (sd on 0 to 1) × conflict Σ(1 − r) with the other columns: Diakoulaki, Mavrotas, Papayannakis 1995."""
    span = np.ptp(figures, axis=0)
    scaled = (figures - figures.min(axis=0)) / np.where(span > 0, span, 1.0)
    spread = scaled.std(axis=0, ddof=1)
    conflict = (1 - _correlations(figures)).sum(axis=0)
    made = spread * conflict
    return np.asarray(
        made if made.sum() > 0 else spread
    )  # columns in perfect agreement have no conflict: contrast decides


def principal(figures: Floats) -> Floats:
    """Squared loadings of the first principal component of the correlations (OECD/JRC Handbook, step 6): never negative."""
    values, vectors = np.linalg.eigh(_correlations(figures))
    return np.asarray(vectors[:, int(np.argmax(values))] ** 2)


TINY = 1e-12


def balanced(figures: Floats, importance: Floats, parent: str) -> Floats:
    """Weights ≥ 0 whose weighted mean correlates with its parts as `importance` says (after Becker et al. 2017).

    Raises InvalidInput where no weights come within a twentieth of the importance of any part.
    """
    from scipy.optimize import minimize

    n = figures.shape[1]
    if n == 1:
        return np.ones(1)
    span = figures.std(axis=0, ddof=1)
    if not (span > 0).all():
        raise InvalidInput(
            f"weights: a figure under {parent} is the same for all units and cannot correlate",
            cure="take it out, or use a set",
        )
    covariance = np.cov(figures, rowvar=False)

    def shares(logs: Floats) -> Floats:
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        with_whole = covariance @ weights / span
        total = with_whole.sum()
        # Parts that cancel out leave a whole that goes with none of them.
        return np.asarray(with_whole / total) if abs(total) > TINY else np.zeros(n)

    def loss(logs: Floats) -> float:
        return float(((shares(logs) - importance) ** 2).sum())

    best = minimize(
        loss, np.log(importance), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-18, "maxiter": 4000 * n}
    )
    off = float(np.abs(shares(best.x) - importance).max())
    if off > 0.05 * importance.max():
        raise InvalidInput(
            f"weights: no weights balance the children of {parent}: the nearest are off by {off:.3f}",
            cure="some of them correlate negatively: look at the correlations, move or drop such an indicator",
        )
    made = np.exp(best.x - best.x.max())
    return np.asarray(made / made.sum())


def _correlations(figures: Floats) -> Floats:
    """Pearson's r; a column without spread goes with nothing but itself."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.corrcoef(figures, rowvar=False).reshape(figures.shape[1], figures.shape[1])
    found = np.nan_to_num(found, nan=0.0)
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)
