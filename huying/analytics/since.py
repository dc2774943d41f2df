"""What became of the records and deliveries a published figure was computed from: does today's data still say the same?

A figure once published stays; this tells where the ground under it has moved. Records have no versions: that a count is another
is told here, why by the log of the records themselves (matters.queries.touched). Deliveries have versions: those of the edition
must be there still, word for word; what was corrected since and what came late is told apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from huying.analytics import published, sources
from huying.analytics.figures import known
from huying.analytics.periods import Period
from huying.analytics.published import Published, State
from huying.analytics.snapshots import Inputs, kept
from huying.analytics.trees import Tree
from huying.analytics.values import keeping
from huying.kernel.actors import Level


@dataclass(frozen=True)
class Moved:
    """One count that isn't today what it was."""

    node: str
    period: str
    measure: str
    then: int
    now: int


@dataclass(frozen=True)
class Since:
    """cells: kept counts (a place, a period) that today's data can be asked for; asked_not: those whose days aren't kept so long.
    changed: those of them that differ; listed: their counts, of the county and above alone, as below it they are small. rules,
    tree: whether these are the same still. deliveries: that the figures rest on; lost: those not there any more as they were;
    corrected: those a later version replaced. late: of the edition's own period, not there when it was published.
    """

    cells: int
    asked_not: int
    changed: int
    listed: tuple[Moved, ...]
    rules: bool
    tree: bool
    deliveries: int
    lost: tuple[str, ...]
    corrected: int
    late: int


def since(inputs: Inputs, period: Period) -> Since:
    """Hold what was kept against today's data. Raises Unavailable for inputs that are gone or torn, or before any refresh."""
    said = json.loads(kept(inputs["figures"]))
    then = State.loads(said["state"])
    with published.opened() as figures:
        cells, asked_not, moved, places = _counted(said, figures)
        rules, tree = figures.state.digest == then.digest, figures.state.tree_digest == then.tree_digest
    again = keeping.again(inputs["values"], kept) if "values" in inputs else None
    told = list(_delivered(again)) if again else []
    return Since(
        cells,
        asked_not,
        places,
        tuple(moved),
        rules,
        tree,
        sum(len(rows) for rows in again.deliveries.values()) if again else 0,
        tuple(name for name, lost in told if lost),
        sum(not lost for _name, lost in told),
        _late(again, period) if again else 0,
    )


def _late(again: keeping.Again, period: Period) -> int:
    """Deliveries of the places and the period the edition looks at that weren't there when it was published."""
    found = 0
    for (kind, name), rows in again.deliveries.items():
        provider = sources.provider("dataset" if kind == "dataset" else "survey")
        if provider is None or name not in provider.names():
            continue
        held = {(row.node, row.day) for row in rows}
        today = {(row.node, row.day) for row in provider.rows(name, None, None)}
        found += sum(node in again.places and period.start <= day < period.end for node, day in today - held)
    return found


def _counted(said: Mapping[str, Any], figures: Published) -> tuple[int, int, list[Moved], int]:
    """How many cells were asked for, how many couldn't be, the counts that differ, and in how many cells any does."""
    names = [name for name in said["measures"] if name in figures.measures]
    at = {name: said["measures"].index(name) + 2 for name in names}
    tree = figures.tree()
    there = [row for row in said["cells"] if _kept_still(figures.state, tree, row[0], row[1])]
    today = figures.cells({row[0] for row in there}, sorted({row[1] for row in there}))
    moved: list[Moved] = []
    places = 0
    for row in there:
        cell = today.get((row[0], row[1]), {})
        differs = [name for name in names if row[at[name]] != cell.get(name, 0)]
        places += bool(differs)
        if tree.spans[row[0]][-1].level <= Level.COUNTY:
            moved.extend(Moved(row[0], row[1], name, row[at[name]], cell.get(name, 0)) for name in differs)
    return len(there), len(said["cells"]) - len(there), moved, places


def _kept_still(state: State, tree: Tree, node: str, period: str) -> bool:
    spans = tree.spans.get(node)
    return spans is not None and known(state, Period.parse(period), spans[-1].level) is None


def _delivered(again: keeping.Again) -> Iterator[tuple[str, bool]]:
    """Each delivery that isn't the newest any more: its name, and whether it is lost instead of followed by a later version."""
    for (kind, name), rows in again.deliveries.items():
        provider = sources.provider("dataset" if kind == "dataset" else "survey")
        asked = provider if provider is not None and name in provider.names() else None
        today = set(map(_known, asked.rows(name, None, None))) if asked else set()
        replaced = [row for row in rows if _known(row) not in today]
        # As of its own moment each version is the newest there was.
        for at in sorted({row.at for row in replaced}):
            then = set(map(_known, asked.rows(name, None, at))) if asked else set()
            for row in replaced:
                if row.at == at:
                    yield f"{name} {row.node} {row.day}", _known(row) not in then


def _known(row: sources.Delivered) -> tuple[object, ...]:
    return row.node, row.day, row.at, row.n, tuple(sorted(row.values.items()))
