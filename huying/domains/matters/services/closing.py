"""From a reply to a verified close: review, follow-up by someone else, redo, close, reopen, archive."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

from huying.domains.identities import services as vault
from huying.domains.matters.models import Assignment, FollowUp, Reply
from huying.domains.matters.services.batch import Act, Batch, Order, verb
from huying.domains.matters.services.dispatching import end_assignments
from huying.domains.matters.services.handling import who
from huying.domains.matters.services.merging import answer_with
from huying.domains.matters.services.telling import tell_reporters
from huying.domains.matters.vocabulary import (
    AssignmentState,
    Kind,
    Outcome,
    ReviewState,
    Satisfied,
    Solved,
    State,
)
from huying.kernel import clocks, prepared, worklist
from huying.kernel.bulk import create_many, insert_many, save_many
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow


def _pending(batch: Batch) -> dict[int, Reply]:
    return batch.once(
        "pending replies",
        lambda: {row.matter_id: row for row in _replies(batch.ids) if row.review == ReviewState.PENDING},
    )


def _replies(matters: list[int]) -> list[Reply]:
    return prepared.of_records("replies", Reply.objects.all, "matter_id", matters)


def _other_than_replier(batch: Batch, act: Act[Order]) -> None:
    row = _pending(batch).get(act.matter.pk)
    if row is not None and act.actor.account_id is not None and row.by_account == act.actor.account_id:
        raise Forbidden(_("答复人不能审核自己的答复。"))


def _review(batch: Batch, acts: list[Act[Order]], review: ReviewState) -> None:
    pending = _pending(batch)
    rows = []
    for act in acts:
        row = pending[act.matter.pk]
        row.review, row.reviewed_at, row.reviewed_by_post = review.value, act.at, act.actor.post_id
        row.review_reason = act.order.reason
        rows.append(row)
    save_many(rows, ["review", "reviewed_at", "reviewed_by_post", "review_reason"])


@verb("approve_reply", Order, _other_than_replier)
def approve_reply(batch: Batch, acts: list[Act[Order]]) -> None:
    """The reply answers what was asked; it goes to the reporter, and follow-up begins. Merged callers are answered with it."""
    _review(batch, acts, ReviewState.APPROVED)
    for act in acts:
        batch.set(act.matter, reviewed_at=act.at)
    end_assignments(batch, acts, AssignmentState.ANSWERED)
    tell_reporters(batch, acts, "replied")
    answer_with(acts)


def _within_redo(batch: Batch, act: Act[Order]) -> None:
    most = batch.number("redo.cap", act)
    if act.matter.redo_count >= most:
        raise NotAllowedNow(_("已退回重办 %(n)d 次，达到上限。") % {"n": most}, cure=_("请转督办，或说明理由后办结。"))
    _other_than_replier(batch, act)


@verb("return_reply", Order, _within_redo)
def return_reply(batch: Batch, acts: list[Act[Order]]) -> None:
    """The reply does not answer: back to the unit, and the same clock runs on towards the same moment."""
    _review(batch, acts, ReviewState.RETURNED)
    by_slot: dict[str, list[Act[Order]]] = defaultdict(list)
    for act in acts:
        batch.set(act.matter, redo_count=act.matter.redo_count + 1, replied_at=None)
        by_slot[act.matter.clock_slot].append(act)
    for slot, group in by_slot.items():
        clocks.reopen("matter", {act.matter.pk: act.at for act in group}, slot=slot)


@dataclass(frozen=True, kw_only=True)
class Ask(Order):
    """A follow-up. way: phone, message, web or visit."""

    way: str = "phone"
    solved: Solved | None = None
    satisfied: Satisfied | None = None
    said: str = ""


def _independent(batch: Batch, act: Act[Ask]) -> None:
    if act.actor.kind != "staff":
        return
    if act.actor.unit_id is not None and act.actor.unit_id == act.matter.lead_unit_id:
        raise Forbidden(_("回访须由承办单位以外的人进行。"))
    handled = batch.once("handled by", lambda: {(row.matter_id, row.by_account) for row in _replies(batch.ids)})
    if act.actor.account_id is not None and (act.matter.pk, act.actor.account_id) in handled:
        raise Forbidden(_("答复人不能回访自己办的事。"))


@verb("attempt_follow_up", Ask, _independent)
def attempt_follow_up(batch: Batch, acts: list[Act[Ask]]) -> None:
    """Nobody answered. After the set number of attempts the outcome is "not reached", which is never a "yes"."""
    insert_many([FollowUp(**who(act), way=act.order.way, reached=False) for act in acts])
    for act in acts:
        batch.set(act.matter, attempts=act.matter.attempts + 1)
        act.payload["attempt"] = act.matter.attempts
        if act.matter.attempts >= batch.number("followup.attempts", act):
            batch.set(
                act.matter,
                state=State.FOLLOWED_UP.value,
                followed_up_at=act.at,
                solved=Solved.UNREACHED.value,
                satisfied=Satisfied.UNREACHED.value,
            )


@verb("follow_up", Ask, _independent)
def follow_up(batch: Batch, acts: list[Act[Ask]]) -> None:
    """Someone other than the handler asked the reporter: solved? satisfied? Two questions, kept apart."""
    insert_many(
        [
            FollowUp(
                **who(act),
                way=act.order.way,
                reached=True,
                solved=act.order.solved or "",
                satisfied=act.order.satisfied or "",
                said=act.order.said,
            )
            for act in acts
        ]
    )
    for act in acts:
        batch.set(
            act.matter,
            attempts=act.matter.attempts + 1,
            followed_up_at=act.at,
            solved=Solved(act.order.solved or "").value,
            satisfied=Satisfied(act.order.satisfied or "").value,
        )
        act.payload.update(solved=act.matter.solved, satisfied=act.matter.satisfied, way=act.order.way)


@verb("redo", Order, _within_redo)
def redo(batch: Batch, acts: list[Act[Order]]) -> None:
    """Not solved: the same unit does it again, under a new clock of its own, a bounded number of times."""
    starts, rows = [], []
    for act in acts:
        matter = act.matter
        assert matter.lead_unit_id is not None  # a reply came from somebody
        batch.set(
            matter,
            redo_count=matter.redo_count + 1,
            clock_slot=f"redo-{matter.reopened_count}-{matter.redo_count + 1}",
            replied_at=None,
            reviewed_at=None,
            followed_up_at=None,
            attempts=0,
            solved="",
            satisfied="",
        )
        rows.append(
            Assignment(
                matter=matter,
                unit_id=matter.lead_unit_id,
                part="lead",
                state=AssignmentState.RECEIVED,
                designated=True,
                issued_at=act.at,
                received_at=act.at,
            )
        )
        starts.append(
            clocks.StartClock(
                kind="matter",
                record_id=matter.pk,
                slot=matter.clock_slot,
                rule=batch.rule("redo", act.at.date(), matter.division),
                started_at=act.at,
                unit_id=matter.lead_unit_id or 0,
            )
        )
    create_many(rows)
    for act, running in zip(acts, clocks.start(starts), strict=True):
        batch.set(act.matter, due_at=running.due_at, designated=True)
    worklist.recolour("matter", {act.matter.pk: "none" for act in acts})
    for act in acts:
        act.payload["due"] = act.matter.due_at.isoformat() if act.matter.due_at else ""


def _closable(batch: Batch, act: Act[Order]) -> None:
    if act.matter.solved == Solved.NO and len(act.order.reason.strip()) < 4:
        raise InvalidInput(
            _("反映人说没有解决；仍要办结须写明理由。"),
            fields={"reason": _("写明为何不能解决，以及告知的途径")},
            cure=_("也可以退回重办。"),
        )


@verb("close", Order, _closable)
def close(batch: Batch, acts: list[Act[Order]]) -> None:
    """The end, after somebody independent asked. From now the window for reopening runs."""
    for act in acts:
        matter = act.matter
        outcome = Outcome.UNSOLVED if matter.solved == Solved.NO else Outcome.HANDLED
        batch.set(
            matter,
            closed_at=act.at,
            outcome=outcome.value,
            reopen_until=act.at + timedelta(days=batch.number("reopen.window_days", act)),
        )
    # From here not even the caller's own number links it to another matter.
    vault.drop_numbers(kind="matter", record_ids=[act.matter.pk for act in acts])


def _within_window(batch: Batch, act: Act[Order]) -> None:
    if act.matter.reopen_until is None or act.at > act.matter.reopen_until:
        raise NotAllowedNow(_("已过可以重新办理的期限。"), cure=_("可以作为新的事项反映，并提到这个编号。"))


@verb("reopen", Order, _within_window)
def reopen(batch: Batch, acts: list[Act[Order]]) -> None:
    """Within the window after closing the matter begins again: the limit to send it on runs from now, a new clock then."""
    for act in acts:
        matter = act.matter
        batch.set(
            matter,
            reopened_at=act.at,
            reopened_count=matter.reopened_count + 1,
            clock_slot=f"reopen-{matter.reopened_count + 1}",
            redo_count=0,
            outcome="",
            closed_at=None,
            due_at=None,
            receipt_due_at=None,
            lead_unit_id=None,
            handler_post=None,
            designated=False,
            replied_at=None,
            reviewed_at=None,
            followed_up_at=None,
            attempts=0,
            solved="",
            satisfied="",
            external_due_at=None,
        )
        if matter.rule_key == "imported":
            batch.set(matter, rule_key="")


@verb("archive", Order)
def archive(batch: Batch, acts: list[Act[Order]]) -> None:
    """Put away; retention begins."""
    for act in acts:
        batch.set(act.matter, archived_at=act.at)


@dataclass(frozen=True, kw_only=True)
class Evaluate(Order):
    solved: Solved | None = None
    satisfied: Satisfied | None = None
    said: str = ""


@verb("evaluate", Evaluate)
def evaluate(batch: Batch, acts: list[Act[Evaluate]]) -> None:
    """The reporter's own word, by the query code. Before follow-up it is the follow-up; later it stands beside it."""
    insert_many(
        [
            FollowUp(
                **who(act),
                way="web",
                reached=True,
                solved=act.order.solved or "",
                satisfied=act.order.satisfied or "",
                said=act.order.said,
            )
            for act in acts
        ]
    )
    for act in acts:
        act.payload.update(solved=act.order.solved or "", satisfied=act.order.satisfied or "")
        if (
            act.matter.kind != Kind.PETITION
            and act.before == State.REVIEWED
            and act.order.solved
            and act.order.satisfied
        ):
            batch.set(
                act.matter,
                state=State.FOLLOWED_UP.value,
                followed_up_at=act.at,
                solved=Solved(act.order.solved).value,
                satisfied=Satisfied(act.order.satisfied).value,
            )
