"""Lists of matters beside the worklist: search, supervision, backlog of a leader, the grid office's findings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from huying.analytics import services as analytics
from huying.domains.matters.models import Matter, Supervision
from huying.domains.matters.models.tokens import tokens_for
from huying.domains.matters.pages.reading import Chip
from huying.domains.matters.pages.words import state_tone
from huying.domains.matters.queries import since
from huying.domains.matters.services.work import triage_limit
from huying.domains.matters.vocabulary import (
    CHANNEL_WORDS,
    KIND_WORDS,
    OPEN_STATES,
    STATE_WORDS,
    TRIGGER_WORDS,
    Channel,
    Kind,
    State,
    Trigger,
)
from huying.domains.organizations import queries as organizations
from huying.kernel import clock, search
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import HuyingError
from huying.kernel.pages import Keyset, Page, actor_of, capped, staff
from huying.kernel.pages.keyset import encode

NEWEST = Keyset(("-id",))
LIMIT = 50


class Line:
    """A matter as the kit's worklist_row takes it."""

    pick = ""
    panel_url = ""

    def __init__(self, matter: Matter, names: dict[int, str], why: str = "") -> None:
        self.url = reverse("matters_page", args=[matter.pk])
        self.number, self.title, self.place = matter.number, matter.title, matter.place
        waits = triage_limit(matter)
        self.due_at = waits.due if waits is not None else matter.due_at
        self.paused = matter.state == State.SUSPENDED
        self.stopped_at = (matter.replied_at or matter.closed_at) if matter.due_at else None
        if matter.state in (State.IN_HAND, State.DISPATCHED, State.OBJECTED):
            self.stopped_at = None
        self.channel = str(CHANNEL_WORDS[Channel(matter.channel)])
        self.who = names.get(matter.lead_unit_id or 0, "")
        self.why = why
        self.state = Chip(STATE_WORDS[State(matter.state)], state_tone(matter.state))


def lines(found: list[Matter], why: dict[int, str] | None = None) -> list[Line]:
    names = organizations.unit_names({matter.lead_unit_id for matter in found if matter.lead_unit_id})
    return [Line(matter, names, (why or {}).get(matter.pk, "")) for matter in found]


@require_GET
@staff()
def find(request: HttpRequest) -> HttpResponse:
    """By number: straight to it. By words: within one's scope, newest first. A person is not searched for."""
    actor = actor_of(request)
    asked = request.GET.get("q", "").strip()[:100]
    context: dict[str, Any] = {"q": asked, "rows": []}
    status = 200
    if asked:
        exact = Matter.objects.visible_to(actor).filter(number__iexact=asked).values_list("pk", flat=True).first()
        if exact is not None:
            return HttpResponseRedirect(reverse("matters_page", args=[exact]))
        try:
            before = NEWEST.read(after)[0] if (after := request.GET.get("after", "")) else None
            ids = search.find("matter", asked, tokens_for(actor), actor=actor, limit=LIMIT + 1, before=before)
            by_id = Matter.objects.visible_to(actor).in_bulk(ids[:LIMIT])
            found = [by_id[pk] for pk in ids[:LIMIT] if pk in by_id]
            context["rows"] = lines(found)
            context["page"] = Page(
                found, encode([ids[LIMIT - 1]]) if len(ids) > LIMIT else "", request.GET.get("after", "")
            )
        except HuyingError as error:
            context["error"], status = error, error.status
    return render(request, "matters/search.html", context, status=status)


def _views(actor: Actor) -> list[tuple[str, str, Q]]:
    """The ready views of the list: name in the address, words, condition."""
    now = clock.now()
    today = clock.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    open_now = Q(state__in=sorted(OPEN_STATES))
    listed = [
        ("open", _("在办"), open_now),
        ("today", _("今天收到"), since("registered_at", today)),
        (
            "due",
            _("今天到期"),
            open_now & Q(due_at__gte=now, due_at__lt=today + timedelta(days=1), replied_at__isnull=True),
        ),
        ("overdue", _("已超期"), open_now & Q(due_at__lt=now, replied_at__isnull=True)),
        ("supervised", _("督办中"), open_now & Q(supervised=True)),
        ("redone", _("重办的"), open_now & Q(redo_count__gt=0)),
        ("grid", _("网格上报"), open_now & Q(channel=Channel.GRID)),
        ("refused", _("不予派单"), Q(state=State.NOT_ACCEPTED)),
        ("unreasonable", _("认定不合理"), Q(unreasonable=True)),
        ("closed_today", _("今天办结"), Q(since("closed_at", today), state=State.CLOSED)),
        ("closed", _("已办结"), Q(state=State.CLOSED)),
    ]
    if actor.has(Role.LEADER):
        listed.insert(0, ("mine", _("我包案的"), open_now & Q(leader_post=actor.post_id)))
    return listed


@require_GET
@staff()
def listed(request: HttpRequest) -> HttpResponse:
    """A ready view of the matters in one's scope, newest first, counted to a thousand; or those behind a report's figure."""
    actor = actor_of(request)
    if request.GET.get("figure"):
        return _behind(request, actor)
    views = _views(actor)
    name = request.GET.get("view", views[0][0])
    chosen = next((row for row in views if row[0] == name), views[0])
    kind = request.GET.get("kind", "")
    condition = chosen[2] & (Q(kind=kind) if kind in set(Kind) else Q())
    rows: QuerySet[Matter] = Matter.objects.visible_to(actor).filter(condition)
    found = NEWEST.page(rows, after=request.GET.get("after", ""), limit=LIMIT, count=capped(rows))
    why: dict[int, str] = {}
    if chosen[0] == "supervised":
        open_ones = Supervision.objects.filter(matter__in=[m.pk for m in found.items], answered_at__isnull=True)
        why = {row.matter_id: str(TRIGGER_WORDS[Trigger(row.trigger)]) for row in open_ones}
    return render(
        request,
        "matters/list.html",
        {
            "views": views,
            "chosen": chosen,
            "kinds": [(value.value, said) for value, said in KIND_WORDS.items()],
            "kind": kind,
            "rows": lines(list(found.items), why),
            "page": found,
        },
    )


def _behind(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The records a figure of the report counted, as far as they are in the actor's scope.

    Raises NotFound for a figure nobody defined or a place outside the actor's territory, Refused where the figure is hidden.
    """
    figure, division, period = (request.GET.get(name, "") for name in ("figure", "division", "period"))
    behind = analytics.records_behind(actor, figure, division, period)
    rows: QuerySet[Matter] = Matter.objects.visible_to(actor).filter(pk__in=behind.ids)
    found = NEWEST.page(rows, after=request.GET.get("after", ""), limit=LIMIT, count=capped(rows))
    back = reverse("analytics_show", args=[behind.division, behind.period])
    return render(
        request,
        "matters/behind.html",
        {
            "title": behind.title,
            "back": f"{back}?{urlencode({'indicator': figure.partition('.')[0]})}",
            "counted": capped(behind.ids),
            "rows": lines(list(found.items)),
            "page": found,
        },
    )
