"""One pack's divisions, boundaries, grids and places, from the public lists."""

import csv
import json
import shutil
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import shapely
import shapely.affinity

from tools.territory.boundaries import Boundary, derived_boundaries, real_boundaries
from tools.territory.gridded import Grid, grids_of, places_of
from tools.territory.sources import Division, Recipe, divisions_of, full


def build(recipe: Recipe, source: Path, out: Path) -> dict[str, int]:
    """Write the pack's `divisions`, `boundaries`, `grids` and `places`; what else is in the folder stays."""
    divisions = divisions_of(recipe, source)
    real = real_boundaries(recipe, divisions, source)
    derived = derived_boundaries(recipe, divisions, real)
    grids, grid_cells = grids_of(recipe, divisions, derived)
    cells = real | derived | grid_cells
    places = places_of(divisions, grids, cells)
    for name in ("divisions", "boundaries", "grids"):
        shutil.rmtree(out / name, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    _write_divisions(divisions, out)
    _write_boundaries(cells, out)
    _write_grids(grids, out)
    _write_csv(out / "places.csv", places)
    return {
        "divisions": len(divisions),
        "boundaries": len(real),
        "schematic": len(cells) - len(real),
        "grids": len(grids),
        "places": len(places),
    }


def _write_divisions(divisions: list[Division], out: Path) -> None:
    """A file a city; level, parent and kind only where the code doesn't tell them."""
    parts: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for one in divisions:
        level = level_by_digits(one.code)
        parts[one.code[:4]].append(
            {
                "code": one.code,
                "name": one.name,
                "level": "" if one.level == level else one.level,
                "parent": "" if one.parent == parent_by_digits(one.code, one.level) else one.parent,
                "kind": "" if one.kind == "administrative" else one.kind,
                "exclave": "true" if one.exclave else "",
                "provenance": one.provenance,
            }
        )
    for part, rows in parts.items():
        _write_csv(out / "divisions" / f"{part}.csv", rows)


DIGITS = {"province": 2, "city": 4, "county": 6, "township": 9, "village": 12}


def level_by_digits(code: str) -> str:
    """The level a code's own digits tell: the deepest part that isn't zero."""
    for above, level in reversed(list(pairwise(DIGITS))):
        if code[DIGITS[above] : DIGITS[level]].strip("0"):
            return level
    return "province"


def parent_by_digits(code: str, level: str) -> str:
    levels = list(DIGITS)
    return full(code[: DIGITS[levels[levels.index(level) - 1]]]) if level != "province" else ""


def _write_boundaries(cells: dict[str, Boundary], out: Path) -> None:
    """A file a county (its townships, villages, grids with it), one feature a line."""
    parts: defaultdict[str, list[str]] = defaultdict(list)
    for code in sorted(cells):
        cell = cells[code]
        properties: dict[str, Any] = {"provenance": "demo" if cell.schematic else "document", "code": code}
        if cell.schematic:
            properties["schematic"] = True
        geometry = json.loads(shapely.to_geojson(cell.shape))
        feature = {"type": "Feature", "properties": properties, "geometry": _rounded(geometry)}
        parts[code[:6]].append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) + "\n")
    for part, lines in parts.items():
        path = out / "boundaries" / f"{part}.geojsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines), encoding="utf-8")


def _rounded(geometry: dict[str, Any]) -> dict[str, Any]:
    def walk(value: Any) -> Any:
        return [walk(part) for part in value] if isinstance(value, list) else round(value, 5)

    return {"type": geometry["type"], "coordinates": walk(geometry["coordinates"])}


def _write_grids(grids: list[Grid], out: Path) -> None:
    parts: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for grid in grids:
        parts[grid.code[:6]].append(
            {
                "code": grid.code,
                "name": grid.name,
                "kind": grid.kind,
                "type": grid.type,
                "households": str(grid.households),
                "phone": grid.phone,
                "provenance": "demo",
            }
        )
    for part, rows in parts.items():
        _write_csv(out / "grids" / f"{part}.csv", rows)


def _write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    """Only the columns that hold something; no rows, no file."""
    if not rows:
        path.unlink(missing_ok=True)
        return
    used = [name for name in rows[0] if any(row[name] for row in rows)]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, used, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
