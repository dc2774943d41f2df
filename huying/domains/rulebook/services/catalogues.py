"""The dispatch catalogue: drafted from the one in force, checked for conflicts and gaps, tried on past matters, published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.organizations import queries as organizations
from huying.domains.organizations.vocabulary import UnitKind
from huying.domains.rulebook.models import CatalogueItem, CatalogueRoute, CatalogueVersion
from huying.domains.rulebook.permissions import require_keeper
from huying.domains.rulebook.queries import (
    Catalogue,
    Item,
    Route,
    catalogues,
    find_route,
    off_list,
    resolve,
    routing_in,
    rule_keys,
)
from huying.domains.rulebook.services.lifecycle import add_drafts, get, note, publish, touch
from huying.domains.rulebook.vocabulary import TOWNSHIP_GOVERNMENT, Part, State, covers
from huying.kernel import clock
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import InvalidInput, NotAllowedNow, NotFound, StaleVersion
from huying.kernel.words import Words, words

ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a catalogue. kind: conflict (two rules contradict) or gap (nobody would answer)."""

    kind: str
    item: str
    division: str
    words: Words


@dataclass(frozen=True, slots=True)
class Move:
    """Matters that would go elsewhere: how many of an item, from which unit to which; None: nobody is named."""

    item: str
    from_unit: int | None
    to_unit: int | None
    n: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    total: int
    unchanged: int
    moves: tuple[Move, ...]

    @property
    def unrouted(self) -> int:
        return sum(move.n for move in self.moves if move.to_unit is None)


def whole(catalogue_id: int) -> Catalogue:
    """A catalogue version in any state. Raises NotFound."""
    found = catalogues(pk=catalogue_id)
    if not found:
        raise NotFound(_("没有编号 %(catalogue_id)s 的派单目录。") % {"catalogue_id": catalogue_id})
    return found[0]


def draft_catalogue(
    *,
    title: str,
    division: str,
    valid_from: date,
    actor: Actor,
    items: Iterable[Item] = (),
    routes: Iterable[Route] = (),
    like: int | None = None,
    provenance: str = "document",
) -> CatalogueVersion:
    """A new draft, empty, with the given rows, or a copy of version `like`."""
    if like is not None:
        model = whole(like)
        items, routes = model.items.values(), model.routes.values()
    with transaction.atomic():
        row = CatalogueVersion(title=title, division=division, valid_from=valid_from, provenance=provenance)
        (made,) = add_drafts(Part.CATALOGUE, [row], actor=actor)
        CatalogueItem.objects.bulk_create(
            [CatalogueItem(catalogue=made, code=i.code, zh=i.words.zh, en=i.words.en) for i in items],
            batch_size=ROWS_AT_ONCE,
        )
        CatalogueRoute.objects.bulk_create([_route(made, r) for r in routes], batch_size=ROWS_AT_ONCE)
    return made


def _route(catalogue: CatalogueVersion, route: Route) -> CatalogueRoute:
    return CatalogueRoute(
        catalogue=catalogue,
        item=route.item,
        division=route.division,
        lead=route.lead,
        supporters=list(route.supporters),
        rule_key=route.rule_key,
        questions=list(route.questions),
        note=route.note,
    )


def _editable(catalogue_id: int, version: int, actor: Actor) -> CatalogueVersion:
    (row,) = get(Part.CATALOGUE, [catalogue_id], lock=True)
    require_keeper(actor, Part.CATALOGUE, row.division)
    if row.state != State.DRAFT:
        raise NotAllowedNow(_("已发布的派单目录不能修改。"), cure=_("以它为底另拟草稿，发布后自动接替。"))
    if row.version != version:
        raise StaleVersion(_("草稿已被他人修改。"), cure=_("请刷新后再改；您填写的内容仍在页面上。"))
    found: CatalogueVersion = row
    return found


