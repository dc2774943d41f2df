"""While a unit has the matter: contacts, partners, the whistle, extensions, suspensions, the reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from huying.domains.matters.models import Assignment, Contact, Extension, Reply, Suspension
from huying.domains.matters.models.tokens import tokens_of
from huying.domains.matters.services.batch import Act, Batch, Order, verb
from huying.domains.matters.services.dispatching import by_lead, leads_of, living, start_partner_clocks, units_of
from huying.domains.matters.services.telling import tell_reporters
from huying.domains.matters.vocabulary import AssignmentState, Part
from huying.domains.organizations import queries as organizations
from huying.kernel import clocks, worklist
from huying.kernel.actors import Level, Role
from huying.kernel.bulk import create_many, insert_many, save_many
from huying.kernel.deadlines import Extension as DeadlineExtension
from huying.kernel.deadlines import Limit, Rule
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow
from huying.kernel.words import listed

PARTNERS = (Part.SUPPORT, Part.WHISTLE)


def who(act: Act[Any]) -> dict[str, Any]:
    """The columns every dealing has: the matter, when, and the post that acted."""
    actor = act.actor
    return {
        "matter": act.matter,
        "at": act.at,
        "by_post": actor.post_id,
        "by_account": actor.account_id,
        "by_unit": actor.unit_id,
    }


@dataclass(frozen=True, kw_only=True)
class RecordContact(Order):
    way: str = "phone"
    reached: bool = True
    summary: str = ""


@verb("contact", RecordContact)
def contact(batch: Batch, acts: list[Act[RecordContact]]) -> None:
    """The handler contacted the reporter."""
    insert_many(
        [Contact(**who(act), way=act.order.way, reached=act.order.reached, summary=act.order.summary) for act in acts]
    )
    for act in acts:
        act.payload.update(way=act.order.way, reached=act.order.reached)


@dataclass(frozen=True, kw_only=True)
class CallUnits(Order):
    units: tuple[int, ...] = ()


def _callable(batch: Batch, act: Act[CallUnits]) -> None:
    from huying.domains.identities import queries as vault

    if act.actor.kind == "staff" and Role.DISPATCHER not in act.actor.roles:
        by_lead(batch, act)
    known = organizations.units(act.order.units)
    living = batch.once(
        "living",
        lambda: set(
            Assignment.objects.everything("the matters were checked")
            .filter(matter__in=batch.ids, ended_at=None)
            .values_list("matter_id", "unit_id")
        ),
    )
    kept_away = batch.once("recused", lambda: vault.recused_units("matter", batch.ids)).get(act.matter.pk, set())
    for unit_id in act.order.units:
        if unit_id not in known:
            raise InvalidInput(_("没有这个单位。"), fields={"units": str(unit_id)})
        if unit_id in kept_away:
            raise NotAllowedNow(_("该单位须回避此件。"))
        if (act.matter.pk, unit_id) in living:
            raise NotAllowedNow(_("%(unit)s 已经在办这件事。") % {"unit": known[unit_id].name})


def _whistle_by_township(batch: Batch, act: Act[CallUnits]) -> None:
    own = organizations.unit(act.actor.unit_id or 0)
    if act.actor.kind == "staff" and (own is None or own.level != Level.TOWNSHIP):
        raise Forbidden(_("吹哨是乡镇、街道的职权；部门需要配合时请用“请求协办”。"))
    _callable(batch, act)


def _call(batch: Batch, acts: Sequence[Act[CallUnits]], part: Part, rule_key: str) -> None:
    rows = [
        Assignment(
            matter=act.matter,
            unit_id=unit_id,
            part=part.value,
            called_by_unit=act.actor.unit_id,
            issued_at=act.at,
            grounds=[act.order.reason] if act.order.reason else [],
        )
        for act in acts
        for unit_id in act.order.units
    ]
    create_many(rows)
    by_matter = {act.matter.pk: act for act in acts}
    start_partner_clocks(batch, [(by_matter[row.matter_id], row) for row in rows], rule_key)
    units = units_of(by_matter)
    for act in acts:
        act.payload["units"] = [unit.name for unit in organizations.units(act.order.units).values()]
        batch.rescoped[act.matter.pk] = tokens_of(act.matter, units[act.matter.pk])


@verb("call_supporters", CallUnits, _callable)
def call_supporters(batch: Batch, acts: list[Act[CallUnits]]) -> None:
    """The lead asks others to help; they answer to the lead in time, or give a reason and a stage report."""
    _call(batch, acts, Part.SUPPORT, "supporter.reply")


@verb("whistle", CallUnits, _whistle_by_township)
def whistle(batch: Batch, acts: list[Act[CallUnits]]) -> None:
    """吹哨: a township that can't solve a matter alone calls the departments it needs; they must report in within the limit."""
    _call(batch, acts, Part.WHISTLE, "whistle.report_in")


