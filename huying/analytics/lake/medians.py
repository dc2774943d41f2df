"""Medians of the raw records at every level, in arrays: exact, and the records are never sorted as a whole.

A record lies in one cell (place × period) of each level and kind of period. Each cell's records are counted by classes of
duration, which tells the class that holds the middle; only the records of that class are put in order. Classes are as wide as
a share of the duration itself, so few records lie in any one, whether matters take minutes or years.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import numpy.typing as npt

from huying.analytics.definitions.model import MEDIAN_KINDS
from huying.analytics.lake.layout import Layout

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
# Counters for all cells and classes together, at most; fewer classes where there are more cells.
COUNTERS = 1 << 20
# Bits of a float's mantissa left out of the finest class: 256 classes to each doubling of the duration.
FINEST = 15


def medians(layout: Layout, records: str, touched: str = "") -> dict[str, Whole | Floats]:
    """Of each cell: the numbers of node and period, the median in seconds, and n, of how many records. Arrays of one length.

    records: SQL of loc, d (days since 1970) and seconds (whole); one that lies on no day or in no place counts nowhere.
    touched: a relation (node, period); only those cells are computed. A cell without records is left out.
    """
    taken = [np.zeros((0, 3), dtype=np.int64)], [np.zeros(0)]
    for cells, middles in _each(layout, records, touched):
        taken[0].append(cells)
        taken[1].append(middles)
    node, period, n = np.concatenate(taken[0]).T
    return {"node": node, "period": period, "seconds": np.concatenate(taken[1]), "n": n}


def _each(layout: Layout, records: str, touched: str) -> Iterator[tuple[Whole, Floats]]:
    """A level and kind of period at a time: rows of node, period and n, and their medians."""
    con = layout.con
    calendar = _arrays(con, f"SELECT d, epoch, {', '.join(MEDIAN_KINDS)} FROM calendar ORDER BY d")
    levels = ", ".join(f"coalesce(at_{level.column}, -1) AS {level.column}" for level in layout.levels)
    place = _arrays(con, f"SELECT spot, {levels} FROM place") if levels else {"spot": np.zeros(0)}
    if not len(calendar["d"]) or not len(place["spot"]):
        return
    first, last = calendar["d"][0], calendar["d"][-1]
    found = _arrays(
        con, f"SELECT loc, d - {first} AS d, seconds FROM ({records}) AS r WHERE d BETWEEN {first} AND {last}"
    )
    if not len(found["d"]):
        return
    # A month lies in one quarter and one year: all cells of a record follow from its month and its spot.
    months, month = np.unique(calendar[MEDIAN_KINDS[0]], return_inverse=True)
    spot = found["loc"] * layout.epochs + calendar["epoch"][found["d"]]
    own = spot * len(months) + month[found["d"]]
    spots = int(max(spot.max(), place["spot"].max())) + 1
    held = np.bincount(own, minlength=spots * len(months))
    used = np.flatnonzero(held)
    pairs = _arrays(con, f"SELECT node, period FROM {touched}") if touched else None
    classes = classes_of(found["seconds"])
    # A cell is one number: node × width + period.
    width = int(max(calendar[kind].max() for kind in MEDIAN_KINDS)) + 1
    for kind in MEDIAN_KINDS:
        of_month = np.zeros(len(months), dtype=np.int64)
        of_month[month] = calendar[kind]
        for level in layout.levels:
            node = np.full(spots, -1, dtype=np.int64)
            node[place["spot"]] = place[level.column]
            at = node[used // len(months)]
            there, cell = np.unique(
                np.where(at < 0, -1, at * width + of_month[used % len(months)]), return_inverse=True
            )
            wanted = there >= 0
            if pairs is not None:
                wanted &= np.isin(there, pairs["node"] * width + pairs["period"])
            if not wanted.any():
                continue
            there, numbers = there[wanted], np.where(wanted, wanted.cumsum() - 1, -1)
            number = np.full(len(held), -1, dtype=np.int64)
            number[used] = numbers[cell]
            n = np.bincount(number[used] + 1, weights=held[used], minlength=len(there) + 1)[1:].astype(np.int64)
            middles = middles_of(own, number, n, found["seconds"], classes)
            yield np.stack((there // width, there % width, n), axis=1), middles


def _arrays(con: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Whole]:
    return {name: np.ma.getdata(column).astype(np.int64) for name, column in con.execute(sql).fetchnumpy().items()}


def classes_of(seconds: Whole) -> Whole:
    """A whole number that never falls as the duration rises: the leading bits of its logarithm, with its sign."""
    bits = (np.abs(seconds) + 1).astype(np.float32).view(np.int32) - np.float32(1).view(np.int32)
    found: Whole = (np.sign(seconds) * bits) >> FINEST
    return found - int(found.min())


def middles_of(own: Whole, number: Whole, n: Whole, seconds: Whole, classes: Whole) -> Floats:
    """The median of each cell.

    own, seconds, classes: of each record. number: of each value of `own`, its cell, from 0, or -1. n: how many records the
    cells have, at least one.
    """
    most, coarser = int(classes.max()), 0
    while len(n) * ((most >> coarser) + 1) > COUNTERS and most >> coarser:
        coarser += 1
    classes, width = classes >> coarser, (most >> coarser) + 1
    # What lies in no cell is counted after all cells.
    begins = np.where(number < 0, len(n), number) * width
    counts = np.bincount(begins[own] + classes, minlength=(len(n) + 1) * width)[: len(n) * width].reshape(len(n), width)
    upto = counts.cumsum(axis=1)
    # The two in the middle, or twice the one; no record of the cell lies in a class between theirs.
    middle = np.stack(((n - 1) // 2, n // 2))
    low, high = ((upto <= rank[:, None]).sum(axis=1) for rank in middle)
    near = np.zeros(len(own), dtype=np.bool_)
    for at in (low, high):
        near |= np.append(at, -1)[number][own] == classes
    cell, seconds = number[own[near]], seconds[near]
    ordered = seconds[np.lexsort((seconds, cell))]
    kept = np.bincount(cell, minlength=len(n))
    before = upto[np.arange(len(n)), low] - counts[np.arange(len(n)), low]
    both: Whole = ordered[kept.cumsum() - kept - before + middle]
    found: Floats = both.sum(axis=0) / 2
    return found
