"""The dated tree of places, as data: whoever knows the places registers a source; analytics knows none itself."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise

from huying.kernel.actors import Level
from huying.kernel.errors import InvalidInput, NotFound

BEGINNING, FOREVER = date.min, date.max
LEVEL_COLUMNS = tuple(level.column for level in Level)


@dataclass(frozen=True, order=True)
class Node:
    """One span of a place's life under one name and one parent: from `valid_from` until the day before `valid_to`.

    code: 12 digits, 15 for a grid. parent: "" for a root.
    """

    code: str
    parent: str
    level: Level
    name: str
    valid_from: date = BEGINNING
    valid_to: date = FOREVER

    def on(self, day: date) -> bool:
        return self.valid_from <= day < self.valid_to


Source = Callable[[], Iterable[Node]]
_source: Source | None = None


def register_source(source: Source) -> Source:
    """Say where the tree comes from. The last registration counts: there is one tree of places."""
    global _source
    _source = source
    return source


def load() -> Tree:
    """The whole dated tree; empty while no source is registered."""
    from huying.kernel import facts  # its tables want Django set up, which a tree from a file does without

    facts.discover()  # the source stands in a domain's facts module
    return Tree(_source() if _source is not None else ())


class Tree:
    """All spans of all nodes; asked for a day, it answers as of that day.

    Raises InvalidInput when two spans of one node overlap: a day would then have two parents.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes: Sequence[Node] = tuple(sorted(nodes))
        by_code: dict[str, list[Node]] = defaultdict(list)
        by_parent: dict[str, list[Node]] = defaultdict(list)
        for node in self.nodes:
            by_code[node.code].append(node)
            by_parent[node.parent].append(node)
        # Every span of a code, oldest first; every span that ever lay under a code.
        self.spans: Mapping[str, list[Node]] = dict(by_code)
        self.under: Mapping[str, list[Node]] = dict(by_parent)
        for code, spans in self.spans.items():
            spans.sort(key=lambda node: node.valid_from)
            for one, other in pairwise(spans):
                if other.valid_from < one.valid_to:
                    raise stands_twice(code, other.valid_from)
        # The days on which anything changes; between two of them the tree stands still.
        self.changes = sorted(
            {node.valid_from for node in self.nodes} | {node.valid_to for node in self.nodes} - {FOREVER} - {BEGINNING}
        )
        if self.changes and self.changes[0] == BEGINNING:
            del self.changes[0]

    def __bool__(self) -> bool:
        return bool(self.nodes)

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256("\n".join(map(repr, self.nodes)).encode()).hexdigest()[:16]

    def node(self, code: str, on: date) -> Node | None:
        return next((span for span in self.spans.get(code, ()) if span.on(on)), None)

    def nodes_of(self, code: str) -> list[Node]:
        """The spans of one code, oldest first."""
        return list(self.spans.get(code, ()))

    def children(self, code: str, on: date) -> list[Node]:
        return [node for node in self.under.get(code, ()) if node.on(on)]

    def epochs(self) -> list[date]:
        """First days of the stretches in which the tree stands still; the first reaches back to the beginning."""
        return [BEGINNING, *self.changes]

    def path(self, code: str, on: date) -> list[Node]:
        """`code` and all above it on that day, lowest first; empty when it isn't in the tree then."""
        found: list[Node] = []
        node = self.node(code, on)
        while node is not None and node not in found:
            found.append(node)
            node = self.node(node.parent, on)
        return found


def stands_twice(code: str, on: date) -> InvalidInput:
    when = f" on {on}" if on > BEGINNING else ""
    return InvalidInput(f"{code} stands twice in the tree{when}", cure="end one span before the other begins")


def full_code(text: str) -> str:
    """A division code as the tree writes it: `3311` → `331100000000`. Raises InvalidInput when it isn't a code."""
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) not in (2, 4, 6, 9, 12, 15):
        raise InvalidInput(
            f"division {text!r} is not a division code",
            cure="write 2, 4, 6, 9 or 12 digits, 15 for a grid: 3311 is Lishui",
        )
    return text.ljust(12, "0")


def named(tree: Tree, code: str, on: date) -> Node:
    """The span of `code` that holds on that day, else its nearest. Raises NotFound for a place that was never there."""
    spans = tree.nodes_of(code)
    if not spans:
        raise NotFound(f"no division {code}", cure="see the divisions of the installed pack: huying pack export")
    return next((node for node in spans if node.on(on)), min(spans, key=lambda node: abs(node.valid_from - on)))
