"""Places in an order: ties share, what is unknown has none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from huying.analytics.composite.tables import Floats, Table


def ranks(column: Floats, *, ties: str = "min", best_first: bool = False) -> Floats:
    """Rank of each figure, 1 the smallest (the largest with best_first); NaN where unknown. ties: min, average or max."""
    figures = -column if best_first else column
    known = ~np.isnan(figures)
    order = np.sort(figures[known])
    found = np.full(len(column), np.nan)
    first = np.searchsorted(order, figures[known], side="left") + 1
    last = np.searchsorted(order, figures[known], side="right")
    found[known] = {"min": first, "max": last}.get(ties, (first + last) / 2)
    return found


def rank_table(table: Table, groups: Sequence[str] | None = None) -> Table:
    """Each column ranked within its period, and within the group where groups are given; 1 is best, ties share the best place.

    A row whose group is "" is ranked nowhere.
    """
    made = np.full(table.values.shape, np.nan, order="F")
    for rows in table.periods.values():
        if groups is None:
            _into(made, table.values, np.arange(rows.start, rows.stop))
            continue
        labels = groups[rows]
        for label in sorted(set(labels) - {""}):
            _into(made, table.values, rows.start + np.flatnonzero([one == label for one in labels]))
    return table.with_values(made)


def _into(made: Floats, values: Floats, rows: NDArray[np.intp]) -> None:
    for place in range(values.shape[1]):
        made[rows, place] = ranks(values[rows, place], best_first=True)
