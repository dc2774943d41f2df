"""The values of all defined indicators, from published cells and deliveries, by the code that rolls up plain files.

Runs in the process that refreshes the figures, after the cells are published. What is evaluated anew: the places that a changed
record or delivery lies in (the path up the tree), over all periods, as a period is compared with others; everything, when a
definition, the tree, or the span of periods changed. What is written: the rows that differ.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

from huying.analytics import published
from huying.analytics.indicators.judging import Company, placed
from huying.analytics.indicators.schema import LEVELS, IndicatorRow
from huying.analytics.lake.numbered import Spans, Standing
from huying.analytics.periods import FIRST_DAY, LAST_DAY, PeriodKind
from huying.analytics.published import Published
from huying.analytics.trees import Tree
from huying.analytics.values import due, late, listing, store
from huying.analytics.values.daily import Daily
from huying.analytics.values.evaluating import Feed, Measured, evaluate, stored, why_not
from huying.analytics.values.inputs import Axis, Change, Deliveries, periods_between
from huying.analytics.values.listing import Version
from huying.analytics.values.store import FIGURES, RANKS, Row, State, Store
from huying.kernel import clock


@dataclass(frozen=True)
class Built:
    """way: "full", "path" (only what changed and the places above it), "nothing". written: rows that differ from before."""

    way: str
    written: int
    seconds: float
    problems: Mapping[str, str] = field(default_factory=dict)


@listing.asked_once()
def refresh(home: Path, tree: Tree, *, full: bool = False) -> Built:
    """Bring the values up to the published cells and the deliveries. Hold the lake's lock meanwhile (refreshing.locked).

    Raises Unavailable before the first refresh of the cells.
    """
    began = time.monotonic()
    held = None if full else store.state(home)
    said, peers = listing.versions(), listing.groups()
    started = clock.now()
    with published.opened(home) as figures:
        build = _Build(home, figures, tree, said, peers, Deliveries.read(due.delivering(said), held, started), held)
        if build.nothing:
            return Built("nothing", 0, time.monotonic() - began, build.problems)
        seen = {f"{kind}:{name}": (started - due.OVERLAP).isoformat() for kind, name in build.deliveries.rows}
        try:
            with store.rewritten(home, anew=held is None) as kept:
                if held is None:
                    late.copy(kept, home)
                written = build.write(kept, seen, started)
                late.keep(kept, figures.state.watermark.isoformat())
        finally:
            build.close()
    return Built("full" if build.change.all else "path", written, time.monotonic() - began, build.problems)


@contextmanager
def rebuilt(
    home: Path, figures: Published, tree: Tree, deliveries: Deliveries, places: Set[str], kinds: Set[PeriodKind]
) -> Iterator[Store]:
    """The values of these places alone in the empty folder `home`, of these kinds of period: from counts and deliveries as they
    were kept, by the definitions that stand in for the place's own."""
    build = _Build(home, figures, tree, listing.versions(), listing.groups(), deliveries, None, places, kinds)
    try:
        with store.rewritten(home, anew=True) as kept:
            build.write(kept, {}, figures.state.watermark)
    finally:
        build.close()
    with store.opened(home) as kept_:
        assert kept_ is not None
        yield kept_


