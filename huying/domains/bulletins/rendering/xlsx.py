"""The report as a workbook: one sheet to read and print, each table's numbers as numbers, charts a spreadsheet can redraw."""

from __future__ import annotations

import io
import math
from typing import Any

from openpyxl import Workbook
from openpyxl.drawing.image import Image
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.pagebreak import Break

from huying.analytics.definitions.model import GRADE_SHAPES, GRADE_WORDS
from huying.domains.bulletins import drawing
from huying.domains.bulletins.blocks import Cell, Chart, Heading, Paper, Table, Text
from huying.domains.bulletins.rendering import FILLS, HEAD_FACE, RED, TEXT_FACE, TITLE_FACE
from huying.kernel.sheets import neutral

# Widths in characters: the first column names what a row is about.
COLUMNS, FIRST, OTHER = 8, 20, 12.5
LINE = Side(style="thin", color="808080")
BOX = Border(left=LINE, right=LINE, top=LINE, bottom=LINE)
# Characters of 12-point Chinese that a merged line of this sheet holds, the points a line takes, and a landscape A4 page.
PER_LINE, POINTS, PAGE = 46, 18, 540
PICTURE = 9


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
    _break_pages(sheet, row)
    for said in paper.signature:
        row = _line(sheet, row, said, Font(name=TEXT_FACE, size=12), "right")
    for column in range(1, COLUMNS + 1):
        sheet.column_dimensions[get_column_letter(column)].width = FIRST if column == 1 else OTHER
    sheet.page_setup.paperSize, sheet.page_setup.orientation = "9", "landscape"
    # A scale that leaves room for wider faces: fitting to the width would make a spreadsheet pass over the breaks.
    sheet.page_setup.scale = 88
    sheet.print_options.horizontalCentered = True
    sheet.page_margins = PageMargins(left=0.6, right=0.6, top=0.7, bottom=0.7)
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
            for line in range(row, row + PICTURE):
                sheet.row_dimensions[line].height = POINTS
            return _line(sheet, row + PICTURE, block.note, Font(name=TEXT_FACE, size=10.5))


def _table(sheet: Any, row: int, block: Table) -> int:
    last = len(block.head)
    # A last column of words takes what is left of the sheet's width.
    wide = last < COLUMNS and all(cells[-1].value is None for cells in block.rows)
    head = tuple(Cell(text) for text in block.head)
    for at, cells in enumerate((head, *block.rows), start=row):
        lines, width = 1, 0.0
        for column, cell in enumerate(cells, start=1):
            _cell(sheet, at, column, cell, Font(name=HEAD_FACE if at == row else TEXT_FACE, size=11))
            width = OTHER if column > 1 else FIRST
            if at == row:
                sheet.cell(at, column).fill = PatternFill("solid", fgColor="EFF3F3")
            if column == last and wide:
                width += OTHER * (COLUMNS - last)
                for more in range(last + 1, COLUMNS + 1):
                    sheet.cell(at, more).border = BOX
                sheet.merge_cells(start_row=at, start_column=last, end_row=at, end_column=COLUMNS)
            if cell.value is None:
                lines = max(lines, math.ceil(_breadth(cell.text) / (width - 1)))
        sheet.row_dimensions[at].height = POINTS * lines
    sheet.row_dimensions[row + len(block.rows) + 1].height = POINTS / 2
    return row + len(block.rows) + 2


def _breadth(text: str) -> float:
    """In columns' characters, of which a Chinese sign at 11 points takes two and a bit."""
    return sum(1.0 if ord(sign) < 0x2000 else 2.1 for sign in text)


def _break_pages(sheet: Any, end: int) -> None:
    """A page ends before a row that doesn't fit, a heading or a chart before what belongs to it: no picture is cut in two."""
    pictures = {sheet[image.anchor].row for image in sheet._images}
    used = 0.0
    for row in range(1, end):
        height = sheet.row_dimensions[row].height or 15
        needed = height
        heading = sheet.cell(row, 1).font.name == HEAD_FACE and not sheet.cell(row, 2).border.left.style
        if heading:
            needed += POINTS * (PICTURE + 2 if {row + 1, row + 2} & pictures else 3)
        if used + needed > PAGE and used:
            sheet.row_breaks.append(Break(id=row - 1))
            used = 0
        used += height


def _cell(sheet: Any, row: int, column: int, cell: Cell, font: Font) -> None:
    target = sheet.cell(row, column)
    number = cell.value is not None and cell.measure is not None
    target.value = cell.value if number else neutral(cell.text)
    if number and cell.measure is not None:
        shape, word = (f'"{GRADE_SHAPES[cell.grade]} "', f'" {GRADE_WORDS[cell.grade]}"') if cell.grade else ("", "")
        target.number_format = shape + cell.measure.sheet_format(signed=cell.signed) + word
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
