"""A job, when it is due, and one run of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from huying.kernel import clock
from huying.kernel.jobs.models import JobSchedule

Work = Callable[["Run"], Any]


@dataclass(frozen=True)
class Job:
    """`every` or `daily_at` (Asia/Shanghai). each_missed: after an outage every missed due time gets its own run (reports by
    day); otherwise one run stands for all of them (sweeps). lease: how long a silent worker keeps a run."""

    name: str
    work: Work
    every: timedelta | None
    daily_at: time | None
    each_missed: bool
    lease: timedelta
    attempts: int

    def first_due(self, now: datetime) -> datetime:
        """A sweep is due at once; a daily job at its next hour."""
        return now if self.daily_at is None else self.due_after(now)

    def due_after(self, moment: datetime) -> datetime:
        """The first due time after `moment`; a sweep's are counted from `moment` itself."""
        if self.every is not None:
            return moment + self.every
        assert self.daily_at is not None
        local = clock.local(moment)
        today = datetime.combine(local.date(), self.daily_at, tzinfo=clock.ZONE)
        return today if today > local else today + timedelta(days=1)

    def next_due(self, done: datetime, now: datetime) -> datetime:
        """The due time that follows `done`: the very next, or, where one run stands for all missed ones, the first still
        to come. A sweep keeps its rhythm."""
        following = self.due_after(done)
        if self.each_missed or following > now:
            return following
        if self.every is not None:
            return done + self.every * ((now - done) // self.every + 1)
        return self.due_after(now)


class LeaseLost(Exception):
    """The worker fell silent for longer than its lease, and another has taken the due time over."""


@dataclass
class Run:
    """What a job is handed. `due` is the time it stands for (not the time it happens to run)."""

    job: Job
    due: datetime
    attempt: int
    worker: str
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def heartbeat(self) -> None:
        """Keep the lease. Long runs need not call it: a companion thread does.

        Raises LeaseLost when another worker holds the job by now.
        """
        now = clock.now()
        kept = JobSchedule.objects.filter(name=self.job.name, owner=self.token).update(
            heartbeat_at=now, lease_until=now + self.job.lease
        )
        if not kept:
            raise LeaseLost(f"{self.job.name} of {self.due.isoformat()} is no longer held by {self.worker}")
