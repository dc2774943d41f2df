"""Putting people into the vault, correcting them, letting go of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from huying.domains.identities.identity import Identity, plain_phone
from huying.domains.identities.models import CallbackToken, Look, Party, QueryCode, RevealRequest
from huying.domains.identities.permissions import relation_to
from huying.domains.identities.vocabulary import STRICTNESS, Confidentiality, Part, Relation
from huying.kernel import audit, clock, crypto
from huying.kernel.actors import Actor
from huying.kernel.bulk import blank_many, insert_many
from huying.kernel.errors import Forbidden, InvalidInput, NotFound

CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class NewParty:
    """A person's part in a record. An anonymous reporter may have an empty identity."""

    kind: str
    record_id: int
    part: Part = Part.REPORTER
    ordinal: int = 0
    identity: Identity
    confidentiality: Confidentiality = Confidentiality.OPEN


def store_parties(*, actor: Actor, parties: Sequence[NewParty], checked: bool = False) -> int:
    """Seal each identity into its row; one statement for all. Returns how many.

    checked: the identities come from `Identity.cleaned()` already (an import that hands back faulty rows itself).
    Raises InvalidInput naming the first faulty row by its place (0-based), never by what it holds.
    """
    now = clock.now()
    rows = []
    for place, new in enumerate(parties):
        try:
            identity = new.identity if checked else new.identity.cleaned()
        except InvalidInput as error:
            raise InvalidInput(
                _("第 %(n)d 位当事人的信息有误。") % {"n": place + 1}, fields=error.fields, cure=error.cure
            ) from None
        row = Party(
            kind=new.kind,
            record_id=new.record_id,
            part=Part(new.part).value,
            ordinal=new.ordinal,
            confidentiality=Confidentiality(new.confidentiality).value,
            created_at=now,
        )
        fill(row, identity)
        rows.append(row)
    with transaction.atomic(savepoint=False):
        insert_many(rows)
    return len(rows)


def fill(row: Party, identity: Identity) -> None:
    """Put `identity` under the row's seal, and what may stand outside it beside it."""
    number = plain_phone(identity.phone)
    row.reachable = bool(number or identity.email)
    named = row.part == Part.REPORTER and row.confidentiality != Confidentiality.ANONYMOUS
    row.phone_key = phone_key(number) if number and named else None
    row.sealed, row.key_id = None, ""
    if identity:
        row.sealed = crypto.seal(identity.to_bytes(), row.context)
        row.key_id = crypto.made_by(row.sealed).key_id


def phone_key(number: str) -> bytes:
    return crypto.mac("own number", number.encode())


def opened(party: Party) -> Identity:
    """What the row's seal holds; empty when it was erased or nothing was given."""
    if party.sealed is None:
        return Identity()
    return Identity.from_bytes(crypto.open_(party.sealed, party.context))


