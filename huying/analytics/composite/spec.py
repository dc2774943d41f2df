"""What is done at each step, as data: read from YAML, checked whole, nothing in it ever ignored.

A key that no step knows, a method that does not exist, a setting that the chosen method does not use: an error with its place.
docs/howto/compute-an-index.md is the reference.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Scope = Literal["global", "per_period"]
Pair = tuple[float, float]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)


class Denominate(Part):
    """by: indicator → denominator column, in place of the metadata's; "" for none. scale: result per so many (10000)."""

    enabled: bool = True
    by: dict[str, str] = {}
    scale: dict[str, Positive] = {}


class SmallNumbers(Part):
    """Rates on few. minimum_n: below this denominator a rate is marked and its indicator's rank left out.

    shrink: indicators that are counts over a denominator, drawn toward the mean rate of `toward` ("all", or a group column).
    """

    minimum_n: Positive | None = None
    shrink: tuple[str, ...] = ()
    toward: str = "all"


class Screen(Part):
    """Which units are left out for lack of data, before anything is imputed."""

    by: Literal["missing", "zeros", "both", "none"] = "missing"
    minimum_available: Share = 2 / 3
    minimum_nonzero: Share = 0.05
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class ImputeNone(Part):
    method: Literal["none"]


class ImputeColumn(Part):
    method: Literal["mean", "median"]


class ImputeGroup(Part):
    """group: a column of Type Group; by default the last that the metadata names."""

    method: Literal["group_mean", "group_median"]
    group: str
    otherwise: Literal["leave", "all"] = "leave"


class ImputePillar(Part):
    """From the unit's other indicators under the same aggregate of `level`, on a common scale."""

    method: Literal["pillar_mean", "pillar_median"]
    level: Annotated[int, Field(ge=2)] = 2


class ImputePanel(Part):
    """From the unit's own other periods. maximum_age: how many periods back (and forth, for linear) may be looked."""

    method: Literal["latest", "linear"]
    maximum_age: Annotated[int, Field(ge=1)] | None = None
    ends: Literal["leave", "nearest"] = "leave"

    @model_validator(mode="after")
    def _used(self) -> ImputePanel:
        if self.method == "latest" and self.ends != "leave":
            raise ValueError("`ends` belongs to the method linear: latest never looks ahead")
        return self


Impute = Annotated[ImputeNone | ImputeColumn | ImputeGroup | ImputePillar | ImputePanel, Field(discriminator="method")]


class Winsorise(Part):
    """The farthest point is drawn to the next until the limits are kept, for at most max_points points (null: no bound)."""

    method: Literal["winsorise"]
    max_points: Annotated[int, Field(ge=1)] | None = 5


class Log(Part):
    """log_ct: log(x − min + range/100). log_ct_plus: the same from whichever side is skewed. log_shift: log(x − min + 1).
    log_gii: log of x brought to 1 … max."""

    method: Literal["log_ct", "log_ct_plus", "log_shift", "log_gii"]


class BoxCox(Part):
    """power: the exponent λ, or auto for the one of highest likelihood. The column is first shifted to begin at 1."""

    method: Literal["box_cox"]
    power: float | Literal["auto"] = "auto"


Step = Annotated[Winsorise | Log | BoxCox, Field(discriminator="method")]


class Limits(Part):
    """A column is an outlier's when |skewness| ≥ skew and kurtosis ≥ kurtosis (type 2 of both, as in e1071)."""

    skew: Positive = 2
    kurtosis: float = 3.5


class Treatment(Part):
    """first, and where that did not bring the column within the limits, `then`, on what `first` left when combine."""

    first: Step | None = Winsorise(method="winsorise")
    then: Step | None = Log(method="log_ct")
    limits: Limits = Limits()
    combine: bool = False
    when: Literal["outliers", "always"] = "outliers"

    @model_validator(mode="after")
    def _used(self) -> Treatment:
        if self.first is None and self.then is not None:
            raise ValueError("`then` without `first`: name the only step as `first`, and `then: null`")
        if self.when == "always" and isinstance(self.first, Winsorise) and self.first.max_points is None:
            raise ValueError("`when: always` with unbounded winsorising would never stop: give max_points")
        return self


UNTREATED = Treatment(first=None, then=None)


