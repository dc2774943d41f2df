"""What may happen to a matter before a unit has it: sorting, direct answers, the six refusals, corrections, withdrawal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

from huying.domains.identities import services as vault
from huying.domains.matters.models import Note
from huying.domains.matters.models.tokens import tokens_of
from huying.domains.matters.services.batch import Act, Batch, Order, verb
from huying.domains.matters.services.dispatching import end_assignments, units_of
from huying.domains.matters.services.intake import whole_code
from huying.domains.matters.services.merging import answer_with, release
from huying.domains.matters.services.wording import body_key, place_key
from huying.domains.matters.vocabulary import NOT_DISPATCHED, Kind, Outcome, PetitionKind, State
from huying.domains.organizations import queries as organizations
from huying.domains.territory import queries as territory
from huying.kernel import search
from huying.kernel.actors import Level
from huying.kernel.bulk import insert_many
from huying.kernel.errors import InvalidInput, NotFound


@dataclass(frozen=True, kw_only=True)
class Sort(Order):
    petition_kind: PetitionKind = PetitionKind.HANDLING


def _only_handling(batch: Batch, act: Act[Sort]) -> None:
    if act.order.petition_kind not in set(PetitionKind):
        raise InvalidInput(_("没有这种信访类别。"), fields={"petition_kind": _("请从列表中选择")})
    if (act.order.petition_kind == PetitionKind.HANDLING) != (act.transition.action == "sort_petition"):
        raise InvalidInput(
            _("只有第三十一条第六项的申诉求决进入信访办理；其余导入各自的法定程序。"),
            fields={"petition_kind": _("类别与动作不符")},
        )


@verb("sort_petition", Sort, _only_handling)
def sort_petition(batch: Batch, acts: list[Act[Sort]]) -> None:
    """A petition of kind 31(6) is accepted for handling; its clock starts with the dispatch."""
    for act in acts:
        kind = PetitionKind(act.order.petition_kind).value
        batch.set(act.matter, petition_kind=kind, rule_key="petition.handling")
        act.payload["petition_kind"] = kind


@verb("refer_petition", Sort, _only_handling)
def refer_petition(batch: Batch, acts: list[Act[Sort]]) -> None:
    """A petition of kinds 31(1)-(5) is led into its own lawful procedure, with the reason told."""
    for act in acts:
        kind = PetitionKind(act.order.petition_kind).value
        batch.set(act.matter, petition_kind=kind, outcome=Outcome.OTHER_PROCEDURE.value)
        act.payload["petition_kind"] = kind
    release(acts)


@dataclass(frozen=True, kw_only=True)
class Answer(Order):
    text: str = ""


def _end(batch: Batch, act: Act[Answer], outcome: Outcome) -> None:
    batch.set(
        act.matter,
        outcome=outcome.value,
        closed_at=act.at,
        replied_at=act.at,
        first_replied_at=act.at,
        reopen_until=act.at + timedelta(days=batch.number("reopen.window_days", act)),
    )
    act.payload["text"] = act.order.text


@verb("answer_directly", Answer)
def answer_directly(batch: Batch, acts: list[Act[Answer]]) -> None:
    """The centre answers on the spot; nothing is sent to a unit."""
    for act in acts:
        _end(batch, act, Outcome.ANSWERED_DIRECTLY)
    answer_with(acts)


@verb("handle_on_the_spot", Answer)
def handle_on_the_spot(batch: Batch, acts: list[Act[Answer]]) -> None:
    """A grid worker mended what was found."""
    for act in acts:
        _end(batch, act, Outcome.ON_THE_SPOT)
    answer_with(acts)


@dataclass(frozen=True, kw_only=True)
class NotAccept(Order):
    outcome: Outcome = Outcome.NONE


def _one_of_six(batch: Batch, act: Act[NotAccept]) -> None:
    if act.order.outcome not in NOT_DISPATCHED:
        raise InvalidInput(_("不予派单只有六种情形。"), fields={"outcome": _("请选择六种情形之一")})


@verb("not_accept", NotAccept, _one_of_six)
def not_accept(batch: Batch, acts: list[Act[NotAccept]]) -> None:
    """One of the six "not dispatched" outcomes, with the reason that is told; it can be reviewed."""
    for act in acts:
        batch.set(act.matter, outcome=act.order.outcome.value)
        act.payload["outcome"] = act.order.outcome.value
        batch.stop_clock(act.matter, act.at)
    release(acts)


@verb("overturn_not_accepted", Order)
def overturn_not_accepted(batch: Batch, acts: list[Act[Order]]) -> None:
    """On review the matter is to be dispatched after all; the clock that stood starts with the dispatch."""
    for act in acts:
        batch.set(act.matter, outcome="", closed_at=None)
        if act.matter.kind == Kind.PETITION and act.matter.petition_kind != PetitionKind.HANDLING:
            batch.set(act.matter, state=State.SORTING.value, petition_kind="")


@verb("uphold_not_accepted", Order)
def uphold_not_accepted(batch: Batch, acts: list[Act[Order]]) -> None:
    """On review the refusal stands; the reasons are recorded for the reporter."""


@dataclass(frozen=True, kw_only=True)
class Correct(Order):
    """What the entry should say. None leaves a field as it is. No clock is touched (design rule 5)."""

    title: str | None = None
    content: str | None = None
    item: str | None = None
    place: str | None = None
    division: str | None = None
    urgent: bool | None = None


def _correctable(batch: Batch, act: Act[Correct]) -> None:
    if act.order.content is not None and not act.order.content.strip():
        raise InvalidInput(_("内容不能改成空的。"), fields={"content": _("必填")})
    if act.order.division is not None:
        try:
            territory.columns(whole_code(act.order.division))
        except NotFound:
            raise InvalidInput(_("没有这个区划代码。"), fields={"division": act.order.division}) from None


@verb("correct", Correct, _correctable)
def correct(batch: Batch, acts: list[Act[Correct]]) -> None:
    """Mend the entry. What stood before is kept in the log; clocks run on untouched."""
    documents = []
    known = vault.known_words("matter", [act.matter.pk for act in acts])
    units = units_of([act.matter.pk for act in acts])
    for act in acts:
        matter, told = act.matter, act.order
        for name in ("title", "content", "item", "place", "urgent"):
            new = getattr(told, name)
            if new is not None and new != getattr(matter, name):
                act.payload[name] = {"from": getattr(matter, name), "to": new}
                batch.set(matter, **{name: new})
        if told.division is not None:
            columns = territory.columns(whole_code(told.division))
            act.payload["division"] = {"from": matter.division, "to": told.division}
            batch.set(matter, **columns)
        columns_now = {level.column: getattr(matter, level.column) for level in Level}
        batch.set(
            matter, place_key=place_key(matter.item, columns_now, matter.place), body_key=body_key(matter.content)
        )
        documents.append(
            search.Document(
                kind="matter",
                record_id=matter.pk,
                text=f"{matter.title} {matter.content} {matter.place}",
                scope=tokens_of(matter, units.get(matter.pk, ())),
                known=known.get(matter.pk, ()),
            )
        )
    search.index(documents)


@dataclass(frozen=True, kw_only=True)
class Comment(Order):
    text: str = ""


@verb("comment", Comment)
def comment(batch: Batch, acts: list[Act[Comment]]) -> None:
    """A supplement. It moves no clock and no window."""
    insert_many(
        [
            Note(
                matter=act.matter,
                at=act.at,
                by_post=act.actor.post_id,
                by_account=act.actor.account_id,
                by_unit=act.actor.unit_id,
                text=act.order.text,
                public=act.actor.kind == "public",
            )
            for act in acts
        ]
    )
    for act in acts:
        act.payload["text"] = act.order.text


@dataclass(frozen=True, kw_only=True)
class PassDown(Order):
    """unit: the centre below that shall dispatch (单位不清、属地清楚的，由区县派单)."""

    unit: int | None = None


def _a_centre(batch: Batch, act: Act[PassDown]) -> None:
    unit = organizations.unit(act.order.unit or 0)
    if unit is None or unit.department not in ("centre", "hotline"):
        raise InvalidInput(_("只能交给治理中心或热线办派单。"), fields={"unit": _("请选择中心")})


@verb("pass_down", PassDown, _a_centre)
def pass_down(batch: Batch, acts: list[Act[PassDown]]) -> None:
    """The centre of the area dispatches."""
    for act in acts:
        batch.set(act.matter, intake_unit_id=act.order.unit)
        act.payload["unit"] = act.order.unit


@verb("withdraw", Order)
def withdraw(batch: Batch, acts: list[Act[Order]]) -> None:
    """The reporter takes it back."""
    end_assignments(batch, acts)
    for act in acts:
        batch.set(act.matter, outcome=Outcome.WITHDRAWN.value)
        batch.stop_clock(act.matter, act.at)
    release(acts)
