"""One turn of bringing figures up to now: what it says of itself, and the lock that whoever takes it holds. Loads no engine."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from huying.kernel.errors import Unavailable


@dataclass(frozen=True)
class Refreshed:
    """How a refresh went. way: "full" (extracted anew), "recounted" (from the lake), "added" (only what changed), "nothing".

    values: how many values of defined indicators were written anew.
    """

    way: str
    watermark: datetime
    read: int
    seconds: float
    values: int = 0

    def said(self) -> dict[str, Any]:
        """As `huying report refresh --json` prints it."""
        return {
            "way": self.way,
            "read": self.read,
            "values": self.values,
            "seconds": round(self.seconds, 3),
            "watermark": self.watermark.isoformat(),
        }


@contextmanager
def locked(home: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lake's lock. Raises Unavailable when another process holds it and `wait` is false."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable("another process is refreshing the figures", cure="wait until it has finished") from None
        yield
