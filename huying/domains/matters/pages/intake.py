"""Taking a matter in at the desk, in under a minute, by keyboard alone; and the hints that come while typing."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.domains.matters import services
from huying.domains.matters.hints import duplicate_hints
from huying.domains.matters.pages.intake_form import IntakeForm, items_like, named_item
from huying.domains.matters.pages.reading import Chip
from huying.domains.matters.pages.words import state_tone
from huying.domains.matters.vocabulary import STATE_WORDS, State
from huying.domains.territory import queries as territory
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import HuyingError, InvalidInput
from huying.kernel.pages import actor_of, staff
from huying.kernel.pages.guards import View

INTAKE = (Role.CALL_TAKER, Role.DISPATCHER, Role.GRID_OFFICE)


@require_http_methods(["GET", "POST"])
@staff(*INTAKE)
def register(request: HttpRequest) -> HttpResponse:
    """The form (GET) and the registration (POST): the number to read out, the code to hand over, told once."""
    actor = actor_of(request)
    form = IntakeForm(request.POST or None, within=actor.division)
    if request.method == "POST" and form.is_valid():
        try:
            done = services.register(actor=actor, **form.intake())
        except HuyingError as error:
            for name, text in error.fields.items():
                form.add_error({"longitude": "place_lon"}.get(name, name) if name in form.fields else None, text)
            if not error.fields.keys() & form.fields.keys():
                form.add_error(None, error.one_line())
            return render(request, "matters/register.html", _context(actor, form), status=error.status)
        told = {"matter": done.matter, "code": done.query_code, "by_telephone": settings.HUYING_ZONE == "inner"}
        answer = render(request, "matters/registered.html", told)
        answer["Cache-Control"] = "no-store"
        return answer
    return render(request, "matters/register.html", _context(actor, form), status=422 if form.is_bound else 200)


def _context(actor: Actor, form: IntakeForm) -> dict[str, Any]:
    ground = f"{reverse('territory_geojson')}?parent={actor.division}" if actor.division else ""
    return {"form": form, "ground": ground}


@require_GET
@staff(*INTAKE)
def divisions(request: HttpRequest) -> HttpResponse:
    """Names for the place field, as options of its list."""
    actor = actor_of(request)
    text = request.GET.get("division", "").strip()
    found = territory.search_divisions(text, under=actor.division, limit=12) if text else []
    return render(request, "kit/options.html", {"options": [row.words for row in found]})


@require_GET
@staff(*INTAKE)
def items(request: HttpRequest) -> HttpResponse:
    """Catalogue items for the item field: those whose words hold what was typed."""
    actor = actor_of(request)
    text = request.GET.get("item", "").strip()
    return render(
        request, "kit/options.html", {"options": [row.words for row in items_like(text, actor.division)[:20]]}
    )


@require_GET
@staff(*INTAKE)
def locate(request: HttpRequest) -> HttpResponse:
    """The division of a point that was picked on the map."""
    try:
        lon, lat = float(request.GET["lon"]), float(request.GET["lat"])
        if not (isfinite(lon) and isfinite(lat)):
            raise ValueError
        found = territory.locate(lon, lat)
    except (KeyError, ValueError):
        return JsonResponse({"code": "", "words": _("经纬度不是数字。")}, status=422)
    if found is None:
        return JsonResponse({"code": "", "words": _("这个点不在任何区划内。")})
    words = territory.named_division(found.village or found.township or found.county or found.city).words
    return JsonResponse({"code": found.deepest, "words": words, "schematic": found.schematic})


def hints(request: HttpRequest) -> HttpResponse:
    """Matters like this one, while it is typed: same place, close in time, same words. Persons are masked before comparing."""
    sent = request.POST
    actor = actor_of(request)
    found = duplicate_hints(
        actor=actor,
        text=sent.get("content", ""),
        division=_or_blank(lambda: territory.named_division(sent.get("division", ""), under=actor.division).code),
        item=_or_blank(lambda: named_item(sent.get("item", ""), actor.division)),
        place=sent.get("place", ""),
        known=[value for name in ("name", "phone") if (value := sent.get(name, ""))],
    )
    rows = [(hint, Chip(STATE_WORDS[State(hint.state)], state_tone(hint.state))) for hint in found]
    return render(request, "matters/_hints.html", {"rows": rows})


def _or_blank(named: Callable[[], str]) -> str:
    """A code, or nothing while the name is not yet written out."""
    try:
        return named()
    except InvalidInput:
        return ""


def _posted_read(view: View) -> View:
    """A preview by POST (the text is too long for an address) that never writes."""
    from huying.kernel.http.guards import reads

    return reads(require_POST(staff(*INTAKE)(view)))


hints_view = _posted_read(hints)


@require_POST
@staff(*INTAKE)
def add_to(request: HttpRequest, matter_id: int) -> HttpResponse:
    """The caller speaks of a known matter: what was said is added to it, and nobody registers it twice."""
    actor = actor_of(request)
    found = services.comment(actor=actor, matter_id=matter_id, text=request.POST.get("content", ""))
    messages.success(request, _("已补充到 %(number)s，没有另立新件。") % {"number": found.number})
    return HttpResponseRedirect(reverse("matters_page", args=[found.pk]))
