"""Writing many rows of one table: one prepared statement run over all, which costs a third of Django's own bulk forms.

Plain SQL that both databases speak. For tables in whose new numbers nobody is interested; no signals, no F expressions.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

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
    names = tuple(fields)
    if not rows or not names:
        return
    model = type(rows[0])
    connection = connections[router.db_for_write(model)]
    columns = _columns(model, names)
    statement = _update(model, names)
    with connection.cursor() as cursor:
        _run(cursor, statement, [(*_values(row, columns, connection), row.pk) for row in rows])


@functools.cache
def _update(model: type[models.Model], names: tuple[str, ...]) -> str:
    assignments = ", ".join(f"{column.name} = %s" for column in _columns(model, names))
    key = _quote(str(model._meta.pk.column))
    return f"UPDATE {_quote(model._meta.db_table)} SET {assignments} WHERE {key} = %s"  # noqa: S608


def insert_many(rows: Sequence[models.Model], *, unique: Sequence[str] = (), update: Sequence[str] = ()) -> None:
    """Insert `rows`, all of one model, without learning their numbers.

    unique, update: where a row with the same `unique` fields is there already, its `update` fields are written instead.
    """
    if not rows:
        return
    model = type(rows[0])
    connection = connections[router.db_for_write(model)]
    columns = _written(model)
    statement = _insert(model, tuple(unique), tuple(update))
    with connection.cursor() as cursor:
        _run(cursor, statement, [_values(row, columns, connection) for row in rows])


@functools.cache
def _insert(model: type[models.Model], unique: tuple[str, ...], update: tuple[str, ...]) -> str:
    written = [column.name for column in _written(model)]
    statement = (
        f"INSERT INTO {_quote(model._meta.db_table)} ({', '.join(written)}) "  # noqa: S608
        f"VALUES ({', '.join(['%s'] * len(written))})"
    )
    if unique:
        key = ", ".join(column.name for column in _columns(model, unique))
        changes = ", ".join(f"{c.name} = EXCLUDED.{c.name}" for c in _columns(model, update))
        statement += f" ON CONFLICT ({key}) DO UPDATE SET {changes}"
    return statement


def create_many(rows: Sequence[models.Model]) -> None:
    """Insert `rows`, all of one model, and give each its number, as bulk_create does."""
    if not rows:
        return
    model = type(rows[0])
    using = router.db_for_write(model)
    connection = connections[using]
    key = model._meta.pk
    columns = _written(model)
    names = ", ".join(column.name for column in columns)
    marks = f"({', '.join(['%s'] * len(columns))})"
    room = max(1, VALUES_IN_A_STATEMENT // len(columns))
    with connection.cursor() as cursor:
        for start in range(0, len(rows), room):
            part = rows[start : start + room]
            cursor.execute(
                f"INSERT INTO {_quote(model._meta.db_table)} ({names}) VALUES {', '.join([marks] * len(part))} "  # noqa: S608
                f"RETURNING {_quote(str(key.column))}",
                [value for row in part for value in _values(row, columns, connection)],
            )
            for row, (number,) in zip(part, cursor.fetchall(), strict=True):
                row.pk = number
                row._state.adding, row._state.db = False, using


def delete_many(model: type[models.Model], **equal: str | int | Sequence[int]) -> None:
    """Delete the rows whose columns are `equal` to these (or, of a sequence, to one of them); no signals, nothing follows."""
    where, values = _where(equal)
    with connections[router.db_for_write(model)].cursor() as cursor:
        cursor.execute(f"DELETE FROM {_quote(model._meta.db_table)} WHERE {where}", values)  # noqa: S608


def blank_many(model: type[models.Model], column: str, **equal: str | int | Sequence[int]) -> int:
    """Set `column` to nothing in the rows that have something there, chosen as in `delete_many`; how many they were."""
    where, values = _where(equal)
    name = _quote(column)
    with connections[router.db_for_write(model)].cursor() as cursor:
        cursor.execute(
            f"UPDATE {_quote(model._meta.db_table)} SET {name} = NULL WHERE {where} AND {name} IS NOT NULL",  # noqa: S608
            values,
        )
        return int(cursor.rowcount)


def _where(equal: Mapping[str, str | int | Sequence[int]]) -> tuple[str, list[str | int]]:
    tests, values = [], list[str | int]()
    for name, value in equal.items():
        given = [value] if isinstance(value, str | int) else value
        tests.append(f"{_quote(name)} IN ({', '.join(['%s'] * len(given))})")
        values.extend(given)
    return " AND ".join(tests), values


class Column(NamedTuple):
    name: str
    attribute: str
    """Where the value stands on an instance."""
    prepare: Callable[[Any, BaseDatabaseWrapper], Any]
    plain: type | None
    """The type whose values need no preparing."""


def _run(cursor: CursorWrapper, statement: str, values: list[tuple[Any, ...]]) -> None:
    """One row, as a request writes it, is spared the pipeline that psycopg opens for many."""
    if len(values) == 1:
        cursor.execute(statement, values[0])
    else:
        cursor.executemany(statement, values)


@functools.cache
def _columns(model: type[models.Model], names: Sequence[str]) -> tuple[Column, ...]:
    return tuple(_column(model._meta.get_field(name)) for name in names)  # type: ignore[arg-type]


@functools.cache
def _written(model: type[models.Model]) -> tuple[Column, ...]:
    return tuple(_column(field) for field in model._meta.concrete_fields if not field.primary_key)


def _column(field: models.Field[Any, Any]) -> Column:
    own = type(field).__module__.startswith("django.db.models.")
    plain = PLAIN.get(field.get_internal_type()) if own else None
    return Column(_quote(str(field.column)), field.attname, field.get_db_prep_save, plain)


def _values(row: models.Model, columns: Sequence[Column], connection: BaseDatabaseWrapper) -> tuple[Any, ...]:
    """What `row` writes: Django is asked only about values that aren't plainly what they should be."""
    return tuple(
        [
            value if value is None or type(value) is plain else prepare(value, connection)
            for _name, attribute, prepare, plain in columns
            for value in (getattr(row, attribute),)
        ]
    )


def _quote(name: str) -> str:
    """As both databases do."""
    return f'"{name}"'
