"""Which records changed since analytics last read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from django.db import models

from huying.kernel.bulk import insert_many


class DirtyRange(models.Model):
    """Keys `low` to `high` of `table` changed. Written in the transaction of the change, deleted by whoever has read the rows.

    A range, because a bulk write takes consecutive keys: a million matters imported by the thousand cost a thousand rows here.
    """

    table = models.CharField(max_length=40)
    low = models.BigIntegerField()
    high = models.BigIntegerField()

    class Meta:
        db_table = "kernel_dirty_range"

    def __str__(self) -> str:
        return f"{self.table} {self.low}-{self.high}"


def touch(table: str, ids: Iterable[int]) -> None:
    """Say that the records `ids` of the fact table `table` changed. Call it in the transaction that changes them: one insert."""
    ranges = _ranges(ids)
    if ranges:
        insert_many([DirtyRange(table=table, low=low, high=high) for low, high in ranges])


def _ranges(ids: Iterable[int]) -> list[tuple[int, int]]:
    """`ids` as ascending, disjoint runs of consecutive numbers."""
    runs: list[tuple[int, int]] = []
    for key in sorted(set(ids)):
        if runs and runs[-1][1] == key - 1:
            runs[-1] = (runs[-1][0], key)
        else:
            runs.append((key, key))
    return runs


@dataclass(frozen=True)
class DirtyKeys:
    """What `dirty` saw: the ranges to read again, merged, and the rows of the dirty table they came from."""

    table: str
    ranges: tuple[tuple[int, int], ...]
    seen: tuple[int, ...]

    def __len__(self) -> int:
        """How many keys the ranges span; some may not exist."""
        return sum(high - low + 1 for low, high in self.ranges)

    def ids(self) -> Iterable[int]:
        return chain.from_iterable(range(low, high + 1) for low, high in self.ranges)


def dirty(table: str) -> DirtyKeys:
    """The keys of `table` touched by committed transactions and not yet settled.

    Read the rows only after this call returns: they are then at least as new as their marks.
    """
    seen: list[int] = []
    spans: list[tuple[int, int]] = []
    for pk, low, high in DirtyRange.objects.filter(table=table).values_list("pk", "low", "high").iterator(10_000):
        seen.append(pk)
        spans.append((low, high))
    merged: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return DirtyKeys(table, tuple(merged), tuple(seen))


def settle(keys: DirtyKeys) -> None:
    """Forget exactly the marks `keys` saw, once their rows are safely stored; marks made meanwhile stay."""
    # By primary key, never "up to the highest": on PostgreSQL a lower number may commit later. 900 is under SQLite's least limit.
    for start in range(0, len(keys.seen), 900):
        DirtyRange.objects.filter(pk__in=keys.seen[start : start + 900]).delete()
