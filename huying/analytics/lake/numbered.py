"""The dated tree in whole numbers: of each stretch in which it stands still (an epoch), every place's parent. Pure arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from huying.analytics.periods import Period
from huying.analytics.trees import BEGINNING, FOREVER, Tree, stands_twice

ABSENT, ROOT = -2, -1
Whole = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.intp]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Spans:
    """The dated tree as columns, a row a span of a place's life.

    nodes: codes, their place in the list their number. node, parent: numbers, a parent that is none of them ROOT. begins, ends:
    days since 1 January of year 1 (date.toordinal), the end the first day the span no longer holds. epochs: first days of the
    stretches in which the tree stands still, the first reaching back to the beginning.
    """

    nodes: list[str]
    node: Places
    parent: Places
    begins: Places
    ends: Places
    epochs: list[date]
    # Reckoned once for each stretch, whatever days are looked at.
    _layers: dict[int, list[Places]] = field(default_factory=dict, compare=False, repr=False)
    _sums: dict[int, list[tuple[Places, Places, Numbers]]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, tree: Tree, nodes: Sequence[str]) -> Spans:
        """Of these places alone; the stretches are those of the whole tree."""
        number = {code: i for i, code in enumerate(nodes)}
        held = [span for span in tree.nodes if span.code in number]
        return cls(
            list(nodes),
            np.array([number[span.code] for span in held], dtype=np.int32),
            np.array([number.get(span.parent, ROOT) for span in held], dtype=np.int32),
            np.array([span.valid_from.toordinal() for span in held], dtype=np.int32),
            np.array([span.valid_to.toordinal() for span in held], dtype=np.int32),
            tree.epochs(),
        )

    @classmethod
    def columns(cls, nodes: list[str], node: Places, parent: Places, begins: Places, ends: Places) -> Spans:
        """Raises InvalidInput when two spans of one place overlap: a day would then have two parents."""
        order = np.lexsort((begins, node))
        twice = (node[order][1:] == node[order][:-1]) & (begins[order][1:] < ends[order][:-1])
        if twice.any():
            at = order[1:][twice][0]
            raise stands_twice(nodes[node[at]], date.fromordinal(int(begins[at])))
        changes = np.union1d(begins, ends)
        outer = (BEGINNING.toordinal(), FOREVER.toordinal())
        inner = [date.fromordinal(int(day)) for day in changes if day not in outer]
        return cls(nodes, node, parent, begins, ends, [BEGINNING, *inner])

    @cached_property
    def digest(self) -> str:
        about = hashlib.sha256("\n".join(self.nodes).encode())
        for column in (self.node, self.parent, self.begins, self.ends):
            about.update(column.tobytes())
        return about.hexdigest()[:32]


@dataclass
class Numbered:
    """The stretches between two days. nodes: codes, their place in the list their number. starts: the first day of each epoch.
    parents: epochs × nodes.

    before: how many epochs of the tree lie before the first of these.
    """

    nodes: list[str]
    starts: list[date]
    parents: Places
    before: int
    _layers: dict[int, list[Places]]
    _sums: dict[int, list[tuple[Places, Places, Numbers]]]

    @classmethod
    def of(cls, spans: Spans, first: date, last: date) -> Numbered:
        """Of the days from `first` to `last`, both included."""
        starts = [start for start in spans.epochs if start <= last]
        before = 0
        while len(starts) > before + 1 and starts[before + 1] <= first:
            before += 1
        del starts[:before]
        starts[0] = max(starts[0], first)
        parents = np.full((len(starts), len(spans.nodes)), ABSENT, dtype=np.int32)
        for row, start in zip(parents, starts, strict=True):
            held = (spans.begins <= start.toordinal()) & (start.toordinal() < spans.ends)
            row[spans.node[held]] = spans.parent[held]
            # A place whose parent doesn't stand is a root while that lasts.
            below = row >= 0
            row[below] = np.where(row[row[below]] == ABSENT, ROOT, row[below])
        return cls(spans.nodes, starts, parents, before, spans._layers, spans._sums)

    def stands(self, epoch: int) -> npt.NDArray[np.bool_]:
        stands: npt.NDArray[np.bool_] = self.parents[epoch] != ABSENT
        return stands

    def layers(self, epoch: int) -> list[Places]:
        """The places that have a parent, by depth, deepest first. In a tree without a circle these are all that have one."""
        key = self.before + epoch
        if key not in self._layers:
            parents = self.parents[epoch]
            at = np.flatnonzero(parents == ROOT).astype(np.int32)
            # Children of each place stand together in this order.
            order = np.argsort(parents, kind="stable").astype(np.int32)
            sorted_parents = parents[order]
            found: list[Places] = []
            while len(at):
                first, after = np.searchsorted(sorted_parents, at), np.searchsorted(sorted_parents, at, side="right")
                counts = after - first
                offsets = np.repeat(first - np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
                at = order[offsets + np.arange(int(counts.sum()))]
                if len(at):
                    found.append(at)
            self._layers[key] = found[::-1]
        return self._layers[key]

    def circle(self, epoch: int) -> str:
        """The code of a place that is above itself; "" where there is none."""
        parents = self.parents[epoch]
        lost = parents >= 0
        for layer in self.layers(epoch):
            lost[layer] = False
        if not lost.any():
            return ""
        at = int(np.flatnonzero(lost)[0])
        for _step in range(len(self.nodes)):  # whoever is lost hangs below a circle, or is in it
            at = int(parents[at])
        return self.nodes[at]

    def raise_up(self, values: Whole, epoch: int, columns: Iterable[int] | None = None) -> None:
        """Add, in place, each place's row to its parent's, deepest first. values: nodes × anything; columns: only in these."""
        key = self.before + epoch
        if key not in self._sums:
            self._sums[key] = []
            for layer in self.layers(epoch):
                of = self.parents[epoch][layer]
                order = np.argsort(of, kind="stable")
                heads, starts = np.unique(of[order], return_index=True)
                heads = heads.astype(np.int32)
                self._sums[key].append((layer[order], heads, starts))
        for column in range(values.shape[1]) if columns is None else columns:
            own = values[:, column]
            for below, heads, starts in self._sums[key]:
                own[heads] += np.add.reduceat(own[below], starts)

    def above(self, epoch: int, places: Places) -> tuple[Places, Places]:
        """Pairs of each of the places with itself and everything above it."""
        parents = self.parents[epoch]
        held = places[parents[places] != ABSENT]
        below, over = [held], [held]
        at = held
        while len(at):
            up = parents[at]
            keep = up >= 0
            held, at = held[keep], up[keep]
            below.append(held)
            over.append(at)
        return np.concatenate(below), np.concatenate(over)

    def lowest(self, epoch: int, reporters: Places) -> Places:
        """The places that have none below them, and those that have but report themselves."""
        parents = self.parents[epoch]
        found = parents != ABSENT
        found[parents[parents >= 0]] = False
        found[reporters] = True
        return np.flatnonzero(found & (parents != ABSENT)).astype(np.int32)

    def cells(self, periods: Sequence[Period]) -> list[tuple[int, int]]:
        """Each period's number with each epoch that has days in it, in order."""
        ends = [*self.starts[1:], date.max]
        return [
            (p, e)
            for p, period in enumerate(periods)
            for e, (start, end) in enumerate(zip(self.starts, ends, strict=True))
            if (start < period.end or e == 0) and end > period.start
        ]

    def distinct(self, places: Mapping[int, Places]) -> Values:
        """How many different places stood below (or at) each node in any of the epochs. places: of each epoch."""
        pairs = [self.above(epoch, np.unique(loc)) for epoch, loc in places.items()]
        place, node = (np.concatenate([pair[i] for pair in pairs]).astype(np.int64) for i in (0, 1))
        different = np.unique(place * len(self.nodes) + node) % len(self.nodes)
        counts: Values = np.bincount(different, minlength=len(self.nodes)).astype(np.float64)
        return counts


