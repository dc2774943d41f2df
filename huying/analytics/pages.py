"""The report on the desk: one place, one period. Reads what is published; loads no analytic engine."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from huying.analytics import published, services, trees, values
from huying.analytics.asking import asked_period
from huying.analytics.behind import address
from huying.analytics.charts import compared_options, map_features, trend_options
from huying.analytics.defined_pages import defined_rows
from huying.analytics.definitions import Direction, Grade
from huying.analytics.definitions.model import GRADE_WORDS
from huying.analytics.figures import bound_shown
from huying.analytics.periods import HOW, Period, PeriodKind
from huying.analytics.report import Child, Line, Report, change_words, formula, period_words, ranked
from huying.analytics.showing import (
    SHAPE_NAMES,
    TONES,
    Shown,
    Step,
    children_key,
    chosen_code,
    compared_title,
    may_open,
    neighbours,
    shown_as,
    source_words,
    trend_title,
)
from huying.kernel import clock
from huying.kernel.errors import InvalidInput, NotFound
from huying.kernel.pages import actor_of, staff
from huying.kernel.pages.tables import TYPES


@dataclass(frozen=True)
class Row:
    line: Line
    now: Shown
    change: str
    year_change: str
    formula: str
    limits: str
    parts: list[tuple[str, str, str]]


@require_GET
@staff()
def start(request: HttpRequest) -> HttpResponse:
    """The actor's own place, the month the figures stand in."""
    actor = actor_of(request)
    with published.opened() as figures:
        on = figures.state.watermark.date()
        roots = [node.code for node in figures.nodes() if not node.parent and node.on(on)]
    division = request.GET.get("division") or actor.division or (roots[0] if roots else "")
    if not division:
        raise NotFound(_("您的岗位没有所属区划，看不到区划报表。"), cure=_("请换到有区划的岗位。"))
    period = request.GET.get("period") or Period.holding(on, PeriodKind.MONTH).key
    return redirect("analytics_show", division=trees.full_code(division), period=asked_period(period).key)


@require_GET
@staff()
def show(request: HttpRequest, division: str, period: str) -> HttpResponse:
    report, asked = _asked(request, division, period)
    chosen = chosen_code(report, request.GET.get("indicator", ""))
    line = report.line(chosen)
    if line is None:
        raise InvalidInput(_("没有这个指标：%(code)s") % {"code": chosen})
    source = source_words(report)
    context = {
        "report": report,
        "title": _("%(place)s · %(period)s报表") % {"place": report.node.name, "period": period_words(asked)},
        # A year's own year before is its period before.
        "yearly": asked.kind is not PeriodKind.YEAR,
        "rows": [_row(one, report) for one in report.lines],
        "codes": [one.indicator for one in report.lines if one.indicator.split is None],
        "children": [_child(child, report) for child in ranked(report, chosen)],
        "chosen": line.indicator,
        "trend_title": trend_title(report, line),
        "trend": trend_options(report, chosen),
        "trend_rows": [(p, period_words(p), shown_as(row[chosen], report, p)) for p, row in report.trend],
        "compared_title": compared_title(report, chosen),
        "compared": compared_options(report, chosen),
        "map": map_features(report, chosen),
        "map_url": _optional("territory_geojson"),
        "source": source,
        "n": f"{sum(row[chosen].n or 0 for _when, row in report.trend):,}",
        "compared_n": f"{sum(child.now[chosen].n or 0 for child in report.children):,}",
        "periods": neighbours(report),
        "above": report.node.parent if may_open(actor_of(request), report.node.parent, asked) else "",
        "grades": [Step(TONES[g], SHAPE_NAMES[g], str(GRADE_WORDS[g])) for g in Grade if g is not Grade.ORANGE],
        "key": children_key(report, values.counted(line.indicator)),
        "watermark": report.state.watermark,
        "defined": defined_rows(report.node, asked),
    }
    return render(request, "analytics/report.html", context)


@require_GET
@staff()
def download(request: HttpRequest, division: str, period: str) -> HttpResponse:
    report, asked = _asked(request, division, period)
    out = io.BytesIO()
    from huying.analytics import workbook  # brings openpyxl and numpy along

    workbook.book(report).save(out)
    response = HttpResponse(out.getvalue(), content_type=TYPES["xlsx"])
    name = f"{report.node.name}-{asked.key}.xlsx"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


def _asked(request: HttpRequest, division: str, period: str) -> tuple[Report, Period]:
    asked = asked_period(period)
    if asked.start > clock.today():
        raise InvalidInput(_("期间 %(period)s 还没有开始。") % {"period": asked.key}, cure=HOW)
    return services.report(actor_of(request), trees.full_code(division), asked), asked


def _row(line: Line, report: Report) -> Row:
    indicator = line.indicator
    threshold = indicator.threshold(report.node.level, report.period.last)
    limits = ""
    if threshold is not None and indicator.direction is not Direction.NONE:
        sign = "≥" if indicator.direction is Direction.HIGHER else "≤"
        said = {name: bound_shown(indicator.unit, step) for name, step in threshold.steps.items()} | {"sign": sign}
        orange = _("，橙%(sign)s%(orange)s") % said if "orange" in said else ""
        limits = _("绿%(sign)s%(green)s，黄%(sign)s%(yellow)s%(more)s；依据：%(reference)s") % (
            said | {"more": orange, "reference": threshold.reference}
        )
    parts = [
        (
            str(words),
            "<10" if n is None else f"{n:,}",
            address(f"{indicator.code}.{code}", report.node, report.period) if n and code else "",
        )
        for code, words, n in line.now.parts
    ]
    return Row(
        line,
        shown_as(line.now, report),
        change_words(indicator.unit, line.change),
        change_words(indicator.unit, line.year_change),
        formula(indicator),
        limits,
        parts,
    )


def _child(child: Child, report: Report) -> dict[str, Any]:
    href = reverse("analytics_show", args=[child.node.code, report.period.key])
    figures = [
        shown_as(child.now[line.indicator.code], report, node=child.node)
        for line in report.lines
        if line.indicator.split is None
    ]
    return {"name": child.node.name, "href": href, "figures": figures}


def _optional(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
