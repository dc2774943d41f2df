"""The counting itself, as DuckDB SQL: records → cells (place × period × measure), and medians.

One way for everything: a relation of signed rows is counted. A build from nothing counts every record with sign +1; a refresh counts
what the changed records were with sign -1 and what they are with +1, and the sums are added to the published cells. Counts are
integers, so the two agree exactly (tests compare them). Ratios are taken last, by whoever shows them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from huying.analytics.conditions import REPEAT_SECONDS, REPEATS_PLACE
from huying.analytics.definitions import Count, Definitions
from huying.analytics.definitions.model import MEDIAN_KINDS
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.trees import LEVEL_COLUMNS, Tree
from huying.kernel.actors import Level
from huying.kernel.facts import Kind

# Shanghai has kept UTC+8 without summer time since 1991; the calendar below begins later.
OFFSET = 8 * 3600
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)
# Cells of single days below the township are kept this long: they are small, many, and suppressed almost always.
RECENT_DAYS = 62
# The calendar runs on past the last day seen, so that tomorrow's records need no new layout.
AHEAD_DAYS = 400
SQL_TYPES = {Kind.INT: "BIGINT", Kind.TEXT: "VARCHAR", Kind.BOOL: "BOOLEAN", Kind.DATE: "DATE", Kind.SECONDS: "BIGINT"}


@dataclass
class Counting:
    """Counts over the lake's connection. Tables it reads: facts (with `loc`), location, place, above, calendar."""

    con: duckdb.DuckDBPyConnection
    definitions: Definitions

    @property
    def measures(self) -> list[str]:
        return list(self.definitions.measures)

    def day(self, column: str) -> str:
        """SQL: the local day of a date or moment column."""
        found = self.definitions.table.column(column)
        if found is not None and found.kind is Kind.DATE:
            return column
        return f"(DATE '1970-01-01' + (({column} + {OFFSET}) // 86400)::INTEGER)"

    def countable(self) -> str:
        """SQL: which records are counted at all. 信访 (petitions) never are, whatever the definitions say."""
        table = self.definitions.table
        parts = ["true"]
        if table.column("petition"):
            parts.append("petition IS NOT TRUE")
        if table.column("kind"):
            parts.append("kind IS DISTINCT FROM 'petition'")
        return " AND ".join(parts)

    # The dated tree, and the calendar

    def lay_out(self, tree: Tree) -> None:
        """Write place (of each location), above (it, in the tree) and calendar, for each stretch in which the tree stands still."""
        first, last = self._span()
        starts = [start for start in tree.epochs() if start <= last]
        while len(starts) > 1 and starts[1] <= first:
            del starts[0]
        place: list[tuple[int, int, str, str]] = []
        above: set[tuple[str, int, str, int]] = set()
        locations = self.con.execute(f"SELECT loc, {', '.join(self.located)} FROM location").fetchall()
        for epoch, start in enumerate(starts):
            on = max(start, first)
            for loc, *codes in locations:
                path = next((path for code in reversed(codes) if code and (path := tree.path(code, on))), [])
                if not path:
                    continue
                top = next((node for node in path if node.level <= Level.TOWNSHIP), path[-1])
                place.append((loc, epoch, path[0].code, top.code))
                for low in range(len(path)):
                    above.update((path[low].code, epoch, node.code, int(node.level)) for node in path[low:])
        self._fill("place", "loc INTEGER, epoch INTEGER, leaf VARCHAR, top VARCHAR", place)
        self._fill("above", "node VARCHAR, epoch INTEGER, ancestor VARCHAR, level INTEGER", sorted(above))
        days: list[tuple[date, int, str, str, str]] = []
        day, epoch = first, 0
        while day <= last:
            while epoch + 1 < len(starts) and starts[epoch + 1] <= day:
                epoch += 1
            week, month = Period.holding(day, PeriodKind.WEEK), Period.holding(day, PeriodKind.MONTH)
            days.append((day, epoch, day.isoformat(), week.key, month.key))
            day += timedelta(1)
        self._fill("calendar", 'day DATE, epoch INTEGER, "day_key" VARCHAR, week VARCHAR, month VARCHAR', days)
        self.con.execute("CREATE OR REPLACE TABLE laid_out AS SELECT coalesce(max(loc), 0) AS loc FROM location")

    @property
    def located(self) -> list[str]:
        """The fact table's columns of division codes, highest level first."""
        return [name for name in LEVEL_COLUMNS if self.definitions.table.column(name)]

    def _span(self) -> tuple[date, date]:
        """From the first day any record is counted on until well past the last, within the calendar's limits."""
        days = sorted(
            {self.day(c.day) for c in (*self.definitions.measures.values(), *self.definitions.medians.values())}
        )
        row = self.con.execute(f"SELECT {', '.join(f'min({d}), max({d})' for d in days)} FROM facts").fetchone()
        found = [day for day in row or () if day is not None]
        first, last = (min(found), max(found)) if found else (FIRST_DAY, FIRST_DAY)
        return max(first, FIRST_DAY), min(last + timedelta(AHEAD_DAYS), LAST_DAY)

    def covers(self, relation: str) -> bool:
        """Whether the calendar and the places hold all that `relation` needs; else `lay_out` again."""
        days = sorted(
            {self.day(c.day) for c in (*self.definitions.measures.values(), *self.definitions.medians.values())}
        )
        outside = " OR ".join(
            f"({d} > (SELECT max(day) FROM calendar) OR {d} < (SELECT min(day) FROM calendar))" for d in days
        )
        row = self.con.execute(
            f"SELECT count(*) FROM {relation} WHERE {outside} OR loc > (SELECT loc FROM laid_out)"
        ).fetchone()
        return row is not None and row[0] == 0

    def _fill(self, table: str, columns: str, rows: Iterable[tuple[object, ...]]) -> None:
        self.con.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
        listed = list(rows)
        if listed:
            lists = [list(column) for column in zip(*listed, strict=True)]
            self.con.execute(f"INSERT INTO {table} SELECT {', '.join('unnest(?)' for _ in lists)}", lists)

    def mark_repeats(self, within: str = "true") -> None:
        """Set `repeats_place` of the facts that meet `within`, which must take whole places."""
        if not self.definitions.repeats:
            return
        key = self.definitions.table.key
        self.con.execute(
            f"""UPDATE facts SET {REPEATS_PLACE} = marked.repeats FROM (
                  SELECT {key}, coalesce(registered_at - lag(registered_at) OVER (
                    PARTITION BY place_key ORDER BY registered_at, {key}) <= {REPEAT_SECONDS}, false) AS repeats
                  FROM facts WHERE place_key IS NOT NULL AND ({within}) AND {self.countable()}) AS marked
                WHERE facts.{key} = marked.{key} AND facts.{REPEATS_PLACE} IS DISTINCT FROM marked.repeats"""
        )

    def with_repeats(self, relation: str) -> str:
        """SQL: `relation` with `repeats_place`: is there an earlier one of the same item at the same place within 90 days?"""
        key, counted = self.definitions.table.key, self.countable()
        return (
            f"SELECT *, CASE WHEN place_key IS NOT NULL AND ({counted}) THEN coalesce(registered_at - lag(registered_at) "
            f"OVER (PARTITION BY place_key, ({counted}) ORDER BY registered_at, {key}) <= {REPEAT_SECONDS}, false) "
            f"END AS {REPEATS_PLACE} FROM {relation}"
        )

    # Counting

    def cells(self, signed: str, out: str, recent: date) -> None:
        """Count the relation `signed` (facts with sign and as_of) into the table `out` (node, period, measures).

        recent: from this day on, single days are counted below the township too.
        """
        before, since = f"calendar.day < DATE '{recent}'", f"calendar.day >= DATE '{recent}'"
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {out} AS "
            + " UNION ALL BY NAME ".join(
                f"SELECT * FROM ({self._rolled(signed, by, key, where)})"
                for by, key, where in (
                    ("leaf", "month", "true"),
                    ("leaf", "week", "true"),
                    ("top", "day_key", before),
                    ("leaf", "day_key", since),
                )
            )
        )
        added = ", ".join(f"sum({name})::BIGINT AS {name}" for name in self.measures)
        for period in ("period[1:4] || '-Q' || ((period[6:7]::INTEGER + 2) // 3)", "period[1:4]"):
            self.con.execute(
                f"INSERT INTO {out} BY NAME SELECT node, {period} AS period, {added} FROM {out} "
                "WHERE length(period) = 7 AND period[6] <> 'Q' GROUP BY ALL"
            )
        changed = " OR ".join(f"{name} <> 0" for name in self.measures)
        self.con.execute(f"DELETE FROM {out} WHERE NOT ({changed or 'false'})")

    def _rolled(self, signed: str, by: str, key: str, where: str) -> str:
        families: dict[str, dict[str, Count]] = {}
        for name, count in self.definitions.measures.items():
            families.setdefault(count.day, {})[name] = count
        parts = []
        for column, counts in families.items():
            sums = ", ".join(
                f"coalesce(sum(sign) FILTER ({count.sql()}), 0) AS {name}" for name, count in counts.items()
            )
            parts.append(
                f"SELECT place.{by} AS node, place.epoch AS epoch, calendar.{key} AS period, {sums} FROM {signed} AS counted "
                f"JOIN calendar ON calendar.day = {self.day(column)} "
                f"JOIN place ON place.loc = counted.loc AND place.epoch = calendar.epoch "
                f"WHERE {where} AND {self.countable()} GROUP BY ALL"
            )
        # DuckDB's sum of integers is a HUGEINT, which neither Parquet nor SQLite holds.
        added = ", ".join(f"coalesce(sum(low.{name}), 0)::BIGINT AS {name}" for name in self.measures)
        return (
            f"SELECT above.ancestor AS node, low.period AS period, {added} FROM ({' UNION ALL BY NAME '.join(parts)}) AS low "
            f"JOIN above ON above.node = low.node AND above.epoch = low.epoch GROUP BY ALL"
        )

    def medians(self, out: str, touched: str = "") -> None:
        """Medians in seconds, from the raw records at every level, into `out` (node, period, indicator, seconds, n).

        touched: a relation (node, period); only those are computed. A cell that has lost its last record has no row.
        """
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {out} (node VARCHAR, period VARCHAR, indicator VARCHAR, seconds DOUBLE, n BIGINT)"
        )
        keys = {
            PeriodKind.MONTH: "month",
            PeriodKind.QUARTER: "month[1:4] || '-Q' || ((month[6:7]::INTEGER + 2) // 3)",
            PeriodKind.YEAR: "month[1:4]",
        }
        for code, median in self.definitions.medians.items():
            # Narrowed once; the levels and kinds then read four columns instead of forty.
            self.con.execute(
                f"CREATE OR REPLACE TEMP TABLE spans AS SELECT place.leaf AS leaf, place.epoch AS epoch, calendar.month AS month, "
                f"({median.end} - {median.start})::BIGINT AS seconds FROM facts "
                f"JOIN calendar ON calendar.day = {self.day(median.day)} "
                f"JOIN place ON place.loc = facts.loc AND place.epoch = calendar.epoch "
                f"WHERE {median.sql()} AND {self.countable()}"
            )
            for kind in MEDIAN_KINDS:
                for level in Level:
                    only = (
                        f"SEMI JOIN {touched} AS t ON t.node = above.ancestor AND t.period = {keys[kind]}"
                        if touched
                        else ""
                    )
                    self.con.execute(
                        f"INSERT INTO {out} SELECT above.ancestor, {keys[kind]}, '{code}', median(seconds), count(*) "
                        f"FROM spans JOIN above ON above.node = spans.leaf AND above.epoch = spans.epoch "
                        f"AND above.level = {int(level)} {only} GROUP BY ALL"
                    )

    def touched(self, signed: str, out: str) -> None:
        """The (node, period) whose medians the records of `signed` take part in."""
        days = sorted({self.day(median.day) for median in self.definitions.medians.values()}) or ["NULL::DATE"]
        base = " UNION ".join(
            f"SELECT above.ancestor AS node, calendar.month AS month FROM {signed} AS s JOIN calendar ON calendar.day = {day} "
            f"JOIN place ON place.loc = s.loc AND place.epoch = calendar.epoch "
            f"JOIN above ON above.node = place.leaf AND above.epoch = place.epoch"
            for day in days
        )
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {out} AS WITH base AS ({base}) SELECT node, month AS period FROM base "
            f"UNION SELECT node, month[1:4] || '-Q' || ((month[6:7]::INTEGER + 2) // 3) FROM base "
            f"UNION SELECT node, month[1:4] FROM base"
        )
