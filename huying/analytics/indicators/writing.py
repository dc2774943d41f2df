"""Values out: as one csv, or as a folder of Parquet files, one a period, of which only those that changed are written."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import numpy.typing as npt

from huying.analytics.engines.embedded import copied, side_by_side
from huying.analytics.indicators.evaluation import Values, divided
from huying.analytics.indicators.judging import GRADES, Company, Judged, apart, judged, placed
from huying.analytics.indicators.schema import LEVELS, IndicatorRow
from huying.analytics.indicators.values import Valued
from huying.analytics.lake.delivered import quoted
from huying.analytics.lake.filling import put
from huying.analytics.periods import Period

KEYS = ("node", "period", "indicator")
FIGURES = (
    "value", "numerator", "denominator", "n_reported", "n_expected", "completeness", "year_on_year", "previous_period",
    "year_to_date", "rank_in_level", "rank_among_siblings", "value_last_year", "value_previous", "periods_carried", "smoothed",
    "colour", "score", "target_met", "rank_among_peers",
)  # fmt: skip
COLUMNS = KEYS + FIGURES
KEPT = ".kept"
FEW = 3


@dataclass(frozen=True)
class Sheet:
    """One indicator over places and periods; its figures are made a period at a time, as all of them together are many gigabytes.

    there: which places have a row in which period. judged: over all periods, None where each can be judged by itself.
    """

    row: IndicatorRow
    made: Valued
    reported: Values
    expected: Values
    company: Company
    periods: Sequence[Period]
    there: npt.NDArray[np.bool_]
    judged: Judged | None

    @classmethod
    def of(
        cls, row: IndicatorRow, made: Valued, reported: Values, expected: Values, company: Company, periods: Sequence[Period]
    ) -> Sheet:  # fmt: skip
        names, level = company.level
        high = np.array([not below(row, name) for name in names])[level]
        whole = None if apart(row) else judged(row, made, periods, company, made.denominator)
        there = company.stands & high[:, np.newaxis]
        return cls(row, made, reported, expected, company, periods, there, whole)

    def figures(self, p: int) -> dict[str, Values]:
        """By name of column, of each place in period `p`; NaN is unknown."""
        own = slice(p, p + 1)
        made, company, reported, expected = (
            self.made.over(own), self.company.over(own), self.reported[:, own], self.expected[:, own]
        )  # fmt: skip
        if self.judged is None:
            judgement = judged(self.row, made, self.periods[own], company, made.denominator)
        else:
            judgement = self.judged.over(own)
        rank = placed(self.row, judgement.counted, company)
        fresh = judgement.age == 0
        found = (
            judgement.value, made.numerator, made.denominator, reported, expected, divided(reported, expected),
            np.where(fresh, made.over_last_year, np.nan), np.where(fresh, made.over_previous, np.nan), made.to_date,
            rank.level[0], rank.siblings[0], made.last_year, made.previous, judgement.age, judgement.smoothed,
            np.where(judgement.grade >= 0, judgement.grade, np.nan), judgement.score, judgement.met, rank.peers[0],
        )  # fmt: skip
        return {name: values[:, 0] for name, values in zip(FIGURES, found, strict=True)}


def figures(sheets: Sequence[Sheet], p: int) -> list[dict[str, Values]]:
    """Of every sheet in period `p`, without colour and score where the check of its reporting isn't green.

    Where there was nothing to check they stand.
    """
    found = {sheet.row.code: sheet.figures(p) for sheet in sheets}
    for sheet in sheets:
        if not sheet.row.integrity:
            continue
        check, own = found.get(sheet.row.integrity), found[sheet.row.code]
        # GRADES begins with green.
        fit = np.zeros(own["colour"].shape, dtype=bool)
        if check is not None:
            fit = (check["colour"] == 0) | (np.isnan(check["value"]) & (check["denominator"] == 0))
        lost = ~np.isnan(own["colour"]) & ~fit
        own["colour"], own["score"] = (np.where(lost, np.nan, own[name]) for name in ("colour", "score"))
    return list(found.values())


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
    made = [figures(sheets, p) for p in range(len(periods))]
    for i, node in enumerate(nodes):
        for p, period in enumerate(periods):
            for sheet, own in zip(sheets, made[p], strict=True):
                if sheet.there[i, p]:
                    said = (_said(name, values[i]) for name, values in own.items())
                    yield [node, period.key, sheet.row.code, *said]


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


def as_parquet(con: duckdb.DuckDBPyConnection, out: Path, sheets: Sequence[Sheet], periods: Sequence[Period]) -> None:
    """One Parquet file with the columns of the csv, period after period. con: it holds `place` (loc, code)."""
    with TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as held:
        parts = [Path(held) / f"{p}.parquet" for p in range(len(periods))]
        named = _named(con, sheets, [period.key for period in periods])
        for p, period in enumerate(periods):
            _write_period(con, parts[p], sheets, named[p], p, period.key)
        listed = ", ".join(f"'{quoted(part)}'" for part in parts)
        copied(con, f"SELECT * FROM read_parquet([{listed}])", whole := Path(held) / "whole")
        whole.replace(out)


def as_folder(
    con: duckdb.DuckDBPyConnection, out: Path, sheets: Sequence[Sheet], periods: Sequence[Period], whole: Sequence[Period]
) -> None:  # fmt: skip
    """Into `out`/2026-10.parquet and so on, the columns of the csv; what was written before of other periods of `whole` stays.

    con: it holds `place` (loc, code). All new files stand beside the old ones before the first takes its place.
    """
    out.mkdir(parents=True, exist_ok=True)
    made = [(out / f".{period.key}.{os.getpid()}", out / f"{period.key}.parquet") for period in periods]
    named = _named(con, sheets, [period.key for period in periods])

    def write(p: int) -> None:
        with con.cursor() as own:
            _write_period(own, made[p][0], sheets, named[p], p, periods[p].key)

    try:
        with side_by_side(con) as pool:
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
    # What runs that were killed left half written.
    for folder in (out, out / KEPT):
        for file in folder.glob(".*.*"):
            if file.is_file() and file.suffix[1:].isdigit() and not _runs(int(file.suffix[1:])):
                file.unlink()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _named(con: duckdb.DuckDBPyConnection, sheets: Sequence[Sheet], keys: Sequence[str]) -> list[list[str]]:
    """For each period the table, for each sheet, of the codes of the places it has rows of, in the order of their numbers.

    Of many periods codes, periods and indicators become ENUMs: what they may be, Parquet then writes once a group of rows, and
    looks no row's text up. Making them costs what three periods save.
    """
    shown = np.logical_or.reduce([sheet.there.any(axis=1) for sheet in sheets])
    put(con, "shown", loc=np.flatnonzero(shown).astype(np.int32))
    words = {
        "place_code": "SELECT code FROM place JOIN shown USING (loc) ORDER BY loc",
        "period_key": f"SELECT unnest({list(keys)!r})",
        "indicator_code": f"SELECT unnest({[sheet.row.code for sheet in sheets]!r})",
    }
    for name, sql in words.items():
        con.execute(f"CREATE TYPE {name} AS {f'ENUM ({sql})' if len(keys) > FEW else 'VARCHAR'}")
    tables: dict[bytes, str] = {}

    def table(there: npt.NDArray[np.bool_]) -> str:
        if (key := there.tobytes()) not in tables:
            tables[key] = f"shown_{len(tables)}"
            put(con, "shown", loc=np.flatnonzero(there).astype(np.int32))
            con.execute(
                f"CREATE OR REPLACE TABLE {tables[key]} AS "
                f"SELECT code::place_code AS code FROM place JOIN shown USING (loc) ORDER BY loc"
            )
        return tables[key]

    return [[table(sheet.there[:, p]) for sheet in sheets] for p in range(len(keys))]


def _write_period(
    con: duckdb.DuckDBPyConnection, out: Path, sheets: Sequence[Sheet], named: Sequence[str], p: int, key: str
) -> None:
    parts = []
    for i, (sheet, own) in enumerate(zip(sheets, figures(sheets, p), strict=True)):
        there = sheet.there[:, p]
        columns = {name: values if there.all() else values[there] for name, values in own.items()}
        # DuckDB takes NaN out of numpy as NULL.
        columns = {name: values for name, values in columns.items() if not np.isnan(values).all()}
        said = ", ".join(_column(name, name in columns) for name in FIGURES)
        beside = ""
        if columns:
            con.register(f"figures_{i}", columns)
            beside = f" POSITIONAL JOIN figures_{i}"
        parts.append(
            f"SELECT code AS node, '{key}'::period_key AS period, '{sheet.row.code}'::indicator_code AS indicator, {said} "
            f"FROM {named[i]}{beside}"
        )
    copied(con, " UNION ALL ".join(parts), out)


def _column(name: str, known: bool) -> str:
    """SQL of a column of figures; known: whether any row has one."""
    if name == "colour":
        words = " ".join(f"WHEN {i} THEN '{grade.value}'" for i, grade in enumerate(GRADES))
        return f"CASE colour {words} END AS colour" if known else "CAST(NULL AS VARCHAR) AS colour"
    return name if known else f"CAST(NULL AS DOUBLE) AS {name}"
