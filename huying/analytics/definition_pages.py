"""Indicator definitions on the desk: all of them, one with its versions, drafted, checked while written, put in force."""

from __future__ import annotations

import difflib
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.analytics import values
from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.models import IndicatorDefinition
from huying.analytics.values import defining, wording
from huying.analytics.values.defining import State
from huying.kernel import clock
from huying.kernel.errors import InvalidInput, NotFound
from huying.kernel.pages import actor_of, staff
from huying.kernel.pages.numbers import whole_number
from huying.kernel.words import words

DIRECTIONS = {
    "higher": words("越高越好", "higher is better"),
    "lower": words("越低越好", "lower is better"),
    "none": words("不评好坏", "neither"),
}
STATES = {State.DRAFT: words("草稿", "draft"), State.PUBLISHED: words("已发布", "in force")}
WITHDRAWN = words("已停用", "withdrawn")
STARTER = """code: new_indicator
name: {zh: 指标名称, en: name}
category: 类别
meaning: {zh: 一句话说明。, en: One sentence.}
owner: 责任单位
sources: [{facts: matters}]
numerator: closed_in_time__n
denominator: closed_in_time__d
unit: "%"
factor: 100
direction: higher
level: township
min_n: 10
"""


@require_GET
@staff()
def listed(request: HttpRequest) -> HttpResponse:
    """Every indicator in force, the counted ones too, with the drafts that wait."""
    actor = actor_of(request)
    asked = request.GET.get("q", "").strip().lower()
    drafts = set(IndicatorDefinition.objects.filter(state=State.DRAFT).values_list("code", flat=True))
    state = values.state()
    problems = state.problems if state else {}
    spoken, rows = values.spoken(), []
    # What can be changed here first, what comes with the program after it.
    entries = values.catalogue()
    for entry in sorted(entries, key=lambda one: one.counted):
        if (
            asked
            and asked not in f"{entry.code} {entry.name.zh} {entry.name.en} {entry.category} {entry.owner}".lower()
        ):
            continue
        rows.append(
            {
                "entry": entry,
                "formula": wording.formula(entry.row, spoken) if entry.row else str(entry.meaning),
                "direction": DIRECTIONS[entry.direction.value],
                "draft": entry.code in drafts,
                "problem": _problem(problems.get(entry.code, "")),
            }
        )
    known = {entry.code for entry in entries}
    context = {
        "rows": rows,
        "q": asked,
        "fresh": sorted(drafts - known),
        "ended": sorted(code for code, said in values.versions().items() if code not in known and said[-1].withdrawn),
        "may_draft": defining.may_draft(actor),
    }
    return render(request, "analytics/definitions.html", context)


def _problem(why: str) -> str:
    kind, _colon, named = why.partition(":")
    if kind == "missing":
        return _("没有来源提供 %(names)s") % {"names": named}
    return _("%(names)s 不相加时只能到县级：再往下会露出少于10件的数") % {"names": named} if kind else ""


@require_GET
@staff()
def shown(request: HttpRequest, code: str) -> HttpResponse:
    """One definition: in words, as it is written, every version, and two of them compared."""
    versions = list(IndicatorDefinition.objects.filter(code=code).order_by("-version"))
    if not versions:
        raise NotFound(_("没有这个指标：%(code)s") % {"code": code})
    actor = actor_of(request)
    chosen = _chosen(versions, request.GET.get("version", ""))
    row = IndicatorRow.model_validate(chosen.content)
    against = next((one for one in versions if one.version < chosen.version), None)
    if (other := whole_number(request.GET.get("against", ""))) is not None:
        against = next((one for one in versions if one.version == other), against)
    draft = next((one for one in versions if one.state == State.DRAFT), None)
    last = next((one for one in versions if one.state == State.PUBLISHED), None)
    spoken = values.spoken()
    context = {
        "code": code,
        "row": row,
        "name": words(row.name.zh, row.name.en),
        "meaning": words(row.meaning.zh, row.meaning.en) if row.meaning else "",
        "direction": DIRECTIONS[row.direction],
        "formula": wording.formula(row, spoken),
        "rules": list(wording.rules(row)),
        "source": wording.sources(row, spoken),
        "text": defining.written(chosen.content),
        "chosen": chosen,
        "versions": [(one, WITHDRAWN if one.withdrawn_why else STATES[State(one.state)]) for one in versions],
        "against": against,
        "compared": _compared(against, chosen) if against else [],
        "draft": draft,
        "may_draft": defining.may_draft(actor),
        "may_publish": draft is not None and defining.may_publish(actor),
        "withdrawn": last if last is not None and last.withdrawn_why else None,
        "may_withdraw": last is not None and last.valid_to is None and defining.may_publish(actor),
        "today": clock.today().isoformat(),
    }
    return render(request, "analytics/definition.html", context)


