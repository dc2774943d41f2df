"""What the index says of each unit: rank, rank within groups, what it is best and worst at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from huying.analytics.composite.preparing import group_of
from huying.analytics.composite.ranking import rank_table
from huying.analytics.composite.run import Run
from huying.analytics.composite.tables import Floats, Table


def ranked(run: Run, group: str | None = None) -> Table:
    """Every column of the scores ranked, within the period and, where named, the group.

    Not ranked: a rate on too small a denominator, and a node that a veto takes out of the ranking.
    """
    table = run.scores
    values = table.values.copy(order="F")
    few = run.few[run.screened.kept]
    values[:, : few.shape[1]][few] = np.nan
    if run.adjusted is not None:
        for node, rows in run.adjusted.unranked.items():
            values[rows, table.place[node]] = np.nan
    labels = group_of(run.data, group, "results.groups") if group is not None else None
    return rank_table(table.with_values(values), labels)


def in_order(run: Run, ranks: Table) -> list[int]:
    """Rows period by period, the best unit first, units without an index last."""
    index = run.index.tolist()
    top = ranks.column(run.framework.top.code).tolist()
    found: list[int] = []
    for rows in ranks.periods.values():
        of_period = range(rows.start, rows.stop)
        found += sorted(of_period, key=lambda row: (_last(top[row]), -_first(index[row]), ranks.units[row]))
    return found


def _last(rank: float) -> float:
    return float("inf") if rank != rank else float(rank)


def _first(score: float) -> float:
    return float("-inf") if score != score else float(score)


@dataclass(frozen=True)
class Highlight:
    """One of a unit's best ("strength") or worst ("weakness") indicators. order: 1 for the most telling. of: units ranked."""

    row: int
    kind: str
    order: int
    code: str
    rank: int
    of: int
    score: float


def highlights(run: Run, ranks: Table, most: int) -> list[Highlight]:
    """Each unit's `most` best and worst indicators by rank, ties by weight in the index.

    Left out is what says nothing of the unit: an indicator where more than half the units share its place, or not reported by it.
    """
    found: list[Highlight] = []
    codes = run.framework.indicators
    weight = np.array([run.effective[code] for code in codes])
    values = ranks.values[:, : len(codes)]
    for rows in ranks.periods.values():
        block, scores = values[rows], run.scores.values[rows, : len(codes)]
        n = (~np.isnan(block)).sum(axis=0)
        shared = np.column_stack([_sharing(block[:, place]) for place in range(len(codes))])
        with np.errstate(invalid="ignore", divide="ignore"):
            worst_shared = shared > n / 2
            position = np.where(worst_shared | np.isnan(block), np.nan, (block - 1) / np.maximum(n - 1, 1))
            # For the worst, ties count from below: three units that share the last place are all last.
            from_below = np.where(np.isnan(position), np.nan, (n - block - shared + 1) / np.maximum(n - 1, 1))
        for at in range(len(block)):
            for kind, by in (("strength", position[at]), ("weakness", from_below[at])):
                order = np.lexsort((-weight, by))
                telling = [int(k) for k in order[:most] if by[k] == by[k] and by[k] < 0.5]
                found += [
                    Highlight(
                        rows.start + at, kind, number, codes[k], int(block[at, k]), int(n[k]), float(scores[at, k])
                    )
                    for number, k in enumerate(telling, 1)
                ]
    return found


def _sharing(column: Floats) -> Floats:
    """For each rank, how many share it."""
    known = ~np.isnan(column)
    made = np.zeros(len(column))
    _, inverse, counts = np.unique(column[known], return_inverse=True, return_counts=True)
    made[known] = counts[inverse]
    return made


def availability(run: Run) -> tuple[tuple[str, ...], list[list[object]]]:
    """Share of indicators that were delivered, for each unit and each aggregate: header and rows."""
    aggregates = run.framework.upward
    table = run.data.raw
    present = ~np.isnan(table.values)
    shares = [
        present[:, [table.place[code] for code in run.framework.beneath(node)]].mean(axis=1) for node in aggregates
    ]
    rows: list[list[object]] = [list(map(float, row)) for row in np.column_stack(shares)]
    return aggregates, rows
