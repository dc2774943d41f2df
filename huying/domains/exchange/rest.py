"""Departments' systems at the door: which datasets there are, what is missing, and values delivered, typed and idempotent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.decorators import decorate_view

from huying.domains.exchange import queries, services
from huying.domains.exchange.services import Given, Trial
from huying.domains.exchange.vocabulary import Way
from huying.domains.exchange.workflow import DELIVERERS, READERS
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


@router.get("/datasets", response=list[DatasetOut], operation_id="exchange_datasets")
@decorate_view(only(lambda actor: actor.has(*READERS)))
def datasets(request: HttpRequest) -> list[dict[str, Any]]:
    """Every dataset and survey with its measures and dates."""
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
        for row in (held.row for held in queries.newest_definitions().values())
    ]


@router.get("/missing", response=MissingPageOut, operation_id="exchange_missing")
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


@router.post("/datasets/{code}/values", response=DeliveredOut, operation_id="exchange_deliver")
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


def _refused(trial: Trial) -> dict[str, Any]:
    given = trial.judged.given
    return {
        "row": given.at,
        "division": given.division,
        "period": given.period,
        "faults": [{"field": f.field, "message": f.message, "cure": f.cure} for f in trial.judged.faults],
    }
