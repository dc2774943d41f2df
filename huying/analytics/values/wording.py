"""A definition said in words: its formula, how it is brought up, and what is made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from huying.analytics import definitions
from huying.analytics.aggregation import Aggregation, Over
from huying.analytics.indicators.expressions import COMPARISONS, Call, Expression, Name, Number, parse
from huying.analytics.indicators.schema import IndicatorRow, Source
from huying.kernel.actors import Level
from huying.kernel.words import Words, listed, words

TIME = {
    Over.SUM: words("各次相加", "summed over time"),
    Over.AVERAGE: words("取时间上的平均", "averaged over time"),
    Over.COUNT: words("数报了几次", "counted over time"),
    Over.MIN: words("取期内最小", "the least of the period"),
    Over.MAX: words("取期内最大", "the greatest of the period"),
    Over.MEDIAN: words("取期内中位数", "the median of the period"),
    Over.PERCENTILE: words("取期内百分位", "a percentile of the period"),
    Over.DISTINCT: words("数期内不同的值", "different values in the period"),
    Over.LAST: words("取期内最近一次", "the latest of the period"),
    Over.LAST_IN_PERIOD: words("取期内最后一次上报", "the last report of the period"),
    Over.AS_OF_LAST: words("取期末以前最近一次", "the latest up to the period's end"),
}
TREE = {
    Over.SUM: words("各地相加", "summed over places"),
    Over.AVERAGE: words("各地平均", "averaged over places"),
    Over.COUNT: words("数有几地报了", "places counted"),
    Over.MIN: words("取各地最小", "the least of places"),
    Over.MAX: words("取各地最大", "the greatest of places"),
    Over.MEDIAN: words("取各地中位数", "the median of places"),
    Over.PERCENTILE: words("取各地百分位", "a percentile of places"),
    Over.DISTINCT: words("数各地不同的值", "different values of places"),
}
LEVELS = dict(zip((level.column for level in Level), (
    words("省", "province"), words("市", "city"), words("县（市、区）", "county"), words("乡镇（街道）", "township"),
    words("村（社区）", "village"), words("网格", "grid"),
), strict=True))  # fmt: skip


Spoken = Mapping[str, Words]
NOTHING_SPOKEN: Spoken = {}


def formula(row: IndicatorRow, spoken: Spoken = NOTHING_SPOKEN) -> str:
    """“按时办结率（分子） ÷ 按时办结率（分母） × 100”. spoken: what deliveries and their measures are called
    (`values.spoken`); one that isn't in it stands by its code."""
    if row.expression:
        said = expression(parse(row.expression), row, spoken)
    else:
        said = expression(parse(row.numerator), row, spoken)
        if row.denominator:
            under = parse(row.denominator)
            said = f"{_within(parse(row.numerator), said)} ÷ {_within(under, expression(under, row, spoken))}"
    if row.factor != 1:
        said = f"{said if row.denominator or not row.expression else f'({said})'} × {row.factor:g}"
    return said


def _within(part: Expression, said: str) -> str:
    return f"({said})" if isinstance(part, Call) and not part.function.isidentifier() else said


def expression(part: Expression, row: IndicatorRow, spoken: Spoken = NOTHING_SPOKEN) -> str:
    """One part of a formula, in the reader's language."""
    match part:
        case Number(value):
            return value
        case Name(name):
            return f"{row.constants[name]:g}" if name in row.constants else measure(name, row, spoken)
        case Call(function, arguments):
            said = [expression(argument, row, spoken) for argument in arguments]
            if function in ("+", "-", "*", "/", *COMPARISONS):
                sides = [_within(argument, text) for argument, text in zip(arguments, said, strict=True)]
                sign = {"*": "×", "/": "÷", "-": "−", "<=": "≤", ">=": "≥", "!=": "≠"}.get(function, function)
                return f" {sign} ".join(sides)
            return _function(function, said)
    raise AssertionError(part)


def _function(function: str, said: list[str]) -> str:
    first = said[0] if said else ""
    match function:
        case "if":
            return _("%(condition)s时为%(yes)s，否则为%(no)s") % {"condition": first, "yes": said[1], "no": said[2]}
        case "isnull":
            return _("%(x)s未知") % {"x": first}
        case "not":
            return _("不是（%(x)s）") % {"x": first}
        case "and":
            return _("%(x)s且%(y)s") % {"x": first, "y": said[1]}
        case "or":
            return _("%(x)s或%(y)s") % {"x": first, "y": said[1]}
        case "coalesce":
            return _("第一个已知的（%(list)s）") % {"list": listed(said)}
        case "min":
            return _("最小的（%(list)s）") % {"list": listed(said)}
        case "max":
            return _("最大的（%(list)s）") % {"list": listed(said)}
        case "abs":
            return f"|{first}|"
        case "previous":
            return _("上期的（%(x)s）") % {"x": first}
        case "last_year":
            return _("上年同期的（%(x)s）") % {"x": first}
        case "year_to_date":
            return _("本年累计的（%(x)s）") % {"x": first}
        case "nodes":
            return _("最低一级地方数")
    return _("已报地方数")