def edit_catalogue(
    *,
    catalogue_id: int,
    version: int,
    actor: Actor,
    items: Sequence[Item] = (),
    routes: Sequence[Route] = (),
    drop_items: Sequence[str] = (),
    drop_routes: Sequence[tuple[str, str]] = (),
) -> CatalogueVersion:
    """Put and take rows of a draft, by item code and by (item, division). Raises NotAllowedNow, StaleVersion, InvalidInput."""
    with transaction.atomic():
        row = _editable(catalogue_id, version, actor)
        for item in items:
            if not item.code.isdigit() or len(item.code) not in {2, 4, 6}:
                raise InvalidInput(
                    _("类目代码 %(code_r)s 不合规则。") % {"code_r": repr(item.code)},
                    cure=_("一级两位、二级四位、三级六位数字。"),
                )
        CatalogueItem.objects.filter(catalogue=row, code__in=[*drop_items, *(i.code for i in items)]).delete()
        CatalogueItem.objects.bulk_create(
            [CatalogueItem(catalogue=row, code=i.code, zh=i.words.zh, en=i.words.en) for i in items]
        )
        away = {*drop_routes, *((r.item, r.division) for r in routes)}
        gone = CatalogueRoute.objects.filter(catalogue=row, item__in={item for item, _ in away})
        CatalogueRoute.objects.filter(pk__in=[r.pk for r in gone if (r.item, r.division) in away]).delete()
        CatalogueRoute.objects.bulk_create([_route(row, r) for r in routes])
        row.version += 1
        row.save(update_fields=["version"])
        changed = sorted({i.code for i in items} | {*drop_items} | {item for item, _ in away})
        note(Part.CATALOGUE, [row], "edit", actor, before=State.DRAFT, reason=f"改动 {'、'.join(changed[:20])}")
        touch()
    return row


def publish_catalogue(*, catalogue_id: int, actor: Actor, reason: str = "") -> CatalogueVersion:
    """Publish a draft that holds no conflict. Gaps don't stop it: a dispatcher decides what it says nothing of."""
    if found := conflicts(whole(catalogue_id)):
        raise InvalidInput(
            _("派单目录有 %(n)s 处冲突：%(first)s") % {"n": len(found), "first": found[0].words},
            cure=_("在目录页逐条改正后再发布。"),
        )
    (row,) = publish(Part.CATALOGUE, [catalogue_id], actor=actor, reason=reason)
    published: CatalogueVersion = row
    return published


def conflicts(catalogue: Catalogue) -> list[Finding]:
    """Rows that cannot hold: an item, limit or body that isn't there, a lead that is its own supporter."""
    found: list[Finding] = []
    rules, units = set(rule_keys()), organizations.all_units()
    codes, keys = {unit.code for unit in units}, {unit.department for unit in units}
    townships = {unit.code for unit in units if unit.level is Level.TOWNSHIP}
    on = max(catalogue.valid_from, clock.today())

    def say(route: Route, zh: str, en: str) -> None:
        found.append(
            Finding("conflict", route.item, route.division, words(f"{route.item}：{zh}", f"{route.item}: {en}"))
        )

    for code in catalogue.items:
        if len(code) > 2 and code[:-2] not in catalogue.items:
            said = words(f"{code}：没有上级类目 {code[:-2]}", f"{code}: its parent {code[:-2]} is missing")
            found.append(Finding("conflict", code, "", said))
    for route in catalogue.routes.values():
        if route.item not in catalogue.items:
            say(route, "目录中没有这个类目", "no such item in the catalogue")
        if route.rule_key not in rules:
            say(route, f"没有时限规则 {route.rule_key}", f"no limit rule {route.rule_key}")
        if route.lead in route.supporters:
            say(route, f"{route.lead} 既主办又协办", f"{route.lead} leads and supports at once")
        if route.division and not covers(catalogue.division, route.division):
            say(route, f"{route.division} 不在目录辖区内", f"{route.division} lies outside the catalogue's area")
        for named in (route.lead, *route.supporters):
            known = named.startswith("@") or named in (codes if "-" in named else keys)
            if not known:
                say(route, f"没有单位 {named}", f"no unit {named}")
    for item in catalogue.items.values():
        for area in {
            "",
            *(division for code, division in catalogue.routes if item.leaf and item.code.startswith(code)),
        }:
            where = area or catalogue.division
            route_there = find_route(catalogue, item.code, where) if item.leaf else None
            for named in (route_there.lead, *route_there.supporters) if route_there else ():
                if named != TOWNSHIP_GOVERNMENT and named not in townships:
                    continue
                supporting = route_there is not None and named != route_there.lead
                verdict = off_list(item.code, UnitKind.TERRITORIAL, Level.TOWNSHIP, on, where, supporting=supporting)
                if verdict.off and route_there is not None:
                    less = replace(route_there, item=item.code)
                    say(less, f"不能派给乡镇（街道）：{verdict.words.zh}", f"not for a township: {verdict.words.en}")
    return found


