"""Read a table row by row. What the file is, is told by its content; its size is known before anything parses it.

A fault of the whole file raises InvalidInput with the place and the cure. A fault of one row comes with that row
(`Line.fault`), so that it can be handed back and the others kept.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.utils.translation import gettext as _

from huying.kernel.errors import InvalidInput
from huying.kernel.words import Words, words

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


SPACE = re.compile(r"\s+")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@contextmanager
def open_sheet(path: Path, *, name: str = "", title: str = "", limits: Limits | None = None) -> Iterator[Sheet]:
    """Open `path` as .xlsx or .csv by its content.

    name: what the person calls the file, when `path` is a temporary one; title: the worksheet, the first by default.
    Raises InvalidInput when it is neither, is damaged, is too large, or says in its name to be what it isn't.
    """
    bounds = limits or Limits()
    called = name or path.name
    suffix = Path(called).suffix.lower()
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise InvalidInput(
            _("读不到文件“%(name)s”：%(why)s") % {"name": called, "why": error.strerror or str(error)},
            cure=_("请核对文件名和所在文件夹。"),
        ) from None
    if not head:
        raise InvalidInput(_("文件“%(name)s”是空的。") % {"name": called}, cure=_("请重新导出后再导入。"))
    if size > bounds.bytes:
        raise InvalidInput(
            _("文件“%(name)s”有 %(size)d MB，超过上限 %(most)d MB。")
            % {"name": called, "size": size >> 20, "most": bounds.bytes >> 20},
            cure=_("请分成几个文件导入。"),
        )
    if head.startswith(OLE):
        raise InvalidInput(
            _("文件“%(name)s”是旧版 .xls 或加了密码的表格。") % {"name": called},
            cure=_("请去掉密码，另存为 .xlsx 或 .csv 后再导入。"),
        )
    zipped = head.startswith(b"PK")
    if suffix not in {".xlsx", ".csv", ".txt"}:
        raise InvalidInput(
            _("不能导入“%(name)s”：只接受 .xlsx 和 .csv。") % {"name": called}, cure=_("请另存为 .xlsx 或 .csv。")
        )
    if zipped != (suffix == ".xlsx"):
        raise InvalidInput(
            _("文件“%(name)s”的扩展名与内容不符：内容是%(what)s。")
            % {"name": called, "what": _("压缩包或 .xlsx") if zipped else _("文本")},
            cure=_("请用表格软件打开后另存为 .xlsx 或 .csv，不要直接改扩展名。"),
        )
    if zipped:
        from huying.kernel.sheets.workbook import read_workbook

        yield read_workbook(path, called, title, bounds)
    else:
        from huying.kernel.sheets.delimited import read_delimited

        with read_delimited(path, called, bounds) as sheet:
            yield sheet


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


# One field of a .csv may be longer than the module's default before it is refused as over-long with its row.
csv.field_size_limit(4 << 20)
