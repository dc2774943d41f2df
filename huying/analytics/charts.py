"""What the charts and the map are drawn from: ECharts options and a value a place."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from huying.analytics.definitions import Grade, Unit
from huying.analytics.definitions.model import GRADE_SHAPES
from huying.analytics.figures import Figure
from huying.analytics.report import Report, ranked

# More bars than this can't be read; the table under the chart has all.
MOST = 12


def _number(figure: Figure) -> float | None:
    if figure.value is None:
        return None
    return round(figure.value * 100, 1) if figure.indicator.unit is Unit.SHARE else round(figure.value, 1)


def trend_options(report: Report, code: str) -> dict[str, Any]:
    """A line over the periods, and the same period of the year before where it is known. Gaps stay gaps: unknown isn't zero."""
    line = report.line(code)
    unit = line.indicator.unit if line else Unit.COUNT
    suffix = {Unit.SHARE: "%", Unit.DAYS: "", Unit.COUNT: ""}[unit]
    values = [_number(row[code]) for _when, row in report.trend]
    last = len(values) - 1
    before = [_number(row[code]) for row in report.trend_year]
    earlier = any(value is not None for value in before)
    return {
        **(
            {
                "legend": {"top": 0, "right": 8},
                "grid": {"left": 8, "right": 72, "top": 36, "bottom": 8, "containLabel": True},
            }
            if earlier
            else {}
        ),
        "xAxis": {"type": "category", "data": [period.key for period, _figures in report.trend]},
        "yAxis": {
            "type": "value",
            "scale": unit is Unit.SHARE,
            "axisLabel": {"formatter": "{value}" + suffix},
            "splitNumber": 4,
            **({"max": 100} if unit is Unit.SHARE else {"min": 0}),
        },
        "series": [
            {
                "type": "line",
                "name": _("本期"),
                "connectNulls": False,
                "symbolSize": 7,
                "data": [
                    {
                        "value": value,
                        "label": {"show": at in (0, last) and value is not None, "formatter": "{c}" + suffix},
                    }
                    if value is not None
                    else None
                    for at, value in enumerate(values)
                ],
            },
            *(
                [
                    {
                        "type": "line",
                        "name": _("上年同期"),
                        "connectNulls": False,
                        "symbol": "emptyDiamond",
                        "symbolSize": 6,
                        "lineStyle": {"type": "dashed", "width": 1.5},
                        "data": before,
                    }
                ]
                if earlier
                else []
            ),
        ],
    }


def compared_options(report: Report, code: str) -> dict[str, Any]:
    """A bar a child, the dozen most in need of care first; each bar says its value, a hidden or unknown one says so instead."""
    line = report.line(code)
    unit = line.indicator.unit if line else Unit.COUNT
    suffix = "%" if unit is Unit.SHARE else ""
    children = ranked(report, code)[:MOST][::-1]
    data = []
    for child in children:
        figure = child.now[code]
        shape = f"{GRADE_SHAPES[figure.grade]} " if figure.grade else ""
        label = f"{shape}{figure.shown}" if figure.value is not None else str(figure.why_absent or "—")
        data.append({"value": _number(figure) or 0, "label": {"show": True, "position": "right", "formatter": label}})
    return {
        "grid": {"left": 8, "right": 120, "top": 8, "bottom": 8, "containLabel": True},
        "xAxis": {
            "type": "value",
            "axisLabel": {"formatter": "{value}" + suffix},
            "splitNumber": 3,
            **({"max": 100, "interval": 25} if unit is Unit.SHARE else {}),
        },
        "yAxis": {
            "type": "category",
            "data": [child.node.name for child in children],
            "axisTick": {"show": False},
            "axisLabel": {"interval": 0},
        },
        "series": [{"type": "bar", "barMaxWidth": 16, "data": data}],
    }


def map_features(report: Report, code: str) -> dict[str, Any]:
    """Division code → what its area shows: tone ("" for no colour), label. An absent code is hatched as "no data"."""
    tones = {Grade.GREEN: "green", Grade.YELLOW: "amber", Grade.ORANGE: "orange", Grade.RED: "red"}
    found = {}
    for child in report.children:
        figure = child.now[code]
        if figure.value is None:
            continue
        shape = f"{GRADE_SHAPES[figure.grade]} " if figure.grade else ""
        found[child.node.code] = {
            "tone": tones[figure.grade] if figure.grade else "",
            "label": f"{child.node.name} {shape}{figure.shown}",
        }
    return found
