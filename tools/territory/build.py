"""One pack's divisions, boundaries, grids and places, from the public lists."""

import csv
import json
import random
import re
import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import shapely
import shapely.affinity
from shapely.geometry import shape as geometry_of
from shapely.geometry.base import BaseGeometry

from tools.territory.schematic import divide, settled, with_core

# Rows that stand for "no such level here": their children hang one level higher.
PSEUDO = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}
FUNCTIONAL_NAME = re.compile(
    r"开发区|园区|工业园|度假区|工行委|管委会|农场|林场|茶场|马场|种场|试验场|农垦|保护区|新区$|虚拟"
)


@dataclass(frozen=True)
class Division:
    code: str
    name: str
    parent: str
    level: str
    kind: str = "administrative"
    exclave: bool = False
    provenance: str = "document"


@dataclass(frozen=True)
class Recipe:
    """What makes a pack: its root's digits, files, and what the lists don't say.

    boundary_codes: a boundary's code in the map data → the division it is the boundary of.
    extra: functional areas that the code list lacks. exclaves: township → the number of the county polygon's part, by area.
    grids: how many in all (None: 1-3 a village; 0: none). mapped: counties whose villages and grids get polygons.
    """

    name: str
    root: str
    boundaries: str
    villages: str
    boundary_codes: dict[str, str] = field(default_factory=dict)
    extra: tuple[Division, ...] = ()
    exclaves: dict[str, int] = field(default_factory=dict)
    grids: int | None = None
    mapped: tuple[str, ...] = ()
    dialling: str = ""


PACKS = {
    recipe.name: recipe
    for recipe in (
        Recipe("lishui", "3311", "lishui_districts", "lishui", mapped=("331102",), dialling="0578"),
        Recipe(
            "gansu",
            "62",
            "gansu_counties",
            "gansu",
            # 嘉峪关 is a city without counties (the list has one stand-in); the horse farm is a township of 山丹.
            boundary_codes={"620200": "620201000000", "629700": "620725402000"},
            # Named in the boundary data, absent from the code list: reserves directly under the province.
            extra=(
                Division("629800000000", "莲花山风景林自然保护区", "620000000000", "county", "functional"),
                Division("629900000000", "太子山天然林保护区", "620000000000", "county", "functional"),
            ),
            grids=0,
        ),
        Recipe("dawa", "211104", "panjin_districts", "dawa", grids=1253, dialling="0427"),
        Recipe(
            "golmud",
            "632801",
            "golmud",
            "golmud",
            # Neither has a statistical code; these are from a range the list leaves free.
            extra=(
                Division("632801490000", "昆仑经济技术开发区", "632801000000", "township", "functional", False, "demo"),
                Division(
                    "632801491000", "西藏驻格尔木办事处辖区", "632801000000", "township", "functional", False, "demo"
                ),
            ),
            exclaves={"632801101000": 1},
            grids=213,
            dialling="0979",
        ),
        Recipe("yizheng", "321081", "yizheng", "yizheng", dialling="0514"),
    )
}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def full(code: str) -> str:
    return code.ljust(12, "0")


def divisions_of(recipe: Recipe, source: Path) -> list[Division]:
    """The root's chain above it, and all below it that the lists hold, by code; pseudo rows are flattened away."""
    folder = source / "divisions"
    rows = [("province", row) for row in read(folder / "provinces.csv")]
    rows += [("city", row) for row in read(folder / "cities.csv")]
    rows += [("county", row) for row in read(folder / "areas.csv")]
    rows += [("township", row) for row in read(folder / "streets.csv")]
    rows += [("village", row) for row in read(folder / f"villages_{recipe.villages}.csv")]
    above = {
        "province": "",
        "city": "provinceCode",
        "county": "cityCode",
        "township": "areaCode",
        "village": "streetCode",
    }
    pseudo: dict[str, str] = {}
    made = []
    for level, row in rows:
        short, code = row["code"], full(row["code"])
        if not (short.startswith(recipe.root) or recipe.root.startswith(short)):
            continue
        parent = full(row[above[level]]) if above[level] else ""
        parent = pseudo.get(parent, parent)
        if row["name"] in PSEUDO:
            pseudo[code] = parent
            continue
        made.append(Division(code, row["name"], parent, level, _kind(code, row["name"], level)))
    made += recipe.extra
    return sorted(
        (
            Division(one.code, one.name, one.parent, one.level, one.kind, one.code in recipe.exclaves, one.provenance)
            for one in made
        ),
        key=lambda one: one.code,
    )