def known_words(kind: str, record_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Names and numbers of the records' parties, for masking the records' own texts before they are indexed; for nothing else.

    They pass through memory only: nothing of them is logged, stored or handed to a reader.
    """
    told: dict[int, list[str]] = {}
    rows = Party.objects.everything("masking a record's own words").filter(kind=kind, record_id__in=list(record_ids))
    for party in rows:
        identity = opened(party)
        told.setdefault(party.record_id, []).extend(part for part in (identity.name, identity.phone) if part)
    return {record_id: tuple(words) for record_id, words in told.items()}


def the_party(kind: str, record_id: int, part: str, ordinal: int = 0, *, lock: bool = False) -> Party:
    rows = Party.objects.everything("one party of one record, after its check")
    if lock:
        rows = rows.select_for_update()
    party: Party | None = rows.filter(kind=kind, record_id=record_id, part=Part(part).value, ordinal=ordinal).first()
    if party is None:
        raise NotFound(_("这条记录没有登记这位当事人。"))
    return party


def correct(
    *,
    actor: Actor,
    kind: str,
    record_id: int,
    identity: Identity,
    why: str,
    part: str = Part.REPORTER,
    ordinal: int = 0,
) -> None:
    """Replace what is held of a party (PIPL Art 46). By intake or follow-up, who spoke with the person."""
    if relation_to(actor, kind, record_id) not in (Relation.INTAKE, Relation.FOLLOWUP):
        raise Forbidden(_("更正当事人信息由受理或回访岗位办理。"))
    if not why.strip():
        raise InvalidInput(_("请写明更正的原因。"), fields={"why": _("必填。")})
    with transaction.atomic():
        replace(the_party(kind, record_id, part, ordinal, lock=True), identity.cleaned(), actor, why)


def replace(party: Party, identity: Identity, actor: Actor, why: str) -> None:
    fill(party, identity)
    party.erased_at = None
    party.save(update_fields=["sealed", "key_id", "phone_key", "reachable", "erased_at"])
    audit.record(
        [
            audit.NewEvent(
                kind=party.kind,
                record_id=party.record_id,
                action="identity.corrected",
                actor=actor,
                reason=why,
                basis="个人信息保护法第四十六条",
                payload={"part": party.part},
            )
        ]
    )


def set_confidentiality(
    *, actor: Actor, kind: str, record_id: int, confidentiality: Confidentiality, by_reporter: bool = False
) -> None:
    """The reporter's choice changed. Staff may only make it stricter; looser is the reporter's own wish (`by_reporter`)."""
    wanted = Confidentiality(confidentiality)
    if actor.kind == "staff":
        relation_to(actor, kind, record_id)
    with transaction.atomic():
        party = the_party(kind, record_id, Part.REPORTER, lock=True)
        was = Confidentiality(party.confidentiality)
        if STRICTNESS.index(wanted) < STRICTNESS.index(was) and not by_reporter:
            raise Forbidden(
                _("不能把“%(was)s”改为更公开的级别。") % {"was": was},
                cure=_("只有反映人本人可以放宽：凭编号和查询码在“您的个人信息”一页改。"),
            )
        identity = opened(party)
        party.confidentiality = wanted.value
        fill(party, identity)
        party.save(update_fields=["confidentiality", "sealed", "key_id", "phone_key", "reachable"])
        audit.record(
            [
                audit.NewEvent(
                    kind=kind,
                    record_id=record_id,
                    action="identity.confidentiality",
                    actor=actor,
                    from_state=was.value,
                    to_state=wanted.value,
                )
            ]
        )


def drop_numbers(*, kind: str, record_ids: Iterable[int]) -> int:
    """The records are closed: their number keys go, so that not even a stolen database with its key links two of them."""
    return _in_chunks(record_ids, lambda ids: blank_many(Party, "phone_key", kind=kind, record_id=ids))


def forget(*, actor: Actor, kind: str, record_ids: Iterable[int], why: str) -> int:
    """De-identify the records for good: identities, query codes and pending requests go; who looked stays. Returns parties.

    Called by the retention job after it has checked legal holds (documents), and by erasure at the reporter's request.
    """
    ids = list(record_ids)
    now = clock.now()

    def let_go(chunk: list[int]) -> int:
        parties = _rows(kind, chunk)
        CallbackToken.objects.everything("forgetting").filter(party__in=parties.values("pk")).delete()
        RevealRequest.objects.everything("forgetting").filter(party__in=parties.values("pk")).update(purpose="")
        QueryCode.objects.everything("forgetting").filter(kind=kind, record_id__in=chunk).delete()
        Look.objects.everything("forgetting").filter(kind=kind, record_id__in=chunk).update(purpose="")
        held = list(parties.filter(sealed__isnull=False).values_list("record_id", flat=True))
        parties.filter(erased_at__isnull=True).update(
            sealed=None, key_id="", phone_key=None, reachable=False, erased_at=now
        )
        audit.record(
            [
                audit.NewEvent(kind=kind, record_id=record_id, action="identity.erased", actor=actor, reason=why)
                for record_id in sorted(set(held))
            ]
        )
        return len(held)

    with transaction.atomic():
        return _in_chunks(ids, let_go)


def _rows(kind: str, ids: list[int]) -> QuerySet[Party]:
    rows: QuerySet[Party] = Party.objects.everything("a verb over named records")
    return rows.filter(kind=kind, record_id__in=ids)


def _in_chunks(record_ids: Iterable[int], act: Callable[[list[int]], int]) -> int:
    ids = list(record_ids)
    return sum(act(ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK))
