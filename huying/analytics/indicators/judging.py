"""What a value means: carried on where nothing came, drawn toward its peers, coloured, scored, held against its target.

Arrays: places × periods, NaN is unknown. Pure: files, the place's own figures and any engine share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from huying.analytics.grades import Grade
from huying.analytics.indicators.evaluation import Values, divided
from huying.analytics.indicators.schema import Ends, IndicatorRow
from huying.analytics.indicators.values import Valued, ranks
from huying.analytics.periods import Period

# As the arrays of colours number them; -1 is none.
GRADES = (Grade.GREEN, Grade.YELLOW, Grade.ORANGE, Grade.RED)
Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Company:
    """Whom the places stand among.

    levels: what each place's is called. parents: of each place and period the index of its parent, -1 for none. peers: the places
    of the indicator's group, None where it has none.
    """

    levels: Sequence[str]
    parents: Numbers
    stands: npt.NDArray[np.bool_]
    peers: npt.NDArray[np.bool_] | None = None

    @cached_property
    def level(self) -> tuple[list[str], npt.NDArray[np.int8]]:
        """The names of the levels, and of each place the number of its own."""
        number = {name: i for i, name in enumerate(dict.fromkeys(self.levels))}
        return list(number), np.array([number[name] for name in self.levels], dtype=np.int8)

    def over(self, periods: slice) -> Company:
        """In these periods alone."""
        made = replace(self, parents=self.parents[:, periods], stands=self.stands[:, periods])
        made.__dict__["level"] = self.level  # the places are the same
        return made


@dataclass(frozen=True)
class Judged:
    """value: what was reported, or carried on from `age` periods before (0: its own).

    smoothed: the value that is coloured, scored and ranked; counted: where it rests on enough for a colour and
    a rank. grade: index into GRADES, -1 none. met: 1 or 0, NaN without a target.
    """

    value: Values
    age: Values
    smoothed: Values
    counted: Values
    grade: Numbers
    score: Values
    met: Values

    def over(self, periods: slice) -> Judged:
        """Of these periods alone."""
        return Judged(*(getattr(self, part.name)[:, periods] for part in fields(self)))


@dataclass(frozen=True)
class Placed:
    """Ranks, 1 the best, and of how many: in the place's level, among its parent's children, in the peer group."""

    level: tuple[Values, Values]
    siblings: tuple[Values, Values]
    peers: tuple[Values, Values]


def apart(row: IndicatorRow) -> bool:
    """Whether what a value means depends on values of its own period alone, so that it may be judged period by period."""
    return row.missing.method == "none" and not (row.goalposts and row.goalposts.base_year)


def judged(row: IndicatorRow, made: Valued, periods: Sequence[Period], company: Company, n: Values) -> Judged:
    """n: what each value rests on (its denominator, a survey's sample); NaN where that isn't counted."""
    value, age = carried(row, np.where(company.stands, made.value, np.nan))
    if row.missing.method != "none":
        value, age = (np.where(company.stands, values, np.nan) for values in (value, age))
    drawn = smoothed(row, made, value, company)
    counted = np.where(n >= row.min_n, drawn, np.nan) if row.min_n else drawn
    return Judged(
        value,
        age,
        drawn,
        counted,
        coloured(row, counted, periods, company),
        scored(row, drawn, periods, company),
        held(row, drawn),
    )


def placed(row: IndicatorRow, counted: Values, company: Company) -> Placed:
    peers = None if company.peers is None else np.where(company.peers, 0, -1)
    level, among = (
        None if groups is None else np.broadcast_to(groups[:, np.newaxis], counted.shape)
        for groups in (company.level[1], peers)
    )
    return Placed(*ranks(row, counted, (level, company.parents, among)))


def carried(row: IndicatorRow, values: Values) -> tuple[Values, Values]:
    """The values, blanks filled by the newest before them that is at most `max_age` periods old; and how old each is."""
    age = np.where(np.isnan(values), np.nan, 0.0)
    if row.missing.method == "none":
        return values, age
    filled = values.copy()
    for p in range(1, values.shape[1]):
        older = age[:, p - 1] + 1
        take = np.isnan(filled[:, p]) & (older <= row.missing.max_age)
        filled[take, p], age[take, p] = filled[take, p - 1], older[take]
    return filled, age


def smoothed(row: IndicatorRow, made: Valued, value: Values, company: Company) -> Values:
    """A rate as if `prior` more cases had been seen, at the rate of those it is drawn toward; as it is where that is unknown."""
    if row.smoothing is None:
        return value
    toward = _toward(row, made, company)
    prior = row.smoothing.prior
    drawn = divided(made.value * made.denominator + prior * toward, made.denominator + prior)
    return np.where(np.isnan(drawn) | np.isnan(value), value, drawn)


def _toward(row: IndicatorRow, made: Valued, company: Company) -> Values:
    assert row.smoothing is not None
    if row.smoothing.toward == "parent":
        above: Values = np.take_along_axis(made.value, np.maximum(company.parents, 0), axis=0)
        return np.where(company.parents >= 0, above, np.nan)
    found = np.full_like(made.value, np.nan)
    if row.smoothing.toward == "peers":
        groups = [] if company.peers is None else [company.peers]
    else:
        names, of = company.level
        groups = [of == i for i, name in enumerate(names) if name]
    weighed = made.value * made.denominator
    for group in groups:
        there = group[:, None] & company.stands & ~np.isnan(weighed)
        total = divided(np.where(there, weighed, 0).sum(axis=0), np.where(there, made.denominator, 0).sum(axis=0))
        found[group] = total
    return found


def coloured(row: IndicatorRow, values: Values, periods: Sequence[Period], company: Company) -> Numbers:
    """By the threshold in force on the period's last day for the place's level."""
    found = np.full_like(values, -1, dtype=np.intp)
    if row.direction == "none" or not row.thresholds:
        return found
    sign = 1 if row.direction == "higher" else -1
    names, of = company.level
    for i, level in enumerate(names):
        members = np.flatnonzero(of == i)
        for p, period in enumerate(periods):
            threshold = row.threshold(level, period.last)
            if threshold is None:
                continue
            column = sign * values[members, p]
            grade = np.full(len(members), 3, dtype=np.intp)
            steps = ((2, threshold.orange), (1, threshold.yellow), (0, threshold.green))
            for index, bound in steps:
                if bound is not None:
                    grade = np.where(column >= sign * bound, index, grade)
            found[members, p] = np.where(np.isnan(column), -1, grade)
    return found


def scored(row: IndicatorRow, values: Values, periods: Sequence[Period], company: Company) -> Values:
    """0 at the worst goalpost and below, 100 at the best and above. A base year's are those of the places of the same level."""
    if row.goalposts is None:
        return np.full_like(values, np.nan)
    if row.goalposts.base_year is None:
        if not row.goalposts.levels:
            return _between(values, row.goalposts.ends())
        scores = np.full_like(values, np.nan)
        names, of = company.level
        for i, name in enumerate(names):
            members = np.flatnonzero(of == i)
            scores[members] = _between(values[members], row.goalposts.ends(name))
        return scores
    found = np.full_like(values, np.nan)
    based = [p for p, period in enumerate(periods) if period.start.year == row.goalposts.base_year]
    names, of = company.level
    for i in range(len(names)):
        members = np.flatnonzero(of == i)
        base = values[members][:, based]
        base = base[~np.isnan(base)]
        if base.size and base.min() != base.max():
            ends = (base.min(), base.max()) if row.direction == "higher" else (base.max(), base.min())
            found[members] = _between(values[members], Ends(worst=float(ends[0]), best=float(ends[1])))
    return found


def _between(values: Values, ends: Ends) -> Values:
    return np.clip((values - ends.worst) / (ends.best - ends.worst) * 100, 0, 100)


def held(row: IndicatorRow, values: Values) -> Values:
    """Whether the target is met."""
    if row.target is None or row.direction == "none":
        return np.full_like(values, np.nan)
    met = values >= row.target if row.direction == "higher" else values <= row.target
    return np.where(np.isnan(values), np.nan, met.astype(float))