def _kind(code: str, name: str, level: str) -> str:
    """Township codes 400-599 are zones and state farms run as townships; village codes from 400 are their stand-ins."""
    by_code = (level == "township" and code[6] in "45") or (level == "village" and code[9] in "45")
    by_name = level in {"county", "township"} and FUNCTIONAL_NAME.search(name)
    return "functional" if by_code or by_name else "administrative"


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
                weights = [0.3 if _urban(one.name) else 1.0 for one in villages]
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


def _urban(name: str) -> bool:
    return "居" in name or "社区" in name


ENDINGS = ("村民委员会", "居民委员会", "村委会", "居委会", "牧委会")


def short(name: str) -> str:
    """永晖社区居委会 → 永晖社区; 一村村村委会 → 一村村."""
    for ending in ENDINGS:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending) + (
                "村" if ending.startswith("村") and not name.removesuffix(ending).endswith("村") else ""
            )
    return name


ORDINALS = "一二三四五六七八九十"


def ordinal(n: int) -> str:
    """1 → 一, 12 → 十二, 30 → 三十."""
    if n <= 10:
        return ORDINALS[n - 1]
    tens, ones = divmod(n, 10)
    return (ORDINALS[tens - 1] if tens > 1 else "") + "十" + (ORDINALS[ones - 1] if ones else "")


@dataclass(frozen=True)
class Grid:
    code: str
    name: str
    kind: str
    type: str
    households: int | None
    phone: str


def grids_of(
    recipe: Recipe, divisions: list[Division], cells: dict[str, Boundary]
) -> tuple[list[Grid], dict[str, Boundary]]:
    """Demo grids: basic ones in every village, dedicated ones (school, market) in each township's first, some out of area."""
    villages = [one for one in divisions if one.level == "village"]
    if recipe.grids == 0 or not villages:
        return [], {}
    firsts = {one.parent: one.code for one in reversed(villages)}
    first_of = set(firsts.values())
    townships = {one.code: one for one in divisions if one.level == "township"}
    basic = _basic_counts(recipe, villages, first_of)
    grids: list[Grid] = []
    polygons: dict[str, Boundary] = {}
    for village in villages:
        dice = random.Random(village.code)
        urban = _urban(village.name)
        kinds = ["basic"] * basic[village.code]
        special = []
        if village.code in first_of:
            town = _stem(townships[village.parent].name)
            special = [(f"{town}中心小学专属网格", "dedicated"), (f"{town}农贸市场专属网格", "dedicated")]
        names = [f"{short(village.name)}第{ordinal(n)}网格" for n in range(1, len(kinds) + 1)]
        if village.code in first_of and village.code[:6] in (recipe.mapped or (village.code[:6],)):
            special.append((f"{short(village.name)}域外网格", "out_of_area"))
        for n, (name, kind) in enumerate([*zip(names, kinds, strict=True), *special], start=1):
            code = f"{village.code}{n:03d}"
            households = {
                "basic": dice.randint(300, 500) if urban else dice.randint(180, 320),
                "dedicated": 0,
                "out_of_area": dice.randint(20, 90),
            }[kind]
            type_ = {"dedicated": "unit" if "小学" in name else "shops"}.get(kind, "estate" if urban else "rural")
            # No subscriber's number begins with 0: these can be shown and never ring at anybody's.
            phone = f"{recipe.dialling}-0{int(village.code[6:12]) % 1000:03d}{n:03d}"
            grids.append(Grid(code, name, kind, type_, households, phone))
        if village.code in cells:
            drawn = [grid for grid in grids if grid.code.startswith(village.code) and grid.kind != "out_of_area"]
            weights = [0.15 if grid.kind == "dedicated" else 1.0 for grid in drawn]
            for grid, cell in zip(drawn, divide(cells[village.code].shape, weights), strict=True):
                polygons[grid.code] = Boundary(grid.code, settled(cell), True)
    return grids, polygons


