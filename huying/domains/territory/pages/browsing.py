"""The tree browser with dates, a division's and a grid's page, the check, the map endpoint, the place picker."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_GET

from huying.domains.territory import queries
from huying.domains.territory.models import Grid
from huying.domains.territory.permissions import KEEPERS, is_over, may_change
from huying.domains.territory.queries import Node, Tree
from huying.domains.territory.vocabulary import (
    CHANGE_WORDS,
    DIVISION_KIND_WORDS,
    FINDING_WORDS,
    GRID_CHANGE_WORDS,
    GRID_KIND_WORDS,
    GRID_TYPE_WORDS,
    LEVEL_WORDS,
    PLACE_KIND_WORDS,
    URBAN_RURAL_WORDS,
    GridKind,
    GridType,
    PlaceKind,
)
from huying.kernel import clock
from huying.kernel.actors import Level
from huying.kernel.errors import InvalidInput, NotFound
from huying.kernel.http.guards import reads
from huying.kernel.pages import Keyset, actor_of, staff

GRIDS = Keyset(("code",))
NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
CODES = re.compile(r"([1-9][0-9]{11}([0-9]{3})?)?")
MAPS_KEPT = 64  # texts of maps a process holds; a county's is some tens of kB
FOUND_AT_ONCE = 12
FINDINGS_AT_ONCE = 100


def day_of(request: HttpRequest) -> date:
    """The day asked for by `on` (YYYY-MM-DD), else today. Raises InvalidInput."""
    text = request.GET.get("on", "").strip()
    if not text:
        return clock.today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            _("日期“%(text)s”无法读取。") % {"text": text[:20]},
            fields={"on": _("写成 2026-11-22 的样子。")},
            cure=_("改正日期后重试。"),
        ) from None


def dated_query(request: HttpRequest, day: date) -> str:
    return f"?on={day.isoformat()}" if request.GET.get("on") and day != clock.today() else ""


def trail(known: Tree, code: str, suffix: str) -> list[tuple[str, str]]:
    """Crumbs from the tree's root down to `code`, the last without an address."""
    steps = [(_("区划与网格"), reverse("territory_tree") + suffix)]
    steps += [(node.name, reverse("territory_division", args=[node.code]) + suffix) for node in known.path(code[:12])]
    return steps


def rows_of(known: Tree, codes: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "node": (node := known[code]),
            "level": LEVEL_WORDS[node.level],
            "kind": DIVISION_KIND_WORDS[node.kind],
            "functional": node.kind == "functional",
            "below": len(known.children(code)),
        }
        for code in codes
    ]


@staff(administrators=True)
@require_GET
def browse(request: HttpRequest) -> HttpResponse:
    """The tree from its top, or what a search finds, on a day."""
    day = day_of(request)
    known = queries.tree(day)
    text = request.GET.get("q", "").strip()[:60]
    codes = known.roots
    while len(codes) == 1 and known[codes[0]].level < Level.COUNTY and not text:
        codes = known.children(codes[0])  # a place begins where its own tree first branches
    context = {
        "day": day,
        "today": clock.today(),
        "suffix": dated_query(request, day),
        "text": text,
        "found": queries.search_divisions(text, on=day, limit=50) if text else None,
        "places": queries.search_places(text, on=day, limit=20) if text else [],
        "rows": rows_of(known, codes),
        "total": len(known),
        "changes": [each for each in reversed(queries.change_days()) if each.year > 1900][:12],
        "map_url": _map_url(known.parent(codes[0]) if codes else "", day, links=True),
    }
    return render(request, "territory/browse.html", context)


@staff(administrators=True)
@require_GET
def division(request: HttpRequest, code: str) -> HttpResponse:
    """One division on a day: map, what is below it, grids, places, history."""
    actor = actor_of(request)
    day = day_of(request)
    known = queries.tree(day)
    history = queries.history(code)
    if code not in known:
        if not history.names:
            raise NotFound(_("没有编码为“%(code)s”的区划。") % {"code": code}, cure=_("核对 12 位编码。"))
        context = {"code": code, "name": history.names[-1][2], "day": day, "today": clock.today(), "history": history}
        return render(request, "territory/gone.html", context)
    node = known[code]
    suffix = dated_query(request, day)
    grids = queries.grids_of(code, day)
    context = {
        "node": node,
        "level": LEVEL_WORDS[node.level],
        "kind": DIVISION_KIND_WORDS[node.kind],
        "urban_rural": URBAN_RURAL_WORDS.get(node.urban_rural),
        "day": day,
        "today": clock.today(),
        "suffix": suffix,
        "crumbs": [*trail(known, code, suffix)[:-1], (node.name, "")],
        "rows": rows_of(known, known.children(code)),
        "counts": [(LEVEL_WORDS[level], n) for level, n in _below(known, node) if n],
        "grids": _grid_rows(grids[:30]),
        "grid_count": grids.count(),
        "places": _place_rows(queries.places_in(code, limit=30, on=day)),
        "history": history,
        "map_url": _map_url(code, day, links=True),
        "changes": [(reverse("territory_change", args=[code, act]), said) for act, said in CHANGE_WORDS.items()]
        if may_change(actor) and is_over(actor, known.ancestors(code)) and day == clock.today()
        else [],
    }
    return render(request, "territory/division.html", context)


