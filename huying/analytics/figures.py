"""From cells to figures: ratios last, unknown apart from zero, small cells suppressed, colours by dated thresholds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from huying.analytics.definitions import Grade, Indicator, Unit
from huying.analytics.definitions.model import GRADE_SHAPES, GRADE_WORDS
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.published import Cell, Median, State
from huying.kernel.actors import Level
from huying.kernel.words import Words, words

# Cells with fewer records than this are not shown below the county: a few matters point at the few who sent them.
SMALL = 10
DAY_SECONDS = 86_400


class Absent(StrEnum):
    """Why a figure has no value."""

    NO_CASES = "no_cases"
    NOT_YET = "not_yet"
    BEFORE = "before"
    NOT_KEPT = "not_kept"
    SMALL = "small"
    NOT_DELIVERED = "not_delivered"
    NOT_BY_PERIOD = "not_by_period"
    NOT_AT_LEVEL = "not_at_level"


ABSENT_WORDS: dict[Absent, Words] = {
    Absent.NO_CASES: words("无可计件", "no cases to count"),
    Absent.NOT_YET: words("尚未到期", "not yet begun"),
    Absent.BEFORE: words("此前无数据", "no data that early"),
    Absent.NOT_KEPT: words("单日数据只留近期", "single days are kept for recent weeks only"),
    Absent.SMALL: words("不显示", "not shown"),
    Absent.NOT_DELIVERED: words("未报送", "not delivered"),
    Absent.NOT_BY_PERIOD: words("不按此期间统计", "not kept by such a period"),
    Absent.NOT_AT_LEVEL: words("本级不统计", "not kept at this level"),
}


Parts = tuple[tuple[str, Words, int | None], ...]


@dataclass(frozen=True)
class Figure:
    """One indicator of one place in one period.

    value: count, share (0 to 1) or days; None with the reason in `absent`. n: records it rests on. A hidden figure holds nothing.
    """

    indicator: Indicator
    value: float | None
    numerator: int | None
    denominator: int | None
    n: int | None
    absent: Absent | None = None
    grade: Grade | None = None
    suspicious: bool = False
    parts: Parts = ()

    @property
    def shape(self) -> str:
        return GRADE_SHAPES[self.grade] if self.grade else ""

    @property
    def grade_words(self) -> Words | None:
        return GRADE_WORDS[self.grade] if self.grade else None

    @property
    def shown(self) -> str:
        """The value as people write it; "—" where there is none."""
        return shown(self.indicator.unit, self.value)

    @property
    def why_absent(self) -> Words | None:
        return ABSENT_WORDS[self.absent] if self.absent else None


def shown(unit: Unit, value: float | None) -> str:
    if value is None:
        return "—"
    match unit:
        case Unit.COUNT:
            return f"{int(value):,}"
        case Unit.SHARE:
            return f"{value * 100:.1f}%"
        case Unit.DAYS:
            return f"{value:.1f}"


def bound_shown(unit: Unit, value: float) -> str:
    """A threshold as it is written: 95%, 97.5%, 10."""
    return f"{value * 100:.10g}%" if unit is Unit.SHARE else f"{value:g}"


def known(state: State, period: Period, level: Level) -> Absent | None:
    """None when the published cells hold the period for places of that level, else why they don't."""
    if period.start > state.watermark.date():
        return Absent.NOT_YET
    if state.first_day is None or period.end <= state.first_day:
        return Absent.BEFORE
    if period.kind is PeriodKind.DAY and level > Level.TOWNSHIP and period.start < state.recent_from:
        return Absent.NOT_KEPT
    return None


def figure(
    indicator: Indicator,
    cell: Cell | None,
    median: Median | None,
    *,
    level: Level,
    period: Period,
    absent: Absent | None = None,
    conceal: bool = False,
    conceal_parts: bool = False,
) -> Figure:
    """The figure from its cell. cell: None when nothing was counted, which is zero unless `absent` says it is unknown.

    conceal, conceal_parts: the figure, or the parts of its count, would give a small cell away (huying.analytics.suppression).
    """
    if absent is not None:
        return Figure(indicator, None, None, None, None, absent)
    value, numerator, denominator, n = _plain(indicator, cell or {}, median)
    small = level > Level.COUNTY
    if small and (conceal or 0 < n < SMALL):
        # Nothing of it is left, so nothing of it can be printed or exported.
        return Figure(indicator, None, None, None, None, Absent.SMALL)
    if value is None:
        return Figure(indicator, None, numerator, denominator, n, Absent.NO_CASES)
    parts = _parts(indicator, cell or {}, n)
    if small and (conceal_parts or any(0 < count < SMALL for _value, _words, count in parts)):
        shown_parts: Parts = tuple((value, said, None) for value, said, _count in parts)
    else:
        shown_parts = parts
    grade = indicator.grade(value, n, level, period.last)
    return Figure(indicator, value, numerator, denominator, n, None, grade, indicator.suspicious(value, n), shown_parts)


def _plain(
    indicator: Indicator, counts: Cell, median: Median | None
) -> tuple[float | None, int | None, int | None, int]:
    """Value, numerator, denominator and n; no value where there was no case."""
    if indicator.unit is Unit.DAYS:
        return (None, None, None, 0) if median is None else (median.seconds / DAY_SECONDS, None, None, median.n)
    numerator = counts.get(f"{indicator.code}__n", 0)
    if indicator.unit is Unit.COUNT:
        return numerator, numerator, None, numerator
    denominator = counts.get(f"{indicator.code}__d", 0)
    return (numerator / denominator if denominator else None), numerator, denominator, denominator


def _parts(indicator: Indicator, counts: Cell, whole: int) -> tuple[tuple[str, Words, int], ...]:
    """The parts of a count, and what they leave of it."""
    if indicator.split is None or indicator.unit is not Unit.COUNT:
        return ()
    parts = tuple((v, w, counts.get(f"{indicator.code}__{v}", 0)) for v, w in indicator.split.values)
    other = whole - sum(n for _value, _words, n in parts)
    return (*parts, ("", words("其他", "other"), other)) if parts and other else parts


def change(now: Figure, then: Figure) -> float | None:
    """The difference in value; None unless both are known and a share rests on enough records on both sides."""
    if now.value is None or then.value is None:
        return None
    if now.indicator.unit is not Unit.COUNT and min(now.n or 0, then.n or 0) < now.indicator.min_n:
        return None
    return now.value - then.value


def contribution(now: Figure, then: Figure, whole_now: Figure, whole_then: Figure) -> float | None:
    """How much of the whole's change in a share comes from one part. Over all parts they sum to the change exactly.

    With r the whole's earlier share: (n₁ - r·d₁)/D₁ - (n₀ - r·d₀)/D₀, the part's excess over r then and now.
    """
    if whole_now.value is None or whole_then.value is None or not whole_now.denominator or not whole_then.denominator:
        return None
    parts = (now.numerator, now.denominator, then.numerator, then.denominator)
    if any(part is None for part in parts):
        return None
    n1, d1, n0, d0 = (part or 0 for part in parts)
    base = whole_then.value
    return (n1 - base * d1) / whole_now.denominator - (n0 - base * d0) / whole_then.denominator
