"""Plain files in: the tree, which must be whole, and the facts, of which rows that can't be used are handed back."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

import numpy as np

from huying.analytics.composite.tables import cells_of, without_blank_end
from huying.analytics.lake.delivered import MOST_DIGITS, Delivered
from huying.analytics.lake.doubts import SOME, Doubts
from huying.analytics.lake.filling import EPOCH_DAY
from huying.analytics.lake.numbered import ABSENT, ROOT, Numbered, Spans
from huying.analytics.periods import FIRST_DAY, LAST_DAY, Period
from huying.analytics.trees import BEGINNING, FOREVER
from huying.kernel.actors import Level
from huying.kernel.errors import InvalidInput
from huying.kernel.sheets.writing import neutral

NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
# 2026-10-05, 2026/10/5, 2026.10.5, 2026年10月5日, 20261005; a time of day after it says nothing here.
DAY = re.compile(
    r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.0+)?)?)?"
)
MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
MOST_WHOLE = 18
TREE = ("node", "parent", "level")
SPAN = ("valid_from", "valid_to")
FACTS = ("node", "date")


@dataclass(frozen=True)
class Reject:
    """A row that can't be used: where it begins, as it stands, and why."""

    line: int
    cells: list[str]
    reason: str


@dataclass
class Facts:
    """A file of facts that was opened, and after `take` what became of its rows.

    head: its columns. rejected: the rows that can't be used. repeated: lines that say the same as an earlier one.
    """

    path: Path
    head: list[str]
    _rows: Iterator[tuple[int, list[str]]]
    rejected: list[Reject] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)

    @classmethod
    def open(cls, path: Path) -> Facts:
        head, rows = _opened(path, FACTS)
        made = cls(path, head, rows)
        if not made.measures:
            raise _fault(path, 1, "there is no measure", "node, date, and a column for each measure")
        return made

    @property
    def measures(self) -> list[str]:
        return [name for name in self.head if name and name not in FACTS]

    def take(self, nodes: Iterable[str], used: Collection[str]) -> Delivered:
        """The measures that are used, in the order of the file, of every row that can be. Raises InvalidInput where none can."""
        known, measures = set(nodes), [name for name in self.measures if name in used]
        node, day = self.head.index("node"), self.head.index("date")
        columns = [(name, self.head.index(name)) for name in measures]
        rows: list[tuple[object, ...]] = []
        seen: set[tuple[str, ...]] = set()
        for line, cells in self._rows:
            try:
                _whole(cells, len(self.head))
                if cells[node] not in known:
                    what = f"{cells[node]!r} is no node of the tree" if cells[node] else "the node is missing"
                    raise InvalidInput(what, cure="add it to the tree, or mend the code")
                values = [_number(name, cells[i]) for name, i in columns]
                rows.append((line, cells[node], (_reported_on(cells[day]) - EPOCH_DAY).days, *values))
            except InvalidInput as fault:
                self.rejected.append(Reject(line, cells, fault.one_line()))
                continue
            said = tuple(cells)
            if said in seen:
                self.repeated.append(line)
            seen.add(said)
        if not rows:
            first = self.rejected[0] if self.rejected else None
            raise _fault(self.path, first.line, first.reason) if first else _fault(self.path, 1, "there are no values")
        return Delivered(measures, rows)

    def write_rejected(self, out: Path) -> None:
        """Line, reason, and the row as it stood. Mended, it can be sent as it is: columns that nothing uses are passed over."""
        with out.open("w", newline="", encoding="utf-8-sig") as handle:
            writer = csv.writer(handle)
            writer.writerow(["line", "reason", *self.head])
            writer.writerows([row.line, row.reason, *map(neutral, row.cells)] for row in self.rejected)

    def said_rejected(self) -> Iterator[str]:
        """In words: how many, and the first few with their reason."""
        if self.rejected:
            yield f"{self.path.name}: {len(self.rejected)} rows can't be used, so they are in no value (all: --rejects FILE)"
            yield from (f"{self.path.name}, line {row.line}: {row.reason}" for row in self.rejected[:SOME])


