"""The tree of places, in time: whom a unit is compared with, and whether it was there at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from huying.analytics.composite.tables import harmless, read_rows
from huying.analytics.periods import Period
from huying.kernel.errors import InvalidInput

PARENT, LEVEL = "tree.parent", "tree.level"


@dataclass(frozen=True)
class Span:
    """A node under a parent at a level, from a day until the day before another; None has no bound."""

    parent: str
    level: str
    valid_from: date | None
    valid_to: date | None

    def holds(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True)
class Tree:
    spans: dict[str, tuple[Span, ...]]

    def groups(self, units: Sequence[str], times: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """For each row the unit's parent and level on the last day of the row's period (now, without one).

        Raises InvalidInput for a unit that the tree does not hold then: a merged township has no score after its merger.
        """
        parents, levels = [], []
        last = {time: Period.parse(time).last for time in set(times) if time}
        for unit, time in zip(units, times, strict=True):
            spans = self.spans.get(unit)
            if spans is None:
                raise InvalidInput(f"{unit} is no node of the tree", cure="add it to the tree, or take its rows out")
            there = [span for span in spans if (span.holds(last[time]) if time else span.valid_to is None)]
            if not there:
                raise InvalidInput(
                    f"{unit} is not in the tree at {time or 'present'}",
                    cure="deliver its figures under the node that took its place, or mend valid_from and valid_to",
                )
            parents.append(there[0].parent)
            levels.append(there[0].level)
        return {PARENT: tuple(parents), LEVEL: tuple(levels)}


def read_tree(path: Path) -> Tree:
    """tree.csv: node, parent, level, optional valid_from and valid_to (ISO days; to is the first day no longer valid).

    Raises InvalidInput for a missing column, a day that cannot be read, or two spans of a node on one day.
    """
    header, rows = read_rows(path)
    lacking = [name for name in ("node", "parent", "level") if name not in header]
    if lacking:
        raise InvalidInput(f"{path.name} lacks the column {', '.join(lacking)}", cure="give node, parent, level")
    spans: dict[str, list[Span]] = {}
    for line, cells in rows:
        row = dict(zip(header, cells, strict=True))
        for name in ("node", "parent", "level"):
            harmless(f"{path.name}:{line}", name, row[name])
        made = Span(
            row["parent"],
            row["level"],
            *(_day(f"{path.name}:{line}", name, row.get(name, "")) for name in ("valid_from", "valid_to")),
        )
        for other in spans.get(row["node"], []):
            if (other.valid_to is None or made.valid_from is None or made.valid_from < other.valid_to) and (
                made.valid_to is None or other.valid_from is None or other.valid_from < made.valid_to
            ):
                raise InvalidInput(
                    f"{path.name}:{line}: {row['node']} stands twice on the same days",
                    cure="end the one span on the day the other begins",
                )
        spans.setdefault(row["node"], []).append(made)
    return Tree({node: tuple(found) for node, found in spans.items()})


def _day(where: str, name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{where}: {name} {text!r} is no day", cure="write it as 2026-10-05") from None
