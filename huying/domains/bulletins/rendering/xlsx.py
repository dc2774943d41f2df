"""The report as a workbook: one sheet to read and print, each table's numbers as numbers, charts a spreadsheet can redraw."""

from __future__ import annotations

import io
from typing import Any

from openpyxl import Workbook
from openpyxl.drawing.image import Image
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from huying.analytics.definitions.model import GRADE_SHAPES
from huying.domains.bulletins import drawing
from huying.domains.bulletins.blocks import Cell, Chart, Heading, Paper, Table, Text
from huying.domains.bulletins.rendering import FILLS, HEAD_FACE, RED, TEXT_FACE, TITLE_FACE
from huying.kernel.sheets import neutral

COLUMNS = 8
LINE = Side(style="thin", color="808080")
BOX = Border(left=LINE, right=LINE, top=LINE, bottom=LINE)
# Characters of 12-point Chinese that a merged line of this sheet holds, and the points a line takes.
PER_LINE, POINTS = 56, 18


def render(paper: Paper) -> bytes:
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "平安报表" if not paper.language.startswith("en") else "Report"
    row = 1
    if paper.redhead:
        row = _line(sheet, row, paper.redhead, Font(name=TITLE_FACE, size=28, color=RED), "center", 44)
    row = _line(sheet, row, paper.title, Font(name=TITLE_FACE, size=20), "center", 36)
    row = _line(sheet, row, paper.mark, Font(name=TEXT_FACE, size=12), "center")
    row = _line(sheet, row, paper.lead, Font(name=TEXT_FACE, size=12))
    row = _line(sheet, row, paper.source, Font(name=TEXT_FACE, size=10.5, color="444444"))
    for block in paper.blocks:
        row = _block(sheet, row, block)
    for said in paper.signature:
        row = _line(sheet, row, said, Font(name=TEXT_FACE, size=12), "right")
    for column in range(1, COLUMNS + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 22 if column == 1 else 15
    sheet.page_setup.paperSize, sheet.page_setup.orientation = "9", "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.oddFooter.center.text = "— &P —"
    book.properties.title, book.properties.description = paper.title, paper.mark
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _block(sheet: Any, row: int, block: Heading | Text | Table | Chart) -> int:
    match block:
        case Heading():
            return _line(sheet, row, block.text, Font(name=HEAD_FACE, size=14), height=28)
        case Text():
            row = _line(sheet, row, block.text, Font(name=TEXT_FACE, size=10.5 if block.small else 12))
            return _line(sheet, row, block.signed, Font(name=TEXT_FACE, size=11), "right") if block.signed else row
        case Table():
            return _table(sheet, row, block)
        case Chart():
            row = _line(sheet, row, block.title, Font(name=HEAD_FACE, size=12))
            picture = Image(io.BytesIO(drawing.png(block.marks)))
            picture.width, picture.height = drawing.WIDTH, drawing.HEIGHT
            sheet.add_image(picture, f"A{row}")
            return _line(sheet, row + 11, block.note, Font(name=TEXT_FACE, size=10.5))


def _table(sheet: Any, row: int, block: Table) -> int:
    for column, text in enumerate(block.head, start=1):
        _cell(sheet, row, column, Cell(text), Font(name=HEAD_FACE, size=11))
    for at, cells in enumerate(block.rows, start=row + 1):
        for column, cell in enumerate(cells, start=1):
            _cell(sheet, at, column, cell, Font(name=TEXT_FACE, size=11))
    return row + len(block.rows) + 2


def _cell(sheet: Any, row: int, column: int, cell: Cell, font: Font) -> None:
    target = sheet.cell(row, column)
    number = cell.value is not None and cell.measure is not None
    target.value = cell.value if number else neutral(cell.text)
    if number and cell.measure is not None:
        shape = f'"{GRADE_SHAPES[cell.grade]} "' if cell.grade else ""
        target.number_format = shape + cell.measure.sheet_format(signed=cell.signed)
    target.font, target.border = font, BOX
    target.alignment = Alignment(horizontal="right" if number else "left", vertical="center", wrap_text=not number)
    if cell.grade:
        target.fill = PatternFill("solid", fgColor=FILLS[cell.grade.value])


def _line(sheet: Any, row: int, text: str, font: Font, align: str = "left", height: float = 0) -> int:
    target = sheet.cell(row, 1)
    target.value, target.font = neutral(text), font
    target.alignment = Alignment(horizontal=align, vertical="center", wrap_text=True)
    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=COLUMNS)
    sheet.row_dimensions[row].height = height or POINTS * (1 + len(text) // PER_LINE)
    return row + 1
