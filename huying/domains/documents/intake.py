"""A file from outside is looked into before it is kept: what it really is, whether it would burst, what it tells in passing.

Pure: bytes in, bytes out. No file name decides anything; the ending is given by what the bytes are.
"""

from __future__ import annotations

import io
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import puremagic
from charset_normalizer import from_bytes
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from huying.domains.documents.vocabulary import FILE_KINDS, MEGABYTE, FileKind
from huying.kernel.errors import InvalidInput, Refused

MOST_PIXELS = 50_000_000
MOST_PARTS = 2_000
MOST_UNPACKED = 200 * MEGABYTE
MOST_RATIO = 150  # an honest sheet of numbers packs some 20 to 1
LONGEST_NAME = 100
IMAGES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "MPO": "jpg"}
PACKAGES = {b"word/document.xml": "docx", b"xl/workbook.xml": "xlsx"}
# What the libraries let through when a file is damaged: found by the property test, file by file.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    SyntaxError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    OSError,
)
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)$")


@dataclass(frozen=True)
class Accepted:
    """A file as it will be kept. `name` ends in the true ending; `changed`: metadata was taken out by encoding anew."""

    name: str
    kind: FileKind
    content: bytes
    changed: bool


def accept(name: str, content: bytes) -> Accepted:
    """`content` as it may be kept. Raises Refused (a kind not taken, or harmful) or InvalidInput (empty, damaged, too big)."""
    if not content:
        raise InvalidInput(_("文件“%(name)s”是空的。") % {"name": shown(name)})
    ending = _really(name, content)
    kind = FILE_KINDS[ending]
    if len(content) > kind.longest:
        raise InvalidInput(
            _("文件“%(name)s”有 %(size).1f MB，%(kind)s最多 %(most)d MB。")
            % {
                "name": shown(name),
                "size": len(content) / MEGABYTE,
                "kind": kind.words,
                "most": kind.longest // MEGABYTE,
            },
            cure=_("请压缩或拆分后再传。"),
        )
    kept = content
    if kind.media_type.startswith("image/"):
        kept = _without_metadata(name, content, ending)
    elif ending in PACKAGES.values():
        _check_package(name, content)
    elif ending == "pdf":
        _check_pdf(name, content)
    return Accepted(safe_name(name, ending), kind, kept, kept != content)


def shown(name: str) -> str:
    """A name fit for a message."""
    return safe_name(name, "").rstrip(".")[:40]


