"""The dated tree and the calendar inside the lake, in whole numbers: the engine groups and joins those far faster than codes.

Tables: node (id, code), period (id, key), each numbered in the order of its text; place (of each location in each stretch in
which the tree stands still: an epoch; the two make one number, `spot`, as a join by one key is three times as fast), up (a
node's parent and depth), calendar (of each day its epoch, its periods, and its stretch: the part of one week that lies in one
month and one epoch, from which weeks and months both add up).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import duckdb

from huying.analytics.definitions import Definitions
from huying.analytics.lake.filling import EPOCH_DAY, fill
from huying.analytics.periods import FIRST_DAY, LAST_DAY, Period, PeriodKind
from huying.analytics.trees import LEVEL_COLUMNS, Tree
from huying.kernel.actors import Level
from huying.kernel.facts import Kind

# Shanghai has kept UTC+8 without summer time since 1991; the calendar below begins later.
OFFSET = 8 * 3600
# The calendar runs on past the last day seen, so that tomorrow's records need no new layout.
AHEAD_DAYS = 400
KINDS = (PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)


@dataclass
class Layout:
    """Over the lake's connection, which holds facts (with `loc`) and location.

    located: the columns of `location` that hold codes, highest level first. counted: the columns of facts that hold the days
    anything is counted on. dates: those that are dates; ready: those in days since 1970; the others are moments in seconds.
    """

    con: duckdb.DuckDBPyConnection
    located: list[str]
    counted: list[str]
    dates: frozenset[str] = frozenset()
    ready: frozenset[str] = frozenset()

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, definitions: Definitions) -> Layout:
        columns = {count.day for count in definitions.measures.values()}
        columns |= {median.day for median in definitions.medians.values()}
        return cls(
            con,
            [name for name in LEVEL_COLUMNS if definitions.table.column(name)],
            sorted(columns),
            frozenset(column.name for column in definitions.table.columns if column.kind is Kind.DATE),
        )

    def day(self, column: str) -> str:
        """SQL: the local day of a date or moment column, in days since 1970."""
        if column in self.ready:
            return column
        if column in self.dates:
            return f"({column} - DATE '1970-01-01')::INTEGER"
        return f"(({column} + {OFFSET}) // 86400)::INTEGER"

    def days(self) -> list[str]:
        """SQL of every day on which anything is counted."""
        return [self.day(column) for column in self.counted]

    def write(self, tree: Tree) -> None:
        """Lay out anew what the facts need."""
        self.forget()
        first, last = self._span()
        starts = [start for start in tree.epochs() if start <= last]
        while len(starts) > 1 and starts[1] <= first:
            del starts[0]
        self._write_places(tree, [max(start, first) for start in starts])
        self._write_days(first, last, starts)
        self.con.execute("CREATE OR REPLACE TABLE laid_out AS SELECT coalesce(max(loc), 0) AS loc FROM location")

    def _write_places(self, tree: Tree, epochs: list[date]) -> None:
        place: list[tuple[Any, ...]] = []
        up: set[tuple[Any, ...]] = set()
        locations = self.con.execute(f"SELECT loc, {', '.join(self.located)} FROM location").fetchall()
        for epoch, on in enumerate(epochs):
            for loc, *codes in locations:
                path = next((path for code in reversed(codes) if code and (path := tree.path(code, on))), [])
                if not path:
                    continue
                top = next((node for node in path if node.level <= Level.TOWNSHIP), path[-1])
                at = {node.level: node.code for node in path}
                place.append(
                    (loc, loc * len(epochs) + epoch, path[0].code, top.code, *(at.get(level) for level in Level))
                )
                above = [*(node.code for node in path[1:]), None]
                up.update(
                    (node.code, epoch, parent, len(path) - step)
                    for step, (node, parent) in enumerate(zip(path, above, strict=True), start=1)
                )
        number = {code: i for i, code in enumerate(sorted({row[0] for row in up}))}
        fill(self.con, "node", "id INTEGER, code VARCHAR", ((i, code) for code, i in number.items()))
        levels = ", ".join(f"at_{level.column} INTEGER" for level in Level)
        fill(
            self.con,
            "place",
            f"loc BIGINT, spot BIGINT, leaf INTEGER, top INTEGER, {levels}",
            ((*row[:2], *(number.get(code) for code in row[2:])) for row in place),
        )
        fill(
            self.con,
            "up",
            "node INTEGER, epoch INTEGER, parent INTEGER, depth INTEGER",
            ((number[node], epoch, number.get(parent), depth) for node, epoch, parent, depth in up),
        )

    def _write_days(self, first: date, last: date, starts: list[date]) -> None:
        days: list[tuple[Any, ...]] = []
        day, epoch = first, 0
        while day <= last:
            while epoch + 1 < len(starts) and starts[epoch + 1] <= day:
                epoch += 1
            days.append(((day - EPOCH_DAY).days, epoch, *(Period.holding(day, kind).key for kind in KINDS)))
            day += timedelta(1)
        number = {key: i for i, key in enumerate(sorted({key for row in days for key in row[2:]}))}
        fill(self.con, "period", "id INTEGER, key VARCHAR", ((i, key) for key, i in number.items()))
        stretches: dict[tuple[Any, ...], int] = {}
        rows = [
            (d, epoch, stretches.setdefault((epoch, keys[1], keys[2]), len(stretches)), *(number[key] for key in keys))
            for d, epoch, *keys in days
        ]
        fill(
            self.con,
            "calendar",
            f"d INTEGER, epoch INTEGER, stretch INTEGER, {', '.join(f'{kind} INTEGER' for kind in KINDS)}",
            rows,
        )

    def _span(self) -> tuple[date, date]:
        """From the first day any record is counted on until well past the last, within the calendar's limits."""
        days = self.days()
        row = self.con.execute(f"SELECT {', '.join(f'min({d}), max({d})' for d in days)} FROM facts").fetchone()
        found = [EPOCH_DAY + timedelta(day) for day in row or () if day is not None]
        first, last = (min(found), max(found)) if found else (FIRST_DAY, FIRST_DAY)
        return max(first, FIRST_DAY), min(last + timedelta(AHEAD_DAYS), LAST_DAY)

    def covers(self, relation: str) -> bool:
        """Whether the calendar and the places hold all that `relation` needs; else `write` again."""
        first, last, loc = self.bounds
        if first is None:
            return False
        outside = " OR ".join(f"{d} NOT BETWEEN {first} AND {last}" for d in self.days())
        row = self.con.execute(f"SELECT count(*) FROM {relation} WHERE {outside} OR loc > {loc}").fetchone()
        return row is not None and row[0] == 0

    def first_day(self) -> date | None:
        """On which any record is counted. The calendar may begin earlier: with a record that has moved since."""
        row = self.con.execute(f"SELECT {', '.join(f'min({d})' for d in self.days())} FROM facts").fetchone()
        found = [day for day in row or () if day is not None]
        return max(EPOCH_DAY + timedelta(min(found)), FIRST_DAY) if found else None

    def join(self, relation: str, day: str) -> str:
        """SQL that joins calendar and place to `relation`, which has `loc`. day: its day, in days since 1970."""
        spot = f"{relation}.loc * {self.epochs} + calendar.epoch"
        return f"JOIN calendar ON calendar.d = {day} JOIN place ON place.spot = {spot}"

    # What every statement asks, read once: it stays as it is until `write` lays out anew.

    def forget(self) -> None:
        """Read again what is laid out: it was written, or its writing undone."""
        for name in ("bounds", "epochs", "depths", "levels"):
            self.__dict__.pop(name, None)

    @cached_property
    def bounds(self) -> tuple[int | None, int | None, int]:
        """The first and last day of the calendar, in days since 1970, and the last location that has places."""
        row = self.con.execute("SELECT min(d), max(d), (SELECT loc FROM laid_out) FROM calendar").fetchone()
        return row or (None, None, 0)

    @cached_property
    def epochs(self) -> int:
        """How many stretches in which the tree stands still the calendar spans."""
        row = self.con.execute("SELECT max(epoch) + 1 FROM calendar").fetchone()
        return int(row[0]) if row and row[0] is not None else 1

    @cached_property
    def depths(self) -> list[int]:
        """The depths at which there are places, deepest first; a root's is 0."""
        return [row[0] for row in self.con.execute("SELECT DISTINCT depth FROM up ORDER BY depth DESC").fetchall()]

    @cached_property
    def levels(self) -> list[Level]:
        """The levels at which the tree has places."""
        held = ", ".join(f"count(at_{level.column})" for level in Level)
        row = self.con.execute(f"SELECT {held} FROM place").fetchone() or ()
        return [level for level, count in zip(Level, row, strict=True) if count]
