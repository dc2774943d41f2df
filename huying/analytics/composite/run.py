"""All steps in their order, each kept; and again after a change, reckoning anew only what the change touches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from huying.analytics.composite import adjusting, aggregating, imputing, normalising, preparing, treating, weighing
from huying.analytics.composite.adjusting import Adjusted
from huying.analytics.composite.aggregating import Aggregated
from huying.analytics.composite.framework import Framework, effective
from huying.analytics.composite.normalising import Normalised
from huying.analytics.composite.preparing import Screened
from huying.analytics.composite.provenance import Origin, Origins, filled
from huying.analytics.composite.reading import Data, resolved
from huying.analytics.composite.spec import ImputeNone, ImputePillar, Spec
from huying.analytics.composite.tables import Flags, Floats, Table
from huying.analytics.composite.treating import HIGH, LOW, TRANSFORMED, Treated

Array = TypeVar("Array", bound=NDArray[Any])


@dataclass(frozen=True, eq=False)
class Run:
    """One index with every step. `delivered` is all data, `data` the units that passed the screening; all tables but
    `denominated` have the rows of `data`.

    denominated: over the denominators, all units. rates: shrunk where asked. few: cells on too small a denominator.
    adjusted: None without rules. reused: step → how much of an earlier run's work was taken over ("all", "12 of 49 columns").
    """

    framework: Framework
    spec: Spec
    delivered: Data
    data: Data
    denominated: Table
    rates: Table
    few: Flags
    screened: Screened
    imputed: Table
    treated: Treated
    normalised: Normalised
    aggregated: Aggregated
    adjusted: Adjusted | None
    reused: Mapping[str, str]

    @property
    def scores(self) -> Table:
        """Indicators and aggregates, after adjustment where there is one."""
        return self.adjusted.table if self.adjusted is not None else self.aggregated.table

    @property
    def index(self) -> Floats:
        return self.scores.column(self.framework.top.code)

    @cached_property
    def effective(self) -> dict[str, float]:
        return effective(self.framework, self.aggregated.weights)

    @cached_property
    def origins(self) -> Origins:
        """What was done to each cell of `scores`, as flags of Origin."""
        table = self.scores
        made = np.zeros(table.values.shape, dtype=np.uint16, order="F")
        indicators = made[:, : len(self.framework.indicators)]

        def mark(cells: Flags, origin: Origin, at: Origins = indicators) -> None:
            at[cells] |= np.uint16(origin)

        kept = self.screened.kept
        mark(self.few[kept], Origin.FEW)
        before = self.denominated.values[kept]
        mark((before != self.rates.values[kept]) & ~np.isnan(before), Origin.SHRUNK)
        mark(filled(self.rates.values[kept], self.imputed.values), Origin.IMPUTED)
        for flag, origin in (
            (HIGH, Origin.WINSORISED_HIGH),
            (LOW, Origin.WINSORISED_LOW),
            (TRANSFORMED, Origin.TRANSFORMED),
        ):
            mark((self.treated.marks & flag) > 0, origin)
        mark(self.normalised.clipped, Origin.CLIPPED)
        mark(self.normalised.constant, Origin.CONSTANT)
        mark(self.aggregated.reweighted, Origin.REWEIGHTED, made)
        mark(self.aggregated.thin, Origin.THIN, made)
        if self.adjusted is not None:
            own = self.aggregated.table.values
            mark((own != table.values) & ~(np.isnan(own) & np.isnan(table.values)), Origin.ADJUSTED, made)
        mark(np.isnan(table.values), Origin.UNKNOWN, made)
        return made

    def trace(self, unit: str, code: str, time: str | None = None) -> list[tuple[str, float, str]]:
        """How one score came about: step, value after it, what was done. For an aggregate: each child with its weight among those
        present. Raises InvalidInput for an unknown unit."""
        row = self.data.raw.row(unit, time)
        if code in self.framework.children:
            return self._trace_aggregate(row, code)
        kept = int(np.flatnonzero(self.screened.kept)[row])
        place = self.data.raw.place[code]
        when = self.data.raw.times[row]
        of = {(one.time, one.code): one for one in self.treated.log}
        treated = of.get((when, code)) or of.get(("", code))
        scale = self.normalised.scales.get((when, code)) or self.normalised.scales[("", code)]
        assert self.spec.impute is not None
        filled_in = bool(self.origins[row, place] & Origin.IMPUTED)
        return [
            ("raw", float(self.data.raw.values[row, place]), "as delivered"),
            ("denominated", float(self.denominated.values[kept, place]), self._divided(code)),
            (
                "rates",
                float(self.rates.values[kept, place]),
                "shrunk" if code in self.spec.small_numbers.shrink else "",
            ),
            ("imputed", float(self.imputed.values[row, place]), self.spec.impute.method if filled_in else ""),
            ("treated", float(self.treated.table.values[row, place]), " then ".join(treated.steps) if treated else ""),
            ("normalised", float(self.normalised.table.values[row, place]), _scaled(scale)),
        ]

    def _divided(self, code: str) -> str:
        by = preparing.denominators(self.framework, self.spec.denominate).get(code)
        return f"over {by[0]}, per {by[1]:g}" if by else ""

    def _trace_aggregate(self, row: int, code: str) -> list[tuple[str, float, str]]:
        table, weights = self.scores, self.aggregated.weights
        children = self.framework.children[code]
        present = [child for child in children if not np.isnan(table.column(child)[row])]
        total = sum(weights[child] for child in present)
        how = self.spec.aggregate.of(code, self.framework.by_code[code].level).method
        found = [
            (
                child,
                float(table.column(child)[row]),
                f"weight {weights[child] / total:.6g}" if child in present and total > 0 else "unknown, left out",
            )
            for child in children
        ]
        found.append((code, float(self.aggregated.table.column(code)[row]), how))
        if self.adjusted is not None:
            found += [
                (code, one.after, f"{one.kind} {one.rule}: {one.said}")
                for one in self.adjusted.log
                if (one.row, one.node) == (row, code)
            ]
        return found


def _scaled(scale: normalising.Scale) -> str:
    if scale.ties:
        return scale.method
    return (
        f"{scale.method}: ({'−' if scale.direction < 0 else ''}x − {scale.origin:.6g}) / {scale.span:.6g} · "
        f"{scale.factor:.6g} + {scale.shift:.6g}"
    )


def compute(
    data: Data,
    framework: Framework,
    spec: Spec | None = None,
    *,
    noise: Mapping[str, float] | None = None,
    previous: Run | None = None,
) -> Run:
    """The index. noise: code → factor on the weight that the settings give it. previous: a run of the same framework whose work
    is taken over where neither figures nor settings differ; the result is the same, bit for bit, as without it.

    Raises InvalidInput for a setting that does not fit the data, naming the setting and the cure.
    """
    return _Computing(data, framework, resolved(spec or Spec(), framework), noise, previous).run()


class _Computing:
    def __init__(
        self,
        data: Data,
        framework: Framework,
        spec: Spec,
        noise: Mapping[str, float] | None,
        previous: Run | None,
    ) -> None:
        self.data, self.framework, self.spec, self.noise = data, framework, spec, noise
        same = previous is not None and previous.framework == framework
        self.previous = previous if same else None
        self.reused: dict[str, str] = {}

    def run(self) -> Run:
        for group in self.spec.results.groups:
            preparing.group_of(self.data, group, "results.groups")
        normalising.check(self.spec.normalise, self.framework)
        aggregating.check(self.spec.aggregate, self.framework)
        adjusting.check(self.spec.adjust, self.framework)
        denominated, rates, few, screened, kept = self._prepare()
        imputed = self._impute(rates.keep(screened.kept), kept)
        treated = self._treat(imputed)
        normalised = self._normalise(treated.table)
        aggregated = self._aggregate(normalised.table)
        adjusted = None
        if self.spec.adjust.rules:
            figures = {
                "raw": kept.raw,
                "denominated": rates.keep(screened.kept),
                "normalised": normalised.table,
            }
            adjusted = adjusting.adjust(aggregated, figures, self.framework, self.spec.aggregate, self.spec.adjust)
        return Run(
            framework=self.framework,
            spec=self.spec,
            delivered=self.data,
            data=kept,
            denominated=denominated,
            rates=rates,
            few=few,
            screened=screened,
            imputed=imputed,
            treated=treated,
            normalised=normalised,
            aggregated=aggregated,
            adjusted=adjusted,
            reused=self.reused,
        )

    def _same(self, *parts: str) -> bool:
        return self.previous is not None and all(
            getattr(self.previous.spec, part) == getattr(self.spec, part) for part in parts
        )

    def _prepare(self) -> tuple[Table, Table, Flags, Screened, Data]:
        before = self.previous
        if before is not None and before.delivered is self.data and self._same("denominate", "small_numbers", "screen"):
            self.reused["prepare"] = "all"
            return before.denominated, before.rates, before.few, before.screened, before.data
        by = preparing.denominators(self.framework, self.spec.denominate)
        denominated = preparing.denominate(self.data, by)
        few = preparing.few(self.data, by, self.spec.small_numbers.minimum_n)
        rates = preparing.shrink(self.data, denominated, by, self.spec.small_numbers)
        screened = preparing.screen(rates, self.spec.screen)
        return denominated, rates, few, screened, self.data.keep(screened.kept)

    def _impute(self, table: Table, kept: Data) -> Table:
        settings = self.spec.impute
        assert settings is not None
        before = self.previous
        if isinstance(settings, ImputeNone):
            return table
        if before is None or not self._same("impute") or before.data.groups != kept.groups:
            return imputing.impute(table, kept, self.framework, settings)
        changed = differing(before.rates.keep(before.screened.kept), table)
        if changed is None or (isinstance(settings, ImputePillar) and changed.any()):
            return imputing.impute(table, kept, self.framework, settings)
        made = self._by_column(
            "impute",
            changed,
            before.imputed.values,
            lambda codes: imputing.impute(table.take(codes), kept, self.framework, settings).values,
            table,
        )
        return before.imputed if made is before.imputed.values else table.with_values(made)

    def _treat(self, table: Table) -> Treated:
        before, settings = self.previous, self.spec.treat
        changed = differing(before.imputed, table) if before is not None and self._same("treat") else None
        if before is None or changed is None:
            return treating.treat(table, settings)
        if not changed.any():
            self.reused["treat"] = "all"
            return before.treated
        codes = [code for code, differs in zip(table.columns, changed, strict=True) if differs]
        own = settings.model_copy(
            update={"indicators": {code: one for code, one in settings.indicators.items() if code in codes}}
        )
        part = treating.treat(table.take(codes), own)
        self.reused["treat"] = _share(changed)
        places = {code: number for number, code in enumerate(table.columns)}
        log = [one for one in before.treated.log if one.code not in codes] + list(part.log)
        times = {time: number for number, time in enumerate(["", *table.periods])}
        return Treated(
            table.with_values(_merged(before.treated.table.values, part.table.values, changed)),
            _merged(before.treated.marks, part.marks, changed),
            tuple(sorted(log, key=lambda one: (times[one.time], places[one.code]))),
        )

    def _normalise(self, table: Table) -> Normalised:
        before, settings = self.previous, self.spec.normalise
        changed = differing(before.treated.table, table) if before is not None and self._same("normalise") else None
        if before is None or changed is None:
            return normalising.normalise(table, self.framework, settings)
        if not changed.any():
            self.reused["normalise"] = "all"
            return before.normalised
        codes = [code for code, differs in zip(table.columns, changed, strict=True) if differs]
        part = normalising.normalise(table.take(codes), self.framework, settings)
        self.reused["normalise"] = _share(changed)
        scales = {key: part.scales.get(key, scale) for key, scale in before.normalised.scales.items()}
        return Normalised(
            table.with_values(_merged(before.normalised.table.values, part.table.values, changed)),
            scales,
            _merged(before.normalised.clipped, part.clipped, changed),
            _merged(before.normalised.constant, part.constant, changed),
        )

    def _aggregate(self, table: Table) -> Aggregated:
        given = weighing.chosen(self.framework, self.spec.weights)
        methods = weighing.methods(self.framework, self.spec.weights)
        before = self.previous
        earlier = before.aggregated if before is not None and self._same("aggregate") else None
        return aggregating.aggregate(
            table, self.framework, self.spec.aggregate, given, methods, previous=earlier, noise=self.noise
        )

    def _by_column(
        self,
        step: str,
        changed: Flags,
        before: Floats,
        anew: Callable[[Sequence[str]], Floats],
        table: Table,
    ) -> Floats:
        if not changed.any():
            self.reused[step] = "all"
            return before
        self.reused[step] = _share(changed)
        codes = [code for code, differs in zip(table.columns, changed, strict=True) if differs]
        return _merged(before, anew(codes), changed)


def differing(before: Table, after: Table) -> Flags | None:
    """Columns whose figures are not the same; None where the rows themselves are others."""
    if before is after:
        return np.zeros(len(after.columns), dtype=bool)
    if before.units != after.units or before.times != after.times or before.columns != after.columns:
        return None
    if before.values is after.values:
        return np.zeros(len(after.columns), dtype=bool)
    same = [
        np.array_equal(before.values[:, place], after.values[:, place], equal_nan=True)
        for place in range(len(after.columns))
    ]
    return ~np.array(same)


def _merged(before: Array, part: Array, changed: Flags) -> Array:
    made = before.copy(order="F")
    made[:, changed] = part
    return made


def _share(changed: Flags) -> str:
    return f"{int((~changed).sum())} of {len(changed)} columns"
