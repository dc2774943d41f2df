"""Scheduled work happens once for each due time, whoever is alive to do it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from huying.kernel import clock as kernel_clock
from huying.kernel import jobs
from huying.kernel.audit.models import AccessEntry
from huying.kernel.jobs import housekeeping, registry
from huying.kernel.jobs.models import JobRun, JobSchedule

pytestmark = pytest.mark.django_db
CHECKOUT = Path(__file__).resolve().parents[3]


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


WORKER = textwrap.dedent(
    """
    import sys, threading
    from datetime import timedelta
    import django
    django.setup()
    from huying.kernel import clock, jobs
    from huying.kernel.jobs import registry
    from huying.kernel.jobs.models import JobRun, JobSchedule
    registry._found = True
    mode, path = sys.argv[1:]

    @jobs.job(name="cards", every=timedelta(minutes=1), each_missed=True, lease=timedelta(seconds=1))
    def cards(run):
        with open(path, "a") as out:
            out.write(f"{run.due.isoformat()}\\n")
        if mode == "hangs":
            print("begun", flush=True)
            sys.stdin.read()

    if mode == "plan":
        from django.core.management import call_command
        call_command("migrate", "kernel", verbosity=0)
        JobSchedule.objects.create(name="cards", next_due=clock.now() - timedelta(minutes=29, seconds=30))
    elif mode == "hangs":
        jobs.run_due("first")
    else:
        loop = jobs.Loop(mode, idle=0.1)
        thread = loop.in_thread()
        while JobRun.objects.filter(outcome="done").count() < 30:
            thread.join(0.05)
        loop.stop()
        thread.join()
        print(JobRun.objects.filter(outcome="done").count(), JobRun.objects.filter(outcome="abandoned").count())
    """
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def start(request, installation, tmp_path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start a worker process in one of its modes, on a database of its own with 30 due times of the job `cards` missed."""
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
    environment = installation.environment | {
        "DJANGO_SETTINGS_MODULE": "huying.entry.settings",
        "HUYING_DATABASE_URL": url,
    }
    started: list[subprocess.Popen[str]] = []

    def begin(mode: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER, mode, str(tmp_path / "done.txt")],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
        )
        started.append(process)
        return process

    assert begin("plan").wait(240) == 0
    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_two_workers_share_the_due_times_and_do_each_once(start, tmp_path) -> None:
    first, second = start("a"), start("b")
    for worker in (first, second):
        finished, abandoned = map(int, worker.communicate(timeout=240)[0].split()[-2:])
        assert finished >= 30  # a slow machine meets the next minute's due time as well
        assert abandoned == 0
    done = (tmp_path / "done.txt").read_text().split()
    assert len(done) == len(set(done)) >= 30


def test_cards_turn_on_time_though_a_worker_was_killed(start, tmp_path) -> None:
    killed = start("hangs")
    assert killed.stdout.readline() == "begun\n"
    killed.kill()
    survivor = start("b")
    finished, abandoned = map(int, survivor.communicate(timeout=240)[0].split()[-2:])
    assert finished >= 30
    assert abandoned == 1
    done = (tmp_path / "done.txt").read_text().split()
    assert len(done) == len(set(done)) + 1  # the killed run's due time was begun twice, finished once


def test_who_looked_is_kept_for_three_years_and_no_longer(clock, only_these) -> None:
    now = kernel_clock.now()
    for days in (3 * 365 + 1, 3 * 365 - 1, 200):
        AccessEntry.objects.create(at=now - timedelta(days=days), what="matter.read")
    only_these(housekeeping.sweep, every=timedelta(days=1))
    jobs.run_due()
    assert JobRun.objects.get().report["looks"] == 1
    assert AccessEntry.objects.count() == 2
