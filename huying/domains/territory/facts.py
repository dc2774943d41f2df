"""The dated tree as analytics takes it: one span a stretch of life under one name and one parent, grids below the villages."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from huying.analytics import trees
from huying.analytics.trees import FOREVER, Node
from huying.domains.territory.models import Division, DivisionParent, Grid
from huying.kernel.actors import Level


@trees.register_source
def nodes() -> Iterator[Node]:
    """Three queries, whatever the size."""
    parents: dict[str, list[tuple[date, date, str]]] = defaultdict(list)
    for code, parent, start, end in DivisionParent.objects.values_list("code", "parent", "valid_from", "valid_to"):
        parents[code].append((start, end or FOREVER, parent))
    rows = Division.objects.values_list("code", "name", "level", "valid_from", "valid_to")
    for code, name, level, start, end in rows.iterator(chunk_size=5000):
        for first, last, parent in _under(parents[code], start, end or FOREVER):
            yield Node(code, parent, Level(level), name, first, last)
    grids = Grid.objects.values_list("code", "village", "name", "valid_from", "valid_to")
    for code, village, name, start, end in grids.iterator(chunk_size=5000):
        yield Node(code, village, Level.GRID, name, start, end or FOREVER)


def _under(spans: list[tuple[date, date, str]], start: date, end: date) -> Iterator[tuple[date, date, str]]:
    """The stretches of [start, end) with the parent of each, "" where none is recorded."""
    at = start
    for first, last, parent in sorted(spans):
        first, last = max(first, start), min(last, end)
        if first >= last:
            continue
        if at < first:
            yield at, first, ""
        yield first, last, parent
        at = last
    if at < end:
        yield at, end, ""
