"""Whether the stored values still say what records, deliveries and definitions do. Loads no engine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from pathlib import Path

from huying.analytics import published, sources
from huying.analytics.values import listing, store
from huying.analytics.values.listing import Version, asked_once
from huying.kernel import clock

# A delivery is stamped before it is committed; one committed later than the next is read this long after.
OVERLAP = timedelta(minutes=10)


@asked_once()
def due(home: Path) -> bool:
    """Whether a build would find anything to do."""
    said, peers = listing.versions(), listing.groups()
    held = store.state(home)
    if held is None:
        return bool(said)
    with published.opened(home) as figures:
        state = figures.state
    return (
        (held.generation, held.counted, held.tree) != (state.generation, state.digest, state.tree_digest)
        or held.definitions != listing.digest(said, peers)
        # A new day, so perhaps a new period.
        or held.watermark.date() != state.watermark.date()
        or any(delivered(kind, name, held.seen.get(f"{kind}:{name}")) for kind, name in delivering(said))
    )


def delivering(said: Mapping[str, Sequence[Version]]) -> list[tuple[str, str]]:
    """The datasets and surveys that any version of any indicator reads, and that are there."""
    named = {source for rows in said.values() for version in rows for source in listing.named(version.row)}
    return sorted((kind, name) for kind, name in named if kind != "facts" and listing.known_measures(kind, name))


def delivered(kind: str, name: str, seen: str | None) -> bool:
    """Whether anything came since."""
    return next(iter(rows(kind, name, seen)), None) is not None


def digest(found: Iterable[sources.Delivered]) -> str:
    """Which deliveries these are: no two versions of a place and period have the same moment."""
    said = hashlib.sha256()
    for row in found:
        said.update(f"{row.node}|{row.day}|{row.at.astimezone(UTC).isoformat()}\n".encode())
    return said.hexdigest()[:16]


standing_in: ContextVar[Mapping[tuple[str, str], Sequence[sources.Delivered]] | None] = ContextVar(
    "deliveries_standing_in", default=None
)


@contextmanager
def instead(of: Mapping[tuple[str, str], Sequence[sources.Delivered]]) -> Iterator[None]:
    """Whoever asks for deliveries meanwhile is given these (snapshots)."""
    token = standing_in.set(of)
    try:
        yield
    finally:
        standing_in.reset(token)


def rows(kind: str, name: str, since: str | None, upto: datetime | None = None) -> Iterable[sources.Delivered]:
    """Deliveries of a source; none where this place has no such source."""
    if (held := standing_in.get()) is not None:
        return held.get((kind, name), ())
    provider = sources.provider("dataset" if kind == "dataset" else "survey")
    if provider is None or name not in provider.names():
        return ()
    return provider.rows(name, clock.local(datetime.fromisoformat(since)) if since else None, upto)
