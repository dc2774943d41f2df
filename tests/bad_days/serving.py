"""A place that is served by the real program, and people who work in it over HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.cast import PASSWORD
from tests.support.fixtures import Installation

PATIENCE = 60.0
# who does it, the act, and what it takes besides
LIFE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("dispatcher", "dispatch", {"lead_unit": "331102-water"}),
    ("water", "receive", {}),
    ("water", "reply", {"text": "水管已修好，路面已清理。"}),
    ("supervisor", "approve_reply", {}),
    ("follower", "follow_up", {"solved": "yes", "satisfied": "yes"}),
    ("follower", "close", {}),
)
PEOPLE = ("taker", "dispatcher", "water", "supervisor", "follower")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """`huying serve` on a fixed port, in a process group of its own, that can be killed and started again."""

    def __init__(self, place: Installation, made: dict[str, Any], **environment: str) -> None:
        self.place, self.made, self.port = place, made, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = place.environment | environment
        self.said: list[str] = []

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.place.command("serve", "--port", str(self.port), "--threads", "32"),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.place.home,
            start_new_session=True,
        )
        ready = threading.Event()
        assert self.process.stdout is not None
        listener = threading.Thread(target=self._listen, args=(self.process.stdout, ready), daemon=True)
        listener.start()
        assert ready.wait(PATIENCE), "".join(self.said[-20:])
        answer = httpx.get(f"{self.address}/healthz", timeout=PATIENCE)
        assert answer.status_code in (200, 503), answer.text

    def _listen(self, stream: Any, ready: threading.Event) -> None:
        for line in stream:
            self.said.append(line)
            if line.startswith("http://"):
                ready.set()

    def kill(self) -> None:
        """kill -9 for the whole process group, wherever it stands."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            finally:
                if self.process.poll() is None:
                    self.kill()

    def sign_in(self, who: str) -> Person:
        client = httpx.Client(base_url=self.address, timeout=PATIENCE, limits=httpx.Limits(max_keepalive_connections=0))
        client.get("/signin/")
        token = {"csrfmiddlewaretoken": client.cookies["csrftoken"]}
        answer = client.post("/signin/", data={"login": who, "password": PASSWORD, **token})
        assert answer.headers.get("Location") == "/desk/", (answer.status_code, answer.text[:300])
        return Person(client)


@contextmanager
def served(place: Installation, made: dict[str, Any], **environment: str) -> Iterator[Served]:
    running = Served(place, made, **environment)
    running.start()
    try:
        yield running
    finally:
        running.stop()


@dataclass
class Person:
    """Somebody signed in; threads may share one."""

    client: httpx.Client

    def post(self, path: str, body: dict[str, Any], key: str = "") -> httpx.Response:
        headers = {"X-CSRFToken": self.client.cookies["csrftoken"], "Accept": "application/json"}
        headers["Idempotency-Key"] = key or uuid.uuid4().hex
        return self.client.post(path, json=body, headers=headers)

    def register(self, words: str, key: str = "") -> httpx.Response:
        return self.post("/api/v1/matters/", intake(words), key)


def intake(words: str) -> dict[str, Any]:
    return {
        "channel": "hotline",
        "kind": "help",
        "content": words,
        "division": "331102001001",
        "place": "永晖社区门口",
        "reporter": {"name": "王某", "phone": "13800001234"},
    }


@dataclass
class Acknowledged:
    """What the server said was done: a matter's number and the acts on it, in order."""

    matter_id: int
    number: str
    acts: list[str] = field(default_factory=lambda: ["register"])
