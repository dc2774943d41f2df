"""Indicators that packs and screens define, on the desk: in the report, the deliveries behind them, what changed afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from huying.analytics import published, services, trees, values
from huying.analytics.asking import asked_period
from huying.analytics.figures import SMALL
from huying.analytics.periods import Period
from huying.analytics.report import period_words
from huying.analytics.showing import SHAPE_NAMES, TONES
from huying.analytics.trees import Node
from huying.analytics.values import Rank, Value, store, wording
from huying.kernel import clock
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import NotFound
from huying.kernel.pages import actor_of, staff

MOST = 200


@dataclass(frozen=True)
class Row:
    """A defined indicator as the report shows it. records, delivery: the pages of what stands behind the value."""

    value: Value
    tone: str
    shape: str
    word: str
    behind: str
    change: str
    year_change: str
    rank: str
    formula: str
    rules: list[str]
    source: str
    records: list[tuple[str, str]]
    delivery: str


def defined_rows(node: Node, period: Period) -> list[tuple[str, list[Row]]]:
    """By category, in the order of the catalogue; none where nothing is defined."""
    entries = [entry for entry in values.catalogue(period.last) if not entry.counted and period.kind in entry.periods]
    entries = [entry for entry in entries if node.level <= entry.level]
    if not entries:
        return []
    read = values.read([entry.code for entry in entries], [node.code], [period])
    found: dict[str, list[Row]] = {}
    spoken = values.spoken()
    for entry in entries:
        value = read.get((entry.code, node.code, period.key))
        if value is not None:
            found.setdefault(entry.category, []).append(_row(value, spoken))
    return list(found.items())


def _row(value: Value, spoken: wording.Spoken) -> Row:
    entry, grade = value.entry, value.grade
    row = entry.row
    assert row is not None
    delivered = any(not source.facts for source in row.sources)
    address = ""
    if delivered and value.value is not None:
        address = reverse("analytics_delivered", args=[value.node.code, value.period.key, entry.code])
    return Row(
        value,
        TONES[grade] if grade else "",
        SHAPE_NAMES[grade] if grade else "",
        str(value.grade_words or ""),
        _behind(value),
        signed(value, value.change),
        signed(value, _difference(value)),
        rank_words(value.among_siblings),
        wording.formula(row, spoken),
        list(wording.rules(row)),
        wording.sources(row, spoken),
        [(wording.measure(name), href) for name, href in values.records_of(entry, value.node, value.period) if href]
        if value.value is not None
        else [],
        address,
    )


def _behind(value: Value) -> str:
    said = []
    if value.denominator is not None and value.numerator is not None:
        said.append(f"{value.numerator:,.10g} / {value.denominator:,.10g}")
    elif value.n is not None:
        said.append(f"n={value.n:,.10g}")
    if value.expected:
        said.append(_("%(reported)s／%(expected)s地已报") % {"reported": value.reported, "expected": value.expected})
    if value.age:
        said.append(_("沿用%(n)s期前") % {"n": value.age})
    if value.score is not None:
        said.append(_("%(score)s分") % {"score": f"{value.score:.1f}"})
    if value.met is not None:
        said.append(_("达到目标") if value.met else _("未达目标"))
    return " · ".join(said)


def _difference(value: Value) -> float | None:
    if value.value is None or value.last_year is None or value.age:
        return None
    return value.value - value.last_year


def signed(value: Value, difference: float | None) -> str:
    """A difference in the unit of the value: points for one in per cent."""
    if difference is None:
        return "—"
    if value.entry.unit == "%":
        return _("%(n)+.1f个百分点") % {"n": round(difference, 1) + 0.0}
    digits = 0 if float(difference).is_integer() else 2
    return f"{round(difference, digits) + 0.0:+,.{digits}f}"


def rank_words(rank: Rank | None) -> str:
    return _("第%(place)s（共%(of)s）") % {"place": rank.place, "of": rank.of} if rank else "—"


@require_GET
@staff()
def delivered(request: HttpRequest, division: str, period: str, code: str) -> HttpResponse:
    """What was delivered for a value: each place at or below its own, with the measures, the sample, and when."""
    asked, place = asked_period(period), trees.full_code(division)
    with published.opened() as figures:
        tree = figures.tree()
        node = services.require_territory(actor_of(request), tree, place, asked)
    entry = next((one for one in values.catalogue(asked.last) if one.code == code and not one.counted), None)
    if entry is None or entry.row is None:
        raise NotFound(_("没有这个指标：%(code)s") % {"code": code})
    names, levels = _below(tree.nodes, node, asked)
    spoken = values.spoken()
    rows = [
        {
            "name": names[row.node],
            "source": spoken.get(f"{kind}:{name}", name),
            "generated": row.generated,
            "values": [
                (wording.measure(key, entry.row, spoken), _shown(levels[row.node], value))
                for key, value in row.values.items()
                if key in entry.row.measures
            ],
            "n": row.n,
            "day": row.day,
            "at": row.at,
        }
        for kind, name, row in values.delivery_of(entry, names, asked)
    ]
    context = {
        "entry": entry,
        "node": node,
        "period": asked,
        "title": _("%(place)s · %(period)s · %(name)s：报送数据")
        % {"place": node.name, "period": period_words(asked), "name": entry.name},
        "rows": rows,
        "formula": wording.formula(entry.row, spoken),
        "source": wording.sources(entry.row, spoken),
    }
    return render(request, "analytics/delivered.html", context)


def _below(nodes: Iterable[Node], node: Node, period: Period) -> tuple[dict[str, str], dict[str, Level]]:
    """The place and all below it on any day of the period: names and levels."""
    children: dict[str, list[Node]] = {}
    for one in nodes:
        if one.valid_from < period.end and one.valid_to > period.start:
            children.setdefault(one.parent, []).append(one)
    names, levels, wanted = {node.code: node.name}, {node.code: node.level}, [node.code]
    while wanted:
        for child in children.get(wanted.pop(), ()):
            if child.code not in names:
                names[child.code], levels[child.code] = child.name, child.level
                wanted.append(child.code)
    return names, levels


def _shown(level: Level, value: float | None) -> str:
    """Fewer than ten below the county are not shown here either."""
    if value is None:
        return "—"
    if level > Level.COUNTY and 0 < abs(value) < SMALL:
        return f"<{SMALL}"
    return f"{value:,.10g}"


@require_GET
@staff()
def later(request: HttpRequest) -> HttpResponse:
    """What changed after its period was over, of the counties and above in the actor's territory."""
    actor = actor_of(request)
    with published.opened() as figures:
        nodes = figures.nodes()
    places = {node.code: node for node in _own(actor, nodes)}
    entries = {entry.code: entry for entry in values.catalogue()}
    asked = request.GET.get("indicator", "")
    with store.opened() as kept:
        found = kept.later(list(places), MOST + 1, asked) if kept and places else []
    spoken = values.spoken() if found else {}
    rows = [
        {
            "name": entries[row.indicator].name,
            "place": places[row.node].name,
            "period": period_words(Period.parse(row.period)),
            "href": reverse("analytics_show", args=[row.node, row.period]),
            "before": entries[row.indicator].shown(row.before),
            "after": entries[row.indicator].shown(row.after),
            "why": why_words(row.why, spoken),
            "records": _records(row),
            "times": row.times,
            "at": row.last_at,
        }
        for row in found[:MOST]
        if row.indicator in entries
    ]
    context = {"rows": rows, "more": len(found) > MOST, "asked": entries.get(asked)}
    return render(request, "analytics/later.html", context)


