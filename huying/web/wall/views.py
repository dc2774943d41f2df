"""The wall: what the desk knows, few figures, large; each opens its list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from huying.domains.matters.queries import live_figures
from huying.kernel import clock
from huying.kernel.actors import Actor, Role
from huying.kernel.pages import actor_of, staff

WATCHERS = (Role.LEADER, Role.SUPERVISOR, Role.DISPATCHER, Role.ANALYST)


@dataclass(frozen=True)
class Figure:
    words: str
    n: int
    url: str
    tone: str
    shape: str


@require_GET
@staff(*WATCHERS)
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "wall/home.html", _context(actor_of(request)))


@require_GET
@staff(*WATCHERS)
def figures(request: HttpRequest) -> HttpResponse:
    """The figures alone, asked for every minute."""
    return render(request, "wall/_figures.html", _context(actor_of(request)))


def _context(actor: Actor) -> dict[str, Any]:
    counts = live_figures(actor)
    shown = [
        Figure(_("在办"), counts["open"], "/desk/matters/?view=open", "blue", "diamond"),
        Figure(_("今天收到"), counts["today"], "/desk/matters/?view=today", "", "ring"),
        Figure(_("已超期"), counts["overdue"], "/desk/matters/?view=overdue", "red", "square"),
        Figure(_("今天到期"), counts["due"], "/desk/matters/?view=due", "amber", "triangle"),
        Figure(_("督办中"), counts["supervised"], "/desk/matters/?view=supervised", "red", "diamond"),
        Figure(_("今天办结"), counts["closed_today"], "/desk/matters/?view=closed_today", "green", "tick"),
    ]
    # a colour says that something stands out: nothing overdue is no alarm
    return {"figures": [f if f.n else replace(f, tone="") for f in shown], "at": clock.now()}
