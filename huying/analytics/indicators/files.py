"""Plain files in and out: the tree, the facts, the definitions. Every fault says the file, the line and the cure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import django
import numpy as np
import yaml
from django.core.exceptions import AppRegistryNotReady
from pydantic import ValidationError

from huying.analytics.indicators.checking import check
from huying.analytics.indicators.schema import LEVELS, DefinitionFile
from huying.analytics.lake.delivered import Delivered
from huying.analytics.lake.doubts import SOME, Doubts
from huying.analytics.lake.filling import EPOCH_DAY
from huying.analytics.lake.numbered import ROOT, Numbered, Spans
from huying.analytics.periods import FIRST_DAY, LAST_DAY
from huying.analytics.trees import BEGINNING, FOREVER
from huying.analytics.vocabulary import CODE
from huying.kernel.actors import Level
from huying.kernel.errors import InvalidInput

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
TREE = ("node", "parent", "level")
SPAN = ("valid_from", "valid_to")


def read_tree(path: Path) -> tuple[Spans, dict[str, str]]:
    """The dated tree, and the level of each node as the file calls it, in the file's order.

    valid_to is the first day the span no longer holds. A file may call its levels what it likes, six of them at most.
    """
    labels: dict[str, str] = {}
    number: dict[str, int] = {}
    parents: list[tuple[int, str, str]] = []
    node: list[int] = []
    begins: list[int] = []
    ends: list[int] = []
    called: set[str] = set()
    from_, to = BEGINNING.toordinal(), FOREVER.toordinal()
    for line, (code, parent, label, since, until) in _rows(path, TREE, SPAN):
        if not code or not label:
            raise _fault(path, line, "node and level must be filled in")
        if labels.setdefault(code, label) != label:
            raise _fault(
                path, line, f"{code} is of level {label!r} here and {labels[code]!r} above", "one level a node"
            )
        if label not in called and len(called) == len(Level):
            raise _fault(path, line, f"more than {len(Level)} levels: {label!r}")
        called.add(label)
        starts = _day(path, line, "valid_from", since) if since else None
        stops = _day(path, line, "valid_to", until) if until else None
        if starts and stops and stops <= starts:
            raise _fault(path, line, f"{code}: valid_to {stops} is not after valid_from {starts}")
        node.append(number.setdefault(code, len(number)))
        parents.append((line, code, parent))
        begins.append(starts.toordinal() if starts else from_)
        ends.append(stops.toordinal() if stops else to)
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
    return spans, labels


def read_facts(path: Path, nodes: Iterable[str]) -> Delivered:
    """node, date (2026-10-05, or 2026-10 for its first day) and a column a measure."""
    known = set(nodes)
    with _opened(path) as handle:
        head = [name.strip() for name in next(csv.reader(handle), [])]
    measures = [name for name in head if name not in ("node", "date")]
    if not measures:
        raise _fault(path, 1, "there is no measure", "node, date, and a column for each measure")
    for name in measures:
        if not re.fullmatch(CODE, name):
            raise _fault(path, 1, f"{name!r} is no name for a measure", "lower case, digits and _: cases_closed")
    rows = []
    for line, (node, text, *given) in _rows(path, ("node", "date"), tuple(measures)):
        if node not in known:
            raise _fault(path, line, f"{node!r} is no node of the tree", "add it to the tree, or mend the code")
        day = _day(path, line, "date", text)
        if day is None:
            raise _fault(path, line, "the date is missing")
        if not FIRST_DAY <= day < LAST_DAY:
            raise _fault(path, line, f"{day} lies outside {FIRST_DAY.year} to {LAST_DAY.year - 1}")
        values = tuple(given)
        for name, value in zip(measures, values, strict=True):
            if value and not NUMBER.fullmatch(value):
                raise _fault(path, line, f"{name}: {value!r} is no number", "leave it blank if it wasn't reported")
        rows.append((line, node, (day - EPOCH_DAY).days, *values))
    if not rows:
        raise _fault(path, 1, "there are no values")
    return Delivered(measures, rows)


def doubtful(facts: Delivered, stated: set[str]) -> Doubts:
    """What may be a mistake. stated: measures of which a place has one value a day (its last), so that two contradict."""
    repeated: list[int] = []
    contrary: dict[str, list[int]] = {}
    seen: set[tuple[object, ...]] = set()
    held: dict[tuple[str, int, int], str] = {}
    columns = [(i, measure) for i, measure in enumerate(facts.measures) if measure in stated]
    for line, node, day, *values in facts.rows:
        if (node, day, *values) in seen:
            repeated.append(line)
            continue
        seen.add((node, day, *values))
        for i, measure in columns:
            if values[i] and held.setdefault((node, day, i), values[i]) != values[i]:
                contrary.setdefault(measure, []).append(line)

    def some(lines: list[int]) -> tuple[int, list[str]]:
        return len(lines), [facts.said(line) for line in lines[:SOME]]

    return Doubts(some(repeated), {measure: some(lines) for measure, lines in contrary.items()})


def read_definitions(path: Path, measures: list[str]) -> DefinitionFile:
    """Read and check against the measures there are."""
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path.name} is not YAML: {error}") from None
    if isinstance(said, list):
        said = {"indicators": said}
    try:
        made = DefinitionFile.model_validate(said)
    except ValidationError as error:
        faults = {".".join(map(str, fault["loc"])): fault["msg"] for fault in error.errors()}
        first = next(iter(faults.items()))
        raise InvalidInput(
            f"{path.name}: {first[0]}: {first[1]}" + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""),
            fields=faults,
            cure="docs/howto/add-an-indicator.md",
        ) from None
    try:
        found = list(check(made.indicators, set(measures)))
    except AppRegistryNotReady:
        # A fault is said in the reader's language, for which Django must be set up: seconds that a file without faults needs not.
        django.setup()
        found = list(check(made.indicators, set(measures)))
    for fault in found:
        if not fault.warning:
            raise InvalidInput(f"{path.name}: {fault.message}", cure=fault.cure)
    return made


def check_against(defined: DefinitionFile, labels: dict[str, str], path: Path) -> None:
    """What the definitions name of the tree is there: levels, and the places of a peer group."""
    groups = {group.code for group in defined.peers}
    for row in defined.indicators:
        if row.peers and row.peers not in groups:
            raise InvalidInput(
                f"{path.name}: {row.code}: there is no group {row.peers!r}",
                cure=f"peers: [{{code: {row.peers}, places: [node, node]}}]",
            )
        some = {level for threshold in row.thresholds for level in threshold.levels if len(threshold.levels) < 6}
        some |= {row.level} if "level" in row.model_fields_set else set()
        called = set(labels.values())
        if some and not called <= set(LEVELS):
            raise InvalidInput(
                f"{path.name}: {row.code} names the level {sorted(some)[0]}, "
                f"but the tree calls its levels {', '.join(sorted(called))}",
                cure=f"call them {', '.join(LEVELS)} in the tree, or leave the level out",
            )
    for group in defined.peers:
        if lost := sorted(set(group.places) - set(labels)):
            raise InvalidInput(f"{path.name}: peers {group.code}: {lost[0]!r} is no node of the tree")


def _rows(path: Path, needed: tuple[str, ...], other: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """Line and values, in the order of `needed` and `other`; a column of `other` that isn't there is blank."""
    with _opened(path) as handle:
        reader = csv.reader(handle)
        head = [name.strip() for name in next(reader, [])]
        if missing := [name for name in needed if name not in head]:
            raise _fault(path, 1, f"the column {', '.join(missing)} is missing", f"columns: {', '.join(needed)}")
        if doubled := sorted({name for name in head if head.count(name) > 1}):
            raise _fault(path, 1, f"the column {', '.join(doubled)} stands twice")
        if strange := [name for name in head if name not in needed + other]:
            raise _fault(path, 1, f"{', '.join(strange)} is no column here", f"columns: {', '.join(needed + other)}")
        # One blank after a row's values stands for the columns that aren't there.
        at = [head.index(name) if name in head else len(head) for name in needed + other]
        for row in reader:
            if not row:
                continue
            if len(row) != len(head):
                raise _fault(path, reader.line_num, f"{len(head)} columns are expected")
            row.append("")
            yield reader.line_num, [row[i].strip() for i in at]


def _opened(path: Path) -> io.StringIO:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = path.read_text(encoding="gb18030")
        except UnicodeDecodeError:
            raise InvalidInput(f"{path.name} is neither UTF-8 nor GB18030", cure="save it as CSV UTF-8") from None
    return io.StringIO(text, newline="")


def _day(path: Path, line: int, name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text}-01" if re.fullmatch(r"\d{4}-\d{2}", text) else text)
    except ValueError:
        raise _fault(path, line, f"{name}: {text!r} is no day", "write 2026-10-05") from None


def _fault(path: Path, line: int, what: str, cure: str = "") -> InvalidInput:
    return InvalidInput(f"{path.name}, line {line}: {what}", cure=cure)
