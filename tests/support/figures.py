"""Published figures: made by hand, so many of so many in a month at a place; or counted from a made-up town, once in a run.
What reads figures can't tell the difference."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from huying.analytics import definitions, published, trees
from huying.analytics.published import Publisher, State
from huying.kernel.clock import ZONE


@dataclass
class Figures:
    """`month("331102000000", "2026-09", closed_in_time=(10, 20))`, then `publish(day)`: the figures stand at that morning."""

    home: Path
    cells: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    first_day: date = date(2024, 1, 1)

    def month(self, place: str, period: str, **shares: tuple[int, int]) -> None:
        cell = self.cells.setdefault((place, period), {})
        for indicator, (n, d) in shares.items():
            cell[f"{indicator}__n"], cell[f"{indicator}__d"] = n, d

    def days(self, place: str, last: date, counts: Iterable[int]) -> None:
        """Numbers of matters day by day up to `last`."""
        listed = list(counts)
        for back, n in enumerate(reversed(listed)):
            self.cells[place, (last - timedelta(back)).isoformat()] = {"volume__n": n}
        self.first_day = max(self.first_day, last - timedelta(len(listed) - 1))

    def publish(self, on: date) -> None:
        tree, rules = trees.load(), definitions.shipped()
        at = datetime(on.year, on.month, on.day, 4, tzinfo=ZONE)
        state = State(at, 1, rules.digest, tree.digest, self.first_day, 1, 0, False, self.first_day)
        self.home.mkdir(parents=True, exist_ok=True)
        publisher = Publisher(self.home, list(rules.measures))
        publisher.rebuild(state, tree.nodes, lambda path: self._write(path, publisher.measures, self.cells))

    @staticmethod
    def _write(path: Path, measures: list[str], cells: Mapping[tuple[str, str], Mapping[str, int]]) -> None:
        marks = ", ".join("?" for _ in range(len(measures) + 2))
        with closing(sqlite3.connect(path)) as con, con:
            con.executemany(
                f"INSERT INTO cells VALUES ({marks})",
                [(node, period, *(cell.get(name, 0) for name in measures)) for (node, period), cell in cells.items()],
            )


@pytest.fixture
def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Figures:
    home = tmp_path / "lake"
    monkeypatch.setattr(published, "folder", lambda: home)
    return Figures(home)


@dataclass
class Lakes:
    """`put(town, home)`: the lake at `home` holds the town's matters, counted, and the figures are published there."""

    counted: Path

    def put(self, town: Any, home: Path) -> None:
        from huying.analytics.tests.test_lake import refresh

        if home.exists():
            refresh(town, home, full=True)
            return
        kept = self.counted / hashlib.sha256(repr(list(town.matters.items())).encode()).hexdigest()
        if not kept.exists():
            refresh(town, kept, full=True)
        shutil.copytree(kept, home)


@pytest.fixture(scope="session")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> Lakes:
    return Lakes(tmp_path_factory.mktemp("lakes"))
