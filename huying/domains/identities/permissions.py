"""Who stands how to a record: asked of the record's own domain, which lies above this one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from huying.domains.identities.models import Recusal
from huying.domains.identities.vocabulary import Relation
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import Forbidden, NotFound

APPROVERS = frozenset({Role.SUPERVISOR, Role.UNIT_HEAD, Role.LEADER})

RelationOf = Callable[[Actor, list[int]], Mapping[int, Relation]]
SeenBy = Callable[[Actor, str], Q]
UnitOf = Callable[[list[int]], Mapping[int, int]]


@dataclass(frozen=True)
class RecordKind:
    """relation: ids the actor may see → how the actor stands to each; an id left out is out of the actor's scope.

    seen: the same scope as a condition, given the column that holds the record's id.
    reviewing_unit: id → the unit whose supervisors approve reveals and review broken glass; it may be left out.
    """

    name: str
    relation: RelationOf
    seen: SeenBy
    reviewing_unit: UnitOf | None = None


_kinds: dict[str, RecordKind] = {}


def register_relation(kind: str, relation: RelationOf, seen: SeenBy, reviewing_unit: UnitOf | None = None) -> None:
    _kinds[kind] = RecordKind(kind, relation, seen, reviewing_unit)


def kinds() -> list[RecordKind]:
    return list(_kinds.values())


def reviewing_unit(kind: str, record_id: int) -> int | None:
    known = _kinds.get(kind)
    if known is None or known.reviewing_unit is None:
        return None
    return known.reviewing_unit([record_id]).get(record_id)


def is_recused(actor: Actor, kind: str, record_id: int) -> bool:
    who = Q(post_id=actor.post_id, post_id__isnull=False) | Q(unit_id=actor.unit_id, unit_id__isnull=False)
    rows = Recusal.objects.everything("recusal comes before any scope")
    return bool(rows.filter(who, kind=kind, record_id=record_id).exists())


def relation_to(actor: Actor, kind: str, record_id: int) -> Relation:
    """How `actor` stands to the record. NotFound when it is out of scope, its kind unknown, or the actor recused."""
    missing = NotFound(_("没有这条记录，或不在您的范围内。"))
    known = _kinds.get(kind)
    if known is None or actor.kind != "staff" or not actor.reads_business or is_recused(actor, kind, record_id):
        raise missing
    relation = known.relation(actor, [record_id]).get(record_id)
    if relation is None:
        raise missing
    return Relation(relation)


def may_rotate(actor: Actor, kind: str, record_id: int) -> bool:
    """Whether `actor` may verify a reporter who lost the query code, and give a new one. Raises NotFound."""
    return relation_to(actor, kind, record_id) in (Relation.INTAKE, Relation.FOLLOWUP)


def relations_to(actor: Actor, kind: str, record_ids: Iterable[int]) -> Mapping[int, Relation]:
    """The same for many, those out of scope left out. Recusals are the caller's query (`queries.not_recused`)."""
    known = _kinds.get(kind)
    return {} if known is None or not actor.reads_business else known.relation(actor, list(record_ids))


def may_decide(actor: Actor, kind: str, record_id: int, asker_account: int | None) -> None:
    """Raises unless `actor` may be the second person: within scope, of standing, and somebody else."""
    relation = relation_to(actor, kind, record_id)
    if actor.account_id is None or actor.account_id == asker_account:
        raise Forbidden(_("申请人不能批准或复核自己的申请。"), cure=_("请另一位有权限的人员办理。"))
    if relation is not Relation.SUPERVISOR and not actor.has(*APPROVERS):
        raise Forbidden(_("这一步由督办员、单位负责人或领导办理。"))
