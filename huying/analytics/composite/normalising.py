"""Indicators of many units of measure → one scale on which more is better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from huying.analytics.composite.framework import Framework, Node
from huying.analytics.composite.ranking import ranks
from huying.analytics.composite.spec import (
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
from huying.analytics.composite.statistics import extremes
from huying.analytics.composite.tables import Flags, Floats, Table
from huying.kernel.errors import InvalidInput

UNBOUNDED = (-np.inf, np.inf)


@dataclass(frozen=True)
class Scale:
    """score = (direction·x − origin) / span · factor + shift, then kept within low … high.

    With span 0 every figure gets `shift` (a column of one value). ties: for the ordinal methods, which look at the order alone.
    "lowest_over" (fraction_of_max where less is better) is origin / x · factor.
    """

    method: str
    direction: int
    origin: float = 0.0
    span: float = 1.0
    factor: float = 1.0
    shift: float = 0.0
    low: float = -np.inf
    high: float = np.inf
    ties: str = ""


@dataclass(frozen=True, eq=False)
class Normalised:
    """scales: (period or "", indicator) → what turned its figures into scores. clipped, constant: cells that a bound or a lack of
    spread decided."""

    table: Table
    scales: Mapping[tuple[str, str], Scale]
    clipped: Flags
    constant: Flags


def check(settings: Normalise, framework: Framework) -> None:
    """Raises InvalidInput for an override of an indicator that does not exist."""
    unknown = sorted(set(settings.indicators) - set(framework.indicators))
    if unknown:
        raise InvalidInput(
            f"normalise.indicators.{unknown[0]}: there is no such indicator", cure="name an iCode of Level 1"
        )


def normalise(table: Table, framework: Framework, settings: Normalise) -> Normalised:
    """Scores of every indicator of `table`; NaN stays NaN. Raises InvalidInput where a method cannot be used on a column."""
    check(settings, framework)
    base = _base(table, settings)
    parts = table.periods if settings.scope == "per_period" else {"": slice(None)}
    values = np.empty(table.values.shape, order="F")
    clipped = np.zeros(values.shape, dtype=bool, order="F")
    constant = np.zeros(values.shape, dtype=bool, order="F")
    scales: dict[tuple[str, str], Scale] = {}
    for time, rows in parts.items():
        on = replace(table, units=table.units[rows], times=table.times[rows], values=table.values[rows])
        found = scales_of(on if settings.scope == "per_period" else base, framework, settings)
        if (wrong := beyond(on.values, found)) is not None:
            row, place = wrong
            raise _unusable(
                framework.by_code[table.columns[place]],
                "fraction_of_max",
                f"{on.units[row]} has {on.values[row, place]:g}, and the best is divided by it",
                "choose min_max or distance_to_max for it",
            )
        scales |= {(time, code): scale for code, scale in zip(table.columns, found, strict=True)}
        values[rows], clipped[rows], constant[rows] = apply(table.values[rows], found)
    return Normalised(table.with_values(values), scales, clipped, constant)


def _base(table: Table, settings: Normalise) -> Table:
    if settings.base_period is None:
        return table
    rows = table.periods.get(settings.base_period)
    if rows is None:
        raise InvalidInput(
            f"normalise.base_period: there are no data for {settings.base_period!r}",
            cure=f"name one of {', '.join(table.periods) or 'the periods of the data'}",
        )
    return replace(table, units=table.units[rows], times=table.times[rows], values=table.values[rows])


def scales_of(base: Table, framework: Framework, settings: Normalise) -> list[Scale]:
    """The scale of each column of `base`, set by its figures and the settings."""
    return _Scaling(base, framework, settings).all()


def beyond(values: Floats, scales: Sequence[Scale]) -> tuple[int, int] | None:
    """Row and column of a figure that its scale has no score for: 0 or less under "lowest_over". None where there is none."""
    for place, scale in enumerate(scales):
        if scale.method == "lowest_over" and (wrong := values[:, place] <= 0).any():
            return int(np.flatnonzero(wrong)[0]), place
    return None


def apply(values: Floats, scales: Sequence[Scale], out: Floats | None = None) -> tuple[Floats, Flags, Flags]:
    """Scores (in `out` where given), which of them a bound decided, which a lack of spread."""
    linear = ("direction", "origin", "span", "factor", "shift", "low", "high")
    direction, origin, span, factor, shift, low, high = (
        np.array([getattr(scale, name) for scale in scales], dtype=float) for name in linear
    )
    flat = span == 0
    scores = out if out is not None else np.empty(values.shape, order="F")
    np.multiply(values, direction, out=scores)
    scores -= origin
    scores /= np.where(flat, 1.0, span)
    scores *= factor
    scores += shift
    clipped = np.zeros(values.shape, dtype=bool, order="F")
    for place in np.flatnonzero((low > -np.inf) | (high < np.inf)).tolist():
        clipped[:, place] = (scores[:, place] < low[place]) | (scores[:, place] > high[place])
        np.clip(scores[:, place], low[place], high[place], out=scores[:, place])
    constant = np.zeros(values.shape, dtype=bool, order="F")
    for place in np.flatnonzero(flat).tolist():
        known = ~np.isnan(values[:, place])
        scores[known, place] = shift[place]
        constant[known, place] = True
    for place, scale in enumerate(scales):
        if scale.method == "lowest_over":
            scores[:, place] = scale.origin / values[:, place] * scale.factor
        elif scale.ties:
            scores[:, place] = _ordinal(values[:, place] * scale.direction, scale)
    return scores, clipped, constant


def _ordinal(column: Floats, scale: Scale) -> Floats:
    found = ranks(column, ties=scale.ties)
    if scale.method == "rank":
        return found
    n = int(np.count_nonzero(~np.isnan(column)))
    return found - 1 if scale.method == "borda" else (found - 1) / max(n - 1, 1)


@dataclass(frozen=True)
class _Scaling:
    """Finds the scales of one table's columns."""

    base: Table
    framework: Framework
    settings: Normalise

    def all(self) -> list[Scale]:
        low, high = extremes(self.base.values)
        return [
            self._one(place, self.framework.by_code[code], float(low[place]), float(high[place]))
            for place, code in enumerate(self.base.columns)
        ]

    def _one(self, place: int, node: Node, low: float, high: float) -> Scale:
        chosen: Normalisation = self.settings.indicators.get(node.code, self.settings.default)
        if low != low and not isinstance(chosen, FixedBounds | Efficacy | AsIs):
            return Scale(chosen.method, node.direction)  # no figures: unknown stays unknown on any scale
        worst, best = (low, high) if node.direction == 1 else (-high, -low)
        match chosen:
            case Relative():
                lower, upper = chosen.range
                if worst == best:
                    return self._constant(node, chosen.method, (lower + upper) / 2)
                return Scale(chosen.method, node.direction, worst, best - worst, upper - lower, lower)
            case ZScore():
                if worst == best:
                    return self._constant(node, chosen.method, chosen.mean)
                column = self.base.values[:, place]
                column = column[~np.isnan(column)] * node.direction
                return Scale(
                    chosen.method,
                    node.direction,
                    float(column.mean()),
                    float(column.std(ddof=1)),
                    chosen.sd,
                    chosen.mean,
                )
            case FixedBounds():
                return self._goalposts(place, node, chosen)
            case Distance():
                return self._distance(node, chosen, worst, best)
            case DistanceToReference():
                return self._reference(place, node, chosen, worst)
            case DistanceToTarget():
                return self._target(node, chosen, worst)
            case Ordinal():
                if self.settings.base_period is not None:
                    raise _unusable(
                        node, chosen.method, "ranks of a base period cannot score others", "leave base_period out"
                    )
                if worst == best:
                    return self._constant(node, chosen.method, self._middle(place, chosen.method))
                return Scale(chosen.method, node.direction, ties=chosen.ties)
            case Efficacy():
                return self._efficacy(node, chosen, worst, best)
            case AsIs():
                return Scale(chosen.method, node.direction)

    def _constant(self, node: Node, method: str, middle: float) -> Scale:
        match self.settings.constant:
            case "middle":
                return Scale(method, node.direction, span=0.0, shift=middle)
            case "unknown":
                return Scale(method, node.direction, span=0.0, shift=np.nan)
            case _:
                raise _unusable(
                    node,
                    method,
                    "all its figures are the same, so that it tells no unit from another",
                    "take it out of the framework, give it fixed goalposts, or set normalise.constant to middle or unknown",
                )

    def _middle(self, place: int, method: str) -> float:
        """Of an order of as many as have a figure."""
        n = int(np.count_nonzero(~np.isnan(self.base.values[:, place])))
        return {"rank": (n + 1) / 2, "borda": (n - 1) / 2, "percentile_rank": 0.5}[method]

    def _goalposts(self, place: int, node: Node, chosen: FixedBounds) -> Scale:
        lower, upper = chosen.lower, chosen.upper
        if lower is None or upper is None:
            lower, upper = node.parameter("goalpost_lower"), node.parameter("goalpost_upper")
        if (lower is None) != (upper is None):
            raise _unusable(
                node, "goalposts", "the metadata gives only one of goalpost_lower and goalpost_upper", "give both"
            )
        if lower is None or upper is None:
            if chosen.quantiles is None:
                raise _unusable(
                    node,
                    "goalposts",
                    "no bounds are given",
                    "give lower and upper, or quantiles, or goalpost_lower and goalpost_upper in the metadata",
                )
            column = self.base.values[:, place]
            column = column[~np.isnan(column)]
            if not column.size:
                return Scale(chosen.method, node.direction)
            lower, upper = map(float, np.quantile(column, chosen.quantiles))
            if lower == upper and column.min() < column.max() and self.settings.constant == "error":
                raise _unusable(
                    node,
                    "goalposts",
                    f"so many of its figures are {lower:g} that both quantiles are",
                    "set quantiles further apart, give lower and upper, or set normalise.constant to middle or unknown",
                )
            if lower == upper:
                return self._constant(node, chosen.method, chosen.scale / 2)
        if not lower < upper:
            raise _unusable(
                node, "goalposts", f"goalpost_lower {lower:g} is not below goalpost_upper {upper:g}", "mend the two"
            )
        origin = lower if node.direction == 1 else -upper
        bounds = (0.0, chosen.scale) if chosen.truncate else UNBOUNDED
        return Scale(chosen.method, node.direction, origin, upper - lower, chosen.scale, 0.0, *bounds)

    def _distance(self, node: Node, chosen: Distance, worst: float, best: float) -> Scale:
        if chosen.method == "distance_to_max":
            if worst == best:
                return self._constant(node, chosen.method, chosen.scale / 2)
            return Scale(chosen.method, node.direction, worst, best - worst, chosen.scale)
        smallest = worst if node.direction == 1 else -best
        if smallest < 0 or abs(best) == 0:
            raise _unusable(
                node,
                chosen.method,
                "a fraction needs figures of 0 and above, and a best that is not 0",
                "choose min_max or distance_to_max for it",
            )
        if node.direction == 1:
            return Scale(chosen.method, 1, 0.0, best, chosen.scale)
        return Scale("lowest_over", -1, -best, factor=chosen.scale)

    def _reference(self, place: int, node: Node, chosen: DistanceToReference, worst: float) -> Scale:
        if chosen.unit not in self.base.units:
            raise _unusable(node, chosen.method, f"there is no unit {chosen.unit!r}", "name a uCode of the data")
        rows = [row for row, unit in enumerate(self.base.units) if unit == chosen.unit]
        if len(rows) > 1:
            raise _unusable(
                node,
                chosen.method,
                f"{chosen.unit} stands in {len(rows)} periods",
                "set scope per_period or a base_period",
            )
        at = float(self.base.values[rows[0], place]) * node.direction
        if at != at or at == worst:
            said = "has no figure" if at != at else "is itself the worst"
            raise _unusable(node, chosen.method, f"the reference {chosen.unit} {said}", "choose another unit or method")
        high = chosen.scale if chosen.cap else np.inf
        return Scale(chosen.method, node.direction, worst, at - worst, chosen.scale, 0.0, -np.inf, high)

    def _target(self, node: Node, chosen: DistanceToTarget, worst: float) -> Scale:
        target = chosen.target if chosen.target is not None else node.parameter("Target")
        if target is None:
            raise _unusable(node, chosen.method, "there is no target", "give `target`, or Target in the metadata")
        if target * node.direction <= worst:
            raise _unusable(
                node,
                chosen.method,
                f"its target {target:g} is no better than its worst figure",
                "set a target still ahead, or score it by fixed goalposts",
            )
        high = chosen.scale if chosen.cap else np.inf
        return Scale(
            chosen.method, node.direction, worst, target * node.direction - worst, chosen.scale, 0.0, -np.inf, high
        )

    def _efficacy(self, node: Node, chosen: Efficacy, worst: float, best: float) -> Scale:
        good, bad = chosen.satisfactory, chosen.intolerable
        if good is None or bad is None:
            good, bad = node.parameter("satisfactory"), node.parameter("intolerable")
        if (good is None) != (bad is None):
            raise _unusable(
                node, "efficacy", "the metadata gives only one of satisfactory and intolerable", "give both"
            )
        if good is None or bad is None:
            if worst != worst:
                return Scale(chosen.method, node.direction)
            if worst == best:
                return self._constant(node, chosen.method, 80.0)
            start, span = worst, best - worst
        else:
            start, span = bad * node.direction, (good - bad) * node.direction
            if span <= 0:
                raise _unusable(
                    node,
                    "efficacy",
                    f"satisfactory {good:g} is worse than intolerable {bad:g} in the direction {node.direction}",
                    "swap the two, or mend Direction",
                )
        bounds = (chosen.floor, 100.0) if chosen.clip else UNBOUNDED
        return Scale(chosen.method, node.direction, start, span, 40.0, 60.0, *bounds)


def _unusable(node: Node, method: str, why: str, cure: str) -> InvalidInput:
    return InvalidInput(f"normalise: {method} cannot be used on {node.code}: {why}", cure=cure)
