"""A matter's whole life as seven authenticated calls through HTTP, on both databases, empty and with many matters stored."""

from __future__ import annotations

from bench import floor, places
from bench.figures import Figures, Sizes, load_average
from bench.lives import measure


def run(figures: Figures, sizes: Sizes) -> None:
    for database in sizes.databases:
        empty = places.copied(places.empty(database), "lives")
        bare = measure(empty, sizes)
        figures.add(database, "lifecycles a second, empty", bare.rate, at_least=9 if database == "sqlite" else 12)
        figures.add(database, "a call's p95, empty, ms", bare.p95_ms)
        figures.add(database, "server CPU a lifecycle, ms", bare.cpu_ms)
        figures.add(database, "load average", load_average())
        lowest = floor.measure(empty, sizes)
        for module, words, least in (
            ("bench.floor_django", "the floor written by hand in a Django view", 0.5),
            ("bench.floor", "the floor written by hand without a framework", None),
        ):
            floors = lowest[module]
            figures.add(database, f"{words}, lifecycles a second", floors.rate)
            figures.add(database, f"{words}, CPU a lifecycle, ms", floors.cpu_ms)
            figures.add(database, f"ratio to {words}", bare.rate / max(floors.rate, 0.01), at_least=least)
        full = measure(places.stored(database, sizes.matters, sizes.template), sizes)
        figures.add(database, f"lifecycles a second, {sizes.matters:,} stored", full.rate)
        figures.add(database, "server CPU a lifecycle, stored, ms", full.cpu_ms)
        figures.add(
            database, "ratio to empty", full.rate / max(bare.rate, 0.01), at_least=0.7 if database == "sqlite" else 0.85
        )
