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

from huying.analytics import flows, published, services, showing, trees, values
from huying.analytics.asking import asked_period
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.report import Report, period_words
from huying.domains.matters.vocabulary import CHANNEL_WORDS, KIND_WORDS, Channel, Kind
from huying.domains.organizations import queries as organizations
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import InvalidInput, NotFound
from huying.kernel.words import listed
from huying.web.wall.charts import FlowRow, flow_options, flow_rows, radar_options, spokes
from huying.web.wall.chosen import chosen


@dataclass(frozen=True)
class Flowing:
    """One picture of who sends to whom. rows: the same as a table; apart: what no link says, in words."""

    title: str
    options: dict[str, Any] | None
    rows: list[FlowRow]
    n: str
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
        tree, last_day = figures.tree(), figures.state.watermark.date()
    division = asked.division or actor.division
    if not division:
        raise NotFound(_("您的岗位没有所属区划，看不到区划报表。"), cure=_("请换到有区划的岗位。"))
    period = asked_period(asked.period) if asked.period else Period.holding(last_day, PeriodKind.MONTH)
    if period.start > last_day:
        raise InvalidInput(_("期间 %(period)s 还没有数字。") % {"period": period.key})
    report = services.report(actor, trees.full_code(division), period)
    stays = Asked(report.node.code, period.key if asked.period else "", asked.indicator, asked.page)
    picked = chosen(actor, report, asked.indicator, lambda code: stays.href(division=code))
    lines = spokes(report)
    return {
        "report": report,
        "chosen": picked,
        "period_words": period_words(period),
        "trail": _trail(actor, tree, report, stays),
        "picks": [
            (
                one.indicator.name,
                stays.href(indicator=one.indicator.code),
                showing.shown_as(one.now, report),
                one.indicator.code == picked.code,
            )
            for one in report.lines
            if one.indicator.split is None
        ],
        "others": _others(report, picked.code),
        "map_url": f"{reverse('territory_geojson')}?{urlencode({'parent': report.node.code, 'on': report.period.start})}",
        "radar": radar_options(lines),
        "radar_n": f"{sum(one.now.n or 0 for one in lines):,}",
        "radar_rows": [
            (
                one.indicator.name,
                showing.shown_as(one.now, report),
                showing.shown_as(one.before, report, period.previous),
            )
            for one in lines
        ],
        "flow": _flow(actor, report, tree),
        "kinds": [(word, stays.href(period=key), here) for key, word, here in showing.neighbours(report)["kinds"]],
        "source": showing.source_words(report),
        "stays": stays,
        "desk": reverse("analytics_show", args=[report.node.code, period.key]),
    }


def _trail(actor: Actor, tree: trees.Tree, report: Report, stays: Asked) -> list[tuple[str, str]]:
    """The places above, highest first, as far up as the actor may look."""
    day = report.period.last if report.node.on(report.period.last) else report.node.valid_from
    path = tree.path(report.node.code, day)[1:]
    codes = [step.code for step in path]
    within = path[: codes.index(actor.division) + 1] if actor.division in codes else []
    return [(step.name, stays.href(division=step.code)) for step in reversed(within)]


def _others(report: Report, code: str) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """The indicators a pack or a screen defines, by category: code, name, whether it is the one shown."""
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for entry in values.catalogue(report.period.last):
        if not entry.counted:
            found.setdefault(entry.category or _("其他"), []).append((entry.code, str(entry.name), entry.code == code))
    return list(found.items())


def _flow(actor: Actor, report: Report, tree: trees.Tree) -> Flowing | None:
    """Channel → kind → unit in the period's last month; none below the county."""
    if report.node.level > Level.COUNTY:
        return None
    month = flows.month_of(report.period, report.state.watermark.date())
    made = flows.flows(actor, report.node.code, month, ("channel", "kind"), ("kind", "lead_unit_id"))
    name = _namer(tree)
    return Flowing(
        _("诉求从哪里来、交给谁办（%(month)s）") % {"month": period_words(month)},
        flow_options(made, name),
        [row for flow in made for row in flow_rows(flow, name)],
        f"{made[0].n:,}",
        _apart(made),
    )


def _apart(group: list[flows.Flow]) -> str:
    if all(flow.apart == 0 for flow in group):
        return ""
    known = [flow.apart for flow in group if flow.apart]
    if len(known) < len(group):
        return _("少于10件的去向，以及能据以推出它的，不逐一列出。")
    return _("少于10件的去向，以及能据以推出它的，不逐一列出，分别共%(n)s件。") % {"n": listed(known)}


def _namer(tree: trees.Tree) -> Callable[[str, str], str]:
    units = {str(unit.id): unit.short_name or unit.name for unit in organizations.all_units()}
    places = {node.code: node.name for node in tree.nodes}

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
