"""The report as xlsx, in the typography of official papers (GB/T 9704: title 小标宋 二号, headings 黑体, text 仿宋)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from huying.analytics.definitions import Grade, Indicator, Unit
from huying.analytics.figures import Figure, bound_shown
from huying.analytics.report import Report, formula, period_words
from huying.kernel.sheets import neutral

TITLE = Font(name="方正小标宋简体", size=22)
HEAD = Font(name="黑体", size=12)
TEXT = Font(name="仿宋_GB2312", size=12)
SMALL = Font(name="仿宋_GB2312", size=10.5, color="444444")
LINE = Side(style="thin", color="808080")
BOX = Border(left=LINE, right=LINE, top=LINE, bottom=LINE)
HEAD_FILL = PatternFill("solid", fgColor="EFF3F3")
# Light grounds under dark ink, told apart in print by the shape and the word beside the value.
FILLS = {
    Grade.GREEN: PatternFill("solid", fgColor="E4F2E9"),
    Grade.YELLOW: PatternFill("solid", fgColor="FCF0D6"),
    Grade.ORANGE: PatternFill("solid", fgColor="FBE3CF"),
    Grade.RED: PatternFill("solid", fgColor="FBE9E7"),
}
FORMATS = {Unit.COUNT: "#,##0", Unit.SHARE: "0.0%", Unit.DAYS: "0.0"}
CHANGES = {Unit.COUNT: "+#,##0;-#,##0;0", Unit.SHARE: "+0.0%;-0.0%;0.0%", Unit.DAYS: "+0.0;-0.0;0.0"}


def write(report: Report, out: Path) -> None:
    """Write the workbook to `out`, whole or not at all."""
    half = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        book(report).save(half)
        half.replace(out)
    finally:
        half.unlink(missing_ok=True)


def book(report: Report) -> Workbook:
    made = Workbook()
    first = made.active
    if not isinstance(first, Worksheet):
        raise TypeError("a new workbook has one worksheet")
    first.title = _("总表")
    _own(first, report)
    _children(made.create_sheet(_("下级")), report)
    _trend(made.create_sheet(_("趋势")), report)
    _explained(made.create_sheet(_("说明")), report)
    for sheet in made.worksheets:
        _paper(sheet)
    return made


def _own(sheet: Worksheet, report: Report) -> None:
    width = 9
    _line(
        sheet,
        1,
        _("%(place)s %(period)s平安报表") % {"place": report.node.name, "period": period_words(report.period)},
        TITLE,
        width,
    )
    _line(sheet, 2, report.headline, TEXT, width, height=48)
    _line(sheet, 3, _source(report), SMALL, width)
    heads = [_("指标"), _("本期"), _("等级"), _("分子"), _("分母"), _("件数n"), _("比上期"), _("比上年同期"), _("说明")]
    _head(sheet, 4, heads)
    row = 5
    for line in report.lines:
        now = line.now
        _put(sheet, row, 1, str(line.indicator.name))
        _value(sheet, row, 2, now)
        _put(sheet, row, 3, _graded(now))
        for column, count in ((4, now.numerator), (5, now.denominator), (6, now.n)):
            _put(sheet, row, column, count, "#,##0")
        _put(sheet, row, 7, line.change, CHANGES[line.indicator.unit])
        _put(sheet, row, 8, line.year_change, CHANGES[line.indicator.unit])
        _put(sheet, row, 9, _("接近完美，请抽查核实") if now.suspicious else str(now.why_absent or ""))
        row += 1
        for _code, words, n in now.parts:
            _put(sheet, row, 1, "　" + str(words))
            _put(sheet, row, 2, n if n is not None else _("少于10件，不显示"), "#,##0")
            row += 1
    for note in report.notes:
        _line(sheet, row, note, SMALL, width)
        row += 1
    _widths(sheet, [24, 14, 12, 12, 12, 12, 14, 14, 28])


def _children(sheet: Worksheet, report: Report) -> None:
    shown = [line.indicator for line in report.lines]
    _line(sheet, 1, _("各下级区划"), TITLE, len(shown) + 1)
    _head(sheet, 2, [_("区划"), *(str(indicator.name) for indicator in shown)])
    for row, child in enumerate(report.children, start=3):
        _put(sheet, row, 1, child.node.name)
        for column, indicator in enumerate(shown, start=2):
            _value(sheet, row, column, child.now[indicator.code])
    if not report.children:
        _put(sheet, 3, 1, _("没有下级区划。"))
    sheet.freeze_panes = "B3"
    _widths(sheet, [20, *([15] * len(shown))])


def _trend(sheet: Worksheet, report: Report) -> None:
    shown = [line.indicator for line in report.lines]
    _line(sheet, 1, _("趋势"), TITLE, len(shown) + 1)
    _head(sheet, 2, [_("期间"), *(str(indicator.name) for indicator in shown)])
    for row, (period, figures) in enumerate(report.trend, start=3):
        _put(sheet, row, 1, period.key)
        for column, indicator in enumerate(shown, start=2):
            _value(sheet, row, column, figures[indicator.code])
    sheet.freeze_panes = "B3"
    _widths(sheet, [14, *([15] * len(shown))])


def _explained(sheet: Worksheet, report: Report) -> None:
    _line(sheet, 1, _("怎样计算"), TITLE, 4)
    _head(sheet, 2, [_("指标"), _("公式与含义"), _("等级界限"), _("界限依据")])
    row = 3
    for line in report.lines:
        _put(sheet, row, 1, str(line.indicator.name))
        _put(sheet, row, 2, formula(line.indicator))
        limits, reference = _limits(line.indicator, report)
        _put(sheet, row, 3, limits)
        _put(sheet, row, 4, reference)
        row += 1
    _put(sheet, row, 1, _("数据截至"))
    _put(sheet, row, 2, report.state.watermark.strftime("%Y-%m-%d %H:%M:%S"))
    _put(sheet, row + 1, 1, _("来源"))
    _put(sheet, row + 1, 2, _source(report))
    _put(sheet, row + 2, 1, _("信访"))
    _put(sheet, row + 2, 2, _("信访件不计入任何指标；年度统计另按《信访工作条例》第四十一条编报。"))
    _widths(sheet, [20, 80, 26, 20])


def _limits(indicator: Indicator, report: Report) -> tuple[str, str]:
    row = indicator.threshold(report.node.level, report.period.last)
    if row is None:
        return _("不着色"), ""
    said = {name: bound_shown(indicator.unit, step) for name, step in row.steps.items()}
    said |= {"sign": "≥" if row.green >= row.yellow else "≤"}
    orange = _("，橙%(sign)s%(orange)s") % said if "orange" in said else ""
    text = _("绿 %(sign)s%(green)s，黄 %(sign)s%(yellow)s%(more)s，其余红") % (said | {"more": orange})
    return text, _("%(reference)s（%(start)s起）") % {"reference": row.reference, "start": row.start}


def _source(report: Report) -> str:
    return _("来源：本系统诉求办理记录%(n)s件；数据截至%(watermark)s%(open)s") % {
        "n": f"{report.state.records:,}",
        "watermark": report.state.watermark.strftime("%Y-%m-%d %H:%M"),
        "open": _("；本期未结束") if report.provisional else "",
    }


def _graded(figure: Figure) -> str:
    return f"{figure.shape} {figure.grade_words}" if figure.grade else ""


def _value(sheet: Worksheet, row: int, column: int, figure: Figure) -> None:
    """The value as a number a spreadsheet can use; a colour always with its shape in the number's own format."""
    if figure.value is None:
        _put(sheet, row, column, str(figure.why_absent or "—"))
        return
    shape = f'"{figure.shape} "' if figure.grade else ""
    _put(sheet, row, column, figure.value, f"{shape}{FORMATS[figure.indicator.unit]}")
    if figure.grade:
        sheet.cell(row, column).fill = FILLS[figure.grade]