def _records(row: store.Later) -> str:
    """The page of the records acted upon since the period was over; "" where it wasn't they that changed it."""
    if row.why.partition(":")[0] in ("definition", "dataset", "survey", "tree"):
        return ""
    over = datetime.combine(Period.parse(row.period).end, time(), clock.ZONE)
    asked = {"division": row.node, "period": row.period, "since": over.isoformat()}
    return f"{reverse('matters_touched')}?{urlencode(asked)}"


def _own(actor: Actor, nodes: Iterable[Node]) -> list[Node]:
    """Counties and above at or below the actor's place: below the county a change would tell small numbers by difference."""
    listed = [node for node in nodes if node.level <= Level.COUNTY]
    below: dict[str, list[Node]] = {}
    for node in listed:
        below.setdefault(node.parent, []).append(node)
    found = [node for node in listed if node.code == actor.division]
    for node in found:
        found.extend(child for child in below.get(node.code, ()) if child not in found)
    return found


def why_words(why: str, spoken: wording.Spoken = wording.NOTHING_SPOKEN) -> str:
    """As values.building tells it."""
    kind, _colon, name = why.partition(":")
    said = {"name": spoken.get(why, name)}
    match kind:
        case "definition":
            return _("指标定义改为第%(n)s版") % {"n": name}
        case "dataset":
            return _("部门报送有更正或迟报：%(name)s") % said
        case "survey":
            return _("调查结果有更正或迟报：%(name)s") % said
        case "tree":
            return _("区划变动")
    return _("办理记录有补录或更正")
