"""Matters over HTTP, typed. Every verb of the services is POST /{id}/{verb}, with the fields of its order."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, cast, get_type_hints

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status
from ninja.decorators import decorate_view
from pydantic import create_model

from huying.domains.identities.services import Identity
from huying.domains.matters import queries, services
from huying.domains.matters.models import Matter
from huying.domains.matters.services.batch import Order, Verb
from huying.domains.matters.vocabulary import Channel, Confidentiality, Kind
from huying.kernel import audit
from huying.kernel.actors import Role
from huying.kernel.pages.guards import only

router = Router(tags=["matters"])
MAY_REGISTER = frozenset({Role.CALL_TAKER, Role.DISPATCHER, Role.GRID_WORKER, Role.GRID_OFFICE})


class ReporterIn(Schema):
    """Sealed at once; never given back by this API."""

    name: str = ""
    phone: str = ""
    address: str = ""
    email: str = ""


class IntakeIn(Schema):
    channel: Channel
    kind: Kind
    content: str
    division: str = Field(description="code of the place, 6 to 15 digits")
    title: str = ""
    item: str = ""
    place: str = ""
    longitude: Decimal | None = None
    latitude: Decimal | None = None
    confidentiality: Confidentiality = Confidentiality.OPEN
    wants_reply: bool = True
    urgent: bool = False
    reporter: ReporterIn | None = None
    accused_units: tuple[int, ...] = ()


class MatterOut(Schema):
    id: int
    number: str
    version: int
    state: str
    kind: str
    channel: str
    item: str
    title: str
    content: str
    place: str
    confidentiality: str
    registered_at: datetime
    lead_unit_id: int | None
    rule_key: str
    due_at: datetime | None
    replied_at: datetime | None
    closed_at: datetime | None
    outcome: str
    solved: str
    satisfied: str
    urgent: bool
    supervised: bool


class RegisteredOut(Schema):
    matter: MatterOut
    query_code: str = Field(description="the reporter's secret, told this once")


class PageOut(Schema):
    items: list[MatterOut]
    before: int | None = Field(description="ask with ?before= this for the next page")


class EventOut(Schema):
    seq: int
    at: datetime
    action: str
    actor: str
    from_state: str
    to_state: str
    reason: str


class ListIn(Schema):
    state: str = ""
    kind: str = ""
    channel: str = ""
    item: str = ""
    county: str = ""
    township: str = ""
    words: str = ""
    before: int | None = None
    limit: int = Field(50, ge=1, le=200)


@router.post("/", response={201: RegisteredOut}, operation_id="matters_register")
@decorate_view(only(lambda actor: actor.has(*MAY_REGISTER)))
def register(request: HttpRequest, intake: IntakeIn) -> Status[Any]:
    """Take a matter in."""
    given = intake.model_dump(exclude={"reporter"})
    reporter = Identity(**intake.reporter.model_dump()) if intake.reporter else None
    taken = services.register(actor=request.auth, reporter=reporter, **given)  # type: ignore[attr-defined]
    return Status(201, {"matter": taken.matter, "query_code": taken.query_code})


@router.get("/", response=PageOut, operation_id="matters_list")
@decorate_view(only(lambda actor: actor.reads_business))
def listing(request: HttpRequest, asked: Query[ListIn]) -> dict[str, Any]:
    """Matters in scope, newest first, a page at a time."""
    filters = asked.model_dump(exclude={"words", "before", "limit"})
    page = queries.listing(
        request.auth,  # type: ignore[attr-defined]
        filters=filters,
        words=asked.words,
        before=asked.before,
        limit=asked.limit,
    )
    return {"items": page.matters, "before": page.before}


@router.get("/by-number/{number}", response=MatterOut, operation_id="matters_by_number")
def by_number(request: HttpRequest, number: str) -> Matter:
    """By the number as it was read out; its check character is verified."""
    return queries.by_number(request.auth, number)  # type: ignore[attr-defined]


@router.get("/{int:matter_id}", response=MatterOut, operation_id="matters_one")
def one(request: HttpRequest, matter_id: int) -> Matter:
    found = queries.matter(request.auth, matter_id)  # type: ignore[attr-defined]
    audit.access(request.auth, "matter.read", "matter", matter_id)  # type: ignore[attr-defined]
    return found


@router.get("/{int:matter_id}/history", response=list[EventOut], operation_id="matters_history")
def history(request: HttpRequest, matter_id: int) -> list[dict[str, Any]]:
    """The matter's story, oldest first."""
    queries.matter(request.auth, matter_id)  # type: ignore[attr-defined]
    return [
        {**{name: getattr(line, name) for name in EventOut.model_fields if name != "actor"}, "actor": line.actor_label}
        for line in audit.history("matter", matter_id)
    ]


VERBS: dict[str, Verb[..., Any]] = {
    value.action: value for name in services.__all__ if isinstance(value := getattr(services, name), Verb)
}
# Done by the system or by the reporter's own session, never by a staff call.
NOT_OFFERED = {"answer_merged", "archive", "card", "evaluate", "merge_on"}
OF_THE_CALL = {"actor", "matter_id", "at"}


def _body(verb: Verb[..., Any]) -> type[Schema]:
    """The request's schema, from the verb's own order: one definition, no second to drift."""
    hints = get_type_hints(verb.order)
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(cast("type[Order]", verb.order)):  # every order is a dataclass
        if field.name not in OF_THE_CALL:
            fields[field.name] = (hints[field.name], field.default)
    name = "".join(part.capitalize() for part in verb.action.split("_")) + "In"
    made: type[Schema] = create_model(name, __base__=Schema, **fields)
    return made


def _operation(verb: Verb[..., Any], body: type[Schema]) -> Callable[..., Matter]:
    def operation(request: HttpRequest, matter_id: int, order: Any) -> Matter:
        given = {name: getattr(order, name) for name in body.model_fields}
        return verb(actor=request.auth, matter_id=matter_id, **given)  # type: ignore[attr-defined]

    operation.__name__ = verb.action
    operation.__doc__ = verb.__doc__
    operation.__annotations__ = {"request": HttpRequest, "matter_id": int, "order": body, "return": Matter}
    return operation


for _verb in VERBS.values():
    if _verb.action not in NOT_OFFERED:
        router.post(f"/{{int:matter_id}}/{_verb.action}", response=MatterOut, operation_id=f"matters_{_verb.action}")(
            _operation(_verb, _body(_verb))
        )
