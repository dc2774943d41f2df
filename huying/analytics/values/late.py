"""What changed after its period was over, kept in the main database.

The file of values can be thrown away and computed anew; what stood before can't. The file holds a copy beside the values, so that
pages read both at once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from huying.analytics.models import LateChange
from huying.analytics.values import store
from huying.analytics.values.store import Store

COLUMNS = ("indicator", "node", "period", "before", "after", "first_at", "last_at", "times", "why")
LISTED = ", ".join(COLUMNS)
TOLD = ["before", "after", "first_at", "last_at", "times", "why"]
CHUNK = 1000


def copy(kept: Store, home: Path) -> None:
    """Into a file that was laid out anew. What a file from before this table was kept holds, is taken over once."""
    if not LateChange.objects.exists():
        _write(_from_file(store.path(home)))
    kept.con.executemany(
        f"INSERT INTO later ({LISTED}) VALUES ({', '.join('?' for _ in COLUMNS)})",
        LateChange.objects.values_list(*COLUMNS).iterator(CHUNK),
    )


def keep(kept: Store, at: str) -> None:
    """What the file was told at that moment. Before the file takes its place: a build that is stopped tells it again, alike."""
    _write(kept.con.execute(f"SELECT {LISTED} FROM later WHERE last_at = ?", [at]).fetchall())


def _write(rows: list[tuple[object, ...]]) -> None:
    LateChange.objects.bulk_create(
        [LateChange(**dict(zip(COLUMNS, row, strict=True))) for row in rows],
        batch_size=CHUNK,
        update_conflicts=True,
        unique_fields=["indicator", "node", "period"],
        update_fields=TOLD,
    )


def _from_file(old: Path) -> list[tuple[object, ...]]:
    if not old.exists():
        return []
    try:
        with closing(sqlite3.connect(f"file:{old}?mode=ro", uri=True)) as was:
            return was.execute(f"SELECT {LISTED} FROM later").fetchall()
    except sqlite3.DatabaseError:
        return []  # torn by a full disk: what it held can't be told
