"""The figures are brought up to date every ten minutes, in a process of its own so that no worker loads the engine."""

from datetime import timedelta
from typing import Any

from huying.analytics import services
from huying.kernel.jobs import Run, job


@job(name="analytics.refresh", every=timedelta(minutes=10))
def refresh(run: Run) -> dict[str, Any]:
    return services.refresh()
