"""Each night the reports of ended periods are opened, late ones marked, units reminded, and uploads of yesterday forgotten."""

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
        "reminders": services.raise_reminders(),
        "uploads_forgotten": services.forget_uploads(),
    }
