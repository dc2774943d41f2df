"""Facts as they come, brought into the table `facts` in whole numbers: loc (the place's number), d (days since 1970), line, m0 …

A measure is held in units of 10^-digits, digits being the most that any of its values has after the point: nine at most.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from huying.analytics.indicators.schema import CODE
from huying.analytics.lake.filling import EPOCH_DAY, fill
from huying.analytics.lake.scan import connect
from huying.analytics.periods import FIRST_DAY, LAST_DAY, Period, PeriodKind
from huying.kernel.errors import InvalidInput

NUMBER = r"U?(TINY|SMALL|BIG)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL\(\d+,\d+\)"
# A row's number is its file's and its own: 4,096 files of 268 million rows.
FILE_BITS = 28
MOST_FILES = 1 << 12
MOST_DIGITS = 9
DECIMAL = f"DECIMAL(38, {MOST_DIGITS})"


@dataclass
class Delivered:
    """Values as they came: (line of the file, node, days since 1970, one text a measure; "" is blank)."""

    measures: list[str]
    rows: list[tuple[Any, ...]]

    def days(self) -> tuple[date, date] | None:
        """The first and the last day."""
        days = [row[2] for row in self.rows]
        return (EPOCH_DAY + timedelta(min(days)), EPOCH_DAY + timedelta(max(days))) if days else None

    def said(self, line: int) -> str:
        return str(line)

    def write(self, con: duckdb.DuckDBPyConnection) -> list[int]:
        """Into `facts`; the digits of each measure. Raises InvalidInput for a number that can't be held exactly."""
        columns = ", ".join(f"m{i} VARCHAR" for i in range(len(self.measures)))
        fill(con, "raw", f"line BIGINT, node VARCHAR, d INTEGER, {columns}", self.rows)
        made = [digits(con, "raw", f"m{i}", name, "line") for i, name in enumerate(self.measures)]
        units = ", ".join(f"{in_units(f'm{i}', digits)} AS m{i}" for i, digits in enumerate(made))
        con.execute(
            f"CREATE OR REPLACE TABLE facts AS SELECT place.loc AS loc, d, line, {units} "
            f"FROM raw JOIN place ON place.code = raw.node"
        )
        return made


def in_units(column: str, digits: int) -> str:
    return f"CAST(CAST({column} AS {DECIMAL}) * {10**digits} AS BIGINT)"


def digits(con: duckdb.DuckDBPyConnection, table: str, column: str, name: str, line: str) -> int:
    """How many digits after the point the column needs. Raises InvalidInput for a number too long."""
    exact = f"try_cast({column} AS {DECIMAL})"
    steps = " ".join(f"WHEN x = round(x, {n}) THEN {n}" for n in range(MOST_DIGITS))
    found = con.execute(
        f"SELECT max(CASE {steps} ELSE {MOST_DIGITS} END) FROM (SELECT {exact} AS x FROM {table}) WHERE x IS NOT NULL"
    ).fetchone()
    needed = int(found[0]) if found and found[0] is not None else 0
    bad = con.execute(
        f"SELECT {line}, {column} FROM {table} WHERE {column} IS NOT NULL AND ({exact} IS NULL "
        f"OR CAST({exact} AS DOUBLE) <> CAST({column} AS DOUBLE) OR abs({exact}) >= {2**63 // 10**needed}) ORDER BY 1 LIMIT 1"
    ).fetchone()
    if bad:
        raise InvalidInput(
            f"line {bad[0]}, {name}: {bad[1]!r} is too long a number",
            cure=f"at most {MOST_DIGITS} digits after the point, and 18 in all",
        )
    return needed


