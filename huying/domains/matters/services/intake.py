"""Taking matters in, whatever the channel, and what may happen to one before a unit has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.identities import services as vault
from huying.domains.identities.vocabulary import Confidentiality as Sealing
from huying.domains.identities.vocabulary import RecusalReason
from huying.domains.matters.models import Matter
from huying.domains.matters.models.tokens import tokens_of
from huying.domains.matters.services.numbering import give_numbers
from huying.domains.matters.services.wording import body_key, place_key, spoken, title_of
from huying.domains.matters.services.work import work_of
from huying.domains.matters.vocabulary import (
    Channel,
    Confidentiality,
    Kind,
    State,
)
from huying.domains.organizations import queries as organizations
from huying.domains.territory import queries as territory
from huying.kernel import audit, clock, facts, search, worklist
from huying.kernel.actors import Actor, Level
from huying.kernel.bulk import create_many
from huying.kernel.errors import InvalidInput, NotFound

CONTENT_LENGTH = 20_000


@dataclass(frozen=True, kw_only=True)
class Intake:
    """One call, as it was taken in. `division`: the code of the place, as deep as known (6 to 15 digits).

    reporter: sealed in the vault, never on the matter. accused_units: recused before anyone could send it to them.
    source, source_id, source_digest: where an imported row came from, unique, so that sending it again adds nothing.
    at: only for imports and replays, and for what an outer zone took in. number, query_code: told there already.
    """

    actor: Actor
    channel: Channel
    kind: Kind
    content: str
    division: str
    title: str = ""
    item: str = ""
    place: str = ""
    longitude: Decimal | None = None
    latitude: Decimal | None = None
    confidentiality: Confidentiality = Confidentiality.OPEN
    wants_reply: bool = True
    urgent: bool = False
    reporter: vault.Identity | None = None
    accused_units: tuple[int, ...] = ()
    intake_unit_id: int | None = None
    rule_key: str = ""
    external_due_at: datetime | None = None
    source: str = ""
    source_id: str = ""
    source_digest: str = ""
    is_demo: bool = False
    at: datetime | None = None
    number: str = ""
    query_code: str = field(default="", repr=False)


@dataclass(frozen=True)
class Registered:
    """A matter as taken in, and the reporter's secret code, told once."""

    matter: Matter
    query_code: str = field(default="", repr=False)


def register(**fields: object) -> Registered:
    """Take one matter in; `fields` are those of Intake."""
    return register_many([Intake(**fields)])[0]  # type: ignore[arg-type]


def register_many(intakes: Sequence[Intake], *, codes: bool = True) -> list[Registered]:
    """Take matters in, in the order given, in one transaction. Raises InvalidInput naming the row (0-based) and the field.

    codes: issue a query code for each (an import of old records does without). A petition starts in sorting: no clock runs
    before its Art 31 kind is known.
    """
    if not intakes:
        return []
    tree = territory.tree()
    places = [checked(row, intake, tree) for row, intake in enumerate(intakes)]
    now = clock.now()
    with transaction.atomic():
        matters = [_matter(intake, columns, now) for intake, columns in zip(intakes, places, strict=True)]
        give_numbers(intakes, matters)
        create_many(matters)
        audit.record(
            [
                audit.NewEvent(
                    kind="matter",
                    record_id=matter.pk,
                    action="register",
                    actor=intake.actor,
                    to_state=matter.state,
                    payload={"channel": matter.channel, "kind": matter.kind, "item": matter.item},
                    at=matter.registered_at,
                    first=True,
                )
                for intake, matter in zip(intakes, matters, strict=True)
            ]
        )
        # After the registration: a recusal writes to the same chain, whose first line is the registration.
        _seal(intakes, matters)
        worklist.put([work for matter in matters for work in work_of(matter)])
        search.index(
            [
                search.Document(
                    kind="matter",
                    record_id=matter.pk,
                    text=f"{matter.title} {matter.content} {matter.place}",
                    scope=tokens_of(matter),
                    known=tuple(part for part in (intake.reporter.name, intake.reporter.phone) if part)
                    if intake.reporter
                    else (),
                )
                for intake, matter in zip(intakes, matters, strict=True)
            ]
        )
        facts.touch("matters", [matter.pk for matter in matters])
        told = (
            vault.issue_query_codes(
                actor=intakes[0].actor,
                kind="matter",
                record_ids=[m.pk for m in matters],
                given={m.pk: i.query_code for i, m in zip(intakes, matters, strict=True) if i.query_code},
            )
            if codes
            else {}
        )
    return [Registered(matter, told.get(matter.pk, "")) for matter in matters]


