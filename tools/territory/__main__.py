"""The command line of tools.territory."""

import argparse
import time
from pathlib import Path

from tools.territory.build import build
from tools.territory.sources import PACKS

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Rebuild the packs' territory data.", epilog="python -m tools.territory lishui"
    )
    parser.add_argument("packs", nargs="*", help="which packs; all by default")
    parser.add_argument("--source", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=ROOT / "huying" / "packs")
    chosen = parser.parse_args()
    for name in chosen.packs or PACKS:
        began = time.monotonic()
        counts = build(PACKS[name], chosen.source, chosen.out / name)
        told = ", ".join(f"{what} {n}" for what, n in counts.items())
        print(f"{name}: {told} ({time.monotonic() - began:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
