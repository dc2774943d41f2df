"""Boundaries: real ones of counties and above, derived ones below, marked schematic."""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import shapely
import shapely.affinity
from shapely.geometry import shape as geometry_of
from shapely.geometry.base import BaseGeometry

from tools.territory.schematic import divide, settled, with_core
from tools.territory.sources import Division, Recipe, full


@dataclass(frozen=True)
class Boundary:
    code: str
    shape: BaseGeometry
    schematic: bool


def real_boundaries(recipe: Recipe, divisions: list[Division], source: Path) -> dict[str, Boundary]:
    """Boundaries in the map data of divisions in the pack; and their unions, for the levels above up to the root."""
    known = {one.code: one for one in divisions}
    found: dict[str, Boundary] = {}
    data = json.loads((source / "boundaries" / f"{recipe.boundaries}.geojson").read_text(encoding="utf-8"))
    for feature in data["features"]:
        digits = (feature["properties"].get("gb") or "").removeprefix("156")
        code = recipe.boundary_codes.get(digits, full(digits)) if digits else ""
        # A boundary line with an empty code, or a neighbour that isn't in this pack, is none of its divisions.
        if code in known and feature["geometry"]["type"] in {"Polygon", "MultiPolygon"}:
            found[code] = Boundary(code, settled(geometry_of(feature["geometry"])), False)
    below = defaultdict(list)
    for one in divisions:
        below[one.parent].append(one.code)
    for level in ("city", "province"):
        for one in divisions:
            parts = [found[code].shape for code in below[one.code] if code in found]
            if one.level == level and one.code not in found and parts and one.code.startswith(recipe.root):
                found[one.code] = Boundary(one.code, settled(shapely.unary_union(parts)), False)
    return found


def derived_boundaries(recipe: Recipe, divisions: list[Division], real: dict[str, Boundary]) -> dict[str, Boundary]:
    """Townships of every county with a boundary, and villages of the mapped counties."""
    below: defaultdict[str, list[Division]] = defaultdict(list)
    for one in divisions:
        below[one.parent].append(one)
    made: dict[str, Boundary] = {}
    for county in divisions:
        if county.level != "county" or county.code not in real:
            continue
        townships = [one for one in below[county.code] if one.code not in real]
        made.update(_townships(recipe, real[county.code].shape, townships))
        if county.code[:6] in recipe.mapped:
            for township in townships:
                villages = below[township.code]
                weights = [0.3 if is_urban(one.name) else 1.0 for one in villages]
                for village, cell in zip(villages, divide(made[township.code].shape, weights), strict=True):
                    made[village.code] = Boundary(village.code, settled(cell), True)
    return made


def _townships(recipe: Recipe, county: BaseGeometry, townships: list[Division]) -> dict[str, Boundary]:
    made = {}
    parts = sorted(getattr(county, "geoms", [county]), key=lambda part: -part.area)
    remaining = []
    for one in townships:
        if one.code in recipe.exclaves:
            exclave = parts[recipe.exclaves[one.code]]
            made[one.code] = Boundary(one.code, settled(exclave), True)
            county = county.difference(exclave)
        else:
            remaining.append(one)
    core = [one for one in remaining if one.name.endswith("街道")]
    rest = [one for one in remaining if not one.name.endswith("街道")]
    weights = [0.5 if one.kind == "functional" else 1.0 for one in rest]
    inner, outer = with_core(county, [0.12] * len(core), weights)
    for one, cell in zip((*core, *rest), (*inner, *outer), strict=True):
        made[one.code] = Boundary(one.code, settled(cell), True)
    return made


def is_urban(name: str) -> bool:
    return "居" in name or "社区" in name
