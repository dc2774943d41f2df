"""What a report says, as plain data in both languages: every format and every edition is made of this and nothing else.

Figures come from analytics already suppressed (fewer than 10 below the county, and what would give them away), so no
format can print what another hides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.utils import translation
from django.utils.translation import gettext as _

from huying.analytics import definitions, published, snapshots
from huying.analytics import report as reports
from huying.analytics import services as analytics
from huying.analytics.definitions import Direction, Indicator, Unit
from huying.analytics.figures import Figure, contribution
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.report import Child, Line, Report
from huying.analytics.showing import KIND_WORDS
from huying.domains.bulletins import credibility
from huying.domains.bulletins.credibility import Finding
from huying.domains.bulletins.defined import Defined, defined, withdrawn
from huying.domains.bulletins.vocabulary import SectionKind
from huying.domains.territory.vocabulary import LEVEL_WORDS
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import InvalidInput, NotFound, Refused
from huying.kernel.words import Words, listed

if TYPE_CHECKING:
    from huying.analytics.standing import PlaceStanding

VERSION = 2
# Records looked at for how they were timed: the newest, enough for any rule here.
SAMPLE = 5000
LANGUAGES = {"zh": "zh-hans", "en": "en"}


def compose(body: dict[str, Any], division: str, period: Period) -> dict[str, Any]:
    """The report of set `body` (as sections.ReportSetRow) for a place and period, as JSON-able data.

    Raises InvalidInput when the set is of another rhythm or level or the period hasn't begun, NotFound for a place not in the
    tree, Unavailable before any refresh of the figures.
    """
    whole, made, told = _figured(body, division, period)
    lines = {code: line for code in whole["figures"] if (line := made.line(code)) is not None}
    return whole | {
        "withdrawn": withdrawn(whole["set"], period),
        "findings": [
            _finding(one) for one in (*_findings(lines, made, division, period), *filter(None, told.findings))
        ],
        "comments": [],
        "problems": [],
        "followed": [],
    }


def drafted(body: dict[str, Any], division: str, period: Period) -> dict[str, Any]:
    """As `compose`, with all its figures are computed from kept (`inputs`), so that they can be computed once more."""
    with snapshots.recording() as notes:
        whole = compose(body, division, period)
        return whole | {"inputs": dict(snapshots.keep(notes))}


def figured(body: dict[str, Any], division: str, period: Period) -> dict[str, Any]:
    """What of a report comes from the published figures alone: all but findings about records, and what people say."""
    return _figured(body, division, period)[0]


def _figured(body: dict[str, Any], division: str, period: Period) -> tuple[dict[str, Any], Report, Defined]:
    if period.kind.value != body["period"]:
        raise InvalidInput(
            _("“%(set)s”按%(rhythm)s编制，%(period)s不是。")
            % {"set": Words(**body["name"]), "rhythm": KIND_WORDS[PeriodKind(body["period"])], "period": period.key},
            cure=_("换一个期间，或另选一种报表。"),
        )
    system = Actor.system("bulletins")
    said: dict[str, str] = {}
    for short, language in LANGUAGES.items():
        with translation.override(language):
            made = analytics.report(system, division, period)
            said[short] = made.headline
    if period.start > made.state.watermark.date():
        raise InvalidInput(
            _("%(period)s还没有开始，没有可报的数。") % {"period": period.key},
            cure=_("数据截至%(day)s，请选已经开始的期间。") % {"day": made.state.watermark.date()},
        )
    level = made.node.level.column
    if level not in body["levels"]:
        raise InvalidInput(
            _("“%(set)s”不为%(level)s编制。") % {"set": Words(**body["name"]), "level": LEVEL_WORDS[made.node.level]},
            cure=_("它为这些层级编制：%(levels)s。")
            % {"levels": listed(LEVEL_WORDS[Level[one.upper()]] for one in body["levels"])},
        )
    parent = made.node.parent
    with published.opened() as figures:
        peers = reports.build(figures, definitions.shipped(), parent, period).children if parent else ()
        parent_name = reports.build(figures, definitions.shipped(), parent, period).node.name if parent else ""
    codes = dict.fromkeys(code for section in body["sections"] for code in section["indicators"])
    lines = {code: line for code in codes if (line := made.line(code)) is not None}
    told = defined(
        codes,
        division,
        period,
        siblings=[peer.node.code for peer in peers if peer.node.code != division],
        children=[child.node.code for child in made.children],
        below=_asked(body, SectionKind.PLACES),
        trends=_asked(body, SectionKind.TREND),
        over=[p for p, _row in made.trend],
    )
    own = {code: _line(line, made, peers) for code, line in lines.items()} | told.lines
    whole = {
        "version": VERSION,
        "set": {key: body[key] for key in ("code", "name", "redhead", "approval", "sections")},
        "division": {
            "code": made.node.code,
            "name": made.node.name,
            "level": level,
            "parent": parent,
            "above": parent_name,
        },
        "period": {"key": period.key, "kind": period.kind.value, "first": str(period.start), "last": str(period.last)},
        "headline": said,
        "provisional": made.provisional,
        "demo": made.state.demo,
        "records": made.state.records,
        "rulebook_date": str(period.last),
        "tree_date": str(min(period.last, made.state.watermark.date())),
        "watermark": made.state.watermark.isoformat(timespec="seconds"),
        "definitions": definitions.shipped().digest,
        "figures": {code: own[code] for code in codes if code in own},
        "index": _index(body, division, period),
        "moved": list(_moved(lines, made)),
        "trends": {code: _trend(made, code) for code in _asked(body, SectionKind.TREND) if code in lines} | told.trends,
        "places": [
            {
                "name": child.node.name,
                "figures": {
                    code: _figure(child.now[code]) for code in _asked(body, SectionKind.PLACES) if code in child.now
                }
                | told.children.get(child.node.code, {}),
            }
            for child in made.children
        ],
    }
    return whole, made, told


def _asked(body: dict[str, Any], kind: SectionKind) -> list[str]:
    return [code for section in body["sections"] if section["kind"] == kind.value for code in section["indicators"]]


def _index(body: dict[str, Any], division: str, period: Period) -> dict[str, Any] | None:
    """The composite index, where the set has a section for it and the place one."""
    if SectionKind.INDEX.value not in {section["kind"] for section in body["sections"]}:
        return None
    # Index mathematics bring numpy along: only who composes such a section loads it.
    from huying.analytics.standing import standing

    made = standing(division, period)
    if made is None:
        return None

    def place(one: PlaceStanding) -> dict[str, Any]:
        return {
            "name": one.node.name,
            "now": one.now,
            "before": one.before,
            "moved": [
                {"code": share.code, "name": _pair(share.name), "points": share.points, "kind": share.kind}
                for share in one.moved
            ],
        }

    return {
        "code": made.code,
        "name": _pair(made.name),
        "version": made.definition,
        "known": made.known,
        "asked": made.asked,
        "own": place(made.own),
        "parts": [
            {"name": _pair(part.name), "weight": part.weight, "now": part.now, "before": part.before}
            for part in made.parts
        ],
        "places": [place(one) for one in made.below],
    }


def _pair(said: Words) -> dict[str, str]:
    return {"zh": said.zh, "en": said.en}


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "n": figure.n,
        "absent": _pair(figure.why_absent) if figure.why_absent else None,
        "grade": figure.grade.value if figure.grade else "",
    }


def _line(line: Line, made: Report, peers: tuple[Child, ...]) -> dict[str, Any]:
    indicator = line.indicator
    limit = indicator.threshold(made.node.level, made.period.last)
    return {
        "name": _pair(indicator.name),
        "meaning": _pair(indicator.meaning),
        "unit": indicator.unit.value,
        "now": _figure(line.now),
        "before": _figure(line.before),
        "year_before": _figure(line.year_before),
        "change": line.change,
        "year_change": line.year_change,
        "rank": _rank(line.now, made.node.code, peers),
        "limits": {"green": limit.green, "yellow": limit.yellow, "reference": limit.reference} if limit else None,
        "better": indicator.direction.value,
    }


def _rank(own: Figure, code: str, peers: tuple[Child, ...]) -> dict[str, int] | None:
    """The place among its siblings that can be ranked; equal values share the better rank. None where it can't be."""
    indicator = own.indicator
    if not indicator.ranked or indicator.direction is Direction.NONE or indicator.unit is Unit.COUNT:
        return None
    sign = 1 if indicator.direction is Direction.HIGHER else -1
    values = {
        child.node.code: sign * figure.value
        for child in peers
        if (figure := child.now[indicator.code]).value is not None and (figure.n or 0) >= indicator.min_n
    }
    if code not in values or len(values) < 2:
        return None
    return {"place": 1 + sum(value > values[code] for value in values.values()), "of": len(values)}


