"""What is wrong with the territory on a day: found over everything at once, each finding with its code and its cure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from huying.domains.territory.models import Boundary, DivisionParent, Grid
from huying.domains.territory.queries.maps import dated
from huying.domains.territory.queries.trees import Tree, tree
from huying.domains.territory.vocabulary import DivisionKind, parent_by_digits
from huying.kernel import clock
from huying.kernel.words import listed

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

# Neighbours drawn by different hands share slivers; more than this share of the smaller one is an overlap.
OVERLAP = 0.005


@dataclass(frozen=True, slots=True)
class Finding:
    """kind: orphan, several_roots, loop, same_name, code_and_parent, invalid_geometry, overlap, stray_boundary, stray_grid."""

    kind: str
    code: str
    message: str
    cure: str


def hygiene(on: date | None = None, *, geometry: bool = True) -> list[Finding]:
    """Every finding on a day, by kind and code. Without `geometry` the polygons (the slow part) are not looked at."""
    day = on or clock.today()
    known = tree(day)
    found = [*_parents(known, day), *_same_names(known), *_codes(known), *_grids(known, day)]
    if geometry:
        found += _polygons(known, day)
    return sorted(found, key=lambda one: (one.kind, one.code))


def _parents(known: Tree, day: date) -> Iterator[Finding]:
    over = dict(DivisionParent.objects.filter(*dated(day)).values_list("code", "parent"))
    for code, node in known.nodes.items():
        above = over.get(code, "")
        if above and above not in known:
            yield Finding(
                "orphan",
                code,
                _("%(name)s 的上级 %(parent)s 在当日不存在。") % {"name": node.name, "parent": above},
                _("给它指定当日有效的上级，或补录上级。"),
            )
        elif code in _climb(known, code):
            yield Finding("loop", code, _("%(name)s 是自己的上级。") % {"name": node.name}, _("改正其中一级的上级。"))
    roots = [code for code in known.roots if not over.get(code)]
    if len(roots) > 1:
        named = listed(f"{known.nodes[code].name} {code}" for code in roots[:5])
        yield Finding(
            "several_roots",
            roots[1],
            _("有 %(n)s 个最上级：%(roots)s。") % {"n": len(roots), "roots": named},
            _("一个地方只有一个最上级；给其余的指定上级。"),
        )


def _climb(known: Tree, code: str) -> set[str]:
    seen: set[str] = set()
    above = known.parent(code)
    while above and above not in seen:
        seen.add(above)
        above = known.parent(above)
    return seen


def _same_names(known: Tree) -> Iterator[Finding]:
    for parent in {known.parent(code) for code in known.nodes}:
        by_name: defaultdict[str, list[str]] = defaultdict(list)
        for code in known.children(parent) if parent else known.roots:
            by_name[known.nodes[code].name].append(code)
        for name, codes in by_name.items():
            if len(codes) > 1:
                yield Finding(
                    "same_name",
                    codes[1],
                    _("同一上级下有 %(n)s 个“%(name)s”：%(codes)s。")
                    % {"n": len(codes), "name": name, "codes": listed(codes)},
                    _("核对是否重复录入；确为两处的，改用能区分的名称。"),
                )


def _codes(known: Tree) -> Iterator[Finding]:
    for code, node in known.nodes.items():
        above = known.parent(code)
        # A functional area directly under a province, or a county without a city, skips a level by its own digits.
        if above and node.kind is DivisionKind.ADMINISTRATIVE and above != parent_by_digits(code, node.level):
            grand = parent_by_digits(parent_by_digits(code, node.level)) if node.level > 2 else ""
            if parent_by_digits(code, node.level) not in known and above == grand:
                continue
            yield Finding(
                "code_and_parent",
                code,
                _("%(name)s 的编码与上级 %(parent)s 不一致。") % {"name": node.name, "parent": above},
                _("撤并后民政部门重新赋码时，用“改码”登记新编码。"),
            )


def _grids(known: Tree, day: date) -> Iterator[Finding]:
    rows = Grid.objects.filter(*dated(day)).values_list("code", "village", "name")
    for code, village, name in rows.iterator(chunk_size=5000):
        if village not in known:
            yield Finding(
                "stray_grid",
                code,
                _("网格 %(name)s 所属的村（社区）%(village)s 在当日不存在。") % {"name": name, "village": village},
                _("把网格划入承接的村（社区），或停用它。"),
            )


def _polygons(known: Tree, day: date) -> Iterator[Finding]:
    import shapely

    rows = Boundary.objects.filter(*dated(day)).order_by("code").values_list("code", "geometry", "schematic")
    grids = dict(Grid.objects.filter(*dated(day)).values_list("code", "village"))
    siblings: defaultdict[tuple[str, bool], list[tuple[str, BaseGeometry]]] = defaultdict(list)
    for code, text, schematic in rows.iterator(chunk_size=2000):
        if code not in known and code not in grids:
            yield Finding(
                "stray_boundary",
                code,
                _("边界的编码 %(code)s 在当日不存在。") % {"code": code},
                _("给边界写上截止日期，或改正编码。"),
            )
            continue
        shape = shapely.from_geojson(text, on_invalid="ignore")
        if shape is None:
            yield Finding("invalid_geometry", code, _("边界无法读取。"), _("重新导入 GeoJSON。"))
            continue
        if shape.geom_type not in {"Polygon", "MultiPolygon"} or shape.is_empty or not shape.is_valid:
            why = shapely.is_valid_reason(shape)
            yield Finding(
                "invalid_geometry",
                code,
                _("边界不是有效的多边形：%(why)s。") % {"why": why},
                _("在制图软件里修复几何（自相交、空洞）后重新导入。"),
            )
            continue
        parent = grids.get(code) or known.parent(code)
        siblings[(parent, schematic)].append((code, shape))
    for members in siblings.values():
        yield from _overlaps(members)


def _overlaps(members: list[tuple[str, BaseGeometry]]) -> Iterator[Finding]:
    import shapely

    codes = [code for code, _shape in members]
    shapes = [shape for _code, shape in members]
    index = shapely.STRtree(shapes)
    for first, second in zip(*index.query(shapes, predicate="intersects").tolist(), strict=True):
        if first >= second:
            continue
        shared = shapely.area(shapely.intersection(shapes[first], shapes[second]))
        share = shared / min(shapely.area(shapes[first]), shapely.area(shapes[second]))
        if share > OVERLAP:
            yield Finding(
                "overlap",
                codes[second],
                _("与同级 %(other)s 的边界重叠 %(share).1f%%（占较小者）。")
                % {"other": codes[first], "share": share * 100},
                _("重画其中一条边界；网格之间不得交叉。"),
            )