@dataclass(frozen=True)
class TreeFile:
    """The dated tree of a file. labels: the level of each node as the file calls it, in its order. unused: other columns."""

    path: Path
    spans: Spans
    labels: dict[str, str]
    unused: list[str]
    _lines: list[int]

    def doubts(self, first: date, last: date) -> Iterator[str]:
        """In words. first, last: the days that count."""
        if self.unused:
            yield f"{self.path.name}: nothing is made of the columns {', '.join(self.unused)}"
        if some := list(self._outliving(first, last)):
            yield (
                f"{self.path.name}: {len(some)} rows name a parent on days on which it doesn't stand; what is reported there "
                f"then is in no figure above: {'; '.join(some[:SOME])}{' …' if len(some) > SOME else ''}"
            )

    def _outliving(self, first: date, last: date) -> Iterator[str]:
        spans, numbered = self.spans, Numbered.of(self.spans, first, last)
        since: dict[int, date] = {}
        for epoch, start in enumerate(numbered.starts):
            day = start.toordinal()
            lost = (spans.begins <= day) & (day < spans.ends) & (spans.parent >= 0)
            lost &= numbered.parents[epoch][np.maximum(spans.parent, 0)] == ABSENT
            for row in np.flatnonzero(lost):
                since.setdefault(int(row), start)
        for at, start in sorted(since.items()):
            yield f"line {self._lines[at]}: {spans.nodes[spans.node[at]]} below {spans.nodes[spans.parent[at]]} on {start}"


def read_tree(path: Path) -> TreeFile:
    """valid_to is the first day the span no longer holds. A file may call its levels what it likes, six of them at most.

    Raises InvalidInput for a tree in which a place stands twice, or above itself.
    """
    labels: dict[str, str] = {}
    number: dict[str, int] = {}
    parents: list[tuple[int, str, str]] = []
    node: list[int] = []
    begins: list[int] = []
    ends: list[int] = []
    called: set[str] = set()
    from_, to = BEGINNING.toordinal(), FOREVER.toordinal()
    head, rows = _opened(path, TREE)
    unused = [name for name in head if name and name not in TREE + SPAN]
    for name in unused:
        if meant := get_close_matches(name.lower(), set(SPAN) - set(head), n=1, cutoff=0.7):
            raise _fault(path, 1, f"{name} is no column here", f"perhaps {meant[0]}")
    for line, (code, parent, label, since, until) in _tree_rows(path, head, rows):
        if not code or not label:
            raise _fault(path, line, "node and level must be filled in")
        if labels.setdefault(code, label) != label:
            raise _fault(
                path, line, f"{code} is of level {label!r} here and {labels[code]!r} above", "one level a node"
            )
        if label not in called and len(called) == len(Level):
            raise _fault(path, line, f"more than {len(Level)} levels: {label!r}")
        called.add(label)
        starts = _valid(path, line, SPAN[0], since) if since else None
        stops = _valid(path, line, SPAN[1], until) if until else None
        if starts and stops and stops <= starts:
            raise _fault(path, line, f"{code}: valid_to {stops} is not after valid_from {starts}")
        node.append(number.setdefault(code, len(number)))
        parents.append((line, code, parent))
        begins.append(starts.toordinal() if starts else from_)
        ends.append(stops.toordinal() if stops else to)
    if not labels:
        raise _fault(path, 1, "there are no nodes", "a row for each place")
    for line, code, parent in parents:
        if parent and parent not in number:
            raise _fault(path, line, f"the parent {parent} of {code} is no node", "add a line for it")
    above = [number[parent] if parent else ROOT for _line, _code, parent in parents]
    columns = (np.array(column, dtype=np.int32) for column in (node, above, begins, ends))
    try:
        spans = Spans.columns(list(labels), *columns)
    except InvalidInput as error:
        raise InvalidInput(f"{path.name}: {error.message}", cure=error.cure) from None
    if broken := next((code for code in number if "\n" in code), None):
        raise InvalidInput(f"{path.name}: {broken!r} is broken over two lines", cure="write the code in one")
    numbered = Numbered.of(spans, BEGINNING, FOREVER)
    for epoch in range(len(numbered.starts)):
        if around := numbered.circle(epoch):
            raise InvalidInput(f"{path.name}: {around} is above itself", cure="break the circle of parents")
    return TreeFile(path, spans, labels, unused, [line for line, _code, _parent in parents])