def checked(row: int, intake: Intake, tree: territory.Tree) -> Mapping[str, str]:
    """The intake's place columns. Raises InvalidInput with every fault of the row at once."""
    wrong: dict[str, str] = {}
    if not intake.content.strip():
        wrong["content"] = _("请写明反映的内容。")
    elif len(intake.content) > CONTENT_LENGTH:
        wrong["content"] = _("内容最多 %(n)d 字；更长的请作为附件。") % {"n": CONTENT_LENGTH}
    if len(intake.place) > 200:
        wrong["place"] = _("地点最多 200 字。")
    if len(intake.title) > 120:
        wrong["title"] = _("标题最多 120 字。")
    if (intake.longitude is None) != (intake.latitude is None):
        wrong["longitude"] = _("经度和纬度要一起填。")
    columns: Mapping[str, str] = {}
    try:
        columns = tree.columns(whole_code(intake.division))
    except NotFound:
        wrong["division"] = _("没有这个区划代码：%(code)s") % {"code": intake.division}
    if intake.kind == Kind.REPORT and intake.confidentiality == Confidentiality.OPEN and intake.accused_units:
        # 信访工作条例 Art 30, 46: an accuser is never disclosed to the accused, so an accusation is name-hidden at least.
        object.__setattr__(intake, "confidentiality", Confidentiality.NAME_HIDDEN)
    if wrong:
        raise InvalidInput(_("第 %(n)d 条登记有误。") % {"n": row + 1}, fields=wrong)
    return columns


def whole_code(code: str) -> str:
    """A division's code as it is stored: 12 digits; a grid's has 15."""
    return code if len(code) > 12 else code.ljust(12, "0")


def _matter(intake: Intake, columns: Mapping[str, str], now: datetime) -> Matter:
    content = spoken(intake.content, intake.reporter, intake.confidentiality)
    at = clock.local(intake.at) if intake.at is not None else now
    return Matter(
        channel=Channel(intake.channel).value,
        kind=Kind(intake.kind).value,
        item=intake.item,
        title=intake.title.strip() or title_of(content),
        content=content,
        confidentiality=Confidentiality(intake.confidentiality).value,
        wants_reply=intake.wants_reply,
        urgent=intake.urgent,
        place=intake.place.strip(),
        longitude=intake.longitude,
        latitude=intake.latitude,
        **columns,
        place_key=place_key(intake.item, columns, intake.place),
        body_key=body_key(content),
        state=State.SORTING if intake.kind == Kind.PETITION else State.REGISTERED,
        registered_at=at,
        registered_by_post=intake.actor.post_id,
        registered_by_account=intake.actor.account_id,
        intake_unit_id=intake.intake_unit_id or intake_unit_of(intake.actor, columns),
        rule_key=intake.rule_key,
        external_due_at=intake.external_due_at,
        source=intake.source,
        source_id=intake.source_id,
        source_digest=intake.source_digest,
        is_demo=intake.is_demo,
    )


def intake_unit_of(actor: Actor, columns: Mapping[str, str]) -> int | None:
    """Who triages it: the taker's own centre or hotline; else those of the county, then of the city."""
    if actor.kind == "staff" and actor.unit_id is not None:
        own = organizations.unit(actor.unit_id)
        if own is not None and own.department in ("centre", "hotline"):
            return own.id
    for level in (Level.COUNTY, Level.CITY, Level.PROVINCE):
        code = columns.get(level.column, "")
        for key in ("centre", "hotline"):
            found = organizations.unit_at(code, key) if code else None
            if found is not None:
                return found.id
    return None


def _seal(intakes: Sequence[Intake], matters: Sequence[Matter]) -> None:
    parties = [
        vault.NewParty(
            kind="matter",
            record_id=matter.pk,
            identity=intake.reporter,
            confidentiality=Sealing(matter.confidentiality),
        )
        for intake, matter in zip(intakes, matters, strict=True)
        if intake.reporter is not None
    ]
    if parties:
        vault.store_parties(actor=intakes[0].actor, parties=parties)
    recusals = [
        vault.NewRecusal(kind="matter", record_id=matter.pk, reason=RecusalReason.ACCUSED, unit_id=unit_id)
        for intake, matter in zip(intakes, matters, strict=True)
        for unit_id in intake.accused_units
    ]
    if recusals:
        vault.recuse(actor=intakes[0].actor, recusals=recusals)
