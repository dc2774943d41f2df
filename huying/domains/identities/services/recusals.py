"""Keeping a record from those it concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.identities.models import Recusal
from huying.domains.identities.vocabulary import RecusalReason
from huying.kernel import audit, clock
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput, NotFound


@dataclass(frozen=True, kw_only=True)
class NewRecusal:
    """Exactly one of post_id and unit_id."""

    kind: str
    record_id: int
    reason: RecusalReason
    post_id: int | None = None
    unit_id: int | None = None
    note: str = ""


def recuse(*, actor: Actor, recusals: Sequence[NewRecusal]) -> int:
    """Keep posts or units from records, from now on. One known already stays as it is. Returns how many are new."""
    for new in recusals:
        if (new.post_id is None) == (new.unit_id is None):
            raise InvalidInput(_("回避对象应是一个岗位或一个单位。"), fields={"post_id": _("岗位和单位二选一。")})
    now = clock.now()
    with transaction.atomic():
        known = {
            (row.kind, row.record_id, row.post_id, row.unit_id)
            for row in Recusal.objects.everything("which are known").filter(
                kind__in={new.kind for new in recusals}, record_id__in={new.record_id for new in recusals}
            )
        }
        fresh = {
            key: new for new in recusals if (key := (new.kind, new.record_id, new.post_id, new.unit_id)) not in known
        }
        Recusal.objects.bulk_create(
            [
                Recusal(
                    kind=new.kind,
                    record_id=new.record_id,
                    post_id=new.post_id,
                    unit_id=new.unit_id,
                    reason=RecusalReason(new.reason).value,
                    note=new.note[:300],
                    made_label=actor.label[:120],
                    made_at=now,
                )
                for new in fresh.values()
            ],
            batch_size=500,
        )
        audit.record(
            [
                audit.NewEvent(
                    kind=new.kind,
                    record_id=new.record_id,
                    action="identity.recused",
                    actor=actor,
                    reason=new.note,
                    basis=RecusalReason(new.reason).value,
                    payload={"post": new.post_id, "unit": new.unit_id},
                )
                for new in fresh.values()
            ]
        )
    return len(fresh)


def lift_recusal(
    *, actor: Actor, kind: str, record_id: int, why: str, post_id: int | None = None, unit_id: int | None = None
) -> None:
    """The ground is gone. Never by the one recused."""
    if not why.strip():
        raise InvalidInput(_("请写明解除回避的理由。"), fields={"why": _("必填。")})
    if (post_id is not None and post_id == actor.post_id) or (unit_id is not None and unit_id == actor.unit_id):
        raise NotFound(_("没有这条记录，或不在您的范围内。"))
    with transaction.atomic():
        rows = Recusal.objects.everything("one recusal of one record")
        gone, _detail = rows.filter(kind=kind, record_id=record_id, post_id=post_id, unit_id=unit_id).delete()
        if not gone:
            raise NotFound(_("没有这项回避。"))
        audit.record(
            [
                audit.NewEvent(
                    kind=kind,
                    record_id=record_id,
                    action="identity.recusal_lifted",
                    actor=actor,
                    reason=why,
                    payload={"post": post_id, "unit": unit_id},
                )
            ]
        )
