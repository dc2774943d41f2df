"""PostgreSQL stopped under a serving place, or a table of it locked: 503 and when to come again; then all goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.bad_days.conftest import IMPATIENT
from tests.bad_days.serving import PATIENCE, Served, served
from tests.support import place as small_place
from tests.support import postgresql
from tests.support.fixtures import Installation

pytestmark = pytest.mark.postgresql


class Own:
    """A PostgreSQL of the test's own, that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._prefix, uid, gid = postgresql._account() or ([], os.getuid(), os.getgid())
        os.chown(folder, uid, gid)
        folder.chmod(0o755)
        self._do(
            "initdb", "-D", str(folder / "data"), "-U", postgresql.SUPERUSER, "--auth=trust", "-E", "UTF8", "--no-sync"
        )
        self.start()
        self.cluster = postgresql.Cluster(str(folder))

    def _do(self, program: str, *arguments: str) -> None:
        command = [*self._prefix, str(postgresql.programs() / program), *arguments]
        done = subprocess.run(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off"
        data, log = str(self.folder / "data"), str(self.folder / "log")
        self._do("pg_ctl", "-D", data, "-w", "-t", "120", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        self._do("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")


@pytest.fixture(scope="module")
def own() -> Iterator[Own]:
    folder = Path(tempfile.mkdtemp(prefix="huying-own-", dir="/tmp"))  # a socket's path must stay short
    made = Own(folder)
    yield made
    made.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def city(own: Own, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own.cluster.run("createdb", "city")
    home = tmp_path_factory.mktemp("city") / "home"
    place = Installation(home, HUYING_DATABASE_URL=own.cluster.url("city"))
    with served(place, small_place.make(place), **IMPATIENT) as running:
        yield running


def is_an_outage(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text[:300]
    assert int(answer.headers["Retry-After"]) > 0


def test_a_locked_table_is_a_503_and_the_same_request_succeeds_when_it_is_free(city, own) -> None:
    taker, key = city.sign_in("taker"), uuid.uuid4().hex
    with psycopg.connect(own.cluster.url("city")) as holder:
        holder.execute("LOCK TABLE matters_matter IN ACCESS EXCLUSIVE MODE")
        is_an_outage(taker.register("表被锁住时来的一件事", key))
        holder.rollback()
    assert taker.register("表被锁住时来的一件事", key).status_code == 201


def test_a_database_that_went_away_is_a_503_and_comes_back_with_all_it_acknowledged(city, own) -> None:
    taker, key = city.sign_in("taker"), uuid.uuid4().hex
    before = taker.register("数据库停机前的一件事")
    assert before.status_code == 201
    own.stop()
    try:
        is_an_outage(taker.register("数据库停机时的一件事", key))
        health = httpx.get(f"{city.address}/healthz", timeout=PATIENCE)
        is_an_outage(health)
        assert health.json()["reason"].startswith("database")
    finally:
        own.start()
    answer = taker.register("数据库停机时的一件事", key)
    assert answer.status_code == 201, answer.text[:300]
    assert httpx.get(f"{city.address}/healthz", timeout=PATIENCE).status_code == 200
    number = before.json()["matter"]["number"]
    supervisor = city.sign_in("supervisor")
    assert supervisor.client.get(f"/api/v1/matters/by-number/{number}").status_code == 200
    examined = city.place.run("doctor", "--deep", "--json", timeout=PATIENCE * 5)
    found = {one["what"]: one for one in json.loads(examined.stdout)["findings"]}
    assert found["log"]["state"] == found["matters"]["state"] == "ok", found
