"""Each night: reports of ended periods opened, late and missed ones marked, units reminded, old uploads forgotten."""

from datetime import time, timedelta
from typing import Any

from huying.domains.exchange import services
from huying.kernel.jobs import Run, job


@job(name="exchange.calendar", daily_at=time(0, 20), lease=timedelta(minutes=10))
def keep_calendar(run: Run) -> dict[str, Any]:
    moved = services.recount_provisional()
    opened = services.open_reports()
    run.heartbeat()
    return {
        "opened": len(opened.reports),
        "nobody": opened.nobody,
        "recounted": moved,
        "late": services.mark_late(),
        "missed": services.mark_missed(),
        "reminders": services.raise_reminders(),
        "uploads_forgotten": services.forget_uploads(),
    }
