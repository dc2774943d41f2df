"""Definitions held against each other and against the rules an index must keep (docs of the domain: fairness)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

from huying.analytics.indicators.expressions import Call, Expression, Name, Number, names, parse, written
from huying.analytics.indicators.schema import LEVELS, IndicatorRow
from huying.kernel.errors import InvalidInput

# What no indicator may be built on: 信访工作条例 Art 41 has them counted in a report of their own, unranked.
PETITIONS = ("petition", "信访")
# What people say or report: few of them is silence, not order.
VOICES = (
    *("complaint", "dispute", "call", "report_of_wrongdoing", "filed", "volume__n", "by_kind__", "by_channel__"),
    *("投诉", "纠纷", "来电", "举报", "诉求量", "报案", "立案", "警情"),
)
# Outcomes that look better where they go unreported: none counts without a check of the reporting.
OUTCOMES = ("death", "homicide", "larger", "environment_event", "死亡", "命案", "较大", "环境事件")
# What a ratio is multiplied by to be in that unit.
FACTORS = {"%": 100, "‰": 1000}


@dataclass(frozen=True)
class Found:
    """A fault of the row at `index`."""

    index: int
    message: str
    cure: str = ""
    warning: bool = False


def formulas(row: IndicatorRow) -> dict[str, str]:
    said = {"numerator": row.numerator, "denominator": row.denominator, "expression": row.expression}
    return {key: text for key, text in said.items() if text}


def check(rows: Sequence[IndicatorRow], measures: set[str] | None = None) -> Iterator[Found]:
    """Every fault. measures: what the sources offer; None when that isn't known here, then any name passes."""
    seen: dict[str, int] = {}
    called: dict[str, str] = {}
    same: dict[tuple[object, ...], int] = {}
    for index, row in enumerate(rows):
        if row.code in seen:
            yield Found(index, _("指标 %(code)s 重复") % {"code": row.code}, _("删去一条，或改编码。"))
            continue
        seen[row.code] = index
        other = called.setdefault(row.name.zh, row.code)
        if other != row.code:
            said = {"code": row.code, "other": other, "name": row.name.zh}
            yield Found(index, _("指标 %(code)s 与 %(other)s 同名：%(name)s") % said, _("各写各的名称。"), warning=True)
        parsed: dict[str, Expression] = {}
        for key, text in formulas(row).items():
            try:
                parsed[key] = parse(text)
            except InvalidInput as error:
                yield Found(index, f"{row.code}.{key}: {error.message}", error.cure)
        yield from _row(index, row, parsed, measures)
        if len(parsed) == len(formulas(row)):
            yield from _doubles(index, row, parsed, same, rows)
    yield from _integrity(rows)


def _integrity(rows: Sequence[IndicatorRow]) -> Iterator[Found]:
    known = {row.code: row for row in rows}
    for index, row in enumerate(rows):
        about = " ".join([row.code, row.name.zh, row.name.en, *formulas(row).values()]).lower()
        if row.direction == "lower" and not row.integrity and any(word in about for word in OUTCOMES):
            yield Found(
                index,
                _("%(code)s：结果类指标没有核对上报是否如实的指标") % {"code": row.code},
                _("在 integrity 里写核对指标的编码，如死亡人数与另一来源核对的一致率。"),
            )
        checks = known.get(row.integrity)
        if row.integrity and (checks is None or checks.code == row.code or checks.direction != "higher"):
            yield Found(
                index,
                _("%(code)s：integrity 所指的 %(other)s 不是本包中越高越好的另一指标")
                % {"code": row.code, "other": row.integrity},
                _("写核对上报的指标的编码。"),
            )


