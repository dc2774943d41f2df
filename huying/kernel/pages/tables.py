"""Lists as the files offices use: xlsx and csv. A cell that a spreadsheet would run as a formula is kept as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from huying.kernel import clock

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a spreadsheet program takes for the start of a formula, and the controls it strips before looking (OWASP, CSV injection).
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
LONGEST = 32_000
BAD = dict.fromkeys([*range(9), 11, 12, *range(14, 32)])


def safe(value: Any) -> Any:
    """A cell's value: numbers and dates as they are; text that would run gets a leading apostrophe; controls are dropped."""
    if value is None or isinstance(value, bool | int | float | date):
        return value
    text = str(value).translate(BAD)[:LONGEST]
    return f"'{text}" if text.startswith(RUNS) else text


def _plain(value: Any) -> Any:
    """Spreadsheets know no zones: a moment is written as local time."""
    return clock.local(value).replace(tzinfo=None) if isinstance(value, datetime) else value


def xlsx(name: str, headers: Sequence[str], rows: Iterable[Sequence[Any]], notes: Sequence[str] = ()) -> HttpResponse:
    """A workbook of one sheet: head row, then `rows` written as they come; `notes` (scope, n, date) on a sheet of their own."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(safe(name)[:31] or "Sheet1")
    sheet.freeze_panes = "A2"
    sheet.append([safe(header) for header in headers])
    for row in rows:
        sheet.append([_plain(safe(value)) for value in row])
    if notes:
        about = book.create_sheet("说明")
        for note in notes:
            about.append([safe(note)])
    out = io.BytesIO()
    book.save(out)
    response = HttpResponse(out.getvalue(), content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.xlsx") or "attachment"
    return response


class _Echo:
    def write(self, value: str) -> str:
        return value


def comma_separated(name: str, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A csv in UTF-8 with a byte order mark (Excel in Chinese reads it), sent as it is made."""
    writer = csv.writer(_Echo())

    def lines() -> Iterable[str]:
        yield "\ufeff"
        yield writer.writerow([safe(header) for header in headers])
        for row in rows:
            yield writer.writerow(
                [f"{_plain(value):%Y-%m-%d %H:%M}" if isinstance(value, datetime) else safe(value) for value in row]
            )

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.csv") or "attachment"
    return response
