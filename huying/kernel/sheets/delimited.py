"""CSV: UTF-8 with or without a mark, UTF-16 with one, or GB18030, which spreadsheet programs in Chinese write by default."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from huying.kernel.errors import InvalidInput
from huying.kernel.sheets.sheet import Cell, Limits, Line, Sheet, make_header, make_line, too_many_rows

BLOCK = 1 << 20
# One field may be longer than the module's default before it is refused as over-long with its row.
csv.field_size_limit(4 << 20)


@contextmanager
def read_delimited(path: Path, called: str, bounds: Limits) -> Iterator[Sheet]:
    encoding = detect_encoding(path, called)
    with path.open(encoding=encoding, newline="") as stream:
        sample = stream.read(8192)
        stream.seek(0)
        reader = csv.reader(stream, delimiter=_delimiter(sample), strict=True)
        try:
            first: list[Cell] = list(next(row for row in reader if any(cell.strip() for cell in row)))
        except StopIteration:
            first = []
        except csv.Error as error:
            raise _broken(called, reader.line_num, error) from None
        header = make_header(first, called, bounds)
        yield Sheet("csv", encoding, header, _lines(reader, len(header), called, bounds))


def _lines(reader: Iterator[list[str]], width: int, called: str, bounds: Limits) -> Iterator[Line]:
    number = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _broken(called, reader.line_num, error) from None  # type: ignore[attr-defined]
        number += 1
        if number > bounds.rows + 1:
            raise too_many_rows(called, bounds)
        line = make_line(number, list(row), width, bounds)
        if line is not None:
            yield line


def _broken(called: str, line: int, error: csv.Error) -> InvalidInput:
    return InvalidInput(
        _("文件“%(name)s”在第 %(line)d 行附近读不下去：%(why)s") % {"name": called, "line": line, "why": error},
        cure=_("多半是引号没有成对，或文件没有传完；请用表格软件打开检查后另存。已读的行不受影响。"),
    )


def _delimiter(sample: str) -> str:
    first = next((line for line in sample.splitlines() if line.strip()), "")
    return max(",\t;", key=first.count)


def detect_encoding(path: Path, called: str) -> str:
    """The name of a codec under which the whole file is valid. Raises InvalidInput with the byte where none fits."""
    with path.open("rb") as stream:
        head = stream.read(4)
    if head.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8", "gb18030"]
    farthest = 0
    for candidate in candidates:
        bad = _first_bad_byte(path, candidate)
        if bad is None:
            return candidate
        farthest = max(farthest, bad)
    raise InvalidInput(
        _("文件“%(name)s”不是 UTF-8 也不是 GB18030 文字：第 %(at)d 字节读不通。")
        % {"name": called, "at": farthest + 1},
        cure=_("文件可能没有传完或不是文本；请用表格软件打开后另存为“CSV UTF-8”。"),
    )


def _first_bad_byte(path: Path, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    at = 0
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            try:
                text = decoder.decode(block)
            except UnicodeDecodeError as error:
                return at + error.start
            if "\x00" in text:
                return at + block.find(b"\x00")
            at += len(block)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return at
    return None
