"""Which records lie in a place on a day, as a filter over their division codes.

A record keeps the codes of the day it was located; figures count it where those codes lead on the day it is counted on. The
two differ around a merger, a move or a withdrawal: for the codes concerned the way up is followed through the dated tree as
the lake follows it, from the lowest code that stands then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from enum import Enum
from functools import lru_cache
from itertools import pairwise

from django.db.models import Q

from huying.analytics.periods import Period
from huying.analytics.trees import LEVEL_COLUMNS, Node, Tree
from huying.kernel.actors import Level


class Stands(Enum):
    INSIDE = "inside"
    OUTSIDE = "outside"
    GONE = "gone"


def located(tree: Tree, node: Node, period: Period, fields: Mapping[str, str]) -> list[tuple[date, date, Q]]:
    """The period in stretches (first day, day after the last) in which the tree stands still, each with its filter.

    fields: column → field, of the fact table.
    """
    unsettled = _unsettled(tree, node)
    frozen = Q(**{fields[node.level.column]: node.code})
    if not unsettled:
        return [(period.start, period.end, frozen)]
    edges = [period.start, *(day for day in tree.changes if period.start < day < period.end), period.end]
    return [(start, end, _on(tree, node, start, unsettled, frozen, fields)) for start, end in pairwise(edges)]


@lru_cache(maxsize=64)  # a tree never changes, and a process keeps the one its figures were counted up
def _unsettled(tree: Tree, node: Node) -> frozenset[str]:
    """The codes that don't always stand in the place: some days they do, on others they stand elsewhere or not at all."""
    below = {parent: {span.code for span in spans} for parent, spans in tree.under.items()}
    # A code whose own life and way up never changed has nothing to be asked about.
    changing = {code for code, lives in tree.spans.items() if len(lives) > 1 or not _always(lives[0], tree)}
    waiting, reached = list(changing), set(changing)
    while waiting:
        for code in below.get(waiting.pop(), set()) - reached:
            reached.add(code)
            waiting.append(code)
    days = tree.epochs()
    found = set()
    for code in reached:
        stands = {_stands(tree, code, node, day) for day in days}
        if Stands.INSIDE in stands and len(stands) > 1:
            found.add(code)
    return frozenset(found)


def _always(span: Node, tree: Tree) -> bool:
    first, last = (tree.changes[0], tree.changes[-1]) if tree.changes else (date.max, date.min)
    return span.valid_from < first and span.valid_to > last


def _stands(tree: Tree, code: str, node: Node, on: date) -> Stands:
    path = tree.path(code, on)
    if not path:
        return Stands.GONE
    return Stands.INSIDE if any(step.code == node.code for step in path) else Stands.OUTSIDE


def _on(tree: Tree, node: Node, day: date, unsettled: frozenset[str], frozen: Q, fields: Mapping[str, str]) -> Q:
    by_level: dict[Level, dict[Stands, list[str]]] = {}
    for code in unsettled:
        level = next(span.level for span in tree.nodes_of(code))
        by_level.setdefault(level, defaultdict(list))[_stands(tree, code, node, day)].append(code)
    found = Q(pk__in=[])
    passed = Q()
    for level in reversed(Level):
        if level.column not in LEVEL_COLUMNS or level.column not in fields:
            continue
        column, codes = fields[level.column], by_level.get(level, {})
        blank = Q(**{column: ""}) | Q(**{f"{column}__isnull": True})
        listed = [code for group in codes.values() for code in group]
        if level >= node.level:
            # The column of the place itself says where a settled code at or below its level stands; one above isn't in it.
            found |= passed & ~blank & frozen & (~Q(**{f"{column}__in": listed}) if listed else Q())
        if inside := codes.get(Stands.INSIDE):
            found |= passed & Q(**{f"{column}__in": inside})
        if gone := codes.get(Stands.GONE):
            passed &= blank | Q(**{f"{column}__in": gone})
        else:
            passed &= blank
    return found
