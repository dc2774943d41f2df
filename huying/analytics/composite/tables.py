"""A table of figures: rows are units at a time, columns are indicators or aggregates, NaN is unknown."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from huying.kernel.errors import InvalidInput

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Marks = NDArray[np.uint8]

# What a spreadsheet program would run as a formula when it opens what we write (OWASP, CSV injection); −5 is a number.
RUNS = re.compile(r"[=+@\t\r]|-(?!\d+(\.\d+)?$)")
MISSING = frozenset({"", "NA", "NaN", "nan", "N/A"})


@dataclass(frozen=True, eq=False)
class Table:
    """Figures of units.

    units: code of each row. times: its period, as text, "" where the data has none. columns: code of each column.
    values: float64 of shape (rows, columns), columns contiguous in memory, NaN where unknown. Rows of one time stand together.
    """

    units: tuple[str, ...]
    times: tuple[str, ...]
    columns: tuple[str, ...]
    values: Floats

    @cached_property
    def place(self) -> dict[str, int]:
        """Column code → position."""
        return {code: number for number, code in enumerate(self.columns)}

    @cached_property
    def periods(self) -> dict[str, slice]:
        """Time → its rows, in the order in which they stand."""
        found: dict[str, slice] = {}
        begin = 0
        for end in range(1, len(self.times) + 1):
            if end == len(self.times) or self.times[end] != self.times[begin]:
                found[self.times[begin]] = slice(begin, end)
                begin = end
        return found

    def column(self, code: str) -> Floats:
        return self.values[:, self.place[code]]

    def take(self, columns: Sequence[str]) -> Table:
        """The named columns, in that order."""
        return replace(
            self, columns=tuple(columns), values=np.asfortranarray(self.values[:, [self.place[c] for c in columns]])
        )

    def keep(self, rows: Flags) -> Table:
        """Only the rows marked."""
        if rows.all():
            return self
        kept = np.flatnonzero(rows)
        return Table(
            tuple(self.units[n] for n in kept),
            tuple(self.times[n] for n in kept),
            self.columns,
            np.asfortranarray(self.values[kept]),
        )

    def with_values(self, values: Floats) -> Table:
        return replace(self, values=values)

    def row(self, unit: str, time: str | None = None) -> int:
        """Position of a unit's row; without `time` its last one. Raises InvalidInput where there is none."""
        found = [n for n, one in enumerate(self.units) if one == unit and (time is None or self.times[n] == time)]
        if not found:
            when = f" at {time}" if time is not None else ""
            raise InvalidInput(f"there is no unit {unit!r}{when} in the table", cure="name a uCode of the data")
        return found[-1]


Rows = list[tuple[int, list[str]]]


