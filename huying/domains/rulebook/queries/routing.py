"""The dispatch catalogue read: which unit answers for which item where, and what may not be asked of whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from huying.domains.organizations import queries as organizations
from huying.domains.organizations.vocabulary import UnitKind
from huying.domains.rulebook.queries.book import Catalogue, Item, Listed, Route, book, in_force
from huying.domains.rulebook.vocabulary import (
    COUNTY_GOVERNMENT,
    DUTY_WORDS,
    TOWNSHIP_GOVERNMENT,
    Duty,
    covers,
    parents,
    places_up,
)
from huying.kernel.actors import Level
from huying.kernel.errors import RuleMissing
from huying.kernel.words import Words, words

_DIGITS = {Level.PROVINCE: 2, Level.CITY: 4, Level.COUNTY: 6, Level.TOWNSHIP: 9, Level.VILLAGE: 12}


@dataclass(frozen=True, slots=True)
class Routing:
    """Who answers, and why. lead_unit_id None: the catalogue names a body this place doesn't have; a human decides."""

    item: str
    lead_unit_id: int | None
    supporter_unit_ids: tuple[int, ...]
    rule_key: str
    questions: tuple[str, ...]
    grounds: Words


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the work is off the list that binds a township, village or grid; `words` and `basis` say why."""

    off: bool
    words: Words
    basis: str = ""


def columns_of(division: str) -> dict[str, str]:
    """A division's located columns by its code's own nesting."""
    return {
        level.column: division[:digits].ljust(12, "0")
        for level, digits in _DIGITS.items()
        if division[:digits].strip("0") and (digits == 2 or division[:digits].ljust(12, "0") != _up(division, digits))
    }


def _up(division: str, digits: int) -> str:
    above = {4: 2, 6: 4, 9: 6, 12: 9}[digits]
    return division[:above].ljust(12, "0")


def resolve(named: str, division: str, on: date | None = None) -> int | None:
    """The unit that a route's lead or supporter names, for a place; None when the place has no such body."""
    if named == TOWNSHIP_GOVERNMENT:
        found = organizations.territorial_unit(division, on)
    elif named == COUNTY_GOVERNMENT:
        found = organizations.territorial_unit(division[:6].ljust(12, "0"), on)
    elif "-" in named:
        found = organizations.unit_by_code(named)
    else:
        found = organizations.department_of(columns_of(division), named, on)
    return found.id if found else None


def catalogue_for(division: str, on: date) -> Catalogue:
    """The catalogue in force that covers `division`, the smallest area first. Raises RuleMissing."""
    return _catalogue(book().catalogues, division, on)


def _catalogue(known: list[Catalogue], division: str, on: date) -> Catalogue:
    for place in places_up(division):
        for catalogue in known:
            if catalogue.division == place and in_force(catalogue.valid_from, catalogue.valid_to, on):
                return catalogue
    raise RuleMissing(
        _("%(place)s 在 %(on)s 没有已发布的派单目录") % {"place": division or _("本地"), "on": on},
        cure=_("在规则库中发布派单目录，或安装地方包"),
    )


def find_route(catalogue: Catalogue, item: str, division: str) -> Route | None:
    """The item's own route for the smallest area that has one; else its parent item's."""
    places = places_up(division)
    for code in parents(item):
        for place in places:
            if (route := catalogue.routes.get((code, place))) is not None:
                return route
    return None


def route(item_code: str, division: str, on: date) -> Routing:
    """Who answers for the item there. Raises RuleMissing when no catalogue is in force or it says nothing of the item."""
    found = routing_in(_catalogue(book().catalogues, division, on), item_code, division, on)
    if found is None:
        raise RuleMissing(
            _("派单目录没有规定 %(item_code)s 在 %(division)s 由谁办理")
            % {"item_code": item_code, "division": division},
            cure=_("由派单员研判指定，并在目录中补上"),
        )
    return found


def routes(pairs: Iterable[tuple[str, str]], on: date) -> list[Routing | None]:
    """`route` for many (item, division), in their order; None where the catalogue says nothing. No query per row."""
    known = book().catalogues
    kept: dict[tuple[str, str], Routing | None] = {}
    found: list[Routing | None] = []
    for item, division in pairs:
        if (item, division) not in kept:
            try:
                kept[(item, division)] = routing_in(_catalogue(known, division, on), item, division, on)
            except RuleMissing:
                kept[(item, division)] = None
        found.append(kept[(item, division)])
    return found


