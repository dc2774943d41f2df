"""The counting itself, as DuckDB SQL: records → cells (place × period × measure), and which medians to take.

One way for everything: a relation of signed rows is counted. A build from nothing counts every record with sign +1; a refresh
counts what the changed records were with sign -1 and what they are with +1, and the sums are added to the published cells.
Counts are integers, so the two agree exactly (tests compare them). Ratios are taken last, by whoever shows them.

Measures counted on the same day column are a family. Each family is counted once by location and day, brought to periods,
and added up the tree, narrow; only then are the families put side by side. Counted side by side from the start, each sum
would be taken over the rows of every family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from huying.analytics.conditions import REPEAT_SECONDS
from huying.analytics.definitions import Count, Definitions
from huying.analytics.definitions.model import MEDIAN_KINDS, Median
from huying.analytics.lake.cascade import raise_up
from huying.analytics.lake.filling import EPOCH_DAY, put
from huying.analytics.lake.layout import Layout
from huying.analytics.lake.medians import medians
from huying.kernel.facts import Kind

# Cells of single days below the township are kept this long: they are small, many, and suppressed almost always.
RECENT_DAYS = 62
SQL_TYPES = {Kind.INT: "BIGINT", Kind.TEXT: "VARCHAR", Kind.BOOL: "BOOLEAN", Kind.DATE: "DATE", Kind.SECONDS: "BIGINT"}


@dataclass
class Counting:
    """Counts over the lake's connection. Tables it reads: facts (with `loc`) and those of the layout."""

    con: duckdb.DuckDBPyConnection
    definitions: Definitions
    layout: Layout

    @property
    def measures(self) -> list[str]:
        return list(self.definitions.measures)

    @property
    def columns(self) -> list[str]:
        """The columns of the facts that any count or median reads, or the marking of repeats."""
        found = {"loc", *self._day_columns()}
        for count in self.definitions.measures.values():
            found |= {name for condition in count.conditions for name in condition.columns}
        for median in self.definitions.medians.values():
            found |= {median.start, median.end, *(name for condition in median.where for name in condition.columns)}
        found |= {n for n in ("petition", "kind", "place_key", "registered_at") if self.definitions.table.column(n)}
        return sorted(found)

    def _day_columns(self) -> set[str]:
        counts, medians = self.definitions.measures.values(), self.definitions.medians.values()
        return {count.day for count in counts} | {median.day for median in medians}

    def countable(self) -> str:
        """SQL: which records are counted at all. 信访 (petitions) never are, whatever the definitions say."""
        table = self.definitions.table
        parts = ["true"]
        if table.column("petition"):
            parts.append("petition IS NOT TRUE")
        if table.column("kind"):
            parts.append("kind IS DISTINCT FROM 'petition'")
        return " AND ".join(parts)

    # Repeats at a place

    @property
    def marks(self) -> bool:
        """Whether the facts say at which place they are, so that repeats are marked."""
        return bool(self.definitions.table.column("place_key"))

    def repeats(self, relation: str) -> str:
        """SQL: the keys of `relation` with `repeats_place`: is there an earlier one of the same item there within 90 days?"""
        key = self.definitions.table.key
        return (
            f"SELECT {key}, coalesce(registered_at - lag(registered_at) OVER (PARTITION BY place_key "
            f"ORDER BY registered_at, {key}) <= {REPEAT_SECONDS}, false) AS repeats "
            f"FROM {relation} WHERE place_key IS NOT NULL AND {self.countable()}"
        )

    # Counts

    def cells(self, signed: str, out: str, recent: date) -> list[str]:
        """Count the relation `signed` (facts with sign and as_of) into the table `out` (node and period by number, measures).

        Returns the measures `out` has: those that are not zero throughout. recent: from this day on, single days are counted
        below the township too. A cell that is zero throughout is left out.
        """
        families: dict[str, dict[str, Count]] = {}
        counted: dict[Count, str] = {}
        for name, count in self.definitions.measures.items():
            if counted.setdefault(count, name) == name:
                families.setdefault(count.day, {})[name] = count
        found: dict[str, int] = {}
        tables: list[str] = []
        for column, counts in families.items():
            if moved := self._low(signed, column, counts):
                tables.append(f"family_{len(tables)}")
                self._family(tables[-1], moved, (recent - EPOCH_DAY).days)
                found |= dict.fromkeys(moved, 0)
            self.con.execute("DROP TABLE low")
        if not found:
            self.con.execute(f"CREATE OR REPLACE TEMP TABLE {out} (node INTEGER, period INTEGER)")
            return []
        joined = " FULL JOIN ".join(table + (" USING (node, period)" if i else "") for i, table in enumerate(tables))
        own = {name: counted[count] for name, count in self.definitions.measures.items() if counted[count] in found}
        listed = ", ".join(f"coalesce({counter}, 0)::BIGINT AS {name}" for name, counter in own.items())
        changed = " OR ".join(f"coalesce({name}, 0) <> 0" for name in found)
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {out} AS SELECT node, period, {listed} FROM {joined} WHERE {changed}"
        )
        for table in tables:
            self.con.execute(f"DROP TABLE {table}")
        return list(own)

    def _low(self, signed: str, column: str, counts: dict[str, Count]) -> list[str]:
        """One family by location and day, into the temp table `low`. Returns its measures that are not zero throughout: a
        statement is planned column by column, which takes longer than counting what a few changes move."""
        # A count of records fits 32 bits, and their sum is then kept in 64; a sum of BIGINT is kept in 128 at twice the time.
        sums = ", ".join(
            f"sum(CASE WHEN {c.sql()} THEN sign ELSE 0 END)::INTEGER AS {name}" for name, c in counts.items()
        )
        # What was taken away and added again goes no further.
        moved = " OR ".join(f"{name} <> 0" for name in counts)
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE low AS SELECT loc, {self.layout.day(column)} AS d, {sums} FROM {signed} "
            f"WHERE {column} IS NOT NULL AND {self.countable()} GROUP BY ALL HAVING {moved}"
        )
        row = self.con.execute(f"SELECT {', '.join(f'bool_or({name} <> 0)' for name in counts)} FROM low").fetchone()
        return [name for name, held in zip(counts, row or (), strict=True) if held]

    def _family(self, out: str, counts: Sequence[str], recent: int) -> None:
        """The cells of what stands in `low`, as one statement, into the temp table `out` (node, period, its measures)."""
        added = ", ".join(f"sum({name})::INTEGER AS {name}" for name in counts)
        names = ", ".join(counts)
        steps = {
            "stretches": f"SELECT place.leaf AS node, calendar.stretch AS stretch, {added} FROM low "
            f"{self.layout.join('low', 'low.d')} GROUP BY ALL",
            "parts": "SELECT DISTINCT stretch, epoch, week, month, quarter, year FROM calendar",
            "months": f"SELECT node, epoch, month AS period, quarter, year, {added} "
            f"FROM stretches JOIN parts USING (stretch) GROUP BY ALL",
        }
        base = [
            f"SELECT node, epoch, period, {names} FROM months",
            f"SELECT node, epoch, quarter AS period, {added} FROM months GROUP BY ALL",
            f"SELECT node, epoch, year AS period, {added} FROM months GROUP BY ALL",
            f"SELECT node, epoch, week AS period, {added} FROM stretches JOIN parts USING (stretch) GROUP BY ALL",
            f"SELECT CASE WHEN low.d >= {recent} THEN place.leaf ELSE place.top END AS node, calendar.epoch AS epoch, "
            f"calendar.day AS period, {added} FROM low "
            f"{self.layout.join('low', 'low.d')} GROUP BY ALL",
        ]
        steps["base"] = " UNION ALL ".join(base)
        raise_up(self.con, self.layout, steps, counts, "INTEGER", out)

    # Medians

    def medians(self, out: str, touched: str = "") -> None:
        """Medians of all cells into `out` (node and period by number, indicator, seconds, n).

        touched: a relation (node, period); only those are computed. A cell that has lost its last record has no row.
        """
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {out} (node INTEGER, period INTEGER, indicator VARCHAR, seconds DOUBLE, n BIGINT)"
        )
        if touched and self.con.execute(f"SELECT 1 FROM {touched} LIMIT 1").fetchone() is None:
            return
        for code, median in self.definitions.medians.items():
            taken = medians(self.layout, self._spans(median, "facts"), touched)
            put(self.con, "taken", temp="TEMP", **taken)
            self.con.execute(f"INSERT INTO {out} SELECT node, period, '{code}', seconds, n FROM taken")
        self.con.execute("DROP TABLE IF EXISTS taken")

    def touched(self, signed: str, out: str) -> None:
        """The (node, period) in which the records of `signed` change what a median is taken of."""
        parts = [
            f"SELECT loc, d FROM ({self._spans(median, signed)}) AS s GROUP BY loc, d, seconds HAVING sum(sign) <> 0"
            for median in self.definitions.medians.values()
        ]
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE {out} (node INTEGER, period INTEGER)")
        if parts and self.layout.levels:
            nodes = ", ".join(f"place.at_{level.column}" for level in self.layout.levels)
            periods = ", ".join(f"calendar.{kind}" for kind in MEDIAN_KINDS)
            self.con.execute(
                f"INSERT INTO {out} SELECT DISTINCT node, period FROM (SELECT node, unnest(periods) AS period FROM ("
                f"SELECT unnest([{nodes}]) AS node, [{periods}] AS periods "
                f"FROM ({' UNION '.join(parts)}) AS s {self.layout.join('s', 's.d')})) WHERE node IS NOT NULL"
            )

    def _spans(self, median: Median, relation: str) -> str:
        """SQL: loc, d, seconds (and sign, where there is one) of the records a median is taken of."""
        sign = ", sign" if relation != "facts" else ""
        return (
            f"SELECT loc, {self.layout.day(median.day)} AS d, ({median.end} - {median.start})::BIGINT AS seconds{sign} "
            f"FROM {relation} WHERE {median.sql()} AND {self.countable()}"
        )
