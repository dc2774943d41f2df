"""The report's budgets: a year of one million matters, all divisions of Lishui, from nothing and after a thousand changes.

`python -m bench.report [ROWS]` prints one line a step with its budget. The main database is SQLite in a throwaway folder.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from bench.figures import Figures, Sizes

LINE = re.compile(r"report · ([^:]+): ([\d.]+) s \(budget")
BUDGETS = {"from nothing, with extraction": 15.0, "from the lake": 5.0, "after 1,000 changes, warm": 1.0}


def _say(step: str, seconds: float) -> bool:
    budget = BUDGETS[step]
    print(f"report · {step}: {seconds:.2f} s (budget {budget:g} s) {'ok' if seconds <= budget else 'OVER'}", flush=True)
    return seconds <= budget


def main(rows: int = 1_000_000) -> bool:
    with tempfile.TemporaryDirectory(prefix="huying-bench-") as home:
        os.environ.update(HUYING_HOME=home, DJANGO_SETTINGS_MODULE="huying.entry.settings")
        os.environ.pop("HUYING_DATABASE_URL", None)
        import django

        django.setup()
        return _measure(rows, Path(home))


def _measure(rows: int, home: Path) -> bool:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from bench import synthetic
    from huying.analytics.definitions.reading import SHIPPED, load
    from huying.analytics.lake.store import Lake
    from huying.analytics.trees import Tree
    from huying.kernel import clock, facts

    call_command("migrate", "kernel", verbosity=0)
    # 9 counties of 19 townships of 12 villages: 2,052, as in Lishui.
    villages = [f"3311{c:02}{t:03}{v:03}" for c in range(2, 11) for t in range(1, 20) for v in range(1, 13)]
    began = time.monotonic()
    synthetic.fill(rows, villages, 2025, str(settings.DATABASES["default"]["NAME"]))
    print(f"report · {rows:,} made-up matters written in {time.monotonic() - began:.0f} s", flush=True)
    tree = Tree(synthetic.lishui([(code, code) for code in villages]))
    definitions = load(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name, synthetic.TABLE)
    kept = True
    with clock.use(clock.FixedClock(clock.local(datetime(2025, 12, 1, 10)))):  # noqa: DTZ001
        connection.close()
        with Lake.opened(definitions, tree, home / "lake") as lake:
            kept &= _say("from nothing, with extraction", lake.refresh().seconds)
            (home / "lake" / "current.json").unlink()
            kept &= _say("from the lake", lake.refresh().seconds)
            ids = random.Random(1).sample(range(1, rows + 1), min(1000, rows))
            synthetic.Matter._default_manager.filter(pk__in=ids[::2]).update(returned_count=3, closed_in_time=False)
            synthetic.Matter._default_manager.filter(pk__in=ids[1::2]).update(closed_at=None, closed_in_time=None)
            facts.touch("matters", ids)
            done = lake.refresh()
            if done.way != "added":
                raise RuntimeError(f"a thousand changes were not added but {done.way}")
            kept &= _say("after 1,000 changes, warm", done.seconds)
    return kept


def run(figures: Figures, sizes: Sizes) -> None:
    """As a part of `python -m bench`: in a process of its own, as Django is set up for a throwaway folder."""
    done = subprocess.run([sys.executable, "-m", "bench.report", str(sizes.matters)], capture_output=True, text=True)
    found = dict(LINE.findall(done.stdout))
    if set(found) != set(BUDGETS):
        raise RuntimeError(f"the report's steps did not all run:\n{done.stderr[-2000:]}")
    for step, seconds in found.items():
        figures.add("sqlite", f"{step}, seconds", float(seconds), at_most=BUDGETS[step])


if __name__ == "__main__":
    sys.exit(0 if main(*(int(text) for text in sys.argv[1:2])) else 1)