def gaps(catalogue: Catalogue, on: date) -> list[Finding]:
    """Item × county for which nobody would be named: no route at all, or a body that the county and its city don't have."""
    found: list[Finding] = []
    counties = sorted(
        {
            u.division
            for u in organizations.all_units()
            if u.level is Level.COUNTY and covers(catalogue.division, u.division)
        }
    ) or [catalogue.division]
    # A route names few bodies for few areas: resolve each pair once.
    resolved: dict[tuple[str, str], int | None] = {}
    for item in catalogue.items.values():
        if not item.leaf:
            continue
        nowhere = [county for county in counties if find_route(catalogue, item.code, county) is None]
        if nowhere:
            said = words(
                f"{item.code} {item.words.zh}：未规定由谁办理", f"{item.code} {item.words.en}: nobody is named"
            )
            found.append(Finding("gap", item.code, "" if len(nowhere) == len(counties) else nowhere[0], said))
            continue
        for county in counties:
            route = find_route(catalogue, item.code, county)
            if route is None:
                continue
            if (pair := (route.lead, county)) not in resolved:
                resolved[pair] = resolve(route.lead, county, on)
            if resolved[pair] is None:
                said = words(
                    f"{item.code} {item.words.zh}：{county} 没有 {route.lead}",
                    f"{item.code} {item.words.en}: {county} has no {route.lead}",
                )
                found.append(Finding("gap", item.code, county, said))
    return found


def what_if(*, catalogue_id: int, matters: Iterable[tuple[str, str, int | None]], on: date) -> WhatIf:
    """Where past matters would have gone under this version: (item, division, unit it went to) → what changes. Writes nothing."""
    catalogue = whole(catalogue_id)
    total = unchanged = 0
    decided: dict[tuple[str, str], int | None] = {}
    moves: Counter[tuple[str, int | None, int | None]] = Counter()
    for item, division, current in matters:
        total += 1
        if (pair := (item, division)) not in decided:
            routing = routing_in(catalogue, item, division, on)
            decided[pair] = routing.lead_unit_id if routing else None
        if decided[pair] == current:
            unchanged += 1
        else:
            moves[(item, current, decided[pair])] += 1
    return WhatIf(total, unchanged, tuple(Move(*key, n) for key, n in moves.most_common()))


# (actor, since, until) → (item, division, unit it went to) of the matters the actor may see.
PastMatters = Callable[[Actor, date, date], Iterable[tuple[str, str, int | None]]]
_past: list[PastMatters] = []


def set_past_matters(source: PastMatters) -> None:
    """Who knows where past matters went; given once, by matters."""
    _past[:] = [source]


def past_matters(actor: Actor, since: date, until: date) -> Iterable[tuple[str, str, int | None]] | None:
    """What `set_past_matters` gave; None where nothing holds matters."""
    return _past[0](actor, since, until) if _past else None


def siblings(catalogue: Catalogue, code: str) -> list[Item]:
    """Items under `code` ("" for the first level), in code order."""
    return [item for item in catalogue.items.values() if item.code[:-2] == code]


__all__ = [
    "Finding",
    "Move",
    "WhatIf",
    "conflicts",
    "draft_catalogue",
    "edit_catalogue",
    "gaps",
    "past_matters",
    "publish_catalogue",
    "set_past_matters",
    "siblings",
    "what_if",
    "whole",
]
