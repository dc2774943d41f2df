"""Settings of weights and of the means they go into."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from huying.analytics.composite.spec.base import Part, Positive, Share, used_only


class Ahp(Part):
    """comparisons: code → code → how much more the first matters (1/9 … 9). One value a pair; the reverse follows."""

    method: Literal["ahp"]
    parent: str
    comparisons: dict[str, dict[str, Positive]]
    maximum_ratio: Positive = 0.1


class FromData(Part):
    """entropy, critic, pca: weights of the children of each parent named, from the children's own figures."""

    method: Literal["entropy", "critic", "pca"]
    parents: Annotated[tuple[str, ...], Field(min_length=1)]


class Balanced(Part):
    """Weights under which the children's correlations with their parent stand as `importance` says; equal by default."""

    method: Literal["balanced"]
    parents: Annotated[tuple[str, ...], Field(min_length=1)]
    importance: dict[str, Positive] = {}


WeightMethod = Annotated[Ahp | FromData | Balanced, Field(discriminator="method")]


class Weights(Part):
    """use: original (the metadata's), equal, or the name of one of `sets`. A set names what differs from the metadata."""

    use: str = "original"
    sets: dict[str, dict[str, Annotated[float, Field(ge=0)]]] = {}
    methods: tuple[WeightMethod, ...] = ()


class Reweighted(Part):
    """missing: reweight over what is present, or leave the aggregate unknown. minimum_data: least share of children present."""

    minimum_data: Share = 0
    missing: Literal["reweight", "unknown"] = "reweight"

    @model_validator(mode="after")
    def _used(self) -> Self:
        if self.missing == "unknown":
            used_only(self, "with `missing: reweight`, as every child must be there", "minimum_data")
        return self


class Mean(Reweighted):
    method: Literal["arithmetic", "geometric", "harmonic"]


class Power(Reweighted):
    method: Literal["power"]
    exponent: float

    @model_validator(mode="after")
    def _not_zero(self) -> Power:
        if self.exponent == 0:
            raise ValueError("the power mean of exponent 0 is the geometric mean: write `method: geometric`")
        return self


class Copeland(Part):
    """For each other unit +1 where this one is ahead on more weight, −1 where behind. Per period; its cost is units²."""

    method: Literal["copeland"]
    minimum_data: Share = 0


class MazziottaPareto(Reweighted):
    """Mean ∓ sd·cv over the children: unevenness is penalised. penalty: downward where more is better."""

    method: Literal["mazziotta_pareto"]
    penalty: Literal["downward", "upward"] = "downward"


Aggregation = Annotated[Mean | Power | Copeland | MazziottaPareto, Field(discriminator="method")]


class Aggregate(Part):
    """The nearest counts: a node's own, else its level's, else the default."""

    default: Aggregation = Mean(method="arithmetic")
    levels: dict[int, Aggregation] = {}
    nodes: dict[str, Aggregation] = {}

    def of(self, code: str, level: int) -> Aggregation:
        return self.nodes.get(code) or self.levels.get(level) or self.default
