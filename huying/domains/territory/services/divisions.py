"""Create, rename, move, merge, split, re-code and withdraw divisions, on a day, by an order (`basis`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.territory.models import Boundary, Division, DivisionParent, DivisionSuccession
from huying.domains.territory.permissions import require_changer
from huying.domains.territory.queries import Tree, tree
from huying.domains.territory.services.versions import touch
from huying.domains.territory.vocabulary import CODE, DivisionKind, SuccessionKind, level_of
from huying.kernel import audit
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import InvalidInput, NotAllowedNow
from huying.kernel.packs import Provenance


@dataclass(frozen=True, kw_only=True)
class NewDivision:
    """A division to be made. level None: what the code's digits tell."""

    code: str
    name: str
    parent: str
    level: Level | None = None
    kind: DivisionKind = DivisionKind.ADMINISTRATIVE
    exclave: bool = False
    urban_rural: str = ""
    provenance: Provenance = Provenance.DOCUMENT

    def checked(self) -> NewDivision:
        faults = {}
        if not CODE.fullmatch(self.code):
            faults["code"] = _("区划编码为 12 位数字，首位不为 0。")
        if not self.name.strip():
            faults["name"] = _("请填写名称。")
        if faults:
            raise InvalidInput(
                _("区划“%(name)s”（%(code)s）填写有误。") % {"name": self.name, "code": self.code},
                fields=faults,
                cure=_("改正后重新提交。"),
            )
        return self


@transaction.atomic
def create_divisions(*, divisions: Sequence[NewDivision], on: date, actor: Actor, basis: str = "") -> None:
    """New divisions from the day `on`. Parents may be among them. Raises InvalidInput, NotAllowedNow."""
    known = tree(on)
    _may(actor, known, (), under=[each.parent for each in divisions if each.parent in known])
    _create(known, divisions, on)
    touch()
    _record("created", [each.code for each in divisions], on, actor, basis)


@transaction.atomic
def rename_division(*, code: str, name: str, on: date, actor: Actor, basis: str = "") -> None:
    """From the day `on` the division is called `name`; before it, as before. Raises NotFound, InvalidInput."""
    known = tree(on)
    node = known[code]
    _may(actor, known, [code])
    wanted = name.strip()
    if not wanted or wanted == node.name:
        raise InvalidInput(_("新名称为空，或与现名相同。"), fields={"name": node.name}, cure=_("填写新的名称。"))
    span = _open_span(code, on)
    _close([code], on, parents=False)
    Division.objects.create(
        code=code,
        name=wanted,
        level=span.level,
        kind=span.kind,
        exclave=span.exclave,
        urban_rural=span.urban_rural,
        provenance=span.provenance,
        valid_from=on,
    )
    _succeed([(code, code)], SuccessionKind.RENAMED, on, basis)
    touch()
    _record("renamed", [code], on, actor, basis, {"from": node.name, "to": wanted})


@transaction.atomic
def move_division(*, code: str, parent: str, on: date, actor: Actor, basis: str = "") -> None:
    """From the day `on` the division stands under `parent`; its code stays until it is re-coded."""
    known = tree(on)
    node = known[code]
    _may(actor, known, [code], under=[parent])
    if parent == code or known.is_within(parent, code):
        raise InvalidInput(_("不能把区划移到它自己或其下级之下。"), fields={"parent": parent}, cure=_("另选上级。"))
    _adopt(known, {code: parent}, on)
    touch()
    _record("moved", [code], on, actor, basis, {"from": node.parent, "to": parent})


@transaction.atomic
def merge_divisions(*, codes: Sequence[str], into: str | NewDivision, on: date, actor: Actor, basis: str = "") -> None:
    """From the day `on` the divisions `codes` are one with `into` (one of them, another, or a new one).

    Their children pass to it with their codes; their past stays theirs. Raises NotFound, InvalidInput, NotAllowedNow.
    """
    known = tree(on)
    ends = [code for code in dict.fromkeys(codes) if code != _code(into)]
    levels = {known[code].level for code in ends}
    _may(actor, known, ends if isinstance(into, NewDivision) else [*ends, into])
    if not ends or len(levels) > 1:
        raise InvalidInput(_("合并至少要有一个被并入的区划，且级别相同。"), cure=_("重新选择要合并的区划。"))
    if isinstance(into, NewDivision):
        _create(known, [into], on)
    elif known[into].level not in levels:
        raise InvalidInput(_("并入的区划与被并入的级别不同。"), fields={"into": into}, cure=_("另选一个。"))
    target = _code(into)
    _adopt(known, {child: target for code in ends for child in known.children(code)}, on, new={target})
    _close(ends, on)
    _succeed([(code, target) for code in ends], SuccessionKind.MERGED, on, basis)
    touch()
    _record("merged", ends, on, actor, basis, {"into": target})
    _record("took_over", [target], on, actor, basis, {"from": ",".join(ends)})


