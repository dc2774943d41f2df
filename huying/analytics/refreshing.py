"""Bringing the figures up to now. Looks first whether there is anything to do: the engine is loaded only when there is."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from huying.analytics.definitions import Definitions
from huying.analytics.lake.turn import Refreshed, locked
from huying.analytics.published import Publisher
from huying.analytics.trees import Tree
from huying.analytics.values.due import due
from huying.kernel import clock, facts


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


__all__ = ["Refreshed", "locked", "nothing_new", "refresh"]
