"""The matters behind a number at registered places: seven days at one of them, at those of a kind, or at all of a division."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from huying.analytics.figures import SMALL
from huying.domains.matters.models import Matter
from huying.domains.matters.pages.lists import LIMIT, NEWEST, lines
from huying.domains.matters.queries.places import at_places
from huying.domains.territory import queries as territory
from huying.domains.territory.vocabulary import PLACE_KIND_WORDS, PlaceKind
from huying.kernel.actors import Level
from huying.kernel.errors import NotFound, Refused
from huying.kernel.pages import actor_of, capped, staff

ALL = "all"
DAYS = timedelta(days=6)


@require_GET
@staff()
def at_registered(request: HttpRequest) -> HttpResponse:
    """?places=KEY|KIND|all&division=CODE&to=DAY: those of the seven days up to DAY, as far as they are in the actor's scope.

    Raises NotFound for a division outside the actor's territory and for what isn't registered, Refused for a small number
    below the county.
    """
    actor = actor_of(request)
    asked, division, to = (request.GET.get(name, "") for name in ("places", "division", "to"))
    last = _day(to)
    known = territory.tree(last)
    if not actor.division or division not in known or not known.is_within(division, actor.division):
        raise NotFound(_("没有这个区划：%(code)s") % {"code": division[:15]})
    county = next((code for code in (division, *known.ancestors(division)) if known[code].level is Level.COUNTY), "")
    register = territory.register(last, under=county or division)
    title = _title(register, asked, known[division].name)
    ids = [
        pk
        for pk, place, _on in at_places(register, last - DAYS, last, county)
        if division in place.divisions and asked in (ALL, place.kind, place.key)
    ]
    if known[division].level > Level.COUNTY and len(ids) < SMALL:
        raise Refused(_("县级以下少于10件的数字不显示，也不列出。"), cure=_("请到上一级查看，或按工单号办理。"))
    rows: QuerySet[Matter] = Matter.objects.visible_to(actor).filter(pk__in=ids)
    found = NEWEST.page(rows, after=request.GET.get("after", ""), limit=LIMIT, count=capped(rows))
    context = {
        "title": _("%(place)s：%(first)s至%(last)s的事项") % {"place": title, "first": last - DAYS, "last": last},
        "counted": f"{len(ids):,}",
        "rows": lines(list(found.items)),
        "page": found,
    }
    return render(request, "matters/behind.html", context)


def _day(text: str) -> date:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise NotFound(_("没有这一天：%(day)s") % {"day": text[:20]})
    return day


def _title(register: territory.Register, asked: str, division: str) -> str:
    if asked == ALL:
        return _("%(division)s的登记场所") % {"division": division}
    if asked in set(PlaceKind):
        return f"{division} · {PLACE_KIND_WORDS[PlaceKind(asked)]}"
    if asked not in register.places:
        raise NotFound(_("没有登记这个场所：%(key)s") % {"key": asked[:40]})
    return register.places[asked].name
