"""Every format prints the same document; each is opened again by another library than the one that wrote it."""

import io
import json
import zipfile
from itertools import pairwise
from xml.etree.ElementTree import fromstring

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from huying.analytics.figures import ABSENT_WORDS, Absent
from huying.domains.bulletins import commands, content, drawing, services
from huying.domains.bulletins.blocks import Chart, Table, Text
from huying.domains.bulletins.paper import paper
from huying.domains.bulletins.rendering import FORMATS, pdf, render
from huying.kernel.errors import InvalidInput, NotFound, Unavailable

from .conftest import OCTOBER
from .made import ABOVE, ANALYST, EAST, LEADER, MONTHLY, signed, town

pytestmark = pytest.mark.django_db
# Line ends, and the noughts that pypdf reads before each two-byte character.
NOT_TEXT = {ord("\n"): None, 0: None}
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture
def made(report):
    return paper(report.content)


def words_of(format, raw):
    match format:
        case "docx":
            part = fromstring(zipfile.ZipFile(io.BytesIO(raw)).read("word/document.xml"))
            return "".join(node.text or "" for node in part.iter(f"{WORD}t"))
        case "xlsx":
            rows = CalamineWorkbook.from_filelike(io.BytesIO(raw)).get_sheet_by_index(0).to_python()
            return "".join(str(cell) for row in rows for cell in row)
        case "pdf":
            return "".join(page.extract_text() for page in PdfReader(io.BytesIO(raw)).pages).translate(NOT_TEXT)
        case _:
            return raw.decode()


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_says_title_state_figures_and_source(made, format):
    said = words_of(format, render(made, format)).replace(" ", "")
    for text in ("莲都区平安月体检（2026年10月）", "草稿，未发布", "按时办结率", "10／20", "桥街道", "信访件不计入"):
        assert text in said, text


@pytest.mark.parametrize("format", FORMATS)
def test_no_format_holds_a_small_cell_below_the_county(publish_figures, monthly, format):
    few = town()
    few.put(
        *(few.matters[100].__class__(**{**few.matters[100].__dict__, "id": 777 + n, "township": ""}) for n in range(9))
    )
    publish_figures(few)
    made = content.compose(MONTHLY, "331121100000", OCTOBER)
    assert made["figures"]["closed_in_time"]["now"]["value"] is None
    said = words_of(format, render(paper(made), format)).replace(" ", "")
    assert "4／4" not in said
    assert ABSENT_WORDS[Absent.SMALL].zh.replace(" ", "") in said


def test_the_word_file_is_set_in_the_official_faces_with_its_chart_inside(made):
    packed = zipfile.ZipFile(io.BytesIO(render(made, "docx")))
    document = packed.read("word/document.xml").decode()
    for face in ("方正小标宋简体", "黑体", "仿宋_GB2312"):
        assert f'w:eastAsia="{face}"' in document
    assert [name for name in packed.namelist() if name.endswith(".png")]
    assert 'w:fill="FBE9E7"' in document


def test_the_word_file_keeps_the_lines_and_page_numbers_of_official_papers(made):
    packed = zipfile.ZipFile(io.BytesIO(render(made, "docx")))
    document = packed.read("word/document.xml").decode()
    assert 'w:linePitch="579"' in document, "22 lines on 225 mm"
    assert "<w:evenAndOddHeaders" in packed.read("word/settings.xml").decode()
    feet = [packed.read(name).decode() for name in packed.namelist() if name.startswith("word/footer")]
    assert sorted(foot.count('w:jc w:val="right"') for foot in feet) == [0, 1]
    assert all("PAGE" in foot for foot in feet)
    assert 'w:name="仿宋_GB2312"><w:altName' in packed.read("word/fontTable.xml").decode()


def test_a_difference_of_shares_is_points_in_a_spreadsheet_not_per_cent(made):
    sheet = load_workbook(io.BytesIO(render(made, "xlsx"))).active
    cells = [cell for row in sheet.iter_rows() for cell in row if "百分点" in str(cell.number_format)]
    assert -40 in [pytest.approx(cell.value) for cell in cells], "18 of 20, then 10 of 20"
    assert any("警示" in str(cell.number_format) for row in sheet.iter_rows() for cell in row), "the colour's word"


def test_a_column_that_would_be_empty_is_left_out_and_last_years_is_said_so(report, made):
    table = next(block for block in made.blocks if isinstance(block, Table))
    assert "同比" not in table.head
    assert sum(table.widths) == pytest.approx(1)
    assert any(isinstance(block, Text) and "不列同比" in block.text for block in made.blocks)


def test_the_axis_of_a_chart_has_round_numbers():
    marks = drawing.trend(["1", "2"], [0.851, 0.997], [None, None], share=True)
    ticks = [mark.text for mark in marks if isinstance(mark, drawing.Label) and mark.anchor == "end"]
    assert ticks == ["85%", "90%", "95%", "100%"]
    counts = drawing.trend(["1", "2"], [36, 57], [None, None], share=False)
    assert [m.text for m in counts if isinstance(m, drawing.Label) and m.anchor == "end"] == ["0", "20", "40", "60"]


def test_a_spreadsheet_gets_numbers_and_no_formula(report, made):
    rows = CalamineWorkbook.from_filelike(io.BytesIO(render(made, "xlsx"))).get_sheet_by_index(0).to_python()
    assert 0.5 in [cell for row in rows for cell in row]
    hostile = paper(
        {**report.content, "places": [{"name": '=cmd|"/c"!A1', "figures": report.content["places"][0]["figures"]}]}
    )
    raw = zipfile.ZipFile(io.BytesIO(render(hostile, "xlsx"))).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in raw


