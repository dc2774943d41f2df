"""`huying analytics rollup`: from three plain files to the values of every place and period."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from huying.analytics.engines import from_environment
from huying.analytics.indicators import files
from huying.analytics.indicators.evaluation import Sight, Values
from huying.analytics.indicators.judging import GRADES, Company, Judged, Placed, judged, placed
from huying.analytics.indicators.schema import LEVELS, Aggregation, DefinitionFile, IndicatorRow
from huying.analytics.indicators.values import Valued, earlier, valued
from huying.analytics.lake.delivered import Delivered
from huying.analytics.lake.layout import EPOCH_DAY
from huying.analytics.lake.numbered import Standing, parents_of
from huying.analytics.lake.rollup import Asked, Rollup
from huying.analytics.periods import Period, PeriodKind
from huying.kernel.errors import InvalidInput

COLUMNS = (
    "node", "period", "indicator", "value", "numerator", "denominator", "n_reported", "n_expected", "completeness",
    "year_on_year", "previous_period", "year_to_date", "rank_in_level", "rank_among_siblings", "value_last_year",
    "value_previous", "periods_carried", "smoothed", "colour", "score", "target_met", "rank_among_peers",
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
    files.check_against(defined, labels, definitions_file)
    nodes = list(labels)
    rows = [row for row in defined.indicators if kept_by(row, kind)]
    if not rows:
        raise InvalidInput(
            f"{definitions_file.name}: no indicator is kept by the {kind}",
            cure="add it to their `periods`, or roll up by another period",
        )
    asked = [_asked(defined, row, facts.measures) for row in rows]
    with from_environment(os.environ) as engine:
        work = Rollup(engine, tree, kind, nodes)
        delivered = Delivered(facts.measures, [(line, n, (day - EPOCH_DAY).days, *v) for line, n, day, v in facts.rows])
        work.load(delivered, (how for one in asked for how in one.values()))
        stands, expected = Standing(tree, nodes, work.reporters).over(work.periods)
        parents = parents_of(tree, nodes, work.periods)
        groups = {group.code: np.isin(nodes, group.places) for group in defined.peers}
        made = []
        for row, one in zip(rows, asked, strict=True):
            company = Company([labels[node] for node in nodes], parents, stands > 0, groups.get(row.peers))
            values, reported = _one(work, row, one, expected)
            judgement = judged(row, values, work.periods, company, values.denominator)
            made.append((row, values, reported, judgement, placed(row, judgement.counted, company)))
    lines = 0
    partial = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with partial.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle)
            writer.writerow(COLUMNS)
            for line in _lines(made, list(labels.items()), work.periods, stands, expected):
                writer.writerow(line)
                lines += 1
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return Written(lines, len(work.periods), work.unplaced, list(_warnings(defined, kind, work.periods)))


def kept_by(row: IndicatorRow, kind: PeriodKind) -> bool:
    """Whether it has values of that kind of period: a file that names no `periods` asks for whatever is rolled up."""
    return "periods" not in row.model_fields_set or kind in row.periods


def _asked(defined: DefinitionFile, row: IndicatorRow, measures: list[str]) -> dict[str, tuple[int, Aggregation]]:
    """Each measure the indicator uses: its column, and how it is aggregated."""
    own = {measure.name: measure.aggregation for measure in defined.measures}
    return {name: (measures.index(name), own.get(name, row.aggregation)) for name in row.measures}


def _one(work: Rollup, row: IndicatorRow, asked: Asked, expected: Values) -> tuple[Valued, Values]:
    """The indicator's values, and how many places reported any measure of it."""
    reported = work.reported(i for i, _how in asked.values()) if asked else np.zeros_like(expected)
    sight = Sight(
        work.values(asked),
        work.values(asked, to_date=True),
        row.constants,
        earlier(work.periods),
        expected,
        reported,
    )
    return valued(row, sight, work.periods), reported


def _lines(
    made: list[tuple[IndicatorRow, Valued, Values, Judged, Placed]],
    nodes: list[tuple[str, str]],
    periods: Sequence[Period],
    stands: Values,
    expected: Values,
) -> Iterator[list[str]]:
    for i, (node, label) in enumerate(nodes):
        for p, period in enumerate(periods):
            if not stands[i, p]:
                continue
            for row, values, reported, judgement, rank in made:
                if below(row, label):
                    continue
                complete = reported[i, p] / expected[i, p] if expected[i, p] else np.nan
                own = judgement.age[i, p] == 0
                figures = (
                    judgement.value[i, p], values.numerator[i, p], values.denominator[i, p], reported[i, p], expected[i, p],
                    complete, values.over_last_year[i, p] if own else np.nan, values.over_previous[i, p] if own else np.nan,
                    values.to_date[i, p], rank.level[0][i, p], rank.siblings[0][i, p], values.last_year[i, p],
                    values.previous[i, p], judgement.age[i, p], judgement.smoothed[i, p],
                )  # fmt: skip
                grade = judgement.grade[i, p]
                yield [
                    node,
                    period.key,
                    row.code,
                    *(number(value) for value in figures),
                    GRADES[grade].value if grade >= 0 else "",
                    *(number(x[i, p]) for x in (judgement.score, judgement.met, rank.peers[0])),
                ]


def below(row: IndicatorRow, label: str) -> bool:
    """Whether a place of the level called `label` lies below the lowest level the indicator says it has values of."""
    said = "level" in row.model_fields_set and label in LEVELS
    return said and LEVELS.index(label) > LEVELS.index(row.level)


def number(value: float) -> str:
    """As short as reads back the same; "" for unknown, no .0 for a whole number."""
    if np.isnan(value):
        return ""
    whole = float(value)
    return str(int(whole)) if whole.is_integer() and abs(whole) < 2**53 else repr(whole)


def _warnings(defined: DefinitionFile, kind: PeriodKind, periods: Sequence[Period]) -> Iterator[str]:
    """What a definition asks for and these files can't give: said, never silently left out."""
    years = {period.start.year for period in periods}
    for row in defined.indicators:
        if not kept_by(row, kind):
            yield f"{row.code}: left out, as it is kept by {', '.join(row.periods)}, not by the {kind}"
        if row.goalposts and row.goalposts.base_year and row.goalposts.base_year not in years:
            yield f"{row.code}: not scored, as the facts have nothing of the base year {row.goalposts.base_year}"