def doubtful(taken: Facts, facts: Delivered, stated: set[str]) -> Doubts:
    """What may be a mistake. stated: measures of which a place has one value a day (its last), so that two contradict."""
    contrary: dict[str, list[int]] = {}
    held: dict[tuple[str, int, int], str] = {}
    columns = [(i, measure) for i, measure in enumerate(facts.measures) if measure in stated]
    repeated = set(taken.repeated)
    for line, node, day, *values in facts.rows if columns else ():
        if line in repeated:
            continue
        for i, measure in columns:
            if values[i] and held.setdefault((node, day, i), values[i]) != values[i]:
                contrary.setdefault(measure, []).append(line)

    def some(lines: list[int]) -> tuple[int, list[str]]:
        return len(lines), [facts.said(line) for line in lines[:SOME]]

    return Doubts(some(taken.repeated), {measure: some(lines) for measure, lines in contrary.items()})


def _opened(path: Path, needed: Sequence[str]) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Its columns, those that are needed by their own name however they are written, and its rows with their lines."""
    rows = cells_of(path)
    _line, head = next(rows, (1, []))
    head = [name.lower() if name.lower() in (*needed, *SPAN) else name for name in without_blank_end(head)]
    if missing := [name for name in needed if name not in head]:
        raise _fault(path, 1, f"the column {', '.join(missing)} is missing", f"columns: {', '.join(needed)}")
    if doubled := sorted({name for name in head if name and head.count(name) > 1}):
        raise _fault(path, 1, f"the column {', '.join(doubled)} stands twice")
    return head, rows


def _tree_rows(path: Path, head: list[str], rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Line, and node, parent, level, valid_from and valid_to, the last two blank where they aren't there."""
    at = [head.index(name) if name in head else len(head) for name in TREE + SPAN]
    for line, cells in rows:
        if len(cells) != len(head):
            try:
                _whole(cells, len(head))
            except InvalidInput as fault:
                raise _fault(path, line, fault.message) from None
        cells.append("")
        yield line, [cells[i] for i in at]


def _whole(cells: list[str], width: int) -> None:
    """Cut blank cells beyond the last column. Raises InvalidInput for a row of another width."""
    if len(cells) > width and not any(cells[width:]):
        del cells[width:]
    if len(cells) != width:
        raise InvalidInput(f"{width} columns are expected, not {len(cells)}")


def _number(name: str, text: str) -> str:
    """As the engine reads it, "" for blank. Raises InvalidInput for what is no number, or has more digits than are kept."""
    if not text or (len(text) <= MOST_DIGITS and NUMBER.fullmatch(text) and text.isalnum()):
        return text
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    if not NUMBER.fullmatch(plain):
        raise InvalidInput(f"{name}: {text!r} is no number", cure="leave it blank if it wasn't reported")
    exact = Decimal(plain).normalize()
    places = int(exact.as_tuple().exponent)
    if places < -MOST_DIGITS or exact.adjusted() >= MOST_WHOLE:
        raise InvalidInput(
            f"{name}: {text!r} is too long a number",
            cure=f"at most {MOST_DIGITS} digits after the point, and {MOST_WHOLE} in all",
        )
    return plain


@lru_cache(maxsize=1 << 16)
def day_of(text: str) -> date:
    """2026-10-05 in the ways offices write it; of 2026-10, 2026-Q4, 2026-W43 or 2026 the first day. Raises InvalidInput."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    with suppress(ValueError):
        if found := DAY.fullmatch(plain):
            return date(*(int(part) for part in found.groups() if part))
        if found := MONTH.fullmatch(plain):
            return date(int(found[1]), int(found[2]), 1)
    with suppress(InvalidInput):
        return Period.parse(plain).start
    raise InvalidInput(f"{text!r} is no day", cure="write 2026-10-05")


def _reported_on(text: str) -> date:
    if not text:
        raise InvalidInput("the date is missing")
    try:
        day = day_of(text)
    except InvalidInput as fault:
        raise InvalidInput(f"date: {fault.message}", cure=fault.cure) from None
    if not FIRST_DAY <= day < LAST_DAY:
        raise InvalidInput(f"{day} lies outside {FIRST_DAY.year} to {LAST_DAY.year - 1}")
    return day


def _valid(path: Path, line: int, name: str, text: str) -> date | None:
    try:
        return day_of(text) if text else None
    except InvalidInput as fault:
        raise _fault(path, line, f"{name}: {fault.message}", fault.cure) from None


def _fault(path: Path, line: int, what: str, cure: str = "") -> InvalidInput:
    return InvalidInput(f"{path.name}, line {line}: {what}", cure=cure)
