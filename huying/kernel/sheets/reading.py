"""Read a table row by row. What the file is, is told by its content; its size is known before anything parses it.

A fault of the whole file raises InvalidInput with the place and the cure. A fault of one row comes with that row
(`Line.fault`), so that it can be handed back and the others kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from huying.kernel.errors import InvalidInput
from huying.kernel.sheets.delimited import read_delimited
from huying.kernel.sheets.sheet import Limits, Sheet
from huying.kernel.sheets.workbook import read_workbook

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@contextmanager
def open_sheet(path: Path, *, name: str = "", title: str = "", limits: Limits | None = None) -> Iterator[Sheet]:
    """Open `path` as .xlsx or .csv by its content.

    name: what the person calls the file, when `path` is a temporary one; title: the worksheet, the first by default.
    Raises InvalidInput when it is neither, is damaged, is too large, or says in its name to be what it isn't.
    """
    bounds = limits or Limits()
    called = name or path.name
    suffix = Path(called).suffix.lower()
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise InvalidInput(
            _("读不到文件“%(name)s”：%(why)s") % {"name": called, "why": error.strerror or str(error)},
            cure=_("请核对文件名和所在文件夹。"),
        ) from None
    if not head:
        raise InvalidInput(_("文件“%(name)s”是空的。") % {"name": called}, cure=_("请重新导出后再导入。"))
    if size > bounds.bytes:
        raise InvalidInput(
            _("文件“%(name)s”有 %(size)d MB，超过上限 %(most)d MB。")
            % {"name": called, "size": size >> 20, "most": bounds.bytes >> 20},
            cure=_("请分成几个文件导入。"),
        )
    if head.startswith(OLE):
        raise InvalidInput(
            _("文件“%(name)s”是旧版 .xls 或加了密码的表格。") % {"name": called},
            cure=_("请去掉密码，另存为 .xlsx 或 .csv 后再导入。"),
        )
    zipped = head.startswith(b"PK")
    if suffix not in {".xlsx", ".csv", ".txt"}:
        raise InvalidInput(
            _("不能导入“%(name)s”：只接受 .xlsx 和 .csv。") % {"name": called}, cure=_("请另存为 .xlsx 或 .csv。")
        )
    if zipped != (suffix == ".xlsx"):
        raise InvalidInput(
            _("文件“%(name)s”的扩展名与内容不符：内容是%(what)s。")
            % {"name": called, "what": _("压缩包或 .xlsx") if zipped else _("文本")},
            cure=_("请用表格软件打开后另存为 .xlsx 或 .csv，不要直接改扩展名。"),
        )
    if zipped:
        yield read_workbook(path, called, title, bounds)
    else:
        with read_delimited(path, called, bounds) as sheet:
            yield sheet