def _partners(batch: Batch, matters: Sequence[int]) -> dict[tuple[int, int], Assignment]:
    partners = {part.value for part in PARTNERS}
    return {(row.matter_id, row.unit_id): row for row in living(matters) if row.part in partners}


def _is_partner(batch: Batch, act: Act[Any]) -> None:
    partners = batch.once("partners", lambda: _partners(batch, batch.ids))
    if (act.matter.pk, act.actor.unit_id) not in partners:
        raise Forbidden(_("贵单位不是此件的协办或报到单位，或已反馈。"))


@verb("report_in", Order, _is_partner)
def report_in(batch: Batch, acts: list[Act[Order]]) -> None:
    """报到: a called department is on the spot; its report-in clock stops, its work goes on until it answers."""
    partners = batch.once("partners", lambda: _partners(batch, batch.ids))
    rows = []
    for act in acts:
        row = partners[act.matter.pk, act.actor.unit_id or 0]
        row.state, row.received_at, row.received_by_post = AssignmentState.RECEIVED.value, act.at, act.actor.post_id
        rows.append(row)
        act.payload["unit"] = act.actor.unit_id
    save_many(rows, ["state", "received_at", "received_by_post"])
    clocks.stop("assignment", {row.pk: row.received_at for row in rows if row.part == Part.WHISTLE and row.received_at})


@dataclass(frozen=True, kw_only=True)
class SupporterAnswer(Order):
    text: str = ""


@verb("supporter_answer", SupporterAnswer, _is_partner)
def supporter_answer(batch: Batch, acts: list[Act[SupporterAnswer]]) -> None:
    """A partner's part is done and told to the lead."""
    partners = batch.once("partners", lambda: _partners(batch, batch.ids))
    rows = []
    for act in acts:
        row = partners[act.matter.pk, act.actor.unit_id or 0]
        row.received_at = row.received_at or act.at
        row.state, row.ended_at, row.answer = AssignmentState.ANSWERED.value, act.at, act.order.text
        rows.append(row)
        batch.closed_work[("assignment", "main")].add(row.pk)
        act.payload.update(unit=row.unit_id, text=act.order.text)
    save_many(rows, ["state", "received_at", "ended_at", "answer"])
    clocks.stop("assignment", {row.pk: row.ended_at for row in rows if row.ended_at})


@dataclass(frozen=True, kw_only=True)
class NoAnswer(Order):
    unit: int | None = None


def _silent_partner(batch: Batch, act: Act[NoAnswer]) -> None:
    partners = batch.once("partners", lambda: _partners(batch, batch.ids))
    row = partners.get((act.matter.pk, act.order.unit or 0))
    if row is None:
        raise InvalidInput(_("这个单位没有待反馈的协办。"), fields={"unit": str(act.order.unit)})
    if row.due_at is not None and act.at <= row.due_at:
        raise NotAllowedNow(_("协办时限未到，不能记为未反馈。"), cure=_("可先催办。"))


@verb("record_no_answer", NoAnswer, _silent_partner)
def record_no_answer(batch: Batch, acts: list[Act[NoAnswer]]) -> None:
    """A partner let its limit pass without an answer: recorded as such, so the lead may go on."""
    partners = batch.once("partners", lambda: _partners(batch, batch.ids))
    rows = []
    for act in acts:
        row = partners[act.matter.pk, act.order.unit or 0]
        row.state, row.ended_at, row.reason = AssignmentState.NOT_ANSWERED.value, act.at, act.order.reason
        rows.append(row)
        batch.closed_work[("assignment", "main")].add(row.pk)
        act.payload["unit"] = row.unit_id
    save_many(rows, ["state", "ended_at", "reason"])
    clocks.stop("assignment", {row.pk: row.ended_at for row in rows if row.ended_at})