def _chosen(versions: list[IndicatorDefinition], asked: str) -> IndicatorDefinition:
    number = whole_number(asked)
    found = next((one for one in versions if one.version == number), None)
    return found or next((one for one in versions if one.state == State.PUBLISHED), versions[0])


def _compared(before: IndicatorDefinition, after: IndicatorDefinition) -> list[tuple[str, str]]:
    """Lines with "+", "-" or " " before them."""
    one, other = (defining.written(version.content).splitlines() for version in (before, after))
    return [(line[0], line[2:]) for line in difflib.ndiff(one, other) if line[0] in "+- "]


@require_http_methods(["GET", "POST"])
@staff()
def edit(request: HttpRequest, code: str = "") -> HttpResponse:
    """Write the next version, or a new indicator; what is wrong is said with its line, and nothing written is lost."""
    actor = actor_of(request)
    defining.require_drafter(actor)
    held = IndicatorDefinition.objects.filter(code=code).order_by("version").last() if code else None
    if code and held is None:
        raise NotFound(_("没有这个指标：%(code)s") % {"code": code})
    text = defining.written(held.content) if held else STARTER
    why = held.why if held and held.state == State.DRAFT else ""
    faults: list[defining.Fault] = []
    status, said = 200, ""
    if request.method == "POST":
        text, why = request.POST.get("text", ""), request.POST.get("why", "")
        try:
            made = defining.draft(actor=actor, text=text, why=why, code=code)
            return redirect("analytics_definition", code=made.code)
        except InvalidInput as error:
            _row, faults = defining.examine(text, code)
            status, said = 422, error.fields.get("why", "") or ("" if faults else error.message)
    context = {"code": code, "text": text, "why": why, "said": said, **_checked(text, code, faults)}
    return render(request, "analytics/definition_edit.html", context, status=status)


@require_POST
@staff()
def check(request: HttpRequest, code: str = "") -> HttpResponse:
    """Fragment: what a text says and what is wrong with it, while it is written. Keeps nothing."""
    defining.require_drafter(actor_of(request))
    return render(request, "analytics/definition_check.html", _checked(request.POST.get("text", ""), code))


def _checked(text: str, code: str, faults: list[defining.Fault] | None = None) -> dict[str, Any]:
    row, found = defining.examine(text, code)
    readable = row is not None and not any(fault.where and not fault.warning for fault in found)
    return {
        "faults": faults or found,
        "formula": wording.formula(row, values.spoken()) if row and readable else "",
        "rules": list(wording.rules(row)) if row and readable else [],
    }


@require_POST
@staff()
def publish(request: HttpRequest, code: str) -> HttpResponse:
    defining.require_publisher(actor_of(request))
    try:
        day = date.fromisoformat(request.POST.get("valid_from", ""))
    except ValueError:
        raise InvalidInput(_("没有发布：日期看不懂。"), fields={"valid_from": "2026-10-05"}) from None
    defining.publish(actor=actor_of(request), code=code, valid_from=day)
    return redirect("analytics_definition", code=code)


@require_POST
@staff()
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    defining.require_publisher(actor_of(request))
    try:
        day = date.fromisoformat(request.POST.get("valid_to", ""))
    except ValueError:
        raise InvalidInput(_("没有停用：日期看不懂。"), fields={"valid_to": "2026-10-05"}) from None
    defining.withdraw(actor=actor_of(request), code=code, valid_to=day, why=request.POST.get("why", ""))
    return redirect("analytics_definition", code=code)


@require_POST
@staff()
def discard(request: HttpRequest, code: str) -> HttpResponse:
    defining.discard(actor=actor_of(request), code=code)
    held = IndicatorDefinition.objects.filter(code=code).exists()
    return redirect("analytics_definition", code=code) if held else redirect("analytics_definitions")
