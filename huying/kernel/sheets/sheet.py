"""An opened table, whatever file it came from: header, lines, and the bounds within which it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from huying.kernel.errors import InvalidInput
from huying.kernel.words import Words, words

SPACE = re.compile(r"\s+")
Cell = str | int | float | bool | date | datetime | time | timedelta | None


@dataclass(frozen=True)
class Limits:
    """bytes: of the file; unpacked: bytes of an .xlsx once decompressed; ratio: of the two, per part of the archive."""

    bytes: int = 128 << 20
    unpacked: int = 1 << 30
    ratio: int = 150
    rows: int = 1_000_000
    columns: int = 256
    field: int = 20_000


@dataclass(frozen=True)
class Line:
    """A row: `number` as the spreadsheet program shows it (the first row is 1), cells as many as the header has."""

    number: int
    cells: list[Cell]
    fault: Words | None = None
    cure: Words | None = None


@dataclass
class Sheet:
    """An opened table. `lines` can be iterated once; blank rows are passed over."""

    format: str
    encoding: str
    header: list[str]
    lines: Iterator[Line]
    title: str = ""
    other_titles: list[str] = field(default_factory=list)


def make_header(cells: list[Cell], called: str, bounds: Limits) -> list[str]:
    """Names of the columns: trimmed, none empty (Excel's letter stands in), none twice ("name (2)")."""
    while cells and (cells[-1] is None or str(cells[-1]).strip() == ""):
        cells = cells[:-1]
    if not cells:
        raise InvalidInput(_("文件“%(name)s”没有表头。") % {"name": called}, cure=_("第一行应写各列的名称。"))
    if len(cells) > bounds.columns:
        raise InvalidInput(
            _("文件“%(name)s”有 %(n)d 列，超过上限 %(most)d 列。")
            % {"name": called, "n": len(cells), "most": bounds.columns},
            cure=_("请删去用不到的列。"),
        )
    header: list[str] = []
    for at, cell in enumerate(cells):
        named = SPACE.sub(" ", "" if cell is None else str(cell)).strip().lstrip("\ufeff")[:120] or letter(at)
        unique, n = named, 2
        while unique in header:
            unique, n = f"{named} ({n})", n + 1
        header.append(unique)
    return header


def make_line(number: int, cells: list[Cell], width: int, bounds: Limits) -> Line | None:
    """A row fitted to the header, with its fault if it has one; None for a blank row."""
    if not any(cell is not None and cell != "" for cell in cells):
        return None
    surplus = [cell for cell in cells[width:] if cell is not None and str(cell).strip()]
    fitted = cells[:width] + [None] * (width - len(cells))
    fault = cure = None
    if surplus:
        fault = words(
            f"这一行有 {len(cells)} 格，表头只有 {width} 列。",
            f"The row has {len(cells)} cells, the header {width} columns.",
        )
        cure = words(
            "多半是文字里的逗号没有加引号；请把该格用引号括起来。", "Likely an unquoted comma: quote that cell."
        )
    else:
        for at, cell in enumerate(fitted):
            if isinstance(cell, str) and len(cell) > bounds.field:
                fault = words(
                    f"第 {at + 1} 列有 {len(cell):,} 个字符，超过上限 {bounds.field:,}。",
                    f"Column {at + 1} holds {len(cell):,} characters; at most {bounds.field:,} are taken.",
                )
                cure = words("请缩短内容，或把全文作为附件上传。", "Shorten it, or attach the full text as a file.")
                break
    return Line(number, fitted, fault, cure)


def too_many_rows(called: str, bounds: Limits) -> InvalidInput:
    return InvalidInput(
        _("文件“%(name)s”超过 %(most)d 行。") % {"name": called, "most": bounds.rows}, cure=_("请分成几个文件导入。")
    )


def letter(at: int) -> str:
    """Excel's name of the column at 0-based `at`: A, Z, AA."""
    name = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        name = chr(65 + rest) + name
    return name
