"""The report of one place and period: figures, children, trend, and a first sentence that says what changed, where and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from huying.analytics import trees
from huying.analytics.definitions import Definitions, Direction, Grade, Indicator, Unit
from huying.analytics.figures import (
    Absent,
    Figure,
    change,
    contribution,
    figure,
    known,
    shown,
)
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.published import Cell, Median, Published, State
from huying.analytics.suppression import Suppression, part_series, rest, series
from huying.analytics.trees import Node
from huying.kernel.actors import Level


@dataclass(frozen=True)
class Line:
    """One indicator of the report's own place: now, the period before, the same period last year."""

    now: Figure
    before: Figure
    year_before: Figure
    # Whether this period and the earlier one are known over their whole length: else two counts can't be compared.
    whole: bool = True
    whole_year: bool = True

    @property
    def indicator(self) -> Indicator:
        return self.now.indicator

    @property
    def change(self) -> float | None:
        return self._compared(self.before, self.whole)

    @property
    def year_change(self) -> float | None:
        return self._compared(self.year_before, self.whole_year)

    def _compared(self, then: Figure, whole: bool) -> float | None:
        return None if self.indicator.unit is Unit.COUNT and not whole else change(self.now, then)


@dataclass(frozen=True)
class Child:
    node: Node
    now: dict[str, Figure]
    before: dict[str, Figure]


@dataclass(frozen=True)
class Report:
    """node: the place as on the period's last day. provisional: the period isn't over, or the figures end before it does."""

    node: Node
    period: Period
    state: State
    lines: tuple[Line, ...]
    children: tuple[Child, ...]
    trend: tuple[tuple[Period, dict[str, Figure]], ...]
    headline: str
    provisional: bool
    notes: tuple[str, ...]
    # The same periods of the trend a year earlier; all absent where that year has none.
    trend_year: tuple[dict[str, Figure], ...] = ()

    @property
    def figures(self) -> int:
        """How many figures with a value it holds."""
        own = sum(f.value is not None for line in self.lines for f in (line.now, line.before, line.year_before))
        below = sum(f.value is not None for child in self.children for f in child.now.values())
        return own + below + sum(f.value is not None for _period, row in self.trend for f in row.values())

    def line(self, code: str) -> Line | None:
        return next((line for line in self.lines if line.indicator.code == code), None)


class _Cells:
    """The cells and medians a report needs, read in two queries."""

    def __init__(
        self,
        published: Published,
        definitions: Definitions,
        nodes: list[str],
        periods: list[Period],
        suppression: Suppression,
    ) -> None:
        keys = list(dict.fromkeys(period.key for period in held(published, periods)))
        self.state, self.suppression = published.state, suppression
        self.cells: dict[tuple[str, str], Cell] = published.cells(nodes, keys, definitions.measures)
        self.medians: dict[tuple[str, str, str], Median] = published.medians(nodes, keys) if definitions.medians else {}
        self.rows = [(row, series(row), part_series(row)) for row in definitions.indicators]

    def figures(self, node: Node, period: Period | None) -> dict[str, Figure]:
        absent = Absent.BEFORE if period is None else known(self.state, period, node.level)
        if period is None or absent is not None:
            return {row.code: Figure(row, None, None, None, None, absent) for row, _own, _parts in self.rows}
        code, key, hides = node.code, period.key, self.suppression.hides
        cell = self.cells.get((code, key))
        return {
            row.code: figure(
                row,
                cell,
                self.medians.get((code, key, row.code)),
                level=node.level,
                period=period,
                conceal=hides(own, node, period),
                conceal_parts=hides(parts, node, period),
            )
            for row, own, parts in self.rows
        }


def held(published: Published, periods: Sequence[Period]) -> list[Period]:
    """Those of which the published figures hold anything: after the first record, and begun."""
    return [period for period in periods if known(published.state, period, Level.TOWNSHIP) is None]


def figures_of(
    published: Published, definitions: Definitions, nodes: list[Node], periods: list[Period]
) -> dict[tuple[str, str], dict[str, Figure]]:
    """(place, period) → indicator → figure, of many places at once, hidden where the report hides it."""
    suppression = suppression_of(published, definitions, held(published, periods))
    cells = _Cells(published, definitions, [node.code for node in nodes], periods, suppression)
    return {(node.code, period.key): cells.figures(node, period) for node in nodes for period in periods}


def suppression_of(published: Published, definitions: Definitions, periods: list[Period]) -> Suppression:
    """What is hidden of the published figures in these periods."""
    split = {
        row.code: [f"{row.code}__{v}" for v, _w in row.split.values] for row in definitions.indicators if row.split
    }
    names = {row.code: rest(row) for row in definitions.indicators}

    def counts(codes: Sequence[str], keys: Sequence[str]) -> dict[tuple[str, str], dict[str, int]]:
        cells = published.cells(codes, keys, definitions.measures)
        if not split and not definitions.medians:
            return cells
        found = {key: dict(cell) for key, cell in cells.items()}
        for cell in found.values():
            for code, parts in split.items():
                cell[names[code]] = cell.get(f"{code}__n", 0) - sum(cell.get(part, 0) for part in parts)
        for (code, key, indicator), median in published.medians(codes, keys).items():
            found.setdefault((code, key), {})[indicator] = median.n
        return found

    return Suppression(published.tree(), counts, published.state.recent_from, periods)