def _below(known: Tree, node: Node) -> list[tuple[Level, int]]:
    counts = dict.fromkeys(Level, 0)
    for code in known.descendants(node.code):
        counts[known.nodes[code].level] += 1
    return list(counts.items())


def _grid_rows(grids: Any) -> list[dict[str, Any]]:
    return [
        {
            "grid": grid,
            "kind": GRID_KIND_WORDS[GridKind(grid.kind)],
            "grid_type": GRID_TYPE_WORDS[GridType(grid.type)] if grid.type else "",
        }
        for grid in grids
    ]


def _place_rows(places: list[queries.FoundPlace]) -> list[dict[str, Any]]:
    return [{"place": place, "kind": PLACE_KIND_WORDS[PlaceKind(place.kind)]} for place in places]


def _map_url(parent: str, day: date, *, links: bool = False) -> str:
    address = f"{reverse('territory_geojson')}?parent={parent}"
    if day != clock.today():
        address += f"&on={day.isoformat()}"
    return address + ("&links=1" if links else "")


@staff(administrators=True)
@require_GET
def grid_list(request: HttpRequest, code: str) -> HttpResponse:
    """All grids below a division, a page at a time, each with its public phone."""
    day = day_of(request)
    known = queries.tree(day)
    node = known[code]
    page = GRIDS.page(queries.grids_of(code, day), after=request.GET.get("after", ""))
    context = {
        "node": node,
        "page": page,
        "rows": [row | {"village": known.full_name(row["grid"].village, below=code)} for row in _grid_rows(page.items)],
        "crumbs": [*trail(known, code, dated_query(request, day)), (_("网格"), "")],
        "suffix": dated_query(request, day),
    }
    return render(request, "territory/grids.html", context)


@staff(administrators=True)
@require_GET
def grid(request: HttpRequest, code: str) -> HttpResponse:
    """One grid: its village, kind, size, phone, map and places; its worker comes from the organisations' own fragment."""
    actor = actor_of(request)
    day = day_of(request)
    known = queries.tree(day)
    found = Grid.objects.filter(code=code).first()
    if found is None:
        raise NotFound(_("没有编码为“%(code)s”的网格。") % {"code": code}, cure=_("核对 15 位编码。"))
    homes = queries.standing_villages(found.village, day)
    history = queries.history(code)
    if not found.valid_from <= day or (found.valid_to is not None and found.valid_to <= day):
        context = {"code": code, "name": found.name, "day": day, "today": clock.today(), "history": history}
        return render(request, "territory/gone.html", context)
    [row] = _grid_rows([found])
    suffix = dated_query(request, day)
    alters = may_change(actor) and day == clock.today() and any(is_over(actor, known.ancestors(one)) for one in homes)
    context = row | {
        "crumbs": [*trail(known, homes[0] if homes else "", suffix), (found.name, "")],
        "village": known.get(found.village),
        "homes": homes,
        "home_names": [known[one].name for one in homes],
        "history": history if history.came_from or history.passed_to else None,
        "changes": [
            (reverse("territory_grid_change", args=[code, act]), said) for act, said in GRID_CHANGE_WORDS.items()
        ]
        if alters
        else [],
        "code": code,
        "places": _place_rows(queries.places_in(code, limit=50, on=day)),
        "day": day,
        "suffix": suffix,
        "map_url": _map_url(code, day),
        "area_url": _map_url(homes[0] if homes else "", day),
    }
    return render(request, "territory/grid.html", context)


@staff(*KEEPERS)
@require_GET
def check(request: HttpRequest) -> HttpResponse:
    """What is wrong with the territory on a day; polygons are looked at when asked (`geometry=1`), as that takes seconds."""
    day = day_of(request)
    with_geometry = request.GET.get("geometry") == "1"
    known = queries.tree(day)
    every = queries.hygiene(day, geometry=with_geometry)
    counts = Counter(one.kind for one in every)
    kind = request.GET.get("kind", "")
    findings = [one for one in every if one.kind == kind] if kind in counts else every
    try:
        start = max(0, int(request.GET.get("from", "0")))
    except ValueError:
        start = 0
    context = {
        "day": day,
        "today": clock.today(),
        "with_geometry": with_geometry,
        "total": len(known),
        "count": len(every),
        "kinds": [(name, FINDING_WORDS[name], n, name == kind) for name, n in sorted(counts.items())],
        "kind": kind if kind in counts else "",
        "rows": [(one, known.get(one.code[:12])) for one in findings[start : start + FINDINGS_AT_ONCE]],
        "shown_from": start + 1,
        "shown_to": min(start + FINDINGS_AT_ONCE, len(findings)),
        "listed": len(findings),
        "more_from": start + FINDINGS_AT_ONCE if start + FINDINGS_AT_ONCE < len(findings) else 0,
    }
    return render(request, "territory/check.html", context)


