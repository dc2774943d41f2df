"""Figures for what is unknown, by a stated rule; which cells were filled is always kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from huying.analytics.composite.framework import Framework
from huying.analytics.composite.preparing import group_of
from huying.analytics.composite.reading import Data
from huying.analytics.composite.spec import ImputeColumn, ImputeGroup, ImputeNone, ImputePanel, ImputePillar
from huying.analytics.composite.statistics import extremes
from huying.analytics.composite.tables import Floats, Table
from huying.analytics.periods import Period, PeriodKind
from huying.kernel.errors import InvalidInput

Settings = ImputeNone | ImputeColumn | ImputeGroup | ImputePillar | ImputePanel


def impute(table: Table, data: Data, framework: Framework, settings: Settings) -> Table:
    """`table` with the unknown filled where the rule finds something to fill with; what was known stays as it is.

    All but the panel methods look at one period at a time.
    """
    match settings:
        case ImputeNone():
            return table
        case ImputeColumn():
            labels = [(time, "") for time in table.times]
            return table.with_values(_within(table.values, labels, _measure(settings.method)))
        case ImputeGroup():
            groups = group_of(data, settings.group, "impute.group")
            known = list(zip(table.times, groups, strict=True))
            values = _within(table.values, known, _measure(settings.method), skip="")
            if settings.otherwise == "all":
                values = _within(values, [(time, "*") for time in table.times], _measure(settings.method))
            return table.with_values(values)
        case ImputePillar():
            return table.with_values(_pillar(table, framework, settings))
        case ImputePanel():
            return table.with_values(_panel(table, settings))


def _measure(method: str) -> Callable[[Floats], Floats]:
    """Mean or median of each column, NaN where a column has no figure (and without numpy's warning for it)."""
    whole = np.nanmedian if method.endswith("median") else np.nanmean

    def measured(values: Floats) -> Floats:
        found = np.full(values.shape[1], np.nan)
        some = ~np.isnan(values).all(axis=0)
        found[some] = whole(values[:, some], axis=0)
        return found

    return measured


def _within(
    values: Floats, labels: Sequence[tuple[str, str]], measure: Callable[[Floats], Floats], skip: str | None = None
) -> Floats:
    """Unknown cells get their column's measure over the rows of the same label; rows labelled `skip` stay."""
    filled = values.copy(order="F")
    unknown = np.isnan(values)
    if not unknown.any():
        return filled
    numbered = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    of_row = np.array([numbered[label] for label in labels])
    for label, number in numbered.items():
        if label[1] == skip:
            continue
        rows = np.flatnonzero(of_row == number)
        columns = np.flatnonzero(unknown[rows].any(axis=0))
        if columns.size:
            block = values[np.ix_(rows, columns)]
            filled[np.ix_(rows, columns)] = np.where(np.isnan(block), measure(block), block)
    return filled


def _pillar(table: Table, framework: Framework, settings: ImputePillar) -> Floats:
    """Each indicator on 0 to 1 by direction; the unit's mean or median within the pillar; back to the indicator's own unit."""
    if settings.level > framework.top.level:
        raise InvalidInput(
            f"impute.level: there is no level {settings.level}",
            cure=f"the index itself is of level {framework.top.level}",
        )
    filled = table.values.copy(order="F")
    directions = np.array([framework.by_code[code].direction for code in table.columns], dtype=float)
    pillars = [
        [table.place[code] for code in framework.beneath(pillar)] for pillar in framework.of_level(settings.level)
    ]
    for rows in table.periods.values():
        values = table.values[rows] * directions
        low, high = extremes(values)
        with np.errstate(invalid="ignore", divide="ignore"):
            scaled = np.where(high > low, (values - low) / (high - low), np.where(np.isnan(values), np.nan, 0.5))
        for columns in pillars:
            inside = scaled[:, columns]
            of_unit = _measure(settings.method)(inside.T)[:, None]
            back = (of_unit * (high - low)[columns] + low[columns]) * directions[columns]
            known = table.values[rows][:, columns]
            filled[rows, columns] = np.where(np.isnan(known), back, known)
    return filled


def _panel(table: Table, settings: ImputePanel) -> Floats:
    """From the same unit's other periods, distances counted in the calendar's periods, not in rows."""
    if len(table.periods) < 2:
        raise InvalidInput(
            f"impute.method {settings.method} needs several periods, the data has one",
            cure="deliver data with a column Time, or choose another method",
        )
    moments = {time: _ordinal(Period.parse(time)) for time in table.periods}
    rows_of: dict[str, list[int]] = {}
    for row, unit in enumerate(table.units):
        rows_of.setdefault(unit, []).append(row)
    filled = table.values.copy(order="F")
    reach = settings.maximum_age if settings.maximum_age is not None else float("inf")
    for rows in rows_of.values():
        when = np.array([moments[table.times[row]] for row in rows], dtype=float)
        block = table.values[rows]
        for column in np.flatnonzero(np.isnan(block).any(axis=0)):
            line = block[:, column]
            known = np.flatnonzero(~np.isnan(line))
            if known.size:
                filled[rows, column] = _line(line, when, known, settings, reach)
    return filled


def _line(line: Floats, when: Floats, known: NDArray[np.intp], settings: ImputePanel, reach: float) -> Floats:
    made = line.copy()
    for place in np.flatnonzero(np.isnan(line)):
        after = int(np.searchsorted(known, place))
        back = known[after - 1] if after > 0 else None
        ahead = known[after] if after < len(known) else None
        near_back = back is not None and when[place] - when[back] <= reach
        near_ahead = ahead is not None and when[ahead] - when[place] <= reach
        if settings.method == "latest":
            if near_back:
                made[place] = line[back]
        elif back is not None and ahead is not None and near_back and near_ahead:
            share = (when[place] - when[back]) / (when[ahead] - when[back])
            made[place] = line[back] + share * (line[ahead] - line[back])
        elif settings.ends == "nearest" and back is None and near_ahead:
            made[place] = line[ahead]
        elif settings.ends == "nearest" and ahead is None and near_back:
            made[place] = line[back]
    return made


def _ordinal(period: Period) -> int:
    """A number that grows by one from each period to the next of its kind."""
    day = period.start
    match period.kind:
        case PeriodKind.YEAR:
            return day.year
        case PeriodKind.QUARTER:
            return day.year * 4 + (day.month - 1) // 3
        case PeriodKind.MONTH:
            return day.year * 12 + day.month
        case PeriodKind.WEEK:
            return day.toordinal() // 7
        case PeriodKind.DAY:
            return day.toordinal()
