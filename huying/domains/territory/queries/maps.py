"""GeoJSON of a division's children for maps, as text: geometry is stored as text and passed on unparsed."""

from __future__ import annotations

import json
from datetime import date

from django.db.models import Q, QuerySet

from huying.domains.territory.models import Boundary, Grid
from huying.domains.territory.queries.trees import tree
from huying.kernel import clock
from huying.kernel.actors import Level


def geojson(parent: str, on: date | None = None, *, page: str = "") -> str:
    """A FeatureCollection: the polygons of `parent`'s children on a day (its grids, for a village), else of itself.

    parent: 12 digits, 15 for one grid's own polygon, "" for the roots. Properties: code, name, level, kind, schematic;
    with `page` (an address that holds "{code}") also href. Raises NotFound.
    """
    day = on or clock.today()
    known = tree(day)
    names: dict[str, tuple[str, str, str]]
    if parent and known[parent[:12]].level is Level.VILLAGE:
        grids = Grid.objects.filter(village=parent[:12]).filter(*dated(day))
        if len(parent) > 12:
            grids = grids.filter(code=parent)
        names = {code: (name, "grid", kind) for code, name, kind in grids.values_list("code", "name", "kind")}
    else:
        children = known.children(parent) if parent else known.roots
        names = {
            code: (known.nodes[code].name, known.nodes[code].level.column, known.nodes[code].kind) for code in children
        }
    features = _features(names, day, page)
    if not features and len(parent) == 12:
        node = known[parent]
        features = _features({parent: (node.name, node.level.column, node.kind)}, day, "")
    return '{"type":"FeatureCollection","features":[' + ",\n".join(features) + "]}"


def dated(day: date) -> tuple[Q, Q]:
    """The condition that a dated row is valid on `day`."""
    return Q(valid_to__isnull=True) | Q(valid_to__gt=day), Q(valid_from__lte=day)


def boundaries(codes: list[str], day: date) -> QuerySet[Boundary]:
    return Boundary.objects.filter(*dated(day), code__in=codes).order_by("code")


def _features(names: dict[str, tuple[str, str, str]], day: date, page: str) -> list[str]:
    features = []
    codes = sorted(names)
    for start in range(0, len(codes), 500):  # SQLite takes so many parameters at once
        rows = boundaries(codes[start : start + 500], day)
        for code, schematic, geometry in rows.values_list("code", "schematic", "geometry"):
            name, level, kind = names[code]
            properties = {"code": code, "name": name, "level": level, "kind": str(kind), "schematic": schematic}
            if page:
                properties["href"] = page.replace("{code}", code)
            told = json.dumps(properties, ensure_ascii=False)
            features.append(f'{{"type":"Feature","id":{int(code)},"properties":{told},"geometry":{geometry}}}')
    return features


def with_boundary(codes: list[str]) -> set[str]:
    """Those among `codes` that ever had a polygon."""
    return set(Boundary.objects.filter(code__in=codes).values_list("code", flat=True))
