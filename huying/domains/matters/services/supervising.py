"""Urging, supervision, cards, leaders in charge, and demands judged unreasonable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from huying.domains.matters.models import Matter, Supervision, UnreasonableReview
from huying.domains.matters.services.batch import Act, Batch, Order, verb
from huying.domains.matters.services.dispatching import by_lead
from huying.domains.matters.services.handling import who
from huying.domains.matters.vocabulary import TRIGGER_WORDS, State, Trigger
from huying.domains.organizations import queries as organizations
from huying.kernel import clock, clocks, deadlines, outbox, worklist
from huying.kernel.actors import Actor
from huying.kernel.bulk import insert_many, save_many
from huying.kernel.clocks.engine import calendar
from huying.kernel.errors import InvalidInput, NotAllowedNow

PANEL_AT_LEAST = 3


def _tell_unit(batch: Batch, act: Act[Any], topic: str, body: str) -> None:
    if act.matter.lead_unit_id is None:
        return
    batch.messages.append(
        outbox.Message(
            topic=f"matters.{topic}",
            driver="in_app",
            recipient=f"unit:{act.matter.lead_unit_id}",
            subject=act.matter.number,
            body=body,
            dedupe_key=f"{topic}:{act.matter.pk}:{act.matter.version}",
            kind="matter",
            record_id=act.matter.pk,
        )
    )


@verb("urge", Order)
def urge(batch: Batch, acts: list[Act[Order]]) -> None:
    """催办: the unit is reminded, and that it was is on record."""
    for act in acts:
        _tell_unit(batch, act, "urged", act.order.reason)


@dataclass(frozen=True, kw_only=True)
class Supervise(Order):
    trigger: Trigger | None = None


def _not_twice(batch: Batch, act: Act[Supervise]) -> None:
    if act.order.trigger not in set(Trigger):
        raise InvalidInput(_("请选择督办的原因。"), fields={"trigger": _("必填。")})
    open_ones = batch.once(
        "supervised",
        lambda: set(
            Supervision.objects.filter(matter__in=batch.ids, answered_at=None).values_list("matter_id", "trigger")
        ),
    )
    if (act.matter.pk, act.order.trigger) in open_ones:
        raise NotAllowedNow(_("已因同一原因督办，待反馈。"))


@verb("supervise", Supervise, _not_twice)
def supervise(batch: Batch, acts: list[Act[Supervise]]) -> None:
    """督办: refused, overdue, should be solved but isn't, bad effects, repeated, or ordered; answered by its own limit."""
    rows = []
    for act in acts:
        rule = batch.rule("hotline.urging", act.at.date(), act.matter.division)
        due = deadlines.compute(rule, act.at, calendar()).due
        rows.append(
            Supervision(**who(act), trigger=Trigger(act.order.trigger or "").value, reason=act.order.reason, due_at=due)
        )
        batch.set(act.matter, supervised=True)
        act.payload["trigger"] = act.order.trigger
        if act.matter.lead_unit_id is not None:
            batch.works.append(_supervision_work(act, rows[-1]))
        _tell_unit(batch, act, "supervised", act.order.reason)
    insert_many(rows)


def _supervision_work(act: Act[Supervise], row: Supervision) -> worklist.Work:
    matter = act.matter
    return worklist.Work(
        kind="matter",
        record_id=matter.pk,
        slot="supervision",
        queue="supervised",
        subject_id=matter.pk,
        unit_id=matter.lead_unit_id or 0,
        number=matter.number,
        title=matter.title,
        place=matter.place,
        channel=matter.channel,
        why=f"{TRIGGER_WORDS[Trigger(row.trigger)].zh}：{row.reason}",
        due_at=row.due_at,
        urgent=True,
        opened_at=act.at,
    )


@dataclass(frozen=True, kw_only=True)
class AnswerSupervision(Order):
    text: str = ""


@verb("answer_supervision", AnswerSupervision, by_lead)
def answer_supervision(batch: Batch, acts: list[Act[AnswerSupervision]]) -> None:
    """The unit says what it did and by when the rest is done."""
    by_matter = {act.matter.pk: act for act in acts}
    rows = list(Supervision.objects.filter(matter__in=list(by_matter), answered_at=None))
    for row in rows:
        act = by_matter[row.matter_id]
        row.answer, row.answered_at, row.answered_by_post = act.order.text, act.at, act.actor.post_id
        batch.closed_work[("matter", "supervision")].add(row.matter_id)
    save_many(rows, ["answer", "answered_at", "answered_by_post"])
    for act in acts:
        act.payload["text"] = act.order.text


@dataclass(frozen=True, kw_only=True)
class NameLeader(Order):
    post: int | None = None


def _a_leader(batch: Batch, act: Act[NameLeader]) -> None:
    if organizations.post(act.order.post or 0) is None:
        raise InvalidInput(_("没有这个岗位。"), fields={"post": _("请选择领导岗位")})


@verb("name_leader", NameLeader, _a_leader)
def name_leader(batch: Batch, acts: list[Act[NameLeader]]) -> None:
    """领导包案: a named leader answers for a matter that has stood too long."""
    for act in acts:
        post = organizations.post(act.order.post or 0)
        assert post is not None
        batch.set(act.matter, leader_post=post.id)
        act.payload["post"] = post.name
        matter = act.matter
        batch.works.append(
            worklist.Work(
                kind="matter",
                record_id=matter.pk,
                slot="leader",
                queue="led",
                subject_id=matter.pk,
                unit_id=post.unit_id,
                post_id=post.id,
                number=matter.number,
                title=matter.title,
                place=matter.place,
                channel=matter.channel,
                why=act.order.reason,
                due_at=matter.due_at,
                opened_at=act.at,
            )
        )


