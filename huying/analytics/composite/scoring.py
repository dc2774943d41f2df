"""Scores of very many places, period by period: scales and weights are fixed beforehand; a block of rows stays in cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from huying.analytics.composite.aggregating import check, one
from huying.analytics.composite.framework import Framework, shares_of
from huying.analytics.composite.normalising import Scale, apply, beyond
from huying.analytics.composite.run import Run
from huying.analytics.composite.spec import Aggregate, Copeland
from huying.analytics.composite.tables import Floats
from huying.kernel.errors import InvalidInput

ROWS = 4096  # 133 indicators of so many rows are four megabytes: within a core's cache


@dataclass(frozen=True)
class Scorer:
    """From treated figures to scores with one run's scales and weights; the same to the last bit as that run's own.

    Knows nothing that depends on which other units are there: no ranks, no Copeland, no rules after aggregation.
    """

    framework: Framework
    scales: tuple[Scale, ...]
    weights: Mapping[str, float]
    how: Aggregate

    @classmethod
    def of(cls, run: Run) -> Scorer:
        """Raises InvalidInput for a run whose scores hang on the other units of the period."""
        if run.spec.normalise.scope == "per_period" or any(scale.ties for scale in run.normalised.scales.values()):
            raise InvalidInput(
                "scores that are ranks, or are scaled per period, cannot be given to units one by one",
                cure="normalise with scope global and a method that is no rank, such as goalposts",
            )
        check(run.spec.aggregate, run.framework)
        for node in run.framework.upward:
            if isinstance(run.spec.aggregate.of(node, run.framework.by_code[node].level), Copeland):
                raise InvalidInput(
                    f"{node} is aggregated by copeland, an order of all units", cure="choose a mean for it"
                )
        if run.adjusted is not None:
            raise InvalidInput(
                "rules after aggregation look at single units", cure="score without rules, or compute in full"
            )
        scales = tuple(run.normalised.scales["", code] for code in run.framework.indicators)
        return cls(run.framework, scales, run.aggregated.weights, run.spec.aggregate)

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.framework.indicators, *self.framework.upward)

    def score(self, figures: Floats, out: Floats | None = None) -> Floats:
        """(units, indicators) treated figures, NaN unknown → (units, indicators and aggregates), columns contiguous.

        out: an array of that shape to fill, so that a run over many periods needs one.
        """
        made = out if out is not None else np.empty((len(figures), len(self.columns)), order="F")
        place = {code: number for number, code in enumerate(self.columns)}
        plan = [
            (
                parent,
                place[parent],
                [place[child] for child in self.framework.children[parent]],
                list(shares_of(parent, self.framework.children[parent], self.weights).values()),
                self.how.of(parent, self.framework.by_code[parent].level),
            )
            for parent in self.framework.upward
        ]
        n = len(self.framework.indicators)
        if (wrong := beyond(figures, self.scales)) is not None:
            row, column = wrong
            raise InvalidInput(
                f"{_row(0, row)}: {self.columns[column]} is {figures[row, column]:g}, and fraction_of_max divides by it",
                cure="score it by min_max or distance_to_max",
            )
        for begin in range(0, len(figures), ROWS):
            rows = slice(begin, begin + ROWS)
            block = made[rows]
            apply(figures[rows], self.scales, block[:, :n])
            for parent, here, at, shares, how in plan:
                block[:, here] = one([block[:, k] for k in at], shares, how, parent, partial(_row, begin), ())[0]
        return made


def _row(begin: int, row: int) -> str:
    return f"row {begin + row + 1}"
