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
# GB/T 9704: 156 by 225 mm of type, 22 lines of 28 characters of 三号.
TEXT_WIDTH, BODY = 156, 15.75
LEADING = 225 / 22
PADDING = 1.2
# What stays together on a line: a run of Latin letters and digits, or one sign, with the closing marks that follow it.
PIECES = re.compile(r"[（【《“]?(?:[A-Za-z0-9.,%+\-:=／]+|.)[，。、；：）】》”／%！？]*", re.DOTALL)
SLASH = re.compile(r"(?<=／)(?=\d)")
INK, FAINT = (20, 24, 26), (74, 85, 88)


class Sheet(FPDF):
    def footer(self) -> None:
        """At the outer edge, as pages that are bound have it."""
        self.set_y(-28)
        self.set_font("text", size=14)
        self.set_text_color(*INK)
        self.cell(TEXT_WIDTH, 8, f"　— {self.page_no()} —　", align=Align.R if self.page_no() % 2 else Align.L)


def render(paper: Paper) -> bytes:
    """Raises Unavailable where the machine has no Chinese font to embed."""
    logging.getLogger("fontTools.subset").setLevel(logging.ERROR)
    sheet = Sheet(format="A4")
    for family, places in (("text", SERIF), ("head", SANS)):
        path, number = font(places)
        sheet.add_font(family, "", path, collection_font_number=number)
    sheet.set_margins(28, 37, 26)
    sheet.c_margin = 0
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
    _line(sheet, "　　" + paper.lead, "text", BODY)
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
    """Lines no wider than `width`. None begins with a closing mark, and a number or Latin word stays in one piece; so do two
    numbers with ／ between them, unless no line holds both."""
    line = ""
    whole = (piece for part in text.split("\n") for piece in [*PIECES.findall(part), "\n"])
    for piece in (part for one in whole for part in (SLASH.split(one) if measure(one) > width else [one])):
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
    broken = "\n".join(wrapped(text, TEXT_WIDTH + 0.01, sheet.get_string_width))
    leading, after = (LEADING, 0.0) if size == BODY else (size * 0.58, 1.5)
    sheet.multi_cell(
        TEXT_WIDTH + 1, leading, broken, align=align, new_x="LMARGIN", new_y="NEXT", wrapmode=WrapMode.CHAR
    )
    sheet.ln(after)


def _block(sheet: FPDF, block: Heading | Text | Table | Chart) -> None:
    match block:
        case Heading():
            if sheet.will_page_break(40):
                sheet.add_page()
            sheet.ln(2)
            sheet.start_section(block.text)
            _line(sheet, block.text, "head", BODY)
        case Text():
            indent, size, colour = ("", 10, FAINT) if block.small else ("　　", BODY, INK)
            _line(sheet, indent + block.text, "text", size, colour=colour)
            if block.signed:
                _line(sheet, block.signed, "text", 12, align=Align.R)
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
        padding=PADDING,
        headings_style=head,
        borders_layout=TableBordersLayout.ALL,
        text_align=Align.L,
        wrapmode=WrapMode.CHAR,
    ) as table:
        widths = [TEXT_WIDTH * share - 2 * PADDING for share in block.widths]

        def broken(text: str, width: float) -> str:
            return "\n".join(wrapped(text, width, sheet.get_string_width))

        sheet.set_font("head")
        table.row([broken(text, width) for text, width in zip(block.head, widths, strict=True)])
        sheet.set_font("text")
        for cells in block.rows:
            row = table.row()
            for cell, width in zip(cells, widths, strict=True):
                style = FontFace("text", fill_color=_rgb(FILLS[cell.grade.value])) if cell.grade else None
                align = Align.R if cell.value is not None else Align.L
                row.cell(broken(cell.text, width), align=align, style=style)
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
