"""All 10,000 real service requests through the program, and the report's on-time rate beside one counted from the file alone.

`huying matters replay`, `huying report refresh`, then the published figures against
`huying.domains.matters.intake_files.tests.on_time`, which reads the file with the csv module and knows nothing of Huying.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from bench import places
from bench.figures import Figures, Sizes
from huying.domains.matters.intake_files.tests import on_time

DIVISION = "331102000000"


def run(figures: Figures, sizes: Sizes) -> None:
    """Raises RuntimeError when the report and the file disagree, or the shared file is missing."""
    shared = Path(os.environ.get("HUYING_SHARED") or places.CHECKOUT.parent / "shared")
    file = shared / "data" / "orders" / "baltimore_311_sample.csv"
    if not file.exists():
        raise RuntimeError(f"no {file}; name the folder of shared data in HUYING_SHARED")
    judged, in_time, without = on_time.count(on_time.read(file))
    for database in sizes.databases:
        place = places.copied(places.empty(database), "replay")
        began = time.monotonic()
        told = place.run(
            "-m", "huying", "matters", "replay", str(file),
            "--profile", "baltimore-311", "--division", DIVISION, "--json",
        )  # fmt: skip
        figures.add(database, "10,000 lives replayed, seconds", time.monotonic() - began)
        outcome = json.loads(told.splitlines()[-1])
        place.run("-m", "huying", "report", "refresh", "--json")
        reported = _reported(place.home / "lake")
        if reported != (in_time, judged) or outcome["without_due"] != without:
            raise RuntimeError(f"the report says {reported}, the file {(in_time, judged)}, without due date {without}")
        figures.add(database, f"on time by the report, % of {judged:,}", 100 * reported[0] / reported[1])
        figures.add(database, "without a due date, not judged", without)


def _reported(lake: Path) -> tuple[int, int]:
    """(in time, of those closed with a due date) of the county over all years, from the published figures."""
    named = lake / json.loads((lake / "current.json").read_text())["figures"]
    with closing(sqlite3.connect(f"file:{named}?mode=ro", uri=True)) as con:
        in_time, judged = con.execute(
            "SELECT sum(closed_in_time__n), sum(closed_in_time__d) FROM cells WHERE node = ? AND length(period) = 4",
            [DIVISION],
        ).fetchone()
    return int(in_time), int(judged)
