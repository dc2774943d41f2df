"""The tree of divisions as it stood on a day: held in memory, rebuilt when the territory changes."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from django.utils.translation import gettext as _

from huying.domains.territory.models import Division, DivisionParent, TerritoryVersion
from huying.domains.territory.vocabulary import BEGINNING, DivisionKind
from huying.kernel import clock
from huying.kernel.actors import Level
from huying.kernel.errors import NotFound

TREES_KEPT = 8  # distinct states of the territory held at once; a report over years asks for few
COLUMNS = tuple(level.column for level in Level)


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A division on a day. parent is "" for a root."""

    code: str
    name: str
    level: Level
    kind: DivisionKind
    exclave: bool
    urban_rural: str
    provenance: str
    parent: str


@dataclass
class Tree:
    """All divisions valid on one day. Every look-up by code is one dictionary read. Codes have 12 digits.

    Where a level is skipped (a county directly under a province), its column is blank.
    """

    nodes: dict[str, Node]
    since: date = BEGINNING
    _children: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        below: dict[str, list[str]] = {}
        for code in sorted(self.nodes):
            below.setdefault(self._parent(code), []).append(code)
        self._children = {parent: tuple(codes) for parent, codes in below.items()}

    def _parent(self, code: str) -> str:
        parent = self.nodes[code].parent
        return parent if parent in self.nodes else ""

    def __contains__(self, code: object) -> bool:
        return code in self.nodes

    def __len__(self) -> int:
        return len(self.nodes)

    def get(self, code: str) -> Node | None:
        return self.nodes.get(code)

    def __getitem__(self, code: str) -> Node:
        """Raises NotFound."""
        node = self.nodes.get(code)
        if node is None:
            raise NotFound(
                _("没有编码为“%(code)s”的区划。") % {"code": code}, cure=_("核对 12 位编码；它可能在当日之前已撤并。")
            )
        return node

    @property
    def roots(self) -> tuple[str, ...]:
        return self._children.get("", ())

    def children(self, code: str) -> tuple[str, ...]:
        """Direct children, by code."""
        return self._children.get(code, ())

    def parent(self, code: str) -> str:
        """The parent's code; "" for a root or a code that is not there."""
        return self._parent(code) if code in self.nodes else ""

    def ancestors(self, code: str) -> tuple[str, ...]:
        """From the parent up to the root."""
        found: list[str] = []
        above = self.parent(code)
        while above and above not in found:  # a loop is a fault that `hygiene` tells; here it must only not hang
            found.append(above)
            above = self.parent(above)
        return tuple(found)

    def descendants(self, code: str, level: Level | None = None) -> Iterator[str]:
        """All below `code`, each parent before its children; only those of `level` when given."""
        pending = list(reversed(self.children(code)))
        seen: set[str] = set()
        while pending:
            each = pending.pop()
            if each in seen:
                continue
            seen.add(each)
            if level is None or self.nodes[each].level is level:
                yield each
            pending.extend(reversed(self.children(each)))

    @cached_property
    def _levels(self) -> dict[Level, tuple[str, ...]]:
        found: dict[Level, list[str]] = {level: [] for level in Level}
        for code in sorted(self.nodes):
            found[self.nodes[code].level].append(code)
        return {level: tuple(codes) for level, codes in found.items()}

    def at_level(self, level: Level) -> tuple[str, ...]:
        return self._levels[level]

    @cached_property
    def _columns(self) -> dict[str, dict[str, str]]:
        return {}

    def columns(self, code: str) -> dict[str, str]:
        """{province, city, county, township, village, grid} of a located record at `code` (12 digits, or 15 for a grid).

        Blank below what is known. Raises NotFound for a code that is not in the tree.
        """
        if (known := self._columns.get(code)) is None:
            division = code[:12]
            known = dict.fromkeys(COLUMNS, "")
            for each in (self[division].code, *self.ancestors(division)):
                known[self.nodes[each].level.column] = each
            if len(code) > 12:
                known[Level.GRID.column] = code
            self._columns[code] = known
        return dict(known)

    def path(self, code: str, *, below: str = "") -> tuple[Node, ...]:
        """From the root (or from just below `below`) down to `code` itself."""
        chain = (code, *self.ancestors(code))
        if below in chain:
            chain = chain[: chain.index(below)]
        return tuple(self.nodes[each] for each in reversed(chain) if each in self.nodes)

    def full_name(self, code: str, *, below: str = "") -> str:
        """Names from the root (or below `below`) down to `code`: two villages of one name are told apart by it."""
        return "".join(node.name for node in self.path(code, below=below))

    def is_within(self, code: str, ancestor: str) -> bool:
        """Whether `code` is `ancestor` or lies below it. Codes of grids are taken too."""
        own = code[:12]
        return own == ancestor or ancestor in self.ancestors(own) or code == ancestor


