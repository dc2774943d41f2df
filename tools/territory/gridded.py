"""Grids and places of a pack, invented and marked so."""

import random
import re
from dataclasses import dataclass

import shapely
import shapely.affinity

from tools.territory.boundaries import Boundary, is_urban
from tools.territory.schematic import divide, settled
from tools.territory.sources import Division, Recipe

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
        urban = is_urban(village.name)
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
            one.code: random.Random(one.code + "grids").choice((2, 3) if is_urban(one.name) else (1, 1, 2))
            for one in villages
        }
    left = recipe.grids - 3 * len(first_of)
    weights = {one.code: 2 if is_urban(one.name) else 1 for one in villages}
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
