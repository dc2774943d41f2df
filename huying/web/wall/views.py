"""The wall and the leader's phone: the desk's report drawn large or small, and the figures of this moment, live."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from huying.kernel import clock
from huying.kernel.actors import Role
from huying.kernel.errors import Unavailable
from huying.kernel.pages import actor_of, staff
from huying.web.wall import live
from huying.web.wall.board import Asked, board

WATCHERS = (Role.LEADER, Role.SUPERVISOR, Role.DISPATCHER, Role.ANALYST)


@require_GET
@staff(*WATCHERS)
def home(request: HttpRequest) -> HttpResponse:
    """For a screen on the wall, read from five metres."""
    return _shown(request, "wall_home", "wall/home.html")


@require_GET
@staff(*WATCHERS)
def phone(request: HttpRequest) -> HttpResponse:
    """The same for a leader's phone, one column."""
    return _shown(request, "wall_phone", "wall/phone.html")


@require_GET
@staff(*WATCHERS)
def events(request: HttpRequest) -> HttpResponse:
    """The figures of this moment as one server-sent event."""
    text = live.event(actor_of(request), request.headers.get("Last-Event-ID", ""))
    return HttpResponse(text, content_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _shown(request: HttpRequest, page: str, template: str) -> HttpResponse:
    actor, given = actor_of(request), request.GET
    asked = Asked(given.get("division", ""), given.get("period", ""), given.get("indicator", ""), page)
    context: dict[str, Any] = {"live": live.live(actor), "report_tag": live.report_tag(), "at": clock.now()}
    try:
        context |= board(actor, asked)
    except Unavailable as error:
        # Before the figures are first reckoned: what stands now needs none.
        context["waiting"] = error
    return render(request, template, context)
