"""Makes the templates in official typography (党政机关公文格式 GB/T 9704-2012) and writes them beside this file.

A4; margins top 37, bottom 35, left 28, right 26 mm; title 小标宋 22 pt, text 仿宋 16 pt on 28.9 pt lines, headings 黑体 16 pt. An
office may lay its own file of the same name over one of these: the words in double braces are the fields.
"""

from __future__ import annotations

from pathlib import Path

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.table import WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run

HERE = Path(__file__).resolve().parent
TITLE, TEXT, HEADING, LATIN = "方正小标宋简体", "仿宋_GB2312", "黑体", "Times New Roman"
LINE = Pt(28.9)


def face(run: Run, font: str, size: float, *, colour: RGBColor | None = None) -> Run:
    run.font.name = LATIN
    run.font.size = Pt(size)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    if colour is not None:
        run.font.color.rgb = colour
    return run


def sheet() -> DocumentType:
    made = Document()
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    normal = made.styles["Normal"]
    normal.font.name, normal.font.size = LATIN, Pt(16)
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), TEXT)
    made.core_properties.author, made.core_properties.title = "", ""
    return made


def paragraph(
    made: DocumentType,
    text: str,
    *,
    font: str = TEXT,
    size: float = 16,
    align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.JUSTIFY,
    indent: bool = True,
    colour: RGBColor | None = None,
) -> Paragraph:
    line = made.add_paragraph()
    line.alignment = align
    shape = line.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, LINE if size <= 18 else Pt(size * 1.6)
    if indent:
        shape.first_line_indent = Pt(size * 2)
    face(line.add_run(text), font, size, colour=colour)
    return line


def head(made: DocumentType, title: str) -> None:
    centre = WD_ALIGN_PARAGRAPH.CENTER
    paragraph(made, title, font=TITLE, size=22, align=centre, indent=False)
    paragraph(made, "{{ number }}", align=centre, indent=False)
    paragraph(made, "", indent=False)


def foot(made: DocumentType) -> None:
    paragraph(made, "", indent=False)
    for text in ("{{ issuer }}", "{{ issued_on }}"):
        line = paragraph(made, text, align=WD_ALIGN_PARAGRAPH.RIGHT, indent=False)
        line.paragraph_format.right_indent = Pt(64 if text.startswith("{{ issued") else 48)


def table(made: DocumentType, rows: list[tuple[str, ...]], tall: dict[str, float]) -> None:
    """Rows of label, value (one pair across the sheet, or two pairs side by side)."""
    grid = made.add_table(rows=0, cols=4)
    grid.style, grid.alignment, grid.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    widths = [Mm(30), Mm(48), Mm(30), Mm(48)]
    for row in rows:
        line = grid.add_row()
        line.height_rule, line.height = WD_ROW_HEIGHT_RULE.AT_LEAST, Mm(tall.get(row[0], 11))
        cells = line.cells
        for cell, width in zip(cells, widths, strict=True):
            cell.width = width
        if len(row) == 2:
            cells[1].merge(cells[3])
        for place, text in enumerate(row):
            cell = cells[place]
            at = cell.paragraphs[0]
            label = place % 2 == 0
            at.alignment = WD_ALIGN_PARAGRAPH.CENTER if label else WD_ALIGN_PARAGRAPH.LEFT
            at.paragraph_format.space_before = at.paragraph_format.space_after = Pt(3)
            face(at.add_run(text), HEADING if label else TEXT, 14 if not label else 12)


def transfer() -> DocumentType:
    made = sheet()
    head(made, "事项转办单")
    table(
        made,
        [
            ("事项编号", "{{ matter_number }}"),
            ("登记时间", "{{ registered_at }}"),
            ("来源渠道", "{{ channel }}", "事项类别", "{{ category }}"),
            ("事发地点", "{{ place }}"),
            ("反映内容", "{{ content }}"),
            ("承办单位", "{{ unit }}"),
            ("协办单位", "{{ supporters }}"),
            ("派单依据", "{{ grounds }}"),
            ("办理时限", "{{ limit }}"),
            ("截止时间", "{{ due }}"),
            ("保密级别", "{{ confidentiality }}", "联系方式", "{{ contact }}"),
        ],
        {"反映内容": 58},
    )
    note = paragraph(
        made,
        "本单不载反映人身份。需联系反映人的，经系统转接；按保密级别确需查看身份的，在系统内写明目的申请，查看情况反映人可知。",
        size=12,
        indent=False,
    )
    note.paragraph_format.line_spacing = Pt(20)
    note.paragraph_format.space_before = Pt(6)
    foot(made)
    return made


def receipt() -> DocumentType:
    made = sheet()
    head(made, "受理回执")
    paragraph(made, "您于{{ registered_at }}反映的事项已经受理，编号为{{ matter_number }}，类别为{{ category }}。")
    paragraph(made, "一、反映内容", font=HEADING)
    paragraph(made, "{{ content }}")
    paragraph(made, "二、办理时限", font=HEADING)
    paragraph(made, "{{ limit }}，应于{{ due }}前答复。")
    paragraph(made, "三、查询办法", font=HEADING)
    paragraph(
        made, "{{ query_address }}{% if query_code %}查询码：{{ query_code }}。请妥善保管，不要告诉他人。{% endif %}"
    )
    paragraph(made, "四、不服的途径", font=HEADING)
    paragraph(made, "{{ appeal }}")
    foot(made)
    return made


def reply() -> DocumentType:
    made = sheet()
    head(made, "事项答复函")
    paragraph(made, "您于{{ registered_at }}反映的事项（编号{{ matter_number }}）已经办理，现答复如下。")
    for title, field in (
        ("一、反映内容", "content"),
        ("二、核查情况", "findings"),
        ("三、办理结果", "handling"),
        ("四、依据", "basis"),
        ("五、不服的途径", "appeal"),
    ):
        paragraph(made, title, font=HEADING)
        paragraph(made, "{{ " + field + " }}")
    paragraph(made, "联系电话：{{ contact }}")
    foot(made)
    return made


def notice(title: str) -> DocumentType:
    made = sheet()
    head(made, title)
    paragraph(made, "{{ unit }}：", indent=False)
    paragraph(made, "你单位承办的{{ matter_number }}号事项，应于{{ due }}前办结。{{ state }}")
    paragraph(made, "事项内容：{{ content }}")
    paragraph(
        made, "根据{{ basis }}，请{{ demand }}，并于{{ answer_by }}前反馈办理情况；不能按期办结的，说明理由和预计时间。"
    )
    foot(made)
    return made


def forms() -> dict[str, DocumentType]:
    return {
        "transfer": transfer(),
        "receipt": receipt(),
        "reply": reply(),
        "urging": notice("催办通知"),
        "supervision": notice("督办通知"),
    }


if __name__ == "__main__":
    for name, made in forms().items():
        made.save(str(HERE / f"{name}.docx"))
