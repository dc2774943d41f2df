"""The dispatch catalogue on screen: the tree and who answers, drafts, what stands against them, what they would change."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.domains.organizations import queries as organizations
from huying.domains.rulebook import queries, services
from huying.domains.rulebook.models import CatalogueVersion
from huying.domains.rulebook.pages.forms import RouteForm
from huying.domains.rulebook.pages.limits import number, own_area, rule_choices
from huying.domains.rulebook.permissions import keeps, keeps_for, require_office
from huying.domains.rulebook.queries import Catalogue, Item, Route
from huying.domains.rulebook.vocabulary import COUNTY_GOVERNMENT, STATE_WORDS, TOWNSHIP_GOVERNMENT, Part, State, covers
from huying.kernel import clock
from huying.kernel.actors import Actor
from huying.kernel.errors import HuyingError, NotFound, RuleMissing
from huying.kernel.pages.guards import actor_of, staff
from huying.kernel.pages.numbers import whole_number
from huying.kernel.words import words

SHOWN = 200
PLACE_WORDS = {
    TOWNSHIP_GOVERNMENT: words("属地乡镇（街道）", "the place's township"),
    COUNTY_GOVERNMENT: words("属地县（市、区）政府", "the place's county"),
}


def _versions(actor: Actor) -> list[CatalogueVersion]:
    """The versions that bind the actor's area, the latest first."""
    area = own_area(actor)
    rows = CatalogueVersion.objects.order_by("-valid_from", "-pk")
    return [row for row in rows if not area or covers(row.division, area) or covers(area, row.division)]


def _chosen(request: HttpRequest, actor: Actor) -> tuple[CatalogueVersion, Catalogue] | None:
    """The version the address names, else the one in force."""
    known = {row.pk: row for row in _versions(actor)}
    named = request.GET.get("version") or request.POST.get("catalogue") or ""
    if named:
        pk = number(named)
        if pk not in known:
            raise NotFound(_("没有这个版本的派单目录。"))
        return known[pk], services.whole(pk)
    try:
        found = queries.catalogue_for(own_area(actor), clock.today())
    except RuleMissing:
        drafts = [row for row in known.values() if row.state != State.WITHDRAWN]
        return (drafts[0], services.whole(drafts[0].pk)) if drafts else None
    return known[found.id], found


@require_GET
@staff()
def catalogue(request: HttpRequest) -> HttpResponse:
    """The tree at one level (?under=code), each row with who answers, by when, and where it differs by area."""
    actor = actor_of(request)
    chosen = _chosen(request, actor)
    context: dict[str, object] = {"keeps": keeps(actor, Part.CATALOGUE), "versions": _said(_versions(actor))}
    if chosen is not None:
        row, whole = chosen
        context["keeps"] = keeps_for(actor, Part.CATALOGUE, row.division)
        under = request.GET.get("under", "")
        wanted = request.GET.get("q", "").strip().lower()
        items = list(whole.items.values()) if wanted else services.siblings(whole, under)
        found = [i for i in items if wanted in f"{i.code} {i.words.zh} {i.words.en}".lower()][:SHOWN]
        above = whole.items.get(under)
        path = [whole.items[under[:n]] for n in range(2, len(under) + 1, 2) if under[:n] in whole.items]
        limits = {key: rule.words for key, rule in queries.limit_rules(None, clock.today(), own_area(actor)).items()}
        answers = [(item, _answers(whole, item, own_area(actor) or whole.division)) for item in found]
        context |= {
            "row": row,
            "state": STATE_WORDS[State(row.state)],
            "draft": row.state == State.DRAFT,
            "rows": [
                (item, route, limits.get(route.rule_key, route.rule_key) if route else "", *rest)
                for item, (route, *rest) in answers
            ],
            "under": under,
            "above": above,
            "path": path,
            "q": wanted,
            "n": len(whole.items),
            "routes": len(whole.routes),
        }
    return render(request, "rulebook/catalogue.html", context)


def _said(rows: list[CatalogueVersion]) -> list[tuple[CatalogueVersion, str]]:
    return [(row, str(STATE_WORDS[State(row.state)])) for row in rows]


def body_words(named: str, area: str) -> str:
    """The body a route names, as this area calls it; its key where the area has none (a county's department, seen by a city)."""
    if named.startswith("@"):
        return str(PLACE_WORDS[named])
    unit_id = queries.resolve(named, area)
    unit = organizations.unit(unit_id) if unit_id is not None else None
    return unit.short_name if unit else named


def _answers(whole: Catalogue, item: Item, area: str) -> tuple[Route | None, bool, list[Route], str, list[str]]:
    """(its route, whether it is its parent's, the areas' own, the lead's and the supporters' names as `area` calls them)."""
    route = queries.find_route(whole, item.code, area)
    areas = [one for (code, division), one in whole.routes.items() if code == item.code and division]
    inherited = route is not None and route.item != item.code
    lead = body_words(route.lead, area) if route else ""
    return route, inherited, areas, lead, [body_words(one, area) for one in route.supporters] if route else []


