"""Reads that every request repeats: Django compiles the query set once, afterwards only its values change.

Compiling costs ten times what such a read costs the database. The query set is still written with the ORM and still names its
scope; only what it is compiled to is kept, per shape, and values are put where markers stood.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.base import ModelState
from django.db.models.query import ModelIterable
from django.db.models.sql.compiler import SQLCompiler

from huying.kernel.errors import Unscoped

MOST_SHAPES = 2_000
# Values no table holds: where one of them comes out of the compiler, the caller's value goes in.
_INT, _TEXT, _DAY = -7_340_033_000_000, "\x02marker ", date(1, 2, 1).toordinal()


@dataclass(frozen=True)
class _Shape:
    sql: str
    # parameters as they stand, and which of them are the caller's: (place, which value)
    constants: tuple[Any, ...]
    given: tuple[tuple[int, int], ...]
    compiler: SQLCompiler
    converters: Any
    model: type[models.Model] | None
    names: tuple[str, ...]


_shapes: dict[tuple[Any, ...], _Shape] = {}


def rows(
    name: str, build: Callable[..., models.QuerySet[Any, Any]], *values: int | str | date, of: Any = ()
) -> list[Any]:
    """What `build(*values)` would read, as `list(query_set)` gives it: whole instances, or tuples of a `values_list`.

    name, of: name the shape; `of` holds (hashably) whatever else `build` depends on, an actor's scope for instance. values: only
    compared for equality or order in the query, never of type bool. No related rows, no annotations on instances. Raises
    Unscoped like the query set itself, ValueError when a value does not come out of the compiler as it went in.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    key = (name, connection.vendor, of, tuple(map(type, values)))
    shape = _shapes.get(key)
    if shape is None:
        try:
            shape = _compile(build, values)
        except EmptyResultSet:  # a scope that shows nothing
            return []
        if len(_shapes) >= MOST_SHAPES:
            _shapes.clear()
        _shapes[key] = shape
    params = list(shape.constants)
    for place, which in shape.given:
        value = values[which]
        # As the ORM would hand it over: a day adapted, a whole number in the driver's own type for it.
        params[place] = (
            connection.ops.adapt_datefield_value(value) if isinstance(value, date) else type(params[place])(value)
        )
    with connection.cursor() as cursor:
        cursor.execute(shape.sql, params)
        found: Any = cursor.fetchall()
    if not found:
        return []
    if shape.converters:
        found = shape.compiler.apply_converters(found, shape.converters)
    if shape.model is None:
        return [tuple(row) for row in found]
    return [_instance(shape.model, shape.names, row) for row in found]


def _instance(model: type[models.Model], names: tuple[str, ...], row: Any) -> models.Model:
    """As `Model.from_db` with every field loaded; its loop over the fields costs more than the read itself."""
    made = model.__new__(model)
    made.__dict__.update(zip(names, row, strict=True))
    made._state = ModelState()
    made._state.adding, made._state.db = False, DEFAULT_DB_ALIAS
    return made


def of_records(
    name: str, every: Callable[..., models.QuerySet[Any, Any]], field: str, ids: Sequence[int], *values: str
) -> list[Any]:
    """What `every().filter(field__in=ids)` reads: prepared for one record, as a request asks; in one query for many.

    values: whatever else `every` is called with, as in `rows`.
    """
    if len(ids) == 1:
        return rows(name, lambda pk, *given: every(*given).filter(**{field: pk}), ids[0], *values)
    return list(every(*values).filter(**{f"{field}__in": ids}))


def _marker(which: int, value: int | str | date) -> int | str | date:
    if isinstance(value, str):
        return f"{_TEXT}{which}"
    return date.fromordinal(_DAY + which) if isinstance(value, date) else _INT - which


def _compile(build: Callable[..., models.QuerySet[Any, Any]], values: tuple[int | str | date, ...]) -> _Shape:
    connection = connections[DEFAULT_DB_ALIAS]
    markers = [_marker(which, value) for which, value in enumerate(values)]
    found = build(*markers)
    if not getattr(found, "_scope_named", True):
        raise Unscoped(f"{found.model.__name__} read without visible_to(actor) or everything(reason)")
    compiler = found.query.get_compiler(DEFAULT_DB_ALIAS)
    sql, params = compiler.as_sql()
    adapted: list[Any] = [connection.ops.adapt_datefield_value(m) if isinstance(m, date) else m for m in markers]
    given = tuple(
        (place, adapted.index(param))
        for place, param in enumerate(params)
        if isinstance(param, int | str | date) and not isinstance(param, bool) and param in adapted
    )
    lost = set(range(len(values))) - {which for _place, which in given}
    if lost:
        raise ValueError(f"values {sorted(lost)} did not come out of the compiler as they went in")
    whole = issubclass(found._iterable_class, ModelIterable)
    names = tuple(expression.target.attname for expression, _sql, _alias in compiler.select) if whole else ()
    converters = compiler.get_converters([expression for expression, _sql, _alias in compiler.select])
    return _Shape(sql, tuple(params), given, compiler, converters, found.model if whole else None, names)
