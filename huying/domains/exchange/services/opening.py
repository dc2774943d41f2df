"""Opening the reports that a period's end asks for, and marking those that are late. Both may run as often as one likes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Max

from huying.analytics.periods import Period
from huying.domains.exchange.dates import Due, due_of
from huying.domains.exchange.models import Report
from huying.domains.exchange.queries import Held, newest_definitions
from huying.domains.exchange.schema import DatasetRow
from huying.domains.exchange.vocabulary import KIND, Action, Feed, Standing
from huying.domains.organizations import queries as organizations
from huying.domains.organizations.queries import UnitView
from huying.domains.territory import queries as territory
from huying.kernel import audit, clock, clocks
from huying.kernel.actors import Actor, Level
from huying.kernel.bulk import save_many
from huying.kernel.deadlines import Calendar


@dataclass(frozen=True)
class Opened:
    """reports: opened now. nobody: places whose report no unit answers for, by dataset."""

    reports: list[Report]
    nobody: dict[str, int]


def open_reports(codes: Iterable[str] | None = None) -> Opened:
    """One report for each dataset, period that has ended since it was asked for, and place that must report."""
    today, days = clock.today(), clocks.calendar()
    definitions = newest_definitions(codes)
    last = dict(
        Report.objects.everything("what has been opened")
        .filter(code__in=list(definitions), due_at__isnull=False)
        .values("code")
        .annotate(last=Max("last_day"))
        .values_list("code", "last")
    )
    made: list[Report] = []
    nobody: Counter[str] = Counter()
    for held in definitions.values():
        for period in _ended(held, last.get(held.row.code), today):
            due = due_of(held.row.calendar, period, days, held.row.reference)
            rows, missing = reports_of(held.row, period, due)
            made += rows
            nobody[held.row.code] += missing
    return Opened(_insert(made), {code: n for code, n in nobody.items() if n})


def asked_from(held: Held) -> date:
    """The first day of the first period asked for: a department isn't late with what was due before it was asked."""
    row = held.row
    first = row.valid_from
    if row.feed is Feed.DEPARTMENT:
        first = max(first, clock.local(held.since).date())
    return Period.holding(first, row.kind_of_period).start


def _ended(held: Held, last: date | None, today: date) -> Iterator[Period]:
    """The periods to open: from the newest opened (again: a place may have been added) or the first asked for, until today."""
    row = held.row
    period = Period.holding(last or asked_from(held), row.kind_of_period)
    while period.last < today and (row.valid_to is None or period.start < row.valid_to):
        yield period
        period = period.next


def reports_of(row: DatasetRow, period: Period, due: Due | None) -> tuple[list[Report], int]:
    """The reports of one period by the tree and the units of its last day, unsaved; and how many places have nobody to report.

    due None: of a period before the dataset was asked for.
    """
    on = period.last
    lead = organizations.unit_at(row.division, row.owner, on)
    now = clock.now()
    made, nobody = [], 0
    tree = territory.tree(on)
    for code in places(row, tree):
        unit = reporting_unit(row, code, tree, on)
        if unit is None:
            nobody += 1
            continue
        made.append(
            Report(
                code=row.code,
                kind=row.kind,
                division=code,
                place=tree[code].name,
                level=tree[code].level,
                key=period.key,
                first_day=period.start,
                last_day=period.last,
                unit_id=unit.id,
                lead_unit_id=lead.id if lead is not None and lead.id != unit.id else None,
                due_at=due.due if due else None,
                locks_at=due.locks if due else None,
                provisional=due.provisional if due else False,
                opened_at=now,
            )
        )
    return made, nobody


def places(row: DatasetRow, tree: territory.Tree) -> list[str]:
    """The divisions that must report, by that tree."""
    level = Level[row.level.upper()]
    if row.division not in tree:
        return []
    own = [row.division] if tree[row.division].level is level else []
    return own + list(tree.descendants(row.division, level))


def reporting_unit(row: DatasetRow, place: str, tree: territory.Tree, on: date) -> UnitView | None:
    """The unit named; else the department's body at the place, else that of the county, city or province above it."""
    if "-" in row.owner:
        unit = organizations.unit_by_code(row.owner)
        return unit if unit is not None and unit.in_force(on) else None
    at = organizations.unit_at(place, row.owner, on)
    return at or organizations.department_of(tree.columns(place), row.owner, on)


def _insert(rows: list[Report]) -> list[Report]:
    """Those that weren't there yet."""
    if not rows:
        return []
    known = set(
        Report.objects.everything("what has been opened")
        .filter(code__in={row.code for row in rows}, last_day__gte=min(row.last_day for row in rows))
        .values_list("code", "division", "key")
    )
    fresh = [row for row in rows if (row.code, row.division, row.key) not in known]
    if not fresh:
        return []
    Report.objects.bulk_create(fresh, ignore_conflicts=True)
    found = Report.objects.everything("just opened").filter(
        code__in={row.code for row in fresh}, opened_at=fresh[0].opened_at
    )
    wanted = {(row.code, row.division, row.key) for row in fresh}
    return [row for row in found if (row.code, row.division, row.key) in wanted]


def mark_late() -> int:
    """Record, once for each, that a report has passed its due day with nothing delivered."""
    now = clock.now()
    with transaction.atomic():
        rows = list(
            Report.objects.everything("the calendar decides")
            .select_for_update(of=("self",))
            .filter(first_at=None, late_at=None, due_at__lt=now)
            .order_by("pk")[:2000]
        )
        for row in rows:
            row.late_at = now
        save_many(rows, ["late_at"])
        audit.record([late_event(row) for row in rows])
    return len(rows)


def late_event(row: Report) -> audit.NewEvent:
    assert row.due_at is not None
    return audit.NewEvent(
        kind=KIND,
        record_id=row.pk,
        action=Action.MARK_LATE,
        actor=Actor.system("exchange.calendar"),
        from_state=Standing.WAITING,
        to_state=Standing.LATE,
        payload={"due": row.due_at.isoformat()},
    )


def recount_provisional(days: Calendar | None = None) -> int:
    """Reports whose due day lay in a year not yet published are reckoned anew, while nothing was delivered and none was late."""
    calendar = days or clocks.calendar()
    with transaction.atomic():
        rows = list(
            Report.objects.everything("the calendar decides")
            .select_for_update(of=("self",))
            .filter(provisional=True, first_at=None, late_at=None)
        )
        definitions = newest_definitions({row.code for row in rows})
        moved = []
        for row in rows:
            due = due_of(definitions[row.code].row.calendar, row.period, calendar)
            if (row.due_at, row.locks_at, row.provisional) != (due.due, due.locks, due.provisional):
                row.due_at, row.locks_at, row.provisional = due.due, due.locks, due.provisional
                moved.append(row)
        save_many(moved, ["due_at", "locks_at", "provisional"])
    return len(moved)