def _doubles(
    index: int,
    row: IndicatorRow,
    parsed: dict[str, Expression],
    same: dict[tuple[object, ...], int],
    rows: Sequence[IndicatorRow],
) -> Iterator[Found]:
    """The same formula under two codes is a duplicate; with two directions, factors or rules it is a contradiction."""
    formula = written(parsed["expression"]) if "expression" in parsed else _quotient(row)
    key = (formula, tuple(sorted(row.constants.items())))
    first = same.setdefault(key, index)
    if first == index:
        return
    other = rows[first]
    said = {"code": row.code, "other": other.code}
    differ = [
        name
        for name in ("direction", "aggregation", "factor", "annualised", "unit")
        if getattr(row, name) != getattr(other, name)
    ]
    if differ:
        yield Found(
            index,
            _("指标 %(code)s 与 %(other)s 公式相同而%(differ)s不同") % {**said, "differ": "、".join(differ)},
            _("只留一条，或写明不同的公式。"),
            # The same counts summed otherwise, or without a direction, may be meant; two directions can't.
            warning=len({row.direction, other.direction} - {"none"}) < 2,
        )
    else:
        yield Found(index, _("指标 %(code)s 与 %(other)s 公式相同") % said, _("只留一条。"))


def _quotient(row: IndicatorRow) -> str:
    """What numerator and denominator come to, as an expression would write it."""
    return written(parse(f"({row.numerator}) / ({row.denominator})" if row.denominator else row.numerator))


def _row(index: int, row: IndicatorRow, parsed: dict[str, Expression], measures: set[str] | None) -> Iterator[Found]:
    used = {name.name for expression in parsed.values() for name in names(expression)}
    if unused := sorted(set(row.constants) - used):
        yield Found(
            index, _("%(code)s：常数%(names)s没有用到") % {"code": row.code, "names": "、".join(unused)}, warning=True
        )
    if twice := sorted(set(row.constants) & (measures or set())):
        yield Found(
            index,
            _("%(code)s：常数%(names)s与量同名") % {"code": row.code, "names": "、".join(twice)},
            _("给常数另起名。"),
        )
    for key, expression in parsed.items():
        for name in names(expression):
            yield from _name(index, row, key, name, measures)
    about = " ".join([row.code, row.name.zh, row.name.en, *used]).lower()
    if any(word in about for word in PETITIONS):
        yield Found(
            index, _("%(code)s：信访不作指标") % {"code": row.code}, _("信访件数只在条例第四十一条的年报中统计。")
        )
    ratio = _ratio(parsed)
    counts_voices = _voices_over_else(*ratio) if ratio else any(word in about for word in VOICES)
    if row.direction == "lower" and counts_voices:
        yield Found(
            index,
            _("%(code)s：不得以诉求、纠纷、来电、举报少为好") % {"code": row.code},
            _("改量办理的及时与依法，或写 direction: none。"),
        )
    if row.direction == "none" and (row.thresholds or row.target is not None):
        yield Found(index, _("%(code)s：无方向的指标没有阈值和目标") % {"code": row.code}, "direction: higher | lower")
    if row.min_n and not row.denominator and not any(source.survey for source in row.sources):
        yield Found(
            index, _("%(code)s：min_n 要有分母或调查样本量") % {"code": row.code}, _("写 denominator，或删去 min_n。")
        )
    if row.goalposts and row.goalposts.base_year and row.direction == "none":
        yield Found(
            index, _("%(code)s：以基年取界，要写方向才知哪一端为好") % {"code": row.code}, "direction: higher | lower"
        )
    if {"numerator", "denominator"} <= parsed.keys() and written(parsed["numerator"]) == written(parsed["denominator"]):
        yield Found(index, _("%(code)s：分子与分母相同") % {"code": row.code}, _("改写其中之一。"))
    yield from _thresholds(index, row)
    yield from _without_effect(index, row)
    if row.goalposts and row.direction == "none":
        yield Found(
            index,
            _("%(code)s：无方向的指标不计分，goalposts 没有用") % {"code": row.code},
            _("写方向，或删去 goalposts。"),
        )
    if row.goalposts and row.goalposts.worst is not None and row.goalposts.best is not None:
        rising = row.goalposts.best > row.goalposts.worst
        if (row.direction == "lower") == rising and row.direction != "none":
            yield Found(
                index, _("%(code)s：goalposts 与方向矛盾") % {"code": row.code}, _("交换 worst 和 best，或改方向。")
            )


