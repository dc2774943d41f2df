"""What the wall and the leader's phone show of one place, one indicator and one period: the desk's report, drawn large.

Everything here is the report's own (huying.analytics): no figure is reckoned a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from huying.analytics import flows, published, services, showing, trees
from huying.analytics.charts import compared_options, map_features, trend_options
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.report import Report, change_words, period_words, ranked
from huying.domains.matters.vocabulary import CHANNEL_WORDS, KIND_WORDS, Channel, Kind
from huying.domains.organizations import queries as organizations
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import InvalidInput, NotFound
from huying.web.wall.charts import FlowRow, flow_options, flow_rows, radar_options, spokes


@dataclass(frozen=True)
class Place:
    """A child of the place on the board, as the list, the tiles and the map show it."""

    code: str
    name: str
    href: str
    shown: showing.Shown


@dataclass(frozen=True)
class Flowing:
    """One picture of who sends to whom. rows: the same as a table; apart: what no link says, in words."""

    title: str
    options: dict[str, Any] | None
    rows: list[FlowRow]
    n: int
    note: str


@dataclass(frozen=True)
class Asked:
    division: str
    period: str
    indicator: str
    page: str

    def href(self, **changes: str) -> str:
        said = {"division": self.division, "period": self.period, "indicator": self.indicator} | changes
        return f"{reverse(self.page)}?{urlencode({k: v for k, v in said.items() if v})}"


def board(actor: Actor, asked: Asked) -> dict[str, Any]:
    """The context of the page. Raises NotFound outside the actor's territory, InvalidInput for an unknown indicator or period,
    Unavailable before the first refresh."""
    with published.opened() as figures:
        nodes, last_day = figures.nodes(), figures.state.watermark.date()
    division = asked.division or actor.division
    if not division:
        raise NotFound(_("您的岗位没有所属区划，看不到区划报表。"), cure=_("请换到有区划的岗位。"))
    period = Period.parse(asked.period) if asked.period else Period.holding(last_day, PeriodKind.MONTH)
    if period.start > last_day:
        raise InvalidInput(_("期间 %(period)s 还没有数字。") % {"period": period.key})
    report = services.report(actor, trees.full_code(division), period)
    code = showing.chosen_code(report, asked.indicator)
    line = report.line(code)
    if line is None or line.indicator.split is not None:
        raise InvalidInput(_("没有这个指标：%(code)s") % {"code": code})
    stays = Asked(report.node.code, period.key if asked.period else "", asked.indicator, asked.page)
    places = [
        Place(
            child.node.code,
            child.node.name,
            stays.href(division=child.node.code),
            showing.shown_as(child.now[code], report, node=child.node),
        )
        for child in ranked(report, code)
    ]
    lines = spokes(report)
    return {
        "report": report,
        "line": line,
        "now": showing.shown_as(line.now, report),
        "change": change_words(line.indicator.unit, line.change) if line.change is not None else "",
        "period_words": period_words(period),
        "trail": _trail(actor, nodes, report, stays),
        "picks": [
            (
                one.indicator.name,
                stays.href(indicator=one.indicator.code),
                showing.shown_as(one.now, report),
                one.indicator.code == code,
            )
            for one in report.lines
            if one.indicator.split is None
        ],
        "places": places,
        "compared_title": showing.compared_title(report, code),
        "compared": compared_options(report, code) if any(p.shown.figure.value is not None for p in places) else None,
        "map": _map(report, code, places),
        "map_url": f"{reverse('territory_geojson')}?{urlencode({'parent': report.node.code, 'on': report.period.start})}",
        "trend_title": showing.trend_title(report, line),
        "trend": trend_options(report, code),
        "trend_rows": [(period_words(p), showing.shown_as(row[code], report, p)) for p, row in report.trend],
        "trend_n": sum(row[code].n or 0 for _period, row in report.trend),
        "places_n": sum(child.now[code].n or 0 for child in report.children),
        "radar": radar_options(lines),
        "radar_n": sum(one.now.n or 0 for one in lines),
        "radar_rows": [
            (
                one.indicator.name,
                showing.shown_as(one.now, report),
                showing.shown_as(one.before, report, period.previous),
            )
            for one in lines
        ],
        "flow": _flow(actor, report, nodes),
        "kinds": [(word, stays.href(period=key), here) for key, word, here in showing.neighbours(report)["kinds"]],
        "source": showing.source_words(report),
        "stays": stays,
        "desk": reverse("analytics_show", args=[report.node.code, period.key]),
    }


def _trail(actor: Actor, nodes: list[trees.Node], report: Report, stays: Asked) -> list[tuple[str, str]]:
    """The places above, highest first, as far up as the actor may look."""
    day = report.period.last if report.node.on(report.period.last) else report.node.valid_from
    path = trees.Tree(nodes).path(report.node.code, day)[1:]
    codes = [step.code for step in path]
    within = path[: codes.index(actor.division) + 1] if actor.division in codes else []
    return [(step.name, stays.href(division=step.code)) for step in reversed(within)]


def _map(report: Report, code: str, places: list[Place]) -> dict[str, Any]:
    """As the report's map, and every place with the way into it; one without a figure says why."""
    found = map_features(report, code)
    return {
        place.code: found.get(place.code, {"tone": "", "label": f"{place.name} {place.shown.why}"})
        | {"href": place.href}
        for place in places
    }


def _flow(actor: Actor, report: Report, nodes: list[trees.Node]) -> Flowing | None:
    """Channel → kind → unit in the period's last month; none below the county."""
    if report.node.level > Level.COUNTY:
        return None
    month = flows.month_of(report.period, report.state.watermark.date())
    made = flows.flows(actor, report.node.code, month, ("channel", "kind"), ("kind", "lead_unit_id"))
    name = _namer(nodes)
    return Flowing(
        _("诉求从哪里来、交给谁办（%(month)s）") % {"month": period_words(month)},
        flow_options(made, name),
        [row for flow in made for row in flow_rows(flow, name)],
        made[0].n,
        _apart(made),
    )


def _apart(group: list[flows.Flow]) -> str:
    if all(flow.apart == 0 for flow in group):
        return ""
    known = [flow.apart for flow in group if flow.apart]
    if len(known) < len(group):
        return _("少于10件的去向，以及能据以推出它的，不逐一列出。")
    return _("少于10件的去向，以及能据以推出它的，不逐一列出，分别共%(n)s件。") % {"n": "、".join(map(str, known))}


def _namer(nodes: list[trees.Node]) -> Callable[[str, str], str]:
    units = {str(unit.id): unit.short_name or unit.name for unit in organizations.all_units()}
    places = {node.code: node.name for node in nodes}

    def name(column: str, value: str) -> str:
        if value == flows.OTHER:
            return _("其他")
        if not value:
            return _("未派单") if column == "lead_unit_id" else _("未定")
        match column:
            case "channel":
                return str(CHANNEL_WORDS[Channel(value)]) if value in set(Channel) else value
            case "kind":
                return str(KIND_WORDS[Kind(value)]) if value in set(Kind) else value
            case "lead_unit_id":
                return units.get(value, value)
        return places.get(value, value)

    return name
