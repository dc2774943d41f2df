"""How a measure's values become one, as SQL that DuckDB and Spark answer with the same bits.

A measure is kept in whole numbers of 10^-digits, and its `base` (per place, epoch and period: sum, count, least, greatest, last)
in whole numbers too, whose sums no order of adding changes. Where a floating number can't be avoided, each operation is
one IEEE 754 operation on numbers both engines have; averages are added in whole units and whole billionths.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from huying.analytics.aggregation import Aggregation, Over
from huying.analytics.engines import Engine

# A day and the line within one whole number: what is later has the greater one.
LINES = 1 << 40
POOLED = frozenset({Over.MEDIAN, Over.PERCENTILE, Over.DISTINCT})
SUMMED = frozenset({Over.SUM, Over.AVERAGE})
LATEST = frozenset({Over.LAST, Over.LAST_IN_PERIOD, Over.AS_OF_LAST})


def states(column: int, over: Iterable[Over]) -> dict[str, str]:
    """Name → SQL over `facts` of what must be kept of measure `column` to aggregate it in these ways over time."""
    wanted, m = set(over), f"m{column}"
    found = {f"n{column}": f"count({m})"}
    if wanted & SUMMED:
        found[f"s{column}"] = f"CAST(sum({m}) AS BIGINT)"
    if Over.MIN in wanted:
        found[f"lo{column}"] = f"min({m})"
    if Over.MAX in wanted:
        found[f"hi{column}"] = f"max({m})"
    if wanted & LATEST:
        at = f"CAST(d AS BIGINT) * {LINES} + line"
        found[f"last{column}"] = f"max_by({m}, {at}) FILTER (WHERE {m} IS NOT NULL)"
        found[f"at{column}"] = f"max({at}) FILTER (WHERE {m} IS NOT NULL)"
        found["latest"] = f"max({at})"
    return found


def merged(column: int, how: Aggregation, digits: int) -> tuple[str, int | None]:
    """SQL over `base` of one place's value over time, and its digits where it is a whole number, else None."""
    n, last = f"sum(n{column})", f"max_by(last{column}, at{column}) FILTER (WHERE at{column} IS NOT NULL)"
    match how.time:
        case Over.SUM:
            return f"CAST(sum(s{column}) AS BIGINT)", digits
        case Over.AVERAGE:
            return f"{_float(f'sum(s{column})', digits)} / CAST(nullif({n}, 0) AS DOUBLE)", None
        case Over.COUNT:
            return f"CAST(nullif({n}, 0) AS BIGINT)", 0
        case Over.MIN:
            return f"min(lo{column})", digits
        case Over.MAX:
            return f"max(hi{column})", digits
        case Over.LAST:
            return last, digits
        case Over.LAST_IN_PERIOD:
            return f"CASE WHEN max(at{column}) = max(latest) THEN {last} END", digits
    raise AssertionError(f"{how.time} is not taken from base measures")


def pooled(engine: Engine, column: str, over: Over, how: Aggregation, digits: int) -> tuple[str, int | None]:
    """SQL of a median, percentile or number of distinct values over the whole numbers `column`."""
    if over is Over.DISTINCT:
        return f"nullif(count(DISTINCT {column}), 0)", 0
    return _quantile(engine, _float(column, digits), over, how), None


def over_places(engine: Engine, how: Aggregation, digits: int | None) -> str:
    """SQL, a DOUBLE, over the places' values `x`. digits: None where they are floating numbers."""
    n = "CAST(nullif(count(x), 0) AS DOUBLE)"
    if digits is None:
        whole, rest = "CAST(floor(x) AS BIGINT)", "CAST(floor((x - floor(x)) * 1e9 + 0.5) AS BIGINT)"
        total = f"({_float(f'sum({whole})', 0)} + {_float(f'sum({rest})', 9)})"
        value = "x"
    else:
        total, value = _float("sum(x)", digits), _float("x", digits)
    match how.tree:
        case Over.SUM:
            return total
        case Over.AVERAGE:
            return f"{total} / {n}"
        case Over.COUNT:
            return n
        case Over.DISTINCT:
            # Equal values that were divided in different ways differ in the sixteenth digit; six decimals tell values apart.
            apart = "x" if digits is not None else "floor(x * 1e6 + 0.5)"
            return f"CAST(nullif(count(DISTINCT {apart}), 0) AS DOUBLE)"
        case Over.MIN | Over.MAX:
            return f"{how.tree}({value})"
        case Over.MEDIAN | Over.PERCENTILE:
            return _quantile(engine, value, how.tree, how)
    raise AssertionError(f"{how.tree} has no meaning over places")


def needs(asked: Iterable[tuple[int, Aggregation]]) -> dict[int, set[Over]]:
    """Which aggregations over time each column's base must serve."""
    found: dict[int, set[Over]] = {}
    for column, how in asked:
        found.setdefault(column, set()).add(how.time)
    return found


def base(columns: Mapping[int, Iterable[Over]]) -> dict[str, str]:
    """All states of all columns, by name; and how many rows there were."""
    found = {name: sql for column, over in columns.items() for name, sql in states(column, over).items()}
    return found | {"rows": "count(*)"}


def united(name: str) -> str:
    """SQL of the state `name` of two bases of one place and period together."""
    if name.startswith("last") and name != "latest":
        at = f"at{name.removeprefix('last')}"
        return f"max_by({name}, {at}) FILTER (WHERE {at} IS NOT NULL)"
    if name.startswith("lo"):
        return f"min({name})"
    if name.startswith(("hi", "at", "latest")):
        return f"max({name})"
    return f"CAST(sum({name}) AS BIGINT)"


def _float(whole: str, digits: int) -> str:
    said = f"CAST(CAST({whole} AS BIGINT) AS DOUBLE)"
    return f"{said} / 1e{digits}" if digits else said


def _quantile(engine: Engine, value: str, over: Over, how: Aggregation) -> str:
    return engine.quantile(value, 0.5 if over is Over.MEDIAN else float(how.percentile or 0) / 100)
