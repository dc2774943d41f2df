"""What one matter's page shows, read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from huying.domains.matters.models import (
    Assignment,
    Contact,
    Extension,
    FollowUp,
    Matter,
    Note,
    Objection,
    Reply,
    Supervision,
    UnreasonableReview,
)
from huying.domains.matters.pages.words import action_words, state_tone
from huying.domains.matters.services.work import triage_limit
from huying.domains.matters.vocabulary import (
    ASSIGNMENT_STATE_WORDS,
    CHANNEL_WORDS,
    CONFIDENTIALITY_WORDS,
    KIND_WORDS,
    OUTCOME_WORDS,
    PART_WORDS,
    SATISFIED_WORDS,
    SOLVED_WORDS,
    STATE_WORDS,
    TRIGGER_WORDS,
    AssignmentState,
    Channel,
    Confidentiality,
    Kind,
    Outcome,
    Part,
    ReviewState,
    State,
)
from huying.domains.organizations import queries as organizations
from huying.domains.rulebook import queries as rulebook
from huying.domains.territory import queries as territory
from huying.kernel import audit, clock, clocks, deadlines
from huying.kernel.actors import Actor, Level
from huying.kernel.audit.naming import actor_words
from huying.kernel.deadlines import Limit
from huying.kernel.errors import NotFound
from huying.kernel.search.masking import mask
from huying.kernel.words import Words, listed, words

LONG = 160
REPEATS_WITHIN = timedelta(days=90)
LINKED_MOST = 10
TRIAGE_SLOT, RECEIPT_SLOT = "triage", "receipt"
CARD_TONES = {"yellow": "amber", "red": "red"}
ASKED = frozenset({"follow_up", "evaluate"})
REPORTERS = ASKED | {"comment", "reopen", "withdraw"}  # acts whose words are the reporter's
_BETWEEN = words("；", "; ")
# What the log's payload may add to a line of the story, in the order it is looked for.
TOLD = ("text", "summary", "said", "answer")


@dataclass(frozen=True)
class Chip:
    words: Words
    tone: str


@dataclass(frozen=True)
class ClockShown:
    """A limit as the kit's clock chip takes it."""

    due_at: datetime | None
    paused: bool = False
    stopped_at: datetime | None = None
    provisional: bool = False
    tone: str = ""
    slot: str = "handling"


@dataclass(frozen=True)
class UnitShown:
    """One unit's order: its part, state and own clock."""

    assignment: Assignment
    name: str
    part: Words
    chip: Chip
    clock: ClockShown | None
    grounds: Sequence[str]


@dataclass(frozen=True)
class Told:
    """One line of the story."""

    at: datetime
    who: Words | str
    what: Words | str
    why: str = ""
    text: str = ""
    tone: str = ""
    folded: bool = False
    url: str = ""


@dataclass(frozen=True)
class Facts:
    """What decides, beside the process, which acts make sense for this actor now."""

    lead: bool = False
    partner: Assignment | None = None
    silent_partners: tuple[int, ...] = ()
    extension: Extension | None = None
    rule: deadlines.Rule | None = None
    objection: Objection | None = None
    reply: Reply | None = None
    supervision: Supervision | None = None
    unreasonable: UnreasonableReview | None = None


@dataclass(frozen=True)
class MatterView:
    """Everything on a matter's page."""

    matter: Matter
    chip: Chip
    kind: Words
    channel: Words
    confidentiality: Words
    outcome: Words | None
    clock: ClockShown
    place: str
    item: str
    units: list[UnitShown]
    story: list[Told]
    linked: list[Matter]
    notes: list[Note]
    leader: str
    facts: Facts
    features: dict[str, Any] = field(default_factory=dict)


def find(actor: Actor, matter_id: int) -> Matter:
    """The matter. Raises NotFound when it is absent or not this actor's to see."""
    matter = Matter.objects.visible_to(actor).select_related("lead_unit", "merged_into").filter(pk=matter_id).first()
    if matter is None:
        raise NotFound(_("没有这个事项，或不在您的职责范围内。"))
    return matter


