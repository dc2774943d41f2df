"""One matter on one page, its acts, its clock explained, and "why can't I"."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from huying.domains.documents.vocabulary import FORM_WORDS
from huying.domains.matters.models import Matter
from huying.domains.matters.pages import acts, reading
from huying.domains.matters.pages.forms import ActForm
from huying.domains.matters.pages.words import not_of, why_not
from huying.domains.matters.services import printing
from huying.domains.matters.services.work import triage_limit
from huying.domains.matters.workflow import MATTER
from huying.kernel import audit, clocks, deadlines
from huying.kernel.actors import Actor
from huying.kernel.errors import Forbidden, HuyingError, InvalidInput, NotAllowedNow, NotFound, StaleVersion
from huying.kernel.pages import actor_of, staff, versions
from huying.kernel.words import Words


def _panel(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _page(request: HttpRequest, actor: Actor, matter: Matter, status: int = 200, **more: Any) -> HttpResponse:
    """The matter as a page, or as the fragment that htmx swaps in."""
    shown = reading.view(actor, matter)
    offered = acts.offered(actor, matter, shown.facts)
    context: dict[str, Any] = {
        "it": shown,
        "matter": matter,
        "next": offered.next,
        "others": offered.others,
        "printable": [(form.value, FORM_WORDS[form]) for form in printing.printable(actor, matter)],
        "ground": f"{reverse('territory_geojson')}?parent={matter.county or matter.city}",
    } | more
    name = "matters/_matter.html" if _panel(request) else "matters/matter.html"
    return render(request, name, context, status=status)


@require_GET
@staff()
def matter(request: HttpRequest, matter_id: int) -> HttpResponse:
    """The whole story of one matter. Opening it is noted in the access log."""
    actor = actor_of(request)
    found = reading.find(actor, matter_id)
    audit.access(actor, "matter.read", "matter", found.pk)
    return _page(request, actor, found)


@require_http_methods(["GET", "POST"])
@staff()
def act(request: HttpRequest, matter_id: int, action: str) -> HttpResponse:
    """The form of one act (GET) and doing it (POST). On any error what was typed stays in the form."""
    actor = actor_of(request)
    found = reading.find(actor, matter_id)
    if action not in acts.VERBS:
        raise NotFound(_("没有这个动作。"))
    if (whose := not_of(action, actor)) is not None:
        raise Forbidden(whose)
    shown = reading.view(actor, found)
    chosen = acts.offered(actor, found, shown.facts).find(action)
    posted = request.POST if request.method == "POST" else None
    if chosen is None and posted is None:
        raise NotAllowedNow(
            _("现在不能“%(act)s”。") % {"act": _words_of(action)},
            cure=why_not(action, found, actor)
            or acts.limits_against(action, found, shown.facts)
            or _("这件事项现在能办的，都列在它的页面上；那里的“为什么不能…”说明其余各步。"),
        )
    form = ActForm(action, found, actor, shown.facts, posted)
    if posted is None:
        return _form(request, actor, found, form)
    if not form.is_valid():
        return _form(request, actor, found, form, status=422)
    try:
        changed = acts.carry_out(
            action, actor=actor, matter_id=found.pk, version=versions.sent(request), values=form.order()
        )
    except StaleVersion as stale:
        since = [line for line in shown.story if line.at][:3]
        return _form(request, actor, found, form, status=409, stale=stale, since=since)
    except (InvalidInput, NotAllowedNow, Forbidden) as error:
        _into_form(form, error)
        return _form(request, actor, found, form, status=error.status)
    except HuyingError as error:
        _into_form(form, error)
        return _form(request, actor, found, form, status=error.status)
    said = _("%(number)s：%(act)s，已办。") % {"number": changed.number, "act": _words_of(action)}
    seen = reading.still_seen(actor, changed.pk)
    if _panel(request):
        answer = (
            _page(request, actor, seen, done=said)
            if seen is not None
            else render(request, "matters/_gone.html", {"done": said})
        )
        answer["HX-Trigger"] = "acted"
        answer["HX-Retarget"] = "closest [data-matter]"  # a form's own target is its box, where errors belong
        answer["HX-Reswap"] = "outerHTML"
        return answer
    messages.success(request, said)
    return HttpResponseRedirect(
        reverse("matters_page", args=[changed.pk]) if seen is not None else reverse("desk_home")
    )


def _words_of(action: str) -> str:
    return str(next(row.words for row in MATTER.transitions if row.action == action))


def _into_form(form: ActForm, error: HuyingError) -> None:
    """The error beside the fields it names, and in the summary."""
    for name, text in error.fields.items():
        form.add_error(name if name in form.fields else None, text)
    form.add_error(None, f"{error.message}{error.cure}" if error.cure else error.message)


def _form(
    request: HttpRequest, actor: Actor, found: Matter, form: ActForm, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"form": form, "matter": found, "action": form.action, "words": _words_of(form.action)} | more
    if _panel(request):
        return render(request, "matters/_act.html", context, status=status)
    return _page(request, actor, found, status, open_form=context, **more)


@require_GET
@staff()
def why(request: HttpRequest, matter_id: int) -> HttpResponse:
    """Each act of the process that isn't possible now, with the rule against it."""
    actor = actor_of(request)
    found = reading.find(actor, matter_id)
    own: list[tuple[Words, str]] = []
    others: list[tuple[Words, str]] = []
    facts = reading.view(actor, found).facts
    for row in MATTER.transitions:
        if row.action not in acts.VERBS or not row.roles:
            continue
        said = why_not(row.action, found, actor) or acts.limits_against(row.action, found, facts)
        if not said:
            continue
        (others if row.roles.isdisjoint(actor.roles) else own).append((row.words, said))
    return render(request, "matters/_why.html", {"own": own, "others": others})


def _counted(found: Matter, slot: str) -> deadlines.Deadline:
    if slot == reading.TRIAGE_SLOT and (limit := triage_limit(found)) is not None:
        return limit
    kind, named = ("receipt", None) if slot == reading.RECEIPT_SLOT else ("matter", slot)
    rows = clocks.of_records(kind, [found.pk], named)
    if not rows:
        raise NotFound(_("这件事没有这个计时。"))
    return clocks.deadline_of(rows[-1])


@require_GET
@staff()
def clock_rule(request: HttpRequest, matter_id: int, slot: str) -> HttpResponse:
    """How the limit was counted: the rule, its article, each step and each day skipped."""
    found = reading.find(actor_of(request), matter_id)
    context = {"matter": found, "deadline": _counted(found, slot)}
    return render(request, "matters/_clock.html" if _panel(request) else "matters/clock.html", context)
