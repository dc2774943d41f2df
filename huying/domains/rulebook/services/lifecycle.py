"""Draft → published → withdrawn, one way for every dated part of the rulebook; each step audited, nothing ever overwritten.

Publishing from a day closes the version that was open on that day; publishing before a later version ends where it begins.
A clock that already runs keeps the rule it was started with: nothing here reaches back into a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from huying.domains.rulebook.models import (
    AdmissionEntry,
    CatalogueVersion,
    Dated,
    DutyEntry,
    LimitRule,
    ParameterValue,
    RulebookMark,
)
from huying.domains.rulebook.permissions import require_keeper
from huying.domains.rulebook.queries import forget
from huying.domains.rulebook.vocabulary import PART_WORDS, STATE_WORDS, Part, State
from huying.kernel import audit, clock
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput, NotAllowedNow, NotFound, StaleVersion

D = TypeVar("D", bound=Dated)
MODELS: dict[Part, type[Dated]] = {
    Part.LIMIT: LimitRule,
    Part.PARAMETER: ParameterValue,
    Part.CATALOGUE: CatalogueVersion,
    Part.ADMISSION: AdmissionEntry,
    Part.DUTY: DutyEntry,
}
# What, beside the area, makes two rows versions of one thing.
IDENTITY: dict[Part, str | None] = {
    Part.LIMIT: "key",
    Part.PARAMETER: "key",
    Part.CATALOGUE: None,
    Part.ADMISSION: "code",
    Part.DUTY: "code",
}


def touch() -> None:
    """Raise the mark: every process reads the rulebook anew. In the transaction of the change."""
    if not RulebookMark.objects.update(number=F("number") + 1):
        RulebookMark.objects.create(number=1)
    forget()
    transaction.on_commit(forget)


def note(
    part: Part,
    rows: Iterable[Any],
    action: str,
    actor: Actor,
    *,
    before: str = "",
    reason: str = "",
    first: bool = False,
) -> None:
    """One event for each row."""
    audit.record(
        [
            audit.NewEvent(
                kind=part.value,
                record_id=row.pk,
                action=action,
                actor=actor,
                from_state=before,
                to_state=row.state,
                reason=reason,
                payload=told(row),
                first=first,
            )
            for row in rows
        ]
    )


def told(row: Any) -> dict[str, Any]:
    """The row's content as the log keeps it."""
    return {
        field.attname: value.isoformat() if isinstance(value, date) else value
        for field in row._meta.concrete_fields
        if field.attname not in {"id", "state"}
        for value in [getattr(row, field.attname)]
    }


def add_drafts(part: Part, rows: Sequence[D], *, actor: Actor) -> list[D]:
    """Store new drafts. Raises Forbidden, InvalidInput."""
    for row in rows:
        require_keeper(actor, part, row.division)
        if row.valid_to is not None and row.valid_to <= row.valid_from:
            raise InvalidInput(
                _("截止日期须晚于起始日期。"), cure=_("请改正日期"), fields={"valid_to": _("早于起始日期")}
            )
        row.state = State.DRAFT
    with transaction.atomic():
        made = _create(MODELS[part], rows)
        note(part, made, "draft", actor, first=True)
        touch()
    return made


def _create(model: type[Any], rows: Sequence[D]) -> list[D]:
    return list(model.objects.bulk_create(list(rows)))


def get(part: Part, ids: Sequence[int], *, lock: bool = False) -> list[Any]:
    """The rows in the order of `ids`. Raises NotFound."""
    objects = MODELS[part]._default_manager
    found = {row.pk: row for row in (objects.select_for_update() if lock else objects.all()).filter(pk__in=ids)}
    if missing := [pk for pk in ids if pk not in found]:
        raise NotFound(_("%(part)s：没有编号 %(id)s 的条目。") % {"part": PART_WORDS[part], "id": missing[0]})
    return [found[pk] for pk in ids]


