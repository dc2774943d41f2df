"""Point → division and grid, over the polygons of one day. shapely is loaded with the first point, not before."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from huying.domains.territory.models import Boundary
from huying.domains.territory.queries.trees import Tree, tree, version
from huying.domains.territory.vocabulary import DIGITS
from huying.kernel import clock
from huying.kernel.actors import Level

if TYPE_CHECKING:
    from shapely import STRtree


@dataclass(frozen=True, slots=True)
class Located:
    """Where a point lies: one column a level, blank below what polygons tell.

    schematic: the deepest column rests on a derived polygon, so a person should confirm it.
    """

    province: str = ""
    city: str = ""
    county: str = ""
    township: str = ""
    village: str = ""
    grid: str = ""
    schematic: bool = False

    @property
    def deepest(self) -> str:
        return self.grid or self.village or self.township or self.county or self.city or self.province

    def columns(self) -> dict[str, str]:
        return {level.column: getattr(self, level.column) for level in Level}


@dataclass(frozen=True)
class _Shapes:
    """All polygons valid on one day, with their codes; `index` is over `codes` in order."""

    tree: Tree
    codes: Sequence[str]
    schematic: Sequence[bool]
    index: STRtree


# By version of the territory: the days on which a boundary begins or ends, and the shapes from each day that was asked for.
_held: dict[str, tuple[list[date], dict[date, _Shapes]]] = {}
_loading = threading.Lock()


def locate(longitude: float, latitude: float, on: date | None = None) -> Located | None:
    """The divisions and grid that hold the point (degrees, EPSG:4490) on a day; None outside every boundary."""
    return locate_many([(longitude, latitude)], on)[0]


def locate_many(points: Iterable[tuple[float, float]], on: date | None = None) -> list[Located | None]:
    """`locate` for many points (longitude, latitude) at once: one pass over the index."""
    import shapely

    wanted = list(points)
    shapes = _shapes(on or clock.today())
    hits: list[list[int]] = [[] for _point in wanted]
    if shapes.codes and wanted:
        which, found = shapes.index.query(shapely.points(wanted), predicate="intersects")
        for point, polygon in zip(which.tolist(), found.tolist(), strict=True):
            hits[point].append(polygon)
    return [_choose(shapes, each) for each in hits]


def _choose(shapes: _Shapes, hits: list[int]) -> Located | None:
    """The deepest real polygon decides; derived ones only refine what lies inside it. On a shared edge, the smaller code."""
    if not hits:
        return None

    def rank(at: int) -> tuple[int, str]:
        code = shapes.codes[at]
        level = Level.GRID if len(code) == DIGITS[Level.GRID] else shapes.tree.nodes[code].level
        return -level, code

    real = sorted((at for at in hits if not shapes.schematic[at]), key=rank)
    derived = sorted((at for at in hits if shapes.schematic[at]), key=rank)
    base = shapes.codes[real[0]] if real else ""
    inside = [at for at in derived if not base or shapes.tree.is_within(shapes.codes[at], base)]
    deepest = shapes.codes[inside[0]] if inside else base
    if not deepest:
        return None
    return Located(**shapes.tree.columns(deepest), schematic=deepest != base)


def _shapes(day: date) -> _Shapes:
    """Those of the day. They are the same until a division or a boundary (a grid's too) changes."""
    token, known = version(), tree(day)
    held = _held.get(token)
    if held is not None and (found := held[1].get(_since(held[0], known, day))) is not None:
        return found
    with _loading:
        if token not in _held:
            _held.clear()  # one version at a time: polygons are the largest thing a process holds
            _held[token] = (_boundary_days(), {})
        days, shapes = _held[token]
        since = _since(days, known, day)
        if since not in shapes:
            shapes[since] = _load(day, known)
        return shapes[since]


def _since(days: Sequence[date], known: Tree, day: date) -> date:
    at = bisect_right(days, day)
    return max(known.since, days[at - 1]) if at else known.since


def _boundary_days() -> list[date]:
    begins = Boundary.objects.values_list("valid_from", flat=True).distinct()
    ends = Boundary.objects.exclude(valid_to=None).values_list("valid_to", flat=True).distinct()
    return sorted({*begins, *(day for day in ends if day is not None)})


def _load(day: date, known: Tree) -> _Shapes:
    import shapely

    rows = (
        Boundary.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day), valid_from__lte=day)
        .order_by("code")
        .values_list("code", "schematic", "geometry")
    )
    codes: list[str] = []
    schematic: list[bool] = []
    texts: list[str] = []
    for code, derived, text in rows.iterator(chunk_size=2000):
        if code[:12] in known.nodes:
            codes.append(code)
            schematic.append(derived)
            texts.append(text)
    polygons: Any = shapely.from_geojson(texts)
    shapely.prepare(polygons)
    return _Shapes(known, codes, schematic, shapely.STRtree(polygons))
