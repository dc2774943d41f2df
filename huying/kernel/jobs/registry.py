"""Which jobs there are, and when each is due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.utils.module_loading import autodiscover_modules

from huying.kernel import clock

if TYPE_CHECKING:
    from huying.kernel.jobs.scheduler import Run

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


_jobs: dict[str, Job] = {}
_found = False


def job(
    *,
    name: str,
    every: timedelta | None = None,
    daily_at: time | None = None,
    each_missed: bool = False,
    lease: timedelta = timedelta(minutes=1),
    attempts: int = 5,
) -> Callable[[Work], Work]:
    """Register a function as the job `name`.

    Raises ValueError for a name taken by another function, or unless exactly one of `every` and `daily_at` is given.
    """
    if (every is None) == (daily_at is None):
        raise ValueError(f"job {name}: give every= or daily_at=, one of the two")

    def register(work: Work) -> Work:
        known = _jobs.get(name)
        if known and (known.work.__module__, known.work.__qualname__) != (work.__module__, work.__qualname__):
            raise ValueError(f"job {name} is registered twice: by {known.work.__module__} and {work.__module__}")
        _jobs[name] = Job(name, work, every, daily_at, each_missed, lease, attempts)
        return work

    return register


def registered() -> dict[str, Job]:
    """Every job of every installed app, by name."""
    global _found
    if not _found:
        import_module("huying.kernel.jobs.housekeeping")  # the kernel's own: its `jobs` is this package
        autodiscover_modules("jobs")
        _found = True
    return _jobs
