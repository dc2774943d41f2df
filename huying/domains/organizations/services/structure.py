"""Units and posts: made and changed in bulk (a pack, a screen), ended with a date, never deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.organizations.models import Post, PostRole, Term, Unit
from huying.domains.organizations.queries.directory import UnitView, directory
from huying.domains.organizations.services.changes import administers, changed, record
from huying.domains.organizations.vocabulary import Provenance, UnitKind
from huying.domains.territory import queries as territory
from huying.kernel import audit
from huying.kernel.actors import ADMINISTRATORS, Actor, Level, Role
from huying.kernel.bulk import create_many, insert_many
from huying.kernel.errors import InvalidInput, NotAllowedNow, NotFound, Refused

BATCH = 500


@dataclass(frozen=True, kw_only=True)
class NewUnit:
    code: str
    name: str
    short_name: str
    kind: UnitKind
    level: Level
    division: str
    department: str
    valid_from: date
    parent: str = ""
    phone: str = ""
    provenance: Provenance = Provenance.DEMO
    source: str = ""
    valid_to: date | None = None


@dataclass(frozen=True, kw_only=True)
class NewPost:
    unit: str
    key: str
    name: str
    roles: frozenset[Role]
    valid_from: date
    grid: str = ""
    phone: str = ""
    valid_to: date | None = None


UNIT_FIELDS = (
    "name",
    "short_name",
    "kind",
    "level",
    "division",
    "department",
    "phone",
    "provenance",
    "source",
    "valid_from",
    "valid_to",
)
POST_FIELDS = ("name", "grid", "phone", "valid_from", "valid_to")


def _refuse_circles(parents: Mapping[str, str]) -> None:
    """parents: code → parent's code, '' at a root."""
    sound: set[str] = set()
    for start in parents:
        walked: list[str] = []
        at = start
        while at and at not in sound:
            if at in walked:
                raise InvalidInput(
                    _("单位的上级关系成环：%(ring)s。") % {"ring": " → ".join([*walked[walked.index(at) :], at])},
                    cure=_("请把其中一个单位的上级改为环外的单位，或留空作为根。"),
                )
            walked.append(at)
            at = parents.get(at, "")
        sound.update(walked)


def put_units(*, actor: Actor, rows: Sequence[NewUnit]) -> dict[str, int]:
    """Make the units, or change those whose code is known; code → id. A row's `parent` is a code, of the rows or known."""
    administers(actor)
    codes = [row.code for row in rows]
    if len(set(codes)) < len(codes):
        twice = sorted({code for code in codes if codes.count(code) > 1})
        raise InvalidInput(_("单位编码重复：%(codes)s。") % {"codes": "、".join(twice)}, cure=_("每个单位只列一行。"))
    with transaction.atomic():
        known = {unit.code: unit for unit in Unit.objects.select_related("parent")}
        parents = {code: unit.parent.code if unit.parent else "" for code, unit in known.items()}
        parents.update((row.code, row.parent) for row in rows)
        for row in rows:
            if row.parent and row.parent not in parents:
                raise InvalidInput(
                    _("单位 %(code)s 的上级 %(parent)s 不存在。") % {"code": row.code, "parent": row.parent},
                    cure=_("请先建上级单位，或改正上级编码。"),
                    fields={"parent": row.parent},
                )
        _refuse_circles(parents)
        fresh = [row for row in rows if row.code not in known]
        made: list[Unit] = []
        waiting = fresh
        while waiting:  # a round for each storey: a unit is written once its parent is
            ready = [row for row in waiting if not row.parent or row.parent in known]
            storey = [_unit(row, known[row.parent].pk if row.parent else None) for row in ready]
            create_many(storey)
            made += storey
            known.update((unit.code, unit) for unit in storey)
            waiting = [row for row in waiting if row.code not in known]
        touched: list[tuple[Unit, dict[str, Any]]] = []
        for row in rows:
            unit = known[row.code]
            parent_id = known[row.parent].pk if row.parent else None
            wanted = {name: getattr(row, name) for name in UNIT_FIELDS} | {"parent_id": parent_id}
            before = {name: getattr(unit, name) for name, value in wanted.items() if getattr(unit, name) != value}
            if before:
                for name in before:
                    setattr(unit, name, wanted[name])
                touched.append((unit, before))
        Unit.objects.bulk_update([unit for unit, _before in touched], [*UNIT_FIELDS, "parent"], batch_size=BATCH)
        new = {row.code for row in fresh}
        record(
            [
                *(
                    audit.NewEvent(kind="unit", record_id=unit.pk, action="unit_made", actor=actor, first=True)
                    for unit in made
                ),
                *(
                    audit.NewEvent(
                        kind="unit",
                        record_id=unit.pk,
                        action="unit_changed",
                        actor=actor,
                        payload={"before": {name: str(value) for name, value in before.items()}},
                    )
                    for unit, before in touched
                    if unit.code not in new
                ),
            ]
        )
        if made or touched:
            changed()
    return {row.code: known[row.code].pk for row in rows}


