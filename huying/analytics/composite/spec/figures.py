"""Settings of what makes figures comparable and whole: denominators to outliers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from huying.analytics.composite.spec.base import Part, Positive, Scope, Share, used_only


class Denominate(Part):
    """by: indicator → denominator column, in place of the metadata's; "" for none. scale: result per so many (10000)."""

    enabled: bool = True
    by: dict[str, str] = {}
    scale: dict[str, Positive] = {}

    @model_validator(mode="after")
    def _used(self) -> Denominate:
        if not self.enabled:
            used_only(self, "with `enabled: true`", "by", "scale")
        return self


class SmallNumbers(Part):
    """Rates on few. minimum_n: below this denominator a rate is marked and its indicator's rank left out.

    shrink: indicators that are counts over a denominator, drawn toward the mean rate of `toward` ("all", or a group column; a
    unit of no known group keeps its own rate).
    """

    minimum_n: Positive | None = None
    shrink: tuple[str, ...] = ()
    toward: str = "all"

    @model_validator(mode="after")
    def _used(self) -> SmallNumbers:
        if not self.shrink:
            used_only(self, "with `shrink`", "toward")
        return self


class Screen(Part):
    """Which units are left out for lack of data, before anything is imputed."""

    by: Literal["missing", "zeros", "both", "none"] = "missing"
    minimum_available: Share = 2 / 3
    minimum_nonzero: Share = 0.05
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _used(self) -> Screen:
        if self.by not in ("missing", "both"):
            used_only(self, "with `by: missing` or `both`", "minimum_available")
        if self.by not in ("zeros", "both"):
            used_only(self, "with `by: zeros` or `both`", "minimum_nonzero")
        if self.by == "none":
            used_only(self, "where others are screened out", "include")
        return self


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
        if self.first is None:
            used_only(self, "with `first`", "limits", "combine", "when")
        if self.then is None:
            used_only(self, "with `then`", "combine")
        if self.when == "always" and isinstance(self.first, Winsorise) and self.first.max_points is None:
            raise ValueError("`when: always` with unbounded winsorising would never stop: give max_points")
        return self


UNTREATED = Treatment(first=None, then=None)


def _untreated(given: object) -> object:
    return UNTREATED if given == "none" else given


Treated = Annotated[Treatment, BeforeValidator(_untreated)]


class Treat(Part):
    """`none` in place of a treatment leaves the column as it is; what an indicator's own leaves out is as in the default."""

    default: Treated = Treatment()
    indicators: dict[str, Treated] = {}
    scope: Scope = "per_period"

    @model_validator(mode="before")
    @classmethod
    def _inherited(cls, given: object) -> object:
        if not isinstance(given, Mapping) or not isinstance(default := given.get("default"), Mapping):
            return given
        own = given.get("indicators")
        if not isinstance(own, Mapping):
            return given
        merged = {code: _over(default, one) if isinstance(one, Mapping) else one for code, one in own.items()}
        return {**given, "indicators": merged}


def _over(default: Mapping[str, object], own: Mapping[str, object]) -> Mapping[str, object]:
    """An indicator's own treatment, and of the default what still has an effect beside it."""
    without = {"first": set(default), "then": {"combine"}}
    idle = {name for step, names in without.items() if own.get(step, ...) is None for name in names}
    return {**{name: said for name, said in default.items() if name not in idle}, **own}