class _Build:
    def __init__(
        self,
        home: Path,
        figures: Published,
        tree: Tree,
        said: dict[str, list[Version]],
        peers: dict[str, tuple[str, ...]],
        deliveries: Deliveries,
        held: State | None,
        only: Set[str] | None = None,
        of: Set[PeriodKind] = frozenset(PeriodKind),
    ) -> None:
        """only: the places looked at; None for all. of: the kinds of period."""
        self.figures, self.tree, self.said, self.deliveries, self.held = figures, tree, said, deliveries, held
        self.only = only
        self.digest = listing.digest(said, peers)
        self.problems = {code: why for code, rows in said.items() if (why := why_not(rows[-1].row))}
        self.nodes = sorted({node.code for node in tree.nodes})
        self.place = {code: i for i, code in enumerate(self.nodes)}
        levels = {node.code: node.level.column for node in tree.nodes}
        self.levels = [levels[code] for code in self.nodes]
        self.peers = {code: np.isin(self.nodes, places) for code, places in peers.items()}
        kinds = [
            kind
            for kind in PeriodKind
            if kind in of and any(kind in v.row.periods for rows in said.values() for v in rows)
        ]
        standing = Standing(Spans.of(tree, self.nodes))
        span = self._span()
        self.axes = {
            kind: Axis(kind, periods_between(kind, *span), tree, self.nodes, standing) for kind in kinds if span
        }
        daily = {
            name
            for code, rows in said.items()
            if code not in self.problems
            for v in rows
            for name in listing.daily_of(v.row)
        }
        self.daily = Daily(home, tree, figures.state, sorted(daily)) if daily else None
        self.change = self._change()
        self.feeds = {
            source: Feed(tree, delivered, source[0] == "survey") for source, delivered in deliveries.rows.items()
        }

    def _span(self) -> tuple[date, date] | None:
        """From the first day anything is known of until the last."""
        state = self.figures.state
        days = list(self.deliveries.span() or ())
        if state.first_day is not None:
            days += [state.first_day, state.watermark.date()]
        if not days:
            return None
        return max(min(days), FIRST_DAY), min(max(days), LAST_DAY - timedelta(1))

    def _change(self) -> Change:
        held, state = self.held, self.figures.state
        if held is None:
            return Change(True, set(), {}, False)
        fresh = {source: self._paths(nodes) for source, nodes in self.deliveries.fresh.items() if nodes}
        touched = self.figures.touched(held.generation)
        whole = (
            touched is None
            or held.definitions != self.digest
            or (held.counted, held.tree) != (state.digest, state.tree_digest)
            # Each day that passes without records is one more zero.
            or (self.daily is not None and held.watermark.date() != state.watermark.date())
            # So is each day before the first record, or no longer.
            or held.first_day != str(state.first_day or "")
            or held.axes != {kind.value: axis.ends for kind, axis in self.axes.items()}
        )
        return Change(whole, touched or set(), fresh, held.tree != state.tree_digest)

    def _paths(self, nodes: Iterable[str]) -> set[str]:
        """The places and all that ever stood above them."""
        found: set[str] = set()
        wanted = list(nodes)
        while wanted:
            code = wanted.pop()
            if code and code not in found:
                found.add(code)
                wanted.extend(span.parent for span in self.tree.nodes_of(code))
        return found

    @property
    def nothing(self) -> bool:
        change, held = self.change, self.held
        return held is not None and not change.all and not change.records and not any(change.deliveries.values())

    def close(self) -> None:
        for feed in self.feeds.values():
            feed.close()
        if self.daily is not None:
            self.daily.close()

    def write(self, kept: Store, seen: dict[str, str], read: datetime) -> int:
        state = self.figures.state
        written = 0
        gone = [code for code in (self.held.indicators if self.held else []) if code not in self.said]
        for code in gone:
            kept.con.execute("DELETE FROM value WHERE indicator = ?", [code])
        for axis in self.axes.values():
            data = self._measured(axis)
            for code, rows in sorted(self.said.items()):
                if code not in self.problems:
                    written += self._one(kept, axis, code, rows, data)
        if held := self.held:
            for kind in set(held.axes) - {kind.value for kind in self.axes}:
                kept.con.execute("DELETE FROM value WHERE kind = ?", [kind])
        for code in self.problems:
            kept.con.execute("DELETE FROM value WHERE indicator = ?", [code])
        now = State(
            watermark=state.watermark,
            layout=store.LAYOUT,
            generation=state.generation,
            counted=state.digest,
            tree=state.tree_digest,
            definitions=self.digest,
            indicators=sorted(self.said),
            seen=seen,
            read=read.isoformat(),
            deliveries=self.deliveries.digests,
            axes={kind.value: axis.ends for kind, axis in self.axes.items()},
            problems=dict(self.problems),
            first_day=str(state.first_day or ""),
        )
        kept.con.execute("DELETE FROM state")
        kept.con.execute("INSERT INTO state VALUES (?)", [now.dump()])
        return written

    # One indicator, one kind of period

    def _one(self, kept: Store, axis: Axis, code: str, rows: list[Version], data: Measured) -> int:
        """Evaluate, and write what differs. Returns how many rows did."""
        holding = [listing.in_force(rows, period.last) for period in axis.periods]
        concerned = self._concerned(rows)
        if concerned is not None and not concerned:
            return 0
        fresh: dict[tuple[str, str], tuple[Row, int]] = {}
        for version in dict.fromkeys(v for v in holding if v is not None and axis.kind in v.row.periods):
            columns = [p for p, held in enumerate(holding) if held is version]
            scope = self._scope(version.row, axis, concerned)
            made = evaluate(
                data,
                version.row,
                scope,
                axis.parents,
                self.levels,
                self.peers.get(version.row.peers),
                empty=concerned is None,
            )
            fresh.update(stored(made, axis, version, columns))
        old = self._old(kept, code, axis.kind, concerned)
        changed = {key for key in fresh.keys() | old.keys() if fresh.get(key) != old.get(key)}
        if not changed:
            return 0
        names = ", ".join("?" for _ in (*store.KEY, *FIGURES, *RANKS, "version"))
        blank = (None,) * len(RANKS)
        kept.con.executemany(
            "DELETE FROM value WHERE indicator = ? AND period = ? AND node = ?",
            [(code, period, node) for node, period in changed],
        )
        kept.con.executemany(
            f"INSERT INTO value VALUES ({names})",
            [
                (code, axis.kind.value, period, node, *fresh[node, period][0], *blank, fresh[node, period][1])
                for node, period in sorted(changed, key=lambda key: key[::-1])
                if (node, period) in fresh
            ],
        )
        self._note_later(kept, code, axis, old, fresh, changed)
        self._rank(kept, code, axis, holding, {period for _node, period in changed})
        return len(changed)

    def _measured(self, axis: Axis) -> Measured:
        rows = [v.row for said in self.said.values() for v in said if axis.kind in v.row.periods]
        asked = [(name, source) for row in rows for name, source in listing.measures_of(row).items()]
        names = sorted({name for name, (kind, _name) in asked if kind == "facts"})
        nodes: Set[str] | None = self.only
        if not self.change.all and not any(_drawn(row) for row in rows):
            nodes = self.change.records.union(*self.change.deliveries.values())
        return Measured(self.figures, axis, names, nodes, self.feeds, self.daily)

    def _concerned(self, rows: list[Version]) -> set[str] | None:
        """The places whose values may differ; None for all."""
        if self.change.all:
            return None
        moved = self._moved(rows)
        return None if moved and any(_drawn(version.row) for version in rows) else moved

    def _moved(self, rows: list[Version]) -> set[str]:
        named = {source for version in rows for source in listing.measures_of(version.row).values()}
        found = set(self.change.records) if ("facts", listing.FACTS) in named else set()
        if any(listing.daily_of(version.row) for version in rows):
            # A record that moved within a place changes none of its counts, but may change their middle or their greatest.
            found = self._paths(found)
        for source in named:
            found |= self.change.deliveries.get(source, set())
        return found

    def _scope(self, row: IndicatorRow, axis: Axis, concerned: set[str] | None) -> list[int]:
        """The places to evaluate, by number. The last level that has days of its own is the township."""
        deepest = min(LEVELS.index(row.level), LEVELS.index("township") if axis.kind is PeriodKind.DAY else 9)
        return [
            i
            for i, code in enumerate(self.nodes)
            if LEVELS.index(self.levels[i]) <= deepest
            and (concerned is None or code in concerned)
            and (self.only is None or code in self.only)
        ]

    def _old(
        self, kept: Store, code: str, kind: PeriodKind, concerned: set[str] | None
    ) -> dict[tuple[str, str], tuple[Row, int]]:
        if self.held is None:
            return {}
        listed = ", ".join(FIGURES)
        rows = kept.con.execute(
            f"SELECT node, period, {listed}, version FROM value WHERE indicator = ? AND kind = ?", [code, kind.value]
        )
        return {
            (row[0], row[1]): (tuple(row[2:-1]), row[-1]) for row in rows if concerned is None or row[0] in concerned
        }

    def _note_later(
        self,
        kept: Store,
        code: str,
        axis: Axis,
        old: Mapping[tuple[str, str], tuple[Row, int]],
        fresh: Mapping[tuple[str, str], tuple[Row, int]],
        changed: set[tuple[str, str]],
    ) -> None:
        """Values of periods that were over when they were last computed."""
        held = self.held
        if held is None or code not in held.indicators:
            return
        over = {period.key for period in axis.periods if period.end <= held.watermark.date()}
        at = self.figures.state.watermark.isoformat()
        noted = []
        for node, period in changed:
            if period not in over or not node:
                continue
            before, after = old.get((node, period)), fresh.get((node, period))
            values = [said[0][0] if said else None for said in (before, after)]
            if values[0] != values[1]:
                noted.append((code, node, period, *values, at, at, 1, self._why(code, node, before, after)))
        kept.con.executemany(
            f"INSERT INTO later VALUES ({', '.join('?' * 9)}) ON CONFLICT (indicator, node, period) DO UPDATE SET "
            "after = excluded.after, last_at = excluded.last_at, times = times + 1, why = excluded.why",
            noted,
        )

    def _why(self, code: str, node: str, before: tuple[Row, int] | None, after: tuple[Row, int] | None) -> str:
        """definition:VERSION, dataset:NAME or survey:NAME, tree, records."""
        if after and (before is None or before[1] != after[1]) and self.held and self.held.definitions != self.digest:
            return f"definition:{after[1]}"
        for version in self.said[code]:
            for source in listing.measures_of(version.row).values():
                if node in self.change.deliveries.get(source, set()):
                    return ":".join(source)
        if node in self.change.records or not self.change.tree:
            return "records"
        return "tree"

    def _rank(self, kept: Store, code: str, axis: Axis, holding: Sequence[Version | None], periods: set[str]) -> None:
        """Rank anew in the periods in which any value changed."""
        at = {period.key: p for p, period in enumerate(axis.periods)}
        columns = sorted(at[key] for key in periods)
        counted = np.full((len(self.nodes), len(axis.periods)), np.nan)
        marks = ", ".join("?" for _ in columns)
        rows = kept.con.execute(
            f"SELECT node, period, counted FROM value WHERE indicator = ? AND period IN ({marks}) "
            "AND counted IS NOT NULL AND node <> ''",
            [code, *(axis.periods[p].key for p in columns)],
        ).fetchall()
        for node, period, value in rows:
            counted[self.place[node], at[period]] = value
        for version in dict.fromkeys(v for v in holding if v is not None):
            own = [p for p in columns if holding[p] is version]
            if version.row.direction == "none" or not own:
                continue
            company = Company(
                self.levels, axis.parents[:, own], axis.stands[:, own] > 0, self.peers.get(version.row.peers)
            )
            ranked = placed(version.row, counted[:, own], company)
            arrays = [part for pair in (ranked.level, ranked.siblings, ranked.peers) for part in pair]
            sets = ", ".join(f"{name} = ?" for name in RANKS)
            kept.con.executemany(
                f"UPDATE value SET {sets} WHERE indicator = ? AND period = ? AND node = ?",
                [
                    (*(_plain(array[i, c]) for array in arrays), code, axis.periods[p].key, self.nodes[i])
                    for c, p in enumerate(own)
                    for i in np.flatnonzero(~np.isnan(counted[:, p]))
                ],
            )


def _drawn(row: IndicatorRow) -> bool:
    """Drawn toward others, or scored by the least and greatest of all: when one place moves, others may."""
    return bool(row.smoothing or (row.goalposts and row.goalposts.base_year))


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


__all__ = ["Built", "rebuilt", "refresh"]
