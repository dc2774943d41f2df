"""Which jobs there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta

from django.utils.module_loading import autodiscover_modules

from huying.kernel.jobs.run import Job, Work

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
        autodiscover_modules("jobs", "housekeeping")  # the kernel's `jobs` is this package
        _found = True
    return _jobs