def _moved(lines: dict[str, Line], made: Report) -> Iterator[dict[str, Any]]:
    """Each share that moved, the worst first, with the two places below that moved it most."""
    found = []
    for code, line in lines.items():
        change = line.change
        if line.indicator.unit is not Unit.SHARE or line.indicator.direction is Direction.NONE or not change:
            continue
        parts: list[dict[str, Any]] = [
            {
                "name": child.node.name,
                "by": part,
                "now": _figure(child.now[code]),
                "before": _figure(child.before[code]),
            }
            for child in made.children
            if (part := contribution(child.now[code], child.before[code], line.now, line.before)) is not None
        ]
        parts.sort(key=lambda row: -abs(row["by"]))
        better = change if line.indicator.direction is Direction.HIGHER else -change
        found.append((better, {"code": code, "change": change, "better": better > 0, "from": parts[:2]}))
    for _better, row in sorted(found, key=lambda pair: pair[0]):
        yield row


def _trend(made: Report, code: str) -> list[dict[str, Any]]:
    years = made.trend_year or tuple({} for _row in made.trend)
    return [
        {
            "period": period.key,
            "value": row[code].value,
            "year_before": year[code].value if code in year else None,
        }
        for (period, row), year in zip(made.trend, years, strict=True)
    ]


def _finding(one: Finding) -> dict[str, Any]:
    return {"rule": one.rule.value, "place": one.place, "indicator": one.indicator, **_pair(one.said)}


