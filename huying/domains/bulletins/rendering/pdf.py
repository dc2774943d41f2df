"""The report as PDF by fpdf2, a pure library: Chinese text embedded as the part of the font that is used, charts as strokes."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout, WrapMode
from fpdf.fonts import FontFace

from huying.domains.bulletins import drawing
from huying.domains.bulletins.blocks import Chart, Heading, Paper, Table, Text
from huying.domains.bulletins.drawing import Dot, Label, Mark, Stroke
from huying.domains.bulletins.rendering import FILLS, RED
from huying.kernel.errors import Unavailable

# Where systems keep a Chinese face, the official ones first: file and, in a collection, the face's number.
SERIF = (
    ("/usr/share/fonts/winfonts/simfang.ttf", 0),
    ("C:/Windows/Fonts/simfang.ttf", 0),
    ("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc", 2),
    ("/usr/share/fonts/noto-cjk/NotoSerifCJK-Regular.ttc", 2),
    ("/usr/share/fonts/google-noto-serif-cjk-fonts/NotoSerifCJK-Regular.ttc", 2),
    ("/System/Library/Fonts/Supplemental/Songti.ttc", 3),
)
SANS = (
    ("/usr/share/fonts/winfonts/simhei.ttf", 0),
    ("C:/Windows/Fonts/simhei.ttf", 0),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc", 2),
    ("/System/Library/Fonts/STHeiti Light.ttc", 1),
)
TEXT_WIDTH = 156
# What stays together on a line: a run of Latin letters and digits, or one sign, with the closing marks that follow it.
PIECES = re.compile(r"(?:[A-Za-z0-9.,%+\-:]+|[（【《“]?.)[，。、；：）】》”／%！？]*", re.DOTALL)
INK, FAINT = (20, 24, 26), (74, 85, 88)


class Sheet(FPDF):
    def footer(self) -> None:
        self.set_y(-25)
        self.set_font("text", size=12)
        self.set_text_color(*INK)
        self.cell(0, 8, f"— {self.page_no()} —", align=Align.C)


def render(paper: Paper) -> bytes:
    """Raises Unavailable where the machine has no Chinese font to embed."""
    logging.getLogger("fontTools.subset").setLevel(logging.ERROR)
    sheet = Sheet(format="A4")
    for family, places in (("text", SERIF), ("head", SANS)):
        path, number = font(places)
        sheet.add_font(family, "", path, collection_font_number=number)
    sheet.set_margins(28, 37, 26)
    sheet.set_auto_page_break(True, 35)
    sheet.set_title(paper.title)
    sheet.set_subject(paper.mark)
    sheet.set_lang("en" if paper.language.startswith("en") else "zh-CN")
    sheet.add_page()
    if paper.redhead:
        _line(sheet, paper.redhead, "text", 30, align=Align.C, colour=_rgb(RED))
        _line(sheet, paper.mark, "text", 11, align=Align.C)
        sheet.set_draw_color(*_rgb(RED))
        sheet.set_line_width(0.8)
        sheet.line(sheet.l_margin, sheet.get_y(), sheet.l_margin + TEXT_WIDTH, sheet.get_y())
        sheet.ln(6)
    _line(sheet, paper.title, "text", 20, align=Align.C)
    if not paper.redhead:
        _line(sheet, paper.mark, "text", 11, align=Align.C)
    _line(sheet, "　　" + paper.lead, "text", 15)
    _line(sheet, paper.source, "text", 10, colour=FAINT)
    for block in paper.blocks:
        _block(sheet, block)
    sheet.ln(8)
    for said in paper.signature:
        _line(sheet, said, "text", 13, align=Align.R)
    return bytes(sheet.output())


def font(places: Iterable[tuple[str, int]]) -> tuple[str, int]:
    """The first of the places that is there; HUYING_PDF_FONT, where it is set, before them all."""
    named = settings.HUYING_PDF_FONT
    for path, number in ((named, 0), *places) if named else tuple(places):
        if Path(path).is_file():
            return path, number
    raise Unavailable(
        _("这台机器没有可嵌入 PDF 的中文字体。"),
        cure=_("安装 Noto CJK 字体（如 fonts-noto-cjk），或用 HUYING_PDF_FONT 指出一个 TrueType、OpenType 字体文件。"),
        retry_after=3600,
    )


def wrapped(text: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    """Lines no wider than `width`. None begins with a closing mark, and a number or Latin word stays in one piece."""
    line = ""
    for piece in (piece for part in text.split("\n") for piece in [*PIECES.findall(part), "\n"]):
        if piece == "\n":
            yield line
            line = ""
        elif line and measure(line + piece) > width:
            yield line
            line = piece
        else:
            line += piece


def _rgb(text: str) -> tuple[int, int, int]:
    bare = text.removeprefix("#")
    return int(bare[0:2], 16), int(bare[2:4], 16), int(bare[4:6], 16)


def _line(
    sheet: FPDF, text: str, face: str, size: float, *, align: Align = Align.L, colour: tuple[int, int, int] = INK
) -> None:
    sheet.set_font(face, size=size)
    sheet.set_text_color(*colour)
    broken = "\n".join(wrapped(text, TEXT_WIDTH - 2 * sheet.c_margin, sheet.get_string_width))
    sheet.multi_cell(
        TEXT_WIDTH, size * 0.58, broken, align=align, new_x="LMARGIN", new_y="NEXT", wrapmode=WrapMode.CHAR
    )
    sheet.ln(1.5)


def _block(sheet: FPDF, block: Heading | Text | Table | Chart) -> None:
    match block:
        case Heading():
            if sheet.will_page_break(40):
                sheet.add_page()
            sheet.ln(2)
            sheet.start_section(block.text)
            _line(sheet, block.text, "head", 14)
        case Text():
            indent, size, colour = ("", 10, FAINT) if block.small else ("　　", 13, INK)
            _line(sheet, indent + block.text, "text", size, colour=colour)
            if block.signed:
                _line(sheet, block.signed, "text", 11, align=Align.R)
        case Table():
            _table(sheet, block)
        case Chart():
            height = TEXT_WIDTH * drawing.HEIGHT / drawing.WIDTH
            if sheet.will_page_break(height + 24):
                sheet.add_page()
            _line(sheet, block.title, "head", 11)
            _draw(sheet, block.marks, sheet.l_margin, sheet.get_y())
            sheet.set_y(sheet.get_y() + height + 1)
            _line(sheet, block.note, "text", 10, colour=FAINT)


def _table(sheet: FPDF, block: Table) -> None:
    sheet.set_font("text", size=9.5)
    sheet.set_text_color(*INK)
    sheet.set_draw_color(140, 150, 152)
    sheet.set_line_width(0.2)
    sheet.set_fill_color(255, 255, 255)
    head = FontFace(family="head", fill_color=(239, 243, 243))
    with sheet.table(
        width=TEXT_WIDTH,
        col_widths=block.widths,
        line_height=5,
        padding=1,
        headings_style=head,
        borders_layout=TableBordersLayout.ALL,
        text_align=Align.L,
        wrapmode=WrapMode.CHAR,
    ) as table:
        table.row(block.head)
        for cells in block.rows:
            row = table.row()
            for cell in cells:
                style = FontFace(fill_color=_rgb(FILLS[cell.grade.value])) if cell.grade else None
                row.cell(cell.text, align=Align.R if cell.value is not None else Align.L, style=style)
    sheet.ln(3)


def _draw(sheet: FPDF, marks: Iterable[Mark], left: float, top: float) -> None:
    scale = TEXT_WIDTH / drawing.WIDTH
    for mark in marks:
        match mark:
            case Stroke(points, colour, width, dashed):
                sheet.set_draw_color(*_rgb(colour))
                sheet.set_line_width(width * scale)
                sheet.set_dash_pattern(dash=1.4, gap=0.9) if dashed else sheet.set_dash_pattern()
                sheet.polyline([(left + x * scale, top + y * scale) for x, y in points])
            case Dot(x, y, colour):
                sheet.set_fill_color(*_rgb(colour))
                sheet.set_dash_pattern()
                radius = 2.6 * scale
                sheet.ellipse(left + x * scale - radius, top + y * scale - radius, 2 * radius, 2 * radius, style="F")
            case Label(x, y, text, anchor):
                sheet.set_font("head", size=8)
                sheet.set_text_color(*_rgb(drawing.INK))
                wide = sheet.get_string_width(text)
                shift = {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
                sheet.text(left + x * scale - shift, top + y * scale, text)
    sheet.set_dash_pattern()