def _basic_counts(recipe: Recipe, villages: list[Division], first_of: set[str]) -> dict[str, int]:
    """1-3 a village; where the number of all grids is public, as many as it says, the urban ones getting more."""
    if recipe.grids is None:
        return {
            one.code: random.Random(one.code + "grids").choice((2, 3) if _urban(one.name) else (1, 1, 2))
            for one in villages
        }
    left = recipe.grids - 3 * len(first_of)
    weights = {one.code: 2 if _urban(one.name) else 1 for one in villages}
    total = sum(weights.values())
    counts = {code: max(1, left * weight // total) for code, weight in weights.items()}
    for code in sorted(weights, key=lambda each: (-weights[each], each))[: max(0, left - sum(counts.values()))]:
        counts[code] += 1
    return counts


def _stem(township: str) -> str:
    """紫金街道 → 紫金; 老竹畲族镇 → 老竹."""
    return re.sub(r"(畲族|回族|藏族|东乡族|满族|蒙古族)?(街道|镇|乡)$", "", township) or township


def places_of(divisions: list[Division], grids: list[Grid], cells: dict[str, Boundary]) -> list[dict[str, str]]:
    """Demo places: a primary school and a market in each township, a hospital, station, square and site in each county."""
    villages = {one.parent: one.code for one in reversed(divisions) if one.level == "village"}
    dedicated = {(grid.code[:12], grid.type): grid.code for grid in grids if grid.kind == "dedicated"}
    counties = {one.code: one for one in divisions if one.level == "county"}
    places: list[dict[str, str]] = []

    def add(kind: str, name: str, address: str, division: str, near: str, shift: float) -> None:
        cell = cells.get(division) or cells.get(near)
        point = cell.shape.representative_point() if cell else None
        moved = shapely.affinity.translate(point, shift, shift / 2) if point is not None else None
        if cell is not None and moved is not None and cell.shape.contains(moved):
            point = moved
        places.append(
            {
                "key": f"{kind}-{division}-{len(places):04d}"[:40],
                "kind": kind,
                "name": name,
                "address": address,
                "division": division,
                "longitude": f"{point.x:.5f}" if point is not None else "",
                "latitude": f"{point.y:.5f}" if point is not None else "",
                "provenance": "demo",
            }
        )

    seats: set[str] = set()
    for one in divisions:
        if one.level == "county" and one.code in cells:
            add("centre", f"{one.name}社会治理中心（演示）", one.name, one.code, one.code, 0.0)
        if one.level != "township" or one.code not in villages or not grids:
            continue
        first, stem, county = villages[one.code], _stem(one.name), counties[one.parent]
        where = f"{county.name}{one.name}"
        add("school", f"{stem}中心小学", where, dedicated.get((first, "unit"), first), one.code, 0.001)
        add("market", f"{stem}农贸市场", where, dedicated.get((first, "shops"), first), one.code, -0.001)
        if county.code not in seats:
            seats.add(county.code)
            stem = re.sub(r"(畲族自治县|市|区|县)$", "", county.name)
            add("hospital", f"{stem}人民医院", where, first, one.code, 0.002)
            add("station", f"{stem}客运站", where, first, one.code, -0.002)
            add("park", f"{stem}人民广场", where, first, one.code, 0.003)
            add("site", f"{stem}安置房二期工地", where, first, one.code, -0.003)
            add("estate", f"{stem}人民小区", where, first, one.code, 0.0015)
    return places


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
