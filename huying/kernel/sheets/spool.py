"""A table read once and kept as lines that can be gone on with from any place: for work done in steps, by any process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any

from huying.kernel.sheets.sheet import Cell, Line, Sheet
from huying.kernel.words import Words


@dataclass
class Spooled(Sheet):
    """A sheet whose lines begin where the last reader ended. position: where the next one begins (bytes)."""

    position: int = 0


def spool(sheet: Sheet, target: Path) -> int:
    """Write the sheet's lines to `target`, whole or not at all; returns how many. Raises InvalidInput as reading it does."""
    part = target.with_name(f"{target.name}.part")
    lines = 0
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        print(json.dumps([sheet.format, sheet.encoding, sheet.header]), file=stream)
        for line in sheet.lines:
            told: list[Any] = [line.number, [_written(cell) for cell in line.cells]]
            if line.fault is not None:
                told += [[words.zh, words.en] for words in (line.fault, line.cure) if words is not None]
            print(json.dumps(told), file=stream)
            lines += 1
    os.replace(part, target)
    return lines


@contextmanager
def open_spooled(path: Path, position: int = 0) -> Iterator[Spooled]:
    """Open what `spool` wrote; its lines are those from `position` on (0: the first)."""
    with path.open("rb") as stream:
        form, encoding, header = json.loads(stream.readline())
        sheet = Spooled(form, encoding, header, iter(()), position=position or stream.tell())
        sheet.lines = _lines(stream, sheet)
        yield sheet


def _lines(stream: IO[bytes], sheet: Spooled) -> Iterator[Line]:
    stream.seek(sheet.position)
    while told := stream.readline():
        sheet.position += len(told)
        number, cells, *trouble = json.loads(told)
        yield Line(number, [_read(cell) for cell in cells], *(Words(zh, en) for zh, en in trouble))


def _written(cell: Cell) -> Any:
    if isinstance(cell, timedelta):
        return {"timedelta": [cell.days, cell.seconds, cell.microseconds]}
    if isinstance(cell, (datetime, date, time)):
        return {type(cell).__name__: cell.isoformat()}
    return cell


def _read(told: Any) -> Cell:
    if not isinstance(told, dict):
        plain: Cell = told
        return plain
    [(kind, value)] = told.items()
    if kind == "timedelta":
        return timedelta(*value)
    if kind == "datetime":
        return datetime.fromisoformat(value)
    return time.fromisoformat(value) if kind == "time" else date.fromisoformat(value)
