"""kill -9 of the server at random moments under load: what it acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import json
import os
import random
import threading
import uuid
from typing import Any

import httpx

from tests.bad_days.serving import LIFE, PEOPLE, Acknowledged, Person, Served, intake, served

CLIENTS = 3
# How often, and after how many acknowledged acts (drawn anew each time); the bench asks for more.
KILLS = int(os.environ.get("HUYING_KILLS", "2"))
ACTS_BETWEEN = (4, 20)


class Town:
    """Clients that carry matters through their lives and write down each acknowledgement; a request whose answer did not
    come is sent again under its own key."""

    def __init__(self, running: Served) -> None:
        self.running = running
        self.people = {who: running.sign_in(who) for who in PEOPLE}
        self.known: list[Acknowledged] = []
        self.refused: list[str] = []
        self._changed = threading.Condition()
        self._acts = 0
        self._over = threading.Event()
        self._up = threading.Event()
        self._up.set()
        self._threads = [threading.Thread(target=self._live, args=(n,)) for n in range(CLIENTS)]

    def __enter__(self) -> Town:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._up.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, acts: int) -> None:
        with self._changed:
            goal = self._acts + acts
            assert self._changed.wait_for(lambda: self._acts >= goal or self.refused, 60), "no progress within a minute"

    def kill_and_start_again(self) -> None:
        self._up.clear()
        self.running.kill()
        self.running.start()
        self._up.set()

    def _live(self, n: int) -> None:
        made = 0
        while not self._over.is_set():
            made += 1
            answer = self._sure(self.people["taker"], "/api/v1/matters/", self._words(n, made))
            if answer is None:
                return
            matter = answer.json()["matter"]
            known = Acknowledged(matter["id"], matter["number"])
            self.known.append(known)
            self._count()
            for who, action, given in LIFE:
                body = {name: self.running.made["units"].get(value, value) for name, value in given.items()}
                if self._sure(self.people[who], f"/api/v1/matters/{known.matter_id}/{action}", body) is None:
                    return
                known.acts.append(action)
                self._count()

    @staticmethod
    def _words(n: int, made: int) -> dict[str, Any]:
        return intake(f"{n}号楼第{made}次反映：水管破裂，路面积水，请派人修。")

    def _count(self) -> None:
        with self._changed:
            self._acts += 1
            self._changed.notify_all()

    def _sure(self, person: Person, path: str, body: dict[str, Any]) -> httpx.Response | None:
        """The server's acknowledgement, however many tries it takes; None when the day is over or it refused."""
        key = uuid.uuid4().hex
        while True:
            self._up.wait()
            try:
                answer = person.post(path, body, key)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.is_success:
                return answer
            if answer is not None and answer.status_code != 503:
                with self._changed:
                    self.refused.append(f"{path}: {answer.status_code} {answer.text[:300]}")
                    self._changed.notify_all()
                return None
            if self._over.is_set():
                return None


def written(town: Town, matter_id: int) -> list[str]:
    """The acts in the matter's log, as the supervisor reads them over HTTP."""
    answer = town.people["supervisor"].client.get(f"/api/v1/matters/{matter_id}/history")
    assert answer.status_code == 200, answer.text
    return [line["action"] for line in answer.json() if line["to_state"]]


def test_what_was_acknowledged_is_there_whole_and_once_however_often_the_server_is_killed(place) -> None:
    installation, made = place
    chance = random.Random(20261122)
    with served(installation, made, HUYING_LOG_LEVEL="ERROR") as running:
        with Town(running) as town:
            for _ in range(KILLS):
                town.wait_for(chance.randint(*ACTS_BETWEEN))
                town.kill_and_start_again()
            town.wait_for(10)
        assert town.refused == []
        assert len({one.number for one in town.known}) == len(town.known)
        for known in town.known:
            acts = written(town, known.matter_id)
            # An act under way when the day ended may have been done without its answer having come.
            assert acts[: len(known.acts)] == known.acts
            assert len(acts) - len(known.acts) <= 1
            assert len(set(acts)) == len(acts)
        numbers = [
            m["number"] for m in town.people["supervisor"].client.get("/api/v1/matters/?limit=200").json()["items"]
        ]
        assert len(numbers) - len(town.known) in range(CLIENTS + 1)  # as much again for those under way
    examined = installation.run("doctor", "--deep", "--json")
    findings = {one["what"]: one for one in json.loads(examined.stdout)["findings"]}
    assert findings["log"]["state"] == "ok", findings["log"]
    assert findings["matters"]["state"] == "ok", findings["matters"]
