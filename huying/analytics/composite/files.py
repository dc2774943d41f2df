"""Every step of a run as csv, named as in COINr's reference where that has one. The same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import yaml

from huying.analytics.composite import analysing, explaining, provenance, results, robustness
from huying.analytics.composite.aggregating import aggregate
from huying.analytics.composite.framework import effective, weights_of
from huying.analytics.composite.normalising import normalise
from huying.analytics.composite.robustness import Removed, Sensitivity, Spread
from huying.analytics.composite.run import Run
from huying.analytics.composite.spec import Aggregate, FixedBounds, Mean, Normalise, Relative, ZScore
from huying.analytics.composite.statistics import Finding, check, describe
from huying.analytics.composite.tables import Table, write_rows, write_table
from huying.analytics.composite.treating import HIGH, LOW, TRANSFORMED

QUANTILES = (0.05, 0.95)
# Which scale reads a number of the metadata.
READ_BY = {
    "Target": "distance_to_target",
    **dict.fromkeys(("goalpost_lower", "goalpost_upper"), "goalposts"),
    **dict.fromkeys(("satisfactory", "intolerable"), "efficacy"),
}


def write(
    run: Run, folder: Path, *, against: Run | None = None, tell: Callable[[str], None] | None = None
) -> list[str]:
    """Write all of a run into `folder`, made where it is missing, once all is reckoned. Returns the files' names.

    against: another version to compare with. tell is called with each file's name as it is written. Raises InvalidInput, before
    anything is written, for an analysis the run cannot give.
    """
    return _Writing(run, folder, tell or (lambda name: None)).all(against)


@dataclass
class _Writing:
    run: Run
    folder: Path
    tell: Callable[[str], None]

    def all(self, against: Run | None) -> list[str]:
        self.names: list[str] = []
        spec = self.run.spec
        removed = {level: robustness.remove_one(self.run, level) for level in spec.analysis.remove or ()}
        varied = robustness.uncertainty(self.run, spec.uncertainty) if spec.uncertainty is not None else None
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings()
        self.steps()
        self.weights()
        self.results()
        self.changes()
        analysis = self.run.spec.analysis
        if analysis.statistics:
            self.statistics()
        if analysis.correlations != "none":
            self.correlations(analysis.correlations)
        if analysis.reliability:
            self.reliability()
        if analysis.alternatives:
            self.alternatives()
        for level, found in removed.items():
            self.removed(level, found)
        if varied is not None:
            self.uncertainty(*varied)
        if against is not None:
            self.comparison(against)
        return self.names

    def _done(self, name: str) -> Path:
        self.names.append(name)
        self.tell(name)
        return self.folder / name

    def table(self, name: str, table: Table) -> None:
        write_table(self._done(f"{name}.csv"), table)

    def rows(self, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        write_rows(self._done(f"{name}.csv"), header, rows)

    def keys(self, row: int, table: Table | None = None) -> list[object]:
        """uCode, and Time where there are several."""
        at = table if table is not None else self.run.data.raw
        return [at.units[row], at.times[row]] if len(at.periods) > 1 else [at.units[row]]

    @property
    def key_names(self) -> list[str]:
        return ["uCode", "Time"] if len(self.run.data.raw.periods) > 1 else ["uCode"]

    def settings(self) -> None:
        given = self.run.spec.model_dump(mode="json", by_alias=True)
        text = yaml.safe_dump(given, allow_unicode=True, sort_keys=False)
        self._done("spec.yaml").write_text(text, encoding="utf-8")
        found = [*check(self.run.delivered.raw, self.run.framework), *self._idle()]
        self.rows("00_findings", ("finding", "about", "said"), ((one.kind, one.code, one.said) for one in found))

    def _idle(self) -> list[Finding]:
        """Numbers of the metadata that stand there for a scale none of their indicators has."""
        scales = self.run.spec.normalise
        idle: dict[str, list[str]] = {}
        for code in self.run.framework.indicators:
            method = scales.indicators.get(code, scales.default).method
            for name, of in READ_BY.items():
                if self.run.framework.by_code[code].parameter(name) is not None and method != of:
                    idle.setdefault(name, []).append(code)
        return [
            Finding("unused metadata", name, f"read by {READ_BY[name]}, which {len(codes)} that have it don't use")
            for name, codes in idle.items()
        ]

    def steps(self) -> None:
        run = self.run
        self.table("01_denominated", run.denominated)
        if run.spec.small_numbers.shrink:
            self.table("01_shrunk", run.rates)
        delivered, screened = run.delivered.raw, run.screened
        keys = ["uCode", "Time"] if len(delivered.periods) > 1 else ["uCode"]
        self.rows(
            "01_screened",
            (*keys, "available", "nonzero", "included", "reason"),
            (
                (
                    *self.keys(row, delivered),
                    float(screened.available[row]),
                    float(screened.nonzero[row]),
                    str(bool(screened.kept[row])).upper(),
                    screened.reasons.get(row, ""),
                )
                for row in range(len(delivered.units))
            ),
        )
        self.table("01_imputed", run.imputed)
        self.table("01_treated", run.treated.table)
        self.rows(
            "01_treatment",
            ("Time", "iCode", "steps", "points", "skew_before", "skew_after", "kurt_before", "kurt_after", "within"),
            (
                (one.time, one.code, "+".join(one.steps), one.points, *one.skew, *one.kurtosis, str(one.within).upper())
                for one in run.treated.log
            ),
        )
        self.rows("01_treated_points", (*self.key_names, "iCode", "before", "after", "how"), self._points())
        self.table("01_normalised", run.normalised.table)
        self.rows(
            "05_scales",
            ("Time", "iCode", "method", "direction", "origin", "span", "factor", "shift", "low", "high", "ties"),
            (
                (
                    time,
                    code,
                    s.method,
                    s.direction,
                    s.origin,
                    s.span,
                    s.factor,
                    s.shift,
                    *_bounds(s.low, s.high),
                    s.ties,
                )
                for (time, code), s in run.normalised.scales.items()
            ),
        )
        self.table("01_aggregated", run.aggregated.table)
        if run.adjusted is not None:
            self.table("01_adjusted", run.adjusted.table)
            self.rows(
                "08_adjustments",
                (*self.key_names, "iCode", "rule", "kind", "before", "after", "said"),
                (
                    (*self.keys(one.row), one.node, one.rule, one.kind, one.before, one.after, one.said)
                    for one in run.adjusted.log
                ),
            )
        self.rows(
            "10_provenance",
            (*self.key_names, *run.scores.columns),
            ((*self.keys(row), *words) for row, words in enumerate(provenance.rows(run.scores, run.origins))),
        )

    def _points(self) -> Iterable[Sequence[object]]:
        run, marks = self.run, self.run.treated.marks
        for place, code in enumerate(run.imputed.columns):
            for row in np.flatnonzero(marks[:, place]).tolist():
                words = [word for flag, word in ((HIGH, "winhi"), (LOW, "winlo"), (TRANSFORMED, "transformed"))]
                flags = [HIGH, LOW, TRANSFORMED]
                how = "+".join(w for f, w in zip(flags, words, strict=True) if marks[row, place] & f)
                before, after = run.imputed.values[row, place], run.treated.table.values[row, place]
                yield (*self.keys(row), code, float(before), float(after), how)

    def weights(self) -> None:
        run = self.run
        order = sorted(run.framework.nodes, key=lambda node: (node.level, node.parent.casefold(), node.parent))
        original = weights_of(run.framework)
        self.rows(
            "01_weights_original", ("iCode", "Level", "Weight"), ((n.code, n.level, original[n.code]) for n in order)
        )
        shares = effective(run.framework, run.aggregated.weights)
        self.rows(
            "01_weights_effective",
            ("iCode", "Level", "Weight", "EffWeight"),
            ((n.code, n.level, run.aggregated.weights[n.code], shares[n.code]) for n in order),
        )
        if run.aggregated.weighings:
            self.rows(
                "03_weighings",
                ("parent", "method", "iCode", "Weight", "consistency_ratio"),
                (
                    (one.parent, one.method, code, weight, one.ratio)
                    for one in run.aggregated.weighings
                    for code, weight in one.weights.items()
                ),
            )

    def results(self) -> None:
        run, codes = self.run, self.run.framework.presented()
        ranks = results.ranked(run)
        order = results.in_order(run, ranks)
        top = ranks.column(run.framework.top.code)
        scores, places = run.scores.take(codes).values, ranks.take(codes).values
        self.rows(
            "07_results_full_scores",
            (*self.key_names, "Rank", *codes),
            ((*self.keys(row), float(top[row]), *scores[row].tolist()) for row in order),
        )
        self.rows(
            "07_results_full_ranks",
            (*self.key_names, *codes),
            ((*self.keys(row), *places[row].tolist()) for row in order),
        )
        for group in run.spec.results.groups:
            within = results.ranked(run, group).take(codes).values
            labels = run.data.groups[group]
            self.rows(
                f"07_results_group_ranks_{group}",
                (*self.key_names, group, *codes),
                (
                    (*self.keys(row), labels[row], *within[row].tolist())
                    for row in sorted(order, key=lambda row: (run.scores.times[row], labels[row]))
                ),
            )
        if run.spec.results.strengths:
            self.rows(
                "07_highlights",
                (*self.key_names, "kind", "order", "iCode", "rank", "of", "score"),
                (
                    (*self.keys(one.row), one.kind, one.order, one.code, one.rank, one.of, one.score)
                    for one in results.highlights(run, ranks, run.spec.results.strengths)
                ),
            )

    def changes(self) -> None:
        times = list(self.run.data.raw.periods)
        if len(times) < 2:
            return
        self.rows(
            "08_change_contributions",
            ("uCode", "from", "to", "before", "after", "iCode", "kind", "contribution"),
            (
                (unit, a, b, float(found.before[k]), float(found.after[k]), *key, float(share[k]))
                for a, b in pairwise(times)
                for found in [explaining.explain(self.run, a, b)]
                for k, unit in enumerate(found.units)
                for key, share in found.shares.items()
                if share[k] != 0
            ),
        )
        shares = [(a, b, one) for a, b in pairwise(times) for one in explaining.places(self.run, a, b)]
        if shares:
            self.rows(
                "08_change_places",
                ("parent", "from", "to", "iCode", "place", "contribution"),
                ((one.parent, a, b, one.code, one.place, one.share) for a, b, one in shares),
            )

    def statistics(self) -> None:
        header, rows = describe(self.run.delivered.raw)
        self.rows("02_stats_raw", header, rows)
        codes, shares = results.availability(self.run)
        self.rows(
            "02_availability", (*self.key_names, *codes), ((*self.keys(row), *of) for row, of in enumerate(shares))
        )

    def correlations(self, method: str) -> None:
        found = analysing.correlations(self.run.scores, self.run.framework, method)
        self.rows(
            "04_correlations", ("first", "second", "r", "p", "n"), ((c.first, c.second, c.r, c.p, c.n) for c in found)
        )

    def reliability(self) -> None:
        run = self.run
        self.rows(
            "04_reliability",
            ("iCode", "children", "alpha"),
            ((one.code, one.children, one.alpha) for one in analysing.cronbach(run.scores, run.framework)),
        )
        self.rows(
            "04_components",
            ("iCode", "component", "eigenvalue", "share", "cumulative", "child", "loading"),
            (
                (one.code, one.number, one.eigenvalue, one.share, one.cumulative, child, loading)
                for one in analysing.components(run.scores, run.framework)
                for child, loading in one.loadings.items()
            ),
        )

    def alternatives(self) -> None:
        """The treated data under three common normalisations and, from 1 to 100, two means with equal weights."""
        run = self.run
        plain = replace(run.framework, nodes=tuple(replace(node, parameters=None) for node in run.framework.nodes))
        treated = run.treated.table
        bounds = FixedBounds(method="goalposts", quantiles=QUANTILES)
        posts = np.full((2, len(treated.columns)), np.nan)
        known = ~np.isnan(treated.values).all(axis=0)
        posts[:, known] = np.nanquantile(treated.values[:, known], QUANTILES, axis=0)
        self.rows(
            "05_goalposts",
            ("iCode", "Direction", "lower", "upper"),
            (
                (code, run.framework.by_code[code].direction, *map(float, posts[:, place]))
                for place, code in enumerate(treated.columns)
            ),
        )
        for name, how in (
            ("05_norm_minmax_0_100", Relative(method="min_max")),
            ("05_norm_zscore_10_2", ZScore(method="z_score", mean=10, sd=2)),
            ("05_norm_goalposts_q05_q95", bounds),
        ):
            made = normalise(treated, plain, Normalise(default=how, constant="middle"))
            self.table(name, made.table)
        above_zero = normalise(
            treated, plain, Normalise(default=Relative(method="min_max", range=(1, 100)), constant="middle")
        )
        equal = dict.fromkeys(run.framework.by_code, 1.0)
        for name, mean in (
            ("06_agg_amean_equal", Mean(method="arithmetic")),
            ("06_agg_gmean_equal", Mean(method="geometric")),
        ):
            self.table(name, aggregate(above_zero.table, run.framework, Aggregate(default=mean), equal).table)

    def removed(self, level: int, found: Removed) -> None:
        summary = [("Nominal", 0.0), *zip(found.codes, found.shift.tolist(), strict=True)]
        self.rows(f"09_remove_level{level}_summary", ("iCode", "mean_abs_rank_change"), summary)
        self.rows(
            f"09_remove_level{level}_ranks",
            (*self.key_names, "Nominal", *found.codes),
            (
                (*self.keys(row), float(found.nominal[row]), *found.ranks[row].tolist())
                for row in range(len(found.nominal))
            ),
        )

    def uncertainty(self, spread: Spread, shares: list[Sensitivity]) -> None:
        header, statistics = spread.statistics()
        self.rows(
            "11_uncertainty_ranks",
            (*self.key_names, *header),
            ((*self.keys(row), *statistics[row].tolist()) for row in range(len(statistics))),
        )
        self.rows(
            "11_uncertainty_draws",
            ("run", "seed", *spread.names),
            ((number, spread.seed, *map(_shown, draw)) for number, draw in enumerate(spread.draws, 1)),
        )
        if shares:
            self.rows(
                "11_sensitivity",
                ("Variable", "Si", "STi", "Si_q5", "Si_q95", "STi_q5", "STi_q95"),
                ((one.name, one.first, one.total, *one.first_range, *one.total_range) for one in shares),
            )

    def comparison(self, other: Run) -> None:
        found = robustness.compare(other, self.run)
        several = len(self.run.data.raw.periods) > 1
        self.rows(
            "12_comparison",
            (*self.key_names, "score_other", "score", "rank_other", "rank"),
            ((one[0], one[1], *one[2:]) if several else (one[0], *one[2:]) for one in found.moved),
        )
        self.rows(
            "12_comparison_settings",
            ("setting", "other", "this"),
            ((path, _shown(a), _shown(b)) for path, (a, b) in found.settings.items()),
        )


def _bounds(low: float, high: float) -> tuple[float | None, float | None]:
    return (None if low == -np.inf else low), (None if high == np.inf else high)


def _shown(value: object) -> str:
    return yaml.safe_dump(value, default_flow_style=True, allow_unicode=True).removesuffix("\n...\n").strip()
