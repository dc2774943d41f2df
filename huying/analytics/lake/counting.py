"""The counting itself, as DuckDB SQL: records → cells (place × period × measure), and medians.

One way for everything: a relation of signed rows is counted. A build from nothing counts every record with sign +1; a refresh
counts what the changed records were with sign -1 and what they are with +1, and the sums are added to the published cells.
Counts are integers, so the two agree exactly (tests compare them). Ratios are taken last, by whoever shows them.

Measures counted on the same day column are a family. Each family is counted once by location and day, brought to periods,
and added up the tree, narrow; only then are the families put side by side. Counted side by side from the start, each sum
would be taken over the rows of every family.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from huying.analytics.conditions import REPEAT_SECONDS, REPEATS_PLACE
from huying.analytics.definitions import Count, Definitions
from huying.analytics.definitions.model import MEDIAN_KINDS
from huying.analytics.lake.cascade import raise_up
from huying.analytics.lake.filling import EPOCH_DAY
from huying.analytics.lake.layout import Layout
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
        """The columns of the facts that any count or median reads."""
        found = {"loc", *(day for day in self._day_columns())}
        for count in self.definitions.measures.values():
            found |= {name for condition in count.conditions for name in condition.columns}
        for median in self.definitions.medians.values():
            found |= {median.start, median.end, *(name for condition in median.where for name in condition.columns)}
        found |= {name for name in ("petition", "kind") if self.definitions.table.column(name)}
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

    def mark_repeats(self, within: str = "true") -> None:
        """Set `repeats_place` of the facts that meet `within`, which must take whole places."""
        if not self.definitions.repeats:
            return
        key = self.definitions.table.key
        self.con.execute(
            f"UPDATE facts SET {REPEATS_PLACE} = marked.repeats FROM ({self.repeats(f'(SELECT * FROM facts WHERE {within})')}) "
            f"AS marked WHERE facts.{key} = marked.{key} AND facts.{REPEATS_PLACE} IS DISTINCT FROM marked.repeats"
        )

    def repeats(self, relation: str) -> str:
        """SQL: the keys of `relation` with `repeats_place`: is there an earlier one of the same item there within 90 days?"""
        key = self.definitions.table.key
        return (
            f"SELECT {key}, coalesce(registered_at - lag(registered_at) OVER (PARTITION BY place_key "
            f"ORDER BY registered_at, {key}) <= {REPEAT_SECONDS}, false) AS repeats "
            f"FROM {relation} WHERE place_key IS NOT NULL AND {self.countable()}"
        )

    # Counts

    def cells(self, signed: str, out: str, recent: date) -> None:
        """Count the relation `signed` (facts with sign and as_of) into the table `out` (node and period by number, measures).

        recent: from this day on, single days are counted below the township too. A cell that is zero throughout is left out.
        """
        families: dict[str, dict[str, Count]] = {}
        counted: dict[Count, str] = {}
        for name, count in self.definitions.measures.items():
            if counted.setdefault(count, name) == name:
                families.setdefault(count.day, {})[name] = count
        for number, (column, counts) in enumerate(families.items()):
            self._family(signed, f"family_{number}", column, counts, (recent - EPOCH_DAY).days)
        if not families:
            self.con.execute(f"CREATE OR REPLACE TEMP TABLE {out} (node INTEGER, period INTEGER)")
            return
        joined = " FULL JOIN ".join(
            f"family_{number}" + (" USING (node, period)" if number else "") for number in range(len(families))
        )
        listed = ", ".join(
            f"coalesce({counted[count]}, 0)::BIGINT AS {name}" for name, count in self.definitions.measures.items()
        )
        changed = " OR ".join(f"coalesce({name}, 0) <> 0" for name in counted.values())
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {out} AS SELECT node, period, {listed} FROM {joined} WHERE {changed}"
        )
        for number in range(len(families)):
            self.con.execute(f"DROP TABLE family_{number}")

    def _family(self, signed: str, out: str, column: str, counts: dict[str, Count], recent: int) -> None:
        """One family's cells, as one statement, into the temp table `out` (node, period, its measures)."""
        # A count of records fits 32 bits, and their sum is then kept in 64; a sum of BIGINT is kept in 128 at twice the time.
        added = ", ".join(f"sum({name})::INTEGER AS {name}" for name in counts)
        sums = ", ".join(
            f"sum(CASE WHEN {c.sql()} THEN sign ELSE 0 END)::INTEGER AS {name}" for name, c in counts.items()
        )
        steps = {
            "low": f"SELECT loc, {self.layout.day(column)} AS d, {sums} FROM {signed} "
            f"WHERE {column} IS NOT NULL AND {self.countable()} GROUP BY ALL",
            "stretches": f"SELECT place.leaf AS node, calendar.stretch AS stretch, {added} FROM low "
            f"{self.layout.join('low', 'low.d')} GROUP BY ALL",
            "parts": "SELECT DISTINCT stretch, epoch, week, month, quarter, year FROM calendar",
            "months": f"SELECT node, epoch, month AS period, quarter, year, {added} "
            f"FROM stretches JOIN parts USING (stretch) GROUP BY ALL",
        }
        names = ", ".join(counts)
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
        raise_up(self.con, self.layout, steps, list(counts), "INTEGER", out)

    # Medians

    def medians(self, out: str, touched: str = "") -> None:
        """Medians in seconds, from the raw records at every level, into `out` (node and period by number, indicator, seconds, n).

        touched: a relation (node, period); only those are computed. A cell that has lost its last record has no row.
        """
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {out} (node INTEGER, period INTEGER, indicator VARCHAR, seconds DOUBLE, n BIGINT)"
        )
        levels = self.layout.levels()
        if not levels or (touched and not self._any(touched)):
            return
        for code, median in self.definitions.medians.items():
            # Narrowed once; the levels and kinds then read a few columns instead of forty.
            listed = ", ".join(f"place.at_{level.column} AS at_{level.column}" for level in levels)
            kinds = ", ".join(f"calendar.{kind} AS {kind}" for kind in MEDIAN_KINDS)
            self.con.execute(
                f"CREATE OR REPLACE TEMP TABLE spans AS SELECT {listed}, {kinds}, "
                f"({median.end} - {median.start})::BIGINT AS seconds "
                f"FROM facts {self.layout.join('facts', self.layout.day(median.day))} "
                f"WHERE {median.sql()} AND {self.countable()}"
            )
            for kind in MEDIAN_KINDS:
                for level in levels:
                    node = f"spans.at_{level.column}"
                    # Narrowed after, not before: a filter on the way in costs more than the medians it saves.
                    self.con.execute(
                        f"INSERT INTO {out} SELECT taken.* FROM (SELECT {node} AS node, spans.{kind} AS period, '{code}', "
                        f"median(seconds), count(*) FROM spans WHERE {node} IS NOT NULL GROUP BY ALL) AS taken "
                        + (f"SEMI JOIN {touched} USING (node, period)" if touched else "")
                    )

    def touched(self, signed: str, out: str) -> None:
        """The (node, period) whose medians the records of `signed` take part in."""
        days = sorted({self.layout.day(median.day) for median in self.definitions.medians.values()}) or [
            "NULL::INTEGER"
        ]
        parts = " UNION ".join(
            f"SELECT place.at_{level.column} AS node, calendar.{kind} AS period FROM {signed} AS s "
            f"{self.layout.join('s', day)} WHERE place.at_{level.column} IS NOT NULL"
            for day in days
            for kind in MEDIAN_KINDS
            for level in self.layout.levels()
        )
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {out} AS {parts or 'SELECT 0::INTEGER AS node, 0::INTEGER AS period LIMIT 0'}"
        )

    def _any(self, relation: str) -> bool:
        return self.con.execute(f"SELECT 1 FROM {relation} LIMIT 1").fetchone() is not None
