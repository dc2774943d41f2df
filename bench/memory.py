"""Memory of a serving process after reads and writes, and that it never loads an analytic engine."""

from __future__ import annotations

import json
from pathlib import Path

from bench import places
from bench.client import sessions
from bench.figures import Figures, Sizes
from bench.lives import ROLES, Load
from bench.server import Server

KEPT_OUT = ("duckdb", "pandas", "shapely")


def run(figures: Figures, sizes: Sizes) -> None:
    for database in sizes.databases:
        place = places.stored(database, sizes.matters, sizes.template)
        cast = json.loads((place.home / "cast.json").read_text())
        with Server(place) as server:
            figures.add(database, "a serving process at rest, MB", server.megabytes())
            load = Load(server.port, cast, sessions(server.port, cast["people"], ROLES), sizes.clients)
            load.run(sizes.seconds)
            figures.add(database, "after load, MB", server.megabytes(), at_most=300)
            mapped = "".join(Path(f"/proc/{pid}/maps").read_text() for pid in server.workers())
            for engine in KEPT_OUT:
                figures.add(database, f"shared objects of {engine} loaded", mapped.count(f"/{engine}/"), at_most=0)