@dataclass
class Stored:
    """Parquet files, each with `node`, `date` and a number a measure: one file, or a folder of them (one a month, say).

    What stands in a file that hasn't changed needs not be read again: base measures are kept file by file.
    Raises InvalidInput for a column that can't be used.
    """

    files: list[Path]
    measures: list[str]
    _types: dict[str, str]
    _days: list[tuple[date, date]]
    _rows: list[int]

    @classmethod
    def of(cls, path: Path) -> Stored:
        files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        if not files:
            raise InvalidInput(f"{path.name} holds no .parquet file", cure="one file a month, say: 2026-10.parquet")
        if len(files) > MOST_FILES:
            raise InvalidInput(f"{path.name} holds more than {MOST_FILES:,} files", cure="one file a month will do")
        with connect() as con:
            described = [_described(con, file) for file in files]
            for file, types in zip(files, described, strict=True):
                if types != described[0]:
                    raise InvalidInput(f"{file.name} has other columns than {files[0].name}", cure="write all alike")
                if types.get("node") != "VARCHAR" or types.get("date") != "DATE":
                    raise InvalidInput(f"{file.name}: node must be text and date a DATE", cure="write it anew")
            measures = [name for name in described[0] if name not in ("node", "date")]
            for name in measures:
                if not re.fullmatch(CODE, name):
                    raise InvalidInput(
                        f"{files[0].name}: {name!r} is no name for a measure", cure="lower case, digits and _"
                    )
                if not re.fullmatch(NUMBER, described[0][name]):
                    raise InvalidInput(
                        f"{files[0].name}: {name} is {described[0][name]}, no number",
                        cure="write whole or decimal numbers",
                    )
            spans, rows = [], []
            for file in files:
                found = con.execute(f"SELECT min(date), max(date), count(*) FROM {_read(file)}").fetchone()
                if found is None or found[0] is None:
                    raise InvalidInput(f"{file.name} holds no date", cure="leave the file away")
                if found[0] < FIRST_DAY or found[1] >= LAST_DAY:
                    raise InvalidInput(
                        f"{file.name}: {found[0]} to {found[1]} lies outside {FIRST_DAY.year} to {LAST_DAY.year - 1}",
                        cure="mend the dates",
                    )
                spans.append((found[0], found[1]))
                rows.append(found[2])
        if not measures:
            raise InvalidInput(
                f"{files[0].name}: there is no measure", cure="node, date, and a column for each measure"
            )
        return cls(files, measures, described[0], spans, rows)

    def days(self) -> tuple[date, date]:
        return min(first for first, _last in self._days), max(last for _first, last in self._days)

    def write(self, con: duckdb.DuckDBPyConnection) -> list[int]:
        listed = ", ".join(f"'{quoted(file)}'" for file in self.files)
        whole = f"read_parquet([{listed}], file_row_number = true, filename = true)"
        line = "(file_row_number + 1) || ' of ' || parse_filename(filename)"
        made = []
        for name in self.measures:
            whole_number = "INT" in self._types[name]
            made.append(0 if whole_number else digits(con, whole, self._text(name), name, line))
        self._digits = made
        for i, _file in enumerate(self.files):
            con.execute(f"CREATE OR REPLACE VIEW part_{i} AS {self._part(i)}")
        whole = " UNION ALL ".join(f"SELECT * FROM part_{i}" for i in range(len(self.files)))
        con.execute(f"CREATE OR REPLACE VIEW facts AS {whole}")
        return made

    def span(self, part: int) -> tuple[date, date]:
        return self._days[part]

    def overlapping(self, first: date) -> list[int]:
        """The files that hold anything of `first` or later."""
        return [i for i, (_first, last) in enumerate(self._days) if last >= first]

    def apart(self, kind: PeriodKind) -> bool:
        """Whether no period has values in two files."""
        spans = sorted((Period.holding(first, kind), Period.holding(last, kind)) for first, last in self._days)
        return all(one[1] < other[0] for one, other in pairwise(spans))

    def first_line(self, part: int) -> int:
        """The number of its first row: those of other files don't move it."""
        return (part << FILE_BITS) + 1

    def said(self, line: int) -> str:
        """A row as people find it."""
        return f"{self.files[line >> FILE_BITS].name}:{line & ((1 << FILE_BITS) - 1)}"

    def known_by(self, part: int) -> str:
        """What tells a file from another, or from itself before it was written anew: reading half a gigabyte costs seconds."""
        about = self.files[part].stat()
        return f"{self.files[part].name} {about.st_size} {about.st_mtime_ns}"

    def complain(self, con: duckdb.DuckDBPyConnection, taken: int, part: int | None = None) -> None:
        """Raise InvalidInput where fewer rows were taken (of all, or of one file) than there are: an unknown place, no date."""
        parts = list(range(len(self.files))) if part is None else [part]
        if taken == sum(self._rows[i] for i in parts):
            return
        for file in (self.files[i] for i in parts):
            bad = con.execute(
                f"SELECT file_row_number + 1, node, date FROM {_read(file, 'file_row_number = true')} "
                f"WHERE node IS NULL OR date IS NULL OR node NOT IN (SELECT code FROM place) ORDER BY 1 LIMIT 1"
            ).fetchone()
            if bad:
                said = "the node is missing" if bad[1] is None else f"{bad[1]!r} is no node of the tree"
                said = "the date is missing" if bad[2] is None else said
                raise InvalidInput(
                    f"{file.name}, row {bad[0]}: {said}",
                    cure="add it to the tree, or mend the row and write the file anew",
                )

    def _part(self, i: int) -> str:
        units = ", ".join(self._units(name, digits) + f" AS m{m}" for m, (name, digits) in enumerate(
            zip(self.measures, self._digits, strict=True)))  # fmt: skip
        return (
            f"SELECT place.loc AS loc, CAST(date - DATE '1970-01-01' AS INTEGER) AS d, "
            f"file_row_number + {self.first_line(i)} AS line, "
            f"{units} FROM {_read(self.files[i], 'file_row_number = true')} AS file JOIN place ON place.code = file.node"
        )

    def _units(self, name: str, digits: int) -> str:
        return f'CAST("{name}" AS BIGINT)' if "INT" in self._types[name] else in_units(self._text(name), digits)

    def _text(self, name: str) -> str:
        """SQL: the decimals a binary fraction is written with, not those it is stored as."""
        return f'CAST("{name}" AS VARCHAR)' if self._types[name] in ("DOUBLE", "FLOAT") else f'"{name}"'


def _described(con: duckdb.DuckDBPyConnection, file: Path) -> dict[str, str]:
    try:
        return {row[0]: row[1] for row in con.execute(f"DESCRIBE SELECT * FROM {_read(file)}").fetchall()}
    except duckdb.Error as error:
        raise InvalidInput(
            f"{file.name} is no Parquet file: {str(error).splitlines()[0]}", cure="write it anew"
        ) from None


def _read(file: Path, options: str = "") -> str:
    return f"read_parquet('{quoted(file)}'{', ' + options if options else ''})"


def quoted(file: Path) -> str:
    return str(file).replace("'", "''")
