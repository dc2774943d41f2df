"""Who is away and who stands in: everybody's for the administrators, one's own for everybody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from huying.domains.organizations import services
from huying.domains.organizations.models import Absence, Account, Term
from huying.domains.organizations.pages.directory import number
from huying.domains.organizations.pages.forms import ONE_DAY, AbsenceForm, told
from huying.domains.organizations.vocabulary import ABSENCE_WORDS, AbsenceReason
from huying.kernel import clock
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import Forbidden, HuyingError, NotFound
from huying.kernel.pages import Keyset, actor_of, staff
from huying.kernel.words import Words

ABSENCES = Keyset(("valid_from", "id"))
PAST = Keyset(("-valid_from", "-id"))
LOOKED_BACK = timedelta(days=180)
FOUND = 20


@dataclass(frozen=True)
class Line:
    """One absence as listed. last: its last day; deputies: who stands in; now: it runs today; open: it can be ended."""

    absence: Absence
    reason: Words
    last: object
    deputies: list[str]
    now: bool
    open: bool


def lines(rows: Iterable[Absence]) -> list[Line]:
    """Absences with their deputies, in one query more."""
    listed, today = list(rows), clock.today()
    deputies = Term.objects.filter(deputy_for__in={row.term_id for row in listed}).select_related("account")
    by_term: dict[int, list[Term]] = {}
    for one in deputies:
        by_term.setdefault(one.deputy_for_id or 0, []).append(one)
    return [
        Line(
            row,
            ABSENCE_WORDS[AbsenceReason(row.reason)],
            row.valid_to - ONE_DAY,
            [
                one.account.display_name
                for one in by_term.get(row.term_id, ())
                if one.valid_from < row.valid_to and (one.valid_to is None or one.valid_to > row.valid_from)
            ],
            row.valid_from <= today < row.valid_to,
            row.valid_to > today,
        )
        for row in listed
    ]


@staff(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
def absences(request: HttpRequest) -> HttpResponse:
    """Absences that run or are to come, soonest first, or those past; whose term to record one for."""
    today = clock.today()
    past = request.GET.get("of") == "past"
    days = {"valid_to__lte": today, "valid_to__gt": today - LOOKED_BACK} if past else {"valid_to__gt": today}
    rows = Absence.objects.filter(**days).select_related("term__account", "term__post__unit")
    page = (PAST if past else ABSENCES).page(rows, after=request.GET.get("after", ""))
    text = request.GET.get("who", "").strip()[:64]
    context = {
        "lines": lines(page.items),
        "page": page,
        "past": past,
        "who": text,
        "found": _running(text) if text else None,
        "may_change": actor_of(request).has(Role.SYSTEM_ADMIN),
    }
    return render(request, "organizations/absences.html", context)


def _running(text: str) -> list[Term]:
    """Terms that run today of people whose name or user name begins with `text`."""
    today = clock.today()
    rows = Term.objects.filter(Q(account__display_name__startswith=text) | Q(account__username__startswith=text))
    rows = rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=today), valid_from__lte=today, deputy_for=None)
    return list(rows.select_related("account", "post__unit").order_by("account__username", "id")[:FOUND])


@staff(administrators=True)
def mine(request: HttpRequest) -> HttpResponse:
    """One's own terms: say when one is away and who stands in; come back earlier."""
    actor, today = actor_of(request), clock.today()
    own = Term.objects.filter(account=actor.account_id, deputy_for=None).select_related("post__unit")
    own = own.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=today)).order_by("valid_from", "id")
    terms = list(own)
    form, status = AbsenceForm(initial={"first": today.isoformat()}), 200
    chosen = terms[0].pk if terms else 0
    if request.method == "POST":
        chosen = number(request.POST.get("term", ""), "term")
        if chosen not in {term.pk for term in terms}:
            raise NotFound(_("没有这个任期。"))
        if "absence" in request.POST:
            return back_early(request, actor, chosen, "organizations_my_absences")
        form = AbsenceForm(request.POST)
        if form.is_valid() and record(request, actor, form, chosen):
            return redirect("organizations_my_absences")
        status = 422
    listed = Absence.objects.filter(term__in=terms, valid_to__gt=today - LOOKED_BACK).order_by("-valid_from")
    context = {
        "terms": terms,
        "chosen": chosen,
        "lines": lines(listed.select_related("term__account", "term__post__unit")),
        "form": form,
        "today": today,
        "colleagues": colleagues({term.post.unit_id for term in terms}, but=actor.account_id or 0),
    }
    return render(request, "organizations/my_absences.html", context, status=status)


def record(request: HttpRequest, actor: Actor, form: AbsenceForm, term_id: int) -> bool:
    """Record what the form says; False, with the errors in the form, when it is refused."""
    data = form.cleaned_data
    try:
        services.record_absence(
            actor=actor,
            term_id=term_id,
            valid_from=data["first"],
            valid_to=form.until,
            reason=AbsenceReason(data["reason"]),
            deputy=data["deputy"],
        )
    except Forbidden:
        raise
    except HuyingError as error:
        told(form, error)
        return False
    messages.success(request, _("缺勤已登记。"))
    return True


def back_early(request: HttpRequest, actor: Actor, term_id: int, where: str, *arguments: int) -> HttpResponse:
    """End the absence of the term that the form names, from today."""
    named = number(request.POST.get("absence", ""), "absence")
    if not Absence.objects.filter(pk=named, term=term_id).exists():
        raise NotFound(_("没有这条缺勤。"))
    services.end_absence(actor=actor, absence_id=named, on=clock.today())
    messages.success(request, _("缺勤已结束。"))
    return redirect(where, *arguments)


def colleagues(unit_ids: Iterable[int], *, but: int) -> list[Account]:
    """Those who hold a post in these units today, for a list to choose from."""
    today = clock.today()
    rows = Account.objects.filter(terms__post__unit__in=list(unit_ids), terms__valid_from__lte=today, is_active=True)
    rows = rows.filter(Q(terms__valid_to__isnull=True) | Q(terms__valid_to__gt=today)).exclude(pk=but)
    return list(rows.distinct().order_by("username")[:100])
