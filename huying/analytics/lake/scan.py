"""A whole query of the main database into one Parquet file, in a process of its own.

Two copies of SQLite in one process drop each other's file locks, and DuckDB's scanner brings its own: so this runs as
`python -m huying.analytics.lake.scan`, reads its orders as JSON on standard input, and imports neither Django nor our domains.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import duckdb

from huying.analytics.connection import connect, extension

EXTENSIONS = {"sqlite": "sqlite_scanner", "postgres": "postgres_scanner"}


def value(engine: str, column: str, kind: str) -> str:
    """SQL that brings a column, as the engine's tables have it, to what the lake stores."""
    match kind:
        case "int":
            return f"{column}::BIGINT"
        case "bool":
            # SQLite has no yes and no, but 1 and 0.
            return f"{column}::BOOLEAN"
        case "date":
            return f"{column}::DATE"
        case "seconds" if engine == "postgres":
            return f"epoch_us({column}::TIMESTAMPTZ) // 1000000"
        case "seconds":
            # Django keeps a moment in SQLite as text in UTC, in a column declared datetime; an integer is seconds already.
            return f"epoch_us({column}::TIMESTAMP) // 1000000"
    return f"{column}::VARCHAR"


def text_value(column: str, kind: str) -> str:
    """The same for a column of SQLite's own query function, which yields nothing but text."""
    match kind:
        case "int":
            return f"{column}::BIGINT"
        case "bool":
            return f"{column} = '1'"
        case "date":
            return f"{column}::DATE"
        case "seconds":
            return f"coalesce(try_cast({column} AS BIGINT), epoch_us({column}::TIMESTAMP) // 1000000)"
    return column


def scan(order: dict[str, Any]) -> None:
    """order: engine, attach (path or connection string), sql, columns [[name, kind]], out (Parquet path), threads."""
    engine = order["engine"]
    con = connect(threads=str(order.get("threads", 2)), preserve_insertion_order="false")
    con.execute(f"LOAD '{extension(EXTENSIONS[engine])}'")
    con.execute(f"ATTACH '{_quoted(order['attach'])}' AS main_database (TYPE {engine}, READ_ONLY)")
    columns = [(f"c{i}", name, kind) for i, (name, kind) in enumerate(order["columns"])]
    names = ", ".join(name for name, _column, _kind in columns)
    whole = f"{engine}_query('main_database', '{_quoted(order['sql'])}') AS t({names})"
    if engine == "sqlite":
        # SQLite answers a query row by row on one core, all as text. Its tables DuckDB reads typed, in ranges, on all cores;
        # no common snapshot is needed, as a row that changes meanwhile has left a dirty mark and is read again.
        con.execute("USE main_database")
        typed = ", ".join(f'{value(engine, name, kind)} AS "{column}"' for name, column, kind in columns)
        try:
            _copy(con, f"SELECT {typed} FROM ({order['sql']}) AS t({names})", order["out"])
            return
        except duckdb.Error as error:
            # A function only SQLite has, or a value that isn't what its column declares.
            print(f"read through SQLite's own query: {str(error).splitlines()[0]}", file=sys.stderr)
        read = ", ".join(f'{text_value(name, kind)} AS "{column}"' for name, column, kind in columns)
    else:
        read = ", ".join(f'{value(engine, name, kind)} AS "{column}"' for name, column, kind in columns)
    _copy(con, f"SELECT {read} FROM {whole}", order["out"])


def _copy(con: duckdb.DuckDBPyConnection, sql: str, out: str) -> None:
    # Read once, seconds later: light compression.
    con.execute(f"COPY ({sql}) TO '{_quoted(out)}' (FORMAT parquet, COMPRESSION snappy)")


def _quoted(text: str) -> str:
    return text.replace("'", "''")


if __name__ == "__main__":
    scan(json.load(sys.stdin))