def _geojson_tag(request: HttpRequest) -> str:
    """Changes with the territory, the day and the question; says nothing else. Bad questions are told by the view."""
    asked = "|".join(request.GET.get(name, "")[:40] for name in ("parent", "on", "links"))
    return f'"{queries.version()}-{clock.today():%Y%m%d}-{asked.encode().hex()}"'


@require_GET
@cache_control(public=True, max_age=60)
@condition(etag_func=_geojson_tag)
def geojson(request: HttpRequest) -> HttpResponse:
    """A map: the polygons of `parent`'s children on the day `on` (today), else its own. `links`: each with its page.

    parent: 12 digits, 15 for one grid, or "" for the roots. Answers 304 to a known ETag.
    """
    parent = request.GET.get("parent", "")
    if not CODES.fullmatch(parent):
        raise InvalidInput(
            _("区划编码应为 12 位，网格编码应为 15 位。"), fields={"parent": parent[:20]}, cure=_("改正后重试。")
        )
    day = day_of(request)
    text = _map_text(queries.version(), parent, day, request.GET.get("links") == "1")
    return HttpResponse(text, content_type="application/geo+json")


@lru_cache(maxsize=MAPS_KEPT)
def _map_text(version: str, parent: str, day: date, links: bool) -> str:
    """By version, so a change of the territory asks anew."""
    return queries.geojson(parent, day, page=reverse("territory_tree") + "{code}/" if links else "")


def _base(request: HttpRequest) -> str:
    base = request.GET.get("base", "place")
    if not NAME.fullmatch(base):
        raise InvalidInput(_("字段名只用小写字母、数字和下划线。"), fields={"base": base[:30]}, cure=_("改正后重试。"))
    return base


def _under(request: HttpRequest) -> str:
    under = request.GET.get("under", "")
    return under if len(under) == 12 and under in queries.tree() else ""


@reads
@require_GET
def picker(request: HttpRequest) -> HttpResponse:
    """A fragment other forms include: search by name, or a click on the map → radio buttons called `base`, whose value is
    a division's or grid's code; the point is in `base`_lon and `base`_lat.

    base: name of the field (default "place"). value: the code chosen before. under: only below this division.
    """
    base, under, value = _base(request), _under(request), request.GET.get("value", "")
    chosen = _by_code(value) if CODES.fullmatch(value) and value else []
    context = {
        "base": base,
        "under": under,
        "options": chosen,
        "checked": value if chosen else "",
        "longitude": request.GET.get("lon", ""),
        "latitude": request.GET.get("lat", ""),
        "map_name": f"{base}-map",
        "area": _map_url(under or _first_branch(), clock.today()),
    }
    return render(request, "territory/picker.html", context)


@reads
@require_GET
def picker_found(request: HttpRequest) -> HttpResponse:
    """The picker's options: what the words find, and where the point lies."""
    base, under = _base(request), _under(request)
    options: list[dict[str, str]] = []
    checked = ""
    note = ""
    point = _point(request.GET.get(f"{base}_lon", ""), request.GET.get(f"{base}_lat", ""))
    text = request.GET.get(f"{base}_q", "").strip()[:40]
    if point is not None:
        located = queries.locate(*point)
        if located is None:
            note = _("这一点不在任何区划的边界内，请用名称查找。")
        else:
            options = _by_code(located.deepest)
            checked = located.deepest
            if located.schematic:
                note = _("乡镇及以下的边界是示意的，请核对。")
    if text:
        options += _by_text(text, under)
    context = {"base": base, "options": options, "checked": checked, "note": note, "asked": bool(text or point)}
    return render(request, "territory/picker_found.html", context)


def _first_branch() -> str:
    known = queries.tree()
    codes = known.roots
    while len(codes) == 1 and len(known.children(codes[0])) == 1:
        codes = known.children(codes[0])
    return codes[0] if codes else ""


def _point(longitude: str, latitude: str) -> tuple[float, float] | None:
    try:
        point = float(longitude), float(latitude)
    except ValueError:
        return None
    return point if 73 <= point[0] <= 136 and 3 <= point[1] <= 54 else None


def _by_code(code: str) -> list[dict[str, str]]:
    known = queries.tree()
    if code[:12] not in known:
        return []
    path = "".join(node.name for node in known.path(code[:12]) if node.level >= Level.COUNTY)
    name = queries.names([code]).get(code, "") if len(code) > 12 else ""
    return [{"code": code, "name": name or known[code[:12]].name, "path": path}]


def _by_text(text: str, under: str) -> list[dict[str, str]]:
    options = [
        {"code": place.deepest, "name": place.name, "path": place.path}
        for place in queries.search_places(text, under=under, limit=FOUND_AT_ONCE // 2)
        if place.deepest
    ]
    options += [
        {"code": one.code, "name": one.name, "path": one.path}
        for one in queries.search_divisions(text, under=under, limit=FOUND_AT_ONCE)
    ]
    return options[:FOUND_AT_ONCE]
