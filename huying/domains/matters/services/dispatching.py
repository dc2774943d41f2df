"""Dispatch, receipt, objection and its review (派单、签收、异议)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from huying.domains.identities import queries as vault
from huying.domains.matters.models import Assignment, Matter, Objection
from huying.domains.matters.models.tokens import tokens_of
from huying.domains.matters.services.batch import Act, Batch, Order, verb
from huying.domains.matters.services.work import work_of_partners
from huying.domains.matters.vocabulary import AssignmentState, Kind, Part, PetitionKind
from huying.domains.organizations import queries as organizations
from huying.kernel import clocks, prepared
from huying.kernel.actors import Level
from huying.kernel.bulk import create_many, insert_many, save_many
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, Refused

DEFAULT_RULES = {
    Kind.ENQUIRY: "hotline.enquiry",
    Kind.COMPLAINT: "hotline.complaint",
    Kind.PETITION: "petition.handling",
}
HANDLING_RULE = "hotline.ordinary"


@dataclass(frozen=True, kw_only=True)
class Dispatch(Order):
    """lead_unit leads; supporters help, each by its own clock. rule_key "": what the matter or its kind says.

    grounds: why this unit (the catalogue's row, a designation), kept on the order and printed.
    """

    lead_unit: int | None = None
    supporters: tuple[int, ...] = ()
    rule_key: str = ""
    grounds: tuple[str, ...] = ()


def rule_of(matter: Matter, asked: str = "") -> str:
    if matter.external_due_at is not None:
        return "imported"
    return asked or matter.rule_key or DEFAULT_RULES.get(Kind(matter.kind), HANDLING_RULE)


def _dispatchable(batch: Batch, act: Act[Dispatch]) -> None:
    matter, order = act.matter, act.order
    if matter.kind == Kind.PETITION and matter.petition_kind != PetitionKind.HANDLING:
        raise NotAllowedNow(_("信访事项须先甄别类别，再派单。"), cure=_("先做“甄别信访”。"))
    units = organizations.units([order.lead_unit or 0, *order.supporters])
    for unit_id in (order.lead_unit or 0, *order.supporters):
        if unit_id not in units:
            raise InvalidInput(_("没有这个单位。"), fields={"lead_unit": str(unit_id)})
    if order.lead_unit in order.supporters:
        raise InvalidInput(_("主办单位不能同时协办。"), fields={"supporters": units[order.lead_unit or 0].name})
    for unit_id in (order.lead_unit or 0, *order.supporters):
        unit = units[unit_id]
        verdict = batch.off_list(matter, unit, act.at.date(), supporting=unit_id != order.lead_unit)
        if verdict.off:
            raise Refused(
                _("%(unit)s 不能承办此事：%(why)s") % {"unit": unit.name, "why": verdict.words},
                cure=_("请派给有职责的部门，或由网格办按准入程序办理。"),
                fields={"lead_unit": verdict.basis},
            )
    kept_away = batch.once("recused", lambda: vault.recused_units("matter", batch.ids)).get(matter.pk, set())
    for unit_id in (order.lead_unit or 0, *order.supporters):
        chain = {unit_id, *(above.id for above in organizations.units_above(unit_id))}
        if chain & kept_away:
            # 信访工作条例 Art 30: what accuses a unit never reaches it, nor a unit below it.
            raise Refused(
                _("此件反映的就是该单位或其上级，不得转给它。"),
                cure=_("请派给有监督职责的单位。"),
                fields={"lead_unit": units[unit_id].name},
            )


def _issue(batch: Batch, acts: Sequence[Act[Dispatch]], *, designated: bool) -> None:
    """Make the orders to the units, start the clocks that don't run yet, and copy the county in where a township leads."""
    rows: list[Assignment] = []
    starts: list[clocks.StartClock] = []
    first_starts: list[Act[Dispatch]] = []
    receipts: list[clocks.StartClock] = []
    for act in acts:
        matter, order = act.matter, act.order
        lead = organizations.unit(order.lead_unit or 0)
        assert lead is not None
        grounds = list(order.grounds)
        parts = [(lead.id, Part.LEAD), *((unit, Part.SUPPORT) for unit in order.supporters)]
        if lead.level == Level.TOWNSHIP and matter.county:
            county = organizations.unit_at(matter.county, "centre")
            if county is not None and county.id != matter.intake_unit_id and county.id not in {u for u, _p in parts}:
                parts.append((county.id, Part.COPY))
        for unit_id, part in parts:
            rows.append(
                Assignment(
                    matter=matter,
                    unit_id=unit_id,
                    part=part.value,
                    state=AssignmentState.COPIED if part is Part.COPY else AssignmentState.ISSUED,
                    ended_at=act.at if part is Part.COPY else None,
                    designated=designated and part is Part.LEAD,
                    issued_at=act.at,
                    grounds=grounds if part is Part.LEAD else [],
                )
            )
        rule = batch.rule(rule_of(matter, order.rule_key), act.at.date(), matter.division)
        # An imported order that came without a due moment runs against no clock: it is never guessed (design rule 6).
        if matter.due_at is None and (rule.counted is not None or matter.external_due_at is not None):
            starts.append(
                clocks.StartClock(
                    kind="matter",
                    record_id=matter.pk,
                    slot=matter.clock_slot,
                    rule=rule,
                    started_at=act.at,
                    unit_id=lead.id,
                    external_due=matter.external_due_at,
                )
            )
            first_starts.append(act)
        batch.set(
            matter,
            lead_unit_id=lead.id,
            handler_post=None,
            designated=designated,
            rule_key=rule.key,
            dispatched_at=matter.dispatched_at or act.at,
        )
        receipts.append(
            clocks.StartClock(
                kind="receipt",
                record_id=matter.pk,
                slot=f"{act.at:%Y%m%d%H%M%S}-{matter.version}",
                rule=batch.rule("receipt", act.at.date(), matter.division),
                started_at=act.at,
                unit_id=lead.id,
            )
        )
        act.payload.update(
            lead_unit=lead.id, unit=lead.name, supporters=list(order.supporters), grounds=grounds, rule=rule.key
        )
        batch.rescoped[matter.pk] = tokens_of(matter, [unit for unit, _part in parts])
    create_many(rows)
    for act, running in zip(first_starts, clocks.start(starts), strict=True):
        batch.set(act.matter, due_at=running.due_at)
        act.payload["due"] = running.due_at.isoformat()
    for act, running in zip(acts, clocks.start(receipts), strict=True):
        batch.set(act.matter, receipt_due_at=running.due_at, received_at=act.matter.received_at)
    start_partner_clocks(
        batch, [(act, row) for act, row in _pairs(acts, rows) if row.part == Part.SUPPORT], "supporter.reply"
    )


def _pairs(acts: Sequence[Act[Any]], rows: Iterable[Assignment]) -> list[tuple[Act[Any], Assignment]]:
    by_matter = {act.matter.pk: act for act in acts}
    return [(by_matter[row.matter_id], row) for row in rows]


def start_partner_clocks(batch: Batch, partners: Sequence[tuple[Act[Any], Assignment]], rule_key: str) -> None:
    """A partner's own clock and its own work item."""
    running = clocks.start(
        [
            clocks.StartClock(
                kind="assignment",
                record_id=row.pk,
                rule=batch.rule(rule_key, act.at.date(), act.matter.division),
                started_at=act.at,
                unit_id=row.unit_id,
            )
            for act, row in partners
        ]
    )
    rows = []
    for (act, row), clock_row in zip(partners, running, strict=True):
        row.due_at = clock_row.due_at
        rows.append(row)
        batch.works.extend(work_of_partners(act.matter, [row]))
    save_many(rows, ["due_at"])


@verb("dispatch", Dispatch, _dispatchable)
def dispatch(batch: Batch, acts: list[Act[Dispatch]]) -> None:
    """Send the order to the unit that must answer; the clock starts, and the order prints its own limit."""
    _issue(batch, acts, designated=False)


@verb("designate", Dispatch, _dispatchable)
def designate(batch: Batch, acts: list[Act[Dispatch]]) -> None:
    """After review of an objection a unit is designated; it may not return the order again."""
    _decide_objections(acts, "designated")
    end_assignments(batch, acts, AssignmentState.RETURNED)
    for act in acts:
        batch.set(act.matter, returned_count=act.matter.returned_count + 1)
    _issue(batch, acts, designated=True)


@verb("recall", Order)
def recall(batch: Batch, acts: list[Act[Order]]) -> None:
    """Take an order back before it is received. The reporter's clock runs on."""
    end_assignments(batch, acts, AssignmentState.RECALLED)
    stop_receipts(acts)
    for act in acts:
        batch.set(act.matter, lead_unit_id=None, handler_post=None)


def end_assignments(
    batch: Batch,
    acts: Sequence[Act[Any]],
    state: AssignmentState = AssignmentState.RECALLED,
    *,
    lead_only: bool = False,
) -> None:
    """End the matters' living orders, and take partners' items and clocks away."""
    by_matter = {act.matter.pk: act for act in acts}
    rows = [row for row in living(list(by_matter)) if row.part == Part.LEAD or not lead_only]
    stops: dict[int, datetime] = {}
    for row in rows:
        row.state, row.ended_at = state.value, by_matter[row.matter_id].at
        if row.part in (Part.SUPPORT, Part.WHISTLE):
            stops[row.pk] = row.ended_at
            batch.closed_work[("assignment", "main")].add(row.pk)
    save_many(rows, ["state", "ended_at"])
    clocks.stop("assignment", stops)


def stop_receipts(acts: Sequence[Act[Any]]) -> None:
    clocks.stop("receipt", {act.matter.pk: act.at for act in acts}, slot=None)


def units_of(matter_ids: Iterable[int]) -> dict[int, set[int]]:
    """Every unit that was ever given each matter: those that may find it."""
    given = Assignment.objects.everything("the matters were checked").filter(matter__in=list(matter_ids))
    units: dict[int, set[int]] = {}
    for matter_id, unit_id in given.values_list("matter_id", "unit_id"):
        units.setdefault(matter_id, set()).add(unit_id)
    return units


def leads_of(acts: Sequence[Act[Any]]) -> dict[int, Assignment]:
    """The living lead order of each act's matter."""
    return {row.matter_id: row for row in living([act.matter.pk for act in acts]) if row.part == Part.LEAD}


def living(matters: Sequence[int]) -> list[Assignment]:
    """The matters' orders that have not ended."""
    return prepared.of_records("living orders", _not_ended, "matter_id", matters)


def _not_ended() -> models.QuerySet[Assignment]:
    every: models.QuerySet[Assignment] = Assignment.objects.everything("the matters were checked")
    return every.filter(ended_at=None)


def by_lead(batch: Batch, act: Act[Any]) -> None:
    """Only the lead unit's own posts do this (a supporter answers as supporter)."""
    actor = act.actor
    if actor.kind == "staff" and actor.unit_id != act.matter.lead_unit_id:
        raise Forbidden(_("这一步由主办单位办理。"))


@verb("receive", Order, by_lead)
def receive(batch: Batch, acts: list[Act[Order]]) -> None:
    """The lead takes the order. First to receive leads (首接负责): it stays lead even if others are needed."""
    leads = leads_of(acts)
    rows = []
    for act in acts:
        lead = leads[act.matter.pk]
        lead.state, lead.received_at, lead.received_by_post = AssignmentState.RECEIVED.value, act.at, act.actor.post_id
        rows.append(lead)
        batch.set(act.matter, received_at=act.matter.received_at or act.at, handler_post=act.actor.post_id)
    save_many(rows, ["state", "received_at", "received_by_post"])
    stop_receipts(acts)


@dataclass(frozen=True, kw_only=True)
class Claim(Order):
    """post: whose it becomes; None: the actor's own."""

    post: int | None = None


def _own_post(batch: Batch, act: Act[Claim]) -> None:
    by_lead(batch, act)
    if act.order.post is not None:
        post = organizations.post(act.order.post)
        if post is None or post.unit_id != act.matter.lead_unit_id:
            raise InvalidInput(_("只能交给本单位的岗位。"), fields={"post": _("请选择本单位岗位")})


@verb("claim", Claim, _own_post)
def claim(batch: Batch, acts: list[Act[Claim]]) -> None:
    """A post of the lead unit takes the matter, or is given it."""
    for act in acts:
        batch.set(act.matter, handler_post=act.order.post or act.actor.post_id)
        act.payload["post"] = act.matter.handler_post


def _may_object(batch: Batch, act: Act[Order]) -> None:
    by_lead(batch, act)
    if act.matter.designated:
        raise NotAllowedNow(_("经审核指定的承办单位不得再次退回。"), cure=_("请办理；需要别的单位时可请求协办或吹哨。"))


@verb("object", Order, _may_object)
def object_(batch: Batch, acts: list[Act[Order]]) -> None:
    """派单异议, with detailed reasons; the reporter's clock runs on meanwhile."""
    leads = leads_of(acts)
    rows, objections = [], []
    for act in acts:
        lead = leads[act.matter.pk]
        lead.state = AssignmentState.OBJECTED.value
        rows.append(lead)
        objections.append(
            Objection(
                matter=act.matter,
                assignment=lead,
                at=act.at,
                by_post=act.actor.post_id,
                by_account=act.actor.account_id,
                by_unit=act.actor.unit_id,
                reason=act.order.reason,
            )
        )
    save_many(rows, ["state"])
    insert_many(objections)


def _need_reason(batch: Batch, act: Act[Order]) -> None:
    if len(act.order.reason.strip()) < 4:
        raise InvalidInput(_("请写明理由。"), fields={"reason": _("至少几个字，说清依据")})


def _decide_objections(acts: Sequence[Act[Any]], decision: str) -> None:
    by_matter = {act.matter.pk: act for act in acts}
    rows = list(Objection.objects.filter(matter__in=list(by_matter), decided_at=None))
    for row in rows:
        act = by_matter[row.matter_id]
        row.decision, row.decision_reason = decision, act.order.reason
        row.decided_at, row.decided_by_post = act.at, act.actor.post_id
    save_many(rows, ["decision", "decision_reason", "decided_at", "decided_by_post"])


@verb("uphold_objection", Order, _need_reason)
def uphold_objection(batch: Batch, acts: list[Act[Order]]) -> None:
    """The objection stands: the order comes back for another dispatch; the reporter's clock runs on."""
    _decide_objections(acts, "upheld")
    end_assignments(batch, acts, AssignmentState.RETURNED)
    stop_receipts(acts)
    for act in acts:
        batch.set(act.matter, returned_count=act.matter.returned_count + 1, lead_unit_id=None, handler_post=None)


@verb("refuse_objection", Order, _need_reason)
def refuse_objection(batch: Batch, acts: list[Act[Order]]) -> None:
    """The objection does not stand: the unit leads, and may not return the order again."""
    _decide_objections(acts, "refused")
    stop_receipts(acts)
    leads = leads_of(acts)
    rows = []
    for act in acts:
        lead = leads[act.matter.pk]
        lead.state, lead.designated = AssignmentState.RECEIVED.value, True
        lead.received_at = lead.received_at or act.at
        rows.append(lead)
        batch.set(act.matter, designated=True, received_at=act.matter.received_at or act.at)
    save_many(rows, ["state", "designated", "received_at"])
