"""A Python of its own for what is measured beside us: made from the hashed lock, away from Huying's own packages."""

from __future__ import annotations

import functools
import hashlib
import shutil
import subprocess
import sys

from bench import places

LOCK = places.CHECKOUT / "requirements" / "bench.txt"


@functools.cache
def python() -> str:
    """The interpreter in HUYING_HOME/bench/beside-<digest of the lock>, made when it isn't there yet.

    Raises RuntimeError, saying what to do, when the packages can't be had (no network, no package index).
    """
    home = places.folder() / f"beside-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    found = home / "bin" / "python"
    if (home / "ready").exists():
        return str(found)
    places.tell(f"installing {LOCK.relative_to(places.CHECKOUT)} into {home}")
    shutil.rmtree(home, ignore_errors=True)
    _do("no virtual environment", sys.executable, "-m", "venv", str(home))
    _do(
        "its packages could not be installed",
        *(str(found), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--retries", "1"),
        *("--require-hashes", "-r", str(LOCK)),
    )
    (home / "ready").touch()
    return str(found)


def _do(wrong: str, *command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-4:]
        raise RuntimeError(
            f"NOT MEASURED, {wrong}: {' / '.join(last)}. It needs a package index once: connect the machine, or point "
            f"PIP_INDEX_URL at the office's own; then run `python -m bench helpdesk` again"
        )
