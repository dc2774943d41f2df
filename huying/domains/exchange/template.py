"""The workbook a department fills in: a column a measure, a row a report, the rules on a sheet of their own.

Loaded only where one is made: it brings openpyxl and numpy along.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from huying.domains.exchange.judging import SURVEY_FIELDS
from huying.domains.exchange.models import Delivery, Report
from huying.domains.exchange.schema import DatasetRow
from huying.domains.exchange.tables import FIXED, titles
from huying.kernel.words import words

FILLED = PatternFill("solid", fgColor="EEF4F3")


def template(row: DatasetRow, reports: Sequence[Report], standing: Mapping[int, Delivery]) -> bytes:
    """An .xlsx with one line a report, what was delivered filled in, and the rules on a second sheet."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = re.sub(r"[\[\]:*?/\\]", " ", str(words(row.name.zh, row.name.en)))[:31]
    columns = titles(row)
    sheet.append(list(columns.values()))
    for report in reports:
        sheet.append([_cell(name, report, standing.get(report.pk)) for name in columns])
    sheet.freeze_panes = "D2"
    for at, name in enumerate(columns, start=1):
        letter = get_column_letter(at)
        head = sheet[f"{letter}1"]
        head.font, head.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[letter].width = {"place": 18, "note": 40, "method": 30}.get(name, 16)
        for line in range(2, len(reports) + 2):
            cell = sheet[f"{letter}{line}"]
            if name in FIXED:
                cell.fill = FILLED
            if name in ("division", "period"):
                cell.number_format = "@"  # else a spreadsheet program makes a number of one and a date of the other
    _allow_figures(sheet, row, list(columns), len(reports))
    _rules_sheet(book, row)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _cell(name: str, report: Report, delivery: Delivery | None) -> Any:
    match name:
        case "division":
            return report.division
        case "place":
            return report.place
        case "period":
            return report.key
        case "note":
            return None
    if delivery is None:
        return None
    if name in SURVEY_FIELDS:
        return getattr(delivery, name)
    return delivery.values.get(name)


def _allow_figures(sheet: Any, row: DatasetRow, columns: list[str], lines: int) -> None:
    """The program itself objects to text or a figure out of bounds; the place that takes the file checks again."""
    for measure in row.measures:
        least = measure.least if measure.least is not None else -1e15
        most = measure.maximum if measure.maximum is not None else 1e15
        rule = DataValidation(
            type="whole" if measure.is_whole else "decimal",
            operator="between",
            formula1=f"{least:.0f}" if measure.is_whole else f"{least}",
            formula2=f"{most:.0f}" if measure.is_whole else f"{most}",
            allow_blank=True,
            showErrorMessage=True,
        )
        letter = get_column_letter(columns.index(measure.code) + 1)
        rule.add(f"{letter}2:{letter}{max(lines, 1) + 1}")
        sheet.add_data_validation(rule)
        if measure.meaning is not None:
            sheet[f"{letter}1"].comment = Comment(f"{measure.meaning.zh}\n{measure.meaning.en}", "Huying")


def _rules_sheet(book: Workbook, row: DatasetRow) -> None:
    sheet = book.create_sheet(_("填报说明"))
    lines = [
        row.name.zh,
        row.name.en,
        _("依据：%(what)s") % {"what": row.reference},
        _("报送期限：期末后 %(due)s；锁定：期末后 %(lock)s。") % {"due": row.calendar.due, "lock": row.calendar.lock},
        _("带 * 的必填；没有发生的写 0，不掌握的留空。灰底的列不要改。"),
        _("更正、变动异常或规则提示的，在“说明”列写明原因。不得写姓名、证件号、电话等个人信息。"),
        *(f"{rule.says.zh} / {rule.says.en}: {rule.rule}" for rule in row.rules),
    ]
    for line in lines:
        sheet.append([line])
    sheet.column_dimensions["A"].width = 90
