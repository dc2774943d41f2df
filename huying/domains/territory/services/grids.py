"""Grids redrawn: from a day on there are new ones, with new numbers; the old ones stay in the past with all that lies in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.territory.models import Boundary, DivisionSuccession, Grid, Place
from huying.domains.territory.permissions import require_changer
from huying.domains.territory.queries import Tree, standing_villages, tree
from huying.domains.territory.services.versions import touch
from huying.domains.territory.vocabulary import SuccessionKind
from huying.kernel import audit, clock
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import InvalidInput, NotAllowedNow, NotFound
from huying.kernel.packs import Provenance

MOST = 999  # a grid's own three digits


@dataclass(frozen=True, kw_only=True)
class NewGrid:
    """A grid to be drawn in a village, out of the grids `of`. boundary: GeoJSON text; "" keeps or joins those of `of`."""

    village: str
    name: str
    of: tuple[str, ...]
    boundary: str = ""


@dataclass(frozen=True)
class Heirs:
    """What an old grid was called, and the new ones with their names, in the order they were given."""

    name: str
    into: tuple[tuple[str, str], ...]


Follower = Callable[[Mapping[str, Heirs], Actor, date], None]
_followers: list[Follower] = []


def on_redrawn(follower: Follower) -> None:
    """`follower({old grid: its heirs}, actor, the day)`, in the transaction of the change."""
    _followers.append(follower)


@transaction.atomic
def redraw_grids(*, grids: Sequence[NewGrid], on: date, actor: Actor, basis: str = "") -> list[str]:
    """From the day `on` there are the new grids, and those they are made of are no more; → the new codes, in order.

    A code is the village's and the next number never used there. What was registered in the old grids stays theirs. Posts are not
    dated by grid, so the day may not lie ahead. Raises NotFound, Forbidden, InvalidInput, NotAllowedNow.
    """
    known = tree(on)
    ends = list(dict.fromkeys(code for each in grids for code in each.of))
    old = {row.code: row for row in Grid.objects.select_for_update().filter(code__in=ends, valid_to__isnull=True)}
    _check(known, grids, ends, old, on, actor)
    numbers = {village: _numbers(village) for village in {each.village for each in grids}}
    shapes = {row.code: row for row in Boundary.objects.filter(code__in=ends, valid_to__isnull=True)}
    whole = [_takes_whole(each, grids) for each in grids]
    made = [
        _drawn(f"{each.village}{next(numbers[each.village]):03d}", each, [old[code] for code in each.of], alone, on)
        for each, alone in zip(grids, whole, strict=True)
    ]
    Grid.objects.filter(code__in=ends).update(valid_to=on)
    Grid.objects.bulk_create(made)
    drawn = [_boundary(row.code, each, shapes, alone, on) for row, each, alone in zip(made, grids, whole, strict=True)]
    Boundary.objects.filter(code__in=ends, valid_to__isnull=True).update(valid_to=on)
    Boundary.objects.bulk_create(each for each in drawn if each is not None)
    links = [(code, row.code) for row, each in zip(made, grids, strict=True) for code in each.of]
    DivisionSuccession.objects.bulk_create(
        DivisionSuccession(code=code, successor=new, kind=_kind(code, new, links), on=on, basis=basis)
        for code, new in links
    )
    names = {row.code: row.name for row in made}
    heirs = {
        code: Heirs(old[code].name, tuple((new, names[new]) for each, new in links if each == code)) for code in ends
    }
    _carry_places(known, links)
    for follower in _followers:
        follower(heirs, actor, on)
    touch()
    _record(links, on, actor, basis)
    return [row.code for row in made]


def _check(
    known: Tree, grids: Sequence[NewGrid], ends: Sequence[str], old: Mapping[str, Grid], on: date, actor: Actor
) -> None:
    for code in ends:
        if code not in old:
            raise NotFound(_("没有编码为“%(code)s”的网格。") % {"code": code}, cure=_("核对 15 位编码。"))
    homes = {home for code in ends for home in standing_villages(code[:12], on)} | {each.village for each in grids}
    require_changer(actor, [("", home, *known.ancestors(home)) for home in homes])
    if on > clock.today():
        raise InvalidInput(
            _("网格调整不能提前登记。"), fields={"on": on.isoformat()}, cure=_("到那一天再登记；可填今天或以前的日期。")
        )
    if late := [row.name for row in old.values() if row.valid_from >= on]:
        raise NotAllowedNow(
            _("%(name)s 在 %(on)s 当日或之后才设立。") % {"name": late[0], "on": on}, cure=_("选更晚的日期。")
        )
    for each in grids:
        if known[each.village].level is not Level.VILLAGE:
            raise InvalidInput(
                _("网格只能划在村（社区）之下。"), fields={"village": each.village}, cure=_("另选一个村（社区）。")
            )
        if not each.name.strip():
            raise InvalidInput(_("请填写名称。"), fields={"name": ""}, cure=_("给每个新网格起名。"))
    _check_names(grids, old, on)


def _check_names(grids: Sequence[NewGrid], old: Mapping[str, Grid], on: date) -> None:
    """Where a grid has no polygon people choose it by name: a new name is no other grid's of the village.

    A grid given another village keeps its own, whatever stands there.
    """
    villages = {each.village for each in grids}
    staying = Grid.objects.filter(village__in=villages).exclude(valid_to__lte=on).exclude(code__in=old)
    standing = set(staying.values_list("village", "name"))
    given: set[tuple[str, str]] = set()
    for each in grids:
        name = (each.village, each.name.strip())
        kept = each.name.strip() in {old[code].name for code in each.of}
        if name in given or (name in standing and not kept):
            raise InvalidInput(_("这个村（社区）已有叫“%(name)s”的网格。") % {"name": name[1]}, cure=_("换一个名称。"))
        given.add(name)


def _numbers(village: str) -> Iterator[int]:
    """The numbers never used in a village."""
    last = Grid.objects.filter(village=village).order_by("-code").values_list("code", flat=True).first()
    yield from range(int(last[12:]) + 1 if last else 1, MOST + 1)
    raise NotAllowedNow(_("这个村（社区）的网格号已经用完。"), cure=_("请系统管理员检查这里的网格编码。"))


def _takes_whole(each: NewGrid, grids: Sequence[NewGrid]) -> bool:
    """Whether nothing of what it is made of goes to another."""
    return not any(other is not each and set(other.of) & set(each.of) for other in grids)


def _drawn(code: str, each: NewGrid, of: Sequence[Grid], whole: bool, on: date) -> Grid:
    """As the grids it is made of; households only where they are known to add up."""
    counts = [row.households for row in of]
    return Grid(
        code=code,
        village=each.village,
        name=each.name.strip(),
        kind=of[0].kind,
        type=of[0].type,
        households=sum(n or 0 for n in counts) if whole and None not in counts else None,
        phone=of[0].phone,
        provenance=of[0].provenance,
        valid_from=on,
    )


def _boundary(code: str, each: NewGrid, shapes: Mapping[str, Boundary], alone: bool, on: date) -> Boundary | None:
    """The polygon that was sent; else those of its parts joined, when it takes them whole and each has one."""
    if each.boundary:
        return Boundary(
            code=code,
            geometry=checked_polygon(each.boundary),
            schematic=False,
            provenance=Provenance.DOCUMENT,
            valid_from=on,
        )
    if not alone or not all(one in shapes for one in each.of):
        return None
    parts = [shapes[one] for one in each.of]
    text = parts[0].geometry
    if len(parts) > 1:
        import shapely

        text = shapely.to_geojson(shapely.union_all(shapely.from_geojson([part.geometry for part in parts])))
    return Boundary(
        code=code,
        geometry=text,
        schematic=any(part.schematic for part in parts),
        provenance=parts[0].provenance,
        valid_from=on,
    )


def checked_polygon(text: str) -> str:
    """The GeoJSON as it is kept. Raises InvalidInput unless it is one valid polygon within China, longitude first."""
    import shapely

    shape = shapely.from_geojson(text, on_invalid="ignore")
    if shape is None or shape.is_empty or shape.geom_type not in {"Polygon", "MultiPolygon"} or not shape.is_valid:
        why = shapely.is_valid_reason(shape) if shape is not None else _("读不出 GeoJSON")
        raise InvalidInput(
            _("不是有效的多边形：%(why)s。") % {"why": why},
            fields={"boundary": text[:80]},
            cure=_("在制图软件里修复几何（自相交、空洞）后重新导出。"),
        )
    west, south, east, north = shape.bounds
    if west < 73 or east > 136 or south < 3 or north > 54:
        raise InvalidInput(
            _("经纬度不在中国范围内；先写经度，后写纬度。"), fields={"boundary": text[:80]}, cure=_("改正后重试。")
        )
    return str(shapely.to_geojson(shape))


def _kind(code: str, new: str, links: Sequence[tuple[str, str]]) -> SuccessionKind:
    if sum(one == code for one, _new in links) > 1:
        return SuccessionKind.SPLIT
    return SuccessionKind.MERGED if sum(each == new for _code, each in links) > 1 else SuccessionKind.RECODED


def _carry_places(known: Tree, links: Sequence[tuple[str, str]]) -> None:
    """A place stands in the new grid where only one can be meant; of a divided grid, in the village until it is said."""
    for code in {code for code, _new in links}:
        heirs = [new for each, new in links if each == code]
        columns = known.columns(heirs[0] if len(heirs) == 1 else heirs[0][:12])
        Place.objects.filter(grid=code).update(**columns)


def _record(links: Sequence[tuple[str, str]], on: date, actor: Actor, basis: str) -> None:
    old, new = list(dict.fromkeys(code for code, _n in links)), list(dict.fromkeys(n for _code, n in links))
    told = [("redrawn", code, {"into": ",".join(n for each, n in links if each == code)}) for code in old]
    told += [("drawn", code, {"from": ",".join(each for each, n in links if n == code)}) for code in new]
    audit.record(
        [
            audit.NewEvent(
                kind="grid",
                record_id=int(code),
                action=what,
                actor=actor,
                basis=basis,
                payload={"from_day": on.isoformat(), **detail},
            )
            for what, code, detail in told
        ]
    )
