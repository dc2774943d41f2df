import io
import struct
import zipfile
import zlib

import openpyxl
import pytest
from docx import Document as Docx
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from huying.domains.documents import intake
from huying.domains.documents.intake import accept
from huying.kernel.errors import HuyingError, InvalidInput, Refused


def picture(fmt="JPEG", size=(64, 48), **more):
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, fmt, **more)
    return out.getvalue()


def photo_with_location():
    exif = Image.Exif()
    exif[0x010F] = "CameraMaker"
    exif[0x0112] = 6  # turned a quarter
    exif.get_ifd(0x8825)[2] = (28.0, 27.0, 1.5)
    exif.get_ifd(0x8825)[1] = "N"
    return picture(exif=exif.tobytes(), comment=b"shot at home")


def sheet():
    book = openpyxl.Workbook()
    book.active.append(["编号", "内容"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def letter():
    out = io.BytesIO()
    made = Docx()
    made.add_paragraph("说明")
    made.save(out)
    return out.getvalue()


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def package(parts, **more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **more) as made:
        for name, body in {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>", **parts}.items():
            made.writestr(name, body)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "ending"),
    [
        ("a.jpg", picture(), "jpg"),
        ("a.png", picture("PNG"), "png"),
        ("a.webp", picture("WEBP"), "webp"),
        ("说明.docx", letter(), "docx"),
        ("表.xlsx", sheet(), "xlsx"),
        ("a.pdf", PDF, "pdf"),
        ("a.txt", "路灯不亮".encode(), "txt"),
        ("a.csv", "编号,内容\n1,路灯".encode("gb18030"), "csv"),
    ],
)
def test_the_kinds_an_office_uses_are_taken_in(name, content, ending):
    taken = accept(name, content)
    assert taken.kind.ending == ending
    assert taken.name.endswith(f".{ending}")


def test_what_a_file_is_decides_and_not_what_it_is_called():
    assert accept("invoice.pdf", picture()).name == "invoice.jpg"
    with pytest.raises(Refused, match="不收"):
        accept("photo.jpg", b"MZ\x90\x00" + b"\x00" * 200)


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00\x03\x00\x00\x00" + bytes(100),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        b"\x00\x00\x00\x18ftypmp42" + bytes(100),
        b"<html><script>alert(1)</script>",
        b"  \n<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
        b"#!/bin/sh\nrm -rf /",
        b"{\\rtf1 x}",
        b"Rar!\x1a\x07\x00" + bytes(60),
        b"\x7fELF" + bytes(60),
    ],
)
def test_programs_pages_archives_old_office_files_and_films_are_refused_with_the_list(content):
    with pytest.raises(Refused) as caught:
        accept("a.txt", content)
    assert "docx" in caught.value.cure


def test_a_plain_zip_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("a.txt", "x")
    with pytest.raises(Refused, match="ZIP"):
        accept("a.docx", out.getvalue())


def test_a_photo_loses_place_device_and_comment_but_keeps_its_picture_upright():
    content = photo_with_location()
    assert b"CameraMaker" in content
    taken = accept("a.jpg", content)
    assert taken.changed
    assert b"CameraMaker" not in taken.content
    assert b"shot at home" not in taken.content
    with Image.open(io.BytesIO(taken.content)) as clean:
        assert dict(clean.getexif()) == {}
        assert clean.size == (48, 64)
        assert clean.getpixel((5, 5))[0] > 150


def test_what_hangs_behind_a_picture_is_gone():
    assert b"PK\x03\x04" not in accept("a.png", picture("PNG") + sheet()).content


def test_a_transparent_picture_stays_transparent():
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(accept("a.png", out.getvalue()).content)) as clean:
        assert clean.mode == "RGBA"


def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_unpacked():
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    with pytest.raises(HuyingError):
        accept("a.png", bomb)


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"xl/worksheets/sheet1.xml": b" " * 40_000_000}, "压缩比"),
        ({f"xl/worksheets/sheet{i}.xml": b"" for i in range(2100)}, "部件多达"),
        ({"xl/vbaProject.bin": b"x"}, "宏"),
        ({"../../etc/passwd": b"x"}, "路径"),
        ({"xl/sharedStrings.xml": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'}, "实体"),
    ],
)
def test_spreadsheet_bombs_macros_and_outside_entities_are_refused(parts, why):
    with pytest.raises(Refused, match=why):
        accept("a.xlsx", package(parts))


def test_a_package_that_lies_about_its_size_is_found_by_its_checksum():
    honest = package({"xl/media/image1.bin": b"A" * 5000})
    size = struct.pack("<I", 5000)
    assert honest.count(size) >= 2
    with pytest.raises(InvalidInput):
        accept("a.xlsx", honest.replace(size, struct.pack("<I", 50)))


@pytest.mark.parametrize("trap", [b"/JavaScript", b"/Launch", b"/EmbeddedFile"])
def test_a_pdf_with_a_script_or_a_file_inside_is_refused(trap):
    with pytest.raises(Refused):
        accept("a.pdf", PDF.replace(b"/Type", trap + b" /Type"))


@pytest.mark.parametrize("content", [picture(), picture("PNG"), sheet(), letter(), PDF])
def test_a_cut_file_is_told_from_a_whole_one(content):
    with pytest.raises(HuyingError) as caught:
        accept("照片.jpg", content[: len(content) // 2])
    assert "照片" in caught.value.message


def test_an_empty_or_overlong_file_is_refused_by_name_and_size():
    with pytest.raises(InvalidInput, match="空的"):
        accept("a.txt", b"")
    with pytest.raises(InvalidInput, match="MB"):
        accept("a.txt", b"a" * (2 * intake.MEGABYTE + 1))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd.txt"),
        ("C:\\Users\\王\\照片.jpg", "照片.txt"),
        ("a\u202egpj.exe", "agpj.txt"),
        ("con", "file-con.txt"),
        ("..", "file.txt"),
        ("", "file.txt"),
        ('a"b\r\nSet-Cookie: x.txt', "abSet-Cookie x.txt"),
        ("长" * 300, "长" * 100 + ".txt"),
    ],
)
def test_names_are_made_harmless(name, safe):
    assert intake.safe_name(name, "txt") == safe


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60), st.binary(min_size=1, max_size=400))
def test_any_bytes_under_any_name_are_taken_or_clearly_refused(name, content):
    try:
        taken = accept(name, content)
    except HuyingError as error:
        assert error.message  # noqa: PT017
    else:
        assert "/" not in taken.name
        assert taken.name.isprintable()


WHOLE = (sheet(), picture(), picture("PNG"), PDF)  # made once: a workbook made again has another time in it


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_damaged_office_file_never_breaks_more_than_itself(data):
    content = bytearray(data.draw(st.sampled_from(WHOLE)))
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        accept("a", bytes(content))
    except HuyingError as error:
        assert error.message  # noqa: PT017
