"""Files of a pack → raw rows, each with the line it stands on. YAML lists, CSV, and GeoJSON one Feature a line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import yaml
from django.utils.translation import gettext as _
from pydantic import BaseModel

SUFFIXES = (".yaml", ".yml", ".csv", ".geojsonl")
LARGEST_FILE = 32 * 1024 * 1024  # bytes; a shipped file stays under half of one
csv.field_size_limit(LARGEST_FILE)


class Unreadable(Exception):
    """The file as a whole cannot be read. line is 0 when no line can be named."""

    def __init__(self, message: str, cure: str, line: int = 0) -> None:
        super().__init__(message)
        self.message, self.cure, self.line = message, cure, line


@dataclass(frozen=True)
class RawRow:
    """Values as read; `lines` tells the line of a nested value by its path, where the format knows it."""

    values: Any
    line: int
    lines: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def line_of(self, path: tuple[Any, ...]) -> int:
        """The line of the nearest value on `path`."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return self.line


def read_rows(path: Path, schema: type[BaseModel]) -> list[RawRow]:
    """The rows of one file. Raises Unreadable."""
    text = read_text(path)
    match path.suffix:
        case ".csv":
            return list(_csv_rows(text, schema))
        case ".geojsonl":
            return list(_feature_rows(text))
        case _:
            return _yaml_rows(text)


def read_text(path: Path) -> str:
    if path.stat().st_size > LARGEST_FILE:
        raise Unreadable(_("文件超过 32 MB。"), _("按下级区划拆成同名文件夹里的多个文件。"))
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Unreadable(_("不是 UTF-8 编码。"), _("用“另存为 UTF-8”重新保存。"), line) from None


def read_document(path: Path) -> RawRow:
    """A YAML file that holds one mapping. Raises Unreadable."""
    node = _compose(read_text(path))
    if not isinstance(node, yaml.MappingNode):
        raise Unreadable(_("这里应当是一组“字段: 值”。"), _("参照 huying/packs 下任一地方包的 pack.yaml。"), 1)
    return _raw(node)


def _compose(text: str) -> yaml.Node | None:
    text = text.rstrip("\n")  # what is left open is noticed at the end: name the last written line, not the one after
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise Unreadable(
            _("YAML 写法有误：%(problem)s。") % {"problem": problem},
            _("检查缩进、冒号后的空格和引号。"),
            min(mark.line + 1, text.count("\n") + 1) if mark else 0,
        ) from None
    return node


def _yaml_rows(text: str) -> list[RawRow]:
    node = _compose(text)
    if node is None:
        return []
    if not isinstance(node, yaml.SequenceNode):
        raise Unreadable(_("这里应当是一个列表，每行数据以“- ”开头。"), _("把每一行数据写成列表的一项。"), 1)
    return [_raw(item) for item in node.value]


def _raw(node: yaml.Node) -> RawRow:
    lines: dict[tuple[Any, ...], int] = {}
    _note_lines(node, (), lines)
    constructor = yaml.SafeLoader("")
    try:
        return RawRow(constructor.construct_document(node), node.start_mark.line + 1, lines)
    except (yaml.YAMLError, ValueError) as error:
        raise Unreadable(
            _("YAML 的值无法读取：%(problem)s。") % {"problem": getattr(error, "problem", None) or error},
            _("给编号、日期样的文字加上引号。"),
            node.start_mark.line + 1,
        ) from None


def _note_lines(node: yaml.Node, path: tuple[Any, ...], lines: dict[tuple[Any, ...], int]) -> None:
    if path:
        lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if (*path, key.value) in lines:
                raise Unreadable(
                    _("字段“%(name)s”写了两次。") % {"name": key.value}, _("删去其中一个。"), key.start_mark.line + 1
                )
            _note_lines(value, (*path, key.value), lines)
            lines[(*path, key.value)] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note_lines(value, (*path, index), lines)


def _csv_rows(text: str, schema: type[BaseModel]) -> Iterator[RawRow]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns = next(reader, None)
    if columns is None:
        return
    columns = [name.strip() for name in columns]
    if len(set(columns)) != len(columns):
        raise Unreadable(_("表头有重复的列。"), _("每列只写一次。"), 1)
    shapes = {name: _cell_shape(info.annotation) for name, info in schema.model_fields.items()}
    line = reader.line_num + 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if len(cells) > len(columns):
                    raise Unreadable(_("这一行的列比表头多。"), _("含逗号的内容要用双引号括起来。"), line)
                yield RawRow(
                    {n: _cell(c, shapes.get(n, "")) for n, c in zip(columns, cells, strict=False) if c.strip()}, line
                )
            line = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(
            _("CSV 写法有误：%(problem)s。") % {"problem": error}, _("检查双引号是否成对。"), line
        ) from None


def _cell_shape(annotation: Any) -> str:
    """How a cell of a column is written: a list as a|b|c, a mapping as JSON, all else as it is."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return next((shape for part in get_args(annotation) if (shape := _cell_shape(part))), "")
    if origin in (list, tuple, set, frozenset):
        return "list"
    return "json" if origin is dict or (isinstance(annotation, type) and issubclass(annotation, BaseModel)) else ""


def _cell(text: str, shape: str) -> Any:
    if shape == "list":
        return [part.strip() for part in text.split("|") if part.strip()]
    if shape == "json":
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _feature_rows(text: str) -> Iterator[RawRow]:
    """One GeoJSON Feature a line (RFC 8142 without record separators): its properties and its `geometry` as GeoJSON text."""
    for line, row in enumerate(text.splitlines(), start=1):
        if not row.strip():
            continue
        try:
            feature = json.loads(row)
            values = dict(feature["properties"])
            geometry = feature["geometry"]
        except (ValueError, KeyError, TypeError):
            raise Unreadable(
                _("这一行不是 GeoJSON Feature。"), _("每行写一个 Feature，含 properties 和 geometry。"), line
            ) from None
        values["geometry"] = "" if geometry is None else json.dumps(geometry, separators=(",", ":"))
        yield RawRow(values, line)
