"""Rows of a fact table out of the main database: all of them through the scanner's process, a few through Django."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from huying.kernel.errors import Unavailable
from huying.kernel.facts import FactTable

# SQLite takes at least 999 parameters in a statement.
BATCH = 900
NULL = "\\N"


def everything(table: FactTable, folder: Path) -> Path:
    """All rows, in a file under `folder`: Parquet by the scanner, or CSV where only this process can see the rows."""
    rows = table.rows(None)
    if isinstance(rows, QuerySet) and _seen_from_outside() and not _needs_django(rows):
        return _scanned(table, rows, folder / f"{table.name}.parquet")
    return _written(table, _each(rows), folder / f"{table.name}.csv")


def some(table: FactTable, ids: Iterable[int], folder: Path) -> Path:
    """The present rows of `ids`, as CSV under `folder`; an id that is gone yields none."""
    return _written(table, _by_batches(table, list(ids)), folder / f"{table.name}.csv")


def _seen_from_outside() -> bool:
    """Whether another process sees what this one does: not an in-memory database, nor inside a transaction."""
    return not connection.in_atomic_block and not (connection.vendor == "sqlite" and connection.is_in_memory_db())  # type: ignore[attr-defined]


def _needs_django(rows: QuerySet[Any, Any]) -> bool:
    """Whether the query calls one of the SQL functions that Django's SQLite backend writes in Python (dates and others)."""
    return connection.vendor == "sqlite" and "django_" in rows.query.sql_with_params()[0].lower()


def _each(rows: Any) -> Iterator[tuple[Any, ...]]:
    return rows.iterator(chunk_size=5000) if isinstance(rows, QuerySet) else iter(rows)


def _by_batches(table: FactTable, ids: list[int]) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(ids), BATCH):
        yield from _each(table.rows(ids[start : start + BATCH]))


def _written(table: FactTable, rows: Iterable[tuple[Any, ...]], out: Path) -> Path:
    with out.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, quoting=csv.QUOTE_ALL)
        for row in rows:
            writer.writerow([NULL if value is None else value for value in table.plain(row)])
    return out


def _scanned(table: FactTable, rows: QuerySet[Any, Any], out: Path) -> Path:
    engine, attach = _address()
    order = {
        "engine": engine,
        "attach": attach,
        "sql": _inlined(rows),
        "columns": [[column.name, column.kind.value] for column in table.columns],
        "out": str(out),
    }
    # Orders go by standard input: a connection string may hold a password, and a process list is public.
    done = subprocess.run(
        [sys.executable, "-m", "huying.analytics.lake.scan"], input=json.dumps(order), capture_output=True, text=True
    )
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        raise Unavailable(
            f"{table.name} could not be extracted: {why[0]}", cure="the old figures stay; it is tried again"
        )
    return out


def _inlined(rows: QuerySet[Any, Any]) -> str:
    """The query as one text, its parameters quoted by Django's own backend."""
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return str(connection.ops.last_executed_query(cursor, sql, params))
        return str(connection.ops.compose_sql(sql, params))  # type: ignore[attr-defined]


def _address() -> tuple[str, str]:
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return "sqlite", str(settings["NAME"])
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    parts = {name: str(settings.get(key) or "") for name, key in names.items()}
    quoted = {name: part.replace("\\", "\\\\").replace("'", "\\'") for name, part in parts.items() if part}
    return "postgres", " ".join(f"{name}='{part}'" for name, part in quoted.items())
