"""Facts as they come, brought into the table `facts` in whole numbers: loc (the place's number), d (days since 1970), line, m0 …

A measure is held in units of 10^-digits, digits being the most that any of its values has after the point: nine at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb

from huying.analytics.lake.layout import EPOCH_DAY, fill
from huying.kernel.errors import InvalidInput

MOST_DIGITS = 9
DECIMAL = f"DECIMAL(38, {MOST_DIGITS})"


@dataclass
class Delivered:
    """Values as they came: (line of the file, node, days since 1970, one text a measure; "" is blank)."""

    measures: list[str]
    rows: list[tuple[Any, ...]]

    def days(self) -> tuple[date, date] | None:
        """The first and the last day."""
        days = [row[2] for row in self.rows]
        return (EPOCH_DAY + timedelta(min(days)), EPOCH_DAY + timedelta(max(days))) if days else None

    def write(self, con: duckdb.DuckDBPyConnection) -> list[int]:
        """Into `facts`; the digits of each measure. Raises InvalidInput for a number that can't be held exactly."""
        columns = ", ".join(f"m{i} VARCHAR" for i in range(len(self.measures)))
        fill(con, "raw", f"line BIGINT, node VARCHAR, d INTEGER, {columns}", self.rows)
        made = [digits(con, "raw", f"m{i}", name, "line") for i, name in enumerate(self.measures)]
        units = ", ".join(f"{in_units(f'm{i}', digits)} AS m{i}" for i, digits in enumerate(made))
        con.execute(
            f"CREATE OR REPLACE TABLE facts AS SELECT place.loc AS loc, d, line, {units} "
            f"FROM raw JOIN place ON place.code = raw.node"
        )
        return made


def in_units(column: str, digits: int) -> str:
    return f"CAST(CAST({column} AS {DECIMAL}) * {10**digits} AS BIGINT)"


def digits(con: duckdb.DuckDBPyConnection, table: str, column: str, name: str, line: str) -> int:
    """How many digits after the point the column needs. Raises InvalidInput for a number too long."""
    exact = f"try_cast({column} AS {DECIMAL})"
    steps = " ".join(f"WHEN x = round(x, {n}) THEN {n}" for n in range(MOST_DIGITS))
    found = con.execute(
        f"SELECT max(CASE {steps} ELSE {MOST_DIGITS} END) FROM (SELECT {exact} AS x FROM {table}) WHERE x IS NOT NULL"
    ).fetchone()
    needed = int(found[0]) if found and found[0] is not None else 0
    bad = con.execute(
        f"SELECT {line}, {column} FROM {table} WHERE {column} IS NOT NULL AND ({exact} IS NULL "
        f"OR CAST({exact} AS DOUBLE) <> CAST({column} AS DOUBLE) OR abs({exact}) >= {2**63 // 10**needed}) ORDER BY 1 LIMIT 1"
    ).fetchone()
    if bad:
        raise InvalidInput(
            f"line {bad[0]}, {name}: {bad[1]!r} is too long a number",
            cure=f"at most {MOST_DIGITS} digits after the point, and 18 in all",
        )
    return needed
