"""Terms that end: what lies on their posts, who takes it over, and ending one with its consequences shown first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from huying.domains.organizations import queries, services
from huying.domains.organizations.models import Absence, Term
from huying.domains.organizations.pages.absences import LOOKED_BACK, back_early, colleagues, lines, record
from huying.domains.organizations.pages.forms import AbsenceForm, EndForm, told
from huying.domains.organizations.queries import Owner
from huying.domains.organizations.services.changes import administers
from huying.domains.organizations.vocabulary import TERM_EVENT_WORDS
from huying.kernel import audit, clock, worklist
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import HuyingError, NotFound
from huying.kernel.pages import Keyset, actor_of, staff

ENDING = Keyset(("valid_to", "id"))
ENDED = Keyset(("-valid_to", "-id"))
AHEAD = timedelta(days=90)


@staff(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
def terms(request: HttpRequest) -> HttpResponse:
    """Terms that end within 90 days, or that have ended and whose work is not yet all handed over, or was."""
    today = clock.today()
    of = request.GET.get("of", "ending")
    rows = Term.objects.filter(deputy_for=None).select_related("account", "post__unit")
    match of:
        case "waiting":
            rows, order = rows.filter(valid_to__lte=today, handed_over_at__isnull=True), ENDED
        case "ended":
            ended = Q(valid_to__gt=today - LOOKED_BACK, valid_to__lte=today, handed_over_at__isnull=False)
            rows, order = rows.filter(ended), ENDED
        case _:
            of, order = "ending", ENDING
            rows = rows.filter(valid_to__gt=today, valid_to__lte=today + AHEAD)
    page = order.page(rows, after=request.GET.get("after", ""))
    posts = {term.post_id for term in page.items}
    lying = worklist.open_counts(post_ids=posts, unit_ids=())
    on_post = {post: count for (_unit, post), count in lying.items() if post is not None}
    context = {
        "rows": [
            (term, on_post.get(term.post_id, 0), successors)
            for term, successors in zip(page.items, _successors(page.items), strict=True)
        ],
        "page": page,
        "of": of,
    }
    return render(request, "organizations/terms.html", context)


def _successors(listed: Sequence[Term]) -> list[list[str]]:
    """For each term, who holds the post on the day it ends; one query."""
    others = Term.objects.filter(post__in={term.post_id for term in listed}, deputy_for=None).select_related("account")
    by_post: dict[int, list[Term]] = {}
    for other in others:
        by_post.setdefault(other.post_id, []).append(other)
    found = []
    for term in listed:
        day = term.valid_to
        found.append(
            [
                other.account.display_name
                for other in by_post[term.post_id]
                if day is not None
                and other.pk != term.pk
                and other.valid_from <= day
                and (other.valid_to is None or other.valid_to > day)
            ]
        )
    return found


@staff(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
def term(request: HttpRequest, term_id: int) -> HttpResponse:
    """One term: its days, absences, story; record an absence; end it, after seeing who takes what over."""
    actor = actor_of(request)
    row = Term.objects.filter(pk=term_id).select_related("account", "post__unit", "deputy_for__account").first()
    if row is None:
        raise NotFound(_("没有这个任期。"))
    today = clock.today()
    away = AbsenceForm(initial={"first": today.isoformat()})
    ending = EndForm(initial={"on": today.isoformat()})
    status = 200
    fates: list[tuple[int, bool, str]] | None = None
    if request.method == "POST":
        administers(actor)
        asked = request.POST.get("act", "")
        if asked == "back":
            return back_early(request, actor, term_id, "organizations_term", term_id)
        if asked == "away":
            away = AbsenceForm(request.POST)
            if away.is_valid() and record(request, actor, away, term_id):
                return redirect("organizations_term", term_id)
            status = 422
        else:
            ending = EndForm(request.POST)
            status = 422
            if ending.is_valid():
                try:
                    if asked == "end":
                        return _ended(request, actor, row, ending)
                    fates = _foreseen(actor, row, ending)
                    status = 200
                except HuyingError as error:
                    told(ending, error)
    listed = Absence.objects.filter(term=row).select_related("term__account", "term__post__unit")
    context = {
        "term": row,
        "running": row.valid_to is None or row.valid_to > today,
        "lines": lines(listed.order_by("-valid_from")[:50]),
        "away": away,
        "ending": ending,
        "fates": fates,
        "may_change": actor.has(Role.SYSTEM_ADMIN),
        "colleagues": colleagues([row.post.unit_id], but=row.account_id),
        "story": [
            {"at": one.at, "who": one.actor_label, "what": TERM_EVENT_WORDS.get(one.action, one.action)}
            for one in reversed(audit.history("term", row.pk))
        ],
        "today": today,
    }
    return render(request, "organizations/term.html", context, status=status)


def _ended(request: HttpRequest, actor: Actor, row: Term, form: EndForm) -> HttpResponse:
    data = form.cleaned_data
    moved = services.end_term(actor=actor, term_id=row.pk, on=data["on"], successor=data["successor"])
    said = _("任期已定于 %(day)s 结束。") % {"day": data["on"]}
    if moved:
        said += _("已移交 %(n)d 件待办。") % {"n": moved}
    messages.success(request, said)
    return redirect("organizations_term", row.pk)


def _foreseen(actor: Actor, row: Term, form: EndForm) -> list[tuple[int, bool, str]]:
    """(how many, whether on the post itself, who has them then)."""
    data = form.cleaned_data
    found = services.foresee_end(actor=actor, term_id=row.pk, on=data["on"], successor=data["successor"])
    return [(fate.items, fate.before.post_id is not None, _owner_words(fate.after)) for fate in found]


def _owner_words(owner: Owner | None) -> str:
    """In words: a post of a unit, or a unit's pile."""
    if owner is None:
        return _("无人")
    name = queries.unit_names([owner.unit_id])[owner.unit_id]
    view = queries.post(owner.post_id) if owner.post_id is not None else None
    return f"{name} {view.name}" if view is not None else _("%(unit)s的单位待办") % {"unit": name}
