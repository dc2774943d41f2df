"""What is wrong with values someone wants to deliver: one rule book for page, file and API. Reads nothing, writes nothing.

A fault hands the row back. A doubt (a jump, a rule that may be explained) hands it back only where no reason is given.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from huying.analytics.indicators import expressions
from huying.analytics.indicators.expressions import Call, Number
from huying.domains.exchange.refusals import personal
from huying.domains.exchange.schema import ROUNDING, DatasetRow, Measure
from huying.domains.exchange.vocabulary import Kind

LONGEST_NOTE = 500
LARGEST = 1e15
SURVEY_FIELDS = ("n", "fieldwork_from", "fieldwork_to", "conducted_by", "method")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d{1,2})?")
Figures = Mapping[str, float | None]


@dataclass(frozen=True)
class Given:
    """Values as someone gave them: text from a form or file, numbers from the API. at: the row of a file, the place in a list."""

    division: str
    period: str
    values: Mapping[str, Any]
    survey: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    at: int = 0


@dataclass(frozen=True)
class Trouble:
    """field: a measure's code, a column of the file, or "" for the row as a whole."""

    field: str
    message: str
    cure: str = ""


@dataclass
class Judged:
    """values, survey: as they would be kept. doubts: what wants a reason; faults holds them too where none is given."""

    given: Given
    values: dict[str, float | None] = field(default_factory=dict)
    survey: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    faults: list[Trouble] = field(default_factory=list)
    doubts: list[Trouble] = field(default_factory=list)

    def refuse(self, message: str, cure: str = "", at: str = "") -> None:
        self.faults.append(Trouble(at, message, cure))


def judge(row: DatasetRow, given: Given, previous: Figures, last_year: Figures, today: date) -> Judged:
    """previous, last_year: the figures of the period before and of the same one a year before; empty where there are none."""
    made = Judged(given, note=given.note.strip())
    if unknown := sorted(set(given.values) - set(row.delivered)):
        made.refuse(
            _("没有这些量：%(names)s。") % {"names": "、".join(unknown[:5])},
            _("可用的有：%(names)s。") % {"names": "、".join(row.delivered)},
        )
    for measure in row.measures:
        made.values[measure.code] = _figure(made, measure, given.values.get(measure.code), measure.code)
        if measure.required and made.values[measure.code] is None and not _named(made, measure.code):
            made.refuse(_("必填。"), _("没有发生的写 0；不掌握的，请说明后由主管部门调整为非必填。"), measure.code)
    if row.kind is Kind.SURVEY:
        _survey(made, row, given, today)
    if not made.faults:
        for trouble in _between(row, made.values):
            made.faults.append(trouble)
        _rules(made, row, previous, last_year)
        made.doubts += _jumps(row, made.values, previous)
    _note(made)
    return made


def _named(made: Judged, code: str) -> bool:
    return any(trouble.field == code for trouble in made.faults)


def _note(made: Judged) -> None:
    if len(made.note) > LONGEST_NOTE:
        made.refuse(_("说明最多 %(most)d 个字。") % {"most": LONGEST_NOTE}, at="note")
    elif trouble := personal(made.note):
        made.refuse(trouble, _("请删去；说明里不写个人信息。"), "note")
    if made.doubts and not made.note:
        made.faults += [
            Trouble(doubt.field, doubt.message, _("核对后如无误，请在“说明”里写明原因。")) for doubt in made.doubts
        ]


def number(value: Any) -> float | None:
    """A figure as people write it: thousands marked, full width, with blanks. None for a blank; ValueError for no number."""
    if value is None or isinstance(value, bool):
        if value is None:
            return None
        raise ValueError
    if isinstance(value, int | float):
        found = float(value)
    else:
        text = unicodedata.normalize("NFKC", str(value)).strip().replace(",", "").replace("，", "").replace("−", "-")
        text = text.removesuffix("%").strip()
        if not text:
            return None
        if not NUMBER.fullmatch(text.lower()):
            raise ValueError
        found = float(text)
    if not math.isfinite(found) or abs(found) > LARGEST:
        raise ValueError
    return found


def _figure(made: Judged, measure: Measure, value: Any, at: str) -> float | None:
    try:
        found = number(value)
    except ValueError:
        made.refuse(_("“%(value)s”不是数。") % {"value": str(value)[:40]}, _("写数字，不带单位和文字。"), at)
        return None
    if found is None:
        return None
    if measure.is_whole and not found.is_integer():
        made.refuse(_("应为整数。"), at=at)
    if measure.least is not None and found < measure.least:
        made.refuse(_("不得小于 %(least)g。") % {"least": measure.least}, at=at)
    if measure.maximum is not None and found > measure.maximum:
        made.refuse(_("不得大于 %(most)g。") % {"most": measure.maximum}, at=at)
    return found


