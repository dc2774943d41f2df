"""Rows → files of a pack, so that reading them gives the same rows."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from huying.kernel.packs.entries import Manifest, PackRow
from huying.kernel.packs.registry import Section


def write_manifest(manifest: Manifest, folder: Path) -> None:
    (folder / "pack.yaml").write_text(_yaml(manifest.model_dump(mode="json")), encoding="utf-8")


def write_section(section: Section, rows: Iterable[PackRow], folder: Path) -> int:
    """Write `rows` as the section's file, or its folder of parts; no rows, no file. Returns how many rows."""
    parts: defaultdict[str, list[PackRow]] = defaultdict(list)
    for row in rows:
        parts[section.part(row) if section.part else ""].append(row)
    writer = {"yaml": _yaml_text, "csv": _csv_text, "geojsonl": _feature_text}[section.format]
    for part, members in parts.items():
        name = f"{section.name}.{section.format}" if not part else f"{section.name}/{part}.{section.format}"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(writer(section, members), encoding="utf-8", newline="")
    return sum(map(len, parts.values()))


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=120)


def _yaml_text(section: Section, rows: list[PackRow]) -> str:
    return _yaml([row.model_dump(mode="json", exclude_defaults=True) for row in rows])


def _csv_text(section: Section, rows: list[PackRow]) -> str:
    """Columns in the schema's order; a column that is empty in every row is left out."""
    dumped = [row.model_dump(mode="json", exclude_defaults=True) for row in rows]
    used = [name for name in section.schema.model_fields if any(_filled(row.get(name)) for row in dumped)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(used)
    writer.writerows([_cell(row.get(name)) for name in used] for row in dumped)
    return out.getvalue()


def _filled(value: Any) -> bool:
    return value is not None and value not in ("", [], {})


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            if any("|" in str(part) for part in value):
                raise ValueError(f"a list cell of a CSV section cannot hold '|': {value!r}")
            return "|".join(map(str, value))
        case dict():
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        case _:
            return str(value)


def _feature_text(section: Section, rows: list[PackRow]) -> str:
    lines = []
    for row in rows:
        values = row.model_dump(mode="json", exclude_defaults=True)
        geometry = values.pop("geometry", "")
        feature = {"type": "Feature", "properties": values, "geometry": json.loads(geometry) if geometry else None}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    return "".join(f"{line}\n" for line in lines)
