"""The lake's rows for whoever may open the records they stand for: coarse, without number, words, point or person.

Small cells can't be kept from whoever counts rows, so rows are only for posts that may open each of those records anyway; the
scope is the record's own (`visible_to`), recusals first. An analyst opens no record and gets none
(docs/decisions/lake-rows.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from huying.analytics import definitions
from huying.analytics.bench.selection import Selection
from huying.analytics.trees import Node
from huying.kernel import clock
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import InvalidInput
from huying.kernel.facts import FactTable

READERS = frozenset({Role.SUPERVISOR, Role.LEADER})
MOST = 50_000
# month: of registration. Places stop at the township, times at whole days between two acts.
COLUMNS = (
    ("month", "VARCHAR"),
    ("county", "VARCHAR"),
    ("township", "VARCHAR"),
    ("kind", "VARCHAR"),
    ("channel", "VARCHAR"),
    ("item", "VARCHAR"),
    ("lead_unit", "BIGINT"),
    ("state", "VARCHAR"),
    ("outcome", "VARCHAR"),
    ("solved", "VARCHAR"),
    ("satisfied", "VARCHAR"),
    ("replied_in_time", "BOOLEAN"),
    ("closed_in_time", "BOOLEAN"),
    ("extended", "BOOLEAN"),
    ("returned", "BIGINT"),
    ("redone", "BIGINT"),
    ("days_to_receipt", "BIGINT"),
    ("days_to_reply", "BIGINT"),
    ("days_to_close", "BIGINT"),
)
_SAME = {
    "county": "county",
    "township": "township",
    "kind": "kind",
    "channel": "channel",
    "item": "item",
    "lead_unit": "lead_unit_id",
    "state": "state",
    "outcome": "outcome",
    "solved": "solved",
    "satisfied": "satisfied",
    "replied_in_time": "replied_in_time",
    "closed_in_time": "closed_in_time",
    "extended": "extended",
    "returned": "returned_count",
    "redone": "redo_count",
}
_DAYS = {
    "days_to_receipt": "first_received_at",
    "days_to_reply": "first_replied_at",
    "days_to_close": "closed_at",
}


def may_read(actor: Actor) -> bool:
    return actor.reads_business and actor.has(*READERS)


def rows(actor: Actor, selection: Selection, place: Node) -> list[list[object]]:
    """One for each matter of the place registered in the selection's time that the actor may open, newest first; no petitions.

    Raises InvalidInput for more than MOST.
    """
    table = definitions.shipped().table
    asked = table.rows(None)
    assert isinstance(asked, QuerySet)
    fields = dict(zip([column.name for column in table.columns], asked._fields, strict=True))  # type: ignore[attr-defined]
    periods = selection.periods
    found = (
        asked.filter(_within(fields, place, periods[0].start, periods[-1].end))
        .filter(pk__in=asked.model.objects.visible_to(actor).order_by().values("pk"))
        .order_by("-pk")[: MOST + 1]
    )
    lines = list(_coarse(table, found))
    if len(lines) > MOST:
        raise InvalidInput(
            _("所选范围的办理记录超过 %(most)s 件。") % {"most": f"{MOST:,}"},
            fields={"sql": _("请缩短期间或选小一级的区划。")},
        )
    return lines


def _within(fields: dict[str, str], place: Node, start: date, end: date) -> Q:
    first, last = (clock.local(datetime.combine(day, time())) for day in (start, end))
    at = fields["registered_at"]
    return Q(
        **{fields[place.level.column]: place.code, f"{at}__gte": first, f"{at}__lt": last, fields["petition"]: False}
    )


def _coarse(table: FactTable, found: QuerySet[Any, Any]) -> Iterator[list[object]]:
    at = {column.name: n for n, column in enumerate(table.columns)}
    for row in found:
        registered: datetime = row[at["registered_at"]]
        line: dict[str, object] = {name: row[at[own]] for name, own in _SAME.items()}
        line["month"] = f"{clock.local(registered):%Y-%m}"
        for name, own in _DAYS.items():
            then: datetime | None = row[at[own]]
            line[name] = None if then is None else max(then - registered, timedelta()).days
        yield [line[name] for name, _type in COLUMNS]
