"""`huying analytics rollup`: from three plain files to the values of every place and period."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from huying.analytics.aggregation import Aggregation
from huying.analytics.engines import from_environment
from huying.analytics.engines.embedded import Embedded
from huying.analytics.indicators import files, renewing
from huying.analytics.indicators.definition_files import check_against, read_definitions
from huying.analytics.indicators.evaluation import Sight, Values
from huying.analytics.indicators.judging import Company
from huying.analytics.indicators.renewing import Last, changed_since
from huying.analytics.indicators.schema import DefinitionFile, IndicatorRow
from huying.analytics.indicators.values import earlier, valued
from huying.analytics.indicators.writing import KEPT, Sheet, as_csv, as_folder, as_parquet
from huying.analytics.lake import doubts
from huying.analytics.lake.delivered import Delivered, Stored
from huying.analytics.lake.measuring import LATEST
from huying.analytics.lake.numbered import Standing, parents_of
from huying.analytics.lake.rollup import Asked, Rollup
from huying.analytics.periods import Period, PeriodKind, spanning
from huying.kernel.errors import InvalidInput


@dataclass(frozen=True)
class Written:
    """rows: of the out file. unplaced: lines of the facts whose place stands nowhere in the tree on that day. rejected: how many
    rows of the facts can't be used and are in no value. anew: the periods that were made anew.
    """

    rows: int
    periods: int
    unplaced: list[str]
    warnings: list[str]
    rejected: int = 0
    anew: Sequence[str] = ()


def rollup(
    tree_file: Path,
    facts_file: Path,
    definitions_file: Path,
    kind: PeriodKind,
    out: Path,
    rejects: Path | None = None,
) -> Written:
    """Facts are csv, Parquet or a folder of Parquet; out is a csv, a Parquet file or, without an ending, a folder of Parquet.

    From Parquet into a folder, only what changed since the last time is read and written. rejects: the csv that gets those rows
    of a csv that can't be used. Raises InvalidInput for what can't be used as a whole; then nothing is written.
    """
    folder = out.is_dir() or not out.suffix
    if not folder and out.suffix.lower() not in (".csv", ".parquet"):
        raise InvalidInput(f"--out {out.name}: no {out.suffix} is written", cure="a .csv, a .parquet, or a folder")
    if rejects is not None and _stored(facts_file):
        raise InvalidInput(
            "--rejects: only of a csv are rows handed back", cure="leave it out; a wrong Parquet file stops the run"
        )
    tree = files.read_tree(tree_file)
    spans, labels = tree.spans, tree.labels
    opened = _opened(facts_file, out / KEPT if folder else None)
    defined, doubts_of_definitions = read_definitions(definitions_file, opened.measures)
    check_against(defined, labels, definitions_file)
    rows = [row for row in defined.indicators if kept_by(row, kind)]
    if not rows:
        raise InvalidInput(
            f"{definitions_file.name}: no indicator is kept by the {kind}",
            cure="add it to their `periods`, or roll up by another period",
        )
    facts = opened if isinstance(opened, Stored) else opened.take(labels, {m for row in rows for m in row.measures})
    measures = facts.measures
    asked = [_asked(defined, row, measures) for row in rows]
    above = np.zeros(len(spans.nodes), dtype=bool)
    above[spans.parent[spans.parent >= 0]] = True
    with from_environment(os.environ) as engine:
        work = Rollup(engine, spans, kind)
        if folder and isinstance(engine, Embedded):
            work.kept = out / KEPT
        work.take(facts, (how for one in asked for how in one.values()))
        days = facts.days()
        assert days, "a file without a value is refused"
        periods = spanning(kind, *days)
        warnings = [
            *tree.doubts(periods[0].start, periods[-1].last),
            *doubts_of_definitions,
            *_warnings(defined, kind, periods),
        ]
        stated = {measures[i] for one in asked for i, how in one.values() if how.time in LATEST}
        if isinstance(facts, Delivered):
            assert isinstance(opened, files.Facts)
            found = files.doubtful(opened, facts, stated)
            warnings += opened.said_rejected()
        else:
            found = doubts.of(engine.con, facts, stated)
        warnings += found.said(facts_file.name)
        last, tail = None, 0
        said = renewing.said(spans.digest, labels, defined, kind, measures)
        if work.kept and isinstance(facts, Stored) and renewing.near(rows, defined):
            last = Last.read(work.kept)
            last = last if last and (last.said, last.first, last.unplaced) == (said, periods[0].key, 0) else None
        if last and work.kept and isinstance(facts, Stored):
            since = changed_since(last, facts, work.bases(facts, work.kept))
            if since is None:
                facts.remember(work.kept)
                return Written(sum(last.rows.values()), len(periods), [], warnings)
            tail = next((i for i, period in enumerate(periods) if period.end > since), len(periods) - 1)
        while True:
            lead = renewing.needed(periods, tail)
            work.over(kind, periods[lead:])
            reporters = work.reporters()
            inner = sorted(spans.nodes[loc] for loc in reporters[above[reporters]])
            if last is None or inner == last.inner:
                break
            # A place above others reports for the first time, or no longer: that changes what is expected in every period.
            last, tail = None, 0
        sheets = _sheets(work, rows, asked, defined, labels, frozenset(inner), tail - lead)
        kept = {period.key: count for period, count in zip(periods[tail:], _counts(sheets), strict=True)}
        counts = {period.key: last.rows[period.key] for period in periods[:tail]} if last else {}
        if folder:
            as_folder(engine.con, out, sheets, periods[tail:], periods)
            if work.kept and isinstance(facts, Stored):
                seen = renewing.seen(facts, work.bases(facts, work.kept))
                facts.remember(work.kept)
                Last(said, periods[0].key, seen, inner, len(work.unplaced), counts | kept).write(work.kept)
        elif out.suffix.lower() == ".csv":
            as_csv(out, sheets, spans.nodes, periods)
        else:
            as_parquet(engine.con, out, sheets, periods)
    rejected = opened.rejected if isinstance(opened, files.Facts) else []
    if rejects is not None and isinstance(opened, files.Facts):
        opened.write_rejected(rejects)
    return Written(
        sum((counts | kept).values()),
        len(periods),
        [facts.said(line) for line in work.unplaced],
        warnings,
        len(rejected),
        [period.key for period in periods[tail:]],
    )


def _counts(sheets: Sequence[Sheet]) -> list[int]:
    """How many rows each period has."""
    return [int(count) for count in np.sum([sheet.there.sum(axis=0) for sheet in sheets], axis=0)]


def _sheets(
    work: Rollup,
    rows: Sequence[IndicatorRow],
    asked: Sequence[Asked],
    defined: DefinitionFile,
    labels: dict[str, str],
    inner: frozenset[str],
    lead: int,
) -> list[Sheet]:
    """Every indicator, without the first `lead` periods. inner: reporting places with others below them."""
    own = slice(lead, None)
    stands, expected = Standing(work.spans, inner).over(work.periods)
    company = Company(list(labels.values()), parents_of(work.spans, work.periods), stands > 0).over(own)
    groups = {group.code: np.isin(work.nodes, group.places) for group in defined.peers}

    def sheet(row: IndicatorRow, sight: Sight) -> Sheet:
        made = valued(row, sight, work.periods).over(own)
        among = replace(company, peers=groups.get(row.peers)) if row.peers else company
        return Sheet.of(row, made, sight.reported[:, own], expected[:, own], among, work.periods[own])

    # The engine answers one question at a time; what follows is arrays, which two threads work on at once.
    with ThreadPoolExecutor(2) as pool:
        waiting = [
            pool.submit(sheet, row, _sight(work, row, one, expected)) for row, one in zip(rows, asked, strict=True)
        ]
        return [one.result() for one in waiting]


def _opened(path: Path, kept: Path | None) -> Stored | files.Facts:
    return Stored.of(path, kept) if _stored(path) else files.Facts.open(path)


def _stored(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() == ".parquet"


def kept_by(row: IndicatorRow, kind: PeriodKind) -> bool:
    """Whether it has values of that kind of period: a file that names no `periods` asks for whatever is rolled up."""
    return "periods" not in row.model_fields_set or kind in row.periods


def _asked(defined: DefinitionFile, row: IndicatorRow, measures: list[str]) -> dict[str, tuple[int, Aggregation]]:
    """Each measure the indicator uses: its column, and how it is aggregated."""
    own = {measure.name: measure.aggregation for measure in defined.measures}
    return {name: (measures.index(name), own.get(name, row.aggregation)) for name in row.measures}


def _sight(work: Rollup, row: IndicatorRow, asked: Asked, expected: Values) -> Sight:
    """What the indicator's formulas see; reported: how many places reported something of each of its formulas."""
    parts = [[asked[name][0] for name in names] for names in row.measures_by_formula]
    reported = work.reported(*parts) if parts else np.zeros_like(expected)
    return Sight(
        work.values(asked),
        work.values(asked, to_date=True),
        row.constants,
        earlier(work.periods),
        expected,
        reported,
    )


def _warnings(defined: DefinitionFile, kind: PeriodKind, periods: Sequence[Period]) -> Iterator[str]:
    """What a definition asks for and these files can't give: said, never silently left out."""
    years = {period.start.year for period in periods}
    for row in defined.indicators:
        if not kept_by(row, kind):
            yield f"{row.code}: left out, as it is kept by {', '.join(row.periods)}, not by the {kind}"
        if row.goalposts and row.goalposts.base_year and row.goalposts.base_year not in years:
            yield f"{row.code}: not scored, as the facts have nothing of the base year {row.goalposts.base_year}"
