"""The territory's sections of a pack: divisions, their later moves and successions, boundaries, grids, places."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import pairwise
from typing import Any, Literal, TypeVar

from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from huying.domains.territory import services
from huying.domains.territory.models import Boundary, Division, DivisionParent, DivisionSuccession, Grid, Place
from huying.domains.territory.queries import tree
from huying.domains.territory.vocabulary import (
    BEGINNING,
    PSEUDO_NAMES,
    URBAN_RURAL_WORDS,
    DivisionKind,
    GridKind,
    GridType,
    PlaceKind,
    SuccessionKind,
    level_of,
    parent_by_digits,
)
from huying.kernel import packs
from huying.kernel.actors import Actor, Level

CODE = r"^[1-9][0-9]{11}$"
LEVELS = {level.column: level for level in Level}


class DatedRow(packs.ProvenancedRow):
    valid_from: date = BEGINNING
    valid_to: date | None = None

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> DatedRow:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError(_("截止日期必须晚于起始日期。"))
        return self


class DivisionRow(DatedRow):
    """level and parent may be left out where the code's digits tell them."""

    code: str = Field(pattern=CODE)
    name: str = Field(min_length=1, max_length=60)
    level: Literal["province", "city", "county", "township", "village"]
    parent: str = Field(pattern=r"^([1-9][0-9]{11})?$")
    kind: DivisionKind = DivisionKind.ADMINISTRATIVE
    exclave: bool = False
    urban_rural: str = ""

    @model_validator(mode="before")
    @classmethod
    def told_by_the_code(cls, values: Any) -> Any:
        if isinstance(values, dict) and len(code := str(values.get("code", ""))) == 12:
            level = values.get("level") or level_of(code).column
            if level in LEVELS:
                parent = values.get("parent") or parent_by_digits(code, LEVELS[level])
                return {**values, "level": level, "parent": parent}
        return values

    @model_validator(mode="after")
    def known_class(self) -> DivisionRow:
        if self.urban_rural and self.urban_rural not in URBAN_RURAL_WORDS:
            raise ValueError(_("城乡分类代码应为 %(codes)s 之一。") % {"codes": "、".join(URBAN_RURAL_WORDS)})
        return self


class SuccessionRow(packs.PackRow):
    code: str = Field(pattern=CODE)
    successor: str = Field(default="", pattern=r"^([1-9][0-9]{11})?$")
    kind: SuccessionKind
    on: date
    basis: str = ""


class BoundaryRow(DatedRow):
    code: str = Field(pattern=r"^[1-9][0-9]{11}([0-9]{3})?$")
    schematic: bool = False
    geometry: str

    @model_validator(mode="after")
    def is_a_polygon(self) -> BoundaryRow:
        try:
            kind = json.loads(self.geometry)["type"]
        except (ValueError, KeyError, TypeError):
            raise ValueError(_("geometry 应为 GeoJSON。")) from None
        if kind not in {"Polygon", "MultiPolygon"}:
            raise ValueError(_("边界应为 Polygon 或 MultiPolygon。"))
        return self


class GridRow(DatedRow):
    code: str = Field(pattern=r"^[1-9][0-9]{14}$")
    name: str = Field(min_length=1, max_length=60)
    kind: GridKind
    type: GridType | Literal[""] = ""
    households: int | None = Field(default=None, ge=0, le=20000)
    phone: str = ""


class PlaceRow(DatedRow):
    key: str = Field(pattern=r"^[a-z0-9-]{3,40}$")
    kind: PlaceKind
    name: str = Field(min_length=1, max_length=80)
    address: str = ""
    division: str = Field(pattern=r"^[1-9][0-9]{11}([0-9]{3})?$")
    longitude: float | None = Field(default=None, ge=73, le=136)
    latitude: float | None = Field(default=None, ge=3, le=54)


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
    known = known_divisions(pack)
    for entry in entries:
        for code in filter(None, (entry.value.code, entry.value.successor)):
            if code not in known:
                yield entry.fault(_("区划 %(code)s 不在包内。") % {"code": code}, _("在 divisions 里补上它。"))


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


Span = TypeVar("Span", Division, DivisionParent)


