"""Rows handed back: as they came, with their number, why, and what to do; mended, the same file can be imported again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from huying.kernel.sheets.sheet import Cell
from huying.kernel.sheets.writing import SheetWriter
from huying.kernel.words import Words

ADDED = ("#行号 row", "#原因", "#reason", "#如何更正", "#cure")
"""Columns put before the file's own; an import passes over columns that begin with "#"."""


class RejectFile:
    """Written only when there is a first row to hand back. `path` ends in .xlsx or .csv."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self.path = path
        kept = [(at, name) for at, name in enumerate(header) if not name.startswith("#")]
        self._places = [at for at, _ in kept]
        self._header = [*ADDED, *(name for _, name in kept)]
        self._writer: SheetWriter | None = None
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def write(self, number: int, cells: Sequence[Cell], reason: Words, cure: Words) -> None:
        if self._writer is None:
            self._writer = SheetWriter(self.path, self._header, title="退回 rejected").__enter__()
        self.rows += 1
        given = [cells[at] if at < len(cells) else None for at in self._places]
        self._writer.write([number, reason.zh, reason.en, cure.zh, cure.en, *given])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            # rows already handed back are kept even when the import was broken off
            self._writer.__exit__(None, None, None)
