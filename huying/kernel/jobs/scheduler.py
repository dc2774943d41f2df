"""Claim what is due, run it, record it; take over what a dead worker left."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import Error as DatabaseError
from django.db import connections, transaction
from django.db.models import F, Min, Q

from huying.kernel import clock
from huying.kernel.jobs.models import JobRun, JobSchedule
from huying.kernel.jobs.registry import registered
from huying.kernel.jobs.run import Job, LeaseLost, Run

log = structlog.get_logger("huying.jobs")
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
ERROR_KEPT = 500


def run_due(worker: str = "here", *, only: str = "", stop: threading.Event | None = None) -> list[JobRun]:
    """Run everything that is due and free, the longest overdue first; returns the runs made by this call.

    worker: a name for the record. only: one job's name. stop: set it to end between two jobs.
    """
    jobs = {only: registered()[only]} if only else registered()
    _plan(jobs)
    made: list[JobRun] = []
    while not (stop and stop.is_set()):
        now = clock.now()
        due = (
            JobSchedule.objects.filter(_free(now), name__in=jobs, next_due__lte=now)
            .order_by("next_due", "name")
            .values_list("name", flat=True)
        )
        claimed = next((run for name in list(due) if (run := _claim(jobs[name], worker))), None)
        if claimed is None:
            break
        made.append(_carry_out(claimed))
    return made


def lag() -> timedelta:
    """How long the longest overdue job has waited; zero when none has."""
    now = clock.now()
    oldest = JobSchedule.objects.filter(next_due__lt=now, owner="", attempts=0).aggregate(at=Min("next_due"))["at"]
    return now - oldest if oldest else timedelta()


def _free(now: datetime) -> Q:
    return (Q(owner="") & (Q(retry_at=None) | Q(retry_at__lte=now))) | (~Q(owner="") & Q(lease_until__lt=now))


def _plan(jobs: dict[str, Job]) -> None:
    known = set(JobSchedule.objects.filter(name__in=jobs).values_list("name", flat=True))
    now = clock.now()
    new = [JobSchedule(name=name, next_due=item.first_due(now)) for name, item in jobs.items() if name not in known]
    if new:
        JobSchedule.objects.bulk_create(new, ignore_conflicts=True)


def _claim(job: Job, worker: str) -> Run | None:
    """Take the lease if it is still to be had. A lease found expired is taken over, and its run recorded as abandoned."""
    now = clock.now()
    with transaction.atomic():
        row = JobSchedule.objects.select_for_update().filter(_free(now), name=job.name, next_due__lte=now).first()
        if row is None:
            return None
        if row.owner:
            JobRun.objects.filter(name=job.name, outcome=JobRun.Outcome.RUNNING).update(
                outcome=JobRun.Outcome.ABANDONED, ended_at=now, report={"heartbeat_at": str(row.heartbeat_at)}
            )
            log.warning("job.taken_over", job=job.name, due=row.next_due.isoformat(), worker=worker)
            if (
                row.attempts >= job.attempts
            ):  # it kills every worker that tries: leave this due time, keep the next ones
                row.owner, row.lease_until, row.retry_at, row.attempts = "", None, None, 0
                row.next_due = job.next_due(row.next_due, now)
                row.save()
                return None
        run = Run(job, clock.local(row.next_due), row.attempts + 1, worker)
        JobSchedule.objects.filter(pk=row.pk).update(
            owner=run.token, lease_until=now + job.lease, heartbeat_at=now, attempts=F("attempts") + 1, retry_at=None
        )
        JobRun.objects.create(
            name=job.name,
            due_at=run.due,
            attempt=run.attempt,
            worker=worker,
            started_at=now,
            outcome=JobRun.Outcome.RUNNING,
        )
    return run


def _carry_out(run: Run) -> JobRun:
    ended = threading.Event()
    companion = threading.Thread(target=_keep_lease, args=(run, ended), name=f"lease {run.job.name}", daemon=True)
    companion.start()
    report: Any
    try:
        outcome, report = JobRun.Outcome.DONE, run.job.work(run)
    except Exception as error:  # a job's fault is recorded and retried; it must not take the worker with it
        log.exception("job.failed", job=run.job.name, attempt=run.attempt)
        outcome, report = JobRun.Outcome.FAILED, {"error": f"{type(error).__name__}: {error}"[:ERROR_KEPT]}
    finally:
        ended.set()
        companion.join()
    return _finish(run, outcome, report if isinstance(report, dict) else {"report": report} if report else {})


def _keep_lease(run: Run, ended: threading.Event) -> None:
    """Renew the lease three times within its length. A run shorter than the first renewal never opens a connection."""
    try:
        while not ended.wait(run.job.lease.total_seconds() / 3):
            try:
                run.heartbeat()
            except LeaseLost:
                return
            except DatabaseError:
                log.warning("job.heartbeat_missed", job=run.job.name)
    finally:
        connections.close_all()


def _finish(run: Run, outcome: JobRun.Outcome, report: dict[str, Any]) -> JobRun:
    now = clock.now()
    with transaction.atomic():
        record = JobRun.objects.select_for_update().get(name=run.job.name, due_at=run.due, attempt=run.attempt)
        row = JobSchedule.objects.select_for_update().filter(name=run.job.name, owner=run.token).first()
        if row is None:  # taken over meanwhile: the record already says abandoned, and the new holder answers for it
            log.warning("job.lease_lost", job=run.job.name, worker=run.worker)
            return record
        row.owner, row.lease_until = "", None
        if outcome == JobRun.Outcome.FAILED and run.attempt < run.job.attempts:
            row.retry_at = now + min(FIRST_RETRY * 2 ** (run.attempt - 1), LONGEST_RETRY)
        else:
            row.next_due, row.attempts, row.retry_at = run.job.next_due(run.due, now), 0, None
        row.save()
        record.outcome, record.ended_at, record.report = outcome, now, report
        record.save(update_fields=["outcome", "ended_at", "report"])
    return record