def _without_effect(index: int, row: IndicatorRow) -> Iterator[Found]:
    """What is said and changes nothing, or not what it seems to."""
    for one in row.thresholds:
        if all(LEVELS.index(level) > LEVELS.index(row.level) for level in one.levels):
            said = {"code": row.code, "level": row.level, "levels": "、".join(one.levels)}
            yield Found(index, _("%(code)s：只到%(level)s有值，%(levels)s的阈值用不到") % said, warning=True)
    if row.denominator and (factor := FACTORS.get(row.unit)) and row.factor != factor:
        said = {"code": row.code, "unit": row.unit, "factor": f"{row.factor:g}"}
        yield Found(index, _("%(code)s：单位%(unit)s而factor是%(factor)s") % said, f"factor: {factor}", warning=True)
    if "max_age" in row.missing.model_fields_set and row.missing.method == "none":
        yield Found(index, _("%(code)s：不沿用旧值，max_age 没有用") % {"code": row.code}, "method: last", warning=True)
    if row.annualised and row.aggregation.time not in ("sum", "count"):
        said = {"code": row.code, "how": row.aggregation.time}
        yield Found(
            index, _("%(code)s：按时间取%(how)s的数不能折算成全年") % said, "aggregation: {time: sum}", warning=True
        )
    if len(set(row.periods)) < len(row.periods):
        yield Found(index, _("%(code)s：periods 里有重复") % {"code": row.code}, warning=True)


def _ratio(parsed: dict[str, Expression]) -> tuple[Expression, Expression] | None:
    """What is divided by what: numerator and denominator, or the parts of an expression that is one fraction times numbers."""
    if "numerator" in parsed and "denominator" in parsed:
        return parsed["numerator"], parsed["denominator"]
    whole = parsed.get("expression")
    while isinstance(whole, Call) and whole.function == "*":
        parts = [part for part in whole.arguments if not isinstance(part, Number)]
        if len(parts) != 1:
            return None
        whole = parts[0]
    return (whole.arguments[0], whole.arguments[1]) if isinstance(whole, Call) and whole.function == "/" else None


def _voices_over_else(over: Expression, under: Expression) -> bool:
    """Whether it is voices over anything but voices: complaints per resident, but not complaints overdue of all complaints."""
    above, below = (any(word in name.name for name in names(part) for word in VOICES) for part in (over, under))
    return above and not below


def _name(index: int, row: IndicatorRow, key: str, name: Name, measures: set[str] | None) -> Iterator[Found]:
    if measures is None or name.name in measures or name.name in row.constants:
        return
    yield Found(
        index,
        _("%(code)s.%(key)s：第%(column)s列的 %(name)s 不是已知的量")
        % {
            "code": row.code,
            "key": key,
            "column": name.at + 1,
            "name": name.name,
        },
        _("可用的有：%(names)s") % {"names": ", ".join(sorted(measures)[:20])},
    )


def _thresholds(index: int, row: IndicatorRow) -> Iterator[Found]:
    sign = -1 if row.direction == "lower" else 1
    stands: set[tuple[object, str]] = set()
    for threshold in row.thresholds:
        steps = [value for value in (threshold.green, threshold.yellow, threshold.orange) if value is not None]
        if any(sign * one < sign * other for one, other in pairwise(steps)):
            yield Found(
                index,
                _("%(code)s：自%(day)s的阈值与方向矛盾") % {"code": row.code, "day": threshold.valid_from},
                _("由绿到红应越来越差。"),
            )
        worst = steps[-1]
        if row.target is not None and row.direction != "none" and sign * row.target < sign * worst:
            yield Found(
                index,
                _("%(code)s：达到目标%(target)s仍是红色（自%(day)s）")
                % {"code": row.code, "target": f"{row.target:g}", "day": threshold.valid_from},
                _("目标不应差于最后一档阈值。"),
            )
        for level in threshold.levels:
            if (threshold.valid_from, level) in stands:
                yield Found(
                    index,
                    _("%(code)s：%(level)s自%(day)s有两条阈值")
                    % {"code": row.code, "level": level, "day": threshold.valid_from},
                    _("只留一条。"),
                )
            stands.add((threshold.valid_from, level))
