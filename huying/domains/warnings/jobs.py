"""Each night the figures are held against the ladder; at half past seven each post gets one letter, if there is anything."""

from datetime import time, timedelta
from typing import Any

from huying.domains.warnings import services
from huying.kernel.jobs import Run, job


@job(name="warnings.evaluate", daily_at=time(4, 30), lease=timedelta(minutes=10))
def evaluate(run: Run) -> dict[str, Any]:
    return vars(services.evaluate())


@job(name="warnings.digest", daily_at=time(7, 30))
def digest(run: Run) -> dict[str, Any]:
    return {"letters": services.send_digests()}
