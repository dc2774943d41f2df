"""Dated, described, referenced values read from YAML: thresholds, weights, periods; and YAML that knows its own lines.

hotline.answer_seconds:
  zh: 来电接听时限
  en: time to answer a call
  unit: s
  kind: practice
  reference: {title: 北京市接诉即办工作规范（草案）, article: ""}
  values:
    - {from: 2021-01-01, value: 15}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from huying.kernel.errors import InvalidInput, RuleMissing
from huying.kernel.words import Words, words

Value = int | float | str | bool
LARGEST_FILE = 4_000_000  # bytes; a rulebook is some tens of kilobytes


class Lines:
    """Where each part of a YAML document stands: `of("limits", "hotline.reply")` is its line, from 1."""

    def __init__(self, source: str, root: yaml.Node | None) -> None:
        self.source = source
        self._root = root

    def of(self, *path: str | int) -> int:
        node, line = self._root, 1
        for step in path:
            child: yaml.Node | None = None
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    if key.value == str(step):
                        child, line = value, key.start_mark.line + 1
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                child = node.value[step]
                line = child.start_mark.line + 1
            if child is None:
                break
            node = child
        return line

    def fault(self, message: str, *path: str | int, cure: str = "") -> InvalidInput:
        """An error that names file and line."""
        return InvalidInput(f"{self.source}:{self.of(*path)}: {message}", cure=cure)


def read_yaml(source: Path) -> tuple[Any, Lines]:
    """The document in `source` and its lines. Raises InvalidInput for what is too large, not UTF-8 or not YAML."""
    name = source.name
    if source.stat().st_size > LARGEST_FILE:
        raise InvalidInput(f"{name}: 文件过大", cure=f"不超过 {LARGEST_FILE // 1_000_000} MB")
    try:
        text = source.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"{name}: 不是 UTF-8 文本", cure="另存为 UTF-8") from None
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> tuple[Any, Lines]:
    try:
        root = yaml.compose(text, Loader=_Plain)
        return (yaml.load(text, Loader=_Plain), Lines(name, root))  # noqa: S506 - _Plain is a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise InvalidInput(
            f"{name}:{line}: 不是合法的 YAML（{getattr(error, 'problem', error)}）", cure="检查缩进与引号"
        ) from None


class _Plain(yaml.SafeLoader):
    """SafeLoader without aliases (no expansion bombs) and without keys that stand twice."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not used here", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value through time. values: (valid from, value), oldest first."""

    key: str
    words: Words
    unit: str
    kind: str
    reference: str
    values: tuple[tuple[date, Value], ...]

    def at(self, on: date) -> Value:
        """The value in force on `on`. Raises RuleMissing before the first."""
        found: Value | None = None
        for start, value in self.values:
            if start <= on:
                found = value
        if found is None:
            raise RuleMissing(f"参数 {self.key} 在 {on} 尚无取值", cure="在规则库中补上该日期的取值")
        return found


def load(source: Path) -> dict[str, Parameter]:
    """The parameters of a YAML file, by key. Raises InvalidInput with file, line and cure."""
    data, lines = read_yaml(source)
    if not isinstance(data, Mapping):
        raise lines.fault("应为“键: 内容”的列表", cure="见本模块开头的例子")
    return {parameter.key: parameter for parameter in _parameters(data, lines)}


def _parameters(data: Mapping[str, Any], lines: Lines) -> Iterator[Parameter]:
    for key, body in data.items():
        missing = [
            name
            for name in ("zh", "en", "unit", "kind", "reference", "values")
            if not isinstance(body, Mapping) or name not in body
        ]
        if missing:
            raise lines.fault(
                f"{key} 缺少 {missing[0]}", key, cure="每个参数要有 zh、en、unit、kind、reference、values"
            )
        values: list[tuple[date, Value]] = []
        for index, row in enumerate(body["values"] or []):
            start, value = row.get("from"), row.get("value")
            if not isinstance(start, date) or not isinstance(value, int | float | str | bool):
                raise lines.fault(
                    f"{key} 的取值要有 from（日期）和 value",
                    key,
                    "values",
                    index,
                    cure="如 {from: 2021-01-01, value: 15}",
                )
            values.append((start, value))
        if (
            not values
            or values != sorted(values, key=lambda pair: pair[0])
            or len({d for d, _ in values}) != len(values)
        ):
            raise lines.fault(f"{key} 的取值为空、未按日期排列或日期重复", key, "values", cure="从早到晚，每个日期一条")
        reference = body["reference"]
        law = (
            f"{reference['title']} {reference.get('article') or ''}".strip()
            if isinstance(reference, Mapping)
            else str(reference)
        )
        yield Parameter(str(key), words(body["zh"], body["en"]), str(body["unit"]), body["kind"], law, tuple(values))
