"""Scheduled work, dated and leased: each due time of each job is done once, by whichever worker is alive.

    @job(name="tasks.cards", every=timedelta(minutes=1))
    def turn_cards(run: Run) -> dict[str, int]: ...

Modules called `jobs` in any app are found by themselves. What a job returns is kept as the report of its run.
"""

from huying.kernel.jobs.registry import job, registered
from huying.kernel.jobs.run import Job, LeaseLost, Run
from huying.kernel.jobs.scheduler import lag, run_due
from huying.kernel.jobs.worker import Loop, workers_alive

__all__ = ["Job", "LeaseLost", "Loop", "Run", "job", "lag", "registered", "run_due", "workers_alive"]
