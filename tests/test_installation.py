"""An installation from the outside: made, examined, served, saved, brought back, upgraded, by the program's own commands."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import socket
import sqlite3
import tarfile
from pathlib import Path

import httpx
import pytest

from huying.entry.commands.serving import Preparing, listen
from huying.kernel.errors import InvalidInput
from tests.support import postgresql
from tests.support.fixtures import Installation
from tests.support.place import initialised

PACK = "golmud"  # a small one


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A place that `init` made, with one file among its documents. Tests leave it as it is."""
    place = Installation(tmp_path_factory.mktemp("home"))
    place.printed = initialised(place.home, PACK)  # type: ignore[attr-defined]
    (place.home / "files" / "ab").mkdir(parents=True)
    (place.home / "files" / "ab" / "abcdef").write_bytes(os.urandom(10_000))
    return place


TABLES = "select name from sqlite_master where type = 'table' and sql not like 'CREATE VIRTUAL%' order by name"


def contents(database: Path, beginning: str = "") -> str:
    """A digest over every row of every table (whose name begins so). A full-text index counts by its own stored tables."""
    link = sqlite3.connect(database)
    digest = hashlib.sha256()
    for (table,) in link.execute(TABLES).fetchall():
        if not table.startswith(beginning):
            continue
        for row in sorted(map(repr, link.execute(f'select * from "{table}"'))):
            digest.update(f"{table} {row}\n".encode())
    link.close()
    return digest.hexdigest()


def test_init_makes_a_place_and_says_who_may_sign_in_first(made) -> None:
    for role in ("system_admin", "security_admin", "auditor"):
        assert re.search(rf"^{role}: \S+ / \S{{12,}}$", made.printed, re.M)


def test_init_again_changes_nothing_and_shows_no_password(made) -> None:
    before = {part: contents(made.home / "huying.sqlite3", part) for part in ("organizations_", "territory_")}
    again = made.run("init", "--pack", PACK)
    assert again.returncode == 0, again.stderr
    assert " / " not in again.stdout
    assert before == {part: contents(made.home / "huying.sqlite3", part) for part in before}


def test_a_misspelt_pack_fails_in_one_line_and_makes_nothing(installation) -> None:
    done = installation.run("init", "--pack", "atlantis")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "atlantis" in done.stderr
    assert not (installation.home / "huying.sqlite3").exists()


