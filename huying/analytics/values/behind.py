"""What stands behind a value: the records it counts, the deliveries it sums."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from huying.analytics.behind import address
from huying.analytics.periods import Period
from huying.analytics.sources import Delivered
from huying.analytics.trees import Node
from huying.analytics.values import due, listing, store
from huying.analytics.values.listing import Entry


def records_of(entry: Entry, node: Node, period: Period) -> list[tuple[str, str]]:
    """The counts of records a value is made of, each with the page of those records: ("closed_in_time__n", "/desk/…")."""
    if entry.fixed is not None:
        return [(part, address(f"{entry.code}.{part}", node, period)) for part in ("numerator", "denominator")]
    found = []
    assert entry.row is not None
    for name in listing.counted_of(entry.row):
        code, _mark, part = name.rpartition("__")
        part = {"n": "numerator", "d": "denominator"}.get(part, part)
        found.append((name, address(f"{code}.{part}", node, period)))
    return found


def deliveries_of(entries: Iterable[Entry]) -> dict[tuple[str, str], list[Delivered]]:
    """Of each dataset and survey they read, (kind, name), the deliveries their values were computed from."""
    with store.opened() as kept:
        state = kept.state() if kept else None
    upto = datetime.fromisoformat(state.read) if state and state.read else None
    named = {source for entry in entries if entry.row is not None for source in listing.named(entry.row)}
    return {(kind, name): list(due.rows(kind, name, None, upto)) for kind, name in sorted(named) if kind != "facts"}


def delivery_of(entry: Entry, nodes: Iterable[str], period: Period) -> list[tuple[str, str, Delivered]]:
    """What was delivered for the places in the period: (kind of source, its name, the delivery)."""
    wanted = set(nodes)
    if entry.row is None:
        return []
    return [
        (kind, name, row)
        for kind, name in listing.named(entry.row)
        if kind != "facts"
        for row in due.rows(kind, name, None)
        if row.node in wanted and period.start <= row.day < period.end
    ]
