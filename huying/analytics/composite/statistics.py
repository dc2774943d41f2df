"""What a column looks like: moments, availability, sameness; and what the data as a whole should be asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from huying.analytics.composite.framework import Framework
from huying.analytics.composite.spec import Limits
from huying.analytics.composite.tables import Flags, Floats, Table

# COINr's limits for its flags, as fractions of the units.
AVAILABLE, NONZERO, UNIQUE = 0.65, 0.5, 0.5
COLUMNS = (
    *("Min", "Max", "Mean", "Median", "Std", "Skew", "Kurt", "N.Avail", "N.NonZero", "N.Unique", "N.Same"),
    *("Frc.Avail", "Frc.NonZero", "Frc.Unique", "Frc.Same"),
    *("Flag.Avail", "Flag.NonZero", "Flag.Unique", "Flag.SkewKurt"),
)


def moments(values: Floats) -> tuple[Floats, Floats]:
    """Skewness and excess kurtosis of type 2 (SAS, SPSS; e1071's type 2) of each column of (rows, columns), NaN skipped.

    NaN for fewer than 3 (skewness) or 4 (kurtosis) figures, and for a column of one single value.
    """
    present = ~np.isnan(values)
    n = present.sum(axis=0).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        centred = np.where(present, values, 0.0)
        centred -= centred.sum(axis=0) / n
        centred[~present] = 0.0
        # Neither moment knows the unit of measure; brought to 1, no power of a very small or large figure is lost.
        centred /= np.maximum(np.abs(centred).max(axis=0, initial=0.0), np.finfo(float).tiny)
        squares = centred * centred
        second = squares.sum(axis=0)
        third = (squares * centred).sum(axis=0)
        np.multiply(squares, squares, out=squares)
        fourth = squares.sum(axis=0)
        skew = np.sqrt(n) * third / second**1.5 * np.sqrt(n * (n - 1)) / (n - 2)
        kurtosis = ((n + 1) * (n * fourth / (second * second) - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
    flat = one_value(values)
    return np.where((n < 3) | flat, np.nan, skew), np.where((n < 4) | flat, np.nan, kurtosis)


def shape(x: Floats) -> tuple[float, float]:
    """`moments` of one row of figures without NaN: the same, an order of magnitude faster on few."""
    n = len(x)
    centred = x - x.sum() / n
    widest = float(np.abs(centred).max())
    if n < 3 or widest < np.finfo(float).tiny or bool((x == x[0]).all()):
        return np.nan, np.nan
    centred /= widest
    squares = centred * centred
    second = float(squares.sum())
    third, fourth = float((squares * centred).sum()), float((squares * squares).sum())
    skew = n**0.5 * third / second**1.5 * (n * (n - 1)) ** 0.5 / (n - 2)
    if n < 4:
        return skew, np.nan
    return skew, ((n + 1) * (n * fourth / (second * second) - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))


def one_value(values: Floats) -> Flags:
    """Columns whose figures are all the same (or that have at most one)."""
    low, high = extremes(values)
    return ~(low < high)


def extremes(values: Floats) -> tuple[Floats, Floats]:
    """Lowest and highest of each column, NaN where there is none."""
    return np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)


def outlying(values: Floats, limits: Limits) -> Flags:
    """Columns beyond both limits; one without a skewness is not."""
    skew, kurtosis = moments(values)
    with np.errstate(invalid="ignore"):
        return (np.abs(skew) >= limits.skew) & (kurtosis >= limits.kurtosis)


def describe(table: Table) -> tuple[tuple[str, ...], list[list[object]]]:
    """COINr's table of statistics: header and one row per indicator, over all rows of the table."""
    skew, kurtosis = moments(table.values)
    units = len(table.units)
    rows: list[list[object]] = []
    for place, code in enumerate(table.columns):
        found = table.values[:, place]
        found = found[~np.isnan(found)]
        n = len(found)
        if not n:
            nothing: list[object] = [np.nan] * 7
            rows.append([code, *nothing, 0, 0, 0, 0, 0.0, *nothing[:3], "LOW", "LOW", "LOW", "ok"])
            continue
        counts = np.unique(found, return_counts=True)[1]
        nonzero, unique, same = int(np.count_nonzero(found)), len(counts), int(counts.max())
        out = abs(skew[place]) > Limits().skew and kurtosis[place] > Limits().kurtosis
        rows.append(
            [
                code,
                *map(float, (found.min(), found.max(), found.mean(), np.median(found))),
                float(found.std(ddof=1)) if n > 1 else np.nan,
                float(skew[place]),
                float(kurtosis[place]),
                *(n, nonzero, unique, same),
                *(n / units, nonzero / n, unique / n, same / n),
                "ok" if n / units >= AVAILABLE else "LOW",
                "ok" if nonzero / units >= NONZERO else "LOW",
                "ok" if unique / units >= UNIQUE else "LOW",
                "OUT" if out else "ok",
            ]
        )
    return ("iCode", *COLUMNS), rows


@dataclass(frozen=True)
class Finding:
    """Something an analyst should look at before believing the index. code: the column, unit or period it is about."""

    kind: str
    code: str
    said: str


def check(table: Table, framework: Framework) -> list[Finding]:
    """Columns without data or without spread, units without data, identical columns, periods missing from the run."""
    found: list[Finding] = []
    present = ~np.isnan(table.values)
    flat = one_value(table.values)
    for place, code in enumerate(table.columns):
        n = int(present[:, place].sum())
        if n == 0:
            found.append(Finding("no data", code, "no unit has a figure"))
        elif flat[place]:
            found.append(Finding("one value", code, f"all {n} figures are the same"))
        elif n < AVAILABLE * len(table.units):
            found.append(Finding("few data", code, f"{n} of {len(table.units)} units have a figure"))
    found += [Finding("twin columns", later, f"holds the same figures as {code}") for code, later in _twins(table)]
    found += [
        Finding("no data", _row(table, row), "no indicator has a figure")
        for row in np.flatnonzero(~present.any(axis=1)).tolist()
    ]
    found += [Finding("missing period", time, "lies between the data's periods") for time in _gaps(list(table.periods))]
    skew, kurtosis = moments(table.values)
    for place in np.flatnonzero((np.abs(np.nan_to_num(skew)) > 2) & (np.nan_to_num(kurtosis) > 3.5)).tolist():
        said = f"skewness {skew[place]:.3g}, kurtosis {kurtosis[place]:.3g}"
        found.append(Finding("outliers", table.columns[place], said))
    found += [Finding("unread metadata", name, "no step reads this column") for name in framework.unread]
    lone = [code for code, children in framework.children.items() if len(children) == 1]
    return found + [Finding("lone child", code, f"{framework.children[code][0]} decides it alone") for code in lone]


def _row(table: Table, place: int) -> str:
    return " ".join(part for part in (table.units[place], table.times[place]) if part)


def _twins(table: Table) -> list[tuple[str, str]]:
    first: dict[bytes, str] = {}
    found = []
    for place, code in enumerate(table.columns):
        same = first.setdefault(np.ascontiguousarray(table.values[:, place]).tobytes(), code)
        if same != code and not np.isnan(table.values[:, place]).all():
            found.append((same, code))
    return found


def _gaps(times: Sequence[str]) -> list[str]:
    from huying.analytics.periods import Period

    found: list[str] = []
    for before, after in pairwise(times):
        between = Period.parse(before).next
        while between < Period.parse(after):
            found.append(between.key)
            between = between.next
    return found
