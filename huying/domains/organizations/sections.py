"""The organisation's sections of a pack: units with their usual posts, other posts and grid workers, the portfolio (分类归口)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from pydantic import Field, field_validator

from huying.domains.organizations import queries, services
from huying.domains.organizations.models import Portfolio, Post, Unit
from huying.domains.organizations.queries import PostView, UnitView
from huying.domains.organizations.services.structure import check_roles
from huying.domains.organizations.vocabulary import STANDARD_POSTS, Provenance, UnitKind
from huying.kernel import packs
from huying.kernel.actors import ADMINISTRATORS, Actor, Level, Role
from huying.kernel.errors import Refused

BEGINNING = date(2000, 1, 1)
LEVELS = {level.column: level for level in Level}
ORDER = {key: n for n, key in enumerate(STANDARD_POSTS)}


class UnitRow(packs.ProvenancedRow):
    """posts: keys of STANDARD_POSTS. parent: a unit's code, blank at the root."""

    code: str = Field(pattern=r"^[0-9]{2,15}-[a-z_0-9]{2,32}$")
    name: str = Field(min_length=1, max_length=128)
    short_name: str = Field(min_length=1, max_length=64)
    kind: UnitKind
    level: str = Field(pattern="^(province|city|county|township|village)$")
    division: str = Field(pattern=r"^[0-9]{12}$")
    department: str = Field(pattern=r"^[a-z_0-9]{2,32}$")
    parent: str = ""
    posts: tuple[str, ...] = ()
    phone: str = ""
    source: str = ""
    valid_from: date = BEGINNING
    valid_to: date | None = None

    @field_validator("posts")
    @classmethod
    def known_posts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(value) - set(STANDARD_POSTS))
        if unknown:
            raise ValueError(
                _("没有岗位 %(keys)s；可用：%(known)s。")
                % {"keys": "、".join(unknown), "known": "、".join(STANDARD_POSTS)}
            )
        return tuple(sorted(set(value), key=ORDER.__getitem__))


class PostRow(packs.PackRow):
    unit: str
    key: str = Field(pattern=r"^[a-z0-9_-]{1,32}$")
    name: str = Field(min_length=1, max_length=64)
    roles: tuple[Role, ...]
    grid: str = Field(default="", pattern=r"^([0-9]{15})?$")
    phone: str = ""
    valid_from: date = BEGINNING
    valid_to: date | None = None

    @field_validator("roles")
    @classmethod
    def in_order(cls, value: tuple[Role, ...]) -> tuple[Role, ...]:
        return tuple(sorted(set(value)))


class PortfolioRow(packs.ProvenancedRow):
    """item: the beginning of a catalogue code, blank for all. leader: the key of a post of `leader_unit`."""

    item: str = Field(default="", pattern=r"^[0-9]{0,12}$")
    division: str = Field(pattern=r"^[0-9]{12}$")
    leader_unit: str
    leader: str
    unit: str
    source: str = ""
    valid_from: date = BEGINNING


def check_units(entries: list[packs.Entry[UnitRow]], pack: packs.Pack) -> Iterator[packs.Fault]:
    codes = {entry.value.code for entry in entries}
    divisions = {row.code for row in pack.rows("divisions")}
    for entry in entries:
        row = entry.value
        if row.parent and row.parent not in codes:
            yield entry.fault(_("上级单位 %(code)s 不在包里。") % {"code": row.parent}, _("补上它，或改正编码。"))
        if divisions and row.division not in divisions:
            yield entry.fault(_("区划 %(code)s 不在包里。") % {"code": row.division}, _("补上区划，或改正代码。"))
    parents = {entry.value.code: entry for entry in entries}
    for entry in entries:
        at, walked = entry.value, {entry.value.code}
        while at.parent in parents:
            at = parents[at.parent].value
            if at.code in walked:
                yield entry.fault(_("上级关系成环。"), _("把环上一个单位的上级改为环外的单位。"))
                break
            walked.add(at.code)


def check_posts(entries: list[packs.Entry[PostRow]], pack: packs.Pack) -> Iterator[packs.Fault]:
    units = {row.code: row for row in pack.rows("units")}
    grids = {row.code for row in pack.rows("grids")}
    worked: dict[str, packs.Entry[PostRow]] = {}
    for entry in entries:
        row = entry.value
        if row.unit not in units:
            yield entry.fault(_("单位 %(code)s 不在包里。") % {"code": row.unit}, _("补上单位，或改正编码。"))
        elif row.key in units[row.unit].posts:
            yield entry.fault(_("岗位 %(key)s 已在 units 的 posts 列。") % {"key": row.key}, _("只留一处。"))
        if row.grid:
            if grids and row.grid not in grids:
                yield entry.fault(_("网格 %(code)s 不在包里。") % {"code": row.grid}, _("补上网格，或改正编码。"))
            twin = worked.setdefault(row.grid, entry)
            if twin is not entry:
                yield entry.fault(
                    _("网格 %(code)s 已有网格员。") % {"code": row.grid}, _("一个网格只设一个网格员岗位。")
                )
        try:
            check_roles(row.name, frozenset(row.roles))
        except Refused as refused:
            yield entry.fault(refused.message, refused.cure)


def check_portfolio(entries: list[packs.Entry[PortfolioRow]], pack: packs.Pack) -> Iterator[packs.Fault]:
    units = {row.code: row for row in pack.rows("units")}
    extra = {(row.unit, row.key) for row in pack.rows("posts")}
    for entry in entries:
        row = entry.value
        if row.unit not in units:
            yield entry.fault(_("单位 %(code)s 不在包里。") % {"code": row.unit}, _("补上单位，或改正编码。"))
        leads = row.leader_unit in units and row.leader in units[row.leader_unit].posts
        if not leads and (row.leader_unit, row.leader) not in extra:
            yield entry.fault(
                _("领导岗位 %(unit)s/%(key)s 不在包里。") % {"unit": row.leader_unit, "key": row.leader},
                _("补上岗位，或改正编码。"),
            )


