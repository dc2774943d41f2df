"""A place of made-up counts and deliveries: `define`, `count`, `deliver`, then `build` and look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from huying.analytics import definitions, sources
from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.published import Publisher, State
from huying.analytics.sources import Delivered, Title
from huying.analytics.tests.made import nodes
from huying.analytics.trees import Tree
from huying.analytics.values import building, defining, store
from huying.kernel import clock
from huying.kernel.actors import Actor
from huying.kernel.clock import ZONE
from huying.kernel.words import Words, words


@dataclass
class Feed:
    """Departments' deliveries in memory, each version kept."""

    kind: sources.Kind = "dataset"
    versions: list[tuple[str, Delivered]] = field(default_factory=list)

    def names(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for name, row in self.versions:
            found[name] = found.get(name, frozenset()) | frozenset(row.values)
        return found

    def titles(self) -> dict[str, Title]:
        return {name: Title(f"{name}表", f"table {name}") for name in self.names()}

    def measures(self) -> dict[str, dict[str, Words]]:
        return {
            name: {one: words(f"{one}数", f"number of {one}") for one in held} for name, held in self.names().items()
        }

    def rows(self, name: str, since: datetime | None = None, upto: datetime | None = None) -> Iterator[Delivered]:
        newest: dict[tuple[str, date], Delivered] = {}
        for own, row in self.versions:
            if own == name and (upto is None or row.at <= upto):
                held = newest.get((row.node, row.day))
                if held is None or held.at < row.at:
                    newest[row.node, row.day] = row
        yield from (row for _key, row in sorted(newest.items()) if since is None or row.at > since)


@dataclass
class Place:
    """now: when it stands; each `build` publishes the counts as they are then."""

    home: Path
    tree: Tree = field(default_factory=lambda: Tree(nodes()))
    now: datetime = datetime(2026, 11, 20, 10, tzinfo=ZONE)
    cells: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    feed: Feed = field(default_factory=Feed)
    first_day: date = date(2024, 1, 1)
    generation: int = 0
    published: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)

    def define(self, *rows: dict, on: date | None = None) -> None:
        made = [IndicatorRow.model_validate({"name": {"zh": "率", "en": "rate"}, **row}) for row in rows]
        at = datetime(on.year, on.month, on.day, 9, tzinfo=ZONE) if on else self.now
        with clock.use(clock.FixedClock(at)):
            defining.install(made, Actor.system("pack"))

    def count(self, node: str, period: str, **counts: int) -> None:
        """Sets the counts of the place itself; nothing is added up here."""
        self.cells.setdefault((node, period), {}).update(counts)

    def deliver(
        self, name: str, node: str, day: date, *, at: datetime | None = None, n: int | None = None, **values
    ) -> None:
        self.feed.versions.append((name, Delivered(node, day, values, n, at or self.now - timedelta(hours=1))))

    def publish(self) -> None:
        """The counts as published cells: the whole set first, then what differs is added, as the lake does."""
        rules = definitions.shipped()
        first = self.generation == 0
        self.generation += 1
        state = State(
            self.now, self.generation, rules.digest, self.tree.digest, self.first_day, 1, 0, False, self.first_day
        )
        self.home.mkdir(parents=True, exist_ok=True)
        publisher = Publisher(self.home, list(rules.measures))
        if first:
            publisher.rebuild(state, self.tree.nodes, lambda path: None)
        deltas = []
        for key in self.cells.keys() | self.published.keys():
            now, then = self.cells.get(key, {}), self.published.get(key, {})
            differs = [now.get(name, 0) - then.get(name, 0) for name in publisher.measures]
            if any(differs):
                deltas.append((*key, *differs))
        publisher.add(state, publisher.measures, deltas, [], [])
        self.published = {key: dict(cell) for key, cell in self.cells.items()}

    def build(self, *, publish: bool = True, full: bool = False) -> building.Built:
        with clock.use(clock.FixedClock(self.now)):
            if publish:
                self.publish()
            return building.refresh(self.home, self.tree, full=full)

    def later(self, **step: float) -> None:
        self.now += timedelta(**step)

    def stored(self) -> dict[tuple[str, str, str], dict[str, float | None]]:
        """Everything that is stored of values."""
        with store.opened(self.home) as kept:
            assert kept is not None
            names = [row[1] for row in kept.con.execute("PRAGMA table_info(value)")]
            rows = [dict(zip(names, row, strict=True)) for row in kept.con.execute("SELECT * FROM value")]
        return {(row["indicator"], row["node"], row["period"]): row for row in rows}

    def told(self) -> list[store.Later]:
        with store.opened(self.home) as kept:
            assert kept is not None
            return kept.later()


__all__ = ["Feed", "Place", "replace"]
