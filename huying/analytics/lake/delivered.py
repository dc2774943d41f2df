"""Facts as they come, brought into the table `facts` in whole numbers: loc (the place's number), d (days since 1970), line, m0 …

A measure is held in units of 10^-digits, digits being the most that any of its values has after the point: nine at most.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from huying.analytics.connection import connect
from huying.analytics.lake.filling import EPOCH_DAY, fill
from huying.analytics.periods import FIRST_DAY, LAST_DAY, Period, PeriodKind
from huying.analytics.vocabulary import CODE
from huying.kernel.errors import InvalidInput

NUMBER = r"U?(TINY|SMALL|BIG)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL\(\d+,\d+\)"
# A row's number is its file's and its own: 4,096 files of 268 million rows.
FILE_BITS = 28
MOST_FILES = 1 << 12
MOST_DIGITS = 9
NOTES = "files.json"
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
        columns = ["line BIGINT", "node VARCHAR", "d INTEGER", *(f"m{i} VARCHAR" for i in range(len(self.measures)))]
        fill(con, "raw", ", ".join(columns), self.rows)
        made = [digits(con, "raw", f"m{i}", name, "line") for i, name in enumerate(self.measures)]
        units = [f"{in_units(f'm{i}', digits)} AS m{i}" for i, digits in enumerate(made)]
        con.execute(
            f"CREATE OR REPLACE TABLE facts AS SELECT {', '.join(['place.loc AS loc', 'd', 'line', *units])} "
            f"FROM raw JOIN place ON place.code = raw.node"
        )
        return made


def in_units(column: str, digits: int) -> str:
    return f"CAST(CAST({column} AS {DECIMAL}) * {10**digits} AS BIGINT)"


def digits(con: duckdb.DuckDBPyConnection, table: str, column: str, name: str, line: str, least: int = 0) -> int:
    """How many digits after the point the column needs, `least` at least. Raises InvalidInput for a number too long."""
    exact = f"try_cast({column} AS {DECIMAL})"
    steps = " ".join(f"WHEN x = round(x, {n}) THEN {n}" for n in range(MOST_DIGITS))
    found = con.execute(
        f"SELECT max(CASE {steps} ELSE {MOST_DIGITS} END) FROM (SELECT {exact} AS x FROM {table}) WHERE x IS NOT NULL"
    ).fetchone()
    needed = max(least, int(found[0]) if found and found[0] is not None else 0)
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
class Note:
    """What is known of a file as long as it stays what it is, so that it need not be opened again.

    types: of its columns. first, last: days, as text. digits: how many after the point each measure that isn't a whole number
    needs; exact: with how many it was seen to be held.
    """

    types: dict[str, str]
    first: str
    last: str
    rows: int
    digits: dict[str, int] = field(default_factory=dict)
    exact: dict[str, int] = field(default_factory=dict)


@dataclass
class Stored:
    """Parquet files, each with `node`, `date` and a number a measure: one file, or a folder of them (one a month, say).

    What stands in a file that hasn't changed needs not be read again: base measures are kept file by file. doubts: what
    huying.analytics.lake.doubts found of files. Raises InvalidInput for a column that can't be used.
    """

    files: list[Path]
    measures: list[str]
    doubts: dict[str, Any]
    _notes: list[Note]
    _stamps: list[str]

    @classmethod
    def of(cls, path: Path, kept: Path | None = None) -> Stored:
        """kept: the folder in which `remember` left what is known of the files."""
        files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        if not files:
            raise InvalidInput(f"{path.name} holds no .parquet file", cure="one file a month, say: 2026-10.parquet")
        if len(files) > MOST_FILES:
            raise InvalidInput(f"{path.name} holds more than {MOST_FILES:,} files", cure="one file a month will do")
        known, doubts = _remembered(kept)
        stamps = [_stamp(file) for file in files]
        with connect() as con:
            fresh = {
                stamp: _described(con, file) for file, stamp in zip(files, stamps, strict=True) if stamp not in known
            }
            described = [fresh[stamp] if stamp in fresh else known[stamp].types for stamp in stamps]
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
            for file, stamp in zip(files, stamps, strict=True):
                if stamp in known:
                    continue
                found = con.execute(f"SELECT min(date), max(date), count(*) FROM {_read(file)}").fetchone()
                if found is None or found[0] is None:
                    raise InvalidInput(f"{file.name} holds no date", cure="leave the file away")
                if found[0] < FIRST_DAY or found[1] >= LAST_DAY:
                    raise InvalidInput(
                        f"{file.name}: {found[0]} to {found[1]} lies outside {FIRST_DAY.year} to {LAST_DAY.year - 1}",
                        cure="mend the dates",
                    )
                known[stamp] = Note(fresh[stamp], found[0].isoformat(), found[1].isoformat(), found[2])
        if not measures:
            raise InvalidInput(
                f"{files[0].name}: there is no measure", cure="node, date, and a column for each measure"
            )
        return cls(files, measures, doubts, [known[stamp] for stamp in stamps], stamps)

    def remember(self, kept: Path) -> None:
        """Keep what is known of the files in that folder."""
        notes = {stamp: asdict(note) for stamp, note in zip(self._stamps, self._notes, strict=True)}
        partial = kept / f".{NOTES}.{os.getpid()}"
        partial.write_text(json.dumps({"files": notes, "doubts": self.doubts}), encoding="utf-8")
        partial.replace(kept / NOTES)

    def days(self) -> tuple[date, date]:
        spans = [self.span(i) for i in range(len(self.files))]
        return min(first for first, _last in spans), max(last for _first, last in spans)

    def write(self, con: duckdb.DuckDBPyConnection) -> list[int]:
        """The view `facts` over all files; whoever needs no more than `rows_of` some of them leaves it with `look`."""
        made = self.look(con)
        whole = " UNION ALL ".join(self.rows_of(i) for i in range(len(self.files)))
        con.execute(
            f"CREATE OR REPLACE VIEW facts AS SELECT place.loc AS loc, read.* EXCLUDE (node) FROM ({whole}) AS read "
            f"JOIN place ON place.code = read.node"
        )
        return made

    def look(self, con: duckdb.DuckDBPyConnection) -> list[int]:
        """How many digits after the point each measure has. Opens no file that is known."""
        self._digits = [0 if "INT" in self._types[name] else self._needed(con, name) for name in self.measures]
        return self._digits

    def _needed(self, con: duckdb.DuckDBPyConnection, name: str) -> int:
        """How many digits after the point the measure needs in all files; each is seen to be held exactly with so many."""

        def seen(file: Path, least: int) -> int:
            line = f"(file_row_number + 1) || ' of ' || '{quoted(Path(file.name))}'"
            return digits(con, _read(file, "file_row_number = true"), self._text(name), name, line, least)

        for file, note in zip(self.files, self._notes, strict=True):
            if name not in note.digits:
                note.digits[name] = note.exact[name] = seen(file, 0)
        needed = max(note.digits[name] for note in self._notes)
        for file, note in zip(self.files, self._notes, strict=True):
            if note.exact[name] < needed:
                note.exact[name] = seen(file, needed)
        return needed

    @property
    def _types(self) -> dict[str, str]:
        return self._notes[0].types

    def span(self, part: int) -> tuple[date, date]:
        note = self._notes[part]
        return date.fromisoformat(note.first), date.fromisoformat(note.last)

    def rows(self, part: int) -> int:
        return self._notes[part].rows

    def overlapping(self, first: date) -> list[int]:
        """The files that hold anything of `first` or later."""
        return [i for i in range(len(self.files)) if self.span(i)[1] >= first]

    def overlapping_each_other(self) -> list[list[int]]:
        """The files, those together that have days in common."""
        found: list[list[int]] = []
        until = date.min
        for first, last, i in sorted((*self.span(i), i) for i in range(len(self.files))):
            if first <= until:
                found[-1].append(i)
            else:
                found.append([i])
            until = max(until, last)
        return [sorted(parts) for parts in found]

    def apart(self, kind: PeriodKind) -> bool:
        """Whether no period has values in two files."""
        held = (self.span(i) for i in range(len(self.files)))
        spans = sorted((Period.holding(first, kind), Period.holding(last, kind)) for first, last in held)
        return all(one[1] < other[0] for one, other in pairwise(spans))

    def first_line(self, part: int) -> int:
        """The number of its first row: those of other files don't move it."""
        return (part << FILE_BITS) + 1

    def said(self, line: int) -> str:
        """A row as people find it."""
        return f"{self.files[line >> FILE_BITS].name}:{line & ((1 << FILE_BITS) - 1)}"

    def known_by(self, part: int) -> str:
        """What tells a file from another, or from itself before it was written anew: reading half a gigabyte costs seconds."""
        return self._stamps[part]

    def complain(self, con: duckdb.DuckDBPyConnection, taken: int, part: int | None = None) -> None:
        """Raise InvalidInput where fewer rows were taken (of all, or of one file) than there are: an unknown place, no date."""
        parts = list(range(len(self.files))) if part is None else [part]
        if taken == sum(self.rows(i) for i in parts):
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

    def rows_of(self, i: int) -> str:
        """SQL of one file's rows: node, d, line, m0 …"""
        units = ", ".join(self._units(name, digits) + f" AS m{m}" for m, (name, digits) in enumerate(
            zip(self.measures, self._digits, strict=True)))  # fmt: skip
        return (
            f"SELECT node, CAST(date - DATE '1970-01-01' AS INTEGER) AS d, file_row_number + {self.first_line(i)} AS line, "
            f"{units} FROM {_read(self.files[i], 'file_row_number = true')}"
        )

    def _units(self, name: str, digits: int) -> str:
        return f'CAST("{name}" AS BIGINT)' if "INT" in self._types[name] else in_units(self._text(name), digits)

    def _text(self, name: str) -> str:
        """SQL: the decimals a binary fraction is written with, not those it is stored as."""
        return f'CAST("{name}" AS VARCHAR)' if self._types[name] in ("DOUBLE", "FLOAT") else f'"{name}"'


def _stamp(file: Path) -> str:
    about = file.stat()
    return f"{file.name} {about.st_size} {about.st_mtime_ns}"


def _remembered(kept: Path | None) -> tuple[dict[str, Note], dict[str, Any]]:
    """What `remember` left, by the files' stamps; nothing where there is nothing that can be read."""
    if kept is None:
        return {}, {}
    try:
        said = json.loads((kept / NOTES).read_text(encoding="utf-8"))
        return {stamp: Note(**note) for stamp, note in said["files"].items()}, dict(said["doubts"])
    except (OSError, ValueError, TypeError, KeyError):
        return {}, {}


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
