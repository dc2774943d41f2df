"""`python -m bench [NAME …] [--quick] [--database sqlite] [--out FILE]`: measure, print a table, keep it as JSON."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
from dataclasses import replace
from pathlib import Path

from bench import places
from bench.figures import Figures, Sizes, load_average

PARTS = (
    "startup",
    "lifecycles",
    "reads",
    "pages",
    "storm",
    "memory",
    "spike",
    "importing",
    "replay",
    "report",
    "index",
    "values",
    "helpdesk",
)


def main() -> int:
    """Exit 0 when every part ran; a figure short of what is asked is printed as SHORT and fails only with --strict."""
    asked = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    asked.add_argument("parts", nargs="*", metavar="NAME", help=f"any of {', '.join(PARTS)}; all when none is named")
    asked.add_argument(
        "--quick", action="store_true", help="tiny sizes: shows that a part runs, not how fast Huying is"
    )
    asked.add_argument("--database", choices=places.DATABASES, help="one database instead of both")
    asked.add_argument("--matters", type=int, help="how many are stored (1,000,000)")
    asked.add_argument("--seconds", type=float, help="length of one run (10)")
    asked.add_argument("--out", type=Path, help="the JSON file; HUYING_HOME/bench/figures.json when not given")
    asked.add_argument("--strict", action="store_true", help="exit 1 when a figure falls short")
    given = asked.parse_args()
    unknown = set(given.parts) - set(PARTS)
    if unknown:
        asked.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    databases = (given.database,) if given.database else places.DATABASES
    sizes = Sizes.quick(databases) if given.quick else Sizes(databases)
    if given.matters:
        sizes = replace(sizes, matters=given.matters)
    if given.seconds:
        sizes = replace(sizes, seconds=given.seconds)
    # Told to end: servers and PostgreSQL that were started are ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    figures, failed = Figures(), []
    for name in given.parts or PARTS:
        figures.part = name
        try:
            importlib.import_module(f"bench.{name}").run(figures, sizes)
        except Exception as fault:  # one part that cannot run here must not cost the others' figures
            failed.append(name)
            print(f"{name}: {type(fault).__name__}: {fault}", file=sys.stderr, flush=True)
        figures.add("", "load average of the last minute", load_average())
    out = given.out or places.folder() / "figures.json"
    figures.save(out, given.quick)
    print(f"kept in {out}" + (f"; could not run: {', '.join(failed)}" if failed else ""))
    short = [one for one in figures.found if one.kept is False]
    return 1 if failed or (given.strict and short) else 0


if __name__ == "__main__":
    sys.exit(main())