def conceals(published: Published, definitions: Definitions, code: str, node: Node, period: Period) -> bool:
    """Whether the figure "by_kind.help" or "closed_in_time.numerator" of that place and period is hidden."""
    name, _dot, part = code.partition(".")
    indicator = definitions.indicator(name)
    if indicator is None:
        return False
    suppression = suppression_of(published, definitions, [period])
    parts = () if part in ("numerator", "denominator") else part_series(indicator)
    return suppression.hides(series(indicator), node, period) or suppression.hides(parts, node, period)


def build(published: Published, definitions: Definitions, division: str, period: Period) -> Report:
    """division: full code. Raises NotFound for a place that was never in the tree."""
    tree = published.tree()
    on = min(period.last, published.state.watermark.date())
    node = trees.named(tree, division, on)
    children = sorted(
        # Whoever was a child on any day of the period has its row: a township merged in July keeps its half year.
        {
            n.code: n for n in tree.under.get(division, ()) if n.valid_from < period.end and n.valid_to > period.start
        }.values(),
        key=lambda n: n.code,
    )
    last_year, trend = period.year_before, period.trend()
    years = [p.year_before for p in trend]
    asked = [*trend, period.previous, last_year, *years]
    periods = [p for p in asked if p]
    suppression = suppression_of(published, definitions, held(published, periods))
    wide = _Cells(published, definitions, [node.code], periods, suppression)
    deep = _Cells(published, definitions, [c.code for c in children], [period, period.previous], suppression)
    now, before, year = wide.figures(node, period), wide.figures(node, period.previous), wide.figures(node, last_year)
    provisional = period.last >= published.state.watermark.date()
    first_day = published.state.first_day

    def whole(then: Period | None) -> bool:
        return not provisional and then is not None and first_day is not None and first_day <= then.start

    lines = tuple(
        Line(now[i.code], before[i.code], year[i.code], whole(period.previous), whole(last_year))
        for i in definitions.indicators
    )
    rows_now, rows_before = ([deep.figures(child, p) for child in children] for p in (period, period.previous))
    found = tuple(Child(*row) for row in zip(children, rows_now, rows_before, strict=True))
    return Report(
        node=node,
        period=period,
        state=published.state,
        lines=lines,
        children=found,
        trend=tuple((p, wide.figures(node, p)) for p in trend),
        headline=_headline(node, period, lines, found, provisional),
        provisional=provisional,
        notes=tuple(_notes(node, published.state, period, lines)),
        trend_year=tuple(wide.figures(node, p) for p in years),
    )


def period_words(period: Period) -> str:
    from huying.analytics.periods import PeriodKind

    year = period.start.isocalendar()[0] if period.kind is PeriodKind.WEEK else period.start.year
    match period.kind:
        case PeriodKind.YEAR:
            return _("%(year)s年") % {"year": year}
        case PeriodKind.QUARTER:
            return _("%(year)s年第%(n)s季度") % {"year": year, "n": period.key[-1]}
        case PeriodKind.MONTH:
            return _("%(year)s年%(n)s月") % {"year": year, "n": period.start.month}
        case PeriodKind.WEEK:
            return _("%(year)s年第%(n)s周") % {"year": year, "n": int(period.key[-2:])}
        case PeriodKind.DAY:
            return _("%(year)s年%(month)s月%(day)s日") % {
                "year": year,
                "month": period.start.month,
                "day": period.start.day,
            }


def change_words(unit: Unit, difference: float | None) -> str:
    """`+1.2` with its unit: points for a share."""
    if difference is None:
        return "—"
    # `+ 0.0` after rounding turns the negative zero into the plain one.
    match unit:
        case Unit.SHARE:
            return _("%(n)+.1f个百分点") % {"n": round(difference * 100, 1) + 0.0}
        case Unit.DAYS:
            return _("%(n)+.1f天") % {"n": round(difference, 1) + 0.0}
        case Unit.COUNT:
            return f"{int(difference):+,}"


