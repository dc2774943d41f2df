"""Lists of any length, a page at a time, by the key of the last row shown: the millionth page costs what the first does."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from huying.kernel import clock
from huying.kernel.errors import InvalidInput

M = TypeVar("M", bound=Model)
T = TypeVar("T")
CAP = 1000
LARGEST = 200


@dataclass(frozen=True)
class Count:
    """A count that stopped counting at its cap: "1,000+"."""

    n: int
    capped: bool = False

    def __str__(self) -> str:
        return f"{self.n:,}+" if self.capped else f"{self.n:,}"


@dataclass(frozen=True)
class Page(Generic[T]):
    """items: at most `limit` rows. next: the cursor of what follows, "" at the end. after: the cursor this page began at."""

    items: Sequence[T]
    next: str = ""
    after: str = ""
    count: Count | None = None

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class Keyset:
    """An order that names each row: columns that are never null, "-" before a descending one, the last of them unique.

    The columns want an index in the same order.
    """

    order: tuple[str, ...] = ("due_at", "id")

    def page(self, rows: QuerySet[M], *, after: str = "", limit: int = 50, count: Count | None = None) -> Page[M]:
        """The `limit` rows (at most 200) that follow the cursor `after`.

        Raises InvalidInput when the cursor was not made by this order.
        """
        limit = max(1, min(limit, LARGEST))
        ordered = rows.order_by(*self.order)
        if after:
            ordered = ordered.filter(self._beyond(self.read(after)))
        found = list(ordered[: limit + 1])
        more = len(found) > limit
        items = found[:limit]
        return Page(items, self.cursor(items[-1]) if more else "", after, count)

    def cursor(self, row: object) -> str:
        """The cursor that follows `row`."""
        return encode([_value(row, name.lstrip("-")) for name in self.order])

    def read(self, text: str) -> list[Any]:
        values = decode(text)
        if len(values) != len(self.order):
            raise InvalidInput(
                _("翻页位置不属于这个列表。"), cure=_("从第一页重新打开列表。"), fields={"after": text[:40]}
            )
        return values

    def _beyond(self, values: list[Any]) -> Q:
        """Rows after `values`: (a > x) or (a = x and b > y) …, with the leading column bounded so that its index is used."""
        beyond, equal = Q(), Q()
        for name, value in zip(self.order, values, strict=True):
            column = name.lstrip("-")
            step = "lt" if name.startswith("-") else "gt"
            beyond |= equal & Q(**{f"{column}__{step}": value})
            equal &= Q(**{column: value})
        first = self.order[0]
        edge = "lte" if first.startswith("-") else "gte"
        return Q(**{f"{first.lstrip('-')}__{edge}": values[0]}) & beyond


def _value(row: object, path: str) -> Any:
    for part in path.split("__"):
        row = getattr(row, part)
    return row


def encode(values: Sequence[Any]) -> str:
    """Values (text, numbers, dates, moments) as one URL-safe word."""
    plain = [
        {"t": value.isoformat()}
        if isinstance(value, datetime)
        else {"d": value.isoformat()}
        if isinstance(value, date)
        else value
        for value in values
    ]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(text: str) -> list[Any]:
    """The values of a cursor; InvalidInput when it isn't one."""
    try:
        plain = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(plain, list):
            raise ValueError
        return [_restored(value) for value in plain]
    except (ValueError, TypeError, binascii.Error, UnicodeDecodeError):
        raise InvalidInput(
            _("翻页位置已损坏。"), cure=_("从第一页重新打开列表。"), fields={"after": text[:40]}
        ) from None


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        if "t" in value:
            return clock.local(datetime.fromisoformat(value["t"]))
        return date.fromisoformat(value["d"])
    if isinstance(value, list):
        raise ValueError
    return value


def capped(rows: QuerySet[Any], cap: int = CAP) -> Count:
    """How many rows there are, counting no further than `cap`."""
    n = rows.order_by()[: cap + 1].count()
    return Count(min(n, cap), n > cap)