@transaction.atomic
def split_division(
    *,
    code: str,
    parts: Sequence[NewDivision],
    children: Mapping[str, Iterable[str]],
    on: date,
    actor: Actor,
    basis: str = "",
    keeps: bool = False,
) -> None:
    """From the day `on` the division `code` is `parts`; children: part's code → the codes of the children it gets.

    With `keeps` the division itself goes on beside the parts and keeps the children not named. Every child must go
    somewhere. Raises NotFound, InvalidInput, NotAllowedNow.
    """
    known = tree(on)
    own = set(known.children(code)) if known[code] else set()
    _may(actor, known, [code])
    given = {child: part for part, members in children.items() for child in members}
    named = {part.code for part in parts}
    if not parts or not set(children) <= named:
        raise InvalidInput(_("拆分后的区划没有填写，或与下级的分配不一致。"), cure=_("逐一写明每个新区划及其下级。"))
    if strangers := set(given) - own:
        raise InvalidInput(
            _("这些区划不是 %(code)s 的下级：%(codes)s。") % {"code": code, "codes": "、".join(sorted(strangers))},
            cure=_("从分配中去掉它们。"),
        )
    if not keeps and (left := own - set(given)):
        raise InvalidInput(
            _("还有 %(n)s 个下级没有去处：%(codes)s。") % {"n": len(left), "codes": "、".join(sorted(left)[:10])},
            cure=_("给每个下级指定一个新区划，或保留原区划。"),
        )
    _create(known, parts, on)
    _adopt(known, given, on, new=named)
    if not keeps:
        _close([code], on)
    _succeed([(code, part.code) for part in parts], SuccessionKind.SPLIT, on, basis)
    touch()
    _record("split", [code], on, actor, basis, {"into": ",".join(sorted(named))})
    _record("split_off", sorted(named), on, actor, basis, {"from": code})


@transaction.atomic
def recode_division(*, code: str, new_code: str, on: date, actor: Actor, basis: str = "") -> None:
    """From the day `on` the division `code` bears `new_code`: what follows on a move to another parent."""
    known = tree(on)
    node = known[code]
    _may(actor, known, [code])
    made = NewDivision(
        code=new_code,
        name=node.name,
        parent=node.parent,
        level=node.level,
        kind=node.kind,
        exclave=node.exclave,
        urban_rural=node.urban_rural,
        provenance=Provenance(node.provenance),
    )
    _create(known, [made], on)
    _adopt(known, dict.fromkeys(known.children(code), new_code), on, new={new_code})
    boundary = Boundary.objects.filter(code=code, valid_to__isnull=True).first()
    _close([code], on)
    if boundary is not None:
        Boundary.objects.create(
            code=new_code,
            geometry=boundary.geometry,
            schematic=boundary.schematic,
            provenance=boundary.provenance,
            valid_from=on,
        )
    _succeed([(code, new_code)], SuccessionKind.RECODED, on, basis)
    touch()
    _record("recoded", [code, new_code], on, actor, basis, {"from": code, "to": new_code})


@transaction.atomic
def withdraw_division(*, code: str, on: date, actor: Actor, successor: str = "", basis: str = "") -> None:
    """From the day `on` the division is no more; `successor`, when given, answers for what it was responsible for.

    Raises NotAllowedNow while it has children: move or withdraw those first.
    """
    known = tree(on)
    node = known[code]
    _may(actor, known, [code])
    if below := known.children(code):
        raise NotAllowedNow(
            _("%(name)s 还有 %(n)s 个下级，不能撤销。") % {"name": node.name, "n": len(below)},
            cure=_("先把下级移走、并入别处或撤销。"),
        )
    if successor:
        known[successor]
    _close([code], on)
    _succeed([(code, successor)], SuccessionKind.WITHDRAWN, on, basis)
    touch()
    _record("withdrawn", [code], on, actor, basis, {"successor": successor})


def _may(actor: Actor, known: Tree, codes: Iterable[str], *, under: Iterable[str] = ()) -> None:
    """`codes` are changed; `under` get a new child."""
    changed = [(code, *known.ancestors(code)) for code in codes]
    require_changer(actor, changed + [("", code, *known.ancestors(code)) for code in under])


def _code(division: str | NewDivision) -> str:
    return division.code if isinstance(division, NewDivision) else division


