"""From what was delivered to comparable figures: denominators, few cases, screening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from huying.analytics.composite.framework import Framework
from huying.analytics.composite.reading import Data
from huying.analytics.composite.spec import Denominate, Screen, SmallNumbers
from huying.analytics.composite.tables import Flags, Floats, Table
from huying.kernel.errors import InvalidInput


def denominators(framework: Framework, settings: Denominate) -> dict[str, tuple[str, float]]:
    """Indicator → its denominator's column and the factor (10,000 for "per 10,000"), for those that have one.

    Raises InvalidInput for a setting that names what does not exist.
    """
    chosen = {node.code: node.denominator for node in framework.nodes if node.level == 1 and node.denominator}
    for code, denominator in settings.by.items():
        if code not in framework.indicators:
            raise InvalidInput(f"denominate.by.{code}: there is no such indicator", cure="name an iCode of Level 1")
        if denominator and denominator not in framework.denominators:
            raise InvalidInput(
                f"denominate.by.{code}: there is no denominator {denominator!r}",
                cure=f"name one of {', '.join(framework.denominators) or '(the metadata has none)'}",
            )
        chosen[code] = denominator
    chosen = {code: denominator for code, denominator in chosen.items() if denominator} if settings.enabled else {}
    idle = [f"denominate.scale.{code}: {code}" for code in settings.scale if code not in chosen]
    if settings.enabled:
        idle += [
            f"ScaleFactor of {node.code}: it"
            for node in framework.nodes
            if node.parameter("ScaleFactor") is not None and node.code not in chosen and node.code not in settings.by
        ]
    if idle:
        raise InvalidInput(
            f"{idle[0]} is divided by nothing, so nothing is scaled",
            cure="give it a denominator, or take the scale out",
        )
    return {
        code: (
            denominator,
            settings.scale.get(code) or framework.by_code[code].parameter("ScaleFactor") or 1.0,
        )
        for code, denominator in chosen.items()
    }


def denominate(data: Data, by: Mapping[str, tuple[str, float]]) -> Table:
    """Each indicator over its denominator, times its factor; unknown where either is.

    Raises InvalidInput for a denominator that is zero or negative where the indicator has a figure.
    """
    if not by:
        return data.raw
    values = data.raw.values.copy(order="F")
    for code, (denominator, factor) in by.items():
        over = data.denominators[denominator]
        figures = data.raw.column(code)
        with np.errstate(invalid="ignore"):
            wrong = (over <= 0) & ~np.isnan(figures)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise InvalidInput(
                f"{denominator} of {data.raw.units[row]} is {over[row]:g}, and {code} is divided by it",
                cure="mend the figure, or leave it blank where it is not known",
            )
        with np.errstate(divide="ignore", invalid="ignore"):
            # One division, as the reference has it: the factor goes into the denominator.
            values[:, data.raw.place[code]] = figures / (over / factor)
    return data.raw.with_values(values)


def few(data: Data, by: Mapping[str, tuple[str, float]], minimum: float | None) -> Flags:
    """Cells whose denominator is below the minimum, of the shape of the raw figures."""
    found = np.zeros(data.raw.values.shape, dtype=bool, order="F")
    if minimum is None:
        return found
    if not by:
        raise InvalidInput(
            "small_numbers.minimum_n is set, but no indicator has a denominator",
            cure="name denominators in the metadata or under denominate.by, or take minimum_n out",
        )
    for code, (denominator, _) in by.items():
        with np.errstate(invalid="ignore"):
            found[:, data.raw.place[code]] = data.denominators[denominator] < minimum
    return found


def shrink(data: Data, rates: Table, by: Mapping[str, tuple[str, float]], settings: SmallNumbers) -> Table:
    """Rates on few cases drawn toward the rate of the whole (or of the group): global empirical Bayes after Marshall 1991.

    With m = Σcases/Σdenominators and s² the weighted variance of the rates, a = max(0, s² − m/mean denominator); a place of
    denominator n keeps a/(a + m/n) of its own rate. Where the spread is no more than chance, every place gets m.
    """
    if not settings.shrink:
        return rates
    values = rates.values.copy(order="F")
    labels = _labels(data, settings.toward)
    for code in settings.shrink:
        if code not in by:
            raise InvalidInput(
                f"small_numbers.shrink: {code} is no indicator with a denominator",
                cure="shrinking needs cases over a number: give it a denominator, or take it out of the list",
            )
        denominator, factor = by[code]
        cases, over = data.raw.column(code), data.denominators[denominator] / factor
        if np.nanmin(cases, initial=0.0) < 0:
            raise InvalidInput(f"small_numbers.shrink: {code} has negative figures", cure="only counts can be shrunk")
        for label in sorted({(time, group) for time, group in labels if group}):
            rows = np.array([one == label for one in labels]) & ~np.isnan(cases) & ~np.isnan(over)
            if rows.sum() < 2:
                continue
            n, rate = over[rows], cases[rows] / over[rows]
            mean = float(cases[rows].sum() / n.sum())
            spread = float((n * (rate - mean) ** 2).sum() / n.sum())
            between = max(0.0, spread - mean / float(n.mean()))
            own = between / (between + mean / n) if mean > 0 else np.ones_like(n)
            values[rows, rates.place[code]] = mean + own * (rate - mean)
    return rates.with_values(values)


def _labels(data: Data, toward: str) -> list[tuple[str, str]]:
    """Per row the period and the group toward which is drawn; "" where that is not known."""
    if toward == "all":
        return [(time, "all") for time in data.raw.times]
    groups = group_of(data, toward, "small_numbers.toward")
    return list(zip(data.raw.times, groups, strict=True))


def group_of(data: Data, name: str, where: str) -> tuple[str, ...]:
    """A grouping by its name. Raises InvalidInput that names the setting and what there is."""
    if name not in data.groups:
        raise InvalidInput(
            f"{where}: there is no group {name!r}",
            cure=f"name one of {', '.join(data.groups) or '(the metadata names no column of Type Group)'}",
        )
    return data.groups[name]


@dataclass(frozen=True)
class Screened:
    """kept: rows that stay. reasons: for each row left out, why. available and nonzero: each row's shares."""

    kept: Flags
    available: Floats
    nonzero: Floats
    reasons: Mapping[int, str] = field(default_factory=dict)


