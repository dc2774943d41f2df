"""A place's own figures as its composite index takes them: what the page reckons from, and what `huying index data` writes.

An unknown figure stays unknown, with why: it is neither zero nor full marks. So does one whose reporting isn't
known to be sound.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from huying.analytics import indexes, published, values
from huying.analytics.bench.leaving import sifted
from huying.analytics.composite.framework import Framework
from huying.analytics.composite.reading import Data
from huying.analytics.composite.spec import Spec
from huying.analytics.composite.tables import Table, write_rows
from huying.analytics.figures import Absent
from huying.analytics.indicators.frameworks import (
    IndexRow,
    framework_of,
    settings_of,
    with_weights,
    write_meta,
    write_spec,
)
from huying.analytics.periods import Period
from huying.analytics.trees import Node
from huying.analytics.values import Entry, Value
from huying.kernel.actors import Level
from huying.kernel.errors import InvalidInput, NotFound
from huying.kernel.words import Words

# Beside those of figures.Absent: it has a value, but the indicator that checks its reporting isn't green.
UNCHECKED = "unchecked"
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Defined:
    """An index as it is defined for a period. names: of every node. settings: with the weights that its kind of period has."""

    version: int
    framework: Framework
    settings: Spec
    names: Mapping[str, Words]
    entries: Mapping[str, Entry]


@dataclass(frozen=True)
class Written:
    """missing: reason → how many of the `cells` are unknown for it. running, moved: left out below the county, as of any file
    that is taken away (bench.leaving)."""

    index: str
    units: int
    periods: int
    indicators: int
    cells: int
    missing: Mapping[str, int]
    running: int
    moved: int
    watermark: str


def defined(period: Period, level: str = "") -> Defined | None:
    """The place's index as it stood at the end of a period; the earliest for one before that, None where there is none. level:
    as `level_name` of framework_of.

    Raises InvalidInput for a definition that no longer holds together.
    """
    held = indexes.in_force(period.last)
    if held is None:
        return None
    entries = {entry.code: entry for entry in values.catalogue(period.last) if entry.row is not None}
    rows = [IndexRow.model_validate(row) for row in indexes.standing(held.rows, entries, period.last)]
    framework = framework_of(rows, {code: entry.row for code, entry in entries.items() if entry.row}, level)
    settings = settings_of(rows)
    if period.kind.value in settings.weights.sets:
        settings = with_weights(settings, period.kind.value)
    names = {row.code: Words(row.name.zh, row.name.en) for row in rows if row.name}
    return Defined(
        version=held.version,
        framework=framework,
        settings=settings,
        names=names | {code: entries[code].name for code in framework.indicators},
        entries=entries,
    )


def figure(value: Value | None) -> float | None:
    """What counts of a value; None where it is unknown."""
    if value is None or value.unchecked:
        return None
    return value.smoothed if value.smoothed is not None else value.value


def reason(value: Value | None) -> str:
    """Why it is unknown."""
    if value is not None and value.unchecked:
        return UNCHECKED
    absent = value.absent if value is not None else None
    return absent.value if absent is not None else Absent.NOT_DELIVERED.value


def data(
    framework: Framework,
    places: Iterable[Node],
    periods: Sequence[Period],
    found: Mapping[Key, Value],
    entries: Mapping[str, Entry] | None = None,
) -> Data:
    """The figures of the places, period by period in the order given, by code within one. entries: given for places of several
    levels, whose figures with goalposts by level are put on the scale of the framework's."""
    rows = {code: entry.row for code, entry in (entries or {}).items() if entry.row and entry.row.goalposts}
    lines = [(node, period) for period in periods for node in sorted(places, key=lambda node: node.code)]
    figures = np.full((len(lines), len(framework.indicators)), np.nan, order="F")
    for at, (node, period) in enumerate(lines):
        for column, code in enumerate(framework.indicators):
            known = figure(found.get((code, node.code, period.key)))
            if known is not None:
                row = rows.get(code)
                at_default = row.goalposts.at_default(known, node.level.column) if row and row.goalposts else known
                figures[at, column] = at_default
    table = Table(
        tuple(node.code for node, _period in lines),
        tuple(period.key for _node, period in lines),
        framework.indicators,
        figures,
    )
    return Data(raw=table, names=tuple(node.name for node, _period in lines), denominators={}, groups={})


