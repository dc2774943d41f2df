"""The ladder kept on screen: drafted, published from a day on, ended; nothing is overwritten, each step logged with reasons."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.warnings.models import LadderRow
from huying.domains.warnings.permissions import require_ladder
from huying.domains.warnings.rungs import KEY, RungRow, softer
from huying.domains.warnings.vocabulary import RUNG, RUNG_STATE_WORDS, RungStanding, RungState
from huying.kernel import audit, clock
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput, NotAllowedNow, NotFound

LONGEST_REASON = 200


def draft_rung(*, actor: Actor, row: RungRow) -> LadderRow:
    """A new version, or a new rung. Raises Forbidden outside the actor's area, InvalidInput for a day that has passed."""
    require_ladder(actor, row.division)
    if row.valid_from < clock.today():
        raise InvalidInput(
            _("施行日期不能早于今天：规则不溯及既往。"),
            fields={"valid_from": _("不早于%(day)s") % {"day": clock.today()}},
        )
    values = row.model_dump(mode="json") | {"valid_from": row.valid_from, "valid_to": row.valid_to}
    with transaction.atomic():
        made = LadderRow.objects.create(**values, state=RungState.DRAFT)
        _note(made, "rung_drafted", actor, first=True)
    return made


def publish_rung(*, actor: Actor, rung_id: int, reason: str) -> LadderRow:
    """A draft counts from its first day; the version before it ends there, and what was counted goes on.

    Raises NotFound, Forbidden, NotAllowedNow unless it is a draft, InvalidInput without a reason or where the ladder
    would no longer ask for more the longer it lasts.
    """
    why = _why(reason)
    with transaction.atomic():
        row = _locked(actor, rung_id)
        if row.state != RungState.DRAFT:
            raise NotAllowedNow(_("这一版已是“%(state)s”。") % {"state": RUNG_STATE_WORDS[RungState(row.state)]})
        if row.valid_from < clock.today():
            raise InvalidInput(_("草稿的施行日期已过。"), cure=_("删去它，另拟一版。"))
        standing = [
            other
            for other in LadderRow.objects.select_for_update().filter(division=row.division, state=RungState.PUBLISHED)
            if other.valid_to is None or other.valid_to > row.valid_from
        ]
        same = [other for other in standing if _identity(other) == _identity(row)]
        if any(other.valid_from >= row.valid_from for other in same):
            raise InvalidInput(
                _("%(day)s起或之后已有一版。") % {"day": row.valid_from}, cure=_("先停用那一版，或另定施行日期。")
            )
        rest = [other for other in standing if other not in same and other.valid_from <= row.valid_from]
        for lower, higher in softer(_said(other) for other in [*rest, row]):
            raise InvalidInput(
                _("连续 %(more)d 期的步骤不比连续 %(less)d 期的重。")
                % {"more": higher.in_a_row, "less": lower.in_a_row},
                cure=_("期数越多，步骤须越重。"),
            )
        for other in same:
            other.valid_to = row.valid_from
            other.save(update_fields=["valid_to"])
            _note(other, "rung_superseded", actor, why)
        row.state = RungState.PUBLISHED
        row.version += 1
        row.save()
        _note(row, "rung_published", actor, why)
    return row


def withdraw_rung(*, actor: Actor, rung_id: int, reason: str) -> LadderRow:
    """A draft is dropped; what is in force ends today, what would come into force never does. Open warnings and tasks stay.

    Raises NotFound, Forbidden, NotAllowedNow, InvalidInput without a reason.
    """
    why = _why(reason)
    with transaction.atomic():
        row = _locked(actor, rung_id)
        today = clock.today()
        if row.standing(today) in (RungStanding.WITHDRAWN, RungStanding.OVER):
            raise NotAllowedNow(_("这一版已经停用。"))
        if row.state == RungState.PUBLISHED and row.valid_from < today:
            row.valid_to = today
        else:
            row.state = RungState.WITHDRAWN
        row.version += 1
        row.save()
        _note(row, "rung_withdrawn", actor, why)
    return row


def _why(reason: str) -> str:
    why = reason.strip()
    if not 0 < len(why) <= LONGEST_REASON:
        raise InvalidInput(_("请写明理由。"), fields={"reason": _("1 到 %(most)d 个字。") % {"most": LONGEST_REASON}})
    return why


def _locked(actor: Actor, rung_id: int) -> LadderRow:
    row = LadderRow.objects.select_for_update().filter(pk=rung_id).first()
    if row is None:
        raise NotFound(_("没有这条预警规则。"))
    require_ladder(actor, row.division)
    return row


def _identity(row: LadderRow) -> tuple[Any, ...]:
    """What makes two rows versions of one rung."""
    named = [getattr(row, name) for name in KEY if name != "valid_from"]
    return (*named, tuple(sorted(row.levels)), tuple(sorted(row.indicators)))


def _said(row: LadderRow) -> RungRow:
    return RungRow.model_validate({name: getattr(row, name) for name in RungRow.model_fields})


def _note(row: LadderRow, action: str, actor: Actor, reason: str = "", *, first: bool = False) -> None:
    content = _said(row).model_dump(mode="json")
    event = audit.NewEvent(
        kind=RUNG,
        record_id=row.pk,
        action=action,
        actor=actor,
        to_state=row.state,
        reason=reason,
        payload=content,
        first=first,
    )
    audit.record([event])
