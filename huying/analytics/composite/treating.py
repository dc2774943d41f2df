"""Outliers: drawn in until skewness and kurtosis are within limits, or the column transformed. Every touched cell is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from huying.analytics.composite.spec import BoxCox, Limits, Log, Treat, Treatment, Winsorise
from huying.analytics.composite.statistics import outlying, shape
from huying.analytics.composite.tables import Flags, Floats, Marks, Table
from huying.kernel.errors import InvalidInput

# What happened to a cell, as flags that add up.
HIGH, LOW, TRANSFORMED = 1, 2, 4


@dataclass(frozen=True)
class TreatmentRecord:
    """What was done to one column in one period.

    steps: methods in the order applied, with the power of Box-Cox. points: how many cells winsorising drew in. skew, kurtosis:
    before and after. within: whether the column is within the limits at the end.
    """

    time: str
    code: str
    steps: tuple[str, ...]
    points: int
    skew: tuple[float, float]
    kurtosis: tuple[float, float]
    within: bool


@dataclass(frozen=True, eq=False)
class Treated:
    table: Table
    marks: Marks
    log: tuple[TreatmentRecord, ...]


def treat(table: Table, settings: Treat) -> Treated:
    """Each column by its own treatment, else the default's; one period at a time unless the scope is global."""
    unknown = sorted(set(settings.indicators) - set(table.columns))
    if unknown:
        raise InvalidInput(
            f"treat.indicators.{unknown[0]}: there is no such indicator",
            cure="name an iCode of Level 1 in the metadata",
        )
    values = table.values.copy(order="F")
    marks: Marks = np.zeros(values.shape, dtype=np.uint8, order="F")
    log: list[TreatmentRecord] = []
    parts: Mapping[str, slice] = table.periods if settings.scope == "per_period" else {"": slice(None)}
    for time, rows in parts.items():
        block = values[rows]
        out_by: dict[Limits, Flags] = {}
        for place, code in enumerate(table.columns):
            chosen = settings.indicators.get(code, settings.default)
            if chosen.first is None:
                continue
            if chosen.limits not in out_by:
                out_by[chosen.limits] = outlying(block, chosen.limits)
            if chosen.when == "always" or out_by[chosen.limits][place]:
                made, touched, done = _column(block[:, place], chosen, code)
                if done is not None:
                    values[rows, place], marks[rows, place] = made, touched
                    log.append(TreatmentRecord(time, code, *done))
    return Treated(table.with_values(values), marks, tuple(log))


Done = tuple[tuple[str, ...], int, tuple[float, float], tuple[float, float], bool]


def _column(column: Floats, chosen: Treatment, code: str) -> tuple[Floats, Marks, Done | None]:
    known = np.flatnonzero(~np.isnan(column))
    before = column[known]
    marks: Marks = np.zeros(len(column), dtype=np.uint8)
    first = shape(before) if len(before) else (np.nan, np.nan)
    always = chosen.when == "always"
    assert chosen.first is not None
    transforms = always and not isinstance(chosen.first, Winsorise) and len(before) > 0 and before.min() < before.max()
    if first[0] != first[0] and not transforms:
        return column, marks, None  # nothing stands out where all are the same, or fewer than three
    after, touched, said = _step(before, chosen.first, chosen.limits, always, code)
    steps, last = [said], shape(after)
    if chosen.then is not None and _out(last, chosen.limits):
        base = after if chosen.combine else before
        if not chosen.combine:
            touched, steps = np.zeros(len(before), dtype=np.uint8), []
        after, more, said = _step(base, chosen.then, chosen.limits, always, code)
        touched = touched | more
        steps.append(said)
        last = shape(after)
    made = column.copy()
    made[known] = after
    marks[known] = touched
    points = int(np.count_nonzero(touched & (HIGH | LOW)))
    done: Done = (
        tuple(steps),
        points,
        (first[0], last[0]),
        (first[1], last[1]),
        not _out(last, chosen.limits),
    )
    return made, marks, done


def _step(
    x: Floats, step: Winsorise | Log | BoxCox, limits: Limits, always: bool, code: str
) -> tuple[Floats, Marks, str]:
    if isinstance(step, Winsorise):
        return _winsorise(x, step, limits, always)
    made, said = (_log(x, step.method, code), step.method) if isinstance(step, Log) else _box_cox(x, step, code)
    return made, np.full(len(x), TRANSFORMED, dtype=np.uint8), said


def _winsorise(x: Floats, step: Winsorise, limits: Limits, always: bool) -> tuple[Floats, Marks, str]:
    """One side at a time, the side the skewness points to; ties go together, so that one step may touch several points."""
    x = x.copy()
    touched: Marks = np.zeros(len(x), dtype=np.uint8)
    now = shape(x)
    while (always or _out(now, limits)) and (step.max_points is None or np.count_nonzero(touched) < step.max_points):
        high = not now[0] < 0
        far = x == (x.max() if high else x.min())
        rest = x[~far]
        if not rest.size:
            break
        x[far] = rest.max() if high else rest.min()
        touched[far] |= HIGH if high else LOW
        now = shape(x)
    return x, touched, step.method


def _out(of: tuple[float, float], limits: Limits) -> bool:
    return abs(of[0]) >= limits.skew and of[1] >= limits.kurtosis


def _log(x: Floats, method: str, code: str) -> Floats:
    low, high = float(x.min()), float(x.max())
    offset = 0.01 * (high - low)
    match method:
        case "log_ct":
            return np.asarray(np.log(x - low + offset))
        case "log_ct_plus":
            return np.asarray(np.log(x - low + offset) if shape(x)[0] > 0 else -np.log(high + offset - x))
        case "log_shift":
            return np.asarray(np.log(x - low + 1))
        case _:
            if high <= 1:
                raise InvalidInput(
                    f"treat: log_gii brings {code} to 1 … its highest figure, which is {high:g}",
                    cure="choose log_ct, or give the indicator in a smaller unit",
                )
            return np.asarray(np.log((high - 1) * (x - low) / (high - low) + 1))


def _box_cox(x: Floats, step: BoxCox, code: str) -> tuple[Floats, str]:
    shifted = x - x.min() + 1
    power = _likeliest(shifted) if step.power == "auto" else step.power
    with np.errstate(over="ignore"):
        made = np.log(shifted) if power == 0 else (shifted**power - 1) / power
    if not np.isfinite(made).all():
        raise InvalidInput(
            f"treat: box_cox with power {power:g} takes {code} beyond what a number can hold",
            cure="choose a power nearer to 0, or auto",
        )
    return np.asarray(made), f"box_cox({power:.6g})"


def _likeliest(x: Floats) -> float:
    """λ in −5 … 5 of highest profile likelihood under normality (Box and Cox 1964)."""
    from scipy.optimize import minimize_scalar

    logs = np.log(x)

    def loss(power: float) -> float:
        made = logs if abs(power) < 1e-12 else np.expm1(power * logs) / power
        return float(0.5 * len(x) * np.log(made.var()) - (power - 1) * logs.sum())

    return float(minimize_scalar(loss, bounds=(-5, 5), method="bounded", options={"xatol": 1e-8}).x)
