"""At which values an indicator turns yellow and red: kept on screen by level and day, tried on the last twelve periods first.

What is drafted here is the draft of the indicator's definition, or of the place's own limits for one that comes with Huying: who
may write it and who puts it in force is said there.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.analytics import definitions, values
from huying.analytics.definitions import Grade
from huying.analytics.definitions.model import GRADE_WORDS
from huying.analytics.indicators.schema import LEVELS, IndicatorRow, Threshold
from huying.analytics.periods import PeriodKind
from huying.analytics.showing import SHAPE_NAMES, TONES, steps
from huying.analytics.values import defining, thresholds
from huying.domains.territory.vocabulary import LEVEL_WORDS
from huying.domains.warnings.services import readings
from huying.kernel import clock
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import HuyingError, InvalidInput, NotFound, Unavailable
from huying.kernel.pages import actor_of, staff
from huying.kernel.words import Words, words

LEVEL_OF = dict(zip(LEVELS, Level, strict=True))
# Written after a number without a space; other units stand above the table.
MARKS = ("%", "‰")
COLOURS = (Grade.GREEN, Grade.YELLOW, Grade.ORANGE, Grade.RED)


class LimitForm(forms.Form):
    """One limit. Which way is better is the definition's to say, and it judges whether the steps agree with it."""

    levels = forms.MultipleChoiceField(label=gettext_lazy("级别"), widget=forms.CheckboxSelectMultiple)
    valid_from = forms.DateField(
        label=gettext_lazy("自哪天起"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    green = forms.FloatField(label=gettext_lazy("绿（正常）"), help_text=gettext_lazy("好到这个数为绿。"))
    yellow = forms.FloatField(label=gettext_lazy("黄（关注）"), help_text=gettext_lazy("不到绿、好到这个数为黄。"))
    orange = forms.FloatField(
        label=gettext_lazy("橙（预警）"),
        required=False,
        help_text=gettext_lazy("用四色时填；不填则不到黄即为红。"),
    )
    reference = forms.CharField(label=gettext_lazy("依据"), max_length=200)
    why = forms.CharField(label=gettext_lazy("为什么改"), max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["levels"].choices = [(name, str(LEVEL_WORDS[level])) for name, level in LEVEL_OF.items()]  # type: ignore[attr-defined]

    def limit(self) -> Threshold:
        said = {name: value for name, value in self.cleaned_data.items() if name != "why"}
        return Threshold.model_validate(said)


@require_GET
@staff()
def listed(request: HttpRequest) -> HttpResponse:
    """Every indicator with a direction: its limits today, by level."""
    today = clock.today()
    drafts = thresholds.drafted()
    restated = readings.Watched.on(definitions.shipped(), today, PeriodKind.MONTH).restated
    rows = []
    for entry in sorted(values.catalogue(today), key=lambda one: one.counted):
        if entry.direction.value == "none":
            continue
        found: dict[tuple[float, float, float | None], list[Words]] = {}
        for level in Level:
            if level <= thresholds.LOWEST and (limit := entry.threshold(level, today)) is not None:
                found.setdefault((limit.green, limit.yellow, limit.orange), []).append(LEVEL_WORDS[level])
        rows.append(
            {
                "entry": entry,
                "limits": [
                    (levels, steps(entry.direction.value, *limits, shown=entry.shown))
                    for limits, levels in found.items()
                ],
                "draft": entry.code in drafts,
                "restated": entry.code in restated,
            }
        )
    return render(request, "warnings/thresholds.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@staff()
def shown(request: HttpRequest, code: str) -> HttpResponse:
    """One indicator's limits, its draft tried on the past, and a form for another."""
    actor, held = actor_of(request), _held(code)
    if request.method == "POST":
        defining.require_drafter(actor)
    form = LimitForm(request.POST if request.method == "POST" else None, initial=_initial(held))
    if request.method == "POST" and form.is_valid():
        try:
            thresholds.draft(actor=actor, code=code, limit=form.limit(), why=form.cleaned_data["why"])
            return redirect("warnings_threshold", code)
        except InvalidInput as error:
            form.add_error(next((name for name in form.fields if name in error.fields), None), error.message)
    return _page(request, code, held, form=form, status=422 if form.is_bound else 200)


@require_POST
@staff()
def publish(request: HttpRequest, code: str) -> HttpResponse:
    """Put the draft in force with the first day of its new limits."""
    actor = actor_of(request)
    defining.require_publisher(actor)
    held = _held(code)
    try:
        thresholds.publish(actor=actor, code=code)
    except InvalidInput as error:
        return _page(request, code, held, error=error, status=422)
    return redirect("warnings_threshold", code)


@require_POST
@staff()
def discard(request: HttpRequest, code: str) -> HttpResponse:
    actor = actor_of(request)
    defining.require_drafter(actor)
    thresholds.discard(actor=actor, code=code)
    return redirect("warnings_threshold", code) if thresholds.held(code).row else redirect("warnings_thresholds")


def _held(code: str) -> thresholds.Held:
    held = thresholds.held(code)
    if held.row is None and held.draft is None:
        raise NotFound(_("没有可以改阈值的指标：%(code)s") % {"code": code[:60]})
    return held


def _initial(held: thresholds.Held) -> dict[str, Any]:
    """As the newest limit says, from the first day of next month."""
    row = held.drafted or held.row
    last = row.thresholds[-1] if row and row.thresholds else None
    begin = (clock.today().replace(day=28) + timedelta(days=4)).replace(day=1)
    if last is None:
        return {"levels": list(LEVELS[: thresholds.LOWEST]), "valid_from": begin}
    bounds = {
        name: f"{bound:g}" for name in ("green", "yellow", "orange") if (bound := getattr(last, name)) is not None
    }
    return {**bounds, "reference": last.reference, "levels": list(last.levels), "valid_from": begin}


def _page(
    request: HttpRequest,
    code: str,
    held: thresholds.Held,
    *,
    form: LimitForm | None = None,
    error: HuyingError | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    row = held.drafted or held.row
    assert row is not None
    may_draft = defining.may_draft(actor)
    fresh = thresholds.new_limits(held.row, held.drafted) if held.drafted else []
    context = {
        "code": code,
        "name": words(row.name.zh, row.name.en),
        "direction": words("越高越好", "higher is better")
        if row.direction == "higher"
        else words("越低越好", "lower is better"),
        "unit": row.unit,
        "limits": [_line(row, one, fresh=False) for one in (held.row.thresholds if held.row else ())],
        "fresh": [_line(row, one, fresh=True) for one in fresh],
        "draft": held.draft,
        "other_changes": _other_changes(held),
        "tried": _tried(actor, held) if fresh else None,
        "versions": held.versions[:20],
        "counted": held.counted,
        "form": form or LimitForm(initial=_initial(held)),
        "may_draft": may_draft and row.direction != "none",
        "may_publish": held.draft is not None and defining.may_publish(actor),
        "error": error,
    }
    return render(request, "warnings/threshold.html", context, status=status)


def _other_changes(held: thresholds.Held) -> bool:
    """Whether the draft changes more than limits: then it is to be read as a whole."""
    if held.row is None or held.drafted is None:
        return held.drafted is not None
    return held.drafted.model_copy(update={"thresholds": held.row.thresholds}) != held.row


def _tried(actor: Actor, held: thresholds.Held) -> dict[str, Any] | None:
    """None before there are figures, and for an indicator that was never in force."""
    if held.row is None or held.drafted is None:
        return None
    try:
        periods, rows = thresholds.tried(actor, held.row, held.drafted)
    except Unavailable:
        return None
    colours = [c for c in COLOURS if c is not Grade.ORANGE or any(r.before[c] + r.after[c] for r in rows)]
    return {
        "first": periods[0].key,
        "last": periods[-1].key,
        "colours": [(GRADE_WORDS[c], TONES[c], SHAPE_NAMES[c]) for c in colours],
        "rows": [
            {
                "level": LEVEL_WORDS[one.level],
                "values": one.values,
                "changed": one.changed,
                "cells": [(one.before[c], one.after[c]) for c in colours],
            }
            for one in rows
        ],
        "changed": sum(one.changed for one in rows),
        "values": sum(one.values for one in rows),
    }


def _line(row: IndicatorRow, limit: Threshold, *, fresh: bool) -> dict[str, Any]:
    mark = row.unit if row.unit in MARKS else ""
    return {
        "levels": [LEVEL_WORDS[LEVEL_OF[name]] for name in limit.levels],
        "valid_from": limit.valid_from,
        "steps": steps(
            row.direction,
            limit.green,
            limit.yellow,
            limit.orange,
            shown=lambda bound: f"{bound:g}{mark}",
        ),
        "reference": limit.reference,
        "state": _standing(limit.valid_from, fresh=fresh),
    }


def _standing(begin: date, *, fresh: bool) -> tuple[Words, str]:
    if fresh:
        return words("草稿", "draft"), "grey"
    return (words("未施行", "to come"), "blue") if begin > clock.today() else (words("已施行", "in force"), "green")
