"""The one indicator a board is about, in its place, its children and over time: of the report's own, or of any that a pack or a
screen defines. The first comes from the report, the second from `huying.analytics.values`, both as the desk shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from huying.analytics import showing, values
from huying.analytics.bench import layout
from huying.analytics.bench.selection import Selection, pick
from huying.analytics.charts import compared_options, map_features, trend_options
from huying.analytics.periods import Period
from huying.analytics.report import Report, change_words, period_words, ranked
from huying.analytics.values import Entry, Value, wording
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput

# As many as can be read from five metres; the table beside them has all.
MOST_BARS = 9


@dataclass(frozen=True)
class Place:
    """A child of the place on the board, as the list, the tiles and the map show it. label: what the map writes on it."""

    code: str
    name: str
    href: str
    shown: showing.Shown
    label: str


@dataclass(frozen=True)
class Chosen:
    """source: where it comes from and up to when. compared: None where no child has a value. key: what the colours below mean."""

    code: str
    name: str
    now: showing.Shown
    change: str
    places: list[Place]
    places_n: str
    compared_title: str
    compared: dict[str, Any] | None
    trend_title: str
    trend: dict[str, Any] | None
    trend_rows: list[tuple[str, showing.Shown]]
    trend_n: str
    source: str
    key: list[showing.Step]

    @property
    def map(self) -> dict[str, Any]:
        """Division → tone, label and the way into it, as analytics/map.js takes it."""
        return {
            place.code: {"tone": place.shown.tone, "label": place.label, "href": place.href} for place in self.places
        }


Way = Callable[[str], str]


def chosen(actor: Actor, report: Report, asked: str, way: Way) -> Chosen:
    """way: division → address of its board. Raises InvalidInput for an indicator that nobody defined."""
    code = showing.chosen_code(report, asked)
    line = report.line(code)
    if line is not None and line.indicator.split is None:
        return _reported(report, code, way)
    entry = next((entry for entry in values.catalogue(report.period.last) if entry.code == code), None)
    if line is not None or entry is None:
        raise InvalidInput(_("没有这个指标：%(code)s") % {"code": code})
    return _defined(actor, report, entry, way)


def _reported(report: Report, code: str, way: Way) -> Chosen:
    line = report.line(code)
    assert line is not None
    drawn = map_features(report, code)
    places = []
    for child in ranked(report, code):
        shown = showing.shown_as(child.now[code], report, node=child.node)
        label = drawn[child.node.code]["label"] if child.node.code in drawn else f"{child.node.name} {shown.why}"
        places.append(Place(child.node.code, child.node.name, way(child.node.code), shown, label))
    return Chosen(
        code=code,
        name=str(line.indicator.name),
        now=showing.shown_as(line.now, report),
        change=change_words(line.indicator.unit, line.change) if line.change is not None else "",
        places=places,
        places_n=f"{sum(child.now[code].n or 0 for child in report.children):,}",
        compared_title=showing.compared_title(report, code),
        compared=compared_options(report, code, MOST_BARS)
        if any(p.shown.figure.value is not None for p in places)
        else None,
        trend_title=showing.trend_title(report, line),
        trend=trend_options(report, code),
        trend_rows=[(period_words(p), showing.shown_as(row[code], report, p)) for p, row in report.trend],
        trend_n=f"{sum(row[code].n or 0 for _period, row in report.trend):,}",
        source=showing.source_words(report),
        key=showing.children_key(report, values.counted(line.indicator)),
    )


def _defined(actor: Actor, report: Report, entry: Entry, way: Way) -> Chosen:
    period, code = report.period, report.node.code
    trend = period.trend()
    over = pick(actor, Selection((entry.code,), code, "own", trend[0].key, period.key))
    below = pick(actor, Selection((entry.code,), code, "children", period.key, period.key))
    rows = [(p, over.values.get((entry.code, code, p.key)) or Value(entry, report.node, p)) for p in trend]
    now = rows[-1][1]
    drawn = layout.map_values(below)
    found = [
        (node, below.values.get((entry.code, node.code, period.key)) or Value(entry, node, period))
        for node in below.places
    ]
    known = [(node, value) for node, value in found if value.value is not None]
    places = [
        Place(node.code, node.name, way(node.code), showing.shown_value(value), drawn[node.code]["label"])
        for node, value in _worst_first(found)
    ]
    return Chosen(
        code=entry.code,
        name=str(entry.name),
        now=showing.shown_value(now),
        change=entry.shown(now.change) if now.change is not None else "",
        places=places,
        places_n=layout.n_of(below),
        compared_title=_("%(name)s：%(n)s个下级区划有数") % {"name": entry.name, "n": len(known)}
        if known
        else _("%(name)s：下级区划本期都还没有数") % {"name": entry.name},
        compared=layout.chart(below, MOST_BARS) if known else None,
        trend_title=_trend_title(report, rows),
        trend=layout.chart(over),
        trend_rows=[(period_words(p), showing.shown_value(value)) for p, value in rows],
        trend_n=layout.n_of(over),
        source=_source(over.values.values(), entry, period),
        key=showing.children_key(report, entry),
    )


def _trend_title(report: Report, rows: list[tuple[Period, Value]]) -> str:
    """This period's value; where there is none, why, and the latest there is."""
    now = rows[-1][1]
    said = {"place": report.node.name, "name": now.entry.name, "now": now.shown}
    if now.value is not None:
        return _("%(place)s%(name)s本期%(now)s") % said
    said["why"] = now.why_absent or _("无数据")
    known = [(period, value) for period, value in rows if value.value is not None]
    if not known:
        return _("%(place)s%(name)s本期%(why)s") % said
    period, value = known[-1]
    return _("%(place)s%(name)s本期%(why)s，最近的%(period)s为%(then)s") % {
        **said,
        "period": period_words(period),
        "then": value.shown,
    }


def _worst_first(found: list[tuple[Any, Value]]) -> list[tuple[Any, Value]]:
    """By colour, then by value the way that is worse; what has no value stands last, unranked where nothing is better."""
    sign = {"higher": 1, "lower": -1}.get(found[0][1].entry.direction.value, 0) if found else 0

    def place(row: tuple[Any, Value]) -> tuple[int, float, str]:
        node, value = row
        grades = values.reading.GRADES
        at = len(grades) - 1 - grades.index(value.grade) if value.grade else len(grades)
        if value.value is None:
            return len(grades) + 1, 0.0, node.code
        return at, sign * value.value, node.code

    return sorted(found, key=place)


def _source(found: Any, entry: Entry, period: Period) -> str:
    fresh = [value.freshness for value in found if value.freshness]
    if not fresh:
        return _("来源：%(owner)s报送，尚无数据") % {"owner": entry.owner or _("部门")}
    named = wording.sources(entry.row, values.marked()) if entry.row else _("诉求办理记录")
    return _("来源：%(sources)s，数据截至%(at)s") % {"sources": named, "at": f"{min(fresh):%Y-%m-%d %H:%M}"}