def _findings(lines: dict[str, Line], made: Report, division: str, period: Period) -> Iterator[Finding]:
    every = [line for line in made.lines if line.indicator.code in lines]
    own = {line.indicator.code: line.now for line in every}
    # What is usual in the place itself is what was before, period by period; in a part of it, what holds for the whole.
    history = {code: [row[code].value for _period, row in made.trend[:-1]] for code in own}
    before = {code: [value for value in values if value is not None] for code, values in history.items()}
    usual_here = {code: sum(values) / len(values) if values else None for code, values in before.items()}
    places = [(made.node.name, own, usual_here)]
    places += [(child.node.name, child.now, {code: now.value for code, now in own.items()}) for child in made.children]
    asked: list[Finding | None] = []
    told_of_whole: set[str] = set()
    for place, figures, usual in places:
        # What is said of the whole isn't said again of each part.
        asked.extend(_perfect(figures[code], place, usual[code]) for code in own if code not in told_of_whole)
        if usual is usual_here:
            told_of_whole = {one.indicator for one in asked if one}
        if "satisfied" in lines:
            told = figures["satisfied"]
            asked.append(credibility.all_satisfied(told.numerator, told.denominator, place, usual["satisfied"]))
    if not made.provisional:
        asked.extend(_sudden(line.indicator, made) for line in every)
        if (volume := made.line("volume")) is not None:
            code = volume.indicator.code
            asked.append(
                credibility.missing_units(
                    {child.node.name: _count(child.now[code]) for child in made.children},
                    {child.node.name: _count(child.before[code]) for child in made.children},
                )
            )
    timed = list(_timed(division, period))
    asked.append(
        credibility.heaped_before_limit(
            [(due - done) / (due - start) for start, done, due in timed if due > start and done <= due], made.node.name
        )
    )
    asked.append(credibility.digit_preference([done // 60 % 60 for _start, done, _due in timed], made.node.name))
    yield from (one for one in asked if one is not None)


def _perfect(figure: Figure, place: str, usual: float | None) -> Finding | None:
    indicator = figure.indicator
    if indicator.unit is not Unit.SHARE or indicator.direction is Direction.NONE:
        return None
    return credibility.too_perfect(
        indicator.name,
        figure.value,
        figure.n,
        lower=indicator.direction is Direction.LOWER,
        place=place,
        code=indicator.code,
        usual=usual,
    )


def _count(figure: Figure) -> int | None:
    return None if figure.value is None else int(figure.value)


def _sudden(indicator: Indicator, made: Report) -> Finding | None:
    values = [row[indicator.code].value for _period, row in made.trend]
    share = indicator.unit is Unit.SHARE
    return credibility.sudden_change(indicator.name, values[-1], values[:-1], share, made.node.name, indicator.code)


def _timed(division: str, period: Period) -> Iterator[tuple[int, int, int]]:
    """(registered, done, due) in seconds of the newest records closed in the period; none where so few stand behind the figure
    that it is hidden, or the place has no such figure."""
    try:
        behind = analytics.records_behind(Actor.system("bulletins"), "closed_in_time.denominator", division, period.key)
    except (NotFound, Refused):
        return
    table = definitions.shipped().table
    rows = table.rows(None)
    at = {column.name: place for place, column in enumerate(table.columns)}
    newest = rows.filter(pk__in=behind.ids).order_by("-pk")[:SAMPLE]  # type: ignore[union-attr]
    for row in newest:
        start, done, due = (row[at[name]] for name in ("registered_at", "handled_at", "limit_due_at"))
        if start and done and due:
            yield int(start.timestamp()), int(done.timestamp()), int(due.timestamp())


def count(content: dict[str, Any]) -> int:
    """How many figures with a value a report holds."""
    own = [line[key] for line in content["figures"].values() for key in ("now", "before", "year_before")]
    below = [figure for place in content["places"] for figure in place["figures"].values()]
    points = [row for rows in content["trends"].values() for row in rows]
    return sum(row["value"] is not None for row in (*own, *below, *points))
