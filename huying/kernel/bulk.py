"""Writing many rows of one table: one prepared statement run over all, which costs a third of Django's own bulk forms.

Plain SQL that both databases speak. For tables in whose new numbers nobody is interested; no signals, no F expressions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper

# Values of exactly these types are written as they stand, on both databases.
PLAIN: dict[str, type] = {
    **dict.fromkeys(("CharField", "TextField"), str),
    **dict.fromkeys(
        (
            "BigIntegerField",
            "IntegerField",
            "SmallIntegerField",
            "PositiveBigIntegerField",
            "PositiveIntegerField",
            "PositiveSmallIntegerField",
            "ForeignKey",
            "OneToOneField",
        ),
        int,
    ),
    "BooleanField": bool,
}


VALUES_IN_A_STATEMENT = 30_000
"""SQLite takes 32,766 by default, PostgreSQL 65,535; Django, which asks no build what it can, makes do with 999."""


def save_many(rows: Sequence[models.Model], fields: Iterable[str]) -> None:
    """Write `fields` of existing `rows`, all of one model, in the caller's transaction."""
    names = list(fields)
    if not rows or not names:
        return
    model = type(rows[0])
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    columns = _columns(model, names)
    key = model._meta.pk
    assignments = ", ".join(f"{quote(str(column.column))} = %s" for column in columns)
    statement = f"UPDATE {quote(model._meta.db_table)} SET {assignments} WHERE {quote(str(key.column))} = %s"  # noqa: S608
    with connection.cursor() as cursor:
        keys = [(row.pk,) for row in rows]
        cursor.executemany(statement, [(*v, *k) for v, k in zip(_values(rows, columns, connection), keys, strict=True)])


def insert_many(rows: Sequence[models.Model], *, unique: Sequence[str] = (), update: Sequence[str] = ()) -> None:
    """Insert `rows`, all of one model, without learning their numbers.

    unique, update: where a row with the same `unique` fields is there already, its `update` fields are written instead.
    """
    if not rows:
        return
    model = type(rows[0])
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    columns = [column for column in model._meta.concrete_fields if not column.primary_key]
    names = ", ".join(quote(str(column.column)) for column in columns)
    marks = ", ".join(["%s"] * len(columns))
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})"  # noqa: S608
    if unique:
        key = ", ".join(quote(str(column.column)) for column in _columns(model, unique))
        changes = ", ".join(
            f"{quote(str(c.column))} = EXCLUDED.{quote(str(c.column))}" for c in _columns(model, update)
        )
        statement += f" ON CONFLICT ({key}) DO UPDATE SET {changes}"
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(_values(rows, columns, connection)))


def create_many(rows: Sequence[models.Model]) -> None:
    """Insert `rows`, all of one model, and give each its number, as bulk_create does."""
    if not rows:
        return
    model = type(rows[0])
    using = router.db_for_write(model)
    connection = connections[using]
    quote = connection.ops.quote_name
    key = model._meta.pk
    columns = [column for column in model._meta.concrete_fields if not column.primary_key]
    names = ", ".join(quote(str(column.column)) for column in columns)
    marks = f"({', '.join(['%s'] * len(columns))})"
    room = max(1, VALUES_IN_A_STATEMENT // len(columns))
    with connection.cursor() as cursor:
        for start in range(0, len(rows), room):
            part = rows[start : start + room]
            cursor.execute(
                f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES {', '.join([marks] * len(part))} "  # noqa: S608
                f"RETURNING {quote(str(key.column))}",
                [value for values in _values(part, columns, connection) for value in values],
            )
            for row, (number,) in zip(part, cursor.fetchall(), strict=True):
                row.pk = number
                row._state.adding, row._state.db = False, using


def _columns(model: type[models.Model], names: Iterable[str]) -> list[models.Field[Any, Any]]:
    return [model._meta.get_field(name) for name in names]  # type: ignore[misc]


def _values(
    rows: Sequence[models.Model], columns: Sequence[models.Field[Any, Any]], connection: BaseDatabaseWrapper
) -> Iterator[tuple[Any, ...]]:
    """What each row writes, column by column: Django is asked only about values that aren't plainly what they should be."""
    return zip(*(_column(rows, column, connection) for column in columns), strict=True)


def _column(rows: Sequence[models.Model], column: models.Field[Any, Any], connection: BaseDatabaseWrapper) -> list[Any]:
    name, prepare = column.attname, column.get_db_prep_save
    plain = PLAIN.get(column.get_internal_type()) if type(column).__module__.startswith("django.db.models.") else None
    return [
        value if value is None or type(value) is plain else prepare(value, connection)
        for value in [getattr(row, name) for row in rows]
    ]