def _untreated(given: object) -> object:
    return UNTREATED if given == "none" else given


Treated = Annotated[Treatment, BeforeValidator(_untreated)]


class Treat(Part):
    """`none` in place of a treatment leaves the column as it is."""

    default: Treated = Treatment()
    indicators: dict[str, Treated] = {}
    scope: Scope = "per_period"


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


class Ahp(Part):
    """comparisons: code → code → how much more the first matters (1/9 … 9). One value a pair; the reverse follows."""

    method: Literal["ahp"]
    parent: str
    comparisons: dict[str, dict[str, Positive]]
    maximum_ratio: Positive = 0.1


class FromData(Part):
    """entropy, critic, pca: weights of the children of each parent named, from the children's own figures."""

    method: Literal["entropy", "critic", "pca"]
    parents: tuple[str, ...]


class Balanced(Part):
    """Weights under which the children's correlations with their parent stand as `importance` says; equal by default."""

    method: Literal["balanced"]
    parents: tuple[str, ...]
    importance: dict[str, Positive] = {}


WeightMethod = Annotated[Ahp | FromData | Balanced, Field(discriminator="method")]


class Weights(Part):
    """use: original (the metadata's), equal, or the name of one of `sets`. A set names what differs from the metadata."""

    use: str = "original"
    sets: dict[str, dict[str, Annotated[float, Field(ge=0)]]] = {}
    methods: tuple[WeightMethod, ...] = ()


class Mean(Part):
    """missing: reweight over what is present, or leave the aggregate unknown. minimum_data: least share of children present."""

    method: Literal["arithmetic", "geometric", "harmonic"]
    minimum_data: Share = 0
    missing: Literal["reweight", "unknown"] = "reweight"


class Power(Part):
    method: Literal["power"]
    exponent: float
    minimum_data: Share = 0
    missing: Literal["reweight", "unknown"] = "reweight"

    @model_validator(mode="after")
    def _not_zero(self) -> Power:
        if self.exponent == 0:
            raise ValueError("the power mean of exponent 0 is the geometric mean: write `method: geometric`")
        return self


class Copeland(Part):
    """For each other unit +1 where this one is ahead on more weight, −1 where behind. Per period; its cost is units²."""

    method: Literal["copeland"]
    minimum_data: Share = 0


class MazziottaPareto(Part):
    """Mean ∓ sd·cv over the children: unevenness is penalised. penalty: downward where more is better."""

    method: Literal["mazziotta_pareto"]
    penalty: Literal["downward", "upward"] = "downward"
    minimum_data: Share = 0
    missing: Literal["reweight", "unknown"] = "reweight"


Aggregation = Annotated[Mean | Power | Copeland | MazziottaPareto, Field(discriminator="method")]


class Aggregate(Part):
    """The nearest counts: a node's own, else its level's, else the default."""

    default: Aggregation = Mean(method="arithmetic")
    levels: dict[int, Aggregation] = {}
    nodes: dict[str, Aggregation] = {}

    def of(self, code: str, level: int) -> Aggregation:
        return self.nodes.get(code) or self.levels.get(level) or self.default


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
    """points a case, for a value from `from` up to `to` (both included; `to: null` has no end)."""

    from_: float = Field(alias="from")
    to: float | None = None
    points: float
    each: bool = False


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


Rule = Annotated[Veto | Deduction | Multiplier, Field(discriminator="kind")]


class Adjust(Part):
    """After aggregation, lower nodes first; at one node multipliers, then deductions, then vetoes; its parents follow.

    total: at most so many points off one node by all its deductions together. lowest: no deduction takes a score below.
    """

    rules: tuple[Rule, ...] = ()
    total: dict[str, Positive] = {}
    lowest: float | None = None


class Results(Part):
    """groups: columns within which is ranked as well. strengths: how many best and worst indicators are named per unit."""

    groups: tuple[str, ...] = ()
    strengths: Annotated[int, Field(ge=0)] = 5


class Analysis(Part):
    """What is written beside the results. remove: levels whose nodes are taken out one by one."""

    statistics: bool = True
    correlations: Literal["pearson", "spearman", "kendall", "none"] = "pearson"
    reliability: bool = True
    remove: tuple[Annotated[int, Field(ge=1)], ...] = (2,)
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


Deduction.model_rebuild()
