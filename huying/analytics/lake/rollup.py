"""Measures delivered for places and days, brought to every place of the tree and every period.

Sums over time and places go up the tree as the product's own counts do (`cascade`). What isn't additive is taken in two steps,
over time at each place that reports and then over the places below a node; a median, percentile or number of distinct values that
is asked for in both is taken over all values at once. A blank is not reported: it is in no sum, no average and no count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from huying.analytics.indicators.schema import Aggregation, Over
from huying.analytics.lake.cascade import raise_up
from huying.analytics.lake.layout import EPOCH_DAY, Layout, fill
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.trees import Tree
from huying.kernel.errors import InvalidInput

# Sums are taken in decimals: a sum of binary fractions depends on the order, and two runs wouldn't give the same bits.
DECIMAL = "DECIMAL(38, 9)"
POOLED = {Over.MEDIAN, Over.PERCENTILE, Over.DISTINCT}
Values = npt.NDArray[np.float64]


@dataclass
class Delivered:
    """Values as they came: (line of the file, node, days since 1970, one text a measure; "" is blank)."""

    measures: list[str]
    rows: list[tuple[Any, ...]]


@dataclass
class Rollup:
    """Over a connection of its own. periods: every period of the kind from the first value to the last, without a gap."""

    con: duckdb.DuckDBPyConnection
    tree: Tree
    kind: PeriodKind
    nodes: list[str]
    periods: list[Period] = field(default_factory=list)
    unplaced: list[int] = field(default_factory=list)

    def load(self, delivered: Delivered) -> None:
        """Take the values in. Raises InvalidInput for a number that can't be held exactly."""
        columns = ", ".join(f"m{i} VARCHAR" for i in range(len(delivered.measures)))
        fill(self.con, "raw", f"line BIGINT, node VARCHAR, d INTEGER, {columns}", delivered.rows)
        self.con.execute("CREATE OR REPLACE TABLE location AS SELECT row_number() OVER (ORDER BY node) AS loc, node "
                         "FROM (SELECT DISTINCT node FROM raw)")  # fmt: skip
        numbers = ", ".join(f"try_cast(m{i} AS {DECIMAL}) AS m{i}" for i in range(len(delivered.measures)))
        for i, name in enumerate(delivered.measures):
            bad = self.con.execute(
                f"SELECT line, m{i} FROM raw WHERE m{i} IS NOT NULL AND (try_cast(m{i} AS {DECIMAL}) IS NULL "
                f"OR try_cast(m{i} AS {DECIMAL})::DOUBLE <> m{i}::DOUBLE) ORDER BY line LIMIT 1"
            ).fetchone()
            if bad:
                raise InvalidInput(
                    f"line {bad[0]}, {name}: {bad[1]!r} is too long a number", cure="at most 9 digits after the point"
                )
        self.con.execute(
            f"CREATE OR REPLACE TABLE facts AS SELECT line, loc, d, {numbers} FROM raw JOIN location USING (node)"
        )
        self.layout = Layout(self.con, ["node"], ["d"], ready=frozenset(["d"]))
        self.layout.write(self.tree)
        row = self.con.execute("SELECT min(d), max(d) FROM facts").fetchone() or (None, None)
        if row[0] is not None:
            first, last = (Period.holding(EPOCH_DAY + timedelta(day), self.kind) for day in row)
            self.periods = [first]
            while self.periods[-1] != last:
                self.periods.append(self.periods[-1].next)
        lost = self.con.execute(
            f"SELECT line FROM facts WHERE line NOT IN "
            f"(SELECT line FROM facts {self.layout.join('facts', 'facts.d')}) ORDER BY line"
        ).fetchall()
        self.unplaced = [line for (line,) in lost]
        self.con.execute(
            "CREATE OR REPLACE TABLE above AS WITH RECURSIVE walk AS (SELECT node, epoch, node AS ancestor, parent FROM up "
            "UNION ALL SELECT walk.node, walk.epoch, up.node, up.parent FROM walk JOIN up "
            "ON up.node = walk.parent AND up.epoch = walk.epoch) SELECT node, epoch, ancestor FROM walk"
        )
        numbered = {code: i for i, code in self.con.execute("SELECT id, code FROM node").fetchall()}
        place = {code: i for i, code in enumerate(self.nodes)}
        self._place = np.zeros(max(numbered.values(), default=-1) + 1, dtype=np.intp)
        for code, number in numbered.items():
            self._place[number] = place[code]

    def values(self, asked: Mapping[str, tuple[int, Aggregation]], *, to_date: bool = False) -> dict[str, Values]:
        """Each asked measure (its column and how it is aggregated), as places × periods; NaN where nobody reported.

        to_date: from the first day of the year (of the ISO year, for weeks) to the period's last.
        """
        added = {name: i for name, (i, how) in asked.items() if (how.time, how.tree) == (Over.SUM, Over.SUM)}
        found = self._sums(added)
        if to_date:
            found = {name: self._running(values) for name, values in found.items()}
        windows = self._windows(to_date)
        for name, (i, how) in asked.items():
            if name not in added:
                found[name] = self._stepped(i, how, windows)
        return found

    def reported(self, columns: Iterable[int]) -> Values:
        """How many places below each node reported any of the columns in each period."""
        some = " OR ".join(f"m{i} IS NOT NULL" for i in columns) or "false"
        return self._array(
            f"SELECT above.ancestor AS node, w.p AS period, count(DISTINCT facts.loc)::DOUBLE AS value "
            f"FROM {self._seen(self._windows(False))} WHERE {some} GROUP BY ALL",
            empty=0.0,
        )

    def _windows(self, to_date: bool) -> str:
        name = "windows_to_date" if to_date else "windows"
        rows = []
        for p, period in enumerate(self.periods):
            start = year_start(period) if to_date else period.start
            rows.append((p, (start - EPOCH_DAY).days, (period.end - EPOCH_DAY).days))
        fill(self.con, name, "p INTEGER, first INTEGER, after INTEGER", rows)
        return name

    def _seen(self, windows: str) -> str:
        """SQL: the values with the window they lie in and each node above their place on their day."""
        return (
            f"facts {self.layout.join('facts', 'facts.d')} "
            f"JOIN above ON above.node = place.leaf AND above.epoch = calendar.epoch "
            f"JOIN {windows} AS w ON facts.d >= w.first AND facts.d < w.after"
        )

    def _sums(self, added: Mapping[str, int]) -> dict[str, Values]:
        if not added:
            return {}
        columns = [f"m{i}" for i in dict.fromkeys(added.values())]
        sums = ", ".join(f"sum({column})::{DECIMAL} AS {column}" for column in columns)
        base = (
            f"SELECT place.leaf AS node, calendar.epoch AS epoch, calendar.{self.kind} AS period, {sums} "
            f"FROM facts {self.layout.join('facts', 'facts.d')} GROUP BY ALL"
        )
        raise_up(self.con, self.layout, {"base": base}, columns, DECIMAL, "summed")
        number = {key: i for i, key in self.con.execute("SELECT id, key FROM period").fetchall()}
        fill(
            self.con, "kept_periods", "p INTEGER, id INTEGER", ((p, number[x.key]) for p, x in enumerate(self.periods))
        )
        return {
            name: self._array(
                f"SELECT node, p AS period, m{i}::DOUBLE AS value "
                f"FROM summed JOIN kept_periods ON kept_periods.id = summed.period"
            )
            for name, i in added.items()
        }

    def _running(self, values: Values) -> Values:
        """Sums from the year's first period on; a year begins anew. Blank until something is reported."""
        found = np.full_like(values, np.nan)
        for p, period in enumerate(self.periods):
            begun = p > 0 and year_start(self.periods[p - 1]) == year_start(period)
            so_far, now = found[:, p - 1] if begun else np.full(len(values), np.nan), values[:, p]
            found[:, p] = np.where(np.isnan(so_far), now, np.where(np.isnan(now), so_far, so_far + now))
        return found

    def _stepped(self, column: int, how: Aggregation, windows: str) -> Values:
        if how.time is Over.AS_OF_LAST:
            at_places = self._as_of(column, how, windows)
        elif how.time is how.tree and how.time in POOLED:
            pooled = taken(how.tree, f"facts.m{column}", how, "facts.line")
            return self._array(
                f"SELECT above.ancestor AS node, w.p AS period, {pooled} AS value FROM {self._seen(windows)} GROUP BY ALL"
            )
        else:
            one = taken(how.time, f"facts.m{column}", how, "facts.d, facts.line")
            at_places = (
                f"SELECT above.ancestor AS node, w.p AS period, facts.loc AS loc, {one} AS x "
                f"FROM {self._seen(windows)} GROUP BY ALL"
            )
        many = taken(how.tree, "x", how, "loc")
        return self._array(f"SELECT node, period, {many} AS value FROM ({at_places}) GROUP BY ALL")

    def _as_of(self, column: int, how: Aggregation, windows: str) -> str:
        """SQL: each place's latest value up to the window's last day, where the place stands on that day."""
        aged = f"AND w.after - 1 - held.d <= {how.max_age}" if how.max_age else ""
        return (
            f"SELECT above.ancestor AS node, w.p AS period, held.loc AS loc, held.x AS x FROM {windows} AS w "
            f"CROSS JOIN location ASOF JOIN (SELECT loc, d, last(m{column} ORDER BY line) AS x FROM facts "
            f"WHERE m{column} IS NOT NULL GROUP BY ALL) AS held ON held.loc = location.loc AND held.d <= w.after - 1 "
            f"{self.layout.join('held', 'w.after - 1')} "
            f"JOIN above ON above.node = place.leaf AND above.epoch = calendar.epoch WHERE true {aged}"
        )

    def _array(self, sql: str, empty: float = np.nan) -> Values:
        found = np.full((len(self.nodes), len(self.periods)), empty)
        columns = self.con.execute(f"SELECT node, period, value FROM ({sql}) WHERE value IS NOT NULL").fetchnumpy()
        if len(columns["node"]):
            found[self._place[np.asarray(columns["node"])], np.asarray(columns["period"])] = np.asarray(
                columns["value"]
            )
        return found


