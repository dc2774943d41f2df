"""Departments' systems at the door: which datasets there are, what is missing, and values delivered, typed and idempotent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.decorators import decorate_view

from huying.domains.exchange import queries, services
from huying.domains.exchange.models import Delivery
from huying.domains.exchange.services import Given, Trial
from huying.domains.exchange.vocabulary import Way
from huying.domains.exchange.workflow import DELIVERERS, READERS
from huying.kernel.http.auth import PEOPLE_OR_MACHINES
from huying.kernel.pages.guards import only

router = Router(tags=["exchange"])
MOST_ROWS = 5_000


class MeasureOut(Schema):
    code: str
    zh: str
    en: str
    type: str
    unit: str
    required: bool
    whole: bool
    minimum: float | None
    maximum: float | None
    part_of: str
    parts: tuple[str, str] | None


class DatasetOut(Schema):
    code: str
    kind: str
    zh: str
    en: str
    division: str
    level: str
    period: str
    due: str = Field(description="counted from the last day of the period: `5 WD` working days, `12 D` days")
    lock: str
    generated: bool = Field(description="filled by the demo's generator, not by a department")
    reference: str
    measures: list[MeasureOut]


class MissingIn(Schema):
    dataset: str = ""
    period: str = ""
    late: bool = False
    after: str = ""
    limit: int = Field(50, ge=1, le=200)


class MissingOut(Schema):
    id: int
    dataset: str
    division: str
    place: str
    period: str
    unit_id: int
    due_at: datetime | None
    locks_at: datetime | None
    standing: str


class MissingPageOut(Schema):
    items: list[MissingOut]
    after: str = Field(description="ask with ?after= this for the next page; empty at the end")


class SurveyIn(Schema):
    n: int
    fieldwork_from: date
    fieldwork_to: date
    conducted_by: str = ""
    method: str = ""


class RowIn(Schema):
    division: str = Field(description="12 digits")
    period: str = Field(description="2026-10, 2026-Q3, 2026")
    values: dict[str, float | None] = Field(description="by measure; of a survey also CODE_low and CODE_high")
    survey: SurveyIn | None = None
    note: str = Field("", description="why it is unusual, or why it is corrected")


class ValuesIn(Schema):
    rows: list[RowIn] = Field(min_length=1, max_length=MOST_ROWS)


class FaultOut(Schema):
    field: str
    message: str
    cure: str


class RefusedOut(Schema):
    row: int = Field(description="its place in what was sent, from 0")
    division: str
    period: str
    faults: list[FaultOut]


class DeliveredOut(Schema):
    accepted: int
    unchanged: int = Field(description="rows that say what stands already")
    refused: list[RefusedOut]


@router.get("/datasets", response=list[DatasetOut], operation_id="exchange_datasets", auth=PEOPLE_OR_MACHINES)
@decorate_view(only(lambda actor: actor.has(*READERS)))
def datasets(request: HttpRequest) -> list[dict[str, Any]]:
    """Every dataset and survey with its measures and dates; with a key, those it names."""
    actor = request.auth  # type: ignore[attr-defined]
    codes = actor.named if actor.is_machine else None
    return [
        {
            **row.model_dump(include={"code", "kind", "division", "level", "period", "reference"}),
            "zh": row.name.zh,
            "en": row.name.en,
            "due": row.calendar.due,
            "lock": row.calendar.lock,
            "generated": row.feed.value == "generated",
            "measures": [
                {
                    **measure.model_dump(include={"code", "type", "unit", "required", "maximum", "part_of", "parts"}),
                    "zh": measure.name.zh,
                    "en": measure.name.en,
                    "whole": measure.is_whole,
                    "minimum": measure.least,
                }
                for measure in row.measures
            ],
        }
        for row in (held.row for held in queries.newest_definitions(codes).values())
    ]


@router.get("/missing", response=MissingPageOut, operation_id="exchange_missing", auth=PEOPLE_OR_MACHINES)
@decorate_view(only(lambda actor: actor.has(*READERS)))
def missing(request: HttpRequest, asked: Query[MissingIn]) -> dict[str, Any]:
    """Reports not delivered yet: one's own unit's, and for who watches over places, theirs."""
    actor = request.auth  # type: ignore[attr-defined]
    page = queries.missing(
        actor, code=asked.dataset, key=asked.period, late=asked.late, after=asked.after, limit=asked.limit
    )
    standings = queries.standings(page.items)
    return {
        "items": [
            {
                "id": one.pk,
                "dataset": one.code,
                "division": one.division,
                "place": one.place,
                "period": one.key,
                "unit_id": one.unit_id,
                "due_at": one.due_at,
                "locks_at": one.locks_at,
                "standing": standings[one.pk].value,
            }
            for one in page.items
        ],
        "after": page.next,
    }


@router.post("/datasets/{code}/values", response=DeliveredOut, operation_id="exchange_deliver", auth=PEOPLE_OR_MACHINES)
@decorate_view(only(lambda actor: actor.has(*DELIVERERS)))
def deliver(request: HttpRequest, code: str, sent: ValuesIn) -> dict[str, Any]:
    """Deliver or correct values. Good rows are kept, the others come back with their faults; the same again changes nothing."""
    rows = [
        Given(
            row.division,
            row.period,
            row.values,
            survey=row.survey.model_dump() if row.survey else {},
            note=row.note,
            at=at,
        )
        for at, row in enumerate(sent.rows)
    ]
    outcome = services.deliver(actor=request.auth, code=code, rows=rows, way=Way.API)  # type: ignore[attr-defined]
    return {
        "accepted": len(outcome.accepted),
        "unchanged": outcome.unchanged,
        "refused": [_refused(trial) for trial in outcome.refused],
    }


class SurveyOut(Schema):
    n: int
    fieldwork_from: date
    fieldwork_to: date
    conducted_by: str
    method: str


class ValuesOut(Schema):
    division: str
    place: str
    period: str
    standing: str
    version: int
    values: dict[str, float | None]
    survey: SurveyOut | None
    note: str
    way: str
    delivered_by: str
    at: datetime
    locks_at: datetime | None


class ValuesPageOut(Schema):
    items: list[ValuesOut]
    after: str = Field(description="ask with ?after= this for the next page; empty at the end")


class ValuesAsked(Schema):
    period: str = ""
    after: str = ""
    limit: int = Field(50, ge=1, le=200)


@router.get("/datasets/{code}/values", response=ValuesPageOut, operation_id="exchange_values", auth=PEOPLE_OR_MACHINES)
@decorate_view(only(lambda actor: actor.has(*DELIVERERS)))
def values(request: HttpRequest, code: str, asked: Query[ValuesAsked]) -> dict[str, Any]:
    """What one's own unit has delivered, as it stands now; newest period first."""
    actor = request.auth  # type: ignore[attr-defined]
    services.require_deliverer(actor, code)
    queries.dataset(code)
    page = queries.delivered(actor, code, key=asked.period, after=asked.after, limit=asked.limit)
    standings, latest = queries.standings(page.items), queries.latest(page.items)
    return {
        "items": [
            {
                "division": one.division,
                "place": one.place,
                "period": one.key,
                "standing": standings[one.pk].value,
                "version": one.version,
                "locks_at": one.locks_at,
                **_stands(latest[one.pk]),
            }
            for one in page.items
        ],
        "after": page.next,
    }


def _stands(last: Delivery) -> dict[str, Any]:
    survey = {name: getattr(last, name) for name in SurveyOut.model_fields} if last.n is not None else None
    return {
        "values": last.values,
        "survey": survey,
        "note": last.note,
        "way": last.way,
        "delivered_by": last.delivered_by,
        "at": last.at,
    }


def _refused(trial: Trial) -> dict[str, Any]:
    given = trial.judged.given
    return {
        "row": given.at,
        "division": given.division,
        "period": given.period,
        "faults": [{"field": f.field, "message": f.message, "cure": f.cure} for f in trial.judged.faults],
    }
