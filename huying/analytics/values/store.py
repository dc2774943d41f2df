"""The file of computed values, beside the published cells: read with the standard library, replaced whole.

A build works on a copy and puts it in the place of the old one at its end: whoever reads has either the old values or the new,
and a build that is stopped leaves the old ones.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from huying.analytics import published
from huying.kernel import clock

NAME = "values.sqlite3"
# Goes up with every change to the tables below: an older file is built anew.
LAYOUT = 3
KEY = ("indicator", "kind", "period", "node")
FIGURES = (
    "value", "numerator", "denominator", "n", "least", "reported", "expected", "age", "smoothed", "counted", "grade", "score",
    "met", "previous", "last_year", "to_date",
)  # fmt: skip
RANKS = ("in_level", "of_level", "among_siblings", "of_siblings", "in_peers", "of_peers")
Row = tuple[float | None, ...]


@dataclass(frozen=True)
class State:
    """What the values stand on.

    watermark: up to when records and deliveries are in. generation: of the published cells. counted, tree, definitions: digests.
    first_day: from which on nothing counted is zero; "" without records.
    seen: of each source ("dataset:NAME") up to when its deliveries are in. read, deliveries: when they were read, and the digest
    of which they were. axes: of each kind of period the first and the last. problems: of each indicator that can't be computed,
    why (evaluating.why_not).
    """

    watermark: datetime
    layout: int
    generation: int
    counted: str
    tree: str
    definitions: str
    indicators: list[str] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    read: str = ""
    deliveries: dict[str, str] = field(default_factory=dict)
    axes: dict[str, tuple[str, str]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    first_day: str = ""

    def dump(self) -> str:
        return json.dumps({**asdict(self), "watermark": self.watermark.isoformat()}, ensure_ascii=False)

    @classmethod
    def loads(cls, text: str) -> State:
        said = json.loads(text)
        said["watermark"] = clock.local(datetime.fromisoformat(said["watermark"]))
        said["axes"] = {kind: tuple(ends) for kind, ends in said["axes"].items()}
        return cls(**said)


@dataclass(frozen=True)
class Later:
    """A value that changed after its period was over and it had been computed. before: as it first stood then."""

    indicator: str
    node: str
    period: str
    before: float | None
    after: float | None
    first_at: str
    last_at: str
    times: int
    why: str


class Store:
    """An open file of values."""

    def __init__(self, con: sqlite3.Connection) -> None:
        self.con = con

    def state(self) -> State | None:
        row = self.con.execute("SELECT said FROM state").fetchone()
        return State.loads(row[0]) if row else None

    def rows(
        self, indicators: Sequence[str], nodes: Iterable[str], periods: Sequence[str]
    ) -> dict[tuple[str, str, str], dict[str, float | None]]:
        """(indicator, node, period) → figure → value. The empty place "" says what a place without any record has."""
        names = (*FIGURES, *RANKS, "version")
        found: dict[tuple[str, str, str], dict[str, float | None]] = {}
        listed = list(dict.fromkeys(nodes))
        for start in range(0, len(listed), 400):
            batch = listed[start : start + 400]
            for codes in _chunks(indicators, 200):
                for keys in _chunks(periods, 200):
                    rows = self.con.execute(
                        f"SELECT indicator, node, period, {', '.join(names)} FROM value WHERE indicator IN ({_marks(codes)}) "
                        f"AND period IN ({_marks(keys)}) AND node IN ({_marks(batch)})",
                        [*codes, *keys, *batch],
                    )
                    found.update((tuple(row[:3]), dict(zip(names, row[3:], strict=True))) for row in rows)
        return found

    def later(
        self, nodes: Sequence[str] | None = None, limit: int = 200, indicator: str = "", period: str = ""
    ) -> list[Later]:
        """What changed after the fact, the newest first. nodes: of these places only."""
        where, values = ["before IS NOT after"], list[object]()
        if nodes is not None:
            where.append(f"node IN ({_marks(nodes)})")
            values.extend(nodes)
        for column, asked in (("indicator", indicator), ("period", period)):
            if asked:
                where.append(f"{column} = ?")
                values.append(asked)
        rows = self.con.execute(
            "SELECT indicator, node, period, before, after, first_at, last_at, times, why FROM later "
            f"WHERE {' AND '.join(where)} ORDER BY last_at DESC, period DESC, indicator, node LIMIT ?",
            [*values, limit],
        )
        return [Later(*row) for row in rows]


# What stands in for the stored values for whoever opens them in this context (snapshots).
standing_in: ContextVar[Store | None] = ContextVar("values_standing_in", default=None)


@contextmanager
def instead(of: Store) -> Iterator[None]:
    """Whoever opens the values meanwhile reads these."""
    token = standing_in.set(of)
    try:
        yield
    finally:
        standing_in.reset(token)


def path(home: Path | None = None) -> Path:
    return (home or published.folder()) / NAME


@contextmanager
def opened(home: Path | None = None) -> Iterator[Store | None]:
    """The values; None before the first build."""
    if (other := standing_in.get()) is not None:
        yield other
        return
    file = path(home)
    if not file.exists():
        yield None
        return
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as con:
        con.execute("BEGIN")  # one snapshot for whoever asks several times
        yield Store(con)


def state(home: Path | None = None) -> State | None:
    """None before the first build, and where the file was made by another layout or is torn."""
    try:
        with opened(home) as store:
            found = store.state() if store else None
    except (sqlite3.DatabaseError, TypeError, ValueError, KeyError):
        return None
    return found if found is not None and found.layout == LAYOUT else None


@contextmanager
def rewritten(home: Path, *, anew: bool) -> Iterator[Store]:
    """A copy of the file to write to (empty where `anew`); it takes the old one's place at the end, whole, or not at all."""
    file = path(home)
    half = home / f".{NAME}.{os.getpid()}"
    for left in home.glob(f".{NAME}.*"):
        left.unlink(missing_ok=True)  # of a build that was stopped; only one runs, under the lake's lock
    try:
        if not anew:
            shutil.copyfile(file, half)
        with closing(sqlite3.connect(half, isolation_level=None)) as con:
            # Nobody else reads it yet; it is flushed below, before it takes its name.
            con.execute("PRAGMA synchronous=OFF")
            con.execute("PRAGMA journal_mode=OFF")
            con.execute("PRAGMA cache_size=-64000")
            if anew:
                _lay_out(con)
            con.execute("BEGIN")
            yield Store(con)
            con.execute("COMMIT")
        with half.open("rb") as handle:
            os.fsync(handle.fileno())
        half.replace(file)
    finally:
        half.unlink(missing_ok=True)


def _lay_out(con: sqlite3.Connection) -> None:
    numbers = ", ".join(f"{name} REAL" for name in (*FIGURES, *RANKS))
    con.execute(
        f"CREATE TABLE value (indicator TEXT, kind TEXT, period TEXT, node TEXT, {numbers}, version INTEGER, "
        "PRIMARY KEY (indicator, period, node)) WITHOUT ROWID"
    )
    con.execute("CREATE TABLE state (said TEXT)")
    con.execute(
        "CREATE TABLE later (indicator TEXT, node TEXT, period TEXT, before REAL, after REAL, first_at TEXT, last_at TEXT, "
        "times INTEGER, why TEXT, PRIMARY KEY (indicator, node, period)) WITHOUT ROWID"
    )


def _marks(listed: Sequence[object]) -> str:
    return ", ".join("?" for _ in listed)


def _chunks(listed: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(listed), size):
        yield listed[start : start + size]
