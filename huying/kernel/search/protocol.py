"""What both databases must do for the index.

Here, and nowhere else in Huying, SQL is spoken that one database alone understands. Both keep `search_document`
(packed id, folded masked text, scope tokens): from it the index can be rebuilt, and likeness is scored on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Row:
    """One document as stored: `id` packed (kind and record), `text` folded and masked, `scope` tokens parted by blanks."""

    id: int
    text: str
    scope: str


@dataclass(frozen=True)
class Wanted:
    """A query: every phrase must occur; any one of `scopes` (None: no bound was asked for); ids from `first` to `last`."""

    phrases: tuple[tuple[tuple[str, ...], bool], ...]
    scopes: tuple[str, ...] | None
    first: int
    last: int
    limit: int


class Engine(Protocol):
    def create(self) -> None: ...

    def drop(self) -> None: ...

    def put(self, rows: Sequence[Row]) -> None: ...

    def remove(self, ids: Sequence[int]) -> int: ...

    def find(self, wanted: Wanted) -> list[int]: ...

    def candidates(
        self, weights: Sequence[tuple[str, float]], scopes: tuple[str, ...] | None, first: int, last: int, limit: int
    ) -> list[int]: ...

    def rows(self, ids: Sequence[int]) -> list[Row]: ...

    def newest(self, first: int, last: int, limit: int) -> list[Row]: ...

    def forget_terms(self) -> None: ...

    def put_terms(self, rows: Sequence[Row]) -> None: ...

    def compact(self) -> None: ...


POSTINGS_READ = 600
"""Documents read per term when looking for likeness: a rarer term has fewer, and tells more."""


def batches(items: Iterable[int], size: int = 500) -> Iterable[list[int]]:
    batch: list[int] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