def measure(name: str, row: IndicatorRow | None = None, spoken: Spoken = NOTHING_SPOKEN) -> str:
    """A measure of records by its indicator's name; one of the row's datasets as its template calls it."""
    code, _mark, part = name.rpartition("__")
    indicator = definitions.shipped().indicator(code) if code else None
    if indicator is None:
        keys = (f"{key}:{name}" for key in map(_key, row.sources if row else ()))
        return next((str(spoken[key]) for key in keys if key in spoken), name)
    if part == "d":
        return _("%(name)s的分母") % {"name": indicator.name}
    if part == "n":
        return _("%(name)s的分子") % {"name": indicator.name} if indicator.denominator else str(indicator.name)
    split = dict(indicator.split.values) if indicator.split else {}
    return f"{indicator.name}·{split.get(part, part)}"


def rules(row: IndicatorRow) -> Iterator[str]:
    """All else that is made of the value, a sentence each."""
    if row.aggregation != Aggregation():
        said = {"time": TIME[row.aggregation.time], "tree": TREE[row.aggregation.tree]}
        yield _("每个地方先%(time)s，再由下而上%(tree)s。") % said
    elif row.denominator:
        yield _("分子、分母先各自相加到上一级，最后才相除。")
    if row.annualised:
        yield _("按天数折合为全年。")
    yield _("最低到%(level)s。") % {"level": LEVELS[row.level]}
    if row.min_n:
        yield _("不足%(n)s件的不着色、不排名。") % {"n": row.min_n}
    if row.smoothing:
        toward = {"parent": _("上级"), "level": _("同级"), "peers": _("同类地方")}[row.smoothing.toward]
        yield _("着色和排名前向%(toward)s的水平靠拢，相当于多看%(n)s件。") % {
            "toward": toward,
            "n": f"{row.smoothing.prior:g}",
        }
    if row.missing.method == "last":
        yield _("未报的沿用最近一期，至多%(n)s期。") % {"n": row.missing.max_age}
    if row.target is not None and row.direction != "none":
        yield _("目标：%(sign)s%(target)s%(unit)s。") % {
            "sign": "≥" if row.direction == "higher" else "≤",
            "target": f"{row.target:g}",
            "unit": row.unit,
        }
    if row.goalposts and row.goalposts.base_year:
        yield _("得分以%(year)s年同级各地的最差和最好为0分和100分。") % {"year": row.goalposts.base_year}
    elif row.goalposts:
        yield _("得分：%(worst)s为0分，%(best)s为100分。") % {
            "worst": f"{row.goalposts.worst:g}{row.unit}",
            "best": f"{row.goalposts.best:g}{row.unit}",
        }
        for level, ends in row.goalposts.levels.items():
            yield _("%(level)s得分：%(worst)s为0分，%(best)s为100分。") % {
                "level": LEVELS[level],
                "worst": f"{ends.worst:g}{row.unit}",
                "best": f"{ends.best:g}{row.unit}",
            }
    for threshold in row.thresholds:
        sign = "≥" if row.direction == "higher" else "≤"
        orange = (
            _("，橙%(sign)s%(orange)s") % {"sign": sign, "orange": f"{threshold.orange:g}{row.unit}"}
            if threshold.orange is not None
            else ""
        )
        levels = (
            "" if len(threshold.levels) == len(LEVELS) else listed(str(LEVELS[level]) for level in threshold.levels)
        )
        yield _("自%(day)s起%(levels)s：绿%(sign)s%(green)s，黄%(sign)s%(yellow)s%(orange)s；依据：%(reference)s。") % {
            "day": threshold.valid_from,
            "levels": levels,
            "sign": sign,
            "green": f"{threshold.green:g}{row.unit}",
            "yellow": f"{threshold.yellow:g}{row.unit}",
            "orange": orange,
            "reference": threshold.reference,
        }


def sources(row: IndicatorRow, spoken: Spoken = NOTHING_SPOKEN) -> str:
    """“诉求办理记录、数据集 消防安全”."""
    said = []
    for source in row.sources:
        name = spoken.get(_key(source), source.dataset or source.survey)
        if source.facts:
            said.append(_("诉求办理记录"))
        elif source.dataset:
            said.append(_("数据集 %(name)s") % {"name": name})
        else:
            said.append(_("调查 %(name)s") % {"name": name})
    return listed(said)


def _key(source: Source) -> str:
    return f"dataset:{source.dataset}" if source.dataset else f"survey:{source.survey}"
