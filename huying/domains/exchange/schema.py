"""What a dataset or survey is: one row of a pack's `datasets.yaml`. docs/howto/add-a-dataset.md tells it with examples."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, Self

from django.utils.translation import gettext as _
from pydantic import Field, field_validator, model_validator

from huying.analytics.indicators import expressions
from huying.analytics.periods import PeriodKind
from huying.domains.exchange.vocabulary import Feed, Kind, Type
from huying.kernel.deadlines import Limit, Unit
from huying.kernel.errors import InvalidInput
from huying.kernel.packs import Names, PackRow, ProvenancedRow

CODE = r"^[a-z][a-z0-9_]{0,39}$"
# What a rate's own rounding may make it differ from its parts, in the unit of the rate (per cent: 0.06 points).
ROUNDING = 0.06
Level = Literal["province", "city", "county", "township", "village"]


class Measure(PackRow):
    """One figure of a place and period.

    type: a count is whole and not below zero unless said otherwise; money isn't below zero; of a rate, `parts` names the counts
    above and below the line, and `factor` (100: per cent) what it is multiplied by: where both are known, the three must agree.
    part_of: another measure that this one can't exceed. jump: a change against the period before by more than this share (and by
    at least `jump_least`) wants a reason. typical: a usual value of one place and period, for generated feeds.
    """

    code: str = Field(pattern=CODE)
    name: Names
    meaning: Names | None = None
    type: Type = Type.COUNT
    unit: str = Field(min_length=1)
    minimum: float | None = None
    maximum: float | None = None
    required: bool = True
    whole: bool | None = None
    part_of: str = ""
    parts: tuple[str, str] | None = None
    factor: float = Field(default=100, gt=0)
    jump: float | None = Field(default=None, gt=0)
    jump_least: float = Field(default=0, ge=0)
    typical: float | None = None

    @model_validator(mode="after")
    def fits(self) -> Self:
        if self.parts is not None and self.type is not Type.RATE:
            raise ValueError(_("parts 只用于 type: rate。"))
        if self.least is not None and self.maximum is not None and self.least > self.maximum:
            raise ValueError(_("minimum 大于 maximum。"))
        if self.code in ("n", "division", "period"):
            raise ValueError(_("%(code)s 是表格自己的列名。") % {"code": self.code})
        return self

    @property
    def least(self) -> float | None:
        if self.minimum is None and self.type is not Type.NUMBER:
            return 0.0
        return self.minimum

    @property
    def is_whole(self) -> bool:
        return self.type is Type.COUNT if self.whole is None else self.whole


class Rule(PackRow):
    """What must hold between the measures of a place and period: a condition in the language of the indicators, with
    `previous(…)` for the period before and `last_year(…)`. Where a figure in it is unknown, it isn't asked.

    explain: a breach may be delivered with a reason (默认 false: it is refused).
    """

    rule: str = Field(min_length=1)
    says: Names
    explain: bool = False

    @field_validator("rule")
    @classmethod
    def is_a_condition(cls, text: str) -> str:
        try:
            made = expressions.condition(text)
        except InvalidInput as error:
            raise ValueError(error.one_line()) from None
        asked = {part.function for part in _calls(made)} & {"year_to_date", "nodes", "reported"}
        if asked:
            raise ValueError(_("规则里不能用 %(names)s。") % {"names": "、".join(sorted(asked))})
        return text


class Dates(PackRow):
    """When a report is due and when it locks, both counted from the last day of the period: "5 WD", "12 D" (kernel.deadlines).

    reopened: how long a reopened report stays open, counted from the day it is reopened.
    """

    due: str
    lock: str
    reopened: str = "3 WD"

    @field_validator("due", "lock", "reopened")
    @classmethod
    def is_a_limit(cls, value: str) -> str:
        try:
            limit = Limit.parse(value)
        except InvalidInput as error:
            raise ValueError(error.one_line()) from None
        if limit.unit is Unit.HOUR:
            raise ValueError(_("按日或工作日计：5 WD、12 D。"))
        return str(limit)


class Conduct(PackRow):
    """Of a survey: who conducts it and how, as the plan has it; each delivery says how it was done."""

    by: str = Field(min_length=1)
    method: Names
    least_n: int = Field(default=1, ge=1)


class DatasetRow(ProvenancedRow):
    """division: whose dataset it is. level: the divisions below it (or itself) that must report each period.
    owner: the key of a department (departments.yaml): the body of that department at the place reports, else that of the county
    or city above it; or the code of one unit, which then reports for all ("3311-emergency"). feed: generated, where this
    project fills it until a department does. valid_from: the first period asked for is the one that holds this day.
    """

    code: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    kind: Kind = Kind.DATASET
    name: Names
    meaning: Names | None = None
    division: str = Field(pattern=r"^[0-9]{12}$")
    owner: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{1,47}$")
    level: Level
    period: Literal["month", "quarter", "year"] = "month"
    measures: Annotated[tuple[Measure, ...], Field(min_length=1, max_length=60)]
    rules: tuple[Rule, ...] = ()
    calendar: Dates
    survey: Conduct | None = None
    feed: Feed = Feed.DEPARTMENT
    reference: str = Field(min_length=1, max_length=200)
    source: str = Field(default="", max_length=200)
    valid_from: date
    valid_to: date | None = None

    @model_validator(mode="after")
    def fits(self) -> Self:
        codes = [measure.code for measure in self.measures]
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise ValueError(_("量重复：%(names)s") % {"names": "、".join(twice)})
        if (self.kind is Kind.SURVEY) != (self.survey is not None):
            raise ValueError(_("调查（kind: survey）写明 survey：谁做、怎样做；其余不写。"))
        for measure in self.measures:
            for other in (measure.part_of, *(measure.parts or ())):
                if other and (other not in codes or other == measure.code):
                    raise ValueError(
                        _("%(code)s 所指的 %(other)s 不在本数据集。") % {"code": measure.code, "other": other}
                    )
        for rule in self.rules:
            unknown = {n.name for n in expressions.names(expressions.condition(rule.rule))} - set(codes)
            if unknown:
                raise ValueError(
                    _("规则“%(rule)s”里没有这些量：%(names)s")
                    % {"rule": rule.rule, "names": "、".join(sorted(unknown))}
                )
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError(_("valid_to 须晚于 valid_from。"))
        return self

    @property
    def kind_of_period(self) -> PeriodKind:
        return PeriodKind(self.period)

    def measure(self, code: str) -> Measure | None:
        return next((measure for measure in self.measures if measure.code == code), None)

    @property
    def delivered(self) -> tuple[str, ...]:
        """The names of the values that come with each report: of a survey also each interval's ends."""
        if self.kind is Kind.DATASET:
            return tuple(measure.code for measure in self.measures)
        return tuple(f"{m.code}{end}" for m in self.measures for end in ("", "_low", "_high"))


def _calls(made: expressions.Expression) -> Iterator[expressions.Call]:
    if isinstance(made, expressions.Call):
        yield made
        for argument in made.arguments:
            yield from _calls(argument)