def screen(table: Table, settings: Screen) -> Screened:
    """Which units have enough figures. Raises InvalidInput when none has, or a setting names a unit that is not there."""
    for place in ("include", "exclude"):
        unknown = sorted(set(getattr(settings, place)) - set(table.units))
        if unknown:
            raise InvalidInput(f"screen.{place}: there is no unit {', '.join(unknown)}", cure="name uCodes of the data")
    both = sorted(set(settings.include) & set(settings.exclude))
    if both:
        raise InvalidInput(f"screen: {', '.join(both)} is both included and excluded", cure="keep one of the two")
    present = ~np.isnan(table.values)
    n = present.sum(axis=1)
    available = n / table.values.shape[1]
    zeros = (table.values == 0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        nonzero = np.where(n > 0, 1 - zeros / n, 0.0)
    reasons: dict[int, str] = {}
    for row in range(len(table.units)):
        if table.units[row] in settings.exclude:
            reasons[row] = "excluded by name"
        elif table.units[row] in settings.include:
            continue
        elif settings.by in ("missing", "both") and available[row] < settings.minimum_available:
            reasons[row] = f"{n[row]} of {table.values.shape[1]} indicators available"
        elif settings.by in ("zeros", "both") and nonzero[row] < settings.minimum_nonzero:
            reasons[row] = f"{zeros[row]} of {n[row]} figures are zero"
    kept = np.ones(len(table.units), dtype=bool)
    kept[list(reasons)] = False
    if not kept.any():
        raise InvalidInput(
            f"no unit passes the screening ({next(iter(reasons.values()))})",
            cure="lower screen.minimum_available, or deliver more figures",
        )
    return Screened(kept, available, nonzero, reasons)
