"""Which indicators there are, and by which version of its definition each goes on a day."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date

from huying.analytics import definitions, sources
from huying.analytics.aggregation import Over
from huying.analytics.definitions import Direction, Grade, Indicator, Unit
from huying.analytics.figures import shown as figure_shown
from huying.analytics.indicators.schema import LEVELS, IndicatorRow, PeerRow, Threshold
from huying.analytics.models import IndicatorDefinition, PeerGroup
from huying.analytics.periods import PeriodKind
from huying.kernel import clock
from huying.kernel.actors import Level
from huying.kernel.words import Words, words

LEVEL_OF = dict(zip(LEVELS, Level, strict=True))
FACTS = "matters"
KINDS: tuple[sources.Kind, ...] = ("dataset", "survey")


@dataclass(frozen=True, eq=False)
class Version:
    """A published version. Until `valid_to` (the first day it no longer holds; None for on and on). withdrawn: why it ended where
    no other followed it."""

    number: int
    row: IndicatorRow
    valid_from: date
    valid_to: date | None
    withdrawn: str = ""

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True)
class Entry:
    """One indicator as it is defined on a day.

    unit: as people write it after the value: "%", "天", "". level: the lowest it has values of. counted: one of the report's own,
    counted from records (`fixed` is its definition); else defined by a pack or on screen (`row`, in `version`).
    """

    code: str
    name: Words
    meaning: Words
    category: str
    owner: str
    unit: str
    direction: Direction
    periods: tuple[PeriodKind, ...]
    level: Level
    version: int = 0
    valid_from: date | None = None
    row: IndicatorRow | None = None
    fixed: Indicator | None = None

    @property
    def counted(self) -> bool:
        return self.fixed is not None

    @property
    def ranked(self) -> bool:
        return self.direction is not Direction.NONE and (self.fixed is None or self.fixed.ranked)

    def shown(self, value: float | None) -> str:
        """The value as people write it; "—" where there is none."""
        if self.fixed is not None:
            return figure_shown(self.fixed.unit, value)
        if value is None:
            return "—"
        return written(self.unit, value)

    def threshold(self, level: Level, on: date) -> Threshold | None:
        """In force on that day for places of that level."""
        if self.row is not None:
            return self.row.threshold(level.column, on)
        found = self.fixed.threshold(level, on) if self.fixed else None
        if found is None:
            return None
        return Threshold.model_validate({**found.steps, "valid_from": found.start, "reference": found.reference})


def written(unit: str, value: float) -> str:
    """A value of a defined indicator as people write it: three digits that tell, per cent with one decimal."""
    if unit == "%":
        return f"{value:,.1f}%"
    digits = f"{value:,.{decimals(value)}f}"
    return f"{digits}{unit}" if unit == "‰" else digits


def decimals(value: float) -> int:
    size = abs(value)
    return 0 if float(value).is_integer() else 1 if size >= 10 else 2 if size >= 0.1 else 3


def catalogue(on: date | None = None) -> list[Entry]:
    """Every indicator with the definition in force on that day (today): the counted ones, then the defined ones by code."""
    day = on or clock.today()
    found = [counted(indicator) for indicator in definitions.shipped().indicators]
    for code, said in sorted(versions().items()):
        version = in_force(said, day)
        if version is not None:
            found.append(defined(code, version))
    return found


def entries(codes: Iterable[str], on: date) -> dict[str, Entry]:
    wanted = set(codes)
    return {entry.code: entry for entry in catalogue(on) if entry.code in wanted}


@dataclass(frozen=True)
class Held:
    """Definitions that stand in for the place's own (snapshots): versions, peer groups, what each kind of source offers,
    what each source ("dataset:NAME") is called."""

    versions: Mapping[str, list[Version]]
    groups: Mapping[str, tuple[str, ...]]
    offered: Mapping[str, Mapping[str, frozenset[str]]]
    titles: Mapping[str, Words]


standing_in: ContextVar[Held | None] = ContextVar("definitions_standing_in", default=None)


@contextmanager
def instead(held: Held) -> Iterator[None]:
    """Whoever asks for definitions meanwhile is given these."""
    token = standing_in.set(held)
    try:
        yield
    finally:
        standing_in.reset(token)


def versions(codes: Sequence[str] | None = None) -> dict[str, list[Version]]:
    """Of each indicator the published versions, oldest first."""
    if (held := standing_in.get()) is not None:
        return {code: list(rows) for code, rows in held.versions.items() if codes is None or code in codes}
    rows = IndicatorDefinition.objects.filter(state=IndicatorDefinition.State.PUBLISHED).order_by("code", "version")
    if codes is not None:
        rows = rows.filter(code__in=codes)
    found: dict[str, list[Version]] = {}
    for said in rows:
        row = IndicatorRow.model_validate(said.content)
        found.setdefault(said.code, []).append(
            Version(said.version, row, said.valid_from, said.valid_to, said.withdrawn_why)
        )
    return found


def in_force(said: Sequence[Version], day: date) -> Version | None:
    """The newest that holds on the day. Before the first one's day, the first: what was delivered earlier is read by it too."""
    holding = [version for version in said if version.holds(day)]
    if holding:
        return max(holding, key=lambda version: (version.valid_from, version.number))
    return said[0] if said and day < min(version.valid_from for version in said) else None


def withdrawn(codes: Iterable[str], day: date) -> dict[str, Version]:
    """Of those that hold no longer on the day, the last version: it says from when and why."""
    found = {code: max(rows, key=lambda version: version.number) for code, rows in versions(sorted(codes)).items()}
    return {
        code: version
        for code, version in found.items()
        if version.withdrawn and version.valid_to is not None and version.valid_to <= day
    }


