"""A whole query of the main database into one Parquet file, in a process of its own.

Two copies of SQLite in one process drop each other's file locks, and DuckDB's scanner brings its own: so this runs as
`python -m huying.analytics.lake.scan`, reads its orders as JSON on standard input, and imports neither Django nor our domains.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import files
from typing import Any

import duckdb

EXTENSIONS = {"sqlite": "sqlite_scanner", "postgres": "postgres_scanner"}


def connect(path: str = ":memory:", **config: str) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that fetches nothing from anywhere."""
    return duckdb.connect(
        path,
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            **config,
        },
    )


def extension(name: str) -> str:
    """The path of the installed extension `name`, from its PyPI package."""
    package = f"duckdb-extension-{name.replace('_', '-')}"
    for file in files(package) or ():
        if file.name == f"{name}.duckdb_extension":
            return str(file.locate())
    raise FileNotFoundError(f"{package} holds no {name}.duckdb_extension")


def value(engine: str, column: str, kind: str) -> str:
    """SQL that brings a scanned column to what the lake stores. The SQLite scanner's query function yields text only."""
    if engine == "sqlite":
        match kind:
            case "int":
                return f"{column}::BIGINT"
            case "bool":
                return f"{column} = '1'"
            case "date":
                return f"{column}::DATE"
            case "seconds":
                # Django keeps a moment in SQLite as text in UTC; an integer is seconds already.
                return f"coalesce(try_cast({column} AS BIGINT), epoch_us({column}::TIMESTAMP) // 1000000)"
        return column
    match kind:
        case "int":
            return f"{column}::BIGINT"
        case "seconds":
            return f"epoch_us({column}::TIMESTAMPTZ) // 1000000"
        case "date":
            return f"{column}::DATE"
        case "text":
            return f"{column}::VARCHAR"
    return column


def scan(order: dict[str, Any]) -> None:
    """order: engine, attach (path or connection string), sql, columns [[name, kind]], out (Parquet path), threads."""
    engine = order["engine"]
    con = connect(threads=str(order.get("threads", 2)))
    con.execute(f"LOAD '{extension(EXTENSIONS[engine])}'")
    con.execute(f"ATTACH '{_quoted(order['attach'])}' AS main_database (TYPE {engine}, READ_ONLY)")
    names = [f"c{i}" for i in range(len(order["columns"]))]
    selected = ", ".join(
        f'{value(engine, name, kind)} AS "{column}"'
        for name, (column, kind) in zip(names, order["columns"], strict=True)
    )
    con.execute(
        f"COPY (SELECT {selected} FROM {engine}_query('main_database', '{_quoted(order['sql'])}') AS t({', '.join(names)})) "
        f"TO '{_quoted(order['out'])}' (FORMAT parquet, COMPRESSION zstd)"
    )


def _quoted(text: str) -> str:
    return text.replace("'", "''")


if __name__ == "__main__":
    scan(json.load(sys.stdin))