@dataclass
class _Loaded:
    """All spans of all divisions under one version of the territory, and the trees built from them so far."""

    token: str
    divisions: list[tuple[date, date | None, Node]]
    parents: list[tuple[date, date | None, str, str]]
    changes: list[date]
    trees: dict[date, Tree] = field(default_factory=dict)

    def on(self, day: date) -> Tree:
        at = bisect_right(self.changes, day)
        since = self.changes[at - 1] if at else date.min
        if (known := self.trees.get(since)) is None:
            while len(self.trees) >= TREES_KEPT:
                self.trees.pop(next(iter(self.trees)), None)
            known = self.trees[since] = self._build(day, since)
        return known

    def _build(self, day: date, since: date) -> Tree:
        over = {code: parent for begins, ends, code, parent in self.parents if _valid(begins, ends, day)}
        nodes = {}
        for begins, ends, node in self.divisions:
            if _valid(begins, ends, day):
                parent = over.get(node.code, "")
                nodes[node.code] = node if node.parent == parent else _with_parent(node, parent)
        return Tree(nodes, since)


def _valid(begins: date, ends: date | None, day: date) -> bool:
    return begins <= day and (ends is None or day < ends)


def _with_parent(node: Node, parent: str) -> Node:
    return Node(node.code, node.name, node.level, node.kind, node.exclave, node.urban_rural, node.provenance, parent)


_loaded: _Loaded | None = None
_loading = threading.Lock()


def version() -> str:
    """The territory's state; changes with every write to it. "" before the first. One query."""
    return TerritoryVersion.objects.values_list("token", flat=True).first() or ""


def tree(on: date | None = None) -> Tree:
    """The divisions as they stood on the day `on` (today when None). One small query when nothing has changed."""
    return _all_spans().on(on or clock.today())


def change_days() -> tuple[date, ...]:
    """The days on which the tree changed, ascending: between two of them it is the same."""
    return tuple(_all_spans().changes)


def _all_spans() -> _Loaded:
    global _loaded
    token = version()
    held = _loaded
    if held is None or held.token != token:
        with _loading:
            if _loaded is None or _loaded.token != token:
                _loaded = _load(token)
            held = _loaded
    return held


def _load(token: str) -> _Loaded:
    rows = Division.objects.values_list(
        "valid_from", "valid_to", "code", "name", "level", "kind", "exclave", "urban_rural", "provenance"
    )
    spans = list(DivisionParent.objects.values_list("valid_from", "valid_to", "code", "parent"))
    usual = {code: parent for _begins, _ends, code, parent in spans}
    divisions = [
        (
            begins,
            ends,
            Node(code, name, Level(level), DivisionKind(kind), exclave, urban_rural, provenance, usual.get(code, "")),
        )
        for begins, ends, code, name, level, kind, exclave, urban_rural, provenance in rows.iterator(chunk_size=5000)
    ]
    edges = {(span[0], span[1]) for span in divisions} | {(span[0], span[1]) for span in spans}
    changes = sorted({day for edge in edges for day in edge if day is not None})
    return _Loaded(token, divisions, spans, changes)


def columns(code: str, on: date | None = None) -> dict[str, str]:
    """The located columns of a division or grid code on a day. Raises NotFound."""
    return tree(on).columns(code)


def names(codes: Iterable[str], on: date | None = None) -> dict[str, str]:
    """Code → name on a day, for divisions and grids; a code that is not there is left out. At most two queries."""
    from huying.domains.territory.models import Grid

    wanted = {code for code in codes if code}
    known = tree(on)
    found = {code: known.nodes[code].name for code in wanted if code in known.nodes}
    grids = [code for code in wanted if len(code) > 12]
    for start in range(0, len(grids), 500):
        batch = grids[start : start + 500]
        found.update(Grid.objects.filter(code__in=batch).values_list("code", "name"))
    return found
