"""Ten times the load that can be sustained: nobody gets a 5xx but 503, and afterwards the server is as quick as before."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter

from bench import places
from bench.client import Client, sessions
from bench.figures import Figures, Sizes, percentile
from bench.server import Server

RECOVERED_WITHIN = 10.0


def run(figures: Figures, sizes: Sizes) -> None:
    for database in sizes.databases:
        place = places.copied(places.empty(database), "spike")
        cast = json.loads((place.home / "cast.json").read_text())
        with Server(place) as server:
            cookies = sessions(server.port, cast["people"], ["dispatcher"])["dispatcher"]
            calm = _calm(server.port, cookies, 10)
            answers = _pressed(server.port, cookies, sizes)
            ended = time.monotonic()
            recovered = None
            while time.monotonic() - ended < 60:
                if percentile(_calm(server.port, cookies, 5), 50) <= 2 * percentile(calm, 50):
                    recovered = time.monotonic() - ended
                    break
        wrong = sum(n for told, n in answers.items() if told.startswith("5") and told != "503")
        figures.add(database, "answered 200", answers["200"])
        figures.add(database, "turned away with 503", answers["503"])
        figures.add(database, "other 5xx", wrong, at_most=0)
        figures.add(
            database, "connections broken or timed out", sum(n for told, n in answers.items() if not told.isdigit())
        )
        figures.add(
            database, "seconds to recover", recovered if recovered is not None else 60.0, at_most=RECOVERED_WITHIN
        )


def _pressed(port: int, cookies: dict[str, str], sizes: Sizes) -> Counter[str]:
    """How often each status (or broken connection) came while very many pressed without a pause."""
    answers: Counter[str] = Counter()
    lock = threading.Lock()
    until = time.monotonic() + sizes.seconds

    def press() -> None:
        client = Client(port, dict(cookies), timeout=30)
        while time.monotonic() < until:
            try:
                status, _body = client.ask("GET", "/desk/")
                told = str(status)
            except OSError as fault:
                told = type(fault).__name__
                client.close()
            with lock:
                answers[told] += 1
        client.close()

    # HUYING_CONCURRENCY (8) places to work in and 32 to wait in: ten times as many press
    threads = [threading.Thread(target=press) for _ in range(40 if sizes.reads < 10 else 400)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _calm(port: int, cookies: dict[str, str], times: int) -> list[float]:
    client, spent = Client(port, dict(cookies)), []
    for _ in range(times):
        began = time.monotonic()
        client.ask("GET", "/desk/")
        spent.append(time.monotonic() - began)
    client.close()
    return spent