def taken(over: Over, value: str, how: Aggregation, order: str) -> str:
    """SQL of one aggregation of the column `value`. order: what `last` means, and a fixed order for sums of binary fractions."""
    match over:
        case Over.SUM:
            return f"sum({value}::{DECIMAL})::DOUBLE"
        case Over.AVERAGE:
            return f"(sum({value}::{DECIMAL})::DOUBLE / nullif(count({value}), 0))"
        case Over.COUNT:
            return f"nullif(count({value}), 0)::DOUBLE"
        case Over.DISTINCT:
            return f"nullif(count(DISTINCT {value}), 0)::DOUBLE"
        case Over.MIN | Over.MAX:
            return f"{over}({value})::DOUBLE"
        case Over.MEDIAN:
            return f"median({value}::DOUBLE)"
        case Over.PERCENTILE:
            return f"quantile_cont({value}::DOUBLE, {float(how.percentile or 0) / 100!r})"
        case Over.LAST:
            return f"last({value} ORDER BY {order}) FILTER (WHERE {value} IS NOT NULL)::DOUBLE"
        case Over.LAST_IN_PERIOD:
            return f"last({value} ORDER BY {order})::DOUBLE"
        case Over.AS_OF_LAST:
            raise AssertionError("taken at its places")


def year_start(period: Period) -> Any:
    """The first day of the year the period lies in; for a week, of its ISO year."""
    if period.kind is PeriodKind.WEEK:
        return Period.parse(f"{period.start.isocalendar().year:04}-W01").start
    return period.start.replace(month=1, day=1)


