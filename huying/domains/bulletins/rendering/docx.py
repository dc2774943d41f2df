"""The report as a Word document in the typography of official papers (GB/T 9704): A4, 小标宋 title, 黑体 heads, 仿宋 text."""

from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.enum.table import WD_ALIGN_VERTICAL, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

from huying.domains.bulletins import drawing
from huying.domains.bulletins.blocks import Cell, Chart, Heading, Paper, Table, Text
from huying.domains.bulletins.rendering import FILLS, HEAD_FACE, NUMBER_FACE, RED, TEXT_FACE, TITLE_FACE

TEXT_WIDTH = 15.6
LATIN = "Times New Roman"
# GB/T 9704: 22 lines of 28 characters of 三号 on 156 by 225 mm. Line pitch, and how much narrower than 16 points a character
# stands, in twentieths of a point. (A grid of characters says the same, but not to every program.)
LINE_PITCH, CLOSER, BODY = "579", "-5", 16
HEAD_FILL = "EFF3F3"
# What Word shows on a machine without the official faces.
INSTEAD = {
    TITLE_FACE: "FZXiaoBiaoSong-B05S,方正小标宋_GBK,华文中宋,宋体,Noto Serif CJK SC",
    HEAD_FACE: "SimHei,Noto Sans CJK SC",
    TEXT_FACE: "仿宋,FangSong,华文仿宋,Noto Serif CJK SC",
    NUMBER_FACE: "SimSun,Noto Serif CJK SC",
}


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
    _ruled(made, section)
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
    # At the outer edge, as pages that are bound have it.
    made.settings.odd_and_even_pages_header_footer = True
    _numbered(section.footer.paragraphs[0], WD_ALIGN_PARAGRAPH.RIGHT)
    _numbered(section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT)
    _fonts(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _ruled(made: Any, section: Any) -> None:
    """Text in the lines of official papers."""
    normal = made.styles["Normal"]
    normal.font.name, normal.font.size = LATIN, Pt(16)
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), TEXT_FACE)
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), LINE_PITCH)


def _fonts(made: Any) -> None:
    """The table of faces, each with what stands in for it."""
    rows = "".join(
        f'<w:font w:name="{face}"><w:altName w:val="{instead}"/><w:charset w:val="86"/></w:font>'
        for face, instead in INSTEAD.items()
    )
    part = next(p for p in made.part.package.iter_parts() if p.partname == "/word/fontTable.xml")
    part._blob = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts {nsdecls("w")}>{rows}</w:fonts>'.encode()
    )


def _block(made: Any, block: Heading | Text | Table | Chart) -> None:
    match block:
        case Heading():
            line = _line(made, block.text, HEAD_FACE, 16)
            line.style = made.styles["Heading 1"]
            line.paragraph_format.keep_with_next = True
            _plain_style(line)
        case Text():
            _line(made, block.text, TEXT_FACE, 10.5 if block.small else 16, indent=not block.small)
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
    table.style, table.autofit, table.alignment = "Table Grid", False, WD_TABLE_ALIGNMENT.CENTER
    _margins(table)
    for place, text in enumerate(block.head):
        table.columns[place].width = Cm(TEXT_WIDTH * block.widths[place])
        _cell(table.rows[0].cells[place], Cell(text), HEAD_FACE, block.widths[place], fill=HEAD_FILL)
    repeat = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(repeat)
    for row in block.rows:
        line = table.add_row()
        line._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        cells = line.cells
        for place, cell in enumerate(row):
            _cell(cells[place], cell, TEXT_FACE, block.widths[place])
    _line(made, "", TEXT_FACE, 5)


def _margins(table: Any) -> None:
    """Room around the words of a cell, in twentieths of a point."""
    margins = OxmlElement("w:tblCellMar")
    for side, width in (("top", "40"), ("left", "70"), ("bottom", "40"), ("right", "70")):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), width)
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.append(margins)


def _cell(target: Any, cell: Cell, face: str, width: float, fill: str = "") -> None:
    target.width = Cm(TEXT_WIDTH * width)
    target.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    paragraph = target.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    _off_grid(paragraph)
    if cell.value is not None:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _faced(paragraph.add_run(cell.text), face, 10.5)
    if fill := FILLS[cell.grade.value] if cell.grade else fill:
        shade = OxmlElement("w:shd")
        shade.set(qn("w:val"), "clear")
        shade.set(qn("w:fill"), fill)
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
    paragraph.paragraph_format.space_after = Pt(0 if size >= BODY else 4)
    if size < BODY:
        _off_grid(paragraph)
    if rule:
        border = OxmlElement("w:pBdr")
        line = OxmlElement("w:bottom")
        for key, value in (("val", "single"), ("sz", "18"), ("space", "4"), ("color", rule)):
            line.set(qn(f"w:{key}"), value)
        border.append(line)
        paragraph._p.get_or_add_pPr().append(border)
    return paragraph


def _off_grid(paragraph: Any) -> None:
    """Small type in lines of its own height."""
    off = OxmlElement("w:snapToGrid")
    off.set(qn("w:val"), "0")
    properties = paragraph._p.get_or_add_pPr()
    # The schema has an order: before what is written of spacing and alignment.
    later = [properties.find(qn(f"w:{name}")) for name in ("spacing", "ind", "jc", "rPr")]
    first = next((one for one in later if one is not None), None)
    properties.append(off) if first is None else first.addprevious(off)


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
    if size == BODY:
        closer = OxmlElement("w:spacing")
        closer.set(qn("w:val"), CLOSER)
        # The schema has an order: between colour and size.
        run._element.rPr.find(qn("w:sz")).addprevious(closer)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)


def _numbered(paragraph: Any, side: Any) -> None:
    """— n — at the foot, a character in from the edge, as official papers have it."""
    paragraph.alignment = side
    for kind, text in (("text", "　— "), ("begin", ""), ("instr", "PAGE"), ("end", ""), ("text", " —　")):
        run = paragraph.add_run(text if kind == "text" else "")
        if kind in ("begin", "end"):
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._element.append(mark)
        elif kind == "instr":
            code = OxmlElement("w:instrText")
            code.text = text
            run._element.append(code)
        _faced(run, NUMBER_FACE, 14)
