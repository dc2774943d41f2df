"""`make run` on a fresh machine: the demo built from nothing, and its second start."""

from __future__ import annotations

import shutil
import time

from bench import places
from bench.figures import Figures, Sizes
from bench.places import Place
from bench.server import Server


def run(figures: Figures, sizes: Sizes) -> None:
    if sizes.rows < 100_000:
        place = places.copied(places.empty("sqlite"), "startup")
    else:
        home = places.folder() / "sqlite-demo"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        place = Place("sqlite", home)
        began = time.monotonic()
        place.run("-m", "huying", "demo", "--prepare-only", "--port", "0")
        figures.add("sqlite", "the demo from nothing, seconds", time.monotonic() - began, at_most=90)
    began = time.monotonic()
    with Server(place, program=("-m", "huying", "demo" if sizes.rows >= 100_000 else "serve")):
        figures.add("sqlite", "a later start until /healthz answers, seconds", time.monotonic() - began)
