"""A file's way: upload, see what it would do, deliver, take back what was handed back."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from huying.domains.exchange import queries, services
from huying.domains.exchange.models import Upload
from huying.domains.exchange.pages.datasets import XLSX
from huying.domains.exchange.pages.shown import figure, measure_words, name_of
from huying.domains.exchange.services import Trial
from huying.domains.exchange.workflow import DELIVERERS
from huying.kernel.errors import InvalidInput
from huying.kernel.pages import actor_of, staff

SHOWN = 200


@require_POST
@staff(*DELIVERERS)
def upload(request: HttpRequest, code: str) -> HttpResponse:
    sent = request.FILES.get("file")
    if sent is None:
        raise InvalidInput(_("没有选择文件。"), cure=_("请选一个 .xlsx 或 .csv 文件。"))
    one = services.receive(actor=actor_of(request), code=code, name=sent.name or "", chunks=sent.chunks())
    return HttpResponseRedirect(reverse("exchange_uploaded", args=[one.token]))


@require_GET
@staff(*DELIVERERS)
def uploaded(request: HttpRequest, token: str) -> HttpResponse:
    """What the file would do; after it was delivered, what it did."""
    actor = actor_of(request)
    one = services.upload(actor, token)
    row = queries.dataset(one.code).row
    context: dict[str, Any] = {"upload": one, "name": name_of(row), "url": reverse("exchange_dataset", args=[one.code])}
    if one.result is None:
        seen = services.seen(actor, one)
        heads = {measure.code: str(measure_words(measure)) for measure in row.measures}
        context |= {
            "good": len(seen.good),
            "unchanged": seen.unchanged,
            "corrects": sum(trial.corrects for trial in seen.good),
            "refused": len(seen.refused),
            "measures": list(heads.values()),
            "rows": [_row(trial, heads) for trial in seen.trials[:SHOWN]],
            "more": max(0, len(seen.trials) - SHOWN),
        }
        return render(request, "exchange/preview.html", context)
    language = "en" if (get_language() or "").startswith("en") else "zh"
    context |= {
        "result": one.result,
        "n": len(one.result["refused"]),
        "reasons": [(number, *told[language]) for number, told in list(one.result["refused"].items())[:SHOWN]],
    }
    return render(request, "exchange/uploaded.html", context)


def _row(trial: Trial, heads: dict[str, str]) -> dict[str, Any]:
    """heads: what stands above each measure's column, by its code."""
    judged = trial.judged
    return {
        "at": judged.given.at,
        "place": trial.report.place if trial.report else judged.given.division,
        "key": judged.given.period,
        "values": [figure(judged.values.get(code)) for code in heads],
        "faults": [(heads.get(fault.field, ""), fault) for fault in judged.faults],
        "doubts": judged.doubts if not judged.faults else [],
        "note": judged.note,
        "unchanged": trial.unchanged,
        "corrects": trial.corrects,
    }


@require_POST
@staff(*DELIVERERS)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    one = services.confirm(actor=actor_of(request), token=token)
    return HttpResponseRedirect(reverse("exchange_uploaded", args=[one.token]))


@require_GET
@staff(*DELIVERERS)
def rejects(request: HttpRequest, token: str) -> HttpResponse:
    """The rows handed back, as a spreadsheet."""
    one: Upload = services.upload(actor_of(request), token)
    if not (one.result or {"refused": {}})["refused"]:
        raise InvalidInput(_("这次没有退回的行。"))
    answer = HttpResponse(services.rejects(one), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{one.code}-rejects.xlsx"'
    answer["Cache-Control"] = "no-store"
    return answer
