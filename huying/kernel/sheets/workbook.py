"""XLSX. The archive is measured and looked through before the parser sees it; calamine reads 100,000 rows in a second or two."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException
from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from huying.kernel.errors import InvalidInput
from huying.kernel.sheets.sheet import Cell, Limits, Line, Sheet, make_header, make_line, too_many_rows

BLOCK = 1 << 20
SMALL = 1 << 20
DECLARES = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
OTHER_ENCODING = re.compile(rb"^\s*<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8[\"'])", re.IGNORECASE)


def read_workbook(path: Path, called: str, title: str, bounds: Limits) -> Sheet:
    """Sheet of `path`. Raises InvalidInput for an archive that is damaged, swells, or carries XML declarations of its own."""
    inspect(path, called, bounds)
    try:
        book = CalamineWorkbook.from_path(str(path))
        titles = book.sheet_names
        if title and title not in titles:
            raise InvalidInput(
                _("文件“%(name)s”里没有工作表“%(title)s”。") % {"name": called, "title": title},
                cure=_("有这些工作表：%(titles)s") % {"titles": "、".join(titles)},
            )
        chosen = title or titles[0]
        sheet = book.get_sheet_by_name(chosen)
        if sheet.total_width > bounds.columns:
            make_header(["x"] * sheet.total_width, called, bounds)
        rows = cast("Iterator[list[object]]", sheet.iter_rows())
    except (CalamineError, IndexError, ValueError) as error:
        raise _damaged(called, str(error)) from None
    header: list[str] | None = None
    number = 0
    for row in rows:
        number += 1
        cells: list[Cell] = [_cell(value) for value in row]
        if any(cell is not None for cell in cells):
            header = make_header(cells, called, bounds)
            break
    if header is None:
        header = make_header([], called, bounds)
    others = [other for other in titles if other != chosen]
    return Sheet("xlsx", "", header, _lines(rows, number, len(header), called, bounds), chosen, others)


def _lines(rows: Iterator[list[object]], number: int, width: int, called: str, bounds: Limits) -> Iterator[Line]:
    for row in rows:
        number += 1
        if number > bounds.rows + 1:
            raise too_many_rows(called, bounds)
        line = make_line(number, [_cell(value) for value in row], width, bounds)
        if line is not None:
            yield line


def _cell(value: object) -> Cell:
    if value == "":
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value  # type: ignore[return-value]


def inspect(path: Path, called: str, bounds: Limits) -> None:
    """Measure every part of the archive by unpacking it, in blocks, without keeping it."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > 10_000:
                raise _bomb(called, _("其中有 %(n)d 个部分") % {"n": len(parts)})
            declared = sum(part.file_size for part in parts)
            if declared > bounds.unpacked:
                raise _bomb(called, _("解开后有 %(n)d MB") % {"n": declared >> 20})
            if "xl/workbook.xml" not in archive.namelist():
                raise InvalidInput(
                    _("文件“%(name)s”是压缩包，但不是 .xlsx 表格。") % {"name": called},
                    cure=_("请先解压，再导入其中的表格。"),
                )
            for part in parts:
                if part.file_size > SMALL and part.file_size > bounds.ratio * max(1, part.compress_size):
                    raise _bomb(
                        called,
                        _("“%(part)s”压缩了 %(n)d 倍")
                        % {"part": part.filename, "n": part.file_size // max(1, part.compress_size)},
                    )
                if part.flag_bits & 1:
                    raise InvalidInput(_("文件“%(name)s”加了密码。") % {"name": called}, cure=_("请去掉密码后再导入。"))
                _look_through(archive, part, called)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise _damaged(called, str(error)) from None


def _look_through(archive: zipfile.ZipFile, part: zipfile.ZipInfo, called: str) -> None:
    """Reads to the end (which verifies length and CRC, so no declared size can lie) and refuses XML that declares entities."""
    is_xml = part.filename.lower().endswith((".xml", ".rels", ".vml"))
    with archive.open(part) as stream:
        tail = b""
        first = True
        while block := stream.read(BLOCK):
            if is_xml:
                if first and (
                    block.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00"))
                    or OTHER_ENCODING.match(block[:200])
                ):
                    raise _hostile(called, part.filename)
                if DECLARES.search(tail + block):
                    raise _hostile(called, part.filename)
                tail = block[-16:]
            first = False
    if is_xml and part.file_size <= SMALL:
        with archive.open(part) as stream:
            try:
                defusedxml.ElementTree.parse(stream, forbid_dtd=True)
            except DefusedXmlException:
                raise _hostile(called, part.filename) from None
            except defusedxml.ElementTree.ParseError as error:
                raise _damaged(called, f"{part.filename}: {error}") from None


def _damaged(called: str, why: str) -> InvalidInput:
    return InvalidInput(
        _("文件“%(name)s”不完整或已损坏（%(why)s）。") % {"name": called, "why": why[:200]},
        cure=_("请重新下载或导出；能用表格软件打开的话，另存一份再导入。"),
    )


def _bomb(called: str, what: str) -> InvalidInput:
    return InvalidInput(
        _("文件“%(name)s”没有打开：%(what)s，像一个压缩炸弹。") % {"name": called, "what": what},
        cure=_("请用表格软件打开后只保留要导入的工作表，另存再试。"),
    )


def _hostile(called: str, part: str) -> InvalidInput:
    return InvalidInput(
        _("文件“%(name)s”没有打开：“%(part)s”里有表格不该有的 XML 声明。") % {"name": called, "part": part},
        cure=_("请用表格软件打开后另存为新的 .xlsx，再导入。"),
    )
