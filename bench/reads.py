"""Pages and searches with many matters stored, as seen by a client on the same machine (so the server's own time is less)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from urllib.parse import quote

from bench import places
from bench.client import Client, sessions
from bench.figures import Figures, Sizes, percentile
from bench.lives import texts
from bench.places import Place
from bench.server import Server

MOST_MS = 150
ROLES = ["dispatcher", "supervisor", "handler", "leader", "call_taker"]


def measure(place: Place, sizes: Sizes) -> dict[str, tuple[float, float]]:
    """Median and p95 in milliseconds of each read, one client, after one visit to warm it."""
    cast = json.loads((place.home / "cast.json").read_text())
    with Server(place) as server:
        cookies = sessions(server.port, cast["people"], ROLES)
        clients = {role: Client(server.port, cookies[role]) for role in ROLES}

        def read(role: str, path: str) -> bytes:
            return clients[role].get(path)

        newest = json.loads(read("dispatcher", "/api/v1/matters/?limit=200"))["items"]
        told = texts(1)
        turn = iter(range(10_000_000))

        def hint() -> bytes:
            content, where = next(told)
            status, body = clients["call_taker"].ask(
                "POST",
                "/desk/matters/hints",
                f"content={quote(content)}&place={quote(where)}&division={cast['villages'][0]}".encode(),
                {"Content-Type": "application/x-www-form-urlencoded"},
            )
            if status != 200:
                raise RuntimeError(f"hints answered {status}: {body[:300]!r}")
            return body

        asked: dict[str, Callable[[], bytes]] = {
            "home (worklist and counts), dispatcher": lambda: read("dispatcher", "/desk/"),
            "home, unit handler": lambda: read("handler", "/desk/"),
            "home, leader": lambda: read("leader", "/desk/"),
            "list of matters": lambda: read("dispatcher", "/desk/matters/"),
            "list of matters, second page by API": lambda: read(
                "dispatcher", f"/api/v1/matters/?before={newest[-1]['id']}"
            ),
            "a matter's page": lambda: read("dispatcher", f"/desk/matters/{newest[next(turn) % len(newest)]['id']}"),
            "search, two characters": lambda: read("dispatcher", f"/api/v1/matters/?words={quote('路灯')}"),
            "search, two characters, unit handler": lambda: read("handler", f"/api/v1/matters/?words={quote('电梯')}"),
            "search, a rare word": lambda: read("dispatcher", f"/api/v1/matters/?words={quote('路灯 k1')}"),
            "search, an absent word": lambda: read("dispatcher", f"/api/v1/matters/?words={quote('骆驼商队')}"),
            "duplicate hint while typing": hint,
        }
        found = {}
        for name, one in asked.items():
            one()
            spent = []
            for _ in range(sizes.reads):
                began = time.perf_counter()
                one()
                spent.append((time.perf_counter() - began) * 1000)
            found[name] = (percentile(spent, 50), percentile(spent, 95))
    return found


def run(figures: Figures, sizes: Sizes) -> None:
    for database in sizes.databases:
        for name, (median, p95) in measure(places.stored(database, sizes.matters, sizes.template), sizes).items():
            figures.add(database, f"{name}, median ms", median)
            figures.add(database, f"{name}, p95 ms", p95, at_most=MOST_MS)
