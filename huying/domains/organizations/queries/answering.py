"""Which body answers for a place and an item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from huying.domains.organizations.queries.directory import PortfolioView, PostView, UnitView, directory
from huying.domains.organizations.vocabulary import ancestor_code
from huying.domains.territory import queries as territory
from huying.domains.territory.services import Touched
from huying.domains.territory.vocabulary import DIGITS
from huying.kernel import clock
from huying.kernel.actors import Level
from huying.kernel.words import listed, words

ASKED = (Level.COUNTY, Level.CITY, Level.PROVINCE)


def places_up(division: str) -> Iterator[str]:
    """The 12-digit codes of the division and those above it by code, smallest first."""
    code, last = division[:12].ljust(12, "0"), ""
    for level in (Level.VILLAGE, Level.TOWNSHIP, Level.COUNTY, Level.CITY, Level.PROVINCE):
        found = ancestor_code(code, level)
        if found != last:
            yield found
        last = found


def department_of(division_columns: Mapping[str, str], key: str, on: date | None = None) -> UnitView | None:
    """The body with that key (`water`) of the county that holds the place, else of its city, else of its province.

    division_columns: the located record's columns by name (`province`, `city`, `county` …), 12 digits each, blank when unknown.
    """
    return departments_of([(division_columns, key)], on)[0]


def departments_of(asked: Iterable[tuple[Mapping[str, str], str]], on: date | None = None) -> list[UnitView | None]:
    """`department_of` for many, in their order; no query per row."""
    day, by_place = on or clock.today(), directory().by_place
    found: list[UnitView | None] = []
    for columns, key in asked:
        found.append(
            next(
                (
                    view
                    for level in ASKED
                    if columns.get(level.column)
                    for view in by_place.get((columns[level.column], key), ())
                    if view.in_force(day)
                ),
                None,
            )
        )
    return found


def territorial_unit(division: str, on: date | None = None) -> UnitView | None:
    """The government of the division (of the township that holds a village or grid), else the nearest one above."""
    day, known = on or clock.today(), directory().territorial
    return next(
        (view for place in places_up(division) for view in known.get(place, ()) if view.in_force(day)),
        None,
    )


def unit_at(division: str, key: str, on: date | None = None) -> UnitView | None:
    """The body with that key at exactly this division: `unit_at("331102000000", "centre")`."""
    day = on or clock.today()
    return next((view for view in directory().by_place.get((division, key), ()) if view.in_force(day)), None)


def hanging_on(codes: Sequence[str], on: date) -> Touched:
    """The units of these divisions and of all below them, or the posts of these grids, for the preview of a change."""
    if grids := [code for code in codes if len(code) == DIGITS[Level.GRID]]:
        return Touched(
            words("网格员岗位", "grid workers' posts"),
            str(sum(view.in_force(on) for code in grids for view in directory().of_grid.get(code, ()))),
            words(
                "岗位和在岗的人转到新网格；一格拆成几格的，转到第一个，其余各格照设岗位，等系统管理员任命。",
                "posts and their holders pass to the new grid, of a split one to the first; the others get posts to be filled.",
            ),
        )
    known = territory.tree(on)
    within = {below for code in codes for below in (code, *known.descendants(code))}
    own = [view for view in directory().units.values() if view.division in codes and view.in_force(on)]
    n = sum(view.division in within and view.in_force(on) for view in directory().units.values())
    named = listed(view.short_name for view in own[:5])
    return Touched(
        words("单位", "units"),
        f"{n}（{named}{'…' if len(own) > 5 else ''}）" if named else str(n),
        words(
            "单位和岗位不随区划自动改：挂在消失的区划上的，请随后改挂，否则其人员看不到新区划的事项。",
            "units and posts don't change with it: those of a division that ends want another, or their staff see nothing of it.",
        ),
    )


def responsible(item: str, division: str, on: date | None = None) -> tuple[PostView, UnitView] | None:
    """Who answers for the item there (分类归口): the leader's post and the unit, from the smallest division and longest item
    that the portfolio names; None when it names none."""
    day, known = on or clock.today(), directory()
    for place in places_up(division):
        rows = [row for row in known.portfolio.get(place, ()) if item.startswith(row.item) and row.in_force(day)]
        if rows:
            best = max(rows, key=lambda row: len(row.item))
            return known.posts[best.leader_id], known.units[best.unit_id]
    return None


def portfolio_of(unit_id: int, on: date | None = None) -> list[PortfolioView]:
    """What the unit answers for that day, by division and item."""
    day = on or clock.today()
    rows = [row for held in directory().portfolio.values() for row in held if row.unit_id == unit_id]
    return sorted((row for row in rows if row.in_force(day)), key=lambda row: (row.division, row.item))
