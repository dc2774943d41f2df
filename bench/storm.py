"""Nights of warnings on which everything turns red, stays so, and recovers: what each takes."""

from __future__ import annotations

from bench import places
from bench.figures import Figures, Sizes

NIGHTS = ("all turn red", "red again", "red a third time, a step on", "all recover")


def run(figures: Figures, sizes: Sizes) -> None:
    for database in sizes.databases:
        place = places.copied(places.empty(database), "storm")
        place.run("-m", "huying", "pack", "install", places.PACK)  # one kept by an earlier version may lack its ladder
        for what, night in zip(NIGHTS, place.inside("storm", levels=sizes.storm), strict=True):
            figures.add(database, f"{what}: figures", night["figures"])
            figures.add(database, f"{what}: s", night["seconds"])
            figures.add(database, f"{what}: s of CPU here", night["cpu"])
