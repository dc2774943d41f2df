"""Indicator values from measures: the ratio last, then what they are compared with. Arrays: places × periods, NaN is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from huying.analytics.indicators.evaluation import Sight, Values, before, divided, evaluate, year_before
from huying.analytics.indicators.expressions import parse
from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.periods import Period, year_start

# What two values may differ by, relative to their size, and still be equal in rank.
ALIKE = 1e-12


@dataclass(frozen=True)
class Valued:
    """One indicator over all places and periods. growths are relative: 0.1 is ten per cent more."""

    value: Values
    numerator: Values
    denominator: Values
    previous: Values
    last_year: Values
    to_date: Values

    def over(self, periods: slice) -> Valued:
        """Of these periods alone."""
        return Valued(*(getattr(self, part.name)[:, periods] for part in fields(self)))

    @property
    def over_previous(self) -> Values:
        return growth(self.value, self.previous)

    @property
    def over_last_year(self) -> Values:
        return growth(self.value, self.last_year)


def valued(row: IndicatorRow, sight: Sight, periods: Sequence[Period]) -> Valued:
    value, numerator, denominator = _value(row, sight, _annual(row, periods, False))
    to_date, _n, _d = _value(row, sight.year_to_date(), _annual(row, periods, True))
    value, to_date = value + 0.0, to_date + 0.0  # -0.0 is zero
    return Valued(value, numerator, denominator, before(value), year_before(value, sight.earlier), to_date)


def _value(row: IndicatorRow, sight: Sight, factor: Values) -> tuple[Values, Values, Values]:
    nothing: Values = np.broadcast_to(np.nan, sight.nodes.shape)
    if row.expression:
        return evaluate(parse(row.expression), sight) * factor, nothing, nothing
    numerator = evaluate(parse(row.numerator), sight)
    if not row.denominator:
        return numerator * factor, numerator, nothing
    denominator = evaluate(parse(row.denominator), sight)
    return divided(numerator * factor, denominator), numerator, denominator


def _annual(row: IndicatorRow, periods: Sequence[Period], to_date: bool) -> Values:
    """The factor of each period, with that which makes a year of it where the indicator is annualised."""
    if not row.annualised:
        return np.full((1, len(periods)), row.factor)
    return np.array([[row.factor * _year_days(period) / _days(period, to_date) for period in periods]])


def _year_days(period: Period) -> int:
    """Of the year the period counts in: for a week, the one its ISO year is called by, which 4 January always lies in."""
    year = (year_start(period) + timedelta(3)).year
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def _days(period: Period, to_date: bool) -> int:
    return (period.end - (year_start(period) if to_date else period.start)).days


def growth(now: Values, then: Values) -> Values:
    """now / then - 1; unknown from zero, and from below zero, where a percentage misleads."""
    return np.where(then > 0, divided(now, then) - 1, np.nan)


def earlier(periods: Sequence[Period]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """For each period the index of the same period a year before, -1 where there is none."""
    at = {period: i for i, period in enumerate(periods)}
    return np.array([at.get(p.year_before, -1) if p.year_before else -1 for p in periods], dtype=np.intp)


def ranks(
    row: IndicatorRow, values: Values, groupings: Sequence[npt.NDArray[np.integer] | None]
) -> list[tuple[Values, Values]]:
    """For each grouping the rank in its group, 1 the best, equals sharing the better one; and how many are ranked there.

    Equal is what agrees in twelve digits: 0.1 × 3 and 0.3 are told apart by how a machine writes them, not by what was done.

    groupings: places × periods, the number of the group, -1 none; None for a grouping without groups. Not ranked: without a
    direction, or unknown.
    """
    found = [(np.full_like(values, np.nan), np.full_like(values, np.nan)) for _grouping in groupings]
    if row.direction == "none":
        return found
    worse = -values if row.direction == "higher" else values
    for p in range(values.shape[1]):
        known = np.flatnonzero(~np.isnan(worse[:, p]))
        # Sorted by value once, then by group without disturbing that.
        by_value = known[np.argsort(worse[known, p])]
        for grouping, (rank, size) in zip(groupings, found, strict=True):
            if grouping is not None:
                _rank(by_value, worse[:, p], grouping[:, p], rank[:, p], size[:, p])
    return found


def _rank(
    by_value: npt.NDArray[np.intp], worse: Values, groups: npt.NDArray[np.integer], rank: Values, size: Values
) -> None:
    """Fill in `rank` and `size` of the places `by_value`, the best first."""
    group = groups[by_value]
    if (group < 0).any():
        by_value = by_value[group >= 0]
        group = groups[by_value]
    if not by_value.size:
        return
    # Numbers of 16 bits numpy sorts by their digits, in a tenth of the time: the low ones first, then the high ones.
    within = np.argsort(group.astype(np.uint16), kind="stable")
    if group.max() > 0xFFFF:
        within = within[np.argsort((group[within] >> 16).astype(np.uint16), kind="stable")]
    order, group = by_value[within], group[within]
    score, at = worse[order], np.arange(order.size)
    begins = np.r_[True, group[1:] != group[:-1]]
    differs = begins | np.r_[True, score[1:] - score[:-1] > ALIKE * np.abs(score[1:])]
    first, start = (np.maximum.accumulate(np.where(new, at, 0)) for new in (differs, begins))
    rank[order] = first - start + 1
    length = np.diff(np.r_[np.flatnonzero(begins), order.size])
    size[order] = np.repeat(length, length)
