"""The field's own pages: my tasks, the map of them, and me. Nothing counts steps, points or time online."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET

from huying.kernel import worklist
from huying.kernel.errors import InvalidInput
from huying.kernel.pages import Page, actor_of, keyset, staff

LIMIT = 30


@require_GET
@staff()
def home(request: HttpRequest) -> HttpResponse:
    """What I must do, soonest first."""
    after: tuple[datetime, int] | None = None
    if text := request.GET.get("after", ""):
        match keyset.decode(text):
            case [datetime() as moment, int() as last]:
                after = (moment, last)
            case _:
                raise InvalidInput("翻页位置不属于这个列表。")
    found = worklist.page(actor_of(request), after=after, limit=LIMIT)
    rows = [{"item": item, "url": _task_url(item.subject_id)} for item in found.items]
    page = Page(rows, keyset.encode(found.after) if found.after else "", text)
    return render(request, "field/home.html", {"rows": rows, "page": page})


def _task_url(matter_id: int) -> str:
    return reverse("matters_field_task", args=[matter_id])


@require_GET
@staff()
def place_map(request: HttpRequest) -> HttpResponse:
    """My grid and what is open in it."""
    actor = actor_of(request)
    return render(request, "field/map.html", {"area": ground(actor.grid or actor.division)})


def ground(code: str) -> str:
    """The address of the boundaries to draw; none where the territory's map endpoint isn't served."""
    try:
        return f"{reverse('territory_geojson')}?parent={code}" if code else ""
    except NoReverseMatch:
        return ""


@require_GET
@staff(administrators=True)
def me(request: HttpRequest) -> HttpResponse:
    """My post, what waits on this phone, the switches."""
    context: dict[str, Any] = {}
    return render(request, "field/me.html", context)