def edit(part: Part, pk: int, values: dict[str, Any], *, version: int, actor: Actor) -> Any:
    """Change a draft's fields. Raises NotAllowedNow for what is published (make a new version of it), StaleVersion."""
    with transaction.atomic():
        (row,) = get(part, [pk], lock=True)
        require_keeper(actor, part, row.division)
        if row.state != State.DRAFT:
            raise NotAllowedNow(
                _("“%(state)s”的内容不能修改。") % {"state": STATE_WORDS[State(row.state)]},
                cure=_("另拟一个新版本，发布后自动接替。"),
            )
        if row.version != version:
            raise StaleVersion(_("内容已被他人修改。"), cure=_("请刷新后再改；您填写的内容仍在页面上。"))
        for name, value in values.items():
            setattr(row, name, value)
        if row.valid_to is not None and row.valid_to <= row.valid_from:
            raise InvalidInput(
                _("截止日期须晚于起始日期。"), cure=_("请改正日期"), fields={"valid_to": _("早于起始日期")}
            )
        require_keeper(actor, part, row.division)
        row.version += 1
        row.save()
        note(part, [row], "edit", actor, before=State.DRAFT)
        touch()
    return row


def publish(part: Part, ids: Sequence[int], *, actor: Actor, reason: str = "") -> list[Any]:
    """Publish drafts: they count from their `valid_from`. Raises NotAllowedNow, Forbidden, InvalidInput."""
    with transaction.atomic():
        rows = get(part, ids, lock=True)
        for row in rows:
            require_keeper(actor, part, row.division)
            if row.state != State.DRAFT:
                raise NotAllowedNow(
                    _("“%(row)s”已是“%(state)s”。") % {"row": row, "state": STATE_WORDS[State(row.state)]},
                    cure=_("只能发布草稿。"),
                )
        for row in sorted(rows, key=lambda one: one.valid_from):
            _fit(part, row, actor)
            row.state = State.PUBLISHED
            row.save()
        note(part, rows, "publish", actor, before=State.DRAFT, reason=reason)
        touch()
    return rows


def _fit(part: Part, row: Any, actor: Actor) -> None:
    """End the version that is open on the row's first day; end the row where a later version begins."""
    name = IDENTITY[part]
    same = type(row).objects.filter(state=State.PUBLISHED, division=row.division).exclude(pk=row.pk)
    others = same.filter(**{name: getattr(row, name)}) if name else same
    for other in others:
        if other.valid_from == row.valid_from:
            raise InvalidInput(
                _("%(valid_from)s 起已有一个已发布的版本。") % {"valid_from": row.valid_from},
                cure=_("先撤回它，或改用别的起始日期。"),
            )
        if other.valid_from < row.valid_from and (other.valid_to is None or other.valid_to > row.valid_from):
            other.valid_to = row.valid_from
            other.save(update_fields=["valid_to"])
            note(part, [other], "superseded", actor, before=State.PUBLISHED)
        elif other.valid_from > row.valid_from and (row.valid_to is None or row.valid_to > other.valid_from):
            row.valid_to = other.valid_from


def withdraw(part: Part, ids: Sequence[int], *, actor: Actor, reason: str, from_day: date | None = None) -> list[Any]:
    """Take drafts away, or end published content from a day on (today by default; the exit procedure of the lists).

    What began before that day stays published up to it, so that the past reads as it was. Raises InvalidInput without a reason.
    """
    if not reason.strip():
        raise InvalidInput(_("撤回须写明理由。"), cure=_("请填写理由"), fields={"reason": _("必填")})
    day = from_day or clock.today()
    with transaction.atomic():
        rows = get(part, ids, lock=True)
        for row in rows:
            require_keeper(actor, part, row.division)
            before = row.state
            if before == State.WITHDRAWN:
                raise NotAllowedNow(_("“%(row)s”已经撤回。") % {"row": row})
            if before == State.PUBLISHED and row.valid_from < day:
                if row.valid_to is None or row.valid_to > day:
                    row.valid_to = day
            else:
                row.state = State.WITHDRAWN
            row.version += 1
            row.save()
            note(part, [row], "withdraw", actor, before=before, reason=reason)
        touch()
    return rows
