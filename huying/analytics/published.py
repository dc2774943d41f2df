"""The published cells: one SQLite file a serving process can read without DuckDB, replaced or updated in one transaction.

HUYING_HOME/lake/current.json names the file. A rebuilt set is written to a new file and the name swapped, so a reader sees
either the old figures or the new, whole.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from huying.analytics.trees import Node, Tree
from huying.kernel import clock
from huying.kernel.actors import Level
from huying.kernel.errors import Unavailable

POINTER = "current.json"
REACHED = "SELECT 1 FROM sqlite_master WHERE name = 'reached'"
# For how many additions back it is known what they touched; whoever is further behind reads everything.
REMEMBERED = 200


# What stands in for the figures for whoever opens them in this context (snapshots).
standing_in: ContextVar[Published | None] = ContextVar("standing_in", default=None)


def folder() -> Path:
    return Path(settings.HUYING_HOME) / "lake"


@dataclass(frozen=True)
class State:
    """What the published figures stand on.

    watermark: every change committed before this moment is in. first_day: the first day any record is counted on; None when there
    are no records. unlocated: records that lie nowhere in the tree, so in no figure. demo: some records are invented. turns_at:
    the first moment (seconds) at which time alone changes a figure; None when there is none, 0 when nobody looked.
    """

    watermark: datetime
    generation: int
    digest: str
    tree_digest: str
    first_day: date | None
    records: int
    unlocated: int
    demo: bool
    recent_from: date
    turns_at: int | None = 0

    def dump(self) -> str:
        return json.dumps(
            {
                **self.__dict__,
                "watermark": self.watermark.isoformat(),
                "first_day": self.first_day.isoformat() if self.first_day else None,
                "recent_from": self.recent_from.isoformat(),
            }
        )

    @classmethod
    def loads(cls, text: str) -> State:
        said = json.loads(text)
        said["watermark"] = clock.local(datetime.fromisoformat(said["watermark"]))
        said["first_day"] = date.fromisoformat(said["first_day"]) if said["first_day"] else None
        said["recent_from"] = date.fromisoformat(said["recent_from"])
        return cls(**said)


Cell = dict[str, int]


@dataclass(frozen=True)
class Median:
    seconds: float
    n: int


# The digest of a tree, and the tree.
_latest: tuple[str, Tree] = ("", Tree(()))


class Published:
    """The published figures, open for reading."""

    def __init__(self, con: sqlite3.Connection) -> None:
        self.con = con
        self.state = State.loads(con.execute("SELECT said FROM state").fetchone()[0])
        self.measures = [row[1] for row in con.execute("PRAGMA table_info(cells)")][2:]

    def tree(self) -> Tree:
        """The dated tree these figures were counted up. A process keeps the last it read: some thousand places, the same
        from one refresh to the next."""
        global _latest
        digest, tree = _latest
        if digest != self.state.tree_digest:
            tree = Tree(
                Node(code, parent, Level(level), name, date.fromisoformat(valid_from), date.fromisoformat(valid_to))
                for code, parent, level, name, valid_from, valid_to in self.con.execute("SELECT * FROM nodes")
            )
            _latest = (self.state.tree_digest, tree)
        return tree

    def nodes(self) -> Sequence[Node]:
        return self.tree().nodes

    def cells(
        self, nodes: Iterable[str], periods: Sequence[str], measures: Iterable[str] | None = None
    ) -> dict[tuple[str, str], Cell]:
        """(node, period) → measure → count, of all measures or at least of those named. A pair in which nothing was counted is
        absent."""
        marks = ", ".join("?" for _ in periods)
        named = self.measures if measures is None else sorted(set(measures).intersection(self.measures))
        columns = ", ".join(("node", "period", *named))
        found: dict[tuple[str, str], Cell] = {}
        for batch in _batches(nodes):
            asked = ", ".join("?" for _ in batch)
            rows = self.con.execute(
                f"SELECT {columns} FROM cells WHERE node IN ({asked}) AND period IN ({marks})",
                [*batch, *periods],
            )
            for node, period, *counts in rows:
                found[node, period] = dict(zip(named, counts, strict=True))
        return found

    def medians(self, nodes: Iterable[str], periods: Sequence[str]) -> dict[tuple[str, str, str], Median]:
        """(node, period, indicator) → median."""
        marks = ", ".join("?" for _ in periods)
        found: dict[tuple[str, str, str], Median] = {}
        for batch in _batches(nodes):
            asked = ", ".join("?" for _ in batch)
            rows = self.con.execute(
                f"SELECT node, period, indicator, seconds, n FROM medians WHERE node IN ({asked}) AND period IN ({marks})",
                [*batch, *periods],
            )
            found.update(((node, period, code), Median(seconds, n)) for node, period, code, seconds, n in rows)
        return found

    def touched(self, since: int) -> set[str] | None:
        """The places of which a count changed after the generation `since`; None where that is no longer known."""
        if since == self.state.generation:
            return set()
        if since > self.state.generation or not self.con.execute(REACHED).fetchone():
            return None
        rows = self.con.execute("SELECT generation, nodes FROM reached WHERE generation > ?", [since]).fetchall()
        if not {generation for generation, _nodes in rows}.issuperset(range(since + 1, self.state.generation + 1)):
            return None
        return {node for _generation, nodes in rows for node in json.loads(nodes)}

    def counts(
        self, measures: Sequence[str], periods: Sequence[str], nodes: Iterable[str] | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """(node, period, the count of each measure), of all places unless `nodes` are named; uncounted pairs are absent."""
        columns, marks = ", ".join(measures), ", ".join("?" for _ in periods)
        select = f"SELECT node, period, {columns} FROM cells WHERE period IN ({marks})"
        if nodes is None:
            yield from self.con.execute(select, periods)
            return
        for batch in _batches(nodes):
            asked = ", ".join("?" for _ in batch)
            yield from self.con.execute(f"{select} AND node IN ({asked})", [*periods, *batch])


def _batches(nodes: Iterable[str]) -> Iterator[list[str]]:
    listed = list(dict.fromkeys(nodes))
    for start in range(0, len(listed), 900):
        yield listed[start : start + 900]


def current(home: Path | None = None) -> Path | None:
    """The file of the published figures; None before the first refresh."""
    home = home or folder()
    try:
        named = home / json.loads((home / POINTER).read_text())["figures"]
    except FileNotFoundError:
        return None
    return named if named.exists() else None


@contextmanager
def instead(of: Published) -> Iterator[None]:
    """Whoever opens the figures meanwhile reads these."""
    token = standing_in.set(of)
    try:
        yield
    finally:
        standing_in.reset(token)


@contextmanager
def opened(home: Path | None = None) -> Iterator[Published]:
    """The published figures. Raises Unavailable before the first refresh."""
    if (other := standing_in.get()) is not None:
        yield other
        return
    path = current(home)
    if path is None:
        raise Unavailable(
            _("报表数据尚未生成"), cure=_("运行 huying report refresh，或等待定时任务完成"), retry_after=60
        )
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as con:
        con.execute("BEGIN")  # one snapshot for the whole page
        yield Published(con)


class Publisher:
    """The published figures, open for writing by the one process that holds the lake's lock."""

    def __init__(self, home: Path, measures: Sequence[str]) -> None:
        self.home, self.measures = home, list(measures)

    def state(self) -> State | None:
        if (path := current(self.home)) is None:
            return None
        try:
            with closing(self._open(path)) as con:
                return State.loads(con.execute("SELECT said FROM state").fetchone()[0])
        except sqlite3.DatabaseError:
            return None  # torn by a full disk or a foreign hand: rebuilt from the lake

    def rebuild(self, state: State, nodes: Iterable[Node], write: Callable[[Path], None]) -> None:
        """Write a whole new set and make it the current one. write: fills the empty tables of the file it is given, cells (node,
        period, counts…) and medians (node, period, indicator, seconds, n); nobody else has that file open then."""
        name = f"figures-{state.generation}-{os.getpid()}.sqlite3"
        path = self.home / name
        path.unlink(missing_ok=True)
        try:
            with closing(self._open(path)) as con:
                # Nobody reads it yet; it is flushed below, before its name is published.
                con.execute("PRAGMA synchronous=OFF")
                counts = ", ".join(f"{measure} INTEGER NOT NULL" for measure in self.measures)
                con.execute(
                    f"CREATE TABLE cells (node TEXT, period TEXT, {counts}, PRIMARY KEY (node, period)) WITHOUT ROWID"
                )
                con.execute(
                    "CREATE TABLE medians (node TEXT, period TEXT, indicator TEXT, seconds REAL, n INTEGER, "
                    "PRIMARY KEY (node, period, indicator)) WITHOUT ROWID"
                )
                con.execute(
                    "CREATE TABLE nodes (code TEXT, parent TEXT, level INTEGER, name TEXT, valid_from TEXT, valid_to TEXT)"
                )
                con.execute("CREATE TABLE state (said TEXT)")
                con.execute("BEGIN")
                con.executemany("INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?)", map(_node_row, nodes))
                con.execute("INSERT INTO state VALUES (?)", [state.dump()])
                con.execute("COMMIT")
            write(path)
            _flush(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        swap = self.home / f"{POINTER}.new"
        swap.write_text(json.dumps({"figures": name}))
        _flush(swap)
        swap.replace(self.home / POINTER)
        for old in self.home.glob("figures-*.sqlite3*"):
            if not old.name.startswith(name):
                old.unlink(missing_ok=True)  # a reader that has it open keeps it

    def add(
        self,
        state: State,
        measures: Sequence[str],
        deltas: Iterable[Sequence[Any]],
        medians: Iterable[Sequence[Any]],
        emptied: Iterable[Sequence[str]],
    ) -> None:
        """Add `deltas` (node, period, what each of `measures` grew by) to the cells, write `medians`, take away those of
        `emptied` (node, period, indicator), and say the new state: one transaction."""
        path = current(self.home)
        if path is None:
            raise Unavailable("no published figures to add to", cure="huying report refresh --full")
        others = [measure for measure in self.measures if measure not in measures]
        columns = ", ".join(("node", "period", *measures, *others))
        values = ", ".join(("?", "?", *("?" for _ in measures), *("0" for _ in others)))
        sums = ", ".join(f"{measure} = {measure} + excluded.{measure}" for measure in measures)
        added = list(deltas)
        with closing(self._open(path)) as con:
            con.execute("BEGIN IMMEDIATE")
            # An earlier version kept a row for each place and period there.
            con.execute("DROP TABLE IF EXISTS touched")
            con.execute("CREATE TABLE IF NOT EXISTS reached (generation INTEGER PRIMARY KEY, nodes TEXT)")
            con.execute("DELETE FROM reached WHERE generation <= ?", [state.generation - REMEMBERED])
            reached = sorted({delta[0] for delta in added})
            con.execute("INSERT INTO reached VALUES (?, ?)", [state.generation, json.dumps(reached)])
            if measures:
                con.executemany(
                    f"INSERT INTO cells ({columns}) VALUES ({values}) ON CONFLICT (node, period) DO UPDATE SET {sums}",
                    added,
                )
            con.executemany("INSERT OR REPLACE INTO medians VALUES (?, ?, ?, ?, ?)", medians)
            con.executemany("DELETE FROM medians WHERE node = ? AND period = ? AND indicator = ?", emptied)
            before = State.loads(con.execute("SELECT said FROM state").fetchone()[0])
            if before.recent_from != state.recent_from:
                con.execute(
                    "DELETE FROM cells WHERE length(period) = 10 AND period < ? "
                    "AND node IN (SELECT code FROM nodes WHERE level > ?)",
                    [state.recent_from.isoformat(), int(Level.TOWNSHIP)],
                )
            con.execute("UPDATE state SET said = ?", [state.dump()])
            con.execute("COMMIT")

    def say(self, state: State) -> None:
        """Replace the state of the current figures, which stay as they are."""
        path = current(self.home)
        if path is None:
            raise Unavailable("no published figures to speak of", cure="huying report refresh --full")
        with closing(self._open(path)) as con:
            con.execute("UPDATE state SET said = ?", [state.dump()])

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection:
        con = sqlite3.connect(path, timeout=30, isolation_level=None)
        # The rollback journal, not WAL: readers open the file read-only and nothing lies beside it once it is written.
        con.execute("PRAGMA cache_size=-64000")
        return con


def _node_row(node: Node) -> tuple[Any, ...]:
    return node.code, node.parent, int(node.level), node.name, node.valid_from.isoformat(), node.valid_to.isoformat()


def _flush(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