@verb("ask_unreasonable", Order, by_lead)
def ask_unreasonable(batch: Batch, acts: list[Act[Order]]) -> None:
    """A unit head asks a panel to find a demand unreasonable. Until it decides, nothing changes."""
    waiting = set(
        UnreasonableReview.objects.filter(matter__in=[act.matter.pk for act in acts], decided_at=None).values_list(
            "matter_id", flat=True
        )
    )
    for act in acts:
        if act.matter.pk in waiting:
            raise NotAllowedNow(_("已有一份认定申请待议。"))
    insert_many([UnreasonableReview(**who(act), reason=act.order.reason) for act in acts])


@dataclass(frozen=True, kw_only=True)
class DecideUnreasonable(Order):
    """panel: the posts that sat, at least three, none of the unit that asked; outside_member: by office."""

    panel: tuple[int, ...] = ()
    outside_member: str = ""
    upheld: bool = False


def _a_fair_panel(batch: Batch, act: Act[DecideUnreasonable]) -> None:
    wrong: dict[str, str] = {}
    posts = organizations.posts(act.order.panel)
    if len(set(act.order.panel)) < PANEL_AT_LEAST or len(posts) != len(set(act.order.panel)):
        wrong["panel"] = _("合议至少三个岗位。")
    elif any(post.unit_id == act.matter.lead_unit_id for post in posts.values()):
        wrong["panel"] = _("申请认定的单位不参加合议。")
    if not act.order.outside_member.strip():
        wrong["outside_member"] = _("须有一名外部成员（如法律顾问、人大代表）。")
    if wrong:
        raise InvalidInput(_("合议组成不合规定。"), fields=wrong)


@verb("decide_unreasonable", DecideUnreasonable, _a_fair_panel)
def decide_unreasonable(batch: Batch, acts: list[Act[DecideUnreasonable]]) -> None:
    """The panel's decision, with reasons and an outside member. The label stays on the matter; the share is published."""
    by_matter = {act.matter.pk: act for act in acts}
    rows = {
        row.matter_id: row for row in UnreasonableReview.objects.filter(matter__in=list(by_matter), decided_at=None)
    }
    for act in acts:
        row = rows.get(act.matter.pk)
        if row is None:
            raise NotAllowedNow(_("没有待议的认定申请。"))
        row.panel, row.outside_member = list(act.order.panel), act.order.outside_member.strip()
        row.outcome, row.decision_reason = ("upheld" if act.order.upheld else "refused"), act.order.reason
        row.decided_at = act.at
        batch.set(act.matter, unreasonable=act.order.upheld)
        act.payload.update(upheld=act.order.upheld, outside_member=row.outside_member)
    save_many(list(rows.values()), ["panel", "outside_member", "outcome", "decision_reason", "decided_at"])


@verb("appeal_unreasonable", Order)
def appeal_unreasonable(batch: Batch, acts: list[Act[Order]]) -> None:
    """The reporter objects to the finding: it is judged again, and meanwhile the label is off."""
    by_matter = {act.matter.pk: act for act in acts}
    decided = {
        row.matter_id: row
        for row in UnreasonableReview.objects.filter(matter__in=list(by_matter), outcome="upheld").order_by("pk")
    }
    again = []
    for act in acts:
        row = decided.get(act.matter.pk)
        if row is None or row.appealed_at is not None:
            raise NotAllowedNow(_("没有可以提出异议的认定。"))
        row.appealed_at, row.appeal_reason = act.at, act.order.reason
        again.append(UnreasonableReview(**who(act), reason=act.order.reason, appeal_of=row))
        batch.set(act.matter, unreasonable=False)
    save_many(list(decided.values()), ["appealed_at", "appeal_reason"])
    insert_many(again)


def turn_cards(turns: Sequence[clocks.Turn]) -> None:
    """Log each card that turned on a matter, tell its unit, and put what turned red under supervision."""
    actor = Actor.system("cards")
    open_now = Matter.objects.everything("cards turn on every matter").filter(
        pk__in=[turn.clock.record_id for turn in turns]
    )
    live = {matter.pk: matter for matter in open_now if matter.is_open}
    shown = {turn.clock.record_id: turn for turn in turns if turn.clock.record_id in live}
    card.many([ShowCard(actor=actor, matter_id=pk, card=turn.after) for pk, turn in shown.items()], trusted=True)
    overdue = [
        Supervise(
            actor=actor,
            matter_id=pk,
            trigger=Trigger.OVERDUE,
            reason=f"{clock.local(turn.clock.due_at):%F %H:%M} 到期未答复",
        )
        for pk, turn in shown.items()
        if turn.after == "red" and live[pk].state != State.SUSPENDED
    ]
    supervise.many(overdue, partial=True, trusted=True)


@dataclass(frozen=True, kw_only=True)
class ShowCard(Order):
    card: str = ""


@verb("card", ShowCard)
def card(batch: Batch, acts: list[Act[ShowCard]]) -> None:
    """A yellow or red card turned on the matter's clock."""
    for act in acts:
        act.payload["card"] = act.order.card
        _tell_unit(batch, act, f"card_{act.order.card}", "")
