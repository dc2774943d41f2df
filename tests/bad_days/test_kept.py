"""What is kept through a restore and a killed worker: every row and file of a place with matters under way."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support import place as small_place
from tests.support import postgresql
from tests.support.fixtures import Installation

MATTERS = 150


def rows(place: Installation) -> dict[str, str]:
    """A digest over every row of each table. A full-text index counts by its own stored tables."""
    url = place.environment.get("HUYING_DATABASE_URL", "")
    found: dict[str, str] = {}

    def digest(table: str, lines: Any) -> None:
        found[table] = hashlib.sha256("\n".join(sorted(map(repr, lines))).encode()).hexdigest()

    if url:
        with psycopg.connect(url) as link:
            for (table,) in link.execute("select tablename from pg_tables where schemaname = 'public'").fetchall():
                digest(table, link.execute(f'select * from "{table}"').fetchall())
        return found
    link = sqlite3.connect(place.home / "huying.sqlite3")
    named = "select name from sqlite_master where type = 'table' and sql not like 'CREATE VIRTUAL%'"
    for (table,) in link.execute(named).fetchall():
        digest(table, link.execute(f'select * from "{table}"'))
    link.close()
    return found


def files(place: Installation) -> dict[str, str]:
    folder = place.home / "files"
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def sound(place: Installation, *looks: str) -> None:
    """The doctor's deep looks find nothing."""
    told = json.loads(place.run("doctor", "--deep", "--json", timeout=600).stdout)
    findings = {one["what"]: one for one in told["findings"]}
    assert {what: findings[what]["state"] for what in looks} == dict.fromkeys(looks, "ok"), findings


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def lived_in(request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    """A place on either database with matters in every stage, taken in forty days ago; to do with as one likes."""
    on = {} if request.param == "sqlite" else {"HUYING_DATABASE_URL": request.getfixturevalue("postgresql_url")}
    place = Installation(tmp_path / "home", **on)
    small_place.make(place, matters=MATTERS, days_ago=40)
    return place


@pytest.fixture
def elsewhere(lived_in: Installation, tmp_path: Path) -> Any:
    """An empty home, and an empty database of the same kind."""
    url = lived_in.environment.get("HUYING_DATABASE_URL", "")
    if not url:
        (tmp_path / "elsewhere").mkdir()
        yield Installation(tmp_path / "elsewhere")
        return
    name = f"{url.split('/')[-1].split('?')[0]}_elsewhere"
    postgresql.cluster().run("createdb", name)
    (tmp_path / "elsewhere").mkdir()
    yield Installation(tmp_path / "elsewhere", HUYING_DATABASE_URL=postgresql.cluster().url(name))
    postgresql.cluster().run("dropdb", "--force", name)


def test_a_lived_in_place_comes_back_to_the_last_row_and_file_and_says_what_it_cannot_open(
    lived_in, elsewhere, tmp_path
) -> None:
    saved = lived_in.run("backup", str(tmp_path / "place.tar"), timeout=300)
    assert saved.returncode == 0, saved.stderr
    assert len(files(lived_in)) >= MATTERS // 5
    back = elsewhere.run("restore", str(tmp_path / "place.tar"), timeout=300)
    assert back.returncode == 0, back.stderr
    assert rows(elsewhere) == rows(lived_in)
    assert files(elsewhere) == files(lived_in)
    # The keys lie apart: without them the sealed identities cannot be opened, and the count is said.
    assert f"{MATTERS} rows of" in back.stderr
    refused = elsewhere.run("restore", str(tmp_path / "place.tar"))
    assert refused.returncode == 1
    assert "--replace" in refused.stderr
    # With the keys brought along, everything can be opened and the chain proves itself.
    shutil.copytree(lived_in.home / "secrets", elsewhere.home / "secrets", dirs_exist_ok=True)
    sound(elsewhere, "keys", "log", "matters", "files")


DIES = textwrap.dedent(
    """
    import dataclasses, sys
    from datetime import timedelta
    import django; django.setup()
    from huying.kernel import jobs
    from huying.kernel.clocks import cards
    from huying.kernel.jobs import registry
    known = registry.registered()
    known["clocks.cards"] = dataclasses.replace(known["clocks.cards"], lease=timedelta(seconds=1))
    tell = cards._tell
    def told_and_then(turns):
        tell(turns)
        print("told", flush=True)
        sys.stdin.read()
    cards._tell = told_and_then
    jobs.run_due("doomed", only="clocks.cards")
    """
)
RED = "select count(*) from kernel_clockrecord where kind = 'matter' and state = 'running' and card = 'red'"
RUNNING = "select count(*) from kernel_clockrecord where kind = 'matter' and state = 'running'"
SHOWN = "select count(*) from kernel_event where kind = 'matter' and action = 'card'"
HELD = "select count(*) from kernel_jobschedule where name = 'clocks.cards' and owner <> '' and lease_until > {now}"


def asking(place: Installation) -> Callable[[str], int]:
    url = place.environment.get("HUYING_DATABASE_URL", "")

    def ask(statement: str) -> int:
        if url:
            with psycopg.connect(url) as link:
                return int(link.execute(statement.format(now="now()")).fetchone()[0])
        link = sqlite3.connect(place.home / "huying.sqlite3", timeout=60)
        try:
            return int(link.execute(statement.format(now="strftime('%Y-%m-%d %H:%M:%f', 'now')")).fetchone()[0])
        finally:
            link.close()

    return ask


def test_cards_of_real_matters_turn_once_though_their_worker_was_killed_while_turning_them(lived_in) -> None:
    ask = asking(lived_in)
    running = ask(RUNNING)
    assert running >= 20
    doomed = subprocess.Popen(
        [sys.executable, "-c", DIES],
        env=lived_in.environment | {"DJANGO_SETTINGS_MODULE": "huying.entry.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert doomed.stdout is not None
    assert doomed.stdout.readline() == "told\n"
    doomed.kill()
    doomed.communicate()
    assert (ask(RED), ask(SHOWN)) == (0, 0)  # it was in the middle of its transaction: none by half
    while ask(HELD):  # its lease of a second runs out
        pass
    for _ in range(2):
        done = lived_in.run("work", "--once", timeout=300)
        assert done.returncode == 0, done.stderr
    assert ask(RED) == running
    assert ask(SHOWN) == running  # once each, though two workers had them in hand and a third looked again
    sound(lived_in, "log", "matters")
