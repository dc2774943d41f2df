"""What is done at each step, as data: read from YAML, checked whole, nothing in it ever ignored.

A key that no step knows, a method that does not exist, a setting that the chosen method does not use: an error with its place.
docs/howto/compute-an-index.md is the reference.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from huying.analytics.composite.spec.base import Pair, Part, Positive, Scope, Share, used_only
from huying.analytics.composite.spec.figures import (
    UNTREATED,
    BoxCox,
    Denominate,
    Impute,
    ImputeColumn,
    ImputeGroup,
    ImputeNone,
    ImputePanel,
    ImputePillar,
    Limits,
    Log,
    Screen,
    SmallNumbers,
    Step,
    Treat,
    Treated,
    Treatment,
    Winsorise,
)
from huying.analytics.composite.spec.rules import Adjust, Band, Condition, Deduction, Multiplied, Multiplier, Rule, Veto
from huying.analytics.composite.spec.scales import (
    AsIs,
    Distance,
    DistanceToReference,
    DistanceToTarget,
    Efficacy,
    FixedBounds,
    Normalisation,
    Normalise,
    Ordinal,
    Relative,
    ZScore,
)
from huying.analytics.composite.spec.weights import (
    Aggregate,
    Aggregation,
    Ahp,
    Balanced,
    Copeland,
    FromData,
    MazziottaPareto,
    Mean,
    Power,
    WeightMethod,
    Weights,
)


class Results(Part):
    """groups: columns within which is ranked as well. strengths: how many best and worst indicators are named per unit."""

    groups: tuple[str, ...] = ()
    strengths: Annotated[int, Field(ge=0)] = 5


class Analysis(Part):
    """What is written beside the results. remove: levels whose nodes are taken out one by one; left out, level 2."""

    statistics: bool = True
    correlations: Literal["pearson", "spearman", "kendall", "none"] = "pearson"
    reliability: bool = True
    remove: tuple[Annotated[int, Field(ge=1)], ...] | None = None
    alternatives: bool = True


class Vary(Part):
    """One thing that is uncertain: a setting by its path with the values it may have, or the weights by a share of noise."""

    setting: str | None = None
    values: tuple[Any, ...] = ()
    weights: Share | None = None
    levels: tuple[Annotated[int, Field(ge=1)], ...] = ()

    @model_validator(mode="after")
    def _one(self) -> Vary:
        if (self.setting is None) == (self.weights is None):
            raise ValueError("give either `setting` with `values`, or `weights` with `levels`")
        if self.setting is not None and (len(self.values) < 2 or self.levels):
            raise ValueError("`setting` takes at least two `values`, and no `levels`")
        if self.weights is not None and (self.values or not self.levels):
            raise ValueError("`weights` takes `levels`, and no `values`")
        return self

    @property
    def name(self) -> str:
        return self.setting or f"weights of level {', '.join(map(str, self.levels))}"


class Uncertainty(Part):
    """runs: random draws; for sobol the base sample N of N·(factors + 2) runs. The seed is written with the results."""

    runs: Annotated[int, Field(ge=3, le=100_000)] = 100
    seed: Annotated[int, Field(ge=0)] = 1
    vary: Annotated[tuple[Vary, ...], Field(min_length=1)]
    sobol: bool = False
    bootstrap: Annotated[int, Field(ge=0)] = 100

    @model_validator(mode="after")
    def _two(self) -> Uncertainty:
        if not self.sobol:
            used_only(self, "with `sobol: true`", "bootstrap")
        if self.sobol and len(self.vary) < 2:
            raise ValueError("sobol indices share the variance among at least two entries of `vary`")
        return self


class Spec(Part):
    """The whole; every part may be left out.

    impute: left out, the mean of the unit's group in the metadata's last column of Type Group; nothing where it names none.
    """

    denominate: Denominate = Denominate()
    small_numbers: SmallNumbers = SmallNumbers()
    screen: Screen = Screen()
    impute: Impute | None = None
    treat: Treat = Treat()
    normalise: Normalise = Normalise()
    weights: Weights = Weights()
    aggregate: Aggregate = Aggregate()
    adjust: Adjust = Adjust()
    results: Results = Results()
    analysis: Analysis = Analysis()
    uncertainty: Uncertainty | None = None


__all__ = [
    "UNTREATED",
    "Adjust",
    "Aggregate",
    "Aggregation",
    "Ahp",
    "Analysis",
    "AsIs",
    "Balanced",
    "Band",
    "BoxCox",
    "Condition",
    "Copeland",
    "Deduction",
    "Denominate",
    "Distance",
    "DistanceToReference",
    "DistanceToTarget",
    "Efficacy",
    "FixedBounds",
    "FromData",
    "Impute",
    "ImputeColumn",
    "ImputeGroup",
    "ImputeNone",
    "ImputePanel",
    "ImputePillar",
    "Limits",
    "Log",
    "MazziottaPareto",
    "Mean",
    "Multiplied",
    "Multiplier",
    "Normalisation",
    "Normalise",
    "Ordinal",
    "Pair",
    "Part",
    "Positive",
    "Power",
    "Relative",
    "Results",
    "Rule",
    "Scope",
    "Screen",
    "Share",
    "SmallNumbers",
    "Spec",
    "Step",
    "Treat",
    "Treated",
    "Treatment",
    "Uncertainty",
    "Vary",
    "Veto",
    "WeightMethod",
    "Weights",
    "Winsorise",
    "ZScore",
]
