"""What my unit owes, and who must still report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from huying.domains.exchange import queries
from huying.domains.exchange.models import Report
from huying.domains.exchange.pages.shown import chip, feed, name_of
from huying.domains.exchange.queries import Held, Tally
from huying.domains.exchange.vocabulary import Standing
from huying.domains.exchange.workflow import READERS
from huying.kernel.errors import NotFound
from huying.kernel.pages import actor_of, staff

# What stands first on the list: what can still be late, then what can still be written, then the rest.
ORDER = (
    Standing.LATE,
    Standing.REOPENED,
    Standing.WAITING,
    Standing.MISSED,
    Standing.DELIVERED_LATE,
    Standing.DELIVERED,
    Standing.LOCKED,
    Standing.EARLIER,
)
OWED = (Standing.LATE, Standing.REOPENED, Standing.WAITING)
DONE_SHOWN = 40
PERIODS_SHOWN = 2


@require_GET
@staff(*READERS)
def listing(request: HttpRequest) -> HttpResponse:
    """By dataset and period: how it stands, when it is due. Who owes nothing is led to who must still report."""
    actor = actor_of(request)
    reports = queries.own_reports(actor)
    if not reports:
        return HttpResponseRedirect(reverse("exchange_missing"))
    held = queries.newest_definitions({one.code for one in reports})
    rows = _grouped(reports, held)
    owed = [row for row in rows if row["worst"] in OWED]
    context = {
        "owed": owed,
        "missed": [row for row in rows if row["worst"] is Standing.MISSED],
        "done": [row for row in rows if row["worst"] not in (*OWED, Standing.MISSED)][:DONE_SHOWN],
        "headline": _headline(owed),
    }
    return render(request, "exchange/list.html", context)


def _headline(owed: Sequence[dict[str, Any]]) -> str:
    n = sum(row["open"] for row in owed)
    if not n:
        return _("本单位没有待报的数据。")
    late = sum(row["late"] for row in owed)
    if late:
        return _("本单位有%(n)d份数据待报，其中%(late)d份已迟。") % {"n": n, "late": late}
    return _("本单位有%(n)d份数据待报。") % {"n": n}


def _grouped(reports: Sequence[Report], held: dict[str, Held]) -> list[dict[str, Any]]:
    """One line for each dataset and period, however many places the unit reports for."""
    standings = queries.standings(reports)
    groups: dict[tuple[str, str], list[Report]] = {}
    for one in reports:
        groups.setdefault((one.code, one.key), []).append(one)
    rows: list[dict[str, Any]] = []
    for (code, key), own in groups.items():
        known = [standings[one.pk] for one in own]
        worst = min(known, key=ORDER.index)
        rows.append(
            {
                "name": name_of(held[code].row),
                "feed": feed(held[code].row),
                "key": key,
                "places": own[0].place if len(own) == 1 else _("%(n)d个地方") % {"n": len(own)},
                "several": len(own) > 1,
                "url": f"{reverse('exchange_dataset', args=[code])}?period={key}",
                "worst": worst,
                "chip": chip(worst),
                "open": sum(one in OWED for one in known),
                "late": sum(one is Standing.LATE for one in known),
                "due": min((one.due_at for one in own if one.due_at), default=None),
                "provisional": any(one.provisional for one in own),
                "done_at": max((one.first_at for one in own if one.first_at), default=None),
                "last_day": own[0].last_day,
            }
        )
    rows.sort(key=lambda row: row["last_day"], reverse=True)
    return sorted(rows, key=lambda row: ORDER.index(row["worst"]) if row["worst"] in OWED else len(OWED))


@require_GET
@staff(*READERS)
def missing(request: HttpRequest) -> HttpResponse:
    """Within the actor's scope: how far each dataset and period has come, and each place that must still report."""
    actor = actor_of(request)
    chosen = {name: request.GET.get(name, "") for name in ("code", "period")}
    late = request.GET.get("late") == "1"
    page = queries.missing(
        actor, code=chosen["code"], key=chosen["period"], late=late, after=request.GET.get("after", "")
    )
    every = queries.tallies(actor)
    tallies = _newest(every)
    held = queries.newest_definitions({one.code for one in page.items} | {one.code for one in every})
    standings = queries.standings(page.items)
    context = {
        "tallies": [
            {"tally": one, "name": name_of(held[one.code].row), "feed": feed(held[one.code].row)} for one in tallies
        ],
        "rows": [
            {
                "report": one,
                "name": name_of(held[one.code].row),
                "chip": chip(standings[one.pk]),
                "url": reverse("exchange_report", args=[one.pk]),
            }
            for one in page.items
        ],
        "page": page,
        "chosen": chosen,
        "late": late,
        "codes": [(code, name_of(known.row)) for code, known in sorted(held.items())],
        "periods": list(dict.fromkeys(one.key for one in every)),
        "overdue": sum(one.overdue for one in every),
    }
    return render(request, "exchange/missing.html", context)


def _newest(tallies: Sequence[Tally]) -> list[Tally]:
    """The newest periods of each dataset; earlier ones stand on its own page."""
    shown: Counter[str] = Counter()
    found = []
    for one in tallies:
        shown[one.code] += 1
        if shown[one.code] <= PERIODS_SHOWN:
            found.append(one)
    return found


@require_GET
@staff()
def reminder(request: HttpRequest, pk: int) -> HttpResponse:
    """Where a reminder's task leads: the unit's own list, or for who watches over it, who must still report."""
    actor = actor_of(request)
    if pk not in queries.reminders_visible(actor, [pk]):
        raise NotFound(_("没有这个提醒，或不在您的职责范围内。"))
    unit, key = queries.reminder(pk)
    if unit == actor.unit_id:
        return HttpResponseRedirect(reverse("exchange_list"))
    return HttpResponseRedirect(f"{reverse('exchange_missing')}?period={key}")
