"""Kinds of division, grid and place; how a statistical division code is built."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

from huying.kernel.actors import Level
from huying.kernel.words import Words, words

CODE = re.compile(r"[1-9][0-9]{11}")
# The first day of a division whose creation our sources don't date: valid as far back as any record goes.
BEGINNING = date(1900, 1, 1)
# Digits of the code that name each level: 2 province, 2 city, 2 county, 3 township, 3 village, and 3 more for a grid.
DIGITS = {Level.PROVINCE: 2, Level.CITY: 4, Level.COUNTY: 6, Level.TOWNSHIP: 9, Level.VILLAGE: 12, Level.GRID: 15}
# Rows of the statistical list that stand for "no such level here" and are no place of their own.
PSEUDO_NAMES = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划", "直辖"})


class DivisionKind(StrEnum):
    ADMINISTRATIVE = "administrative"
    FUNCTIONAL = "functional"


DIVISION_KIND_WORDS: dict[DivisionKind, Words] = {
    DivisionKind.ADMINISTRATIVE: words("行政区划", "administrative division"),
    DivisionKind.FUNCTIONAL: words(
        "功能区（开发区、园区、工行委、农林场等）", "functional area (zone, park, state farm …)"
    ),
}


class SuccessionKind(StrEnum):
    """How one division's work passes to another."""

    RENAMED = "renamed"
    MERGED = "merged"
    SPLIT = "split"
    RECODED = "recoded"
    WITHDRAWN = "withdrawn"


SUCCESSION_WORDS: dict[SuccessionKind, Words] = {
    SuccessionKind.RENAMED: words("更名", "renamed"),
    SuccessionKind.MERGED: words("并入", "merged into"),
    SuccessionKind.SPLIT: words("拆分为", "split into"),
    SuccessionKind.RECODED: words("改码", "given a new code"),
    SuccessionKind.WITHDRAWN: words("撤销", "withdrawn"),
}


class GridKind(StrEnum):
    """国标 GB/T 34300 and local practice: basic, dedicated (a school, a market, a park), out-of-area (no polygon)."""

    BASIC = "basic"
    DEDICATED = "dedicated"
    OUT_OF_AREA = "out_of_area"


GRID_KIND_WORDS: dict[GridKind, Words] = {
    GridKind.BASIC: words("基础网格", "basic grid"),
    GridKind.DEDICATED: words("专属网格", "dedicated grid"),
    GridKind.OUT_OF_AREA: words("域外网格", "out-of-area grid"),
}


class GridType(StrEnum):
    """What a grid mostly consists of (four of Golmud's five types; the fifth, by group of people, isn't taken over)."""

    UNIT = "unit"
    ESTATE = "estate"
    RENTED = "rented"
    SHOPS = "shops"
    RURAL = "rural"


GRID_TYPE_WORDS: dict[GridType, Words] = {
    GridType.UNIT: words("单位型", "work units"),
    GridType.ESTATE: words("小区型", "housing estate"),
    GridType.RENTED: words("出租房型", "rented housing"),
    GridType.SHOPS: words("商铺型", "shops"),
    GridType.RURAL: words("农村", "rural"),
}


class PlaceKind(StrEnum):
    SCHOOL = "school"
    MARKET = "market"
    HOSPITAL = "hospital"
    PARK = "park"
    STATION = "station"
    SITE = "site"
    ESTATE = "estate"
    ENTERPRISE = "enterprise"
    SCENIC = "scenic"
    CENTRE = "centre"


PLACE_KIND_WORDS: dict[PlaceKind, Words] = {
    PlaceKind.SCHOOL: words("学校", "school"),
    PlaceKind.MARKET: words("市场", "market"),
    PlaceKind.HOSPITAL: words("医院", "hospital"),
    PlaceKind.PARK: words("公园广场", "park or square"),
    PlaceKind.STATION: words("车站", "station"),
    PlaceKind.SITE: words("工地", "building site"),
    PlaceKind.ESTATE: words("小区", "housing estate"),
    PlaceKind.ENTERPRISE: words("企业", "enterprise"),
    PlaceKind.SCENIC: words("景区", "scenic area"),
    PlaceKind.CENTRE: words("社会治理中心", "governance centre"),
}

