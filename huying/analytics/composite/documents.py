"""A YAML file read as offices save it, with the line of each thing in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from huying.analytics.composite.tables import read_text
from huying.kernel.errors import InvalidInput


def read_document(path: Path) -> tuple[Any, Any]:
    """What it says, and its nodes for `line_of`. Raises InvalidInput for what is no YAML, or a key that stands twice."""
    text = read_text(path)
    try:
        given, nodes = yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
    except (ValueError, yaml.YAMLError) as fault:
        said = " ".join(str(fault).replace("<unicode string>", path.name).split())
        raise InvalidInput(f"{path.name} is no YAML: {said}", cure="mend the text; indent by two spaces") from None
    _once(path.name, nodes)
    return given, nodes


def line_of(node: Any, path: Iterable[int | str]) -> int:
    """The line in the YAML of the nearest thing that stands there; 0 without a file."""
    if node is None:
        return 0
    line = int(node.start_mark.line) + 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if str(key.value) == str(part):
                    line, node = int(key.start_mark.line) + 1, value
                    break
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = int(node.start_mark.line) + 1
    return line


def _once(file: str, node: Any) -> None:
    """YAML lets the last of two equal keys win in silence; here that is a fault."""
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = int(key.start_mark.line) + 1
            if key.value in seen:
                raise InvalidInput(
                    f"{file}:{line}: {key.value} stands already on line {seen[key.value]}", cure="keep one of the two"
                )
            seen[key.value] = line
            _once(file, value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _once(file, value)
