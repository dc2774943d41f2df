"""The wall's own charts. Those of the report (trend, comparison) come from analytics."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from huying.analytics.definitions import Direction, Unit
from huying.analytics.figures import Figure
from huying.analytics.flows import Flow
from huying.analytics.report import Line, Report

FEWEST_SPOKES = 3
# Red, amber and green are grades; a band has none. The page's own inks, by name.
INKS = {"channel": "--accent", "kind": "--blue"}


def spokes(report: Report) -> list[Line]:
    """The rates that have a better and a worse and are known now: what a radar can lay side by side."""
    return [
        line
        for line in report.lines
        if line.indicator.unit is Unit.SHARE
        and line.indicator.direction is not Direction.NONE
        and line.now.value is not None
    ]


def _outward(figure: Figure) -> float | None:
    """Per cent, better always further out: 8 % overdue stands at 92."""
    if figure.value is None:
        return None
    good = figure.value if figure.indicator.direction is Direction.HIGHER else 1 - figure.value
    return round(good * 100, 1)


def radar_options(lines: list[Line]) -> dict[str, Any] | None:
    """This period and the one before; None where fewer than three rates are known."""
    if len(lines) < FEWEST_SPOKES:
        return None
    before = [_outward(line.before) for line in lines]
    series = [{"name": _("本期"), "value": [_outward(line.now) for line in lines], "areaStyle": {"opacity": 0.15}}]
    if None not in before:
        series.append({"name": _("上期"), "value": before, "lineStyle": {"type": "dashed"}, "symbol": "emptyDiamond"})
    return {
        "legend": {"bottom": 0},
        "tooltip": {"trigger": "item"},
        "radar": {
            "radius": "56%",
            "center": ["50%", "47%"],
            "splitNumber": 4,
            "indicator": [{"name": _spoke(line), "min": 0, "max": 100} for line in lines],
        },
        "series": [{"type": "radar", "symbolSize": 7, "data": series}],
    }


def _spoke(line: Line) -> str:
    name = str(line.indicator.name)
    return _("%(name)s（反向）") % {"name": f"{name}\n"} if line.indicator.direction is Direction.LOWER else name


@dataclass(frozen=True)
class FlowRow:
    source: str
    target: str
    n: int


def flow_rows(flow: Flow, name: Callable[[str, str], str]) -> list[FlowRow]:
    """The shown links, largest first. name: (column, value) → words."""
    links = sorted(flow.links.items(), key=lambda link: (-link[1], link[0]))
    return [FlowRow(name(flow.columns[0], one), name(flow.columns[1], other), n) for (one, other), n in links]


def flow_options(flows: Iterable[Flow], name: Callable[[str, str], str]) -> dict[str, Any] | None:
    """A band a link, from left to right; None where nothing is shown."""
    nodes: dict[str, dict[str, Any]] = {}
    links = []
    for depth, flow in enumerate(flows):
        for (one, other), n in flow.links.items():
            ends = [f"{column}:{value}" for column, value in zip(flow.columns, (one, other), strict=True)]
            for at, (end, column, value) in enumerate(zip(ends, flow.columns, (one, other), strict=True)):
                said = {"formatter": name(column, value), "width": 150, "overflow": "truncate"}
                nodes[end] = {"name": end, "depth": depth + at, "label": said, "ink": INKS.get(column, "--grey")}
            links.append({"source": ends[0], "target": ends[1], "value": n})
    if not links:
        return None
    return {
        "tooltip": {"show": False},
        "series": [
            {
                "type": "sankey",
                "left": 8,
                "right": 160,
                "top": 8,
                "bottom": 8,
                "nodeWidth": 14,
                "nodeGap": 16,
                "draggable": False,
                "emphasis": {"disabled": True},
                "lineStyle": {"color": "source", "opacity": 0.35},
                "data": list(nodes.values()),
                "links": links,
            }
        ],
    }
