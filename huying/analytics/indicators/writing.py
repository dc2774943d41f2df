"""Values out: as one csv, or as a folder of Parquet files, one a period, of which only those that changed are written."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from huying.analytics.indicators.evaluation import Values
from huying.analytics.indicators.judging import GRADES, Judged, Placed
from huying.analytics.indicators.schema import LEVELS, IndicatorRow
from huying.analytics.indicators.values import Valued
from huying.analytics.lake.delivered import quoted
from huying.analytics.periods import Period

KEYS = ("node", "period", "indicator")
FIGURES = (
    "value", "numerator", "denominator", "n_reported", "n_expected", "completeness", "year_on_year", "previous_period",
    "year_to_date", "rank_in_level", "rank_among_siblings", "value_last_year", "value_previous", "periods_carried", "smoothed",
    "colour", "score", "target_met", "rank_among_peers",
)  # fmt: skip
COLUMNS = KEYS + FIGURES
KEPT = ".kept"


@dataclass(frozen=True)
class Sheet:
    """One indicator's figures, by name of column: places × periods, NaN is unknown. there: which of them have a row."""

    code: str
    there: npt.NDArray[np.bool_]
    figures: dict[str, Values]

    @classmethod
    def of(
        cls, row: IndicatorRow, made: Valued, reported: Values, expected: Values, stands: npt.NDArray[np.bool_], judged: Judged,
        rank: Placed, labels: Sequence[str],
    ) -> Sheet:  # fmt: skip
        own = judged.age == 0
        complete = np.divide(reported, expected, out=np.full_like(reported, np.nan), where=expected != 0)
        found = (
            judged.value, made.numerator, made.denominator, reported, expected, complete,
            np.where(own, made.over_last_year, np.nan), np.where(own, made.over_previous, np.nan), made.to_date, rank.level[0],
            rank.siblings[0], made.last_year, made.previous, judged.age, judged.smoothed,
            np.where(judged.grade >= 0, judged.grade, np.nan), judged.score, judged.met, rank.peers[0],
        )  # fmt: skip
        high = np.array([not below(row, label) for label in labels])
        return cls(row.code, stands & high[:, np.newaxis], dict(zip(FIGURES, found, strict=True)))


def below(row: IndicatorRow, label: str) -> bool:
    """Whether a place of the level called `label` lies below the lowest level the indicator says it has values of."""
    said = "level" in row.model_fields_set and label in LEVELS
    return said and LEVELS.index(label) > LEVELS.index(row.level)


def as_csv(out: Path, sheets: Sequence[Sheet], nodes: Sequence[str], periods: Sequence[Period]) -> int:
    """How many rows were written."""
    lines = 0
    partial = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with partial.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle)
            writer.writerow(COLUMNS)
            for line in _lines(sheets, nodes, periods):
                writer.writerow(line)
                lines += 1
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return lines


def _lines(sheets: Sequence[Sheet], nodes: Sequence[str], periods: Sequence[Period]) -> Iterator[list[str]]:
    for i, node in enumerate(nodes):
        for p, period in enumerate(periods):
            for sheet in sheets:
                if sheet.there[i, p]:
                    said = (_said(name, values[i, p]) for name, values in sheet.figures.items())
                    yield [node, period.key, sheet.code, *said]


def _said(name: str, value: float) -> str:
    if name == "colour":
        return "" if np.isnan(value) else GRADES[int(value)].value
    return number(value)


def number(value: float) -> str:
    """As short as reads back the same; "" for unknown, no .0 for a whole number."""
    if np.isnan(value):
        return ""
    whole = float(value)
    return str(int(whole)) if whole.is_integer() and abs(whole) < 2**53 else repr(whole)


def as_folder(
    con: duckdb.DuckDBPyConnection, out: Path, sheets: Sequence[Sheet], periods: Sequence[Period], whole: Sequence[Period]
) -> None:  # fmt: skip
    """Into `out`/2026-10.parquet and so on, the columns of the csv; what was written before of other periods of `whole` stays.

    con: it holds `place` (loc, code). All new files stand beside the old ones before the first takes its place.
    """
    out.mkdir(parents=True, exist_ok=True)
    made = [(out / f".{period.key}.{os.getpid()}", out / f"{period.key}.parquet") for period in periods]

    def write(p: int) -> None:
        with con.cursor() as own:
            _write_period(own, made[p][0], sheets, p, periods[p].key)

    try:
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(write, p) for p in range(len(periods))]:
                done.result()
        for partial, file in made:
            partial.replace(file)
    finally:
        for partial, _file in made:
            partial.unlink(missing_ok=True)
    known = {period.key for period in whole}
    for file in out.glob("*.parquet"):
        if file.stem not in known:
            file.unlink()


def _write_period(con: duckdb.DuckDBPyConnection, out: Path, sheets: Sequence[Sheet], p: int, key: str) -> None:
    there = [np.flatnonzero(sheet.there[:, p]).astype(np.int32) for sheet in sheets]
    columns: dict[str, npt.NDArray[Any]] = {
        "loc": np.concatenate(there),
        "sheet": np.repeat(np.arange(len(sheets), dtype=np.int32), [len(rows) for rows in there]),
    }
    for name in FIGURES:
        column = np.concatenate([sheet.figures[name][rows, p] for sheet, rows in zip(sheets, there, strict=True)])
        if not np.isnan(column).all():
            columns[name] = column
    codes = " ".join(f"WHEN {i} THEN '{sheet.code}'" for i, sheet in enumerate(sheets))
    colours = " ".join(f"WHEN {i} THEN '{grade.value}'" for i, grade in enumerate(GRADES))
    said = []
    for name in FIGURES:
        if name not in columns:
            said.append(f"CAST(NULL AS {'VARCHAR' if name == 'colour' else 'DOUBLE'}) AS {name}")
        elif name == "colour":
            said.append(f"CASE colour {colours} END AS colour")
        else:
            said.append(f"nullif({name}, 'nan'::DOUBLE) AS {name}")
    con.register("period_figures", columns)
    try:
        con.execute(
            f"COPY (SELECT place.code AS node, '{key}' AS period, CASE sheet {codes} END AS indicator, {', '.join(said)} "
            f"FROM period_figures JOIN place USING (loc)) TO '{quoted(out)}' (FORMAT parquet, COMPRESSION snappy)"
        )
    finally:
        con.unregister("period_figures")
