"""A made-up year of matters in a table of its own, for measuring analytics apart from the process that writes matters.

The table has the columns the domain `matters` offers as facts. Rows come from arithmetic on a counter, so every run has the same.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.apps.registry import Apps
from django.db import connection, models

from huying.analytics import trees
from huying.analytics.trees import Node
from huying.kernel.actors import Level
from huying.kernel.facts import Column, FactTable, Kind
from huying.kernel.words import words

KINDS = ("help",) * 9 + ("complaint",) * 5 + ("enquiry",) * 4 + ("report", "suggestion")
CHANNELS = ("hotline",) * 14 + ("web", "app", "grid", "window", "letter", "transfer")
COLUMNS: tuple[tuple[str, Kind], ...] = (
    ("id", Kind.INT),
    ("registered_at", Kind.SECONDS),
    *((level.column, Kind.TEXT) for level in Level),
    ("kind", Kind.TEXT),
    ("channel", Kind.TEXT),
    ("item", Kind.TEXT),
    ("lead_unit_id", Kind.INT),
    ("state", Kind.TEXT),
    ("limit_due_at", Kind.SECONDS),
    ("received_due_at", Kind.SECONDS),
    ("first_received_at", Kind.SECONDS),
    ("first_replied_at", Kind.SECONDS),
    ("replied_in_time", Kind.BOOL),
    ("handled_at", Kind.SECONDS),
    ("closed_at", Kind.SECONDS),
    ("closed_in_time", Kind.BOOL),
    ("outcome", Kind.TEXT),
    ("solved", Kind.TEXT),
    ("satisfied", Kind.TEXT),
    ("returned_count", Kind.INT),
    ("redo_count", Kind.INT),
    ("extended", Kind.BOOL),
    ("place_key", Kind.TEXT),
    ("is_demo", Kind.BOOL),
    ("petition", Kind.BOOL),
    ("unreasonable", Kind.BOOL),
)
FIELDS = {
    Kind.INT: models.BigIntegerField,
    Kind.TEXT: models.TextField,
    Kind.BOOL: models.BooleanField,
    Kind.DATE: models.DateField,
    Kind.SECONDS: models.DateTimeField,
}


def _model() -> type[models.Model]:
    fields: dict[str, Any] = {
        name: FIELDS[kind](primary_key=True) if name == "id" else FIELDS[kind](null=True) for name, kind in COLUMNS
    }

    class Meta:
        app_label = "analytics"
        # A registry of its own: nobody who goes through the models of Huying meets this one.
        apps = Apps()
        managed = False
        db_table = "bench_matters"

    return type("BenchMatter", (models.Model,), {**fields, "Meta": Meta, "__module__": __name__})


Matter = _model()


def rows(ids: Sequence[int] | None) -> Any:
    found = Matter._default_manager.all() if ids is None else Matter._default_manager.filter(pk__in=ids)
    return found.values_list(*(name for name, _ in COLUMNS))


TABLE = FactTable("matters", "id", tuple(Column(n, k, words(n, n)) for n, k in COLUMNS), rows, words("诉求", "matters"))


def lishui(villages: Sequence[tuple[str, str]]) -> list[Node]:
    """The tree over `villages` (code, name): city, counties and townships by the digits of the codes."""
    found = {"331100000000": Node("331100000000", "", Level.CITY, "丽水市")}
    for code, name in villages:
        county, township = code[:6].ljust(12, "0"), code[:9].ljust(12, "0")
        found.setdefault(county, Node(county, "331100000000", Level.COUNTY, county))
        found.setdefault(township, Node(township, county, Level.TOWNSHIP, township))
        found[code] = Node(code, township, Level.VILLAGE, name)
    return list(found.values())


def matter(number: int, villages: Sequence[str], year: int) -> tuple[Any, ...]:
    """Row `number`, moments as Django stores them in SQLite."""
    chance = random.Random(number)
    registered = datetime(year, 1, 1, 1) + timedelta(  # noqa: DTZ001 (naive UTC, as it is stored)
        seconds=chance.randrange(320 * 86_400)
    )
    village = (
        villages[min(int(chance.paretovariate(1.1) * 7) % len(villages), len(villages) - 1)]
        if number % 3
        else (villages[chance.randrange(len(villages))])
    )
    due = registered + timedelta(days=chance.choice((3, 7, 15)))
    took = chance.gammavariate(2.0, 2.4)
    closed = registered + timedelta(days=took) if chance.random() < 0.93 else None
    replied = registered + timedelta(days=took * 0.9) if closed or chance.random() < 0.3 else None
    reached = closed is not None and chance.random() < 0.8

    def said(moment: datetime | None) -> str | None:
        return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else None

    return (
        number,
        said(registered),
        "330000000000",
        "331100000000",
        village[:6] + "000000",
        village[:9] + "000",
        village,
        "",
        chance.choice(KINDS),
        chance.choice(CHANNELS),
        f"item-{chance.randrange(300)}",
        chance.randrange(1, 200),
        "closed" if closed else "in_hand",
        said(due),
        said(registered + timedelta(hours=8)),
        said(registered + timedelta(hours=chance.expovariate(0.25))),
        said(replied),
        None if replied is None else int(replied <= due),
        said(replied or closed),
        said(closed),
        None if closed is None else int(closed <= due),
        "handled" if closed else "",
        chance.choice(("yes", "yes", "yes", "partly", "no")) if reached else None,
        chance.choice(("yes", "yes", "fairly", "no")) if reached else None,
        int(chance.random() < 0.06),
        int(chance.random() < 0.05),
        int(chance.random() < 0.04),
        f"{chance.randrange(400_000):x}",
        1,
        0,
        0,
    )


def fill(count: int, villages: Sequence[str], year: int, database: str) -> None:
    """Make the table in the SQLite file `database` and write `count` rows."""
    with connection.schema_editor() as editor:
        editor.create_model(Matter)
    connection.close()

    def batch() -> Iterator[tuple[Any, ...]]:
        for number in range(1, count + 1):
            yield matter(number, villages, year)

    con = sqlite3.connect(database, isolation_level=None)
    con.execute("BEGIN")
    con.executemany(f"INSERT INTO bench_matters VALUES ({', '.join('?' for _ in COLUMNS)})", batch())
    con.execute("COMMIT")
    con.close()


def tree(nodes: Sequence[Node]) -> trees.Tree:
    return trees.Tree(nodes)
