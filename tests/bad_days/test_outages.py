"""Locked, full, overrun: the caller is told at once to come again, nothing is lost, and all is well when it has passed."""

from __future__ import annotations

import contextlib
import json
import re
import resource
import sqlite3
import subprocess
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import httpx
import pytest

from tests.bad_days.serving import PATIENCE, Person, Served


@pytest.fixture(scope="module")
def taker(town: Served) -> Person:
    return town.sign_in("taker")


@contextlib.contextmanager
def locked(town: Served) -> Iterator[None]:
    """Another process's write lock, for as long as it lasts."""
    holder = sqlite3.connect(town.place.home / "huying.sqlite3", isolation_level=None, timeout=PATIENCE)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.execute("ROLLBACK")
        holder.close()


def shed(town: Served) -> float:
    """How many requests the server says it turned away."""
    told = httpx.get(f"{town.address}/metrics", timeout=PATIENCE).text
    return sum(float(n) for n in re.findall(r"^huying_requests_shed_total\{.*\} ([\d.]+)$", told, re.M))


def is_an_outage(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text[:300]
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["cure"]


def test_a_locked_database_is_a_503_and_the_same_request_succeeds_when_it_is_free(town, taker) -> None:
    key = uuid.uuid4().hex
    with locked(town):
        is_an_outage(taker.register("锁住时来的一件事", key))
        assert httpx.get(f"{town.address}/healthz", timeout=PATIENCE).status_code == 200
    assert taker.register("锁住时来的一件事", key).status_code == 201


def test_overload_is_turned_away_early_while_health_still_answers(town, taker) -> None:
    before, crowd = shed(town), 14
    with ThreadPoolExecutor(crowd) as pool:
        with locked(town):
            calls = [pool.submit(taker.register, f"人多时来的第{n}件事") for n in range(crowd)]
            first = next(as_completed(calls)).result()  # long before those that wait for the lock give up
            is_an_outage(first)
            assert httpx.get(f"{town.address}/healthz", timeout=PATIENCE).status_code == 200
            is_an_outage(next(as_completed(set(calls) - {call for call in calls if call.done()}, PATIENCE)).result())
        answers = [call.result() for call in calls]
    assert (
        shed(town) - before >= crowd - 3 - 3 - 2
    )  # at most three at work and three in the queue, and those who came after
    for answer in answers:
        if answer.status_code != 201:
            is_an_outage(answer)
    assert taker.register("人散了以后来的一件事").status_code == 201


def processes_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in processes_of(int(child)))]


@contextlib.contextmanager
def full(town: Served, disk: Path | None) -> Iterator[None]:
    """No byte more can be written: by filling the disk, or where it can't be made small, by a limit on the server's files."""
    if disk is None:
        pids = processes_of(town.process.pid)
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        try:
            yield
        finally:
            for pid in pids:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        return
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as out, contextlib.suppress(OSError):
        while out.write(b"\0" * 65536):
            pass
    try:
        yield
    finally:
        filler.unlink()


def test_a_full_disk_is_a_503_and_nothing_acknowledged_is_lost(town, taker, disk) -> None:
    supervisor = town.sign_in("supervisor")
    acknowledged: list[str] = []
    with full(town, disk):
        for n in range(500):
            words, key = f"磁盘将满时的第{n}件事", uuid.uuid4().hex
            answer = taker.register(words, key)
            if answer.status_code != 201:
                break
            acknowledged.append(answer.json()["matter"]["number"])
        is_an_outage(answer)
        assert httpx.get(f"{town.address}/healthz", timeout=PATIENCE).status_code in (200, 503)
    again = taker.register(words, key)
    assert again.status_code == 201, again.text[:300]
    for number in [*acknowledged, again.json()["matter"]["number"]]:
        assert supervisor.client.get(f"/api/v1/matters/by-number/{number}").status_code == 200
    examined = town.place.run("doctor", "--deep", "--json", timeout=PATIENCE * 5)
    found = {one["what"]: one for one in json.loads(examined.stdout)["findings"]}
    assert found["log"]["state"] == found["matters"]["state"] == "ok", found


def test_duplicates_sent_at_once_under_one_key_are_one_matter(town, taker) -> None:
    key, words = uuid.uuid4().hex, "同一件事被点了六次"
    with ThreadPoolExecutor(6) as pool:
        answers = [call.result() for call in [pool.submit(taker.register, words, key) for _ in range(6)]]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum(answer.headers.get("Idempotency-Replayed") == "true" for answer in answers) == 5
    assert taker.register("同一个键，另一件事", key).status_code == 422


def test_a_residents_form_sent_twice_at_once_is_one_matter(town) -> None:
    resident = httpx.Client(base_url=town.address, timeout=PATIENCE)
    page = resident.get("/submit").text
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert {"csrfmiddlewaretoken", "idempotency_key"} <= set(form)
    township = re.search(r'<option value="(331102001\d*)"', page)
    assert township
    form |= {"content": "小区门口路灯不亮，晚上看不清路。", "township": township[1], "place": "永晖社区门口"}
    form |= {"kind": "help", "confidentiality": "open"}
    together = threading.Barrier(2)

    def send() -> httpx.Response:
        together.wait()
        return httpx.post(f"{town.address}/submit", data=form, cookies=resident.cookies, timeout=PATIENCE)

    with ThreadPoolExecutor(2) as pool:
        first, second = (call.result() for call in [pool.submit(send), pool.submit(send)])
    assert first.status_code == second.status_code < 400, (first.status_code, second.status_code)
    assert first.text == second.text  # the same number, the same code
    link = sqlite3.connect(town.place.home / "huying.sqlite3")
    [(n,)] = link.execute("select count(*) from matters_matter where content like '小区门口路灯不亮%'")
    link.close()
    assert n == 1


def test_slow_statements_are_logged_without_their_values(town, taker) -> None:
    slow = subprocess.run(
        [*town.place.command("work", "--once")],
        env=town.environment | {"HUYING_SLOW_QUERY_MS": "0"},
        capture_output=True,
        text=True,
        timeout=PATIENCE * 5,
        cwd=town.place.home,
    )
    lines = [json.loads(line) for line in slow.stderr.splitlines() if "query.slow" in line]
    assert lines, slow.stderr[-500:]
    assert all(isinstance(line["ms"], float) for line in lines)
    assert any("%s" in line["sql"] for line in lines)