@require_POST
@staff()
def draft_catalogue(request: HttpRequest) -> HttpResponse:
    """A draft copied from the version named, to start tomorrow unless its keeper says otherwise."""
    actor = actor_of(request)
    like = number(request.POST.get("like", ""))
    model = services.whole(like)
    made = services.draft_catalogue(
        title=_("%(title)s（修订草稿）") % {"title": model.title},
        division=model.division,
        valid_from=clock.today() + timedelta(days=1),
        actor=actor,
        like=like,
    )
    return redirect(f"{reverse('rulebook_catalogue')}?version={made.pk}")


@require_http_methods(["GET", "POST"])
@staff()
def edit_route(request: HttpRequest, catalogue_id: int) -> HttpResponse:
    """One row of a draft: the item and who answers for it, in the whole area or in a part of it."""
    actor = actor_of(request)
    require_office(actor, Part.CATALOGUE)
    known = {row.pk: row for row in _versions(actor)}
    if catalogue_id not in known:
        raise NotFound(_("没有这个版本的派单目录。"))
    whole, row = services.whole(catalogue_id), known[catalogue_id]
    code, division = request.GET.get("item", ""), request.GET.get("division", "")
    form = RouteForm(request.POST or None, rules=rule_choices(actor), initial=_initial(whole, code, division))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        item = Item(data["code"], words(data["zh"], data["en"]))
        route = Route(
            data["code"],
            data["division"],
            data["lead"],
            tuple(data["supporters"].split()),
            data["rule_key"],
            tuple(line.strip() for line in data["questions"].splitlines() if line.strip()),
            "",
        )
        version = whole_number(request.POST.get("version", ""))
        try:
            services.edit_catalogue(
                catalogue_id=catalogue_id,
                version=version if version is not None else row.version,
                actor=actor,
                items=[item],
                routes=[route] if data["lead"] else [],
                drop_routes=[] if data["lead"] else [(data["code"], data["division"])],
            )
            return redirect(f"{reverse('rulebook_catalogue')}?version={catalogue_id}&under={data['code'][:-2]}")
        except HuyingError as error:
            form.add_error(None, error.one_line())
    context = {"row": row, "form": form, "code": code, "whole": whole}
    return render(request, "rulebook/route.html", context, status=422 if form.is_bound else 200)


def _initial(whole: Catalogue, code: str, division: str) -> dict[str, str]:
    item, route = whole.items.get(code), whole.routes.get((code, division))
    given = {"code": code, "division": division}
    if item is not None:
        given |= {"zh": item.words.zh, "en": item.words.en}
    if route is not None:
        given |= {
            "lead": route.lead,
            "supporters": " ".join(route.supporters),
            "rule_key": route.rule_key,
            "questions": "\n".join(route.questions),
        }
    return given


@require_GET
@staff()
def check_catalogue(request: HttpRequest) -> HttpResponse:
    """Fragment: conflicts and gaps of a version."""
    chosen = _chosen(request, actor_of(request))
    if chosen is None:
        raise NotFound(_("没有派单目录。"))
    conflicts, gaps = services.conflicts(chosen[1]), services.gaps(chosen[1], clock.today())
    context = {"conflicts": conflicts[:SHOWN], "gaps": gaps[:SHOWN], "n_conflicts": len(conflicts), "n_gaps": len(gaps)}
    return render(request, "rulebook/findings.html", context)


@require_GET
@staff()
def what_if(request: HttpRequest) -> HttpResponse:
    """Fragment: where last month's matters would have gone under this version."""
    actor = actor_of(request)
    chosen = _chosen(request, actor)
    if chosen is None:
        raise NotFound(_("没有派单目录。"))
    row, whole = chosen
    until = clock.today()
    since = until - timedelta(days=30)
    matters = services.past_matters(actor, since, until)
    context: dict[str, object] = {"since": since, "until": until, "known": matters is not None}
    if matters is not None:
        told = services.what_if(catalogue_id=row.pk, matters=matters, on=max(row.valid_from, until))
        units = {unit for move in told.moves for unit in (move.from_unit, move.to_unit) if unit is not None}
        names = organizations.unit_names(units)
        moves = [
            (move, whole.items.get(move.item), names.get(move.from_unit or 0), names.get(move.to_unit or 0))
            for move in told.moves[:SHOWN]
        ]
        context |= {"told": told, "moves": moves, "share": told.total - told.unchanged}
    return render(request, "rulebook/what_if.html", context)


@require_POST
@staff()
def publish_catalogue(request: HttpRequest) -> HttpResponse:
    pk = number(request.POST.get("catalogue", ""))
    services.publish_catalogue(catalogue_id=pk, actor=actor_of(request), reason=request.POST.get("reason", ""))
    return redirect(f"{reverse('rulebook_catalogue')}?version={pk}")