def _unit(row: NewUnit, parent_id: int | None) -> Unit:
    return Unit(parent_id=parent_id, **{name: getattr(row, name) for name in UNIT_FIELDS}, code=row.code)


def check_move(*, unit: UnitView, division: str) -> None:
    """Raises InvalidInput when the unit can't answer for `division`: it does already, or the levels differ. NotFound for no
    division."""
    node = territory.tree()[division]
    if division == unit.division:
        raise InvalidInput(_("单位现在就在%(place)s。") % {"place": node.name}, cure=_("另写一个区划。"))
    if node.level is not unit.level:
        raise InvalidInput(_("%(place)s 的级别与单位不同。") % {"place": node.name}, cure=_("写同一级别的区划。"))


def move_unit(*, actor: Actor, unit_id: int, division: str, basis: str) -> None:
    """From now on the unit answers for another division of its level; its posts, people and open work go with it."""
    administers(actor)
    view = directory().units.get(unit_id)
    if view is None:
        raise NotFound(_("没有这个单位。"))
    check_move(unit=view, division=division)
    with transaction.atomic():
        Unit.objects.filter(pk=unit_id).update(division=division)
        record(
            [
                audit.NewEvent(
                    kind="unit",
                    record_id=unit_id,
                    action="unit_changed",
                    actor=actor,
                    basis=basis,
                    payload={"before": {"division": view.division}, "after": {"division": division}},
                )
            ]
        )
        changed()


def end_unit(*, actor: Actor, code: str, on: date) -> None:
    """The unit ends; refused while a unit below it, or somebody's term in it, runs on."""
    administers(actor)
    with transaction.atomic():
        unit = Unit.objects.select_for_update().filter(code=code).first()
        if unit is None:
            raise NotFound(_("没有编码为 %(code)s 的单位。") % {"code": code})
        if (
            unit.children.exclude(valid_to__lte=on).exists()
            or Term.objects.filter(post__unit=unit).exclude(valid_to__lte=on).exists()
        ):
            raise NotAllowedNow(
                _("%(name)s 还有下级单位或在任人员，不能撤销。") % {"name": unit.name},
                cure=_("请先撤并下级单位、结束任期；结束任期时待办会移交。"),
            )
        unit.valid_to = on
        unit.save(update_fields=["valid_to"])
        unit.posts.exclude(valid_to__lte=on).update(valid_to=on)
        record(
            [audit.NewEvent(kind="unit", record_id=unit.pk, action="unit_ended", actor=actor, payload={"on": str(on)})]
        )
        changed()


def check_roles(name: str, roles: frozenset[Role]) -> None:
    """An administrator's post holds that one role: no second administrator's, no business."""
    if roles & ADMINISTRATORS and len(roles) > 1:
        raise Refused(
            _("岗位“%(name)s”兼有管理员角色和其他角色。") % {"name": name},
            cure=_("系统管理员、安全管理员、审计员三员分立，各设专岗，不兼业务。"),
            fields={"roles": "、".join(sorted(roles))},
        )


