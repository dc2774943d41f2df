"""Compiled translations are not committed: each `.po` newer than its `.mo` is compiled, by install, by serve and by tests.

`python -m huying.kernel.translations` does it by hand.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

import polib

PACKAGE = Path(__file__).resolve().parents[1]


def compile_stale(root: Path = PACKAGE) -> list[Path]:
    """Compile what is stale under `root`; returns the `.mo` files written. Safe when several processes do it at once."""
    written = []
    for source in sorted(root.rglob("locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns > source.stat().st_mtime_ns:
            continue
        handle, temporary = tempfile.mkstemp(dir=target.parent, suffix=".mo.part")
        os.close(handle)
        catalogue: Any = polib.pofile(str(source))  # type: ignore[no-untyped-call]
        catalogue.save_as_mofile(temporary)
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
        written.append(target)
    return written


if __name__ == "__main__":
    for path in compile_stale():
        print(path.relative_to(PACKAGE))
