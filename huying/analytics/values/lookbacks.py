"""Which counts of which periods a value is made of: where one of them is too small to be shown, so is the value. Pure but for the
names of sources."""

from __future__ import annotations

from huying.analytics.indicators.expressions import Call, Expression, names, parse
from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.periods import Period
from huying.analytics.values import listing


def series(row: IndicatorRow) -> tuple[str, ...]:
    """The counts that hide the value when one of them is small: its denominator's, or all it is made of; its code stands for what
    was delivered (values.store `least`)."""
    known = listing.counted_of(row)
    text = row.denominator or row.numerator or row.expression
    used = sorted({name.name for name in names(parse(text))} - set(row.constants))
    counted = tuple(name for name in used if name in known)
    return counted if listing.bare(row) else (*counted, row.code)


def looked_at(row: IndicatorRow, period: Period) -> list[Period]:
    """The periods whose measures the value is made of: its own, and those its formula looks back at."""
    found = [period]
    for text in (row.numerator, row.denominator, row.expression):
        if text:
            found.extend(_looks_back(parse(text), period))
    if row.missing.method == "last":
        back = period
        for _step in range(row.missing.max_age):
            back = back.previous
            found.append(back)
    return list(dict.fromkeys(found))


def _looks_back(expression: Expression, period: Period) -> list[Period]:
    if not isinstance(expression, Call):
        return []
    at = {"previous": [period.previous], "last_year": [period.year_before] if period.year_before else []}.get(
        expression.function, year_so_far(period) if expression.function == "year_to_date" else [period]
    )
    return [*at, *(found for own in at for argument in expression.arguments for found in _looks_back(argument, own))]


def year_so_far(period: Period) -> list[Period]:
    found = [period]
    year = period.start.isocalendar().year if period.kind.value == "week" else period.start.year
    while True:
        before = found[-1].previous
        if (before.start.isocalendar().year if period.kind.value == "week" else before.start.year) != year:
            return found
        found.append(before)