def put_posts(*, actor: Actor, rows: Sequence[NewPost]) -> dict[tuple[str, str], int]:
    """Make the posts, or change those known by (unit code, key); → id."""
    administers(actor)
    for row in rows:
        check_roles(row.name, row.roles)
    wanted = {(row.unit, row.key): row for row in rows}
    with transaction.atomic():
        units = dict(Unit.objects.values_list("code", "id"))
        for row in rows:
            if row.unit not in units:
                raise InvalidInput(
                    _("岗位 %(key)s 所属单位 %(unit)s 不存在。") % {"key": row.key, "unit": row.unit},
                    cure=_("请先建单位，或改正单位编码。"),
                    fields={"unit": row.unit},
                )
        codes = {units[row.unit]: row.unit for row in rows}
        known = {(codes[post.unit_id], post.key): post for post in Post.objects.filter(unit__in=codes)}
        fresh = {name: row for name, row in wanted.items() if name not in known}
        made = [
            Post(unit_id=units[row.unit], key=row.key, **{field: getattr(row, field) for field in POST_FIELDS})
            for row in fresh.values()
        ]
        create_many(made)
        known.update(zip(fresh, made, strict=True))
        moved: list[Post] = []
        for name, row in wanted.items():
            post = known[name]
            if any(getattr(post, field) != getattr(row, field) for field in POST_FIELDS):
                for field in POST_FIELDS:
                    setattr(post, field, getattr(row, field))
                moved.append(post)
        Post.objects.bulk_update(moved, POST_FIELDS, batch_size=BATCH)
        altered = _put_roles({known[name].pk: row.roles for name, row in wanted.items()})
        fresh_ids = {post.pk for post in made}
        record(
            [
                *(
                    audit.NewEvent(kind="post", record_id=post.pk, action="post_made", actor=actor, first=True)
                    for post in made
                ),
                *(
                    audit.NewEvent(kind="post", record_id=post_id, action="post_changed", actor=actor)
                    for post_id in sorted({post.pk for post in moved} | (altered - fresh_ids))
                ),
            ]
        )
        if made or moved or altered:
            changed()
    return {name: known[name].pk for name in wanted}


def _put_roles(wanted: Mapping[int, frozenset[Role]]) -> set[int]:
    """Set each post's roles; the posts whose roles changed. A held post can't turn into, or out of, an administrator's."""
    held: dict[int, set[str]] = {}
    for post_id, role in PostRole.objects.filter(post__in=wanted).values_list("post_id", "role"):
        held.setdefault(post_id, set()).add(role)
    altered = {post_id for post_id, roles in wanted.items() if held.get(post_id, set()) != {r.value for r in roles}}
    sensitive = [
        post_id for post_id in altered if held.get(post_id) and (held[post_id] | set(wanted[post_id])) & ADMINISTRATORS
    ]
    if sensitive and Term.objects.filter(post__in=sensitive, valid_to__isnull=True).exists():
        raise Refused(
            _("在任的岗位不能改为管理员岗位，管理员岗位也不能改作他用。"),
            cure=_("请另设管理员专岗，再任命。"),
        )
    drop = PostRole.objects.filter(post__in=sorted(altered & held.keys()))
    drop.delete()
    insert_many(
        [PostRole(post_id=post_id, role=role.value) for post_id in sorted(altered) for role in sorted(wanted[post_id])]
    )
    return altered


def end_post(*, actor: Actor, post_id: int, on: date) -> None:
    """The post ends; refused while somebody's term in it runs on."""
    administers(actor)
    with transaction.atomic():
        post = Post.objects.select_for_update().filter(pk=post_id).first()
        if post is None:
            raise NotFound(_("没有这个岗位。"))
        if post.terms.exclude(valid_to__lte=on).exists():
            raise NotAllowedNow(_("岗位“%(name)s”还有人在任。") % {"name": post.name}, cure=_("请先结束任期。"))
        post.valid_to = on
        post.save(update_fields=["valid_to"])
        record(
            [audit.NewEvent(kind="post", record_id=post.pk, action="post_ended", actor=actor, payload={"on": str(on)})]
        )
        changed()
