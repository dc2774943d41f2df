import io
import zipfile
from datetime import datetime

import openpyxl
import pytest

from huying.kernel.errors import InvalidInput
from huying.kernel.sheets import Limits, RejectFile, SheetWriter, open_sheet
from huying.kernel.sheets.writing import neutral, restored
from huying.kernel.words import words

WHEN = datetime.fromisoformat("2019-02-28 11:25:05")
HOSTILE = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", "%0a=1", "|calc"]


def book(path, rows, title="Sheet1"):
    made = openpyxl.Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    made.save(path)
    return path


def read(path, **more):
    with open_sheet(path, **more) as sheet:
        return sheet.header, [(line.number, line.cells) for line in sheet.lines]


def test_an_xlsx_gives_typed_cells_and_the_row_numbers_people_see(tmp_path):
    path = book(tmp_path / "a.xlsx", [["编号", "时间"], [188006, WHEN], [None, None], ["x", None]])
    assert read(path) == (["编号", "时间"], [(2, [188006, WHEN]), (4, ["x", None])])


def test_an_xlsx_whose_table_begins_lower_down_still_counts_from_the_top(tmp_path):
    assert read(book(tmp_path / "a.xlsx", [[], [], ["编号"], [1]])) == (["编号"], [(4, [1])])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_is_read_in_whatever_encoding_offices_write(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes('编号,内容\r\n1,"供水,中断\n三天"\r\n\r\n2,丽水𠮷\r\n'.encode(encoding))
    assert read(path) == (["编号", "内容"], [(2, ["1", "供水,中断\n三天"]), (4, ["2", "丽水𠮷"])])


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_delimiter_is_seen_from_the_header(tmp_path, delimiter):
    path = tmp_path / "a.csv"
    path.write_text(delimiter.join("abc") + "\n" + delimiter.join("123"))
    assert read(path) == (["a", "b", "c"], [(2, ["1", "2", "3"])])


def test_a_header_is_trimmed_and_made_unique(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(" 编号 ,,编号,\n1,2,3\n")
    assert read(path)[0] == ["编号", "B", "编号 (2)"]


def refusal(path, **more):
    with pytest.raises(InvalidInput) as caught:
        read(path, **more)
    assert caught.value.cure
    return caught.value.message


def test_text_in_no_known_encoding_names_the_byte(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("编号\n".encode("gb18030") + b"\xff\xff\n")
    assert "6" in refusal(path)


def test_a_text_cut_in_the_middle_of_a_character_is_said_to_be_cut(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("编号,内容\n1,停水".encode()[:-1])
    assert "读不通" in refusal(path)


def test_binary_is_not_taken_for_text(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,\x00\x01\n")
    refusal(path)


def test_an_open_quote_is_said_with_its_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,"open\n2,x\n')
    assert "第" in refusal(path)


def test_an_xlsx_cut_short_is_said_to_be_damaged(tmp_path):
    whole = book(tmp_path / "a.xlsx", [["a"], [1]])
    for keep in (10, 500, whole.stat().st_size - 30):
        path = tmp_path / "cut.xlsx"
        path.write_bytes(whole.read_bytes()[:keep])
        assert "损坏" in refusal(path)


def test_an_xlsx_with_one_flipped_byte_is_refused_or_read_but_never_falls_over(tmp_path):
    whole = book(tmp_path / "a.xlsx", [["a"], [1]]).read_bytes()
    path, cures = tmp_path / "flipped.xlsx", []
    for at in range(0, len(whole), 37):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            read(path)
        except InvalidInput as refused:
            cures.append(refused.cure)
    assert cures
    assert all(cures)


def rezip(path, replace=None, add=None, method=zipfile.ZIP_DEFLATED):
    """The archive again, with some parts replaced or added."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts.update(replace or {})
    parts.update(add or {})
    with zipfile.ZipFile(path, "w", method) as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return path


def test_a_zip_bomb_is_refused_before_it_is_parsed(tmp_path):
    path = rezip(book(tmp_path / "a.xlsx", [["a"]]), add={"xl/media/x.bin": b"\0" * (64 << 20)})
    assert "炸弹" in refusal(path)
    assert "炸弹" in refusal(rezip(book(tmp_path / "b.xlsx", [["a"]])), limits=Limits(unpacked=1000))


def test_a_part_that_lies_about_its_size_is_refused(tmp_path):
    path = rezip(book(tmp_path / "a.xlsx", [["a"]]), add={"xl/media/x.bin": b"\0" * (2 << 20)})
    raw = path.read_bytes()
    path.write_bytes(raw.replace((2 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    assert "损坏" in refusal(path)


@pytest.mark.parametrize(
    "evil",
    [
        b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>',
        b'<?xml version="1.0"?><!DOCTYPE w SYSTEM "file:///etc/passwd"><worksheet/>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE w><worksheet/>'.encode("utf-16"),
        b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE w+AD4-<worksheet/>',
        b" " * ((1 << 20) - 5) + b"<!DOCTYPE w><worksheet/>",
    ],
)
def test_xml_with_declarations_of_its_own_is_refused(tmp_path, evil):
    path = rezip(
        book(tmp_path / "a.xlsx", [["a"]]), replace={"xl/worksheets/sheet1.xml": evil}, method=zipfile.ZIP_STORED
    )
    assert "XML" in refusal(path)


def test_a_wrong_extension_or_an_old_format_says_what_to_do(tmp_path):
    text = tmp_path / "a.xlsx"
    text.write_text("a,b\n1,2\n")
    assert "不符" in refusal(text)
    zipped = tmp_path / "a.csv"
    zipped.write_bytes(book(tmp_path / "real.xlsx", [["a"]]).read_bytes())
    assert "不符" in refusal(zipped)
    old = tmp_path / "old.xlsx"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    assert ".xls" in refusal(old)
    other = tmp_path / "a.pdf"
    other.write_text("x")
    assert ".xlsx" in refusal(other)
    empty = tmp_path / "e.csv"
    empty.write_text("")
    assert "空" in refusal(empty)
    archive = tmp_path / "z.xlsx"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("readme.txt", "x")
    assert "不是 .xlsx" in refusal(archive)
    assert "读不到" in refusal(tmp_path / "absent.csv")


def test_too_many_columns_rows_or_bytes_are_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(",".join(f"c{n}" for n in range(300)) + "\n")
    assert "列" in refusal(path)
    path.write_text("a\n" + "1\n" * 12)
    assert "行" in refusal(path, limits=Limits(rows=10))
    assert "MB" in refusal(path, limits=Limits(bytes=3))
    assert "列" in refusal(book(tmp_path / "a.xlsx", [["x"] * 300]))
    assert "行" in refusal(book(tmp_path / "b.xlsx", [["x"]] * 12), limits=Limits(rows=10))


def test_an_over_long_field_or_a_row_too_wide_is_the_fault_of_that_row_alone(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1," + "长" * 101 + "\n1,2,3\n3,4\n")
    with open_sheet(path, limits=Limits(field=100)) as sheet:
        first, second, third = sheet.lines
    assert "101" in first.fault.zh
    assert "3 格" in second.fault.zh
    assert third.fault is None


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_what_would_run_as_a_formula_is_written_as_text(tmp_path, name):
    path = tmp_path / name
    with SheetWriter(path, ["=h", "n"]) as sheet:
        for text in HOSTILE:
            sheet.write([text, -5])
    if name.endswith(".csv"):
        lines = path.read_text("utf-8-sig")
        for row in read(path)[1]:
            assert row[1][0].startswith("'")
            assert row[1][1] == "-5"
        assert lines.startswith("'=h,")
    else:
        for row in openpyxl.load_workbook(path).active.iter_rows():
            assert row[0].data_type == "s"
            assert row[0].quotePrefix
        assert openpyxl.load_workbook(path).active["B2"].value == -5


@pytest.mark.parametrize("text", HOSTILE)
def test_a_neutralised_text_comes_back_as_it_was(text):
    assert restored(neutral(text)) == text


def test_plain_texts_and_numbers_are_left_alone():
    assert [neutral(plain) for plain in ["-5", "+8", "3%", "-1.5", "停水", "a=b", 5, None, "'quoted"]] == [
        "-5",
        "+8",
        "3%",
        "-1.5",
        "停水",
        "a=b",
        5,
        None,
        "'quoted",
    ]
    assert restored("'quoted") == "'quoted"


def test_control_characters_and_over_long_texts_do_not_break_a_workbook(tmp_path):
    path = tmp_path / "a.xlsx"
    with SheetWriter(path, ["a"], title="甲/乙") as sheet:
        sheet.write(["停\x07水\x1b"])
        sheet.write(["长" * 40_000])
    first, second = read(path)[1]
    assert first[1] == ["停水"]
    assert len(second[1][0]) == 32_767


def test_a_reject_file_holds_the_row_why_and_the_cure_and_can_be_read_again(tmp_path):
    path = tmp_path / "rejects.csv"
    with RejectFile(path, ["编号", "内容"]) as rejects:
        rejects.write(7, [1, "=x"], words("时间不对", "bad time"), words("写成 2019-02-28", "write 2019-02-28"))
    header, rows = read(path)
    assert header[-2:] == ["编号", "内容"]
    assert rows == [(2, ["7", "时间不对", "bad time", "写成 2019-02-28", "write 2019-02-28", "1", "'=x"])]
    again = tmp_path / "again.csv"
    with RejectFile(again, header) as rejects:
        rejects.write(2, rows[0][1], words("甲", "a"), words("乙", "b"))
    assert read(again)[0] == header, "handed back twice, the added columns aren't doubled"


def test_no_reject_no_file(tmp_path):
    with RejectFile(tmp_path / "rejects.csv", ["a"]):
        pass
    assert not (tmp_path / "rejects.csv").exists()


def test_a_hundred_thousand_cells_stream_without_being_held(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1,2\n" * 50_000)
    with open_sheet(path) as sheet:
        assert sum(1 for _ in sheet.lines) == 50_000
    assert isinstance(sheet.lines, type(iter(x for x in io.StringIO())))
