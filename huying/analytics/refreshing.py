"""Bringing the figures up to now. Looks first whether there is anything to do: the engine is loaded only when there is."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from huying.analytics.definitions import Definitions
from huying.analytics.published import Publisher
from huying.analytics.trees import Tree
from huying.analytics.values.due import due
from huying.kernel import clock, facts
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


def refresh(definitions: Definitions, tree: Tree, home: Path, *, full: bool = False) -> Refreshed:
    """Bring facts, published figures and the values of defined indicators up to now. full: everything anew."""
    done = None if full else nothing_new(definitions, tree, home)
    if done is None:
        from huying.analytics.lake.store import Lake

        with Lake.opened(definitions, tree, home) as lake:
            done = lake.refresh(full=full)
    if not full and not due(home):
        return done
    from huying.analytics.values import building

    with locked(home):
        built = building.refresh(home, tree, full=full)
    return replace(done, values=built.written, seconds=done.seconds + built.seconds)


def nothing_new(definitions: Definitions, tree: Tree, home: Path) -> Refreshed | None:
    """Where no record, rule or place has changed and no limit has passed, only the watermark moves on.

    None where the lake is needed."""
    began = time.monotonic()
    with locked(home):
        watermark = clock.now().replace(microsecond=0)
        publisher = Publisher(home, list(definitions.measures))
        state = publisher.state()
        if (
            state is None
            or (state.digest, state.tree_digest) != (definitions.digest, tree.digest)
            # A new day moves the days that are kept below the township.
            or not state.watermark <= watermark
            or state.watermark.date() != clock.local(watermark).date()
            or (state.turns_at is not None and state.turns_at < int(watermark.timestamp()))
            or facts.dirty(definitions.table.name)
        ):
            return None
        publisher.say(replace(state, watermark=clock.local(watermark)))
    return Refreshed("nothing", watermark, 0, time.monotonic() - began)
