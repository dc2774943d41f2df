"""The report as a Word document in the typography of official papers (GB/T 9704): A4, 小标宋 title, 黑体 heads, 仿宋 text."""

from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from huying.domains.bulletins import drawing
from huying.domains.bulletins.blocks import Cell, Chart, Heading, Paper, Table, Text
from huying.domains.bulletins.rendering import FILLS, HEAD_FACE, RED, TEXT_FACE, TITLE_FACE

TEXT_WIDTH = 15.6
# Where a machine has none of the official faces, Word takes the Latin one for digits and its own Chinese default for the rest.
LATIN = "Times New Roman"


def render(paper: Paper) -> bytes:
    made = Document()
    section = made.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = (
        Cm(3.7),
        Cm(3.5),
        Cm(2.8),
        Cm(2.6),
    )
    made.core_properties.title, made.core_properties.author = paper.title, paper.signature[-2]
    made.core_properties.comments = paper.mark
    if paper.redhead:
        _line(made, paper.redhead, TITLE_FACE, 36, colour=RED, centred=True)
        _line(made, paper.mark, TEXT_FACE, 12, centred=True, rule=RED)
    heading = _line(made, paper.title, TITLE_FACE, 22, centred=True)
    heading.style = made.styles["Title"]
    _plain_style(heading)
    if not paper.redhead:
        _line(made, paper.mark, TEXT_FACE, 12, centred=True)
    _line(made, paper.lead, TEXT_FACE, 16, indent=True)
    _line(made, paper.source, TEXT_FACE, 10.5)
    for block in paper.blocks:
        _block(made, block)
    for said in paper.signature:
        _line(made, said, TEXT_FACE, 14, right=True)
    _numbered(section.footer.paragraphs[0])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _block(made: Any, block: Heading | Text | Table | Chart) -> None:
    match block:
        case Heading():
            line = _line(made, block.text, HEAD_FACE, 16)
            line.style = made.styles["Heading 1"]
            line.paragraph_format.keep_with_next = True
            _plain_style(line)
        case Text():
            _line(made, block.text, TEXT_FACE, 10.5 if block.small else 14, indent=not block.small)
            if block.signed:
                _line(made, block.signed, TEXT_FACE, 12, right=True)
        case Table():
            _table(made, block)
        case Chart():
            _line(made, block.title, HEAD_FACE, 12).paragraph_format.keep_with_next = True
            made.add_picture(io.BytesIO(drawing.png(block.marks)), width=Cm(TEXT_WIDTH))
            picture = made.inline_shapes[-1]._inline.docPr
            picture.set("descr", block.title)
            _line(made, block.note, TEXT_FACE, 10.5)


def _table(made: Any, block: Table) -> None:
    table = made.add_table(rows=1, cols=len(block.head))
    table.style, table.autofit = "Table Grid", False
    for place, text in enumerate(block.head):
        table.columns[place].width = Cm(TEXT_WIDTH * block.widths[place])
        _cell(table.rows[0].cells[place], Cell(text), HEAD_FACE, block.widths[place])
    repeat = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(repeat)
    for row in block.rows:
        cells = table.add_row().cells
        for place, cell in enumerate(row):
            _cell(cells[place], cell, TEXT_FACE, block.widths[place])
    made.add_paragraph().paragraph_format.space_after = Pt(0)


def _cell(target: Any, cell: Cell, face: str, width: float) -> None:
    target.width = Cm(TEXT_WIDTH * width)
    paragraph = target.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    if cell.value is not None:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _faced(paragraph.add_run(cell.text), face, 10.5)
    if cell.grade:
        shade = OxmlElement("w:shd")
        shade.set(qn("w:val"), "clear")
        shade.set(qn("w:fill"), FILLS[cell.grade.value])
        target._tc.get_or_add_tcPr().append(shade)


def _line(
    made: Any, text: str, face: str, size: float, *, colour: str = "", centred: bool = False, right: bool = False,
    indent: bool = False, rule: str = "",
) -> Any:  # fmt: skip
    paragraph = made.add_paragraph()
    _faced(paragraph.add_run(text), face, size, colour)
    if centred or right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.RIGHT
    if indent:
        paragraph.paragraph_format.first_line_indent = Pt(size * 2)
    paragraph.paragraph_format.space_after = Pt(4)
    if rule:
        border = OxmlElement("w:pBdr")
        line = OxmlElement("w:bottom")
        for key, value in (("val", "single"), ("sz", "18"), ("space", "4"), ("color", rule)):
            line.set(qn(f"w:{key}"), value)
        border.append(line)
        paragraph._p.get_or_add_pPr().append(border)
    return paragraph


def _plain_style(paragraph: Any) -> None:
    """Keep the style's place in the outline, not its rule and blue."""
    border = OxmlElement("w:pBdr")
    line = OxmlElement("w:bottom")
    line.set(qn("w:val"), "nil")
    border.append(line)
    paragraph._p.get_or_add_pPr().append(border)


def _faced(run: Any, face: str, size: float, colour: str = "000000") -> None:
    run.font.name, run.font.size = LATIN, Pt(size)
    run.font.color.rgb = RGBColor.from_string(colour or "000000")
    run.font.bold = False
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)


def _numbered(paragraph: Any) -> None:
    """— n — at the foot, as official papers have it."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for kind, text in (("text", "— "), ("begin", ""), ("instr", "PAGE"), ("end", ""), ("text", " —")):
        run = paragraph.add_run(text if kind == "text" else "")
        if kind in ("begin", "end"):
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._element.append(mark)
        elif kind == "instr":
            code = OxmlElement("w:instrText")
            code.text = text
            run._element.append(code)
        _faced(run, TEXT_FACE, 14)
