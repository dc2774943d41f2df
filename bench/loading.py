"""Many matters from some: every row that belongs to a matter is repeated inside the database, with numbers of its own.

Row `id` becomes rows id*times + 0 … id*times + times-1, so the order of numbers stays the order of time. Only the pattern is
repeated: a copy's events keep the pattern's MAC, so the chain of copies does not verify (nor is it asked to here).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection

from huying.kernel.search.registry import kind as kind_of

KINDS = ("matter", "assignment", "receipt")


@dataclass(frozen=True)
class Table:
    """`moved`: columns that hold a number of a matter, an assignment or the row itself; `of_kind`: rows of other kinds stay."""

    name: str
    moved: tuple[str, ...]
    of_kind: bool = False


def tables() -> list[Table]:
    found = []
    there = set(connection.introspection.table_names())
    for model in apps.get_app_config("matters").get_models():
        if model._meta.db_table not in there:
            continue  # what only the outer zone keeps
        keys = [
            f.column
            for f in model._meta.concrete_fields
            if f.is_relation and f.related_model._meta.app_label == "matters"
        ]
        found.append(Table(model._meta.db_table, ("id", *keys)))
    names = {model._meta.db_table for model in apps.get_models()}
    for name, moved in (
        ("kernel_event", ("id", "record_id")),
        ("kernel_chainhead", ("id", "record_id")),
        ("kernel_clockrecord", ("id", "record_id")),
        ("kernel_workitem", ("id", "record_id", "subject_id")),
        ("identities_party", ("id", "record_id")),
        ("identities_querycode", ("id", "record_id")),
    ):
        if name not in names:
            raise LookupError(f"no table {name}: the loader must be told how it is called now")
        found.append(Table(name, moved, of_kind=True))
    return found


def multiply(times: int) -> dict[str, Any]:
    """Returns how many matters there are then, how long it took and how large the database is."""
    began = time.monotonic()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.execute("PRAGMA foreign_keys=OFF")
            cursor.execute("PRAGMA cache_size=-400000")
        else:
            cursor.execute("SET synchronous_commit=off")
            cursor.execute("SET maintenance_work_mem='512MB'")
        for table in tables():
            _repeat(cursor, table, times)
        _repeat_documents(cursor, times)
        cursor.execute("SELECT count(*), max(id) FROM matters_matter")
        count, last = cursor.fetchone()
        cursor.execute("DELETE FROM kernel_dirty_range")
        cursor.execute('INSERT INTO kernel_dirty_range ("table", low, high) VALUES (%s, 1, %s)', ["matters", last])
        _settle(cursor)
        cursor.execute(
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            if connection.vendor == "sqlite"
            else "SELECT pg_database_size(current_database())"
        )
        size = cursor.fetchone()[0]
    return {"matters": count, "seconds": time.monotonic() - began, "megabytes": size >> 20}


def _columns(cursor: Any, name: str) -> list[str]:
    return [column.name for column in connection.introspection.get_table_description(cursor, name)]


def _without_indexes(cursor: Any, name: str) -> list[str]:
    """Drop the table's plain indexes; the statements that make them again. Built at the end they cost a fraction."""
    if connection.vendor == "sqlite":
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL", [name]
        )
    else:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN "
            "(SELECT conname FROM pg_constraint)",
            [name],
        )
    found = cursor.fetchall()
    for index, _made_by in found:
        cursor.execute(f'DROP INDEX "{index}"')
    return [made_by for _index, made_by in found]


