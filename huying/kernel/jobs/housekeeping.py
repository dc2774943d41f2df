"""The kernel sweeps its own books."""

from datetime import time, timedelta

from huying.kernel import clock
from huying.kernel.http import idempotency
from huying.kernel.jobs.models import JobRun
from huying.kernel.jobs.registry import job
from huying.kernel.jobs.scheduler import Run

RUNS_KEPT = timedelta(days=90)


@job(name="kernel.housekeeping", daily_at=time(3, 10))
def sweep(run: Run) -> dict[str, int]:
    """Forget idempotency keys past their day and records of runs past their 90 days."""
    old = JobRun.objects.filter(started_at__lt=clock.now() - RUNS_KEPT).exclude(outcome=JobRun.Outcome.RUNNING)
    return {"idempotency_keys": idempotency.purge(), "job_runs": old.delete()[0]}
