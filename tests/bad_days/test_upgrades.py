"""Every released version's database, as that version wrote it, is brought to today's and goes on; history isn't rewritten."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support import release
from tests.support.fixtures import Installation

RELEASES = sorted(path.name for path in release.RELEASES.iterdir() if path.is_dir())


def applied(place: Installation) -> set[str]:
    """The migrations of ours that the database says it has had."""
    asked = "select app || '.' || name, app from django_migrations"
    url = place.environment.get("HUYING_DATABASE_URL", "")
    if url:
        with psycopg.connect(url) as link:
            rows: Any = link.execute(asked).fetchall()
    else:
        link = sqlite3.connect(place.home / "huying.sqlite3")
        rows = link.execute(asked).fetchall()
        link.close()
    ours = {Path(name).parts[-3] for name in release.migrations()}
    return {name for name, app in rows if app in ours}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    if engine == "sqlite":
        return Installation(tmp_path)
    return Installation(tmp_path, HUYING_DATABASE_URL=request.getfixturevalue("postgresql_url"))


@pytest.mark.parametrize("name", RELEASES)
def test_a_place_of_an_earlier_release_is_upgraded_and_its_people_find_everything_as_they_left_it(
    empty, engine, name
) -> None:
    kept = release.RELEASES / name
    told = json.loads((kept / "seen.json").read_text("utf-8"))
    back = empty.run("restore", str(kept / f"{engine}.tar.xz"), timeout=300)
    assert back.returncode == 0, back.stderr
    then = applied(empty)
    today = {f"{Path(path).parts[-3]}.{Path(path).stem}" for path in release.migrations()}
    assert then <= today, "a migration that was released is gone"
    doctor = json.loads(empty.run("doctor", "--json").stdout)
    cures = {one["what"]: one.get("cure", "") for one in doctor["findings"]}
    assert ("huying upgrade" in cures["migrations"]) == (then != today)

    upgraded = empty.run("upgrade", timeout=600)
    assert upgraded.returncode == 0, upgraded.stderr
    said = {line.removeprefix("migrated: ") for line in upgraded.stdout.splitlines() if line.startswith("migrated: ")}
    assert said == today - then
    assert "chain whole" in upgraded.stdout
    assert len(list((empty.home / "backups").glob("before-upgrade-*.tar"))) == (then != today)
    assert applied(empty) == today

    seen = release.run(empty, "see", json.dumps(told["codes"][engine]))
    for part, was in told["seen"].items():
        assert seen[part] == was, part

    ended = release.run(empty, "go-on")
    assert len(ended) > 20
    assert set(ended.values()) == {"closed"}
    told_deeply = json.loads(empty.run("doctor", "--deep", "--json", timeout=600).stdout)
    states = {one["what"]: one["state"] for one in told_deeply["findings"]}
    assert {what: states[what] for what in ("migrations", "keys", "log", "matters")} == dict.fromkeys(
        ("migrations", "keys", "log", "matters"), "ok"
    )


def test_a_migration_that_was_released_is_never_edited_or_taken_away() -> None:
    """A change to the tables is a new migration: places out there have had the old one."""
    frozen = json.loads(release.FROZEN.read_text("utf-8"))
    assert len(frozen) >= 11
    today = release.migrations()
    assert {path: today.get(path) for path in frozen} == frozen