def test_the_doctor_finds_a_sound_place_sound(made) -> None:
    done = made.run("doctor", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 0, [one for one in report["findings"] if one["state"] == "fault"]
    assert report["ok"] is True


def test_the_doctor_names_what_is_wrong_with_its_cure_and_exits_1(installation) -> None:
    (installation.home / "secrets").mkdir(mode=0o755)
    done = installation.run("doctor", "--json")
    assert done.returncode == 1
    faults = {one["what"]: one["cure"] for one in json.loads(done.stdout)["findings"] if one["state"] == "fault"}
    assert "chmod" in faults["secrets"]
    assert "huying init" in faults["migrations"]


def test_a_wrong_setting_is_one_clear_line(installation) -> None:
    installation.environment["HUYING_DATABASE_URL"] = "mysql://nowhere/x"
    done = installation.run("doctor")
    assert done.returncode == 1
    assert "mysql" in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_answers_health_and_ends_cleanly_when_told_to(made) -> None:
    process = made.start("serve", "--port", "0")
    address = next(line.strip() for line in process.stdout if line.startswith("http://"))
    health = httpx.get(f"{address}healthz", timeout=10)
    assert health.status_code == 200
    assert health.json()["status"] in {"ready", "degraded"}
    assert "huying_workers" in httpx.get(f"{address}metrics", timeout=10).text
    process.send_signal(signal.SIGTERM)
    process.stdout.read()
    assert process.wait(30) == 0


def test_serve_refuses_a_place_that_isnt_made_and_says_how_to_make_it(installation) -> None:
    done = installation.run("serve", "--port", "0")
    assert done.returncode == 1
    assert "huying init" in done.stderr


def test_while_it_is_prepared_a_place_answers_503_with_the_reason() -> None:
    listening = listen(0)
    with Preparing(listening) as preparing:
        preparing.say("making a demo year: 43 %")
        answer = httpx.get(f"http://127.0.0.1:{listening.getsockname()[1]}/healthz", timeout=5)
    listening.close()
    assert answer.status_code == 503
    assert answer.json() == {"status": "starting", "reason": "making a demo year: 43 %"}
    assert answer.headers["Retry-After"] == "2"


def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with pytest.raises(InvalidInput, match="cannot listen"):
            listen(holder.getsockname()[1])


def test_the_demo_never_runs_on_a_named_database(installation) -> None:
    installation.environment["HUYING_DATABASE_URL"] = "postgresql://someone@127.0.0.1:1/place"
    done = installation.run("demo", "--port", "0")
    assert done.returncode == 1
    assert "HUYING_DATABASE_URL" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_demo_leaves_a_real_place_alone(made) -> None:
    done = made.run("demo", "--port", "0")
    assert done.returncode == 1
    assert "no demo" in done.stderr


def test_a_backup_brought_back_elsewhere_is_the_same_to_the_last_row_and_file(made, tmp_path) -> None:
    saved = made.run("backup", str(tmp_path / "place.tar"))
    assert saved.returncode == 0, saved.stderr
    assert "NOT inside" in saved.stdout
    elsewhere = Installation(tmp_path / "elsewhere")
    elsewhere.home.mkdir()
    back = elsewhere.run("restore", str(tmp_path / "place.tar"))
    assert back.returncode == 0, back.stderr
    assert contents(elsewhere.home / "huying.sqlite3") == contents(made.home / "huying.sqlite3")
    files = Path("files/ab/abcdef")
    assert (elsewhere.home / files).read_bytes() == (made.home / files).read_bytes()
    with tarfile.open(tmp_path / "place.tar") as tar:
        assert not [name for name in tar.getnames() if name.startswith("secrets")]
    assert (tmp_path / "place.tar").stat().st_mode & 0o077 == 0


def test_a_place_that_is_there_isnt_overwritten_unless_asked(made, tmp_path) -> None:
    made.run("backup", str(tmp_path / "place.tar"))
    done = made.run("restore", str(tmp_path / "place.tar"))
    assert done.returncode == 1
    assert "--replace" in done.stderr


def test_a_damaged_backup_is_refused_before_anything_is_touched(made, tmp_path) -> None:
    target = tmp_path / "place.tar"
    made.run("backup", str(target))
    whole = bytearray(target.read_bytes())
    at = whole.find(b"SQLite format 3") + 5000
    whole[at : at + 4] = b"\xff\x00\xff\x00"
    target.write_bytes(whole)
    elsewhere = Installation(tmp_path / "elsewhere")
    elsewhere.home.mkdir()
    done = elsewhere.run("restore", str(target))
    assert done.returncode == 1
    assert "damaged" in done.stderr
    assert not (elsewhere.home / "huying.sqlite3").exists()


def test_an_archive_with_a_stranger_inside_is_refused(installation) -> None:
    target = installation.home / "bad.tar"
    stranger = installation.home / "stranger"
    stranger.write_text("x")
    with tarfile.open(target, "w") as tar:
        tar.add(stranger, "../../outside")
    done = installation.run("restore", str(target))
    assert done.returncode == 1
    assert "no place in a backup" in done.stderr


def test_upgrade_of_an_up_to_date_place_proves_the_chain_and_says_so(made) -> None:
    done = made.run("upgrade")
    assert done.returncode == 0, done.stderr
    assert "nothing to migrate" in done.stdout
    assert "chain whole" in done.stdout


@pytest.mark.postgresql
def test_a_place_on_postgresql_is_made_saved_brought_back_and_upgraded(postgresql_url, tmp_path) -> None:
    import psycopg

    cluster = postgresql.cluster()

    def rows(url: str) -> str:
        digest = hashlib.sha256()
        with psycopg.connect(url) as link:
            tables = link.execute("select tablename from pg_tables where schemaname = 'public' order by 1").fetchall()
            for (table,) in tables:
                for row in sorted(map(repr, link.execute(f'select * from "{table}"').fetchall())):
                    digest.update(f"{table} {row}\n".encode())
        return digest.hexdigest()

    first = Installation(tmp_path / "first", HUYING_DATABASE_URL=postgresql_url)
    first.home.mkdir()
    made = first.run("init", "--pack", PACK)
    assert made.returncode == 0, made.stderr
    saved = first.run("backup", str(tmp_path / "place.tar"))
    assert saved.returncode == 0, saved.stderr
    name = f"{postgresql_url.split('/')[-1].split('?')[0]}_back"
    cluster.run("createdb", name)
    try:
        second = Installation(tmp_path / "second", HUYING_DATABASE_URL=cluster.url(name))
        second.home.mkdir()
        back = second.run("restore", str(tmp_path / "place.tar"))
        assert back.returncode == 0, back.stderr
        assert rows(cluster.url(name)) == rows(postgresql_url)
        assert second.run("restore", str(tmp_path / "place.tar")).returncode == 1
        upgraded = first.run("upgrade")
        assert upgraded.returncode == 0, upgraded.stderr
    finally:
        cluster.run("dropdb", "--force", name)
