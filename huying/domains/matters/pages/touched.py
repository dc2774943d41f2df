"""Which matters have been put in late, corrected, merged or acted upon since a number was published or first computed."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from huying.analytics import published, trees
from huying.analytics import services as analytics
from huying.analytics.asking import asked_period
from huying.analytics.figures import SMALL
from huying.analytics.report import period_words
from huying.domains.matters.models import Matter
from huying.domains.matters.pages.lists import LIMIT, NEWEST, lines
from huying.domains.matters.queries.touched import REASON_WORDS, Reason, touched
from huying.kernel import clock
from huying.kernel.actors import Level
from huying.kernel.errors import InvalidInput
from huying.kernel.pages import actor_of, capped, staff


@require_GET
@staff()
def since(request: HttpRequest) -> HttpResponse:
    """?division=CODE&period=2026-10&since=MOMENT[&reason=late]: counts by reason, and the records in the actor's scope.

    Raises NotFound for a place outside the actor's territory, InvalidInput for what is no period or moment.
    """
    actor = actor_of(request)
    code, key, moment = (request.GET.get(name, "") for name in ("division", "period", "since"))
    period, at = asked_period(key), _moment(moment)
    with published.opened() as figures:
        tree = figures.tree()
        node = analytics.require_territory(actor, tree, trees.full_code(code), period)
        found = touched(tree, node, period, at)
    chosen = next((reason for reason in Reason if reason == request.GET.get("reason")), None)
    ids = found[chosen] if chosen else [pk for group in found.values() for pk in group]
    rows: QuerySet[Matter] = Matter.objects.visible_to(actor).filter(pk__in=ids)
    page = NEWEST.page(rows, after=request.GET.get("after", ""), limit=LIMIT, count=capped(rows))
    reasons = {pk: str(REASON_WORDS[reason]) for reason, group in found.items() for pk in group}
    context = {
        "place": node.name,
        "period": period_words(period),
        "at": at,
        "reasons": [
            (reason, REASON_WORDS[reason], _shown(len(group), node.level)) for reason, group in found.items() if group
        ],
        "chosen": chosen,
        "page": page,
        "rows": lines(list(page.items), reasons),
        "address": {"division": code, "period": key, "since": moment},
    }
    return render(request, "matters/touched.html", context)


def _moment(text: str) -> datetime:
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None:
        raise InvalidInput(_("没有这个时刻：%(text)s") % {"text": text[:40]}, cure="since=2026-11-01T04:00+08:00")
    return clock.local(at)


def _shown(n: int, level: Level) -> str:
    return f"＜{SMALL}" if level > Level.COUNTY and n < SMALL else f"{n:,}"