def view(actor: Actor, matter: Matter) -> MatterView:
    """The page's content for `actor`, who has been let in."""
    assignments = list(
        Assignment.objects.everything("orders of a matter its reader may see").filter(matter=matter).order_by("pk")
    )
    timers = clocks.of_records("matter", [matter.pk])
    own = {row.record_id: row for row in clocks.of_records("assignment", [a.pk for a in assignments])}
    names = organizations.unit_names({a.unit_id for a in assignments} | {matter.lead_unit_id or 0})
    leader = organizations.post(matter.leader_post) if matter.leader_post else None
    return MatterView(
        matter=matter,
        chip=Chip(STATE_WORDS[State(matter.state)], state_tone(matter.state)),
        kind=KIND_WORDS[Kind(matter.kind)],
        channel=CHANNEL_WORDS[Channel(matter.channel)],
        confidentiality=CONFIDENTIALITY_WORDS[Confidentiality(matter.confidentiality)],
        outcome=OUTCOME_WORDS[Outcome(matter.outcome)] if matter.outcome else None,
        clock=running_clock(matter, timers),
        place=place_words(matter),
        item=item_words(matter),
        units=[_unit(row, names, own.get(row.pk)) for row in assignments],
        story=story(matter),
        linked=linked(actor, matter),
        notes=list(Note.objects.filter(matter=matter).order_by("-at")[:20]),
        leader=leader.name if leader else "",
        facts=facts_of(actor, matter, assignments, timers),
        features=point(matter),
    )


def running_clock(matter: Matter, timers: Sequence[clocks.ClockRecord]) -> ClockShown:
    """The clock of what is done now: receipt while it waits for one, handling else."""
    by_slot = {row.slot: row for row in timers}
    if matter.state == State.DISPATCHED and matter.receipt_due_at is not None:
        return ClockShown(matter.receipt_due_at, slot=RECEIPT_SLOT)
    row = by_slot.get(matter.clock_slot)
    if row is None and (limit := triage_limit(matter)) is not None:
        return ClockShown(limit.due, slot=TRIAGE_SLOT)
    if row is None:
        return ClockShown(matter.due_at, stopped_at=matter.closed_at if matter.due_at else None)
    return ClockShown(
        row.due_at,
        row.state == "paused",
        row.stopped_at,
        row.provisional,
        CARD_TONES.get(clocks.card_at(row, clock.now()), "") if row.state == "running" else "",
        row.slot,
    )


def place_words(matter: Matter) -> str:
    """The place from the county down, and the words it was given in."""
    code = next(
        (c for level in reversed(Level) if level is not Level.GRID and (c := getattr(matter, level.column))), ""
    )
    named = territory.tree().full_name(code, below=matter.city) if code and code in territory.tree() else ""
    return " ".join(part for part in (named, matter.place) if part)


def item_words(matter: Matter) -> str:
    if not matter.item:
        return ""
    found = rulebook.item(matter.item, clock.local(matter.registered_at).date(), matter.county or matter.city)
    return str(found.words) if found is not None else matter.item


def _unit(row: Assignment, names: dict[int, str], timer: clocks.ClockRecord | None) -> UnitShown:
    state = AssignmentState(row.state)
    tone = {
        AssignmentState.ISSUED: "amber",
        AssignmentState.OBJECTED: "amber",
        AssignmentState.RECEIVED: "blue",
        AssignmentState.ANSWERED: "green",
        AssignmentState.NOT_ANSWERED: "red",
    }.get(state, "grey")
    shown = None
    if timer is not None:
        shown = ClockShown(
            timer.due_at,
            timer.state == "paused",
            timer.stopped_at,
            timer.provisional,
            CARD_TONES.get(clocks.card_at(timer, clock.now()), "") if timer.state == "running" else "",
        )
    return UnitShown(
        row,
        names.get(row.unit_id, ""),
        PART_WORDS[Part(row.part)],
        Chip(ASSIGNMENT_STATE_WORDS[state], tone),
        shown,
        row.grounds,
    )