@dataclass(frozen=True, kw_only=True)
class AskExtension(Order):
    """amount: how much more, "7 WD"."""

    amount: str = ""


def _askable(batch: Batch, act: Act[AskExtension]) -> None:
    by_lead(batch, act)
    Limit.parse(act.order.amount)
    waiting = batch.once(
        "extensions",
        lambda: set(Extension.objects.filter(matter__in=batch.ids, decided_at=None).values_list("matter", flat=True)),
    )
    if act.matter.pk in waiting:
        raise NotAllowedNow(_("已有一份延期申请待批。"))
    rules = batch.once(
        f"rules {act.matter.clock_slot}", lambda: clocks.rules_of("matter", batch.ids, act.matter.clock_slot)
    )
    rule = rules[act.matter.pk]
    if rule.extension is None:
        raise NotAllowedNow(_("此时限依规定不能延期：%(rule)s") % {"rule": rule.words})
    if Limit.parse(act.order.amount).unit is not rule.extension.cap.unit:
        raise InvalidInput(
            _("此时限的延期以“%(unit)s”计。") % {"unit": rule.extension.cap.unit},
            fields={"amount": _("例如 %(cap)s") % {"cap": rule.extension.cap}},
        )
    if act.matter.due_at is not None and act.at > act.matter.due_at:
        raise NotAllowedNow(_("时限已过，不能再申请延期。"), cure=_("请尽快答复，并说明原因。"))


@verb("ask_extension", AskExtension, _askable)
def ask_extension(batch: Batch, acts: list[Act[AskExtension]]) -> None:
    """Ask for more time, with reasons; nothing is longer until it is approved."""
    insert_many(
        [Extension(**who(act), amount=str(Limit.parse(act.order.amount)), reason=act.order.reason) for act in acts]
    )
    for act in acts:
        act.payload["amount"] = act.order.amount
        batch.works.append(_extension_work(act))


def _extension_work(act: Act[Any]) -> worklist.Work:
    matter = act.matter
    return worklist.Work(
        kind="matter",
        record_id=matter.pk,
        slot="extension",
        queue="extension",
        subject_id=matter.pk,
        unit_id=matter.lead_unit_id or 0,
        number=matter.number,
        title=matter.title,
        place=matter.place,
        channel=matter.channel,
        why=act.order.reason,
        due_at=matter.due_at,
        opened_at=act.at,
    )


def _open_extensions(batch: Batch) -> dict[int, Extension]:
    return batch.once(
        "open extensions",
        lambda: {row.matter_id: row for row in Extension.objects.filter(matter__in=batch.ids, decided_at=None)},
    )


def _other_than_asker(batch: Batch, act: Act[Order]) -> None:
    row = _open_extensions(batch).get(act.matter.pk)
    if row is None:
        raise NotAllowedNow(_("没有待批的延期申请。"))
    if act.actor.account_id is not None and row.by_account == act.actor.account_id:
        raise Forbidden(_("申请人不能批准自己的延期。"))
    if act.actor.kind == "staff" and act.actor.roles == {Role.UNIT_HEAD}:
        by_lead(batch, act)


def _approver(act: Act[Order], rule: Rule) -> str:
    """The rule's own approver, when the actor holds that role; else the actor's name, which the rule will refuse."""
    named = rule.extension.approver if rule.extension else ""
    return named if named in act.actor.roles else act.actor.label


@verb("approve_extension", Order, _other_than_asker)
def approve_extension(batch: Batch, acts: list[Act[Order]]) -> None:
    """The extension is granted within the rule's cap, and the reporter is told why (信访工作条例 Art 34)."""
    waiting = _open_extensions(batch)
    by_slot: dict[str, list[Act[Order]]] = {}
    for act in acts:
        by_slot.setdefault(act.matter.clock_slot, []).append(act)
    rows = []
    for slot, group in by_slot.items():
        rules = clocks.rules_of("matter", [act.matter.pk for act in group], slot)
        added = {
            act.matter.pk: DeadlineExtension(
                Limit.parse(waiting[act.matter.pk].amount), _approver(act, rules[act.matter.pk]), act.order.reason
            )
            for act in group
        }
        extended = clocks.extend("matter", added, group[0].at, slot=slot)
        due = {clock_row.record_id: clock_row.due_at for clock_row in extended}
        for act in group:
            row = waiting[act.matter.pk]
            row.decision, row.decided_at, row.decided_by_post = "approved", act.at, act.actor.post_id
            row.decision_reason = act.order.reason
            row.due_before, row.due_after = act.matter.due_at, due[act.matter.pk]
            rows.append(row)
            batch.set(act.matter, due_at=due[act.matter.pk], extended=True)
            batch.closed_work[("matter", "extension")].add(act.matter.pk)
            act.payload.update(amount=row.amount, due=row.due_after.isoformat(), why=row.reason)
    save_many(rows, ["decision", "decided_at", "decided_by_post", "decision_reason", "due_before", "due_after"])
    tell_reporters(batch, acts, "extended", {act.matter.pk: waiting[act.matter.pk].reason for act in acts})


