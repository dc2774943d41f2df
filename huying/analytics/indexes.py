"""Which version of a pack's composite index is in force on a day."""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from huying.analytics.models import IndexDefinition
from huying.analytics.values import listing


@dataclass(frozen=True)
class Index:
    """rows: of `index.yaml`, as indicators.frameworks.IndexRow reads them."""

    version: int
    rows: list[dict[str, Any]]


@dataclass
class Asked:
    """Which index was asked for, and what stands in for the place's own (snapshots)."""

    found: list[Index] = field(default_factory=list)
    instead: tuple[Index | None] | None = None


_asked: ContextVar[Asked | None] = ContextVar("index_asked", default=None)


@contextmanager
def noting() -> Iterator[Asked]:
    """Note which index is asked for meanwhile."""
    with _through(Asked()) as asked:
        yield asked


@contextmanager
def instead(of: Index | None) -> Iterator[None]:
    """Whoever asks for the index meanwhile is given this."""
    with _through(Asked(instead=(of,))):
        yield


@contextmanager
def _through(asked: Asked) -> Iterator[Asked]:
    token = _asked.set(asked)
    try:
        yield asked
    finally:
        _asked.reset(token)


def in_force(day: date) -> Index | None:
    """The newest that holds on the day, before the first one's day the last; None where no index is defined."""
    asked = _asked.get()
    if asked is not None and asked.instead is not None:
        return asked.instead[0]
    held = IndexDefinition.objects.filter(valid_from__lte=day).order_by("valid_from", "pk").last()
    held = held or IndexDefinition.objects.order_by("pk").last()
    found = Index(held.version, held.content) if held is not None else None
    if asked is not None and found is not None:
        asked.found.append(found)
    return found


def standing(rows: list[dict[str, Any]], known: Container[str], day: date) -> list[dict[str, Any]]:
    """Without the indicators that were withdrawn by the day, and without what has nothing left below it: their weight goes to the
    others. known: the indicators in force."""
    above = {row["parent"] for row in rows if row.get("parent")}
    lost = [row["code"] for row in rows if row["code"] not in above and row["code"] not in known]
    gone = set(listing.withdrawn(lost, day)) if lost else set()
    while gone:
        left = [row for row in rows if row["code"] not in gone]
        held = {row["parent"] for row in left if row.get("parent")}
        empty = {row["code"] for row in left if row["code"] in above and row["code"] not in held}
        if not empty:
            return left
        gone |= empty
    return rows
