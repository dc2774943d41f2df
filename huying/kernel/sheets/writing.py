"""Write .xlsx and .csv. A text that a spreadsheet program would run as a formula is marked as text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from huying.kernel import clock
from huying.kernel.sheets.sheet import Cell

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell as BookCell

LONGEST_CELL = 32_767
_RUNS = re.compile(r"^[\s\u200b\ufeff]*[=+\-@＝＋－＠|%]")
_NUMBER = re.compile(r"^[+-]?\d+(?:[.,]\d+)*%?$")
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_QUOTED = re.compile(r"^'(?=[\s\u200b\ufeff]*[=+\-@＝＋－＠|%\t\r])")


def runs(text: str) -> bool:
    """Whether a spreadsheet program may take `text` for a formula. A plain signed number is none."""
    return text.startswith(("\t", "\r", "\n")) or (
        _RUNS.match(text) is not None and _NUMBER.match(text.strip()) is None
    )


def neutral(value: Cell) -> Cell:
    """`value` for a .csv: control characters dropped, an apostrophe before what would run (OWASP, CSV injection)."""
    if not isinstance(value, str):
        return value
    clean = _ILLEGAL.sub("", value)
    return f"'{clean}" if runs(clean) else clean


def restored(text: str) -> str:
    """`text` without the apostrophe that `neutral` gave it, when such a file comes back."""
    return _QUOTED.sub("", text)


class SheetWriter:
    """`with SheetWriter(path, header) as sheet: sheet.write(row)`; .xlsx or .csv by `path`'s ending. Rows are streamed."""

    def __init__(self, path: Path, header: Sequence[str], *, title: str = "Sheet1") -> None:
        self._path, self._header, self._title = path, list(header), title
        self.rows = 0

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.suffix.lower() == ".xlsx":
            # It brings numpy along: a third of a second and 30 MB that a process which writes no workbook does without.
            from openpyxl import Workbook
            from openpyxl.cell import WriteOnlyCell
            from openpyxl.styles import Font

            self._made = WriteOnlyCell
            self._book = Workbook(write_only=True)
            self._sheet = self._book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", self._title)[:31])
            self._sheet.freeze_panes = "A2"
            head = []
            for name in self._header:
                cell = self._cell(name)
                cell.font = Font(bold=True)
                head.append(cell)
            self._sheet.append(head)
        else:
            # the mark makes spreadsheet programs read UTF-8
            self._stream = self._path.open("w", encoding="utf-8-sig", newline="")
            self._csv = csv.writer(self._stream)
            self._csv.writerow([neutral(name) for name in self._header])
        return self

    def write(self, row: Iterable[Cell]) -> None:
        self.rows += 1
        if self._path.suffix.lower() == ".xlsx":
            self._sheet.append([self._cell(value) for value in row])
        else:
            self._csv.writerow([neutral(_plain(value)) for value in row])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._path.suffix.lower() == ".xlsx":
            if kind is None:
                self._book.save(self._path)
            self._book.close()
        else:
            self._stream.close()

    def _cell(self, value: Cell) -> BookCell:
        if isinstance(value, datetime):
            value = clock.local(value).replace(tzinfo=None)
        if not isinstance(value, str):
            return self._made(self._sheet, value)  # type: ignore[arg-type]
        clean = _ILLEGAL.sub("", value)
        if len(clean) > LONGEST_CELL:
            clean = clean[: LONGEST_CELL - 1] + "…"
        cell = self._made(self._sheet, clean)
        cell.data_type = "s"
        if runs(clean):
            cell.quotePrefix = True
        return cell


def _plain(value: Cell) -> Cell:
    if isinstance(value, datetime):
        return clock.local(value).strftime("%Y-%m-%d %H:%M:%S")
    return value