def _joined(spans: Iterable[Span], same: Callable[[Span, Span], bool]) -> list[Span]:
    """Spans of one code that touch and say the same are one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.code, one.valid_from)):
        last = joined[-1] if joined else None
        if last and last.code == span.code and last.valid_to == span.valid_from and same(last, span):
            last.valid_to = span.valid_to
        else:
            joined.append(span)
    return joined


LIFE = ("name", "level", "kind", "exclave", "urban_rural", "provenance")


def install_divisions(rows: list[DivisionRow], actor: Actor) -> dict[str, int]:
    """A row begins where the name or the parent changes; names and parents are kept as spans of their own."""
    lives = (
        Division(
            code=row.code,
            name=row.name,
            level=LEVELS[row.level],
            kind=row.kind,
            exclave=row.exclave,
            urban_rural=row.urban_rural,
            provenance=row.provenance,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
        for row in rows
    )
    parents = (
        DivisionParent(code=row.code, parent=row.parent, valid_from=row.valid_from, valid_to=row.valid_to)
        for row in rows
        if row.parent
    )
    return services.put_divisions(
        divisions=_joined(lives, lambda a, b: all(getattr(a, name) == getattr(b, name) for name in LIFE)),
        parents=_joined(parents, lambda a, b: a.parent == b.parent),
        actor=actor,
    )


def export_divisions(actor: Actor) -> Iterator[DivisionRow]:
    over: defaultdict[str, list[DivisionParent]] = defaultdict(list)
    for span in DivisionParent.objects.order_by("code", "valid_from"):
        over[span.code].append(span)
    for life in Division.objects.order_by("code", "valid_from").iterator(chunk_size=5000):
        for begins, ends, parent in _pieces(life, over[life.code]):
            yield DivisionRow(
                code=life.code,
                name=life.name,
                level=Level(life.level).column,  # type: ignore[arg-type]
                parent=parent,
                kind=DivisionKind(life.kind),
                exclave=life.exclave,
                urban_rural=life.urban_rural,
                provenance=packs.Provenance(life.provenance),
                valid_from=begins,
                valid_to=ends,
            )


def _pieces(life: Division, parents: list[DivisionParent]) -> Iterator[tuple[date, date | None, str]]:
    """The life cut where its parent changes: first day, last day's morrow, parent."""
    last = life.valid_to or date.max
    cuts = {life.valid_from, last}
    for span in parents:
        cuts |= {day for day in (span.valid_from, span.valid_to or date.max) if life.valid_from < day < last}
    days = sorted(cuts)
    for begins, ends in pairwise(days):
        parent = next((span.parent for span in parents if span.valid_from <= begins < (span.valid_to or date.max)), "")
        yield begins, None if ends == date.max else ends, parent


def install_successions(rows: list[SuccessionRow], actor: Actor) -> dict[str, int]:
    return services.put_successions(successions=[DivisionSuccession(**row.model_dump()) for row in rows], actor=actor)


def export_successions(actor: Actor) -> Iterator[SuccessionRow]:
    for row in DivisionSuccession.objects.order_by("on", "code", "successor"):
        yield SuccessionRow(
            code=row.code, successor=row.successor, kind=SuccessionKind(row.kind), on=row.on, basis=row.basis
        )


def install_boundaries(rows: list[BoundaryRow], actor: Actor) -> dict[str, int]:
    return services.put_boundaries(boundaries=[Boundary(**row.model_dump()) for row in rows], actor=actor)


def export_boundaries(actor: Actor) -> Iterator[BoundaryRow]:
    for row in Boundary.objects.order_by("code", "valid_from").iterator(chunk_size=1000):
        yield BoundaryRow(
            code=row.code,
            geometry=row.geometry,
            schematic=row.schematic,
            provenance=packs.Provenance(row.provenance),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )


def install_grids(rows: list[GridRow], actor: Actor) -> dict[str, int]:
    grids = [Grid(village=row.code[:12], **row.model_dump()) for row in rows]
    return services.put_grids(grids=grids, actor=actor)


def export_grids(actor: Actor) -> Iterator[GridRow]:
    for row in Grid.objects.order_by("code").iterator(chunk_size=5000):
        yield GridRow(
            code=row.code,
            name=row.name,
            kind=GridKind(row.kind),
            type=GridType(row.type) if row.type else "",
            households=row.households,
            phone=row.phone,
            provenance=packs.Provenance(row.provenance),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )


def install_places(rows: list[PlaceRow], actor: Actor) -> dict[str, int]:
    known = tree()
    places = [Place(**row.model_dump(exclude={"division"}), **known.columns(row.division)) for row in rows]
    return services.put_places(places=places, actor=actor)


def export_places(actor: Actor) -> Iterator[PlaceRow]:
    for row in Place.objects.order_by("key").iterator(chunk_size=5000):
        deepest = row.grid or row.village or row.township or row.county or row.city or row.province
        yield PlaceRow(
            key=row.key,
            kind=PlaceKind(row.kind),
            name=row.name,
            address=row.address,
            division=deepest,
            longitude=row.longitude,
            latitude=row.latitude,
            provenance=packs.Provenance(row.provenance),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )


def by_city(row: DivisionRow) -> str:
    return row.code[:4]


def by_county(row: BoundaryRow | GridRow) -> str:
    return row.code[:6]


packs.section(
    "divisions",
    schema=DivisionRow,
    key=("code", "valid_from"),
    check=check_divisions,
    install=install_divisions,
    export=export_divisions,
    format="csv",
    part=by_city,
    required=True,
)
packs.section(
    "successions",
    schema=SuccessionRow,
    key=("code", "successor", "on"),
    check=check_successions,
    install=install_successions,
    export=export_successions,
    after=("divisions",),
    format="csv",
)
packs.section(
    "boundaries",
    schema=BoundaryRow,
    key=("code", "valid_from"),
    check=check_boundaries,
    install=install_boundaries,
    export=export_boundaries,
    after=("divisions", "grids"),
    format="geojsonl",
    part=by_county,
)
packs.section(
    "grids",
    schema=GridRow,
    key=("code",),
    check=check_grids,
    install=install_grids,
    export=export_grids,
    after=("divisions",),
    format="csv",
    part=by_county,
)
packs.section(
    "places",
    schema=PlaceRow,
    key=("key",),
    check=check_places,
    install=install_places,
    export=export_places,
    after=("divisions", "grids"),
    format="csv",
)