def groups() -> dict[str, tuple[str, ...]]:
    """The peer groups: code → places."""
    if (held := standing_in.get()) is not None:
        return dict(held.groups)
    return {group.code: tuple(group.places) for group in PeerGroup.objects.order_by("code")}


def peer_rows() -> list[PeerRow]:
    return [
        PeerRow.model_validate({"code": group.code, "name": group.name or None, "places": group.places})
        for group in PeerGroup.objects.order_by("code")
    ]


def measures_of(row: IndicatorRow) -> dict[str, tuple[str, str]]:
    """Of each name in its formulas which source answers it: ("facts", "matters"), ("dataset", name) or ("survey", name).

    A name that no source of it knows is absent. The first source that knows a name answers it.
    """
    found: dict[str, tuple[str, str]] = {}
    for kind, name in named(row):
        known = known_measures(kind, name)
        for measure in row.measures:
            if measure in known:
                found.setdefault(measure, (kind, name))
    return found


def named(row: IndicatorRow) -> list[tuple[str, str]]:
    """The sources as (kind, name)."""
    return [
        ("facts", source.facts)
        if source.facts
        else ("dataset", source.dataset)
        if source.dataset
        else ("survey", source.survey)
        for source in row.sources
    ]


def bare(row: IndicatorRow) -> bool:
    """Whether records alone decide it."""
    return all(source.facts for source in row.sources)


def counted_of(row: IndicatorRow) -> list[str]:
    """The names in its formulas that count records, without asking who delivers the others."""
    counts = definitions.shipped().measures if any(source.facts == FACTS for source in row.sources) else ()
    return [name for name in row.measures if name in counts]


def daily_of(row: IndicatorRow) -> list[str]:
    """Those of them that are aggregated otherwise than by sum, from each lowest place's counts of each day."""
    plain = (row.aggregation.time, row.aggregation.tree) == (Over.SUM, Over.SUM)
    return [] if plain else counted_of(row)


# What the sources offer, asked once where many definitions are looked at.
_offered: ContextVar[dict[str, Mapping[str, frozenset[str]]] | None] = ContextVar("offered", default=None)


@contextmanager
def asked_once() -> Iterator[None]:
    """Ask each kind of source once what it offers, however often it is wanted meanwhile."""
    token = _offered.set(_offered.get() or {})
    try:
        yield
    finally:
        _offered.reset(token)


def known_measures(kind: str, name: str) -> frozenset[str]:
    """The measures a source offers; none where this place doesn't have it."""
    if kind == "facts":
        return frozenset(definitions.shipped().measures) if name == FACTS else frozenset()
    if (other := standing_in.get()) is not None:
        return other.offered.get(kind, {}).get(name, frozenset())
    held = _offered.get()
    if held is not None and kind in held:
        return held[kind].get(name, frozenset())
    provider = sources.provider("dataset" if kind == "dataset" else "survey")
    offered = provider.names() if provider else {}
    if held is not None:
        held[kind] = offered
    return offered.get(name, frozenset())


def titles() -> Mapping[str, Words]:
    """What each dataset and survey of this place is called: "dataset:NAME" → words."""
    if (other := standing_in.get()) is not None:
        return other.titles
    found: dict[str, Words] = {}
    for kind in KINDS:
        provider = sources.provider(kind)
        found |= {f"{kind}:{name}": said for name, said in provider.titles().items()} if provider else {}
    return found


def marked() -> dict[str, Words]:
    """`titles`, those that a demo's generator fills in marked as such."""
    return {
        key: words(f"{said.zh}（演示生成）", f"{said.en} (generated for the demo)")
        if isinstance(said, sources.Title) and said.generated
        else said
        for key, said in titles().items()
    }


def spoken() -> Mapping[str, Words]:
    """What datasets and surveys, and their measures, are called: "dataset:NAME" and "dataset:NAME:MEASURE" → words."""
    found = marked()
    for kind in KINDS:
        provider = sources.provider(kind)
        for name, measures in (provider.measures() if provider else {}).items():
            found |= {f"{kind}:{name}:{measure}": said for measure, said in measures.items()}
    return found


def digest(said: Mapping[str, Sequence[Version]], peers: Mapping[str, Sequence[str]]) -> str:
    """Changes when a definition or a peer group does."""
    text = repr(
        (
            [
                (code, [(v.number, str(v.valid_from), str(v.valid_to), v.row.model_dump_json()) for v in rows])
                for code, rows in sorted(said.items())
            ],
            json.dumps(peers, sort_keys=True),
        )
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def counted(indicator: Indicator) -> Entry:
    """One of the report's own, as an entry of the catalogue."""
    unit = {Unit.SHARE: "%", Unit.DAYS: "天", Unit.COUNT: "件"}[indicator.unit]
    kinds = tuple(PeriodKind) if indicator.median is None else (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)
    return Entry(
        indicator.code,
        indicator.name,
        indicator.meaning,
        "",
        "",
        unit,
        indicator.direction,
        kinds,
        Level.GRID,
        fixed=indicator,
    )


def defined(code: str, version: Version) -> Entry:
    """The indicator as that version defines it."""
    row = version.row
    meaning = row.meaning or row.name
    return Entry(
        code,
        Words(row.name.zh, row.name.en),
        Words(meaning.zh, meaning.en),
        row.category,
        row.owner,
        row.unit,
        Direction(row.direction),
        row.periods,
        LEVEL_OF[row.level],
        version.number,
        version.valid_from,
        row=row,
    )


__all__ = ["Entry", "Grade", "Version", "catalogue", "digest", "entries", "groups", "in_force", "versions"]
