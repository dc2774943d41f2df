"""Reads of the vault. None takes a name, a number or an address; none lists what one person has sent in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from huying.domains.identities.models import BreakGlassReview, Look, Party, QueryCode, Recusal, RevealRequest
from huying.domains.identities.permissions import APPROVERS, kinds, relation_to
from huying.domains.identities.vocabulary import (
    BASIS_WORDS,
    PART_WORDS,
    WITHOUT_ASKING,
    Basis,
    Confidentiality,
    Part,
    Relation,
    RequestState,
)
from huying.kernel import clock, prepared
from huying.kernel.actors import Actor
from huying.kernel.words import Words

RECUSAL = "recusal comes before any scope"
CHECKED = "the relation to the record was checked"


def recused_ids(kind: str, actor: Actor) -> QuerySet[Recusal, int]:
    """Ids of the records of `kind` that the actor must know nothing of, for `.exclude(pk__in=…)`."""
    rows: QuerySet[Recusal] = Recusal.objects.everything(RECUSAL).filter(_recused(actor), kind=kind)
    return rows.values_list("record_id", flat=True)


def not_recused(kind: str | OuterRef, actor: Actor, record: str = "pk") -> Q:
    """A condition for a query set of records (`record`: its column with the record's id): the actor is not recused.

    `kind` may be an OuterRef to the column that holds it.

    NOT EXISTS on an index, so that it costs the same however many recusals there are.
    """
    if actor.post_id is None and actor.unit_id is None:
        return Q()
    rows = Recusal.objects.everything(RECUSAL).filter(_recused(actor), kind=kind, record_id=OuterRef(record))
    return Q(~Exists(rows))


def recused_units(kind: str, record_ids: Iterable[int]) -> dict[int, set[int]]:
    """The units kept from each record: an order must not reach them. Record id → unit ids, in one query."""
    kept: dict[int, set[int]] = {}
    rows = prepared.of_records("recused units", _unit_recusals, "record_id", list(record_ids), kind)
    for record_id, unit_id in rows:
        kept.setdefault(record_id, set()).add(unit_id)
    return kept


def _unit_recusals(kind: str) -> QuerySet[Recusal, Any]:
    every: QuerySet[Recusal] = Recusal.objects.everything(RECUSAL)
    return every.filter(kind=kind, unit_id__isnull=False).values_list("record_id", "unit_id")


def _recused(actor: Actor) -> Q:
    who = Q()
    if actor.post_id is not None:
        who |= Q(post_id=actor.post_id)
    if actor.unit_id is not None:
        who |= Q(unit_id=actor.unit_id)
    return who or Q(pk__in=[])


@dataclass(frozen=True)
class PartyLine:
    """A party as everyone who sees the record may see it: the part, and what this actor can do. Nothing of the identity.

    can: "reveal", "ask" (a second person must grant it), "granted" (was asked and granted), "asked", or "" (nothing to see).
    """

    id: int
    part: Part
    words: Words
    ordinal: int
    confidentiality: Confidentiality
    reachable: bool
    erased: bool
    can: str


def people(actor: Actor, kind: str, record_id: int) -> list[PartyLine]:
    """The parties of one record, sealed. Raises NotFound when the record is not the actor's to see."""
    relation = relation_to(actor, kind, record_id)
    parties = list(Party.objects.everything(CHECKED).filter(kind=kind, record_id=record_id).order_by("part", "ordinal"))
    now = clock.now()
    asked = dict(
        RevealRequest.objects.everything("the actor's own requests")
        .filter(party__in=[p.pk for p in parties], account_id=actor.account_id, expires_at__gt=now)
        .exclude(state=RequestState.DENIED)
        .order_by("asked_at")
        .values_list("party_id", "state")
    )
    lines = []
    for party in parties:
        level = Confidentiality(party.confidentiality)
        if party.sealed is None:
            can = ""
        elif (level, relation) in WITHOUT_ASKING:
            can = "reveal"
        else:
            can = {RequestState.APPROVED.value: "granted", RequestState.ASKED.value: "asked"}.get(
                asked.get(party.pk, ""), "ask"
            )
        part = Part(party.part)
        lines.append(
            PartyLine(
                party.pk,
                part,
                PART_WORDS[part],
                party.ordinal,
                level,
                party.reachable and relation is not Relation.NONE,
                party.erased_at is not None,
                can,
            )
        )
    return lines


@dataclass(frozen=True)
class LookLine:
    """Which post, when, why: what the reporter is shown. No officer's name, no account."""

    post: str
    at: datetime
    purpose: str
    basis: Words


def looks(kind: str, record_id: int) -> list[LookLine]:
    """Who saw or used the identities of this record, newest first.

    For a page whose reader was checked: staff within scope, or the reporter by code.
    """
    return looks_of(kind, [record_id]).get(record_id, [])


def looks_of(kind: str, record_ids: Iterable[int]) -> dict[int, list[LookLine]]:
    """`looks` of many records, in one query."""
    rows = Look.objects.everything("shown to the reporter and on the record's page")
    found: dict[int, list[LookLine]] = {}
    for row in rows.filter(kind=kind, record_id__in=list(record_ids)).exclude(basis=Basis.OWN).order_by("-at", "-pk"):
        line = LookLine(row.post_label, clock.local(row.at), row.purpose, BASIS_WORDS[Basis(row.basis)])
        found.setdefault(row.record_id, []).append(line)
    return found


@dataclass(frozen=True)
class OpenRequest:
    id: int
    kind: str
    record_id: int
    part: Words
    confidentiality: Confidentiality
    post: str
    purpose: str
    asked_at: datetime
    expires_at: datetime


def requests_to_decide(actor: Actor) -> list[OpenRequest]:
    """Wishes to see an identity that this actor may grant or deny, soonest to lapse first (at most 200)."""
    if not actor.has(*APPROVERS):
        return []
    rows = (
        RevealRequest.objects.everything("narrowed to the actor's scope by the condition")
        .filter(_within(actor, "party__"), state=RequestState.ASKED, expires_at__gt=clock.now())
        .exclude(account_id=actor.account_id)
        .select_related("party")
        .order_by("expires_at")[:200]
    )
    return [
        OpenRequest(
            row.pk,
            row.party.kind,
            row.party.record_id,
            PART_WORDS[Part(row.party.part)],
            Confidentiality(row.party.confidentiality),
            row.post_label,
            row.purpose,
            clock.local(row.asked_at),
            clock.local(row.expires_at),
        )
        for row in rows
    ]


@dataclass(frozen=True)
class OpenReview:
    id: int
    kind: str
    record_id: int
    post: str
    ground: str
    purpose: str
    paper: str
    at: datetime
    due_at: datetime
    overdue: bool


def reviews_to_do(actor: Actor) -> list[OpenReview]:
    """Broken glasses that this actor may review, soonest due first (at most 200)."""
    if not actor.has(*APPROVERS):
        return []
    now = clock.now()
    rows = (
        BreakGlassReview.objects.everything("narrowed to the actor's scope by the condition")
        .filter(_within(actor, "look__"), reviewed_at__isnull=True)
        .exclude(look__account_id=actor.account_id)
        .select_related("look")
        .order_by("due_at")[:200]
    )
    return [
        OpenReview(
            row.pk,
            row.look.kind,
            row.look.record_id,
            row.look.post_label,
            row.ground,
            row.look.purpose,
            row.paper,
            clock.local(row.look.at),
            clock.local(row.due_at),
            row.due_at < now,
        )
        for row in rows
    ]


def _within(actor: Actor, at: str) -> Q:
    """The condition that the record, whose kind and id stand in columns under `at`, is seen by the actor and not kept from it."""
    seen = Q(pk__in=[])
    for known in kinds() if actor.reads_business else ():
        record = f"{at}record_id"
        seen |= Q(**{f"{at}kind": known.name}) & known.seen(actor, record) & not_recused(known.name, actor, record)
    return seen


def confidentiality(kind: str, record_ids: Iterable[int]) -> dict[int, Confidentiality]:
    """The reporter's choice, record by record; one query. A record without a reporter is left out."""
    rows = Party.objects.everything("the choice is shown with the record; it names nobody")
    chosen = rows.filter(kind=kind, record_id__in=list(record_ids), part=Part.REPORTER, ordinal=0)
    return {
        record_id: Confidentiality(level) for record_id, level in chosen.values_list("record_id", "confidentiality")
    }


def reachable_reporters(kind: str, record_ids: Iterable[int]) -> dict[int, int]:
    """Record → its reporter's number in the vault, where a message can reach them; one query. It names nobody."""
    return dict(prepared.of_records("reachable reporters", _reachable, "record_id", list(record_ids), kind))


def _reachable(kind: str) -> QuerySet[Party, Any]:
    rows: QuerySet[Party] = Party.objects.everything("a message goes out by the relay")
    return rows.filter(kind=kind, part=Part.REPORTER, ordinal=0, reachable=True).values_list("record_id", "pk")


def holds_identity(kind: str, record_id: int) -> bool:
    """Whether anything of the reporter is held here: asked by the reporter, after the code was checked."""
    rows = Party.objects.everything("tells nothing of anybody").filter(kind=kind, record_id=record_id)
    return bool(rows.filter(part=Part.REPORTER, sealed__isnull=False).exists())


def with_query_codes(kind: str, record_ids: Iterable[int]) -> set[int]:
    """Of these records, those that a code still opens; one query."""
    rows = QueryCode.objects.everything("tells nothing of anybody").filter(kind=kind, record_id__in=list(record_ids))
    return set(rows.values_list("record_id", flat=True))