def _put(sheet: Worksheet, row: int, column: int, value: Any, number_format: str = "General") -> None:
    cell = sheet.cell(row, column)
    if isinstance(cell, Cell):
        cell.value = neutral(value)
    number = isinstance(value, int | float)
    cell.font, cell.border = TEXT, BOX
    cell.number_format = number_format if number else "General"
    cell.alignment = Alignment(horizontal="right" if number else "left", vertical="center", wrap_text=not number)


def _head(sheet: Worksheet, row: int, texts: Sequence[str]) -> None:
    for column, text in enumerate(texts, start=1):
        _put(sheet, row, column, text)
        cell = sheet.cell(row, column)
        cell.font, cell.fill = HEAD, HEAD_FILL
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    sheet.print_title_rows = f"{row}:{row}"


def _line(sheet: Worksheet, row: int, text: str, font: Font, width: int, height: float | None = None) -> None:
    cell = sheet.cell(row, 1)
    if isinstance(cell, Cell):
        cell.value = neutral(text)
    cell.font = font
    cell.alignment = Alignment(horizontal="center" if font is TITLE else "left", vertical="center", wrap_text=True)
    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=width)
    sheet.row_dimensions[row].height = height or (36 if font is TITLE else 30)


def _widths(sheet: Worksheet, widths: Sequence[float]) -> None:
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width


def _paper(sheet: Worksheet) -> None:
    sheet.page_setup.paperSize = "9"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    if sheet.oddFooter is not None:
        sheet.oddFooter.center.text = "— &P —"
