"""One dataset: what it asks, the form of a period, its template, and for who watches over it how each place stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from huying.domains.exchange import queries, services
from huying.domains.exchange.models import Delivery, Report
from huying.domains.exchange.pages.shown import chip, feed, figure, measure_words, name_of, seen_value
from huying.domains.exchange.queries import Held
from huying.domains.exchange.schema import DatasetRow
from huying.domains.exchange.services import Given, Trial
from huying.domains.exchange.tables import ENDS, SURVEYED
from huying.domains.exchange.vocabulary import KIND_WORDS, TYPE_WORDS, Kind, Way
from huying.domains.exchange.workflow import DELIVERERS, READERS, WRITABLE
from huying.kernel.actors import Actor
from huying.kernel.deadlines import Limit
from huying.kernel.errors import InvalidInput
from huying.kernel.pages import actor_of, staff
from huying.kernel.words import words

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Errors = Mapping[str, Mapping[str, str]]


@require_GET
@staff(*READERS)
def dataset(request: HttpRequest, code: str) -> HttpResponse:
    return _shown(request, queries.dataset(code), request.GET.get("period", ""))


@require_POST
@staff(*DELIVERERS)
def deliver(request: HttpRequest, code: str) -> HttpResponse:
    """Take what was typed for the places of one period; what is wrong comes back with what was typed."""
    actor, held, key = actor_of(request), queries.dataset(code), request.POST.get("period", "")
    own = queries.own_reports(actor, code=code, key=key)
    standings = queries.standings(own)
    rows = [
        given for one in own if standings[one.pk] in WRITABLE and (given := _typed(request, held.row, one)) is not None
    ]
    if not rows:
        raise InvalidInput(_("没有填任何数。"), cure=_("请至少填一个地方的数；没有发生的写 0。"))
    outcome = services.deliver(actor=actor, code=code, rows=rows, way=Way.PAGE)
    if outcome.refused:
        return _shown(request, held, key, refused=outcome.refused, accepted=len(outcome.accepted), status=422)
    return HttpResponseRedirect(f"{reverse('exchange_dataset', args=[code])}?period={key}&done={len(outcome.accepted)}")


def _typed(request: HttpRequest, row: DatasetRow, report: Report) -> Given | None:
    """What stands in a place's fields; None where all are blank."""

    def of(name: str) -> str:
        return request.POST.get(f"{report.division}.{name}", "").strip()

    values = {name: of(name) for name in row.delivered}
    if not any(values.values()):
        return None
    survey = {name: of(name) for name in SURVEYED} if row.kind is Kind.SURVEY else {}
    return Given(report.division, report.key, values, survey=survey, note=of("note"))


