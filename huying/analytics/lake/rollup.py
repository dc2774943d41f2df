"""Measures delivered for places and days, brought to every place of the tree and every period.

An engine reads the facts once into base measures: what each place that reports had in each period. Sums then go up the dated tree
in whole numbers. What isn't additive is taken in two steps, over time at each place and then over the places below a node; a
median, percentile or number of distinct values that is asked for in both is taken over all values at once. A blank is not
reported: it is in no sum, no average and no count.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

import duckdb
import numpy as np
import numpy.typing as npt

from huying.analytics.aggregation import Aggregation, Over
from huying.analytics.engines import Columns, Engine
from huying.analytics.engines.embedded import copied, side_by_side, too_great
from huying.analytics.lake.delivered import Stored, quoted
from huying.analytics.lake.filling import EPOCH_DAY, put
from huying.analytics.lake.measuring import POOLED, base, merged, needs, over_places, pooled, united
from huying.analytics.lake.numbered import Numbered, Spans, split
from huying.analytics.periods import Period, PeriodKind, spanning, year_start

Values = npt.NDArray[np.float64]
Asked = Mapping[str, tuple[int, Aggregation]]


class Facts(Protocol):
    """What measures come from."""

    def days(self) -> tuple[date, date] | None:
        """The first and the last day there is a value of."""

    def said(self, line: int) -> str:
        """A line as people find it."""

    def write(self, con: duckdb.DuckDBPyConnection) -> list[int]:
        """Make `facts` (loc, d, line, m0, …) with the help of `place` (loc, code); the digits of each measure."""


@dataclass
class Rollup:
    """periods: without a gap, from the first value's to the last's unless given. unplaced: lines of facts whose place stood
    nowhere on their day.
    """

    engine: Engine
    spans: Spans
    kind: PeriodKind
    periods: list[Period] = field(default_factory=list)
    unplaced: list[int] = field(default_factory=list)
    # A folder in which the base measures of each file of facts are kept for the next time.
    kept: Path | None = None
    _taken: dict[tuple[int, Aggregation], Values] = field(default_factory=dict)
    _counted: dict[tuple[tuple[int, ...], ...], Values] = field(default_factory=dict)

    @property
    def nodes(self) -> list[str]:
        return self.spans.nodes

    def load(self, facts: Facts, asked: Iterable[tuple[int, Aggregation]] | None = None) -> None:
        """Take the facts in, and make the base measures for all that will be asked (None: for anything).

        Raises InvalidInput for a number that can't be held exactly.
        """
        self.take(facts, asked)
        self.over(self.kind, self.periods or spanning(self.kind, *(facts.days() or (EPOCH_DAY, EPOCH_DAY))))

    def take(self, facts: Facts, asked: Iterable[tuple[int, Aggregation]] | None = None) -> None:
        """Only take the facts in; `over` must follow."""
        con = self.engine.con
        con.execute(
            "CREATE OR REPLACE TABLE place AS SELECT unnest(range(?))::INTEGER AS loc, unnest(string_split(?, chr(10))) AS code",
            [len(self.nodes), "\n".join(self.nodes)],
        )
        self._facts, self._there = facts, False
        if isinstance(facts, Stored) and self.kept is not None:
            self._digits = facts.look(con)
        else:
            self._digits = self._write()
        self._needed = needs(asked) if asked is not None else {i: set(Over) for i in range(len(self._digits))}

    def _write(self) -> list[int]:
        """Have all facts as the table `facts`."""
        made = self._facts.write(self.engine.con)
        self.engine.put("facts")
        self._there = True
        return made

    def over(self, kind: PeriodKind, periods: Sequence[Period]) -> Rollup:
        """Turn to these periods, which have no gap; the facts stay."""
        self.kind, self.periods = kind, list(periods)
        self.numbered = Numbered.of(self.spans, self.periods[0].start, self.periods[-1].last)
        self._taken.clear()
        self._counted.clear()
        self._lay_out()
        if isinstance(self._facts, Stored) and self.kept is not None:
            self._kept_base(self._facts, self.kept)
        else:
            self.engine.make("base", self._base_of("facts"))
        self._read_base(self._needed)
        return self

    def values(self, asked: Asked, *, to_date: bool = False) -> dict[str, Values]:
        """Each asked measure (its column and how it is aggregated), as places × periods; NaN where nobody reported.

        A period's places lie side by side in memory, as all that follows goes period by period.
        to_date: from the first day of the year (of the ISO year, for weeks) to the period's last.
        """
        at = slice(len(self.periods), None) if to_date else slice(len(self.periods))
        return {name: self._both(column, how)[:, at] for name, (column, how) in asked.items()}

    def reported(self, *parts: Iterable[int]) -> Values:
        """How many places below each node reported any of the columns of each part (numerator, denominator) in each period."""
        asked = tuple(sorted({tuple(sorted(set(part))) for part in parts}))
        if asked not in self._counted:
            self._counted[asked] = self._count_reported(asked)
        return self._counted[asked]

    def _count_reported(self, parts: Sequence[Sequence[int]]) -> Values:
        loc, epoch, p = (self._base[name] for name in ("loc", "epoch", "p"))
        each = [np.logical_or.reduce([self._base[f"n{column}"] > 0 for column in part]) for part in parts]
        some = np.logical_or.reduce(each)
        if len(each) > 1:
            # A place that moved within the period may have reported one part before and the other after.
            whole = np.ones((len(self.nodes), len(self.periods)), dtype=np.bool_)
            for one in each:
                there = np.zeros_like(whole)
                there[loc[one], p[one]] = True
                whole &= there
            some &= whole[loc, p]
        if not some.all():
            loc, epoch, p = (column[some] for column in (loc, epoch, p))
        counts = np.zeros((len(self.nodes), len(self.periods)), dtype=np.int64, order="F")
        changed = set(split(self._cells))
        for at in range(len(self.numbered.starts)):
            own = slice(None) if len(self.numbered.starts) == 1 else epoch == at
            counts[loc[own], p[own]] = 1
            self.numbered.raise_up(counts, at, (q for q, e in self._cells if e == at and q not in changed))
        found = counts.astype(np.float64)
        for q in changed:
            found[:, q] = self.numbered.distinct({e: loc[(p == q) & (epoch == e)] for r, e in self._cells if r == q})
        return found

    def reporters(self) -> npt.NDArray[np.int32]:
        """The numbers of the places that have any row of facts on a day they stand, in these periods or others."""
        if isinstance(self._facts, Stored) and self.kept is not None:
            there = self.bases(self._facts, self.kept)
            held = self._facts.overlapping(self.periods[0].start)
            others = ", ".join(f"'{quoted(file)}'" for i, file in enumerate(there) if i not in held)
            if others:
                read = self.engine.con.execute(f"SELECT DISTINCT loc FROM read_parquet([{others}])").fetchnumpy()["loc"]
                return distinct(np.concatenate((self._reporters, read)), len(self.nodes))
        return self._reporters

    def _base_of(self, facts: str) -> str:
        return f"SELECT loc, epoch, p, {self._states} FROM {facts} JOIN days ON days.day = {facts}.d GROUP BY loc, epoch, p"

    @property
    def _states(self) -> str:
        return ", ".join(f"{sql} AS {name}" for name, sql in base(self._needed).items())

    def _base_of_file(self, facts: Stored, part: int) -> str:
        """The same of one file: places are looked up once its rows are summed, and no day where all lie in one period."""
        first, last = facts.span(part)
        held = {(p, e) for p, e in self._cells if self._within(p, e, first, last)}
        read = f"({facts.rows_of(part)}) AS read"
        rows, at = f"{read} JOIN days ON days.day = read.d GROUP BY node, epoch, p", "epoch, p"
        if len(held) == 1:
            ((p, epoch),) = held
            rows, at = f"{read} WHERE d IS NOT NULL GROUP BY node", f"{epoch} AS epoch, {p} AS p"
        return (
            f"SELECT place.loc AS loc, made.* EXCLUDE (node) FROM (SELECT node, {at}, {self._states} FROM {rows}) AS made "
            f"JOIN place ON place.code = made.node"
        )

    def _within(self, p: int, epoch: int, first: date, last: date) -> bool:
        """Whether the period has a day in that epoch from `first` to `last`."""
        start = max(self.periods[p].start, self.numbered.starts[epoch] if epoch else date.min, first)
        ends = [*self.numbered.starts[1:], date.max]
        return start < min(self.periods[p].end, ends[epoch]) and start <= last

    def bases(self, facts: Stored, folder: Path) -> list[Path]:
        """Where the base measures of each file of facts are kept, or will be: by all that their numbers depend on."""
        said = (self.spans.digest, self.kind, sorted(base(self._needed)), self._digits)
        alike = hashlib.sha256(repr(said).encode()).hexdigest()
        keys = (f"{alike} {facts.first_line(i)} {facts.known_by(i)}" for i in range(len(facts.files)))
        return [folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.parquet" for key in keys]

    def _kept_base(self, facts: Stored, folder: Path) -> None:
        """Make `base` from what is kept of each file of facts, reading only the files that are new or changed."""
        con = self.engine.con
        folder.mkdir(parents=True, exist_ok=True)
        there = self.bases(facts, folder)
        with side_by_side(con) as pool:
            made = [pool.submit(self._keep, facts, i, file) for i, file in enumerate(there) if not file.exists()]
            for one in made:
                one.result()
        listed = ", ".join(f"'{quoted(there[i])}'" for i in facts.overlapping(self.periods[0].start))
        whole = (
            f"SELECT kept.* EXCLUDE (epoch, day), epoch - {self.numbered.before} AS epoch, starts.p AS p "
            f"FROM read_parquet([{listed}]) AS kept JOIN starts USING (day)"
        )
        if not facts.apart(self.kind):
            states = ", ".join(f"{united(name)} AS {name}" for name in base(self._needed))
            whole = f"SELECT loc, epoch, p, {states} FROM ({whole}) GROUP BY loc, epoch, p"
        # What is summed alone is read once, below; whatever else is asked of it would read the files again and again.
        once = all(set(over) <= {Over.SUM} for over in self._needed.values())
        con.execute(f"CREATE OR REPLACE {'VIEW' if once else 'TABLE'} base AS {whole}")
        for old in folder.glob("*.parquet"):
            if old not in there:
                old.unlink()

    def _keep(self, facts: Stored, part: int, file: Path) -> None:
        partial = file.with_name(f".{file.stem}.{os.getpid()}")
        try:
            with self.engine.con.cursor() as con:
                # By the numbers that hold for any stretch of time: the tree's epochs, and the first day of each period.
                copied(
                    con,
                    f"SELECT base.* EXCLUDE (epoch, p), epoch + {self.numbered.before} AS epoch, starts.day AS day "
                    f"FROM ({self._base_of_file(facts, part)}) AS base JOIN starts USING (p)",
                    partial,
                )
                taken = con.execute(f"SELECT sum(rows) FROM read_parquet('{quoted(partial)}')").fetchone() or (0,)
                facts.complain(con, int(taken[0] or 0), part)
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)

    def _lay_out(self) -> None:
        """The tables that every question joins: days, spans (a window's periods), ends (its last day), above."""
        con, numbered = self.engine.con, self.numbered
        bounds = [*((start - EPOCH_DAY).days for start in numbered.starts), 1 << 30]
        firsts = [(period.start - EPOCH_DAY).days for period in self.periods]
        day = np.arange(firsts[0], (self.periods[-1].end - EPOCH_DAY).days, dtype=np.int32)
        epoch = np.maximum(np.searchsorted(bounds, day, side="right") - 1, 0).astype(np.int32)
        p = (np.searchsorted(firsts, day, side="right") - 1).astype(np.int32)
        put(con, "days", day=day, epoch=epoch, p=p)
        put(con, "starts", p=np.arange(len(firsts), dtype=np.int32), day=np.array(firsts, dtype=np.int32))
        self._cells = numbered.cells(self.periods)
        last = np.array([(period.end - EPOCH_DAY).days - 1 for period in self.periods], dtype=np.int32)
        put(con, "ends", w=np.arange(len(last), dtype=np.int32), day=last, epoch=epoch[last - firsts[0]])
        years = [year_start(period) for period in self.periods]
        begins = [years.index(year) for year in years]
        # A window is a period, or from the year's first period to it: those are numbered after all periods.
        spans = [(w, w) for w in range(len(years))]
        spans += [(p, len(years) + w) for w, begin in enumerate(begins) for p in range(begin, w + 1)]
        put(con, "spans", p=np.array(spans, dtype=np.int32)[:, 0], w=np.array(spans, dtype=np.int32)[:, 1])
        self._above_there = False
        for table in ("days", "ends", "spans"):
            self.engine.put(table)

    def _above(self) -> str:
        """The table of each place with all above it in each epoch: asked for only by what isn't additive."""
        if not self._above_there:
            pairs = [self.numbered.above(epoch, self._reporters) for epoch in range(len(self.numbered.starts))]
            epochs = np.repeat(np.arange(len(pairs), dtype=np.int32), [len(pair[0]) for pair in pairs])
            node, over = (np.concatenate([pair[i] for pair in pairs]) for i in (0, 1))
            put(self.engine.con, "above", loc=node, epoch=epochs, node=over)
            self.engine.put("above")
            self._above_there = True
        return "above"

    def _read_base(self, columns: Mapping[int, Iterable[Over]]) -> None:
        sums = [name for column, over in columns.items() for name in (f"n{column}", f"s{column}")
                if name[0] == "n" or {Over.SUM, Over.AVERAGE} & set(over)]  # fmt: skip
        listed = ", ".join(["loc", "epoch", "p", "rows", *(f"coalesce({name}, 0) AS {name}" for name in sums)])
        self._base: Columns = self.engine.read(f"SELECT {listed} FROM base")
        if isinstance(self._facts, Stored) and self.kept is None:
            self._facts.complain(self.engine.con, int(self._base["rows"].sum()))
        stands = self.numbered.parents[self._base["epoch"], self._base["loc"]] >= -1
        if not stands.all():
            if not self._there:
                self._write()
            lost = {name: column[~stands] for name, column in self._base.items()}
            put(self.engine.con, "lost", loc=lost["loc"], epoch=lost["epoch"], p=lost["p"])
            self.unplaced = sorted(
                int(line)
                for (line,) in self.engine.con.execute(
                    "SELECT line FROM facts JOIN days ON days.day = facts.d JOIN lost USING (loc, epoch, p)"
                ).fetchall()
            )
            self._base = {name: column[stands] for name, column in self._base.items()}
        cells = np.full((len(self.periods), len(self.numbered.starts)), -1, dtype=np.int64)
        for i, cell in enumerate(self._cells):
            cells[cell] = i
        # Where each row's numbers stand in arrays of cells × places.
        self._at = cells[self._base["p"], self._base["epoch"]] * len(self.nodes) + self._base["loc"]
        self._reporters = distinct(self._base["loc"], len(self.nodes))

    def _both(self, column: int, how: Aggregation) -> Values:
        """The values in each period, and beside them those from the year's first day to each period's last."""
        if (column, how) not in self._taken:
            if (how.time, how.tree) == (Over.SUM, Over.SUM):
                found = np.empty((len(self.nodes), 2 * len(self.periods)), order="F")
                now, so_far = np.hsplit(found, 2)
                self._summed(column, now)
                running(now, self.periods, so_far)
                if self._digits[column]:
                    found /= 10 ** self._digits[column]
            elif how.time is Over.AS_OF_LAST:
                found = self._array(self._over(self._as_of(column, how), how, self._digits[column]))
                found[:, len(self.periods) :] = found[:, : len(self.periods)]
            else:
                found = self._array(self._stepped(column, how))
            self._taken[column, how] = found
        return self._taken[column, how]

    def _stepped(self, column: int, how: Aggregation) -> str:
        """SQL: first over time, then over places; or both at once."""
        above, digits = self._above(), self._digits[column]
        if how.time not in POOLED:
            one, kept = merged(column, how, digits)
            at_places = (
                f"SELECT {above}.node AS node, spans.w AS w, base.loc AS loc, {one} AS x FROM base "
                f"JOIN spans ON spans.p = base.p JOIN {above} ON {above}.loc = base.loc AND {above}.epoch = base.epoch "
                f"GROUP BY {above}.node, spans.w, base.loc"
            )
            return self._over(at_places, how, kept)
        if not self._there:
            self._write()
        seen = (
            f"FROM facts JOIN days ON days.day = facts.d JOIN spans ON spans.p = days.p "
            f"JOIN {above} ON {above}.loc = facts.loc AND {above}.epoch = days.epoch WHERE facts.m{column} IS NOT NULL "
            f"GROUP BY {above}.node, spans.w"
        )
        value, kept = pooled(self.engine, f"facts.m{column}", how.time, how, digits)
        if how.time is how.tree:
            return f"SELECT {above}.node AS node, spans.w AS w, CAST({value} AS DOUBLE) AS value {seen}"
        at_places = f"SELECT {above}.node AS node, spans.w AS w, facts.loc AS loc, {value} AS x {seen}, facts.loc"
        return self._over(at_places, how, kept)

    def _over(self, at_places: str, how: Aggregation, digits: int | None) -> str:
        many = over_places(self.engine, how, digits)
        return f"SELECT node, w, {many} AS value FROM ({at_places}) AS at_places GROUP BY node, w"

    def _as_of(self, column: int, how: Aggregation) -> str:
        """SQL: each place's latest value up to the window's last day, where the place stands on that day."""
        above = self._above()
        aged = f"AND held.moment >= CAST(ends.day - {how.max_age} AS BIGINT) * {1 << 40}" if how.max_age else ""
        return (
            f"SELECT above.node AS node, ends.w AS w, held.loc AS loc, held.x AS x FROM ("
            f"SELECT loc, p, x, moment, lead(p, 1, {len(self.periods)}) OVER (PARTITION BY loc ORDER BY p) AS until FROM ("
            f"SELECT base.loc AS loc, p, max_by(last{column}, at{column}) AS x, max(at{column}) AS moment FROM base "
            # What was said on a day the place didn't stand is in no value.
            f"JOIN {above} AS own ON own.loc = base.loc AND own.epoch = base.epoch AND own.node = base.loc "
            f"WHERE at{column} IS NOT NULL GROUP BY base.loc, p) AS latest) AS held "
            f"JOIN ends ON ends.w >= held.p AND ends.w < held.until {aged} "
            f"JOIN {above} ON above.loc = held.loc AND above.epoch = ends.epoch"
        )

    def _summed(self, column: int, out: Values) -> None:
        """Sums in units into `out`, places × periods."""
        base, shape = self._base, (len(self._cells), len(self.nodes))
        units, counts = (np.zeros(shape, dtype=np.int64) for _ in range(2))
        units.reshape(-1)[self._at], counts.reshape(-1)[self._at] = base[f"s{column}"], base[f"n{column}"]
        if float(np.abs(base[f"s{column}"].astype(np.float64)).sum()) >= 2.0**63:
            raise too_great(f"measure {column + 1}")
        for i, (_p, epoch) in enumerate(self._cells):
            for whole in (units, counts):
                self.numbered.raise_up(whole.T, epoch, [i])
        starts = np.unique([p for p, _epoch in self._cells], return_index=True)[1]
        if len(starts) != len(self._cells):
            units, counts = (np.add.reduceat(whole, starts, axis=0) for whole in (units, counts))
        out[:] = units.T
        out[counts.T == 0] = np.nan

    def _array(self, sql: str) -> Values:
        found = np.full((len(self.nodes), 2 * len(self.periods)), np.nan, order="F")
        columns = self.engine.read(f"SELECT node, w, value FROM ({sql}) AS taken WHERE value IS NOT NULL")
        found[columns["node"], columns["w"]] = columns["value"]
        return found


def distinct(places: npt.NDArray[np.integer], count: int) -> npt.NDArray[np.int32]:
    """Which numbers below `count` are among them, in order: without the sorting or hashing of np.unique."""
    there = np.zeros(count, dtype=bool)
    there[places] = True
    return np.flatnonzero(there).astype(np.int32)


def running(values: Values, periods: Sequence[Period], out: Values | None = None) -> Values:
    """Sums from the year's first period on; a year begins anew. Blank until something is reported. out: where to write them."""
    found = np.empty_like(values) if out is None else out
    for p, period in enumerate(periods):
        begun = p > 0 and year_start(periods[p - 1]) == year_start(period)
        so_far, now = found[:, p - 1] if begun else np.full(len(values), np.nan), values[:, p]
        found[:, p] = np.where(np.isnan(so_far), now, np.where(np.isnan(now), so_far, so_far + now))
    return found
