"""`huying analytics rollup`: from three plain files to the values of every place and period."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from huying.analytics.indicators import files
from huying.analytics.indicators.checking import formulas
from huying.analytics.indicators.evaluation import Sight, Values
from huying.analytics.indicators.expressions import names, parse
from huying.analytics.indicators.schema import DefinitionFile, IndicatorRow
from huying.analytics.indicators.values import Valued, earlier, ranks, valued
from huying.analytics.lake.layout import EPOCH_DAY
from huying.analytics.lake.rollup import Delivered, Rollup, standing
from huying.analytics.lake.scan import connect
from huying.analytics.periods import PeriodKind
from huying.analytics.trees import Tree

COLUMNS = (
    "node", "period", "indicator", "value", "numerator", "denominator", "n_reported", "n_expected", "completeness",
    "year_on_year", "previous_period", "year_to_date", "rank_in_level", "rank_among_siblings", "value_last_year",
    "value_previous",
)  # fmt: skip


@dataclass(frozen=True)
class Written:
    """rows: of the out file. unplaced: lines of the facts whose place stands nowhere in the tree on that day."""

    rows: int
    periods: int
    unplaced: list[int]
    warnings: list[str]


def rollup(tree_file: Path, facts_file: Path, definitions_file: Path, kind: PeriodKind, out: Path) -> Written:
    """Raises InvalidInput for what can't be used; then nothing is written."""
    tree, labels = files.read_tree(tree_file)
    facts = files.read_facts(facts_file, tree)
    defined = files.read_definitions(definitions_file, facts.measures)
    nodes = list(labels)
    con = connect(threads="2")
    try:
        work = Rollup(con, tree, kind, nodes)
        work.load(Delivered(facts.measures, [(line, n, (day - EPOCH_DAY).days, *v) for line, n, day, v in facts.rows]))
        stands, expected = standing(tree, nodes, work.periods, {row[1] for row in facts.rows})
        made = [(row, *_one(work, defined, row, facts.measures, expected)) for row in defined.indicators]
    finally:
        con.close()
    groups = [[labels[node] for node in nodes]] * len(work.periods), _siblings(tree, nodes, work)
    lines = 0
    partial = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with partial.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle)
            writer.writerow(COLUMNS)
            for row in _lines(made, nodes, work, stands, expected, groups):
                writer.writerow(row)
                lines += 1
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return Written(lines, len(work.periods), work.unplaced, list(_warnings(defined)))


def _one(
    work: Rollup, defined: DefinitionFile, row: IndicatorRow, measures: list[str], expected: Values
) -> tuple[Valued, Values]:
    """The indicator's values, and how many places reported any measure of it."""
    used = {name.name for text in formulas(row).values() for name in names(parse(text))} - set(row.constants)
    own = {measure.name: measure.aggregation for measure in defined.measures}
    asked = {name: (measures.index(name), own.get(name, row.aggregation)) for name in sorted(used)}
    reported = work.reported(i for i, _how in asked.values())
    sight = Sight(
        work.values(asked),
        work.values(asked, to_date=True),
        row.constants,
        earlier(work.periods),
        expected,
        reported,
    )
    return valued(row, sight, work.periods), reported


def _siblings(tree: Tree, nodes: list[str], work: Rollup) -> list[list[str]]:
    """For each period the parent of each place on the last day it stands in the period; "" for a root."""
    found = []
    for period in work.periods:
        parents = []
        for code in nodes:
            spans = [s for s in tree.nodes_of(code) if s.valid_from < period.end and s.valid_to > period.start]
            parents.append(spans[-1].parent if spans else "")
        found.append(parents)
    return found


def _lines(
    made: list[tuple[IndicatorRow, Valued, Values]],
    nodes: list[str],
    work: Rollup,
    stands: Values,
    expected: Values,
    groups: tuple[list[list[str]], list[list[str]]],
) -> Iterator[list[str]]:
    columns = [
        (
            row,
            values,
            reported,
            ranks(row, _there(values, stands), groups[0]),
            ranks(row, _there(values, stands), groups[1]),
        )
        for row, values, reported in made
    ]
    for i, node in enumerate(nodes):
        for p, period in enumerate(work.periods):
            if not stands[i, p]:
                continue
            for row, values, reported, in_level, among in columns:
                complete = reported[i, p] / expected[i, p] if expected[i, p] else np.nan
                figures = (
                    values.value, values.numerator, values.denominator, reported, expected, complete, values.over_last_year,
                    values.over_previous, values.to_date, in_level, among, values.last_year, values.previous,
                )  # fmt: skip
                said = [figure if isinstance(figure, float) else figure[i, p] for figure in figures]
                yield [node, period.key, row.code, *(number(value) for value in said)]


def _there(values: Valued, stands: Values) -> Valued:
    """Without the values of places that no longer stand: an as-of-last value must not take a rank."""
    gone = np.where(stands > 0, values.value, np.nan)
    return Valued(gone, values.numerator, values.denominator, values.previous, values.last_year, values.to_date)


def number(value: float) -> str:
    """As short as reads back the same; "" for unknown, no .0 for a whole number."""
    if np.isnan(value):
        return ""
    whole = float(value)
    return str(int(whole)) if whole.is_integer() and abs(whole) < 2**53 else repr(whole)


def _warnings(defined: DefinitionFile) -> Iterator[str]:
    """What a definition asks for and this step doesn't do: said, never silently left out."""
    for row in defined.indicators:
        if row.smoothing:
            yield f"{row.code}: smoothing is left to the index (huying index compute)"
        if row.missing.method != "none":
            yield f"{row.code}: missing values stay blank here; use the aggregation as-of-last to carry one on"
