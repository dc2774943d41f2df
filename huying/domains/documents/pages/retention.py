"""How long each kind of record is kept, what will be let go of and when, and what a legal hold keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from huying.domains.documents import queries, services
from huying.domains.documents.models import LegalHold
from huying.domains.documents.permissions import HOLDERS
from huying.domains.documents.vocabulary import ENDING_WORDS
from huying.kernel import clock, subjects
from huying.kernel.actors import Actor
from huying.kernel.errors import HuyingError, InvalidInput, NotFound
from huying.kernel.pages import Keyset, actor_of, staff
from huying.kernel.pages.numbers import whole_number
from huying.kernel.words import Words

HOLDS = Keyset(("-placed_at", "-id"))
HORIZONS = (0, 30, 365)
SHOWN = 20


@dataclass(frozen=True)
class Scheduled:
    """A kind's rule in force with what it will do. to_come: a rule that begins later, if any."""

    words: Words | str
    months: int
    ending: Words
    basis: str
    since: date
    foreseen: list[services.Foreseen]
    to_come: queries.RuleLine | None


@staff(*HOLDERS)
@require_http_methods(["GET", "POST"])
def retention(request: HttpRequest) -> HttpResponse:
    """The schedule, what goes next, the holds; place or lift one."""
    actor = actor_of(request)
    error: HuyingError | None = None
    if request.method == "POST":
        try:
            _act(request, actor)
            return redirect("documents_retention")
        except HuyingError as fault:
            error = fault
    lifted = request.GET.get("of") == "lifted"
    schedule, unscheduled = _schedule()
    context = {
        "schedule": schedule,
        "unscheduled": unscheduled,
        "next": _next(actor, schedule),
        "lifted": lifted,
        "error": error,
        "typed": request.POST if error else request.GET,
        "kinds": [(kind, _words(kind)) for kind in services.retention_kinds()],
        **_holds(actor, lifted, request.GET.get("after", "")),
    }
    return render(request, "documents/retention.html", context, status=error.status if error else 200)


def _words(kind: str) -> Words | str:
    return subjects.of(kind).words if kind in subjects.kinds() else kind


def _schedule() -> tuple[list[tuple[str, Scheduled]], list[Words | str]]:
    today = clock.today()
    lines: dict[str, list[queries.RuleLine]] = {}
    for line in queries.retention_schedule():
        lines.setdefault(line.kind, []).append(line)
    schedule = []
    for kind, rules in lines.items():
        now = next((rule for rule in rules if rule.valid_from <= today), None)
        later = [rule for rule in rules if rule.valid_from > today]
        if now is not None:
            foreseen = services.foresee(kind, HORIZONS)
            schedule.append(
                (
                    kind,
                    Scheduled(
                        _words(kind),
                        now.months,
                        ENDING_WORDS[now.ending],
                        now.basis,
                        now.valid_from,
                        foreseen,
                        later[-1] if later else None,
                    ),
                )
            )
    return schedule, [_words(kind) for kind in services.retention_kinds() if kind not in dict(schedule)]


def _next(actor: Actor, schedule: list[tuple[str, Scheduled]]) -> list[tuple[str, int, str, str]]:
    """(kind, id, title, address) of the first records that go within 30 days, those the actor may see."""
    found: list[tuple[str, int, str, str]] = []
    for kind, line in schedule:
        soon = next((one for one in line.foreseen if one.days == HORIZONS[1]), None)
        if soon is None or kind not in subjects.kinds():
            continue
        home = subjects.of(kind)
        seen = sorted(home.visible(actor, soon.ids))[:SHOWN]
        titles = home.titles(seen)
        found += [(kind, pk, titles[pk], home.page_url(pk)) for pk in seen if pk in titles]
    return found


def _holds(actor: Actor, lifted: bool, after: str) -> dict[str, object]:
    """A page of holds: those on records in scope, by title, and how many are beyond it."""
    page = HOLDS.page(LegalHold.objects.filter(lifted_at__isnull=not lifted), after=after)
    by_kind: dict[str, set[int]] = {}
    for row in page.items:
        by_kind.setdefault(row.kind, set()).add(row.record_id)
    titles: dict[tuple[str, int], tuple[str, str]] = {}
    for kind, ids in by_kind.items():
        if kind in subjects.kinds():
            home = subjects.of(kind)
            seen = home.visible(actor, ids)
            titles |= {(kind, pk): (title, home.page_url(pk)) for pk, title in home.titles(seen).items()}
    rows = [(row, _words(row.kind), titles.get((row.kind, row.record_id))) for row in page.items]
    outside = sum(title is None for _row, _kind, title in rows)
    return {"holds": [row for row in rows if row[2] is not None], "page": page, "outside": outside}


def _act(request: HttpRequest, actor: Actor) -> None:
    asked = request.POST
    kind, why = asked.get("kind", ""), asked.get("why", "").strip()
    if kind not in services.retention_kinds():
        raise InvalidInput(_("请选择记录的种类。"), fields={"kind": kind})
    if "lift" in asked:
        services.lift_hold(actor=actor, kind=kind, record_ids=[_number(asked["lift"])], why=why)
        messages.success(request, _("保全已解除，保存期限继续计算。"))
        return
    record = _record(actor, kind, asked.get("record", "").strip())
    if services.place_hold(actor=actor, kind=kind, record_ids=[record], why=why):
        messages.success(request, _("已保全，解除之前到期也不处置。"))
    else:
        messages.success(request, _("这条记录已经在保全中。"))


def _number(text: str) -> int:
    if (found := whole_number(text)) is None:
        raise NotFound(_("没有这条记录，或不在您的职责范围内。"))
    return found


def _record(actor: Actor, kind: str, text: str) -> int:
    """A record by the number on it, or by its id as the list of what goes next sends it."""
    if (sent := whole_number(text)) is not None:
        return sent
    numbered = subjects.of(kind).numbered
    found = numbered(actor, text) if numbered is not None else None
    if found is None:
        raise NotFound(_("没有编号为“%(number)s”的记录，或不在您的职责范围内。") % {"number": text[:40]})
    return found