def write(folder: Path, periods: Sequence[Period], *, level: Level, index: str = "") -> Written:
    """The figures of all places of a level as iData csv, with iMeta, settings, denominators and what is missing beside it.

    index: its code, where one is sure which it must be. Raises NotFound without an index, of another name, or without places of
    that level; InvalidInput for periods of several kinds; Unavailable before the first refresh. Then nothing is written.
    """
    asked = sorted(dict.fromkeys(periods), key=lambda period: period.start)
    if len({period.kind for period in asked}) > 1:
        raise InvalidInput(
            f"periods of several kinds: {', '.join(period.key for period in asked)}",
            cure="give periods of one kind: 2026-09, 2026-10",
        )
    held = defined(asked[-1], level.column)
    if held is None:
        raise NotFound("this place has no composite index", cure="install a pack with an index.yaml, or define one")
    top = held.framework.top.code
    if index not in ("", top):
        raise NotFound(f"this place has no index {index!r}", cure=f"it has {top}")
    places = _places(level, asked)
    read = values.read(held.framework.indicators, [node.code for node in places], asked)
    read, running, moved = sifted(read)
    folder.mkdir(parents=True, exist_ok=True)
    missing = _write(folder, held, places, asked, read)
    with published.opened() as figures:
        watermark = figures.state.watermark.isoformat(timespec="seconds")
    return Written(
        index=top,
        units=len(places),
        periods=len(asked),
        indicators=len(held.framework.indicators),
        cells=len(places) * len(asked) * len(held.framework.indicators),
        missing=dict(missing.most_common()),
        running=running,
        moved=moved,
        watermark=watermark,
    )


def _places(level: Level, periods: list[Period]) -> list[Node]:
    with published.opened() as figures:
        tree = figures.tree()
    start, end = periods[0].start, periods[-1].end
    alive = [node for node in tree.nodes if node.level is level and node.valid_from < end and node.valid_to > start]
    found = {node.code: node for node in sorted(alive, key=lambda node: node.valid_from)}
    if not found:
        known = {node.level for node in tree.nodes}
        raise NotFound(
            f"there is no {level.column} in {periods[-1].key}",
            cure=f"ask for {', '.join(one.column for one in sorted(known))}",
        )
    return [found[code] for code in sorted(found)]


def _write(
    folder: Path, held: Defined, places: list[Node], periods: list[Period], read: Mapping[Key, Value]
) -> Counter[str]:
    codes = held.framework.indicators
    missing: Counter[str] = Counter()
    lines: list[list[object]] = []
    below: list[list[object]] = []
    why: list[list[object]] = []
    made = data(held.framework, places, periods, read)
    for at, (unit, time, name) in enumerate(zip(made.raw.units, made.raw.times, made.names, strict=True)):
        own = [read.get((code, unit, time)) for code in codes]
        row = made.raw.values[at].tolist()
        lines.append([unit, name, time, *("NA" if number != number else number for number in row)])
        below.append([unit, name, time, *("NA" if v is None or v.denominator is None else v.denominator for v in own)])
        for code, value, number in zip(codes, own, row, strict=True):
            if number != number:
                missing[reason(value)] += 1
                why.append([unit, name, time, code, reason(value)])
    head = ["uCode", "uName", "Time"]
    write_rows(folder / "iData.csv", [*head, *codes], lines)
    write_rows(folder / "denominators.csv", [*head, *codes], below)
    write_rows(folder / "missing.csv", [*head, "iCode", "reason"], why)
    write_meta(held.framework, folder / "iMeta.csv")
    write_spec(held.settings, folder / "spec.yaml")
    return missing