def _create(known: Tree, divisions: Sequence[NewDivision], on: date) -> None:
    made = {each.checked().code: each for each in divisions}
    if len(made) != len(divisions):
        raise InvalidInput(_("同一编码写了两次。"), cure=_("每个新区划用自己的编码。"))
    if taken := [code for code in made if code in known]:
        raise NotAllowedNow(_("编码已被使用：%(codes)s。") % {"codes": "、".join(taken)}, cure=_("换一个编码。"))
    later = Division.objects.filter(code__in=made, valid_from__gte=on).values_list("code", flat=True)
    if clash := sorted(set(later)):
        raise NotAllowedNow(
            _("编码在 %(on)s 或之后另有安排：%(codes)s。") % {"on": on, "codes": "、".join(clash)},
            cure=_("换一个日期或编码。"),
        )
    for each in divisions:
        level = each.level or level_of(each.code)
        above = made[each.parent].level or level_of(each.parent) if each.parent in made else None
        if above is None and each.parent:
            above = known[each.parent].level
        if above is not None and above >= level:
            raise InvalidInput(
                _("%(name)s 的级别应低于上级。") % {"name": each.name},
                fields={"parent": each.parent},
                cure=_("另选上级。"),
            )
    Division.objects.bulk_create(
        Division(
            code=each.code,
            name=each.name.strip(),
            level=each.level or level_of(each.code),
            kind=each.kind,
            exclave=each.exclave,
            urban_rural=each.urban_rural,
            provenance=each.provenance,
            valid_from=on,
        )
        for each in divisions
    )
    DivisionParent.objects.bulk_create(
        DivisionParent(code=each.code, parent=each.parent, valid_from=on) for each in divisions if each.parent
    )


def _adopt(known: Tree, parents: Mapping[str, str], on: date, new: Iterable[str] = ()) -> None:
    """From `on`, each child stands under its new parent. A parent span that began on the same day is overwritten."""
    fresh = set(new)
    for child, parent in parents.items():
        if parent not in fresh and known[parent].level >= known[child].level:
            raise InvalidInput(
                _("%(name)s 的级别应低于上级。") % {"name": known[child].name},
                fields={"parent": parent},
                cure=_("另选上级。"),
            )
    spans = DivisionParent.objects.filter(code__in=list(parents))
    _refuse_later(spans.filter(valid_from__gt=on).values_list("code", flat=True), on)
    spans.filter(valid_from=on).delete()
    spans.filter(valid_from__lt=on, valid_to__isnull=True).update(valid_to=on)
    DivisionParent.objects.bulk_create(
        DivisionParent(code=child, parent=parent, valid_from=on) for child, parent in parents.items()
    )


def _open_span(code: str, on: date) -> Division:
    span = Division.objects.filter(code=code, valid_to__isnull=True).first()
    if span is None or span.valid_from >= on:
        raise NotAllowedNow(
            _("%(code)s 在 %(on)s 当日或之后已有变更。") % {"code": code, "on": on}, cure=_("选更晚的日期。")
        )
    return span


def _close(codes: Sequence[str], on: date, *, parents: bool = True) -> None:
    """End the open spans of `codes` on the day before `on`; history stays."""
    _refuse_later(Division.objects.filter(code__in=codes, valid_from__gte=on).values_list("code", flat=True), on)
    Division.objects.filter(code__in=codes, valid_to__isnull=True).update(valid_to=on)
    if parents:
        spans = DivisionParent.objects.filter(code__in=codes, valid_to__isnull=True)
        spans.filter(valid_from__gte=on).delete()
        spans.update(valid_to=on)
        shapes = Boundary.objects.filter(code__in=codes, valid_to__isnull=True)
        shapes.filter(valid_from__gte=on).delete()
        shapes.update(valid_to=on)


def _refuse_later(codes: Iterable[str], on: date) -> None:
    if clash := sorted(set(codes)):
        raise NotAllowedNow(
            _("这些区划在 %(on)s 当日或之后已有变更：%(codes)s。") % {"on": on, "codes": "、".join(clash[:10])},
            cure=_("选更晚的日期。"),
        )


def _succeed(pairs: Iterable[tuple[str, str]], kind: SuccessionKind, on: date, basis: str) -> None:
    DivisionSuccession.objects.bulk_create(
        DivisionSuccession(code=code, successor=successor, kind=kind, on=on, basis=basis) for code, successor in pairs
    )


def _record(
    what: str, codes: Sequence[str], on: date, actor: Actor, basis: str, detail: Mapping[str, str] | None = None
) -> None:
    """One event a division, on the chain of its code: what changed from which day, by whose order."""
    audit.record(
        [
            audit.NewEvent(
                kind="division",
                record_id=int(code),
                action=what,
                actor=actor,
                basis=basis,
                payload={"from_day": on.isoformat(), **(detail or {})},
            )
            for code in codes
        ]
    )
