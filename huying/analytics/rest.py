"""The door for programs: one SELECT over figures and, for posts that may open them, records; as JSON or a dataframe's file."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.http.request import QueryDict
from ninja import Field, Router, Schema
from ninja.decorators import decorate_view

from huying.analytics import door
from huying.analytics.bench import statements
from huying.analytics.bench.pages import as_file, asked
from huying.kernel.pages.guards import only

router = Router(tags=["analytics"])


class StatementIn(Schema):
    sql: str = Field(
        description="one SELECT over `figures`, and `matters` for posts that may open the records; DuckDB's SQL"
    )
    indicators: list[str] = Field([], description="codes; none: what the bench opens with")
    place: str = Field("", description="division code, within one's own territory")
    level: str = Field("", description="own, children, or county, township, village, grid")
    first: str = Field("", description="2026-01")
    last: str = ""
    format: Literal["json", "parquet"] = "json"


class AnswerOut(Schema):
    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    more: bool = Field(description="whether there were more rows than are answered")


@router.post("/sql", response=AnswerOut, operation_id="analytics_sql")
@decorate_view(only(lambda actor: actor.has(*statements.ASKERS)))
def sql(request: HttpRequest, sent: StatementIn) -> Any:
    """Ask one SELECT; with `parquet` the answer is a file for pandas, polars or DuckDB."""
    actor = request.auth  # type: ignore[attr-defined]
    given = QueryDict(mutable=True)
    for name in ("place", "level", "first", "last"):
        if value := getattr(sent, name):
            given[name] = value
    given.setlist("indicators", sent.indicators)
    answer = statements.answered(actor, asked(actor, given), sent.sql)
    if sent.format == "parquet":
        file: HttpResponse = as_file("sql.parquet", door.as_parquet(answer))
        return file
    return {"columns": answer.columns, "types": answer.types, "rows": answer.rows, "more": answer.more}
