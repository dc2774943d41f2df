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

from huying.analytics import published, services, trees, workbook
from huying.analytics.behind import address
from huying.analytics.charts import compared_options, map_features, trend_options
from huying.analytics.definitions import Direction, Grade, Unit
from huying.analytics.definitions.model import GRADE_SHAPES, GRADE_WORDS
from huying.analytics.figures import Figure
from huying.analytics.periods import HOW, Period, PeriodKind
from huying.analytics.report import Child, Line, Report, change_words, formula, period_words, ranked
from huying.kernel import clock
from huying.kernel.errors import InvalidInput, NotFound
from huying.kernel.pages import actor_of, staff
from huying.kernel.pages.tables import TYPES
from huying.kernel.words import listed, words

TONES = {Grade.GREEN: "green", Grade.YELLOW: "amber", Grade.RED: "red"}
SHAPE_NAMES = {Grade.GREEN: "disc", Grade.YELLOW: "triangle", Grade.RED: "square"}
KIND_WORDS = {
    PeriodKind.DAY: words("日", "day"),
    PeriodKind.WEEK: words("周", "week"),
    PeriodKind.MONTH: words("月", "month"),
    PeriodKind.QUARTER: words("季", "quarter"),
    PeriodKind.YEAR: words("年", "year"),
}


@dataclass(frozen=True)
class Shown:
    """A figure as the page writes it: the value, its grade in three ways, and where its records are."""

    figure: Figure
    text: str
    tone: str
    shape: str
    word: str
    why: str
    href: str
    behind: str
    of_href: str


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
    return redirect("analytics_show", division=trees.full_code(division), period=Period.parse(period).key)


@require_GET
@staff()
def show(request: HttpRequest, division: str, period: str) -> HttpResponse:
    report, asked = _asked(request, division, period)
    chosen = _chosen(request, report)
    line = report.line(chosen)
    if line is None:
        raise InvalidInput(_("没有这个指标：%(code)s") % {"code": chosen})
    source = _source(report)
    context = {
        "report": report,
        "title": _("%(place)s · %(period)s报表") % {"place": report.node.name, "period": period_words(asked)},
        # A year's own year before is its period before.
        "yearly": asked.kind is not PeriodKind.YEAR,
        "rows": [_row(one, report) for one in report.lines],
        "codes": [one.indicator for one in report.lines if one.indicator.split is None],
        "children": [_child(child, report) for child in ranked(report, chosen)],
        "chosen": line.indicator,
        "trend_title": _trend_title(report, line),
        "trend": trend_options(report, chosen),
        "trend_rows": [(p, period_words(p), _shown(row[chosen], report, p)) for p, row in report.trend],
        "compared_title": _compared_title(report, chosen),
        "compared": compared_options(report, chosen),
        "map": map_features(report, chosen),
        "map_url": _optional("territory_geojson"),
        "source": source,
        "n": sum(row[chosen].n or 0 for _when, row in report.trend),
        "compared_n": sum(child.now[chosen].n or 0 for child in report.children),
        "periods": _neighbours(report),
        "above": report.node.parent if _may(request, report.node.parent, asked) else "",
        "grades": [(TONES[g], SHAPE_NAMES[g], str(GRADE_WORDS[g]), GRADE_SHAPES[g]) for g in Grade],
        "watermark": report.state.watermark,
    }
    return render(request, "analytics/report.html", context)


@require_GET
@staff()
def download(request: HttpRequest, division: str, period: str) -> HttpResponse:
    report, asked = _asked(request, division, period)
    out = io.BytesIO()
    workbook.book(report).save(out)
    response = HttpResponse(out.getvalue(), content_type=TYPES["xlsx"])
    name = f"{report.node.name}-{asked.key}.xlsx"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


def _asked(request: HttpRequest, division: str, period: str) -> tuple[Report, Period]:
    asked = Period.parse(period)
    if asked.start > clock.today():
        raise InvalidInput(_("期间 %(period)s 还没有开始。") % {"period": asked.key}, cure=HOW)
    return services.report(actor_of(request), trees.full_code(division), asked), asked


