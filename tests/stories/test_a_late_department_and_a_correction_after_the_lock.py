"""A department is late, is reminded once, delivers; after the lock it is let in with a reason, and both figures stay.

Source: index-and-assessment.md (missing is not zero); 统计法 Art 6-9 (no figure is altered silently).
"""

from datetime import datetime

import pytest

from huying.analytics import sources
from huying.domains.exchange import queries, services
from huying.domains.exchange.models import Report
from huying.domains.exchange.services import Given
from huying.domains.exchange.tests import made
from huying.domains.exchange.vocabulary import Standing, Way
from huying.domains.notices.models import Notice
from huying.domains.tasks import queries as tasks
from huying.kernel import audit, outbox, worklist
from huying.kernel.actors import Actor
from huying.kernel.clock import ZONE
from huying.kernel.errors import InvalidInput

EAST = "331102000000"


def to(clock, month: int, day: int, hour: int = 9) -> None:
    clock.move(datetime(2026, month, day, hour, tzinfo=ZONE) - clock.now())


def night(clock, month: int, day: int) -> None:
    """The job of that night."""
    to(clock, month, day, 1)
    services.open_reports()
    services.mark_late()
    services.raise_reminders()
    to(clock, month, day)


def figures(cast, fires: int, note: str = "") -> Given:
    return Given(EAST, "2026-10", {"fires": fires, "loss": 9, "inspected": 80, "faulty": 20}, note=note)


def standing(report: Report) -> Standing:
    from huying.kernel import clock

    return queries.stands(Report.objects.everything("test").get(pk=report.pk), clock.now())


@pytest.fixture
def dataset(cast, clock):
    to(clock, 10, 9)
    services.put_datasets(actor=Actor.system("test"), rows=[made.row(owner="housing")])
    return cast


def test_a_late_department_delivers_and_later_corrects_a_locked_figure(dataset, clock):
    cast = dataset
    for day in range(1, 11):
        night(clock, 11, day)
    report = Report.objects.everything("test").get(division=EAST)
    assert standing(report) is Standing.LATE, "due on Friday 6 November, nothing came"

    (item,) = [row for row in worklist.page(cast["housing"]).items if row.queue == "tasks"]
    assert "报送2026-10部门数据" in item.title, "ten nights, one task"
    missing = queries.missing(cast["supervisor"], late=True).items
    assert [(row.place, row.unit.short_name) for row in missing] == [("莲都区", "莲都区住建局")]
    assert not list(sources.provider("dataset").rows("fires_monthly", None, None)), "missing is not zero"

    services.deliver(actor=cast["housing"], code="fires_monthly", rows=[figures(cast, 3)], way=Way.PAGE)
    assert standing(report) is Standing.DELIVERED_LATE
    assert tasks.task(cast["housing"], item.record_id).state == "finished", "the last report ends the reminder"
    assert not queries.missing(cast["supervisor"]).items
    known_on_time = clock.now()

    to(clock, 11, 24)
    assert standing(report) is Standing.LOCKED
    found = figures(cast, 5, "消防核查，漏报两起")
    with pytest.raises(InvalidInput, match="还不能报送"):
        services.deliver_one(actor=cast["housing"], code="fires_monthly", row=found)

    services.reopen(actor=cast["supervisor"], report_id=report.pk, reason="消防支队来函更正")
    outbox.deliver("test")
    letters = Notice.objects.everything("test").filter(topic="exchange.reopened")
    assert letters.exists(), "the unit is told that it may write again"
    assert services.deliver_one(actor=cast["housing"], code="fires_monthly", row=found)
    to(clock, 11, 30)
    assert standing(report) is Standing.LOCKED, "closed again by itself"

    now, before = queries.versions(cast["supervisor"], report.pk)
    assert (before.values["fires"], before.late, now.values["fires"], now.after_lock) == (3, True, 5, True)
    assert [(entry.action, entry.reason) for entry in queries.story(cast["supervisor"], report.pk)] == [
        ("mark_late", ""),
        ("deliver", ""),
        ("reopen", "消防支队来函更正"),
        ("correct", "消防核查，漏报两起"),
    ]
    provider = sources.provider("dataset")
    (then,) = provider.rows("fires_monthly", None, known_on_time)
    (today,) = provider.rows("fires_monthly", known_on_time, None)
    assert (then.values["fires"], today.values["fires"]) == (3, 5), "what was known then can still be computed"
    assert audit.verify().ok