def install_units(rows: list[UnitRow], actor: Actor) -> Mapping[str, int]:
    before = set(Unit.objects.values_list("code", flat=True))
    services.put_units(
        actor=actor,
        rows=[
            services.NewUnit(
                code=row.code,
                name=row.name,
                short_name=row.short_name,
                kind=row.kind,
                level=LEVELS[row.level],
                division=row.division,
                department=row.department,
                parent=row.parent,
                phone=row.phone,
                provenance=Provenance(row.provenance.value),
                source=row.source,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
            )
            for row in rows
        ],
    )
    standard = [
        services.NewPost(
            unit=row.code,
            key=key,
            name=STANDARD_POSTS[key][0],
            roles=STANDARD_POSTS[key][1],
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
        for row in rows
        for key in row.posts
    ]
    services.put_posts(actor=actor, rows=standard)
    created = sum(row.code not in before for row in rows)
    return {"created": created, "kept": len(rows) - created, "posts": len(standard)}


def install_posts(rows: list[PostRow], actor: Actor) -> Mapping[str, int]:
    before = Post.objects.count()
    services.put_posts(
        actor=actor,
        rows=[
            services.NewPost(
                unit=row.unit,
                key=row.key,
                name=row.name,
                roles=frozenset(row.roles),
                grid=row.grid,
                phone=row.phone,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
            )
            for row in rows
        ],
    )
    created = Post.objects.count() - before
    return {"created": created, "kept": len(rows) - created}


def install_portfolio(rows: list[PortfolioRow], actor: Actor) -> Mapping[str, int]:
    created = services.put_portfolio(
        actor=actor,
        rows=[
            services.NewPortfolio(
                item=row.item,
                division=row.division,
                leader=(row.leader_unit, row.leader),
                unit=row.unit,
                provenance=Provenance(row.provenance.value),
                source=row.source,
                valid_from=row.valid_from,
            )
            for row in rows
        ],
    )
    return {"created": created, "kept": len(rows) - created}


def _is_standard(view: PostView, unit: UnitView) -> bool:
    return (
        STANDARD_POSTS.get(view.key) == (view.name, view.roles)
        and not view.grid
        and not view.phone
        and (view.valid_from, view.valid_to) == (unit.valid_from, unit.valid_to)
    )


def _posts_by_unit() -> Mapping[int, list[PostView]]:
    found: dict[int, list[PostView]] = defaultdict(list)
    for view in queries.posts(Post.objects.values_list("pk", flat=True)).values():
        found[view.unit_id].append(view)
    return found


def _units() -> dict[int, UnitView]:
    return queries.units(Unit.objects.order_by("code").values_list("pk", flat=True))


def export_units(actor: Actor) -> Iterable[UnitRow]:
    known, posts = _units(), _posts_by_unit()
    for unit in known.values():
        yield UnitRow(
            code=unit.code,
            name=unit.name,
            short_name=unit.short_name,
            kind=unit.kind,
            level=unit.level.column,
            division=unit.division,
            department=unit.department,
            parent=known[unit.parent_id].code if unit.parent_id else "",
            posts=tuple(view.key for view in posts.get(unit.id, ()) if _is_standard(view, unit)),
            phone=unit.phone,
            source=unit.source,
            provenance=packs.Provenance(unit.provenance.value),
            valid_from=unit.valid_from,
            valid_to=unit.valid_to,
        )


def export_posts(actor: Actor) -> Iterable[PostRow]:
    """Without the three administrators' posts: a new place gets its own."""
    known, posts = _units(), _posts_by_unit()
    for unit in known.values():
        for view in posts.get(unit.id, ()):
            if not _is_standard(view, unit) and not (view.roles and view.roles <= ADMINISTRATORS):
                yield PostRow(
                    unit=unit.code,
                    key=view.key,
                    name=view.name,
                    roles=tuple(sorted(view.roles)),
                    grid=view.grid,
                    phone=view.phone,
                    valid_from=view.valid_from,
                    valid_to=view.valid_to,
                )


def export_portfolio(actor: Actor) -> Iterable[PortfolioRow]:
    rows = Portfolio.objects.filter(valid_to__isnull=True).select_related("leader__unit", "unit")
    for row in rows.order_by("division", "item"):
        yield PortfolioRow(
            item=row.item,
            division=row.division,
            leader_unit=row.leader.unit.code,
            leader=row.leader.key,
            unit=row.unit.code,
            source=row.source,
            provenance=packs.Provenance(row.provenance),
            valid_from=row.valid_from,
        )


def by_city(row: Any) -> str:
    code: str = getattr(row, "division", "") or row.unit
    return code.partition("-")[0].ljust(4, "0")[:4]


packs.section(
    "units",
    schema=UnitRow,
    key=("code",),
    check=check_units,
    install=install_units,
    export=export_units,
    after=("divisions",),
    format="csv",
    part=by_city,
)
packs.section(
    "posts",
    schema=PostRow,
    key=("unit", "key"),
    check=check_posts,
    install=install_posts,
    export=export_posts,
    after=("units", "grids"),
    format="csv",
    part=by_city,
)
packs.section(
    "portfolio",
    schema=PortfolioRow,
    key=("division", "item"),
    check=check_portfolio,
    install=install_portfolio,
    export=export_portfolio,
    after=("units", "posts"),
    format="csv",
)