def _chosen(request: HttpRequest, report: Report) -> str:
    """The indicator the trend and the map show: the asked one, else the worst coloured, else the first rate."""
    if asked := request.GET.get("indicator"):
        return asked
    order = {Grade.RED: 0, Grade.YELLOW: 1, Grade.GREEN: 2, None: 3}
    rates = [line for line in report.lines if line.indicator.unit is Unit.SHARE] or list(report.lines)
    return min(rates, key=lambda line: order[line.now.grade]).indicator.code


def _shown(figure: Figure, report: Report, period: Period | None = None, node: trees.Node | None = None) -> Shown:
    period, node = period or report.period, node or report.node
    indicator = figure.indicator
    links = ("", "")
    if figure.value is not None:
        top = address(f"{indicator.code}.numerator", node, period)
        links = (top, address(f"{indicator.code}.denominator", node, period) if figure.denominator is not None else "")
    said = f"{figure.numerator:,} / {figure.denominator:,}" if figure.denominator else ""
    if indicator.unit is Unit.DAYS and figure.n:
        said = f"n={figure.n:,}"
    grade = figure.grade
    return Shown(
        figure,
        figure.shown,
        TONES[grade] if grade else "",
        SHAPE_NAMES[grade] if grade else "",
        str(GRADE_WORDS[grade]) if grade else "",
        str(figure.why_absent or ""),
        links[0],
        said,
        links[1],
    )


def _row(line: Line, report: Report) -> Row:
    indicator = line.indicator
    threshold = indicator.threshold(report.node.level, report.period.last)
    limits = ""
    if threshold is not None and indicator.direction is not Direction.NONE:
        sign = "≥" if indicator.direction is Direction.HIGHER else "≤"
        limits = _("绿%(sign)s%(green)s，黄%(sign)s%(yellow)s；依据：%(reference)s") % {
            "sign": sign,
            "green": f"{threshold.green:.0%}",
            "yellow": f"{threshold.yellow:.0%}",
            "reference": threshold.reference,
        }
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
        _shown(line.now, report),
        change_words(indicator.unit, line.change),
        change_words(indicator.unit, line.year_change),
        formula(indicator),
        limits,
        parts,
    )


def _child(child: Child, report: Report) -> dict[str, Any]:
    href = reverse("analytics_show", args=[child.node.code, report.period.key])
    figures = [
        _shown(child.now[line.indicator.code], report, node=child.node)
        for line in report.lines
        if line.indicator.split is None
    ]
    return {"name": child.node.name, "href": href, "figures": figures}


def _trend_title(report: Report, line: Line) -> str:
    said = {"place": report.node.name, "name": line.indicator.name, "now": line.now.shown}
    if line.change is None:
        return _("%(place)s%(name)s本期%(now)s") % said
    return _("%(place)s%(name)s本期%(now)s，比上期%(by)s") % {
        **said,
        "by": change_words(line.indicator.unit, line.change),
    }


def _compared_title(report: Report, code: str) -> str:
    graded = [child for child in report.children if child.now[code].grade is not None]
    poor = [child for child in graded if child.now[code].grade is Grade.RED]
    if not graded:
        return _("下级区划暂无可着色的数字")
    if not poor:
        return _("%(n)s个下级区划都没有亮红") % {"n": len(graded)}
    return _("%(n)s个下级区划中%(red)s个亮红：%(names)s") % {
        "n": len(graded),
        "red": len(poor),
        "names": listed(child.node.name for child in poor[:4]),
    }


def _source(report: Report) -> str:
    return _("来源：诉求办理记录，数据截至%(at)s") % {"at": f"{report.state.watermark:%Y-%m-%d %H:%M}"}


def _neighbours(report: Report) -> dict[str, Any]:
    """The periods one step away, and the one of each kind that holds this one's last known day."""
    day = min(report.period.last, report.state.watermark.date())
    kinds = [
        (Period.holding(day, kind).key, str(KIND_WORDS[kind]), kind is report.period.kind)
        for kind in (PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)
    ]
    later = report.period.next
    return {
        "previous": report.period.previous.key,
        "next": later.key if later.start <= report.state.watermark.date() else "",
        "kinds": kinds,
    }


def _may(request: HttpRequest, division: str, period: Period) -> bool:
    if not division:
        return False
    try:
        with published.opened() as figures:
            services.require_territory(actor_of(request), figures.nodes(), division, period)
    except NotFound:
        return False
    return True


def _optional(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
