"""Parameters (times, shares, attempts): the value in force, each value there was, and new ones drafted and published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.domains.rulebook import content, services
from huying.domains.rulebook.models import ParameterValue
from huying.domains.rulebook.pages.forms import ParameterForm
from huying.domains.rulebook.pages.limits import number, own_area
from huying.domains.rulebook.permissions import keeps, require_keeper, require_office
from huying.domains.rulebook.vocabulary import ACTION_WORDS, STATE_WORDS, UNIT_WORDS, Part, State, places_up
from huying.domains.territory import queries as territory
from huying.kernel import audit, clock
from huying.kernel.actors import Actor
from huying.kernel.errors import HuyingError, NotFound
from huying.kernel.pages.guards import actor_of, staff
from huying.kernel.parameters import Value
from huying.kernel.words import Words, words


@dataclass(frozen=True)
class Described:
    """A parameter as listed. since: the first day of the value in force; division: whose own value it is ("": everywhere's)."""

    key: str
    words: Words
    unit: Words | str
    unit_key: str
    kind: str
    reference: str
    value: Value | None
    since: date | None
    division: str
    drafts: int


def described(actor: Actor) -> dict[str, Described]:
    """Every parameter, shipped or local, with its value in force today in the actor's area; two queries."""
    today, area = clock.today(), own_area(actor)
    stored: dict[str, list[ParameterValue]] = {}
    for row in ParameterValue.objects.filter(division__in=places_up(area)).order_by("valid_from", "pk"):
        stored.setdefault(row.key, []).append(row)
    shipped = content.parameters()
    return {key: _described(key, stored.get(key, []), area, today) for key in sorted({*shipped, *stored})}


def _described(key: str, rows: list[ParameterValue], area: str, today: date) -> Described:
    published = [row for row in rows if row.state == State.PUBLISHED]
    running = [row for row in published if row.valid_from <= today and (row.valid_to is None or today < row.valid_to)]
    running.sort(key=lambda row: places_up(area).index(row.division))
    drafts = sum(row.state == State.DRAFT for row in rows)
    if running or key not in content.parameters():
        body = (running or rows)[0].body
        said = words(body["zh"], body["en"])
        own = running[0] if running else None
        return Described(
            key,
            said,
            UNIT_WORDS.get(body["unit"], body["unit"]),
            body["unit"],
            body["kind"],
            body["reference"],
            body["value"] if own else None,
            own.valid_from if own else None,
            own.division if own else "",
            drafts,
        )
    one = content.parameters()[key]
    known = [(start, value) for start, value in one.values if start <= today]
    since, current = known[-1] if known else (None, None)
    unit = UNIT_WORDS.get(one.unit, one.unit)
    return Described(key, one.words, unit, one.unit, one.kind, one.reference, current, since, "", drafts)


@require_GET
@staff()
def parameters(request: HttpRequest) -> HttpResponse:
    """Every parameter with its value in force for the actor's area."""
    actor = actor_of(request)
    found = described(actor)
    wanted = request.GET.get("q", "").strip().lower()
    chosen = [
        one
        for one in found.values()
        if not wanted or wanted in f"{one.key} {one.words.zh} {one.words.en} {one.reference}".lower()
    ]
    named = territory.names({one.division for one in chosen if one.division})
    rows = [(one, named.get(one.division, one.division)) for one in chosen]
    context = {"rows": rows, "q": wanted, "n": len(found), "keeps": keeps(actor, Part.PARAMETER)}
    return render(request, "rulebook/parameters.html", context)


@require_http_methods(["GET", "POST"])
@staff()
def parameter(request: HttpRequest, key: str) -> HttpResponse:
    """One parameter: its values, local and shipped, who changed them, and the form for a new one."""
    actor = actor_of(request)
    if request.method == "POST":
        require_office(actor, Part.PARAMETER)
    one = described(actor).get(key)
    if one is None:
        raise NotFound(_("没有这个参数。"))
    if request.method == "POST":
        require_keeper(actor, Part.PARAMETER, own_area(actor))
    initial = {"value": one.value, "reference": one.reference, "valid_from": clock.today().isoformat()}
    form = ParameterForm(request.POST or None, current=one.value, unit=one.unit_key, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.draft_parameter(
                key=key,
                value=form.cleaned_data["value"],
                words={"zh": one.words.zh, "en": one.words.en},
                unit=one.unit_key,
                kind=one.kind,
                reference=form.cleaned_data["reference"],
                valid_from=form.cleaned_data["valid_from"],
                division=own_area(actor),
                actor=actor,
            )
            return redirect("rulebook_parameter", key=key)
        except HuyingError as error:
            form.add_error(None, error.one_line())
    places = places_up(own_area(actor))
    stored = list(ParameterValue.objects.filter(key=key, division__in=places).order_by("-valid_from", "-pk"))
    named = territory.names({one.division, *(row.division for row in stored)} - {""})
    context = {
        "one": one,
        "place": named.get(one.division, one.division),
        "versions": [
            (row, STATE_WORDS[State(row.state)], row.state == State.DRAFT, named.get(row.division, row.division))
            for row in stored
        ],
        "shipped": reversed(content.parameters()[key].values) if key in content.parameters() else (),
        "story": _story(stored),
        "form": form,
        "keeps": keeps(actor, Part.PARAMETER),
    }
    return render(request, "rulebook/parameter.html", context, status=422 if form.is_bound else 200)


def _story(rows: list[ParameterValue]) -> list[dict[str, Any]]:
    """Who drafted, published and withdrew which value, the latest first; one query."""
    told = audit.histories(Part.PARAMETER, [row.pk for row in rows])
    lines = [
        {
            "at": entry.at,
            "who": entry.actor_label,
            "what": f"{ACTION_WORDS.get(entry.action, entry.action)} {row.body['value']}（{row.valid_from}）",
            "why": entry.reason,
        }
        for row in rows
        for entry in told.get(row.pk, [])
    ]
    return sorted(lines, key=lambda line: line["at"], reverse=True)


@require_POST
@staff()
def publish_parameter(request: HttpRequest) -> HttpResponse:
    (row,) = services.publish(Part.PARAMETER, [number(request.POST.get("id", ""))], actor=actor_of(request))
    return redirect("rulebook_parameter", key=row.key)


@require_POST
@staff()
def withdraw_parameter(request: HttpRequest) -> HttpResponse:
    pk, reason = number(request.POST.get("id", "")), request.POST.get("reason", "")
    (row,) = services.withdraw(Part.PARAMETER, [pk], actor=actor_of(request), reason=reason)
    return redirect("rulebook_parameter", key=row.key)