def safe_name(name: str, ending: str) -> str:
    """`name` without folders, control and direction marks or reserved words, ending in `ending`, 100 characters at most."""
    plain = unicodedata.normalize("NFKC", name).replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(c for c in plain if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*;')
    stem = plain.rsplit(".", 1)[0] if ending and "." in plain else plain
    stem = " ".join(stem.split()).strip(". ")
    if not stem or _RESERVED.match(stem):
        stem = f"file-{stem}".strip("-")
    return f"{stem[:LONGEST_NAME]}.{ending}" if ending else stem[:LONGEST_NAME]


def _really(name: str, content: bytes) -> str:
    """The ending of what the bytes are. Raises Refused for what is not on the list."""
    head = content[:8]
    if head.startswith(b"PK\x03\x04"):
        return _package_kind(name, content)
    if b"%PDF-" in content[:1024]:
        return "pdf"
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.format in IMAGES:
                return IMAGES[image.format]
    except (UnidentifiedImageError, *BROKEN, Image.DecompressionBombError):
        pass
    if b"\x00" not in content[:65536] and not head.startswith((b"{\\rtf", b"MZ", b"#!")):
        return _text_kind(name, content)
    try:
        found = puremagic.from_string(content[:8192])
    except (puremagic.PureError, ValueError):
        found = ""
    raise _not_taken(name, found or _("未知类型"))


def _not_taken(name: str, found: str) -> Refused:
    listed = "、".join(sorted(FILE_KINDS))
    return Refused(
        _("文件“%(name)s”实际是 %(found)s，不收。") % {"name": shown(name), "found": found},
        cure=_("可收：%(listed)s。旧版文档请另存为 docx、xlsx 或 PDF；影音请到现场或来电说明。") % {"listed": listed},
    )


def _text_kind(name: str, content: bytes) -> str:
    lowered = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if lowered.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg", b"<script")):
        raise _not_taken(name, "HTML/XML")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return "csv" if name.lower().endswith(".csv") else "txt"
    if from_bytes(content[:65536]).best() is None:
        raise _not_taken(name, _("未知类型"))
    return "csv" if name.lower().endswith(".csv") else "txt"


def _without_metadata(name: str, content: bytes, ending: str) -> bytes:
    """The picture's pixels alone, the right way up: place, time, device, thumbnails and whatever hangs behind are gone."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise Refused(
                    _("图片“%(name)s”有 %(n)d 万像素，超过 %(most)d 万。")
                    % {"name": shown(name), "n": width * height // 10_000, "most": MOST_PIXELS // 10_000},
                    cure=_("请缩小后再传。"),
                )
            upright = ImageOps.exif_transpose(image)
            clean = Image.new("RGBA" if _transparent(upright) else "RGB", upright.size)
            clean.paste(upright.convert(clean.mode))
    except (*BROKEN, Image.DecompressionBombError) as error:
        raise InvalidInput(
            _("图片“%(name)s”损坏或不完整，打不开。") % {"name": shown(name)}, cure=_("请重新拍摄或另存后再传。")
        ) from error
    out = io.BytesIO()
    if ending == "jpg":
        clean.convert("RGB").save(out, "JPEG", quality=90, optimize=True)
    else:
        clean.save(out, "PNG" if ending == "png" else "WEBP")
    return out.getvalue()


def _transparent(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info


def _package_kind(name: str, content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = {info.filename for info in package.infolist()}
    except BROKEN as error:
        raise InvalidInput(_("文件“%(name)s”损坏或不完整，打不开。") % {"name": shown(name)}) from error
    for part, ending in PACKAGES.items():
        if part.decode() in names and "[Content_Types].xml" in names:
            return ending
    raise _not_taken(name, "ZIP")


def _check_package(name: str, content: bytes) -> None:
    """Unpacks the package part by part within bounds. Raises Refused for a bomb, macros, outside entities or a lock."""

    def refuse(why: str) -> Refused:
        return Refused(
            _("文件“%(name)s”不收：%(why)s。") % {"name": shown(name), "why": why},
            cure=_("请另存为普通的 docx、xlsx，或导出为 PDF 后再传。"),
        )

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            if len(parts) > MOST_PARTS:
                raise refuse(_("部件多达 %(n)d 个") % {"n": len(parts)})
            if sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise refuse(_("解开后超过 %(n)d MB") % {"n": MOST_UNPACKED // MEGABYTE})
            for part in parts:
                lowered = part.filename.lower()
                if part.flag_bits & 1:
                    raise refuse(_("带密码"))
                if (
                    "vbaproject" in lowered
                    or "/activex/" in lowered
                    or lowered.endswith((".bin.exe", ".exe", ".dll", ".js"))
                ):
                    raise refuse(_("含宏或程序"))
                if part.filename.startswith(("/", "\\")) or ".." in part.filename.replace("\\", "/").split("/"):
                    raise refuse(_("部件路径越界"))
                if part.file_size > MEGABYTE and part.file_size > MOST_RATIO * max(part.compress_size, 1):
                    raise refuse(_("压缩比异常"))
                _read_part(package, part, refuse)
    except BROKEN as error:
        raise InvalidInput(_("文件“%(name)s”损坏或不完整，打不开。") % {"name": shown(name)}) from error


def _read_part(package: zipfile.ZipFile, part: zipfile.ZipInfo, refuse: Callable[[str], Refused]) -> None:
    with package.open(part) as stream:
        first = True
        while piece := stream.read(MEGABYTE):  # reads to the end, so that the checksum is verified
            if first and part.filename.lower().endswith((".xml", ".rels")) and re.search(rb"<!(DOCTYPE|ENTITY)", piece):
                raise refuse(_("含外部实体"))
            first = False


def _check_pdf(name: str, content: bytes) -> None:
    """Raises for a cut file or one that names a script, a program to launch or an embedded file.

    A script inside a compressed object is not seen here; downloads are therefore never opened by our own pages.
    """
    if b"%%EOF" not in content[-2048:]:
        raise InvalidInput(_("文件“%(name)s”损坏或不完整，打不开。") % {"name": shown(name)})
    if re.search(rb"/(JavaScript|JS|Launch|EmbeddedFile|RichMedia)\b", content):
        raise Refused(
            _("文件“%(name)s”不收：%(why)s。") % {"name": shown(name), "why": _("含脚本或嵌入文件")},
            cure=_("请打印为普通 PDF 后再传。"),
        )