def split(cells: Sequence[tuple[int, int]]) -> list[int]:
    """The periods within which the tree changed."""
    return [p for (p, _epoch), (other, _later) in pairwise(cells) if p == other]


@dataclass
class Standing:
    """Which places stand when, and how many lowest are below each.

    reporters: places that report themselves though others lie below them. only: count those alone, not every lowest place.
    """

    spans: Spans
    reporters: frozenset[str] = frozenset()
    only: bool = False

    def over(self, periods: Sequence[Period]) -> tuple[Values, Values]:
        """Places × periods: whether the place stands on any day, and how many lowest places are below (or at) it."""
        shape = (len(self.spans.nodes), len(periods))
        stands, expected = (np.zeros(shape, order="F") for _ in range(2))
        if not periods:
            return stands, expected
        numbered = Numbered.of(self.spans, periods[0].start, periods[-1].last)
        own = np.array([i for i, code in enumerate(self.spans.nodes) if code in self.reporters], dtype=np.int32)
        cells = numbered.cells(periods)
        lowest = []
        for epoch in range(len(numbered.starts)):
            there = numbered.stands(epoch)
            lowest.append(own[there[own]] if self.only else numbered.lowest(epoch, own))
            held = [p for p, e in cells if e == epoch]
            stands[:, held] = np.maximum(stands[:, held], there[:, np.newaxis])
            counts = np.zeros((shape[0], 1), dtype=np.int64)
            counts[lowest[epoch]] = 1
            numbered.raise_up(counts, epoch)
            expected[:, held] = counts
        for p in set(split(cells)):
            expected[:, p] = numbered.distinct({epoch: lowest[epoch] for q, epoch in cells if q == p})
        return stands, expected


def parents_of(spans: Spans, periods: Sequence[Period]) -> npt.NDArray[np.intp]:
    """Places × periods: the index of the parent on the last day the place stands in the period; -1 for a root or none."""
    found = np.full((len(spans.nodes), len(periods)), -1, dtype=np.intp, order="F")
    if periods:
        numbered = Numbered.of(spans, periods[0].start, periods[-1].last)
        for p, epoch in numbered.cells(periods):
            there = numbered.stands(epoch)
            found[there, p] = numbered.parents[epoch][there]
    return found
