"""What a rung says, in a pack or on screen, and what of a ladder can't be. No storage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from django.utils.translation import gettext as _
from pydantic import Field, field_validator, model_validator

from huying.analytics.definitions import Grade
from huying.analytics.periods import PeriodKind
from huying.domains.warnings.vocabulary import PLACE_SERIES, RANK, SERIES, Letters, Origin, Owner, Step
from huying.kernel import packs
from huying.kernel.actors import Level
from huying.kernel.deadlines import Limit
from huying.kernel.errors import InvalidInput

LevelName = Literal["province", "city", "county", "township", "village", "grid"]
ABOVE_SUPPRESSION = {level.column for level in Level if level <= Level.COUNTY}
KEY = ("division", "origin", "period", "colour", "in_a_row", "valid_from")


class RungRow(packs.ProvenancedRow):
    """colour: this or worse; blank for an early signal. The other fields: huying.domains.warnings.ladder.Rung."""

    division: str = Field(pattern=r"^[0-9]{12}$")
    origin: Origin = Origin.COLOUR
    period: PeriodKind
    levels: Annotated[tuple[LevelName, ...], Field(min_length=1)]
    colour: Grade | Literal[""] = ""
    in_a_row: int = Field(ge=1, le=12)
    step: Step
    owner: Owner = Owner.PLACE
    limit: str
    letters: Letters = Letters.DIGEST
    tells: int = Field(default=0, ge=0, le=3)
    item: str = Field(default="", pattern=r"^[0-9]{0,12}$")
    indicators: tuple[str, ...] = ()
    confidence: float = Field(default=0.99, ge=0.8, le=0.999)
    reference: str = Field(min_length=1, max_length=200)
    valid_from: date
    valid_to: date | None = None

    @field_validator("limit")
    @classmethod
    def is_a_limit(cls, value: str) -> str:
        try:
            return str(Limit.parse(value))
        except InvalidInput as error:
            raise ValueError(error.message) from None

    @model_validator(mode="after")
    def fits(self) -> Self:
        early = self.origin is Origin.EARLY
        if early == bool(self.colour) or early != (self.step is Step.SIGNAL):
            raise ValueError(_("早期信号不写 colour，步骤为 signal；其余写明 colour，步骤不为 signal。"))
        if early and (self.period is not PeriodKind.WEEK or not set(self.levels) <= ABOVE_SUPPRESSION):
            raise ValueError(_("早期信号按周，且只在县级及以上：县级以下的少量数字不显示。"))
        if early and (unknown := set(self.indicators) - {*SERIES, *PLACE_SERIES}):
            raise ValueError(_("不作预测的数字：%(codes)s") % {"codes": "、".join(sorted(unknown))})
        if self.colour == Grade.GREEN:
            raise ValueError(_("绿色不预警。"))
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError(_("valid_to 须晚于 valid_from。"))
        return self


def softer(rows: Iterable[RungRow]) -> Iterator[tuple[RungRow, RungRow]]:
    """Pairs of a shorter and a longer row of the same colour of which the longer doesn't ask for more."""
    seen: dict[tuple[Any, ...], list[RungRow]] = {}
    for row in rows:
        if row.origin is Origin.COLOUR:
            seen.setdefault((row.division, row.period, row.colour, row.levels, row.indicators), []).append(row)
    for group in seen.values():
        for lower, higher in pairwise(sorted(group, key=lambda row: row.in_a_row)):
            if RANK[higher.step] <= RANK[lower.step]:
                yield lower, higher
