"""What a published figure was computed from, kept content-addressed, and the figures computed from it once more.

`recording()` notes every published count and value that is read while a report is composed; `keep` stores them (of values: what
they rest on, values.keeping), the tree and the definitions under the digest of what they say, each once however many editions
share it. Under `replaying(inputs)` the same code reads what was kept instead of what stands today. Why counts and not records:
docs/decisions/published-snapshots.md.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from huying.analytics import definitions, indexes, published
from huying.analytics.models import KeptInput
from huying.analytics.published import Cell, Median, Published, State
from huying.analytics.trees import Node, Tree
from huying.analytics.values import keeping, store
from huying.analytics.values.store import Store
from huying.kernel.actors import Level
from huying.kernel.errors import InvalidInput, Unavailable

LEVEL = 6
Inputs = Mapping[str, str]


@dataclass
class Notes:
    """What was read."""

    figures: Published
    values: Store | None
    looked: keeping.Looked = field(default_factory=keeping.Looked)
    index: indexes.Asked | None = None
    state: State | None = None
    measures: list[str] = field(default_factory=list)
    nodes: Sequence[Node] = ()
    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    medians: dict[tuple[str, str, str], Median] = field(default_factory=dict)


class Recording(Published):
    """Published figures that note what is read of them."""

    def __init__(self, figures: Published, notes: Notes) -> None:
        self.con, self.state, self.measures, self.notes = figures.con, figures.state, figures.measures, notes
        notes.state, notes.measures = figures.state, figures.measures

    def tree(self) -> Tree:
        found = super().tree()
        self.notes.nodes = found.nodes
        return found

    def cells(
        self, nodes: Iterable[str], periods: Sequence[str], measures: Iterable[str] | None = None
    ) -> dict[tuple[str, str], Cell]:
        found = super().cells(nodes, periods)  # whole, whatever was asked: that is how they are kept
        self.notes.cells.update(found)
        return found

    def medians(self, nodes: Iterable[str], periods: Sequence[str]) -> dict[tuple[str, str, str], Median]:
        found = super().medians(nodes, periods)
        self.notes.medians.update(found)
        return found


class Replay(Published):
    """What was kept, read as the published figures are."""

    def __init__(self, said: Mapping[str, Any], nodes: list[Node]) -> None:
        self.state = State.loads(said["state"])
        self.counted: keeping.Again | None = None
        self.measures = said["measures"]
        self._tree = Tree(nodes)
        self._cells = {(n, p): dict(zip(self.measures, counts, strict=True)) for n, p, *counts in said["cells"]}
        self._medians = {(n, p, code): Median(seconds, count) for n, p, code, seconds, count in said["medians"]}

    def tree(self) -> Tree:
        return self._tree

    def cells(
        self, nodes: Iterable[str], periods: Sequence[str], measures: Iterable[str] | None = None
    ) -> dict[tuple[str, str], Cell]:
        places, keys = set(nodes), set(periods)
        return {key: cell for key, cell in self._cells.items() if key[0] in places and key[1] in keys}

    def medians(self, nodes: Iterable[str], periods: Sequence[str]) -> dict[tuple[str, str, str], Median]:
        places, keys = set(nodes), set(periods)
        return {key: median for key, median in self._medians.items() if key[0] in places and key[1] in keys}

    def counts(
        self, measures: Sequence[str], periods: Sequence[str], nodes: Iterable[str] | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """Those that the values of defined indicators rest on; none where no such value was read."""
        if self.counted is None:
            return
        places, keys = None if nodes is None else set(nodes), set(periods)
        at = [self.counted.measures.index(name) + 2 for name in measures]
        for row in self.counted.counts:
            if row[1] in keys and (places is None or row[0] in places):
                yield (row[0], row[1], *(row[i] for i in at))

    def touched(self, since: int) -> set[str] | None:
        return None


@contextmanager
def recording() -> Iterator[Notes]:
    """Note what is read of the published figures and values meanwhile; all of it is read of one state of both."""
    with published.opened() as figures, store.opened() as values, ExitStack() as stack:
        notes = Notes(figures=figures, values=values)
        stack.enter_context(published.instead(Recording(figures, notes)))
        if values is not None:
            stack.enter_context(store.instead(keeping.Noting(values, notes.looked)))
        notes.index = stack.enter_context(indexes.noting())
        yield notes


def keep(notes: Notes) -> Inputs:
    """Store what was noted, while still recording; the digests to name it by. Raises Unavailable when nothing was read, or the
    values are being brought up to date."""
    if notes.state is None:
        raise Unavailable("no figures were read, so there is nothing to keep")
    said = {
        "state": notes.state.dump(),
        "measures": notes.measures,
        "cells": [[*key, *(cell[name] for name in notes.measures)] for key, cell in sorted(notes.cells.items())],
        "medians": [[*key, median.seconds, median.n] for key, median in sorted(notes.medians.items())],
    }
    tree = [
        [node.code, node.parent, int(node.level), node.name, node.valid_from.isoformat(), node.valid_to.isoformat()]
        for node in sorted(notes.nodes)
    ]
    texts: dict[str, str] = {}

    def put(text: str) -> str:
        digest = hashlib.sha256(text.encode()).hexdigest()
        texts[digest] = text
        return digest

    digests = {"figures": put(_text(said)), "tree": put(_text(tree)), "definitions": put(definitions.text())}
    if notes.index and notes.index.found:
        # Those withdrawn since have no values to be read, but are part of how it is composed.
        notes.looked.codes.update(row["code"] for row in notes.index.found[0].rows)
    if notes.looked.codes:
        digests["values"] = keeping.keep(notes.looked, notes.figures, notes.values, put)
    if notes.index and notes.index.found:
        digests["index"] = put(_text(asdict(notes.index.found[0])))
    held = set(KeptInput.objects.filter(digest__in=texts).values_list("digest", flat=True))
    KeptInput.objects.bulk_create(
        [
            KeptInput(digest=digest, body=zlib.compress(text.encode(), LEVEL))
            for digest, text in texts.items()
            if digest not in held
        ],
        ignore_conflicts=True,
    )
    return digests


def kept(digest: str, torn: list[str] | None = None) -> str:
    """The text under a digest. Raises Unavailable where it is gone, or isn't what the digest says.

    torn: then a text that isn't is given out as it stands, its digest put down here.
    """
    row = KeptInput.objects.filter(digest=digest).first()
    if row is None:
        raise Unavailable(f"the inputs {digest[:12]} are gone", cure="restore them from a backup")
    try:
        text = zlib.decompress(bytes(row.body)).decode()
    except (zlib.error, UnicodeDecodeError):
        raise _not_kept(digest) from None
    if hashlib.sha256(text.encode()).hexdigest() != digest:
        if torn is None:
            raise _not_kept(digest)
        torn.append(digest)
    return text


def _not_kept(digest: str) -> Unavailable:
    return Unavailable(f"the inputs {digest[:12]} are not what was kept", cure="restore them from a backup")


@contextmanager
def replaying(inputs: Inputs, torn: list[str] | None = None) -> Iterator[Replay]:
    """Read what was kept instead of what stands: counts, tree, definitions. Raises Unavailable for inputs gone or torn.

    torn: then what was altered and can still be read is read, and its digests put down here.
    """
    try:
        replay, rules, index, again = _read(inputs, torn)
    except (KeyError, IndexError, ValueError, TypeError, InvalidInput):
        if torn:
            raise _not_kept(torn[0]) from None
        raise
    holding = definitions.in_force.set(rules)
    try:
        with ExitStack() as stack:
            stack.enter_context(indexes.instead(index))
            if again is not None:
                replay.counted = again
                stack.enter_context(keeping.replayed(again, replay, replay.tree()))
            stack.enter_context(published.instead(replay))
            yield replay
    finally:
        definitions.in_force.reset(holding)


def _read(
    inputs: Inputs, torn: list[str] | None
) -> tuple[Replay, definitions.Definitions, indexes.Index | None, keeping.Again | None]:
    def text(digest: str) -> str:
        return kept(digest, torn)

    nodes = [
        Node(code, parent, Level(level), name, date.fromisoformat(starts), date.fromisoformat(ends))
        for code, parent, level, name, starts, ends in json.loads(text(inputs["tree"]))
    ]
    return (
        Replay(json.loads(text(inputs["figures"])), nodes),
        definitions.load(text(inputs["definitions"]), "the kept definitions"),
        indexes.Index(**json.loads(text(inputs["index"]))) if "index" in inputs else None,
        keeping.again(inputs["values"], text) if "values" in inputs else None,
    )


def _text(said: object) -> str:
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