LEVEL_WORDS: dict[Level, Words] = {
    Level.PROVINCE: words("省级", "province"),
    Level.CITY: words("市级", "city"),
    Level.COUNTY: words("县级", "county"),
    Level.TOWNSHIP: words("乡级", "township"),
    Level.VILLAGE: words("村级", "village or community"),
    Level.GRID: words("网格", "grid"),
}

URBAN_RURAL_WORDS: dict[str, Words] = {
    "111": words("主城区", "main urban area"),
    "112": words("城乡结合区", "urban-rural junction"),
    "121": words("镇中心区", "town centre"),
    "122": words("镇乡结合区", "town junction"),
    "123": words("特殊区域", "special area"),
    "210": words("乡中心区", "township centre"),
    "220": words("村庄", "village"),
}


def level_of(code: str) -> Level:
    """The level a code's own digits tell: the deepest part that is not zero."""
    if len(code) == DIGITS[Level.GRID]:
        return Level.GRID
    for level in (Level.VILLAGE, Level.TOWNSHIP, Level.COUNTY, Level.CITY):
        above = DIGITS[Level(level - 1)]
        if code[above : DIGITS[level]].strip("0"):
            return level
    return Level.PROVINCE


def prefix_at(code: str, level: Level) -> str:
    """The 12-digit code of the division at `level` that the digits of `code` name (whether or not it exists)."""
    return code[: DIGITS[level]].ljust(12, "0")


def parent_by_digits(code: str, level: Level | None = None) -> str:
    """The parent that a code's digits name; "" above a province. A grid's is its village."""
    own = level or level_of(code)
    return "" if own is Level.PROVINCE else prefix_at(code, Level(own - 1))


# How the log names what is done here (kernel.audit.naming).
LOGGED: dict[str, Words] = {
    "created": words("设立", "set up"),
    "renamed": words("更名", "renamed"),
    "moved": words("改变隶属", "moved"),
    "merged": words("并入", "merged into another"),
    "took_over": words("接收并入", "took another over"),
    "split": words("拆分", "split"),
    "split_off": words("由拆分设立", "made by a split"),
    "recoded": words("换码", "recoded"),
    "withdrawn": words("撤销", "withdrawn"),
    "redrawn": words("调整为新网格", "redrawn into another grid"),
    "drawn": words("由调整设立", "drawn from other grids"),
}
LOGGED_KINDS: dict[str, Words] = {"division": words("区划", "division"), "grid": words("网格", "grid")}

# What is entered about a division by an order, by the name of its form.
CHANGE_WORDS: dict[str, Words] = {
    "rename": words("更名", "Rename"),
    "move": words("划归", "Move"),
    "recode": words("改码", "Re-code"),
    "merge": words("合并", "Merge"),
    "split": words("拆分", "Split"),
    "withdraw": words("撤销", "Withdraw"),
}
# The same of a grid.
GRID_CHANGE_WORDS: dict[str, Words] = {
    "move": words("划入另一村（社区）", "Give another village"),
    "merge": words("并格", "Merge grids"),
    "split": words("拆格", "Split"),
}
# What the check finds (queries.hygiene).
FINDING_WORDS: dict[str, Words] = {
    "orphan": words("没有上级", "orphan"),
    "several_roots": words("多个最上级", "several roots"),
    "loop": words("循环隶属", "loop"),
    "same_name": words("同级同名", "same name"),
    "code_and_parent": words("编码与上级不符", "code and parent differ"),
    "invalid_geometry": words("边界无效", "invalid boundary"),
    "overlap": words("边界重叠", "boundaries overlap"),
    "stray_boundary": words("边界无所属", "stray boundary"),
    "stray_grid": words("网格无所属", "stray grid"),
}