def parents_of(tree: Tree, nodes: Sequence[str], periods: Sequence[Period]) -> npt.NDArray[np.intp]:
    """Places × periods: the index of the parent on the last day the place stands in the period; -1 for a root or none."""
    place = {code: i for i, code in enumerate(nodes)}
    found = np.full((len(nodes), len(periods)), -1, dtype=np.intp)
    for i, code in enumerate(nodes):
        spans = tree.nodes_of(code)
        for p, period in enumerate(periods):
            there = [span for span in spans if span.valid_from < period.end and span.valid_to > period.start]
            if there:
                found[i, p] = place.get(there[-1].parent, -1)
    return found


def standing(tree: Tree, nodes: Sequence[str], periods: Sequence[Period], reporters: set[str]) -> tuple[Values, Values]:
    """Places × periods: whether the place stands on any day of the period, and how many lowest places are below it (or are it).

    A lowest place has no other below it; one that has but reports itself (`reporters`) counts as well.
    """
    place = {code: i for i, code in enumerate(nodes)}
    stands, expected = (np.zeros((len(nodes), len(periods))) for _ in range(2))
    below: dict[int, dict[str, set[str]]] = {}
    starts = tree.epochs()
    for p, period in enumerate(periods):
        epochs = [
            i
            for i, start in enumerate(starts)
            if start < period.end and (i + 1 == len(starts) or starts[i + 1] > period.start)
        ]
        for epoch in epochs:
            if epoch not in below:
                below[epoch] = _below(tree, max(starts[epoch], EPOCH_DAY), reporters)
        for code in {code for epoch in epochs for code in below[epoch]}:
            stands[place[code], p] = 1
            sets = [below[epoch][code] for epoch in epochs if code in below[epoch]]
            expected[place[code], p] = len(sets[0] if len(sets) == 1 else set.union(*sets))
    return stands, expected


def _below(tree: Tree, on: Any, reporters: set[str]) -> dict[str, set[str]]:
    there = {node.code for node in tree.nodes if node.on(on)}
    parents = {node.parent for node in tree.nodes if node.on(on)}
    found: dict[str, set[str]] = {code: set() for code in there}
    for code in there:
        if code not in parents or code in reporters:
            for step in tree.path(code, on):
                found[step.code].add(code)
    return found