def cells_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row that isn't wholly blank, with the line it begins on, of a csv file as offices save it; the header is the first.

    UTF-8 (with or without mark), GB18030, or the UTF-16 of a spreadsheet program's "Unicode text"; cells parted by comma,
    semicolon or tab, whichever the header has. Raises InvalidInput for a workbook, and for quotes that don't close.
    """
    text = read_text(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    line = 1
    try:
        for cells in reader:
            if any(stripped := [cell.strip() for cell in cells]):
                yield line, stripped
            line = reader.line_num + 1
    except csv.Error as fault:
        raise InvalidInput(
            f"{path.name}, line {line}: {fault}", cure="close every quote, or save it anew as CSV"
        ) from None


def read_rows(path: Path) -> tuple[list[str], Rows]:
    """Header, and each row's line with its cells, of a csv file as offices save it (`cells_of`).

    Last columns that are wholly blank are no columns. Raises InvalidInput also for an empty file, a column without a name or
    named twice, or a row of another length, with its line.
    """
    found = list(cells_of(path))
    if len(found) < 2:
        raise InvalidInput(f"{path.name} holds no rows", cure="give a header line and at least one row")
    width, header = len(found[0][1]), without_blank_end(found[0][1])
    if unnamed := [number for number, name in enumerate(header, 1) if not name]:
        raise InvalidInput(f"{path.name}:{found[0][0]}: column {unnamed[0]} has no name", cure="name it, or remove it")
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise InvalidInput(f"{path.name}: column {', '.join(twice)} stands twice", cure="rename or remove one")
    rows: Rows = []
    for at, cells in found[1:]:
        if len(cells) != width:
            raise InvalidInput(
                f"{path.name}:{at}: {len(cells)} cells where the header has {width}",
                cure="give every row one cell for each column; quote a cell that holds a comma",
            )
        if any(cells[len(header) :]):
            raise InvalidInput(
                f"{path.name}:{at}: a cell stands beyond the last column that has a name", cure="name its column"
            )
        rows.append((at, cells[: len(header)]))
    return header, rows


# What begins a file that is no text, and what it then is.
BOOKS = {b"PK\x03\x04": "an Excel workbook (xlsx)", b"\xd0\xcf\x11\xe0": "an Excel workbook (xls)"}


def read_text(path: Path) -> str:
    """Raises InvalidInput for what is no text."""
    raw = path.read_bytes()
    for begins, what in BOOKS.items():
        if raw.startswith(begins):
            raise InvalidInput(f"{path.name} is {what}, not a csv file", cure="save the sheet as CSV UTF-8")
    encodings = ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError as fault:
            at = fault.start + 1
    raise InvalidInput(f"{path.name}: byte {at} is neither UTF-8 nor GB18030", cure="save it as CSV UTF-8")


def _delimiter(text: str) -> str:
    """What parts the header's cells: a comma wherever there is one."""
    header = text.lstrip().split("\n", 1)[0]
    return next((sign for sign in (",", ";", "\t") if sign in header), ",")


def without_blank_end(cells: list[str]) -> list[str]:
    last = max((number for number, cell in enumerate(cells, 1) if cell), default=0)
    return cells[:last]


def harmless(where: str, what: str, text: str, *, part_of_a_file_name: bool = False) -> str:
    """`text` as it is. Raises InvalidInput for one that a spreadsheet program would run, or that would lead out of the folder."""
    if RUNS.match(text) or (part_of_a_file_name and set(text) & set("/\\\0")):
        raise InvalidInput(
            f"{where}: {what} {text!r} cannot be written out safely",
            cure="let it begin with a letter or a figure" + (", without / or \\" if part_of_a_file_name else ""),
        )
    return text


def numbers(path: Path, code: str, cells: Iterable[tuple[int, str]]) -> Floats:
    """One column of text, each cell with its line, as float64; blank, NA and NaN are unknown. Raises InvalidInput naming the line
    of another text."""
    found = []
    for line, cell in cells:
        if cell in MISSING:
            found.append(np.nan)
            continue
        # Python's own float() would take 1_000 as well.
        try:
            value = float(cell) if "_" not in cell else None
        except ValueError:
            value = None
        if value is None:
            raise InvalidInput(
                f"{path.name}:{line}: {code} is {cell!r}, not a number",
                cure="write figures without units or thousands separators; leave unknown cells blank",
            )
        if not np.isfinite(value):
            raise InvalidInput(f"{path.name}:{line}: {code} is {cell}, not finite", cure="leave an unknown cell blank")
        found.append(value)
    return np.array(found, dtype=np.float64)


def cell(value: object) -> str:
    """How a value stands in a csv file: shortest text that reads back as the same float, blank for unknown."""
    if isinstance(value, float):
        if value != value:
            return ""
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return "" if value is None else str(value)


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A csv file in UTF-8, written beside and moved into place, so that a reader never sees half of it."""
    beside = path.with_name(f".{path.name}.part")
    with beside.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([cell(value) for value in row] for row in rows)
    beside.replace(path)


def write_table(path: Path, table: Table, *, before: Mapping[str, Sequence[object]] | None = None) -> None:
    """uCode, Time where the data has more than one, what stands in `before`, then the columns."""
    lead: dict[str, Sequence[object]] = {"uCode": table.units}
    if len(table.periods) > 1:
        lead["Time"] = table.times
    lead |= before or {}
    figures = table.values.tolist()
    write_rows(
        path,
        [*lead, *table.columns],
        ([*first, *row] for first, row in zip(zip(*lead.values(), strict=True), figures, strict=True)),
    )