@verb("refuse_extension", Order, _other_than_asker)
def refuse_extension(batch: Batch, acts: list[Act[Order]]) -> None:
    """The limit stays as it is, and the unit is told why."""
    waiting = _open_extensions(batch)
    rows = []
    for act in acts:
        row = waiting[act.matter.pk]
        row.decision, row.decided_at, row.decided_by_post = "refused", act.at, act.actor.post_id
        row.decision_reason = act.order.reason
        rows.append(row)
        batch.closed_work[("matter", "extension")].add(act.matter.pk)
    save_many(rows, ["decision", "decided_at", "decided_by_post", "decision_reason"])


@dataclass(frozen=True, kw_only=True)
class Suspend(Order):
    """suspension: the key of a reason that the clock's rule lists."""

    suspension: str = ""


@verb("suspend", Suspend, by_lead)
def suspend(batch: Batch, acts: list[Act[Suspend]]) -> None:
    """Stop the clock for a listed reason only; the unit head answers for it."""
    for act in acts:
        clocks.pause("matter", {act.matter.pk: act.at}, act.order.suspension, slot=act.matter.clock_slot)
        act.payload["suspension"] = act.order.suspension
    insert_many([Suspension(**who(act), suspension=act.order.suspension, reason=act.order.reason) for act in acts])


@verb("resume", Order)
def resume(batch: Batch, acts: list[Act[Order]]) -> None:
    """The reason has passed; the clock runs on, and the time between does not count."""
    by_matter = {act.matter.pk: act for act in acts}
    for act in acts:
        [row] = clocks.resume("matter", {act.matter.pk: act.at}, slot=act.matter.clock_slot)
        batch.set(act.matter, due_at=row.due_at)
        act.payload["due"] = row.due_at.isoformat()
    ending = list(Suspension.objects.filter(matter__in=list(by_matter), ended_at=None))
    for suspension in ending:
        suspension.ended_at = by_matter[suspension.matter_id].at
    save_many(ending, ["ended_at"])


@dataclass(frozen=True, kw_only=True)
class MakeReply(Order):
    text: str = ""


def _complete(batch: Batch, act: Act[MakeReply]) -> None:
    by_lead(batch, act)
    silent = batch.once("partners", lambda: _partners(batch, batch.ids))
    waiting = [
        row
        for (matter_id, _unit), row in silent.items()
        if matter_id == act.matter.pk and (row.due_at is None or act.at <= row.due_at)
    ]
    if waiting:
        names = organizations.unit_names([row.unit_id for row in waiting])
        raise NotAllowedNow(
            _("还在等协办单位：%(units)s") % {"units": listed(names.values())},
            cure=_("请等其反馈；过时限后可记为未反馈再答复。"),
        )


@verb("reply", MakeReply, _complete)
def reply(batch: Batch, acts: list[Act[MakeReply]]) -> None:
    """The lead answers, for all units. The clock stops; review and follow-up are still to come."""
    insert_many([Reply(**who(act), text=act.order.text) for act in acts])
    leads = leads_of(acts)
    for act in acts:
        batch.set(act.matter, replied_at=act.at, first_replied_at=act.matter.first_replied_at or act.at)
        batch.stop_clock(act.matter, act.at)
        batch.closed_work[("matter", "extension")].add(act.matter.pk)
        leads[act.matter.pk].answer = act.order.text
        act.payload["text"] = act.order.text
    save_many(list(leads.values()), ["answer"])
