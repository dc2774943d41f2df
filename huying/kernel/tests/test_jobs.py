"""Scheduled work happens once for each due time, whoever is alive to do it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection

from huying.kernel import clock as kernel_clock
from huying.kernel import housekeeping, jobs
from huying.kernel.audit.models import AccessEntry
from huying.kernel.jobs import registry
from huying.kernel.jobs.models import JobRun, JobSchedule

pytestmark = pytest.mark.django_db


def at(text: str) -> datetime:
    return kernel_clock.local(datetime.fromisoformat(text))


@pytest.fixture
def only_these(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Register jobs for this test alone."""
    monkeypatch.setattr(registry, "_jobs", {})
    monkeypatch.setattr(registry, "_found", True)

    def add(work: Callable[[jobs.Run], Any], **schedule: Any) -> None:
        jobs.job(**({"name": "test.job"} | schedule))(work)

    return add


def test_a_sweep_runs_at_once_and_then_in_its_rhythm(clock, only_these) -> None:
    seen = []
    only_these(lambda run: seen.append(run.due), every=timedelta(minutes=5))
    jobs.run_due()
    jobs.run_due()
    clock.move(timedelta(minutes=5))
    jobs.run_due()
    assert seen == [at("2026-11-20T10:00"), at("2026-11-20T10:05")]


def test_a_sweep_that_was_missed_for_a_day_runs_once_and_keeps_its_rhythm(clock, only_these) -> None:
    seen = []
    only_these(lambda run: seen.append(run.due), every=timedelta(minutes=5))
    jobs.run_due()
    clock.move(timedelta(days=1, minutes=2))
    jobs.run_due()
    assert len(seen) == 2
    assert JobSchedule.objects.get().next_due == at("2026-11-21T10:05")


def test_a_daily_job_waits_for_its_hour_and_catches_up_each_missed_day(clock, only_these) -> None:
    seen = []
    only_these(lambda run: seen.append(run.due.isoformat()), daily_at=time(2, 30), each_missed=True)
    jobs.run_due()
    assert seen == []
    clock.move(to=at("2026-11-23T09:00"))
    jobs.run_due()
    assert seen == [f"2026-11-{day}T02:30:00+08:00" for day in (21, 22, 23)]


def test_a_run_is_recorded_with_its_report(clock, only_these) -> None:
    only_these(lambda run: {"cards": 3}, every=timedelta(hours=1))
    (run,) = jobs.run_due("worker-a")
    assert (run.outcome, run.report, run.worker) == ("done", {"cards": 3}, "worker-a")
    assert run.started_at == run.ended_at == kernel_clock.now()


def test_a_failed_run_says_why_and_is_tried_again_later_for_the_same_due_time(clock, only_these) -> None:
    tries = []

    def work(run: jobs.Run) -> None:
        tries.append(run.attempt)
        if run.attempt < 3:
            raise ValueError("the gateway is closed")

    only_these(work, every=timedelta(hours=1))
    (first,) = jobs.run_due()
    assert first.report == {"error": "ValueError: the gateway is closed"}
    assert jobs.run_due() == []
    clock.move(timedelta(seconds=30))
    jobs.run_due()
    clock.move(timedelta(seconds=60))
    (last,) = jobs.run_due()
    assert (tries, last.outcome, last.due_at) == ([1, 2, 3], "done", first.due_at)


def test_a_job_that_always_fails_gives_up_its_due_time_but_not_the_next(clock, only_these) -> None:
    def work(run: jobs.Run) -> None:
        raise ValueError("never")

    only_these(work, every=timedelta(days=1), attempts=2)
    jobs.run_due()
    clock.move(timedelta(minutes=1))
    jobs.run_due()
    assert JobSchedule.objects.get().next_due == at("2026-11-21T10:00")


def test_a_dead_workers_run_is_taken_over_and_the_late_finisher_changes_nothing(clock, only_these) -> None:
    reports = []

    def work(run: jobs.Run) -> dict[str, str]:
        if not reports:
            reports.append("slow")
            clock.move(timedelta(minutes=2))  # silent for longer than the lease …
            jobs.run_due("worker-b")  # … and another worker comes by
            with pytest.raises(jobs.LeaseLost):
                run.heartbeat()
            return {"by": "the one who fell silent"}
        return {"by": "the one who took over"}

    only_these(work, every=timedelta(hours=1))
    jobs.run_due("worker-a", only="test.job")
    assert list(JobRun.objects.order_by("attempt").values_list("outcome", "worker")) == [
        ("abandoned", "worker-a"),
        ("done", "worker-b"),
    ]
    assert JobRun.objects.get(outcome="done").report == {"by": "the one who took over"}


def test_lag_tells_how_long_the_oldest_due_job_has_waited(clock, only_these) -> None:
    only_these(lambda run: None, every=timedelta(minutes=5))
    jobs.run_due()
    assert jobs.lag() == timedelta()
    clock.move(timedelta(minutes=25))
    assert jobs.lag() == timedelta(minutes=20)


def test_a_job_is_given_one_schedule(only_these) -> None:
    with pytest.raises(ValueError, match="one of the two"):
        only_these(lambda run: None)


def test_one_name_belongs_to_one_function(only_these) -> None:
    only_these(lambda run: None, every=timedelta(hours=1))
    with pytest.raises(ValueError, match="registered twice"):
        jobs.job(name="test.job", every=timedelta(hours=1))(print)


def test_who_looked_is_kept_for_three_years_and_no_longer(clock, only_these) -> None:
    now = kernel_clock.now()
    for days in (3 * 365 + 1, 3 * 365 - 1, 200):
        AccessEntry.objects.create(at=now - timedelta(days=days), what="matter.read")
    only_these(housekeeping.sweep, every=timedelta(days=1))
    jobs.run_due()
    assert JobRun.objects.get().report["looks"] == 1
    assert AccessEntry.objects.count() == 2


def test_the_nightly_sweep_shows_an_embedded_database_how_large_its_tables_are(clock, only_these) -> None:
    now = kernel_clock.now()
    AccessEntry.objects.bulk_create(AccessEntry(at=now, what="matter.read") for _ in range(400))
    only_these(housekeeping.sweep, every=timedelta(days=1))
    jobs.run_due()
    looked_over = JobRun.objects.get().report["looked_over"]
    if connection.vendor != "sqlite":
        assert looked_over == 0, "PostgreSQL looks by itself"
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT stat FROM sqlite_stat1 WHERE tbl = %s", [AccessEntry._meta.db_table])
        assert {int(row[0].split()[0]) for row in cursor.fetchall()} == {400}
    assert looked_over > 20
