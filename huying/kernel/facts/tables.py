"""The registry of fact tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet
from django.utils.module_loading import autodiscover_modules

from huying.kernel.errors import NotFound
from huying.kernel.words import Words

Rows = QuerySet[Any, Any] | Iterable[tuple[Any, ...]]


class Kind(StrEnum):
    """What a column holds. SECONDS is a moment: whole seconds since 1970-01-01 UTC in the lake; `rows` may yield a datetime."""

    INT = "int"
    TEXT = "text"
    BOOL = "bool"
    DATE = "date"
    SECONDS = "seconds"


# What needs no second look; a moment does, and so does whatever only behaves like one of these.
PLAIN = {Kind.INT: int, Kind.TEXT: str, Kind.BOOL: bool, Kind.DATE: date}


@dataclass(frozen=True)
class Column:
    """One column: its name in the lake, what it holds (None is allowed and means unknown), and its words."""

    name: str
    kind: Kind
    words: Words


@dataclass(frozen=True)
class FactTable:
    """One row per record of a domain.

    name: of the table in the lake. columns: in the order `rows` yields them; `key` names the one that holds the record's id.
    rows: given ids, the present rows of those that exist; given None, every row. A `values_list` query set whose fields stand in
    the columns' order is best: a full extraction then never passes through Python, and figures can open the records behind them.
    """

    name: str
    key: str
    columns: tuple[Column, ...]
    rows: Callable[[Sequence[int] | None], Rows]
    words: Words

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"fact table {self.name}: a column stands twice")
        if self.key not in names:
            raise ValueError(f"fact table {self.name}: its key {self.key} is not among its columns")
        bad = [name for name in (self.name, *names) if not name.isidentifier()]
        if bad:
            raise ValueError(f"fact table {self.name}: not identifiers: {', '.join(bad)}")

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    def plain(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """`row` with each value as the lake stores it. Raises ValueError naming the column that holds something else."""
        if len(row) != len(self.columns):
            raise ValueError(f"fact table {self.name}: a row has {len(row)} values for {len(self.columns)} columns")
        return tuple(
            value if value is None or type(value) is PLAIN.get(column.kind) else self._plain(column, value)
            for column, value in zip(self.columns, row, strict=True)
        )

    def _plain(self, column: Column, value: Any) -> Any:
        match column.kind:
            case Kind.SECONDS if isinstance(value, datetime):
                return int(value.timestamp())
            case Kind.SECONDS | Kind.INT if isinstance(value, int):
                return int(value)
            case Kind.BOOL if isinstance(value, bool) or value in (0, 1):
                return bool(value)
            case Kind.DATE if isinstance(value, date) and not isinstance(value, datetime):
                return value
            case Kind.TEXT if isinstance(value, str):
                return str(value)
        raise ValueError(f"fact table {self.name}: {column.name} takes {column.kind}, not {value!r}")


_tables: dict[str, FactTable] = {}
_discovered = False


def register(fact_table: FactTable) -> FactTable:
    """Offer `fact_table` to analytics. Raises ValueError when another table has its name."""
    if fact_table.name in _tables:
        raise ValueError(f"fact table {fact_table.name} is registered twice")
    _tables[fact_table.name] = fact_table
    return fact_table


def withdraw(name: str) -> None:
    """Take a table out again (tests)."""
    _tables.pop(name, None)


def discover() -> None:
    """Load each installed app's `facts` module, once."""
    global _discovered
    if not _discovered:
        _discovered = True
        autodiscover_modules("facts")


def tables() -> list[FactTable]:
    discover()
    return list(_tables.values())


def table(name: str) -> FactTable:
    """Raises NotFound for a name nobody registered."""
    discover()
    if name not in _tables:
        raise NotFound(f"no fact table {name!r}; there are: {', '.join(sorted(_tables)) or 'none'}")
    return _tables[name]