def _headline(
    node: Node, period: Period, lines: tuple[Line, ...], children: tuple[Child, ...], provisional: bool
) -> str:
    """What changed most for the worse (else for the better), where it comes from, and the counts behind it."""
    said = {"place": node.name, "period": period_words(period)}
    moved = [
        (line.change if line.indicator.direction is Direction.HIGHER else -line.change, line)
        for line in lines
        if line.indicator.unit is Unit.SHARE
        and line.indicator.direction is not Direction.NONE
        and line.change is not None
    ]
    if not moved:
        return _no_change(said, lines)
    worst, best = min(moved, key=lambda row: row[0]), max(moved, key=lambda row: row[0])
    better = worst[0] > -0.0005
    gain, line = best if better else worst
    said |= {
        "indicator": str(line.indicator.name),
        "value": line.now.shown,
        "by": f"{abs(line.change or 0) * 100:.1f}",
    }
    if abs(gain) < 0.0005:
        first = _("%(period)s，%(place)s各项指标与上期持平。") % said
    elif (line.change or 0) > 0:
        first = _("%(period)s，%(place)s%(indicator)s为%(value)s，比上期升%(by)s个百分点。") % said
    else:
        first = _("%(period)s，%(place)s%(indicator)s为%(value)s，比上期降%(by)s个百分点。") % said
    return first + _where(line, children, better) + (_(" 本期未结束，数字随时更新。") if provisional else "")


def _where(line: Line, children: tuple[Child, ...], better: bool) -> str:
    code, sign = line.indicator.code, 1 if line.indicator.direction is Direction.HIGHER else -1
    shares = [
        (part * sign, child)
        for child in children
        if (part := contribution(child.now[code], child.before[code], line.now, line.before)) is not None
    ]
    shares = [(part, child) for part, child in shares if (part > 0.0005 if better else part < -0.0005)]
    if not shares:
        return ""
    part, child = max(shares, key=lambda row: abs(row[0]))
    now = child.now[code]
    said = {
        "place": child.node.name,
        "by": f"{part * sign * 100:+.1f}",
        "n": now.numerator,
        "d": now.denominator,
        "value": now.shown,
        "before": child.before[code].shown,
    }
    return _("主要来自%(place)s（影响%(by)s个百分点）：本期%(n)s／%(d)s，即%(value)s，上期%(before)s。") % said


def _no_change(said: dict[str, str], lines: tuple[Line, ...]) -> str:
    volume = next((line.now for line in lines if line.indicator.code == "volume"), None)
    if volume is None or volume.value is None:
        why = str(volume.why_absent) if volume is not None and volume.why_absent else ""
        return _("%(period)s，%(place)s没有可显示的数字：%(why)s。") % {**said, "why": why or _("无数据")}
    return _("%(period)s，%(place)s登记诉求%(n)s件；上期无可比数字，暂看不出变化。") % {**said, "n": volume.shown}


def _notes(node: Node, state: State, period: Period, lines: tuple[Line, ...]) -> list[str]:
    found = []
    if state.demo:
        found.append(_("含演示数据：部分或全部记录是生成的，不是真实诉求。"))
    if period.kind is PeriodKind.DAY:
        found.append(_("单日的数是暂定的，随补录和更正变动；已发布的月报不随之改动。"))
    if state.unlocated:
        found.append(_("另有%(n)s件诉求没有可归入区划树的地点，未计入任何地方的数字。") % {"n": state.unlocated})
    if state.first_day and period.start < state.first_day < period.end:
        found.append(_("本期数据自%(day)s起，不足整期。") % {"day": state.first_day})
    found.extend(
        _("可信度提示：%(name)s为%(value)s（n=%(n)s），接近完美，请抽查核实。")
        % {"name": line.indicator.name, "value": line.now.shown, "n": line.now.n}
        for line in lines
        if line.now.suspicious
    )
    if node.level >= Level.COUNTY:
        found.append(
            _("县级以下少于10件的数字不显示，导出亦同；与之相加减可得出它的数字（相邻区划、同季各月等）一并隐去。")
        )
    return found


def ranked(report: Report, code: str) -> list[Child]:
    """Children from the one most in need of care; those without a colour (too few records, unknown) stand last, unranked."""
    order = {Grade.RED: 0, Grade.ORANGE: 1, Grade.YELLOW: 2, Grade.GREEN: 3, None: 4}

    def place(child: Child) -> tuple[int, float, str]:
        now = child.now[code]
        if now.grade is None or now.value is None or not now.indicator.ranked:
            return order[None], 0.0, child.node.code
        return (
            order[now.grade],
            now.value if now.indicator.direction is Direction.HIGHER else -now.value,
            child.node.code,
        )

    return sorted(report.children, key=place)


def formula(indicator: Indicator) -> str:
    """How it is computed, in one line; with the thresholds in force it stands under every figure."""
    if indicator.median:
        return _("%(name)s = 中位数（%(to)s − %(start)s）") % {
            "name": indicator.name,
            "to": indicator.median.end,
            "start": indicator.median.start,
        }
    if indicator.unit is Unit.SHARE:
        return _("%(name)s = 分子 ÷ 分母；%(meaning)s") % {"name": indicator.name, "meaning": indicator.meaning}
    return str(indicator.meaning)


__all__ = ["Child", "Line", "Report", "build", "change_words", "conceals", "formula", "period_words", "ranked", "shown"]
