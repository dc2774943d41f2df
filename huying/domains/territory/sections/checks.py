"""What is held against the lines of one pack together: codes that hang together, polygons that are polygons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from huying.domains.territory.sections.rows import LEVELS
from huying.domains.territory.vocabulary import PSEUDO_NAMES
from huying.kernel import packs


def check_divisions(entries: list[packs.Entry[Any]], pack: packs.Pack) -> Iterator[packs.Fault]:
    known = {entry.value.code: entry.value for entry in entries}
    root = pack.manifest.root if pack.manifest else ""
    if root and root not in known:
        yield entries[0].fault(_("没有 pack.yaml 写明的根区划 %(root)s。") % {"root": root}, _("补上根区划一行。"))
    tops = [entry for entry in entries if not entry.value.parent]
    for entry in tops[1:]:
        yield entry.fault(
            _("第二个最上级：%(name)s。") % {"name": entry.value.name}, _("给它写上 parent；一个地方包只有一个最上级。")
        )
    by_name: dict[tuple[str, str, date], str] = {}
    for entry in entries:
        row = entry.value
        if row.parent and row.parent not in known:
            yield entry.fault(
                _("%(name)s 的上级 %(parent)s 不在包内。") % {"name": row.name, "parent": row.parent},
                _("补上上级，或在 parent 列写明实际的上级（省直辖的县写省）。"),
            )
        elif row.parent and LEVELS[known[row.parent].level] >= LEVELS[row.level]:
            yield entry.fault(_("%(name)s 的级别不低于它的上级。") % {"name": row.name}, _("改正 level 或 parent。"))
        if row.name in PSEUDO_NAMES:
            yield entry.fault(
                _("“%(name)s”不是真实的区划。") % {"name": row.name}, _("删去这一行，把其下级直接归到上一级。")
            )
        twin = by_name.setdefault((row.parent, row.name, row.valid_from), row.code)
        if twin != row.code:
            yield entry.fault(
                _("同一上级下有两个“%(name)s”：%(a)s、%(b)s。") % {"name": row.name, "a": twin, "b": row.code},
                _("确为两处的，改用能区分的名称；重复的删去一行。"),
                warning=True,
            )


def known_divisions(pack: packs.Pack) -> set[str]:
    return {row.code for row in pack.rows("divisions")}


def check_successions(entries: list[packs.Entry[Any]], pack: packs.Pack) -> Iterator[packs.Fault]:
    known = known_divisions(pack) | {row.code for row in pack.rows("grids")}
    for entry in entries:
        for code in filter(None, (entry.value.code, entry.value.successor)):
            if code not in known:
                yield entry.fault(
                    _("区划或网格 %(code)s 不在包内。") % {"code": code}, _("在 divisions 或 grids 里补上它。")
                )


def check_boundaries(entries: list[packs.Entry[Any]], pack: packs.Pack) -> Iterator[packs.Fault]:
    import shapely

    known = known_divisions(pack) | {row.code for row in pack.rows("grids")}
    shapes = shapely.from_geojson([entry.value.geometry for entry in entries], on_invalid="ignore")
    for entry, shape in zip(entries, shapes, strict=True):
        if entry.value.code not in known:
            yield entry.fault(_("区划或网格 %(code)s 不在包内。") % {"code": entry.value.code}, _("改正 code。"))
        if shape is None or shape.is_empty or not shape.is_valid:
            why = shapely.is_valid_reason(shape) if shape is not None else "—"
            yield entry.fault(
                _("不是有效的多边形：%(why)s。") % {"why": why}, _("在制图软件里修复几何（自相交、空洞）后重新导出。")
            )


def check_grids(entries: list[packs.Entry[Any]], pack: packs.Pack) -> Iterator[packs.Fault]:
    villages = {row.code for row in pack.rows("divisions") if row.level == "village"}
    for entry in entries:
        if entry.value.code[:12] not in villages:
            yield entry.fault(
                _("网格编码的前 12 位 %(code)s 不是包内的村（社区）。") % {"code": entry.value.code[:12]},
                _("网格编码为村（社区）编码加 3 位顺序号。"),
            )


def check_places(entries: list[packs.Entry[Any]], pack: packs.Pack) -> Iterator[packs.Fault]:
    known = known_divisions(pack) | {row.code for row in pack.rows("grids")}
    for entry in entries:
        if entry.value.division not in known:
            yield entry.fault(
                _("区划或网格 %(code)s 不在包内。") % {"code": entry.value.division}, _("改正 division。")
            )
        if (entry.value.longitude is None) != (entry.value.latitude is None):
            yield entry.fault(_("经度和纬度要么都写，要么都不写。"), _("补上缺的一个。"))
