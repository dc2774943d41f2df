"""One report: every version of its values, who and why; reopening it after the lock."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from huying.domains.exchange import queries, services
from huying.domains.exchange.models import Delivery, Report
from huying.domains.exchange.pages.shown import chip, feed, measure_words, name_of, seen_value
from huying.domains.exchange.schema import DatasetRow
from huying.domains.exchange.tables import ENDS, SURVEYED
from huying.domains.exchange.vocabulary import KIND, WAY_WORDS, Action, Kind, Standing, Way
from huying.domains.exchange.workflow import READERS, REOPENERS, REPORT
from huying.kernel import clock
from huying.kernel.actors import Actor
from huying.kernel.audit.naming import action_words
from huying.kernel.errors import InvalidInput
from huying.kernel.pages import actor_of, staff
from huying.kernel.words import words


@require_GET
@staff(*READERS)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    return _shown(request, queries.report(actor_of(request), pk))


@require_POST
@staff(*REOPENERS)
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    try:
        services.reopen(actor=actor, report_id=pk, reason=request.POST.get("reason", ""))
    except InvalidInput as error:
        return _shown(request, queries.report(actor, pk), error=error, status=422)
    return redirect("exchange_report", pk)


def _shown(request: HttpRequest, one: Report, *, error: InvalidInput | None = None, status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    row = queries.dataset(one.code).row
    versions = queries.versions(actor, one.pk)
    standing = queries.stands(one, clock.now())
    context = {
        "report": one,
        "row": row,
        "name": name_of(row),
        "chip": chip(standing),
        "reopened": standing is Standing.REOPENED,
        "feed": feed(row, versions[0] if versions else None),
        "versions": [{"delivery": each, "way": WAY_WORDS[Way(each.way)]} for each in versions],
        "lines": _lines(actor, one, row, versions),
        "events": [
            {"at": e.at, "who": e.actor_label, "what": str(action_words(e.action, KIND)), "why": e.reason}
            for e in queries.story(actor, one.pk)
        ],
        "may_reopen": queries.may_reopen(actor, one) and REPORT.find(Action.REOPEN.value, standing.value) is not None,
        "own": queries.may_deliver(actor, one),
        "url": f"{reverse('exchange_dataset', args=[one.code])}?period={one.key}",
        "error": error,
    }
    return render(request, "exchange/report.html", context, status=status)


def _lines(actor: Actor, one: Report, row: DatasetRow, versions: list[Delivery]) -> list[dict[str, Any]]:
    """A line for each measure, a cell for each version, newest first; `changed` where it differs from the one before it."""
    lines: list[dict[str, Any]] = []
    if row.kind is Kind.SURVEY:
        for field, label in SURVEYED.items():
            cells = [getattr(each, field) or "—" for each in versions]
            lines.append({"label": label, "unit": "", "cells": _marked(cells)})
    for measure in row.measures:
        name = measure_words(measure)
        for end, told in ENDS.items() if row.kind is Kind.SURVEY else [("", ENDS[""])]:
            seen = [seen_value(actor, one, measure, each.values.get(measure.code + end)) for each in versions]
            lines.append(
                {"label": words(name.zh + told.zh, name.en + told.en), "unit": measure.unit, "cells": _marked(seen)}
            )
    return lines


def _marked(cells: list[Any]) -> list[dict[str, Any]]:
    return [
        {"value": cell, "changed": at + 1 < len(cells) and str(cell) != str(cells[at + 1])}
        for at, cell in enumerate(cells)
    ]
