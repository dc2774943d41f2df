"""Made-up months in which every share of every place is red, and the warnings' nights after them (`bench.storm`)."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

from huying.analytics import definitions, published, trees
from huying.analytics.published import Publisher, State
from huying.domains.warnings import services
from huying.domains.warnings.models import LadderRow
from huying.kernel import clock
from huying.kernel.clock import ZONE, FixedClock

MONTHS = [date(2026, month, 1) for month in (8, 9, 10, 11)]
SHARES = ("closed_in_time", "responded", "solved", "satisfied")
RED, GREEN = (5, 40), (40, 40)


def nights(levels: list[str]) -> list[dict[str, Any]]:
    """Three red months and a green one of every place of these levels. Of each night: figures, seconds, CPU seconds."""
    # A pack's ladder may end above the village, and watch in a share's stead what the pack defines.
    LadderRow.objects.exclude(colour="").update(levels=levels, indicators=SHARES)
    tree = trees.load()
    codes = [node.code for node in tree.nodes if node.level.column in levels]
    rows: list[tuple[str, str, tuple[int, int]]] = []
    told = []
    for day, share in zip(MONTHS, (RED, RED, RED, GREEN), strict=True):
        rows += [(code, f"2026-{day.month - 1:02}", share) for code in codes]
        at = datetime(day.year, day.month, day.day, 4, tzinfo=ZONE)
        _publish(rows, tree, at)
        with clock.use(FixedClock(at)):
            began, cpu = time.perf_counter(), time.process_time()
            done = services.evaluate()
            spent = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
        told.append({"figures": done.opened + done.repeated + done.escalated + done.mended, **spent})
    return told


def _publish(rows: list[tuple[str, str, tuple[int, int]]], tree: trees.Tree, at: datetime) -> None:
    rules, first = definitions.shipped(), date(2024, 1, 1)
    publisher = Publisher(published.folder(), list(rules.measures))
    shares = {name: n for n, part in enumerate(("n", "d")) for name in [f"{code}__{part}" for code in SHARES]}
    order = [shares.get(name) for name in publisher.measures]

    def write(path: Path) -> None:
        marks = ", ".join("?" for _ in range(len(order) + 2))
        with closing(sqlite3.connect(path)) as con, con:
            con.executemany(
                f"INSERT INTO cells VALUES ({marks})",
                [(code, key, *(0 if n is None else share[n] for n in order)) for code, key, share in rows],
            )

    publisher.home.mkdir(parents=True, exist_ok=True)
    state = State(at, 1, rules.digest, tree.digest, first, 1, 0, False, first)
    publisher.rebuild(state, tree.nodes, write)
