"""Expressions over arrays of places × periods. Unknown is NaN and stays it; x/0 is unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from huying.analytics.indicators.expressions import COMPARISONS, Call, Expression, Name, Number

Values = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sight:
    """What an expression sees. All arrays are places × periods, the periods without a gap.

    measures, to_date: each measure in the period, and from the year's first day to the period's last. earlier: for each period
    the index of the same period a year before, -1 where there is none. nodes, reported: lowest places there are, and that
    reported.
    """

    measures: Mapping[str, Values]
    to_date: Mapping[str, Values]
    constants: Mapping[str, float]
    earlier: npt.NDArray[np.intp]
    nodes: Values
    reported: Values

    def year_to_date(self) -> Sight:
        return Sight(self.to_date, self.to_date, self.constants, self.earlier, self.nodes, self.reported)


def evaluate(expression: Expression, sight: Sight) -> Values:
    """The value of an expression that gives numbers."""
    match expression:
        case Number(value):
            return np.full_like(sight.nodes, float(value))
        case Name(name):
            if name in sight.constants:
                return np.full_like(sight.nodes, sight.constants[name])
            return sight.measures[name]
        case Call(function, arguments):
            return _called(function, arguments, sight)


def _called(function: str, arguments: tuple[Expression, ...], sight: Sight) -> Values:
    match function:
        case "if":
            yes, no = (evaluate(argument, sight) for argument in arguments[1:])
            truth, known = _truth(arguments[0], sight)
            chosen: Values = np.where(truth, yes, no)
            return np.where(known, chosen, np.nan)
        case "year_to_date":
            return evaluate(arguments[0], sight.year_to_date())
        case "nodes":
            return sight.nodes
        case "reported":
            return sight.reported
    values = [evaluate(argument, sight) for argument in arguments]
    first = values[0]
    match function:
        case "previous":
            return before(first)
        case "last_year":
            return year_before(first, sight.earlier)
        case "coalesce":
            return reduce(lambda known, other: np.where(np.isnan(known), other, known), values)
        case "min":
            return reduce(np.minimum, values)
        case "max":
            return reduce(np.maximum, values)
        case "abs":
            return np.abs(first)
        case "/":
            return divided(first, values[1])
    arithmetic: dict[str, Callable[[Values, Values], Values]] = {"+": np.add, "-": np.subtract, "*": np.multiply}
    return arithmetic[function](first, values[1])


def _truth(expression: Expression, sight: Sight) -> tuple[Truths, Truths]:
    """Whether it holds, and whether that can be known: a comparison with unknown can't, but false and unknown is false."""
    assert isinstance(expression, Call)
    function, arguments = expression.function, expression.arguments
    if function == "isnull":
        blank = np.isnan(evaluate(arguments[0], sight))
        return blank, np.ones_like(blank)
    if function in COMPARISONS:
        left, right = (evaluate(argument, sight) for argument in arguments)
        compare: dict[str, Callable[[Values, Values], Truths]] = {
            "=": np.equal,
            "!=": np.not_equal,
            "<": np.less,
            "<=": np.less_equal,
            ">": np.greater,
            ">=": np.greater_equal,
        }
        known = ~(np.isnan(left) | np.isnan(right))
        return compare[function](left, right) & known, known
    parts = [_truth(argument, sight) for argument in arguments]
    truth, known = parts[0]
    if function == "not":
        return ~truth & known, known
    other, other_known = parts[1]
    if function == "and":
        return truth & other, (known & other_known) | (known & ~truth) | (other_known & ~other)
    return truth | other, (known & other_known) | truth | other


def divided(over: Values, under: Values) -> Values:
    """over / under; unknown where under is zero."""
    return np.divide(over, under, out=np.full_like(over, np.nan), where=under != 0)


def before(values: Values) -> Values:
    """Each period's value one period earlier."""
    shifted = np.full_like(values, np.nan)
    shifted[:, 1:] = values[:, :-1]
    return shifted


def year_before(values: Values, earlier: npt.NDArray[np.intp]) -> Values:
    found = np.full_like(values, np.nan)
    for p, then in enumerate(earlier):
        if then >= 0:
            found[:, p] = values[:, then]
    return found