@require_GET
@staff(*DELIVERERS)
def template(request: HttpRequest, code: str) -> HttpResponse:
    """The spreadsheet of a period, or of all that can still be written."""
    from huying.domains.exchange.template import template as spreadsheet

    actor, held, key = actor_of(request), queries.dataset(code), request.GET.get("period", "")
    own = queries.own_reports(actor, code=code, key=key)
    standings = queries.standings(own)
    reports = [one for one in own if standings[one.pk] in WRITABLE]
    content = spreadsheet(held.row, reports, queries.latest(reports))
    answer = HttpResponse(content, content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{code}{"-" + key if key.isascii() else ""}.xlsx"'
    return answer


def _shown(
    request: HttpRequest,
    held: Held,
    key: str,
    *,
    refused: Sequence[Trial] = (),
    accepted: int = 0,
    status: int = 200,
) -> HttpResponse:
    actor, row = actor_of(request), held.row
    visible = queries.periods_of(actor, row.code)
    key = key if key in visible else (visible[0] if visible else "")
    reports = queries.reports_of_period(actor, row.code, key) if key else []
    standings, latest = queries.standings(reports), queries.latest(reports)
    errors = {trial.judged.given.division: _faults(trial) for trial in refused}
    own = [one for one in reports if queries.may_deliver(actor, one)]
    done = request.GET.get("done", "")
    context = {
        "row": row,
        "name": name_of(row),
        "kind": KIND_WORDS[row.kind],
        "meaning": words(row.meaning.zh, row.meaning.en) if row.meaning else "",
        "feed": feed(row),
        "key": key,
        "periods": visible,
        "due": Limit.parse(row.calendar.due).words,
        "lock": Limit.parse(row.calendar.lock).words,
        "due_at": next((one.due_at for one in reports if one.due_at), None),
        "locks_at": next((one.locks_at for one in reports if one.locks_at), None),
        "measures": [_measure(row, code) for code in (m.code for m in row.measures)],
        "rules": [words(rule.says.zh, rule.says.en) for rule in row.rules],
        "entries": [
            _entry(request, row, one, chip(standings[one.pk]), latest.get(one.pk), errors.get(one.division, {}))
            for one in own
            if standings[one.pk] in WRITABLE
        ],
        "others": [
            _line(actor, row, one, chip(standings[one.pk]), latest.get(one.pk))
            for one in reports
            if one not in own or standings[one.pk] not in WRITABLE
        ],
        "delivers": bool(own),
        "errors": [
            (f"{trial.report.place if trial.report else trial.judged.given.division}", fault)
            for trial in refused
            for fault in trial.judged.faults
        ],
        "accepted": accepted,
        "done": done if done.isdecimal() else "",
    }
    return render(request, "exchange/dataset.html", context, status=status)


def _faults(trial: Trial) -> dict[str, str]:
    found: dict[str, str] = {}
    for fault in trial.judged.faults:
        found.setdefault(fault.field or "row", f"{fault.message}{fault.cure}")
    return found


def _measure(row: DatasetRow, code: str) -> dict[str, Any]:
    measure = row.measure(code)
    assert measure is not None
    bounds = []
    if measure.part_of and (whole := row.measure(measure.part_of)):
        bounds.append(_("不大于%(whole)s") % {"whole": measure_words(whole)})
    if measure.parts and (above := row.measure(measure.parts[0])) and (below := row.measure(measure.parts[1])):
        bounds.append(_("＝%(above)s÷%(below)s") % {"above": measure_words(above), "below": measure_words(below)})
    if measure.maximum is not None:
        bounds.append(_("不大于 %(most)s") % {"most": figure(measure.maximum)})
    return {
        "measure": measure,
        "words": measure_words(measure),
        "type": TYPE_WORDS[measure.type],
        "meaning": words(measure.meaning.zh, measure.meaning.en) if measure.meaning else "",
        "bounds": "；".join(bounds),
    }


def _entry(
    request: HttpRequest,
    row: DatasetRow,
    report: Report,
    state: dict[str, Any],
    delivery: Delivery | None,
    errors: Mapping[str, str],
) -> dict[str, Any]:
    """A place's fields with what was typed, else what stands."""

    def field(name: str, label: Any, unit: str, required: bool, kept: Any, shape: str) -> dict[str, Any]:
        sent = request.POST.get(f"{report.division}.{name}")
        return {
            "name": f"{report.division}.{name}",
            "label": label,
            "unit": unit,
            "required": required,
            "value": ("" if kept is None else kept) if sent is None else sent,
            "error": errors.get(name, ""),
            "shape": shape,
        }

    fields = []
    if row.kind is Kind.SURVEY:
        for name, label in SURVEYED.items():
            kept = getattr(delivery, name) if delivery else None
            shape = (
                "date" if name.startswith("fieldwork") else "text" if name in ("conducted_by", "method") else "decimal"
            )
            kept = kept.isoformat() if shape == "date" and kept else kept
            fields.append(field(name, label, "", name != "conducted_by" and name != "method", kept, shape))
    for measure in row.measures:
        for end, told in ENDS.items() if row.kind is Kind.SURVEY else [("", ENDS[""])]:
            label = words(f"{measure.name.zh}{told.zh}", f"{measure.name.en}{told.en}")
            value = delivery.values.get(measure.code + end) if delivery else None
            kept = None if value is None else f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"
            fields.append(field(measure.code + end, label, measure.unit, measure.required, kept, "decimal"))
    note = field("note", "", "", False, None, "text")
    return {
        "report": report,
        "chip": state,
        "fields": fields,
        "note": note,
        "row_error": errors.get("row", "") or errors.get("division", "") or errors.get("period", ""),
        "delivered": delivery,
        "corrects": delivery is not None,
        "url": reverse("exchange_report", args=[report.pk]),
    }


def _line(
    actor: Actor, row: DatasetRow, report: Report, state: dict[str, Any], delivery: Delivery | None
) -> dict[str, Any]:
    return {
        "report": report,
        "chip": state,
        "n": figure(delivery.n if delivery else None),
        "values": [
            (
                seen_value(actor, report, measure, delivery.values.get(measure.code) if delivery else None),
                _interval(measure.code, delivery) if row.kind is Kind.SURVEY else "",
            )
            for measure in row.measures
        ],
        # Said of the whole above; here only where one place differs from it.
        "feed": feed(row, delivery) if delivery and feed(row) is None else None,
        "url": reverse("exchange_report", args=[report.pk]),
    }


def _interval(code: str, delivery: Delivery | None) -> str:
    """The ends of a survey's interval; "" where nothing was delivered."""
    low, high = ((delivery.values if delivery else {}).get(code + end) for end in ("_low", "_high"))
    return "" if low is None or high is None else f"{figure(low)}–{figure(high)}"
