"""Derived polygons: a county cut into as many cells as it has townships, where no real boundary is public.

Coordinates are degrees (EPSG:4490), rounded to 5 decimals (about a metre). Areas are compared only within one county,
where a degree of longitude is everywhere nearly as long.
"""

import math

import shapely
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

GRAIN = 1e-5


def polygons_only(shape: BaseGeometry) -> BaseGeometry:
    """What is left of an intersection without stray points and lines."""
    parts = [part for part in getattr(shape, "geoms", [shape]) if isinstance(part, Polygon) and not part.is_empty]
    if not parts:
        return Polygon()
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def settled(shape: BaseGeometry) -> BaseGeometry:
    """On the 5-decimal lattice, valid, and written always alike."""
    exact = shapely.set_precision(shapely.make_valid(shape), GRAIN)
    normal: BaseGeometry = shapely.normalize(polygons_only(shapely.make_valid(exact)))
    return normal


def divide(shape: BaseGeometry, weights: list[float]) -> list[BaseGeometry]:
    """`shape` cut by straight lines into as many cells as `weights`, areas in proportion, ordered west-east, north-south."""
    if len(weights) < 2:
        return [shape] * len(weights)
    half, total, so_far = 0, sum(weights), 0.0
    while half < len(weights) - 1 and (half == 0 or so_far + weights[half] <= total / 2):
        so_far += weights[half]
        half += 1
    first, second = _cut(shape, so_far / total)
    return divide(first, weights[:half]) + divide(second, weights[half:])


def _cut(shape: BaseGeometry, share: float) -> tuple[BaseGeometry, BaseGeometry]:
    """Two parts, the first (western or northern) with `share` of the area; the cut crosses the longer side."""
    west, south, east, north = shape.bounds
    wide = (east - west) * math.cos(math.radians((south + north) / 2)) >= north - south
    wanted = shape.area * share
    low, high = (west, east) if wide else (south, north)
    for _step in range(26):
        middle = (low + high) / 2
        part = box(west, south, middle, north) if wide else box(west, middle, east, north)
        # Moving the cut east enlarges the western part; moving it north shrinks the northern one.
        if (shape.intersection(part).area < wanted) == wide:
            low = middle
        else:
            high = middle
    at = round((low + high) / 2, 5)
    if wide:
        sides = box(west, south, at, north), box(at, south, east, north)
    else:
        sides = box(west, at, east, north), box(west, south, east, at)
    return polygons_only(shape.intersection(sides[0])), polygons_only(shape.intersection(sides[1]))


def with_core(
    shape: BaseGeometry, core: list[float], rest: list[float]
) -> tuple[list[BaseGeometry], list[BaseGeometry]]:
    """The urban cells (`core`) together in the middle of `shape`, the others around them."""
    if not core or not rest:
        cells = divide(shape, core or rest)
        return (cells, []) if core else ([], cells)
    share = sum(core) / (sum(core) + sum(rest))
    largest = max(getattr(shape, "geoms", [shape]), key=lambda part: part.area)
    centre = largest.centroid if largest.contains(largest.centroid) else largest.representative_point()
    radius = math.sqrt(share * shape.area / math.pi)
    middle = polygons_only(centre.buffer(radius, quad_segs=4).intersection(shape))
    around = polygons_only(shape.difference(middle))
    return divide(middle, core), divide(around, rest)
