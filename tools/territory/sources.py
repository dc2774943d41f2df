"""What each pack is made from, and its divisions as the public lists give them."""

import csv
import re
from dataclasses import dataclass, field
from pathlib import Path

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