def _repeat(cursor: Any, table: Table, times: int) -> None:
    columns = _columns(cursor, table.name)
    quoted = ", ".join(f'"{column}"' for column in columns)
    cursor.execute(f'CREATE TEMP TABLE pattern AS SELECT * FROM "{table.name}"')
    if connection.vendor == "sqlite":
        cursor.execute(f'DELETE FROM "{table.name}"')
    else:
        cursor.execute("SET session_replication_role = replica")  # no foreign keys checked row by row
        cursor.execute(f'DELETE FROM "{table.name}"')
    again = _without_indexes(cursor, table.name)
    ours = "kind IN ('matter', 'assignment', 'receipt')" if table.of_kind else "1 = 1"
    numbered = "p.number || CASE WHEN c.k = 0 THEN '' ELSE '-' || c.k END"
    values = []
    for column in columns:
        if column in table.moved:
            values.append(f'p."{column}" * {times} + c.k')
        elif column == "number" and table.name == "matters_matter":
            values.append(numbered)
        elif column in {"source_id", "source_digest"}:
            values.append("''")
        else:
            values.append(f'p."{column}"')
    join = "CROSS JOIN" if connection.vendor == "sqlite" else ","
    copies = f"(WITH RECURSIVE c(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM c WHERE k + 1 < {times}) SELECT k FROM c)"
    cursor.execute("CREATE TEMP TABLE copies AS SELECT k FROM " + copies + " AS made")
    order = "" if connection.vendor == "sqlite" else " ORDER BY p.id, c.k"
    cursor.execute(
        f'INSERT INTO "{table.name}" ({quoted}) SELECT {", ".join(values)} FROM pattern p {join} copies c WHERE {ours}{order}'
    )
    if table.of_kind:
        kept = [f'p."id" * {times}' if column == "id" else f'p."{column}"' for column in columns]
        cursor.execute(
            f'INSERT INTO "{table.name}" ({quoted}) SELECT {", ".join(kept)} FROM pattern p WHERE NOT ({ours})'
        )
    cursor.execute("DROP TABLE pattern")
    cursor.execute("DROP TABLE copies")
    for made_by in again:
        cursor.execute(made_by)
    if connection.vendor == "postgresql":
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), (SELECT max(id) FROM \"{table.name}\"))"
        )


def _repeat_documents(cursor: Any, times: int) -> None:
    """The search index; each copy also holds a word of its own ("k17"), so that rare words are there to be found."""
    from huying.kernel.search.tokens import terms

    first = kind_of("matter").first
    cursor.execute("SELECT id, text, scope FROM search_document")
    rows = cursor.fetchall()
    if connection.vendor == "sqlite":
        cursor.execute("INSERT INTO search_terms (search_terms) VALUES ('delete-all')")
        cursor.execute("CREATE TEMP TABLE pattern (id INTEGER PRIMARY KEY, text TEXT, scope TEXT, terms TEXT)")
        cursor.executemany(
            "INSERT INTO pattern VALUES (%s, %s, %s, %s)",
            [(id_, text, scope, " ".join(terms(text))) for id_, text, scope in rows],
        )
        cursor.execute("DELETE FROM search_document")
        copies = (
            f"(WITH RECURSIVE c(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM c WHERE k + 1 < {times}) SELECT k FROM c)"
        )
        cursor.execute("CREATE TEMP TABLE copies AS SELECT k FROM " + copies)
        moved = f"{first} + (p.id - {first}) * {times} + c.k"
        cursor.execute(
            f"INSERT INTO search_document (id, text, scope) SELECT {moved}, p.text || ' k' || c.k, p.scope "
            "FROM pattern p CROSS JOIN copies c"
        )
        cursor.execute(
            f"INSERT INTO search_terms (rowid, text, scope) SELECT {moved}, p.terms || ' k' || c.k, p.scope "
            "FROM pattern p CROSS JOIN copies c"
        )
    else:
        cursor.execute("CREATE TEMP TABLE pattern AS SELECT * FROM search_document")
        cursor.execute("DELETE FROM search_document")
        again = _without_indexes(cursor, "search_document")
        cursor.execute(
            f"INSERT INTO search_document (id, text, scope, terms) SELECT {first} + (p.id - {first}) * {times} + c.k, "
            "p.text || ' k' || c.k, p.scope, p.terms || to_tsvector('simple', 'k' || c.k) "
            f"FROM pattern p, generate_series(0, {times - 1}) AS c(k) ORDER BY p.id, c.k"
        )
        for made_by in again:
            cursor.execute(made_by)


def _settle(cursor: Any) -> None:
    if connection.vendor == "sqlite":
        cursor.execute("ANALYZE")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        cursor.execute("VACUUM ANALYZE")