def routing_in(catalogue: Catalogue, item: str, division: str, on: date) -> Routing | None:
    """What this catalogue (a draft, say) decides."""
    chosen = find_route(catalogue, item, division)
    if chosen is None:
        return None
    lead = resolve(chosen.lead, division, on)
    helpers = [resolve(named, division, on) for named in chosen.supporters]
    name = catalogue.items[item].words if item in catalogue.items else words(item, item)
    unit = organizations.unit(lead) if lead is not None else None
    area = words(f"（{chosen.division}）", f" ({chosen.division})") if chosen.division else words("", "")
    inherited = (
        words("", "") if chosen.item == item else words(f"（按上级类目 {chosen.item}）", f" (by item {chosen.item})")
    )
    said = unit.name if unit else chosen.lead
    grounds = words(
        f"{catalogue.title}：{item} {name.zh}{inherited.zh}{area.zh} → {said}",
        f"{catalogue.title}: {item} {name.en}{inherited.en}{area.en} → {said}",
    )
    return Routing(
        item,
        lead,
        tuple(dict.fromkeys(unit for unit in helpers if unit is not None and unit != lead)),
        chosen.rule_key,
        chosen.questions,
        grounds,
    )


def items(on: date, division: str = "") -> list[Item]:
    """The catalogue's tree in code order; when no division is named, that of the widest catalogue in force."""
    known = [c for c in book().catalogues if in_force(c.valid_from, c.valid_to, on)]
    if division:
        return list(_catalogue(known, division, on).items.values())
    widest = min(known, key=lambda c: len(c.division.rstrip("0")), default=None)
    return list(widest.items.values()) if widest else []


def item(code: str, on: date, division: str = "") -> Item | None:
    return next((one for one in items(on, division) if one.code == code), None)


def admissions(on: date, division: str = "") -> list[Listed]:
    """The admission list in force for a place; every area's when none is named."""
    return _in_force(book().admissions, on, division)


def duties(on: date, division: str = "") -> list[Listed]:
    """The township duty list in force for a place; every area's when none is named."""
    return _in_force(book().duties, on, division)


def _in_force(listed: list[Listed], on: date, division: str) -> list[Listed]:
    return [
        line
        for line in listed
        if in_force(line.valid_from, line.valid_to, on) and (not division or covers(line.division, division))
    ]


def off_list(
    item_code: str, unit_kind: UnitKind | str, level: Level, on: date, division: str = "", *, supporting: bool = False
) -> Verdict:
    """Whether this item may not be put on a body of that kind and level.

    Townships are bound by their duty list, villages and grids by the admission list (准入制). Where the place has published no
    such list nothing is refused, and the verdict says so. supporting: the body is asked to support, not to lead.
    """
    kind = UnitKind(unit_kind)
    if kind not in {UnitKind.TERRITORIAL, UnitKind.VILLAGE, UnitKind.CENTRE} or level < Level.TOWNSHIP:
        return Verdict(False, words("不受清单约束的单位。", "A body that no list binds."))
    if level is Level.TOWNSHIP:
        return _township(item_code, on, division, supporting)
    return _grid(item_code, on, division)


def _township(item_code: str, on: date, division: str, supporting: bool) -> Verdict:
    listed = duties(on, division)
    if not listed:
        return Verdict(False, words("本地未发布履职事项清单。", "No duty list is published here."))
    # The longest item code wins: a line on 010203 says more than one on 01.
    for code in parents(item_code):
        for line in listed:
            if code in line.items and line.duty is not None:
                said = words(
                    f"履职事项清单 {line.code}：{line.words.zh}（{DUTY_WORDS[line.duty].zh}）",
                    f"duty list {line.code}: {line.words.en} ({DUTY_WORDS[line.duty].en})",
                )
                off = line.duty is Duty.TAKEN_BACK or (line.duty is Duty.SUPPORTING and not supporting)
                return Verdict(off, said, line.basis)
    return Verdict(
        True,
        words(
            f"事项 {item_code} 不在乡镇（街道）履职事项清单内。", f"Item {item_code} is not on the township duty list."
        ),
        listed[0].basis,
    )


def _grid(item_code: str, on: date, division: str) -> Verdict:
    listed = admissions(on, division)
    if not listed:
        return Verdict(False, words("本地未发布网格工作准入清单。", "No grid admission list is published here."))
    for code in parents(item_code):
        for line in listed:
            if code in line.items:
                said = words(f"准入清单 {line.code}：{line.words.zh}", f"admission list {line.code}: {line.words.en}")
                return Verdict(False, said, line.basis)
    return Verdict(
        True,
        words(f"事项 {item_code} 不在网格工作准入清单内。", f"Item {item_code} is not on the grid admission list."),
        listed[0].basis,
    )