def story(matter: Matter) -> list[Told]:
    """The log as a story, newest first."""
    told = []
    hidden = matter.confidentiality != Confidentiality.OPEN
    entries = audit.history("matter", matter.pk)
    spoken = {row.at: row.summary for row in Contact.objects.filter(matter=matter)}
    if any(entry.action in ASKED for entry in entries):
        spoken |= {row.at: row.said for row in FollowUp.objects.filter(matter=matter) if row.said}
    for entry in entries:
        text = next((str(entry.payload[name]) for name in TOLD if entry.payload.get(name)), "")
        if entry.action in {"contact", *ASKED}:
            text = text or spoken.get(entry.at, "")
        if hidden and entry.action in REPORTERS:
            text = mask(text, doors=False)  # who asked to stay hidden may write a name or number all the same
        text = str(_BETWEEN).join(part for part in (listed(_particulars(entry.payload)), text) if part)
        tone = (
            {"red": "red", "yellow": "amber"}.get(str(entry.payload.get("card", "")), "")
            if entry.action == "card"
            else ""
        )
        told.append(
            Told(
                at=entry.at,
                who=str(actor_words(entry.actor_label)),
                what=action_words(entry.action),
                why=" · ".join(part for part in (entry.reason, entry.basis) if part),
                text=text,
                tone=tone or ("red" if entry.action == "supervise" else ""),
                folded=len(text) > LONG,
            )
        )
    return told[::-1]


def _particulars(payload: Mapping[str, Any]) -> Iterator[object]:
    """To whom, how much, for what, with what outcome: the choices that an act's log keeps, in words."""
    if payload.get("lead_unit") and payload.get("unit"):
        yield payload["unit"]
    units = payload.get("units")
    if isinstance(units, list):
        yield from units
    if payload.get("amount"):
        yield Limit.parse(str(payload["amount"])).words
    for name, known in (("solved", SOLVED_WORDS), ("satisfied", SATISFIED_WORDS), ("trigger", TRIGGER_WORDS)):
        yield from (said for value, said in known.items() if value == payload.get(name))


def linked(actor: Actor, matter: Matter) -> list[Matter]:
    """Its main order, those merged with it, and others of the same item at the same place within 90 days. Never by person."""
    rows = Matter.objects.visible_to(actor).exclude(pk=matter.pk)
    main = matter.merged_into_id or matter.pk
    merged = rows.filter(Q(merged_into_id=main) | Q(pk=main)).order_by("-pk")[:LINKED_MOST]
    found = sorted(merged, key=lambda row: row.pk != main)
    if matter.place_key:
        since = clock.local(matter.registered_at) - REPEATS_WITHIN
        known = {row.pk for row in found}
        same = rows.filter(place_key=matter.place_key, registered_at__gte=since).order_by("-pk")[:LINKED_MOST]
        found += [row for row in same if row.pk not in known]
    return found[:LINKED_MOST]


def facts_of(
    actor: Actor, matter: Matter, assignments: Sequence[Assignment], timers: Sequence[clocks.ClockRecord]
) -> Facts:
    living = [a for a in assignments if a.ended_at is None and a.part in (Part.SUPPORT, Part.WHISTLE)]
    mine = next((a for a in living if a.unit_id == actor.unit_id), None)
    extension = Extension.objects.filter(matter=matter, decided_at__isnull=True).first()
    running = next((row for row in timers if row.slot == matter.clock_slot), None)
    return Facts(
        lead=actor.unit_id is not None and actor.unit_id == matter.lead_unit_id,
        partner=mine,
        silent_partners=tuple(a.unit_id for a in living),
        extension=extension,
        rule=clocks.rule_of(running) if running is not None else None,
        objection=Objection.objects.filter(matter=matter, decided_at__isnull=True).first(),
        reply=Reply.objects.filter(matter=matter, review=ReviewState.PENDING).first(),
        supervision=Supervision.objects.filter(matter=matter, answered_at__isnull=True).first(),
        unreasonable=UnreasonableReview.objects.filter(matter=matter).order_by("-pk").first(),
    )


def point(matter: Matter) -> dict[str, Any]:
    """The matter's own point as GeoJSON; none when it has none."""
    if matter.longitude is None or matter.latitude is None:
        return {}
    at = [float(matter.longitude), float(matter.latitude)]
    shape = {"type": "Feature", "geometry": {"type": "Point", "coordinates": at}, "properties": {}}
    return {"type": "FeatureCollection", "features": [shape]}


def still_seen(actor: Actor, matter_id: int) -> Matter | None:
    """The matter as it stands after an act, by which the actor may have lost sight of it (sent back, passed down)."""
    return Matter.objects.visible_to(actor).select_related("lead_unit", "merged_into").filter(pk=matter_id).first()
