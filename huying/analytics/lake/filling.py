"""Rows and arrays of Python into a table of DuckDB, and how days are numbered there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import duckdb
import numpy as np
import numpy.typing as npt

EPOCH_DAY = date(1970, 1, 1)


def fill(
    con: duckdb.DuckDBPyConnection, table: str, columns: str, rows: Iterable[tuple[object, ...]], *, temp: str = ""
) -> None:
    """Make `table` anew from `rows`. columns: `name TYPE, …`. Values hold no line feed; None and "" become NULL.

    A column goes over as one text: bound one by one, each value costs DuckDB's Python client a search for pandas.
    """
    con.execute(f"CREATE OR REPLACE {temp} TABLE {table} ({columns})")
    listed = list(rows)
    if not listed:
        return
    texts = ["\n".join("" if value is None else str(value) for value in column) for column in zip(*listed, strict=True)]
    types = [column.split()[1] for column in columns.split(", ")]
    selected = ", ".join(f"nullif(c{i}, '')::{kind}" for i, kind in enumerate(types))
    split = ", ".join(f"unnest(string_split(?, chr(10))) AS c{i}" for i in range(len(types)))
    con.execute(f"INSERT INTO {table} SELECT {selected} FROM (SELECT {split})", texts)


def put(con: duckdb.DuckDBPyConnection, table: str, *, temp: str = "", **columns: npt.NDArray[np.generic]) -> None:
    """Make `table` anew from arrays of one length."""
    con.register("arrays", columns)
    try:
        con.execute(f"CREATE OR REPLACE {temp} TABLE {table} AS SELECT * FROM arrays")
    finally:
        con.unregister("arrays")
