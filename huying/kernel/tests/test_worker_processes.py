"""Workers as processes of their own, on either database: each due time is done once, also when one of them is killed."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]

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
