"""并单: repeats and same-matter orders go on as one; whatever becomes of the main order, nobody merged with it is forgotten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from huying.domains.identities import queries as vault
from huying.domains.matters.models import Matter
from huying.domains.matters.services.batch import Act, Batch, Order, verb
from huying.domains.matters.services.dispatching import end_assignments, stop_receipts
from huying.domains.matters.services.telling import tell_reporters
from huying.domains.matters.vocabulary import Kind, Outcome, State
from huying.kernel import clocks, prepared
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput, NotAllowedNow, Refused


@dataclass(frozen=True, kw_only=True)
class Merge(Order):
    """into: the matter that goes on; this one is answered with it."""

    into: int | None = None


def _mergeable(batch: Batch, act: Act[Merge]) -> None:
    target = batch.once(f"targets {act.actor.post_id}", lambda: _targets(batch, act.actor)).get(act.order.into or 0)
    if target is None or target.pk == act.matter.pk:
        raise InvalidInput(_("没有要并入的事项。"), fields={"into": _("请选择另一件未办结的事项")})
    if not target.is_open or target.merged_into_id or target.pk in batch.ids:
        raise NotAllowedNow(_("要并入的事项已经办结或已并单。"), cure=_("请选择未办结的主单。"))
    if (act.matter.kind == Kind.PETITION) != (target.kind == Kind.PETITION):
        # a petition's limits and remedies are its own (信访工作条例 Art 31-36)
        raise Refused(_("信访事项和其他事项不能并成一件。"), cure=_("请分别办理。"))
    kept_away = batch.once("recused", lambda: vault.recused_units("matter", [*batch.ids, *_into(batch)]))
    if kept_away.get(act.matter.pk) or kept_away.get(target.pk):
        raise Refused(_("其中一件反映的是某个单位，要对它回避，不能和别的并成一件。"), cure=_("请分别办理。"))


def _into(batch: Batch) -> set[int]:
    return {getattr(order, "into", None) or 0 for order in batch.orders}


def _targets(batch: Batch, actor: Actor) -> dict[int, Matter]:
    """Locked: two people who merge two matters into each other at once would leave neither."""
    rows = Matter.objects.visible_to(actor).filter(pk__in=_into(batch)).select_for_update(of=("self",)).order_by("pk")
    return {row.pk: row for row in rows}


@verb("merge", Merge, _mergeable)
def merge(batch: Batch, acts: list[Act[Merge]]) -> None:
    """并单: repeats and same-matter orders go on as one; each caller is still answered.

    What was merged with this one before goes on with the new main order.
    """
    end_assignments(batch, acts)
    stop_receipts(acts)
    for act in acts:
        batch.set(act.matter, merged_into_id=act.order.into, outcome=Outcome.MERGED.value)
        batch.stop_clock(act.matter, act.at)
        act.payload["into"] = act.order.into
    by_main = {act.matter.pk: act for act in acts}
    merge_on.many(
        [
            Merge(actor=Actor.system("merged"), matter_id=row.pk, into=by_main[row.main].order.into, at=act_at)
            for row, act_at in _waiting(acts)
        ],
        trusted=True,
    )


@verb("merge_on", Merge)
def merge_on(batch: Batch, acts: list[Act[Merge]]) -> None:
    """Its main order was merged into another, and it with it."""
    for act in acts:
        batch.set(act.matter, merged_into_id=act.order.into)
        act.payload["into"] = act.order.into


@dataclass(frozen=True)
class _Merged:
    pk: int
    main: int
    answered: bool


def _waiting(acts: Sequence[Act[Any]], *, answered: bool = True) -> list[tuple[_Merged, datetime | None]]:
    """Those merged with the acts' matters, and the moment they are to follow at; answered: those told already too."""
    by_main = {act.matter.pk: act for act in acts}
    found = [
        (_Merged(pk, main, replied_at is not None), by_main[main].order.at)
        for pk, main, state, replied_at in prepared.of_records("merged into", _merged, "merged_into_id", list(by_main))
        if state == State.MERGED
    ]
    return [(row, at) for row, at in found if answered or not row.answered]


def _merged() -> models.QuerySet[Matter, Any]:
    every: models.QuerySet[Matter] = Matter.objects.everything("whoever was merged follows the main order")
    return every.values_list("pk", "merged_into_id", "state", "replied_at")


def answer_with(acts: Sequence[Act[Any]]) -> None:
    """The acts' matters are answered, and so is everyone merged with them."""
    answer_merged.many(
        [Order(actor=Actor.system("merged"), matter_id=row.pk, at=at) for row, at in _waiting(acts)], trusted=True
    )


@verb("answer_merged", Order)
def answer_merged(batch: Batch, acts: list[Act[Order]]) -> None:
    """A merged caller gets the main order's answer under its own number."""
    for act in acts:
        batch.set(act.matter, replied_at=act.at, first_replied_at=act.at)
        act.payload["into"] = act.matter.merged_into_id
    tell_reporters(batch, acts, "replied")


def release(acts: Sequence[Act[Any]]) -> None:
    """The acts' matters end without an answer: whoever waits for it comes back to be dispatched."""
    numbers = {act.matter.pk: act.matter.number for act in acts}
    unmerge.many(
        [
            Order(
                actor=Actor.system("merged"),
                matter_id=row.pk,
                at=at,
                reason=_("主单 %(number)s 不再办理") % {"number": numbers[row.main]},
            )
            for row, at in _waiting(acts, answered=False)
        ],
        trusted=True,
    )


def _not_answered(batch: Batch, act: Act[Order]) -> None:
    if act.matter.replied_at is not None:
        raise NotAllowedNow(_("已随主单答复，不能再分开。"), cure=_("没有解决的，请作为新的事项登记，并提到这个编号。"))


@verb("unmerge", Order, _not_answered)
def unmerge(batch: Batch, acts: list[Act[Order]]) -> None:
    """It goes its own way again, to be dispatched; the reporter's clock runs on towards the same moment."""
    again: dict[str, dict[int, datetime]] = defaultdict(dict)
    for act in acts:
        matter = act.matter
        act.payload["into"] = matter.merged_into_id
        batch.set(matter, merged_into_id=None, outcome="", lead_unit_id=None, handler_post=None, receipt_due_at=None)
        if matter.kind == Kind.PETITION and not matter.petition_kind:
            batch.set(matter, state=State.SORTING.value)
        if matter.due_at is not None:
            again[matter.clock_slot][matter.pk] = act.at
    for slot, at in again.items():
        stopped = {row.record_id for row in clocks.of_records("matter", at, slot) if row.state == "stopped"}
        clocks.reopen("matter", {pk: moment for pk, moment in at.items() if pk in stopped}, slot=slot)