def test_the_pdf_carries_its_chinese_type_with_it(made):
    reader = PdfReader(io.BytesIO(render(made, "pdf")))
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].get_object().values()]
    descriptors = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
    assert all({"/FontFile2", "/FontFile3"} & set(descriptor) for descriptor in descriptors)
    assert reader.metadata.title == made.title


def test_without_a_chinese_font_the_pdf_is_refused_with_the_cure(settings):
    settings.HUYING_PDF_FONT = ""
    with pytest.raises(Unavailable) as caught:
        pdf.font([("/nowhere/font.ttf", 0)])
    assert "HUYING_PDF_FONT" in caught.value.cure


def test_no_line_of_the_pdf_begins_with_a_closing_mark_and_no_number_is_torn():
    text = "主要来自青田县（影响-1.5个百分点）：本期87／101，即86.1%，上期93.6%，0或5的有44件（68%），n=62。" * 6
    for width in range(8, 40):
        lines = list(pdf.wrapped(text, width, len))
        assert "".join(lines) == text
        assert not [line for line in lines if line[0] in "，。；：）、%／"]
        assert not [a for a, b in pairwise(lines) if a[-1].isdigit() and b[0].isdigit()]
        assert not [line for line in lines if line[-1] in "（=／"]


def test_two_long_numbers_of_a_narrow_cell_part_at_their_stroke():
    assert list(pdf.wrapped("12,264／12,423", 9, len)) == ["12,264／", "12,423"]


def test_a_gap_in_the_data_is_a_gap_in_the_line():
    marks = drawing.trend(["1", "2", "3", "4", "5"], [0.5, 0.6, None, 0.7, 0.8], [None] * 5, share=True)
    lines = [mark for mark in marks if isinstance(mark, drawing.Stroke) and mark.colour == drawing.NOW]
    assert [len(line.points) for line in lines] == [2, 2]
    assert len([mark for mark in marks if isinstance(mark, drawing.Dot)]) == 4


def test_a_chart_without_any_known_value_is_said_in_words(monthly):
    early = content.compose(MONTHLY, EAST, OCTOBER.__class__.parse("2020-03"))
    assert not [block for block in paper(early).blocks if isinstance(block, Chart)]


def test_in_english_the_same_numbers_stand_under_english_words(report):
    zh, en = paper(report.content), paper(report.content, language="en")
    numbers = [
        [cell.value for block in made.blocks if isinstance(block, Table) for row in block.rows for cell in row]
        for made in (zh, en)
    ]
    assert numbers[0] == numbers[1]
    assert "Monthly check-up" in en.title
    assert en.mark == "Draft, not published"


def test_the_page_carries_no_style_attribute_which_the_policy_would_drop(made):
    said = render(made, "html").decode()
    assert "style=" not in said
    assert "<script" not in said


def run(out, *more):
    arguments = ["build", "--set", "monthly", "--division", EAST, "--period", "2026-10", "--out", str(out), *more]
    return CliRunner().invoke(commands.group, arguments, catch_exceptions=False)


@pytest.mark.parametrize("format", FORMATS)
def test_the_command_writes_a_draft_that_says_so(monthly, monkeypatch, tmp_path, format):
    monkeypatch.setattr("huying.analytics.services.refresh", dict)
    said = json.loads(run(tmp_path / f"r.{format}", "--json").output.strip().splitlines()[-1])
    assert said["edition"] == 0
    assert said["figures"] > 5
    assert "草稿，未发布" in words_of(format, (tmp_path / f"r.{format}").read_bytes()).replace(" ", "")


def test_the_command_writes_the_published_edition_whatever_the_figures_say_now(report, publish_figures, tmp_path):
    signed(report)
    for verb, actor in ((services.submit, ANALYST), (services.approve, LEADER), (services.approve, ABOVE)):
        report.refresh_from_db()
        verb(actor=actor, bulletin_id=report.pk, version=report.version)
    report.refresh_from_db()
    services.publish(actor=ANALYST, bulletin_id=report.pk, version=report.version)
    publish_figures(town(perfect=True))
    out = tmp_path / "r.html"
    said = json.loads(run(out, "--json").output.strip().splitlines()[-1])
    assert said["edition"] == 1
    assert "10／20" in out.read_text()
    assert "第1版" in out.read_text()


@pytest.mark.parametrize(
    ("more", "error"),
    [
        (["--set", "none"], NotFound),
        (["--out", "r.txt"], InvalidInput),
        (["--out", "nowhere/r.pdf"], InvalidInput),
        (["--period", "2027-05"], InvalidInput),
        (["--period", "2026-W42"], InvalidInput),
        (["--division", "331102003001"], NotFound),
    ],
)
def test_the_command_refuses_what_cannot_be_with_its_cure(monthly, monkeypatch, more, error, tmp_path):
    monkeypatch.setattr("huying.analytics.services.refresh", dict)
    with pytest.raises(error) as caught:
        run(tmp_path / "r.pdf", *more)
    assert caught.value.cure
    assert list(tmp_path.glob("*r.pdf*")) == [], "nothing is left half written"


def test_a_format_without_a_set_is_refused():
    with pytest.raises(InvalidInput, match="needs a report set"):
        CliRunner().invoke(
            commands.group,
            ["build", "--division", EAST, "--period", "2026-10", "--format", "pdf", "--out", "r.pdf"],
            catch_exceptions=False,
        )
