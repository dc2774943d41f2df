"""The process behind the door: `python -m huying.analytics.door.worker FOLDER`. Loads nothing of Django.

FOLDER holds tables.json ({name: [[column, type], …]}), a csv of each table, and ask.json ({"sql": …, "most": rows}, or
{"parquet": table, "named": its columns' names in the file}). Prints one JSON: {"columns", "types", "rows", "more"} or
{"error"}. With parquet it writes FOLDER/out.parquet.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

import duckdb

MEMORY = "256MB"
# Of addresses: DuckDB maps more than it uses.
ADDRESSES = 4 << 30
CPU_SECONDS = 20
LONGEST_ANSWER = 16 << 20


class Refused(Exception):
    """Told to whoever asked."""


def limit() -> None:
    """What the process may use, before it reads what it is asked. No file may grow, no process may begin."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def load(folder: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": MEMORY,
            "threads": 1,
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
        },
    )
    for name, columns in json.loads((folder / "tables.json").read_text()).items():
        typed = ", ".join(f"'{column}': '{kind}'" for column, kind in columns)
        # The names are ours (bench.leaving.COLUMNS), never the asker's.
        con.execute(
            f"CREATE TABLE {name} AS SELECT * FROM read_csv($1, columns = {{{typed}}}, header = true, auto_detect = false, "
            "delim = ',', quote = '\"', escape = '\"', nullstr = '\\N')",
            [str(folder / f"{name}.csv")],
        )
    return con


def lock(con: duckdb.DuckDBPyConnection) -> None:
    """No file, no network, no extension, and no way back."""
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    # Nothing may be written after this, whatever a statement says.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def one_select(con: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """The statement, by DuckDB's own parser. Raises Refused unless it is exactly one SELECT."""
    try:
        found = con.extract_statements(sql)
    except duckdb.Error as error:
        raise Refused(str(error)) from None
    if len(found) != 1:
        raise Refused(f"one statement at a time: there are {len(found)}")
    if found[0].type != duckdb.StatementType.SELECT:
        raise Refused(f"only SELECT is answered, this is {found[0].type.name}")
    if found[0].named_parameters:
        raise Refused("a statement without parameters, please")
    return found[0]


def answer(con: duckdb.DuckDBPyConnection, sql: str, most: int) -> dict[str, Any]:
    statement = one_select(con, sql)
    try:
        cursor = con.execute(statement)
        rows = cursor.fetchmany(most + 1)
        described = cursor.description or []
    except duckdb.Error as error:
        raise Refused(str(error)) from None
    return {
        "columns": [column[0] for column in described],
        "types": [str(column[1]) for column in described],
        "rows": [[_plain(cell) for cell in row] for row in rows[:most]],
        "more": len(rows) > most,
    }


def _plain(cell: object) -> object:
    if cell is None or isinstance(cell, bool | int | str):
        return cell
    if isinstance(cell, float):
        return cell if cell == cell and abs(cell) != float("inf") else None
    return str(cell)


def _named(con: duckdb.DuckDBPyConnection, table: str, names: list[str] | None) -> str:
    """A SELECT of the whole table, its columns called by those names."""
    own = [row[0] for row in con.execute(f"DESCRIBE {table}").fetchall()]
    said = ('"' + name.replace('"', '""') + '"' for name in names or own)
    return f"SELECT {', '.join(f'{column} AS {name}' for column, name in zip(own, said, strict=True))} FROM {table}"


def main(folder: Path) -> int:
    limit()
    asked = json.loads((folder / "ask.json").read_text())
    con = load(folder)
    if name := asked.get("parquet"):
        con.execute(f"COPY ({_named(con, name, asked.get('named'))}) TO '{folder / 'out.parquet'}' (FORMAT parquet)")
        print("{}")
        return 0
    lock(con)
    try:
        said = json.dumps(answer(con, asked["sql"], asked["most"]), ensure_ascii=False)
        if len(said) > LONGEST_ANSWER:
            raise Refused(f"the answer is longer than {LONGEST_ANSWER >> 20} MB: ask for less")
    except Refused as refused:
        said = json.dumps({"error": str(refused)}, ensure_ascii=False)
    except MemoryError:
        said = json.dumps({"error": "out of memory: ask for less"})
    print(said)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
