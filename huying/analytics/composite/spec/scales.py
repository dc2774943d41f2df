"""Settings of the scales that bring figures onto one range."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from huying.analytics.composite.spec.base import Pair, Part, Positive, Scope, Share


class Relative(Part):
    """Methods that look at the column alone. range: what the lowest and the highest get (min_max)."""

    method: Literal["min_max"]
    range: Pair = (0, 100)

    @model_validator(mode="after")
    def _rising(self) -> Relative:
        if not self.range[0] < self.range[1]:
            raise ValueError("`range` must rise")
        return self


class FixedBounds(Part):
    """goalposts: lower → 0, upper → scale, in the indicator's own unit, clipped unless truncate is false.

    From here, else from the metadata's goalpost_lower/_upper, else quantiles of the column where these are given.
    """

    method: Literal["goalposts"]
    lower: float | None = None
    upper: float | None = None
    quantiles: tuple[Share, Share] | None = None
    scale: Positive = 100
    truncate: bool = True

    @model_validator(mode="after")
    def _whole(self) -> FixedBounds:
        if (self.lower is None) != (self.upper is None):
            raise ValueError("give both `lower` and `upper`, or neither")
        if self.lower is not None and self.upper is not None and not self.lower < self.upper:
            raise ValueError("`lower` must be below `upper`; the direction turns them, not their order")
        if self.lower is not None and self.quantiles is not None:
            raise ValueError("`quantiles` beside `lower` and `upper`: keep one of the two")
        if self.quantiles is not None and not self.quantiles[0] < self.quantiles[1]:
            raise ValueError("`quantiles` must rise")
        return self


class ZScore(Part):
    method: Literal["z_score"]
    mean: float = 0
    sd: Positive = 1


class Distance(Part):
    """distance_to_max: 0 at the worst, 1 at the best."""

    method: Literal["distance_to_max", "fraction_of_max"]
    scale: Positive = 1


class DistanceToReference(Part):
    """unit: the uCode that gets 1. cap: nobody gets more."""

    method: Literal["distance_to_reference"]
    unit: str
    cap: bool = False
    scale: Positive = 1


class DistanceToTarget(Part):
    """target: in the indicator's own unit; by default the metadata's Target. cap: nobody gets more than 1."""

    method: Literal["distance_to_target"]
    target: float | None = None
    cap: bool = False
    scale: Positive = 1


class Ordinal(Part):
    """rank: the worst is 1. borda: the worst is 0. percentile_rank: from 0 to 1."""

    method: Literal["rank", "borda", "percentile_rank"]
    ties: Literal["min", "average", "max"] = "min"


class Efficacy(Part):
    """功效函数: intolerable → 60, satisfactory → 100. Bounds from here, the metadata, or the column's worst and best.

    clip: no score below floor or above 100; floor only with clip.
    """

    method: Literal["efficacy"]
    satisfactory: float | None = None
    intolerable: float | None = None
    clip: bool = False
    floor: Annotated[float, Field(ge=0, le=60)] = 60

    @model_validator(mode="after")
    def _whole(self) -> Efficacy:
        if (self.satisfactory is None) != (self.intolerable is None):
            raise ValueError("give both `satisfactory` and `intolerable`, or neither")
        if self.satisfactory is not None and self.satisfactory == self.intolerable:
            raise ValueError("`satisfactory` and `intolerable` are the same")
        if self.floor != 60 and not self.clip:
            raise ValueError("`floor` is only used with `clip: true`")
        return self


class AsIs(Part):
    """Only the direction is applied."""

    method: Literal["none"]


Normalisation = Annotated[
    Relative | FixedBounds | ZScore | Distance | DistanceToReference | DistanceToTarget | Ordinal | Efficacy | AsIs,
    Field(discriminator="method"),
]


class Normalise(Part):
    """scope: one scale over all periods, or each period its own. base_period: the period whose data set the scale.

    constant: what a column of one single value becomes where its method needs a spread: an error, the middle, or unknown.
    """

    default: Normalisation = Relative(method="min_max")
    indicators: dict[str, Normalisation] = {}
    scope: Scope = "global"
    base_period: str | None = None
    constant: Literal["error", "middle", "unknown"] = "error"

    @model_validator(mode="after")
    def _used(self) -> Normalise:
        if self.base_period is not None and self.scope == "per_period":
            raise ValueError("`base_period` is for `scope: global`: with per_period each period is its own base")
        return self