def _between(row: DatasetRow, values: Figures) -> Iterator[Trouble]:
    """Parts no greater than their wholes; a rate that agrees with its two counts."""
    for measure in row.measures:
        value = values.get(measure.code)
        if value is None:
            continue
        whole = values.get(measure.part_of) if measure.part_of else None
        if whole is not None and value > whole:
            other = row.measure(measure.part_of)
            assert other is not None
            yield Trouble(
                measure.code,
                _("%(part)s（%(value)g）大于%(whole)s（%(most)g）。")
                % {"part": said(measure), "value": value, "whole": said(other), "most": whole},
                _("核对这两个数。"),
            )
        if measure.parts:
            above, below = (values.get(code) for code in measure.parts)
            if above is None or below is None:
                continue
            if below == 0:
                yield Trouble(measure.code, _("分母为 0，比率无从谈起。"), _("这一格留空。"))
            elif abs(value - above / below * measure.factor) > ROUNDING:
                yield Trouble(
                    measure.code,
                    _("%(rate)s填 %(value)g，由两个计数算得 %(real).2f。")
                    % {"rate": said(measure), "value": value, "real": above / below * measure.factor},
                    _("核对计数，或把这一格留空，由系统计算。"),
                )


def _rules(made: Judged, row: DatasetRow, previous: Figures, last_year: Figures) -> None:
    if not row.rules:
        return
    # The evaluator brings numpy along, which a process that judges no rule does without.
    import numpy as np

    from huying.analytics.indicators.evaluation import Sight, evaluate

    codes = [measure.code for measure in row.measures]
    columns = {
        code: np.array([[_or_nan(side.get(code)) for side in (last_year, previous, made.values)]]) for code in codes
    }
    blank = np.zeros((1, 3))
    sight = Sight(columns, {}, {}, np.array([-1, -1, 0]), blank, blank)
    for rule in row.rules:
        asked = Call("if", (expressions.condition(rule.rule), Number("1"), Number("0")))
        if evaluate(asked, sight)[0, 2] == 0:
            told = Trouble("", f"{rule.says.zh if _chinese() else rule.says.en}（{rule.rule}）", _("核对有关的数。"))
            (made.doubts if rule.explain else made.faults).append(told)


def _jumps(row: DatasetRow, values: Figures, previous: Figures) -> Iterator[Trouble]:
    for measure in row.measures:
        now, before = values.get(measure.code), previous.get(measure.code)
        if measure.jump is None or now is None or before is None:
            continue
        change = abs(now - before)
        if change >= measure.jump_least and change > measure.jump * abs(before):
            yield Trouble(
                measure.code,
                _("%(name)s由上期的 %(before)g 变为 %(now)g，变动异常。")
                % {"name": said(measure), "before": before, "now": now},
            )


def _survey(made: Judged, row: DatasetRow, given: Given, today: date) -> None:
    assert row.survey is not None
    for measure in row.measures:
        value = made.values[measure.code]
        low, high = (
            _figure(made, measure, given.values.get(measure.code + end), measure.code + end)
            for end in ("_low", "_high")
        )
        made.values[f"{measure.code}_low"], made.values[f"{measure.code}_high"] = low, high
        if value is None:
            continue
        if low is None or high is None:
            made.refuse(_("缺区间的下限或上限。"), _("抽样结果须连同置信区间报送。"), measure.code)
        elif not low <= value <= high:
            made.refuse(_("区间须下限 ≤ 结果 ≤ 上限。"), at=measure.code)
    try:
        n = number(given.survey.get("n"))
    except ValueError:
        n = None
    if n is None or not n.is_integer() or n < row.survey.least_n:
        made.refuse(_("样本量应为不少于 %(least)d 的整数。") % {"least": row.survey.least_n}, at="n")
    else:
        made.survey["n"] = int(n)
    for name in ("fieldwork_from", "fieldwork_to"):
        made.survey[name] = _day(made, name, given.survey.get(name), today)
    first, last = made.survey["fieldwork_from"], made.survey["fieldwork_to"]
    if first and last and last < first:
        made.refuse(_("调查结束日早于开始日。"), at="fieldwork_to")
    for name, default in (("conducted_by", row.survey.by), ("method", row.survey.method.zh)):
        text = str(given.survey.get(name) or "").strip() or default
        if trouble := personal(text):
            made.refuse(trouble, _("写机构和方法，不写个人。"), name)
        made.survey[name] = text[: 120 if name == "conducted_by" else 200]


def _day(made: Judged, name: str, value: Any, today: date) -> date | None:
    if isinstance(value, date):
        found = value.date() if isinstance(value, datetime) else value
    else:
        try:
            found = date.fromisoformat(str(value or "").strip()[:10])
        except ValueError:
            made.refuse(_("写日期，如 2026-10-08。"), at=name)
            return None
    if found > today:
        made.refuse(_("调查日期在今天之后。"), at=name)
    return found


def said(measure: Measure) -> str:
    return measure.name.zh if _chinese() else measure.name.en


def _chinese() -> bool:
    from django.utils.translation import get_language

    return not (get_language() or "zh").startswith("en")


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
