"""Writes: datasets put in force, reports opened, values delivered and corrected, locked reports reopened, reminders given."""

from huying.domains.exchange.judging import Given, Judged, Trouble
from huying.domains.exchange.services.datasets import put_datasets
from huying.domains.exchange.services.delivering import Outcome, Trial, deliver, deliver_one, try_out
from huying.domains.exchange.services.missing import mark_missed
from huying.domains.exchange.services.opening import Opened, mark_late, open_reports, recount_provisional
from huying.domains.exchange.services.reminding import raise_reminders, report_task_closed, task_closed
from huying.domains.exchange.services.reopening import reopen
from huying.domains.exchange.services.uploading import Seen, confirm, forget_uploads, receive, rejects, seen, upload

__all__ = [
    "Given",
    "Judged",
    "Opened",
    "Outcome",
    "Seen",
    "Trial",
    "Trouble",
    "confirm",
    "deliver",
    "deliver_one",
    "forget_uploads",
    "mark_late",
    "mark_missed",
    "open_reports",
    "put_datasets",
    "raise_reminders",
    "receive",
    "recount_provisional",
    "rejects",
    "reopen",
    "report_task_closed",
    "seen",
    "task_closed",
    "try_out",
    "upload",
]
