"""Settings of vetoes, deductions and multipliers."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from huying.analytics.composite.spec.base import Part, Positive, used_only


class Condition(Part):
    """A figure of the raw data, or of any step, compared."""

    code: str
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None
    figures: Literal["raw", "denominated", "normalised", "aggregated"] = "raw"

    @model_validator(mode="after")
    def _one(self) -> Condition:
        if sum(bound is not None for bound in (self.at_least, self.at_most, self.above, self.below)) != 1:
            raise ValueError("give exactly one of `at_least`, `at_most`, `above`, `below`")
        return self


class Band(Part):
    """points, or with `each` points a case, for a value from `from` up to `to` (both included; `to: null` has no end)."""

    from_: float = Field(alias="from")
    to: float | None = None
    points: float
    each: bool = False

    @model_validator(mode="after")
    def _rising(self) -> Band:
        if self.to is not None and self.to < self.from_:
            raise ValueError("`to` must not be below `from`: the band would hold nothing")
        return self


class Veto(Part):
    """All conditions met: the node is set to `score`, or at most `cap`. Two conditions at least: no figure vetoes alone."""

    kind: Literal["veto"]
    name: str
    node: str
    when: Annotated[tuple[Condition, ...], Field(min_length=2)]
    score: float | None = None
    cap: float | None = None
    unranked: bool = False

    @model_validator(mode="after")
    def _one(self) -> Veto:
        if sum(effect is not None for effect in (self.score, self.cap)) + self.unranked != 1:
            raise ValueError("give exactly one of `score`, `cap`, `unranked: true`")
        if len({condition.code for condition in self.when}) < 2:
            raise ValueError("the conditions of a veto must look at two different figures: one confirms the other")
        return self


class Deduction(Part):
    """Points off (or on, where negative) a node, from the figure `code` by `each` or by `bands`; never more than at_most.

    bands: rising; where one ends on the value on which the next begins, the next counts.

    each: points a unit beyond `beyond` (below it for side: below). multipliers: doubled where a condition holds, and so on.
    """

    kind: Literal["deduction"]
    name: str
    node: str
    code: str
    figures: Literal["raw", "denominated", "normalised", "aggregated"] = "raw"
    each: float | None = None
    beyond: float = 0
    side: Literal["above", "below"] = "above"
    bands: tuple[Band, ...] = ()
    at_most: Positive | None = None
    multipliers: tuple[Multiplied, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> Deduction:
        if (self.each is None) == (not self.bands):
            raise ValueError("give either `each` or `bands`")
        if self.bands and (self.beyond != 0 or self.side != "above"):
            raise ValueError("`beyond` and `side` belong to `each`; bands say from where to where themselves")
        for lower, upper in pairwise(self.bands):
            if lower.to is None or upper.from_ < lower.to:
                raise ValueError(f"the bands from {lower.from_:g} and from {upper.from_:g} overlap, or do not rise")
        return self


class Multiplied(Part):
    """Where all conditions hold, the deduction counts `factor` times."""

    when: Annotated[tuple[Condition, ...], Field(min_length=1)]
    factor: Positive


class Multiplier(Part):
    """The node's score times `factor` where all conditions hold, kept within floor and ceiling."""

    kind: Literal["multiplier"]
    name: str
    node: str
    when: Annotated[tuple[Condition, ...], Field(min_length=1)]
    factor: Positive
    floor: float | None = None
    ceiling: float | None = None

    @model_validator(mode="after")
    def _rising(self) -> Multiplier:
        if self.floor is not None and self.ceiling is not None and self.floor > self.ceiling:
            raise ValueError("`floor` is above `ceiling`")
        return self


Rule = Annotated[Veto | Deduction | Multiplier, Field(discriminator="kind")]


class Adjust(Part):
    """After aggregation, lower nodes first; at one node multipliers, then deductions, then vetoes; its parents follow.

    total: at most so many points off one node by all its deductions together. lowest: no deduction takes a score below.
    """

    rules: tuple[Rule, ...] = ()
    total: dict[str, Positive] = {}
    lowest: float | None = None

    @model_validator(mode="after")
    def _used(self) -> Adjust:
        if not any(isinstance(rule, Deduction) for rule in self.rules):
            used_only(self, "with a deduction", "lowest")
        return self


Deduction.model_rebuild()
