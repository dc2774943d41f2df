"""The admission list of grid work and the township duty list: for their keepers on the desk, for everyone in public."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.domains.rulebook import queries, services
from huying.domains.rulebook.models import AdmissionEntry, Dated, DutyEntry
from huying.domains.rulebook.pages.catalogues import body_words
from huying.domains.rulebook.pages.forms import LineForm
from huying.domains.rulebook.pages.limits import number, own_area
from huying.domains.rulebook.permissions import keeps, require_office
from huying.domains.rulebook.queries import Listed
from huying.domains.rulebook.vocabulary import DUTY_WORDS, Duty, Part, State
from huying.kernel import clock
from huying.kernel.actors import Actor
from huying.kernel.errors import HuyingError, InvalidInput
from huying.kernel.pages.guards import actor_of, staff
from huying.kernel.words import Words

PARTS = {"admission": Part.ADMISSION, "duty": Part.DUTY}


def _groups(on: date, division: str) -> list[tuple[Words, list[Listed]]]:
    listed = queries.duties(on, division)
    return [(DUTY_WORDS[duty], [line for line in listed if line.duty is duty]) for duty in Duty]


def _said(lines: list[Listed], area: str) -> list[Listed]:
    """The lines with their department as the area calls it."""
    names = {key: body_words(key, area) for key in {line.department for line in lines} if key}
    return [replace(line, department=names.get(line.department, "")) for line in lines]


def _drafts(actor: Actor) -> list[tuple[str, Dated]]:
    area = own_area(actor)
    found: list[tuple[str, Dated]] = []
    for name, model in (("admission", AdmissionEntry), ("duty", DutyEntry)):
        rows = model._default_manager.filter(state=State.DRAFT).order_by("-pk")
        found += [(name, row) for row in rows if not area or row.division.startswith(area.rstrip("0"))]
    return found


def _context(actor: Actor) -> dict[str, object]:
    today, area = clock.today(), own_area(actor)
    return {
        "admissions": _said(queries.admissions(today, area), area),
        "groups": [(said, _said(lines, area)) for said, lines in _groups(today, area)],
        "drafts": _drafts(actor),
        "keeps_admission": keeps(actor, Part.ADMISSION),
        "keeps_duty": keeps(actor, Part.DUTY),
        "today": today,
    }


@require_GET
@staff()
def lists(request: HttpRequest) -> HttpResponse:
    return render(request, "rulebook/lists.html", _context(actor_of(request)))


@require_http_methods(["GET", "POST"])
@staff()
def add_line(request: HttpRequest) -> HttpResponse:
    """A draft line; publishing it is a second step, on the list."""
    actor = actor_of(request)
    require_office(actor, Part.ADMISSION, Part.DUTY)
    form = LineForm(request.POST or None, initial={"valid_from": clock.today(), "part": request.GET.get("part", "")})
    if request.method == "POST" and form.is_valid():
        try:
            services.add_drafts(
                PARTS[form.cleaned_data["part"]], [_row(form.cleaned_data, own_area(actor))], actor=actor
            )
            return redirect("rulebook_lists")
        except HuyingError as error:
            form.add_error(None, error.one_line())
    return render(request, "rulebook/line.html", {"form": form}, status=422 if form.is_bound else 200)


def _row(data: dict[str, Any], division: str) -> AdmissionEntry | DutyEntry:
    shared = ("code", "zh", "en", "department", "basis", "valid_from", "valid_to")
    values = {name: data[name] for name in shared} | {"division": division, "items": str(data["items"]).split()}
    if data["part"] == "duty":
        return DutyEntry(duty=data["duty"], **values)
    return AdmissionEntry(urgent=data["urgent"], consent=data["consent"], **values)


def _part(request: HttpRequest) -> Part:
    try:
        return PARTS[request.POST.get("part", "")]
    except KeyError:
        raise InvalidInput(_("不认识的清单。")) from None


@require_POST
@staff()
def publish_line(request: HttpRequest) -> HttpResponse:
    services.publish(_part(request), [number(request.POST.get("id", ""))], actor=actor_of(request))
    return redirect("rulebook_lists")


@require_POST
@staff()
def withdraw_line(request: HttpRequest) -> HttpResponse:
    """The exit procedure: a reason, and the line ends today."""
    pk, reason = number(request.POST.get("id", "")), request.POST.get("reason", "")
    services.withdraw(_part(request), [pk], actor=actor_of(request), reason=reason)
    return redirect("rulebook_lists")


@require_GET
def public_lists(request: HttpRequest) -> HttpResponse:
    """For everyone: what may be asked of grids, and what a township answers for."""
    today = clock.today()
    context = {"admissions": queries.admissions(today), "groups": _groups(today, ""), "today": today}
    return render(request, "rulebook/public_lists.html", context)
