"""How figures are written wherever they are shown: text, colour by tone, shape and word, the way to the records, the source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from huying.analytics import published, services, trees
from huying.analytics.behind import address
from huying.analytics.definitions import Direction, Grade, Unit
from huying.analytics.definitions.model import GRADE_WORDS
from huying.analytics.figures import Figure
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.report import Line, Report, change_words
from huying.analytics.values import Entry, Value, records_of
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import NotFound
from huying.kernel.words import listed, words

TONES = {Grade.GREEN: "green", Grade.YELLOW: "amber", Grade.ORANGE: "orange", Grade.RED: "red"}
SHAPE_NAMES = {Grade.GREEN: "disc", Grade.YELLOW: "triangle", Grade.ORANGE: "diamond", Grade.RED: "square"}
UNIT_WORDS = {Unit.COUNT: words("件", "matters"), Unit.DAYS: words("天", "days"), Unit.SHARE: words("", "")}
# Written within the value already.
MARKS = ("%", "‰")
KIND_WORDS = {
    PeriodKind.DAY: words("日", "day"),
    PeriodKind.WEEK: words("周", "week"),
    PeriodKind.MONTH: words("月", "month"),
    PeriodKind.QUARTER: words("季", "quarter"),
    PeriodKind.YEAR: words("年", "year"),
}


@dataclass(frozen=True)
class Shown:
    """A figure as the page writes it: the value, its unit where the text doesn't say it, its grade in three ways, and where its
    records are."""

    figure: Figure | Value
    text: str
    tone: str
    shape: str
    word: str
    why: str
    href: str
    behind: str
    of_href: str
    unit: str


@dataclass(frozen=True)
class Step:
    """A colour and the bound it begins at, as "≥95.0%"; no bound where only the colours are explained."""

    tone: str
    shape: str
    word: str
    bound: str = ""


def steps(
    direction: str, green: float, yellow: float, orange: float | None, *, shown: Callable[[float], str]
) -> list[Step]:
    """Each colour with its bound; red is what is left."""
    sign, less = ("≥", "＜") if direction == "higher" else ("≤", "＞")
    bounds = [(Grade.GREEN, sign, green), (Grade.YELLOW, sign, yellow)]
    bounds += [(Grade.ORANGE, sign, orange)] if orange is not None else []
    bounds.append((Grade.RED, less, bounds[-1][2]))
    return [Step(TONES[c], SHAPE_NAMES[c], str(GRADE_WORDS[c]), f"{mark}{shown(bound)}") for c, mark, bound in bounds]


def key(entry: Entry, level: Level, on: date) -> list[Step]:
    """What the colours of an indicator mean for places of that level on that day; none where it isn't coloured."""
    limit = entry.threshold(level, on) if entry.direction is not Direction.NONE else None
    if limit is None:
        return []
    return steps(entry.direction.value, limit.green, limit.yellow, limit.orange, shown=entry.shown)


def children_key(report: Report, entry: Entry) -> list[Step]:
    """The same for the places right below the report's."""
    level = report.children[0].node.level if report.children else report.node.level
    return key(entry, level, report.period.last)


def unit_of(entry: Entry) -> str:
    """The unit, unless the value is written with it."""
    if entry.fixed is not None:
        return str(UNIT_WORDS[entry.fixed.unit])
    return "" if entry.unit in MARKS else entry.unit


def shown_value(value: Value) -> Shown:
    """As `shown_as`, of any indicator's value."""
    known, grade = value.value is not None, value.grade
    hrefs = dict(records_of(value.entry, value.node, value.period)) if known else {}
    top, below = hrefs.get("numerator", ""), hrefs.get("denominator", "")
    said = f"n={value.n:,.0f}" if known and value.n else ""
    return Shown(
        value,
        value.shown,
        TONES[grade] if grade else "",
        SHAPE_NAMES[grade] if grade else "",
        str(value.grade_words or ""),
        str(value.why_absent or ""),
        top or next(iter(hrefs.values()), ""),
        said,
        below,
        unit_of(value.entry) if known else "",
    )


def chosen_code(report: Report, asked: str = "") -> str:
    """The indicator a trend and a map show: the asked one, else the worst coloured, else the first rate."""
    if asked:
        return asked
    order = {Grade.RED: 0, Grade.ORANGE: 1, Grade.YELLOW: 2, Grade.GREEN: 3, None: 4}
    rates = [line for line in report.lines if line.indicator.unit is Unit.SHARE] or list(report.lines)
    return min(rates, key=lambda line: order[line.now.grade]).indicator.code


def shown_as(figure: Figure, report: Report, period: Period | None = None, node: trees.Node | None = None) -> Shown:
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
        str(UNIT_WORDS[indicator.unit]) if figure.value is not None else "",
    )


def trend_title(report: Report, line: Line) -> str:
    said = {"place": report.node.name, "name": line.indicator.name, "now": line.now.shown}
    if line.change is None:
        return _("%(place)s%(name)s本期%(now)s") % said
    return _("%(place)s%(name)s本期%(now)s，比上期%(by)s") % {
        **said,
        "by": change_words(line.indicator.unit, line.change),
    }


def compared_title(report: Report, code: str) -> str:
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


def source_words(report: Report) -> str:
    return _("来源：诉求办理记录，数据截至%(at)s") % {"at": f"{report.state.watermark:%Y-%m-%d %H:%M}"}


def neighbours(report: Report) -> dict[str, Any]:
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


def may_open(actor: Actor, division: str, period: Period) -> bool:
    if not division:
        return False
    try:
        with published.opened() as figures:
            services.require_territory(actor, figures.tree(), division, period)
    except NotFound:
        return False
    return True
