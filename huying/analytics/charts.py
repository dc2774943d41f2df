"""What the charts and the map are drawn from: ECharts options and a value a place."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from huying.analytics.definitions import Unit
from huying.analytics.definitions.model import GRADE_SHAPES
from huying.analytics.figures import Figure
from huying.analytics.report import Report, ranked
from huying.analytics.showing import TONES, UNIT_WORDS

# More bars than this can't be read; the table under the chart has all.
MOST = 12


def _number(figure: Figure) -> float | None:
    if figure.value is None:
        return None
    return round(figure.value * 100, 1) if figure.indicator.unit is Unit.SHARE else round(figure.value, 1)


def value_axis(unit: str) -> dict[str, Any]:
    """An axis of values that says its unit: a mark on every number, a word once at its end."""
    if unit in ("%", "‰"):
        return {"type": "value", "axisLabel": {"formatter": f"{{value}}{unit}"}}
    return {"type": "value", "name": unit}


def _labelled(known: list[tuple[int, float]], at: int, said: str) -> dict[str, Any]:
    """The first and the last value of a line stand beside it, where it doesn't run."""
    if at == known[-1][0]:
        return {"show": True, "position": "right", "formatter": said}
    rises = len(known) > 1 and known[1][1] > known[0][1]
    return {"show": at == known[0][0], "position": "bottom" if rises else "top", "align": "left", "formatter": said}


def trend_options(report: Report, code: str) -> dict[str, Any]:
    """A line over the periods, and the same period of the year before where it is known. Gaps stay gaps: unknown isn't zero."""
    line = report.line(code)
    unit = line.indicator.unit if line else Unit.COUNT
    word = "%" if unit is Unit.SHARE else str(UNIT_WORDS[unit])
    values = [_number(row[code]) for _when, row in report.trend]
    known = [(at, value) for at, value in enumerate(values) if value is not None]
    texts = [figures[code].shown for _when, figures in report.trend]
    before = [_number(row[code]) for row in report.trend_year]
    earlier = any(value is not None for value in before)
    return {
        **(
            {
                "legend": {"top": 0, "right": 8},
                "grid": {"left": 8, "right": 56, "top": 40, "bottom": 8, "containLabel": True},
            }
            if earlier
            else {"grid": {"left": 8, "right": 56, "top": 32, "bottom": 8, "containLabel": True}}
        ),
        "xAxis": {"type": "category", "data": [period.key for period, _figures in report.trend]},
        "yAxis": {
            **value_axis(word),
            "scale": unit is Unit.SHARE,
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
                    {"value": value, "label": _labelled(known, at, texts[at])} if value is not None else None
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


def compared_options(report: Report, code: str, most: int = MOST) -> dict[str, Any]:
    """A bar a child, the `most` most in need of care first; each bar says its value, a hidden or unknown one says so instead."""
    line = report.line(code)
    unit = line.indicator.unit if line else Unit.COUNT
    word = "%" if unit is Unit.SHARE else str(UNIT_WORDS[unit])
    children = ranked(report, code)[:most][::-1]
    data = []
    for child in children:
        figure = child.now[code]
        shape = f"{GRADE_SHAPES[figure.grade]} " if figure.grade else ""
        label = f"{shape}{figure.shown}" if figure.value is not None else str(figure.why_absent or "—")
        said = {"show": True, "position": "right", "formatter": label}
        tone = {"tone": TONES[figure.grade]} if figure.grade else {}
        data.append({"value": _number(figure) or 0, "label": said, **tone})
    return {
        "grid": {"left": 8, "right": 120, "top": 8, "bottom": 8, "containLabel": True},
        "xAxis": {
            **value_axis(word),
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
    found = {}
    for child in report.children:
        figure = child.now[code]
        if figure.value is None:
            continue
        shape = f"{GRADE_SHAPES[figure.grade]} " if figure.grade else ""
        found[child.node.code] = {
            "tone": TONES[figure.grade] if figure.grade else "",
            "label": f"{child.node.name} {shape}{figure.shown}",
        }
    return found
