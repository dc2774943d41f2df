"""A paper in each format an office uses. A renderer prints what the paper holds; none looks at a figure or a database."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from huying.domains.bulletins.blocks import Paper

FORMATS = ("docx", "xlsx", "pdf", "html")
TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
}
# GB/T 9704: title 小标宋 二号, section heads 黑体 三号, text 仿宋 三号, page numbers 宋体 四号.
TITLE_FACE, HEAD_FACE, TEXT_FACE, NUMBER_FACE = "方正小标宋简体", "黑体", "仿宋_GB2312", "宋体"
RED = "D7000F"
FILLS = {"green": "E4F2E9", "yellow": "FCF0D6", "orange": "FBE3CF", "red": "FBE9E7"}


def render(paper: Paper, format: str) -> bytes:
    """The whole file. format: one of FORMATS."""
    made: Callable[[Paper], bytes] = import_module(f"{__name__}.{format}").render
    return made(paper)


def write(paper: Paper, format: str, out: Path) -> None:
    """Write to `out`, whole or not at all."""
    half = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        half.write_bytes(render(paper, format))
        half.replace(out)
    finally:
        half.unlink(missing_ok=True)
