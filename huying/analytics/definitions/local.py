"""The place's own thresholds of the indicators that come with Huying, as they lie beside the published figures.

The database holds them, in versions (huying.analytics.values.limits). This file is a copy of what is in force, written with each
publishing and each refresh, so that reading a figure takes no query for the colour it has.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from huying.analytics import published
from huying.analytics.definitions.model import Definitions, Threshold
from huying.kernel.actors import Level

NAME = "thresholds.json"
LEVEL_OF = {level.column: level for level in Level}
# As `thresholds` of an indicator in matters.yaml: from, levels, green, yellow, orange, reference.
Rows = Sequence[Mapping[str, Any]]
Stamp = tuple[str, int, int]

_read: tuple[Stamp | None, Mapping[str, Rows]] = (None, {})
_joined: tuple[Stamp | None, Definitions | None, Definitions | None] = (None, None, None)


def write(rows: Mapping[str, Rows]) -> None:
    """Lay them beside the figures, whole or not at all; nothing is written where nothing changed."""
    if rows == held():
        return
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    fresh.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    fresh.replace(path)


def held() -> Mapping[str, Rows]:
    """By the code of the indicator; empty where a place has none of its own."""
    return _standing()[1]


def joined(shipped: Definitions) -> Definitions:
    """The same indicators with the place's own thresholds after the shipped ones; of one day and level the place's hold."""
    global _joined
    stamp, rows = _standing()
    if stamp is None or not rows:
        return shipped
    if _joined[0] != stamp or _joined[1] is not shipped or _joined[2] is None:
        made = tuple(
            replace(one, thresholds=(*one.thresholds, *map(threshold, rows[one.code]))) if one.code in rows else one
            for one in shipped.indicators
        )
        _joined = (stamp, shipped, Definitions(shipped.table, made))
    found = _joined[2]
    assert found is not None
    return found


def threshold(row: Mapping[str, Any]) -> Threshold:
    levels = frozenset(LEVEL_OF[name] for name in row["levels"])
    start = date.fromisoformat(row["from"])
    return Threshold(start, levels, row["green"], row["yellow"], row["reference"], row.get("orange"))


def _path() -> Path:
    return published.folder() / NAME


def _standing() -> tuple[Stamp | None, Mapping[str, Rows]]:
    """What the file says, read again when it is another."""
    global _read
    path = _path()
    try:
        at = path.stat()
    except FileNotFoundError:
        return None, {}
    stamp = str(path), at.st_mtime_ns, at.st_ino
    if _read[0] != stamp:
        _read = stamp, json.loads(path.read_text(encoding="utf-8"))
    return _read
