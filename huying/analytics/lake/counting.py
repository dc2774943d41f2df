"""The counting itself, as DuckDB SQL: records → cells (place × period × measure), and medians.

One way for everything: a relation of signed rows is counted. A build from nothing counts every record with sign +1; a refresh
counts what the changed records were with sign -1 and what they are with +1, and the sums are added to the published cells.
Counts are integers, so the two agree exactly (tests compare them). Ratios are taken last, by whoever shows them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

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
QUARTER_OF = "month[1:4] || '-Q' || ((month[6:7]::INTEGER + 2) // 3)"
YEAR_OF = "month[1:4]"
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
        """Write place (of each location), above (it) and calendar, for each stretch in which the tree stands still."""
        first, last = self._span()
        starts = [start for start in tree.epochs() if start <= last]
        while len(starts) > 1 and starts[1] <= first:
            del starts[0]
        place: list[tuple[Any, ...]] = []
        above: set[tuple[str, int, str, int]] = set()
        locations = self.con.execute(f"SELECT loc, {', '.join(self.located)} FROM location").fetchall()
        for epoch, start in enumerate(starts):
            on = max(start, first)
            for loc, *codes in locations:
                path = next((path for code in reversed(codes) if code and (path := tree.path(code, on))), [])
                if not path:
                    continue
                top = next((node for node in path if node.level <= Level.TOWNSHIP), path[-1])
                at = {node.level: node.code for node in path}
                place.append((loc, epoch, path[0].code, top.code, *(at.get(level) for level in Level)))
                for low in range(len(path)):
                    above.update((path[low].code, epoch, node.code, int(node.level)) for node in path[low:])
        levels = ", ".join(f"at_{level.column} VARCHAR" for level in Level)
        self._fill("place", f"loc BIGINT, epoch INTEGER, leaf VARCHAR, top VARCHAR, {levels}", place)
        self._fill("above", "node VARCHAR, epoch INTEGER, ancestor VARCHAR, level INTEGER", sorted(above))
        days: list[tuple[Any, ...]] = []
        day, epoch = first, 0
        while day <= last:
            while epoch + 1 < len(starts) and starts[epoch + 1] <= day:
                epoch += 1
            kinds = (PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)
            days.append((day, epoch, day.isoformat(), *(Period.holding(day, kind).key for kind in kinds)))
            day += timedelta(1)
        texts = ", ".join(f"{name} VARCHAR" for name in ("day_key", "week", "month", "quarter", "year"))
        self._fill("calendar", f"day DATE, epoch INTEGER, {texts}", days)
        self.con.execute("CREATE OR REPLACE TABLE laid_out AS SELECT coalesce(max(loc), 0) AS loc FROM location")

    @property
    def located(self) -> list[str]:
        """The fact table's columns of division codes, highest level first."""
        return [name for name in LEVEL_COLUMNS if self.definitions.table.column(name)]

    def _span(self) -> tuple[date, date]:
        """From the first day any record is counted on until well past the last, within the calendar's limits."""
        days = self._days()
        row = self.con.execute(f"SELECT {', '.join(f'min({d}), max({d})' for d in days)} FROM facts").fetchone()
        found = [day for day in row or () if day is not None]
        first, last = (min(found), max(found)) if found else (FIRST_DAY, FIRST_DAY)
        return max(first, FIRST_DAY), min(last + timedelta(AHEAD_DAYS), LAST_DAY)

    def _days(self) -> list[str]:
        """SQL of every day on which anything is counted."""
        columns = {count.day for count in self.definitions.measures.values()}
        columns |= {median.day for median in self.definitions.medians.values()}
        return [self.day(column) for column in sorted(columns)]

    def covers(self, relation: str) -> bool:
        """Whether the calendar and the places hold all that `relation` needs; else `lay_out` again."""
        days = self._days()
        outside = " OR ".join(
            f"({d} > (SELECT max(day) FROM calendar) OR {d} < (SELECT min(day) FROM calendar))" for d in days
        )
        row = self.con.execute(
            f"SELECT count(*) FROM {relation} WHERE {outside} OR loc > (SELECT loc FROM laid_out)"
        ).fetchone()
        return row is not None and row[0] == 0

    def _fill(self, table: str, columns: str, rows: Iterable[tuple[object, ...]]) -> None:
        fill(self.con, table, columns, rows)

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

    # Counting

    def cells(self, signed: str, out: str, recent: date) -> None:
        """Count the relation `signed` (facts with sign and as_of) into the table `out` (node, period, measures).

        recent: from this day on, single days are counted below the township too.
        """
        before, since = f"calendar.day < DATE '{recent}'", f"calendar.day >= DATE '{recent}'"
        # A stretch is a week's part in one month: weeks and months both add up from stretches, so records are read once for both.
        self._low(signed, "low_stretches", "leaf", ("month", "week"), "true")
        self._low(signed, "low_days", "top", ("day_key",), before)
        self._low(signed, "low_recent", "leaf", ("day_key",), since)
        parts = [
            self._raised("low_stretches", "month"),
            self._raised("low_stretches", "week"),
            self._raised("low_days", "day_key"),
            self._raised("low_recent", "day_key"),
        ]
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE {out} AS {' UNION ALL BY NAME '.join(parts)}")
        for period in (QUARTER_OF.replace("month", "period"), YEAR_OF.replace("month", "period")):
            self.con.execute(
                f"INSERT INTO {out} BY NAME SELECT node, {period} AS period, {self._added} FROM {out} "
                "WHERE length(period) = 7 AND period[6] <> 'Q' GROUP BY ALL"
            )
        changed = " OR ".join(f"{name} <> 0" for name in self.measures)
        self.con.execute(f"DELETE FROM {out} WHERE NOT ({changed or 'false'})")

    @property
    def _added(self) -> str:
        # DuckDB's sum of integers is a HUGEINT, which neither Parquet nor SQLite holds.
        return ", ".join(f"coalesce(sum({name}), 0)::BIGINT AS {name}" for name in self.measures)

    def _low(self, signed: str, out: str, by: str, keys: tuple[str, ...], where: str) -> None:
        """Count at the lowest place and shortest time. by: the column of `place`; keys: those of `calendar`."""
        families: dict[str, dict[str, Count]] = {}
        for name, count in self.definitions.measures.items():
            families.setdefault(count.day, {})[name] = count
        listed = ", ".join(f"calendar.{key} AS {key}" for key in keys)
        parts = []
        for column, counts in families.items():
            sums = ", ".join(
                f"coalesce(sum(sign) FILTER ({count.sql()}), 0)::BIGINT AS {name}" for name, count in counts.items()
            )
            parts.append(
                f"SELECT place.{by} AS node, place.epoch AS epoch, {listed}, {sums} FROM {signed} AS counted "
                f"JOIN calendar ON calendar.day = {self.day(column)} "
                f"JOIN place ON place.loc = counted.loc AND place.epoch = calendar.epoch "
                f"WHERE {where} AND {self.countable()} GROUP BY ALL"
            )
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {out} AS SELECT node, epoch, {', '.join(keys)}, {self._added} "
            f"FROM ({' UNION ALL BY NAME '.join(parts)}) GROUP BY ALL"
        )

    def _raised(self, low: str, key: str) -> str:
        """SQL: the lowest cells of `low` by the period `key`, added up through the tree."""
        return (
            f"SELECT above.ancestor AS node, low.period AS period, {self._added} FROM "
            f"(SELECT node, epoch, {key} AS period, {self._added} FROM {low} GROUP BY ALL) AS low "
            f"JOIN above ON above.node = low.node AND above.epoch = low.epoch GROUP BY ALL"
        )

    def medians(self, out: str, touched: str = "") -> None:
        """Medians in seconds, from the raw records at every level, into `out` (node, period, indicator, seconds, n).

        touched: a relation (node, period); only those are computed. A cell that has lost its last record has no row.
        """
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {out} (node VARCHAR, period VARCHAR, indicator VARCHAR, seconds DOUBLE, n BIGINT)"
        )
        for code, median in self.definitions.medians.items():
            # Narrowed once; the levels and kinds then read a few columns instead of forty.
            levels = ", ".join(f"place.at_{level.column} AS at_{level.column}" for level in Level)
            self.con.execute(
                f"CREATE OR REPLACE TEMP TABLE spans AS SELECT {levels}, calendar.month AS month, "
                f"calendar.quarter AS quarter, calendar.year AS year, ({median.end} - {median.start})::BIGINT AS seconds "
                f"FROM facts JOIN calendar ON calendar.day = {self.day(median.day)} "
                f"JOIN place ON place.loc = facts.loc AND place.epoch = calendar.epoch "
                f"WHERE {median.sql()} AND {self.countable()}"
            )
            for kind in MEDIAN_KINDS:
                for level in self._levels():
                    node = f"spans.at_{level.column}"
                    self.con.execute(
                        f"INSERT INTO {out} SELECT {node}, spans.{kind}, '{code}', median(seconds), count(*) "
                        f"FROM spans WHERE {node} IS NOT NULL GROUP BY ALL"
                    )
        if touched:
            # Cheaper after than before: a filter on the way in costs more than the medians it saves.
            self.con.execute(f"DELETE FROM {out} WHERE (node, period) NOT IN (SELECT (node, period) FROM {touched})")

    def _levels(self) -> list[Level]:
        """The levels at which the tree has places."""
        rows = self.con.execute("SELECT DISTINCT level FROM above ORDER BY level").fetchall()
        return [Level(row[0]) for row in rows]

    def touched(self, signed: str, out: str) -> None:
        """The (node, period) whose medians the records of `signed` take part in."""
        days = sorted({self.day(median.day) for median in self.definitions.medians.values()}) or ["NULL::DATE"]
        months = " UNION ".join(
            f"SELECT above.ancestor AS node, calendar.month AS month, calendar.quarter AS quarter, calendar.year AS year "
            f"FROM {signed} AS s JOIN calendar ON calendar.day = {day} "
            f"JOIN place ON place.loc = s.loc AND place.epoch = calendar.epoch "
            f"JOIN above ON above.node = place.leaf AND above.epoch = place.epoch"
            for day in days
        )
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {out} AS WITH months AS ({months}) SELECT node, month AS period FROM months "
            f"UNION SELECT node, quarter FROM months UNION SELECT node, year FROM months"
        )


def fill(
    con: duckdb.DuckDBPyConnection, table: str, columns: str, rows: Iterable[tuple[object, ...]], *, temp: str = ""
) -> None:
    """Make `table` anew from `rows`. columns: `name TYPE, …`. Values hold no line feed; None and "" become NULL.

    A column goes over as one text: bound one by one, each value costs DuckDB's Python client a search for pandas.
    """
    con.execute(f"CREATE OR REPLACE {temp} TABLE {table} ({columns})")
    listed = list(rows)
    if not listed:
        return
    texts = ["\n".join("" if value is None else str(value) for value in column) for column in zip(*listed, strict=True)]
    types = [column.split()[1] for column in columns.split(", ")]
    selected = ", ".join(f"nullif(c{i}, '')::{kind}" for i, kind in enumerate(types))
    split = ", ".join(f"unnest(string_split(?, chr(10))) AS c{i}" for i in range(len(types)))
    con.execute(f"INSERT INTO {table} SELECT {selected} FROM (SELECT {split})", texts)
