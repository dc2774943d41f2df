"""Writes: datasets put in force, reports opened, values delivered and corrected, locked reports reopened, reminders given."""

from huying.domains.exchange.judging import Given, Judged, Trouble
from huying.domains.exchange.services.datasets import put_datasets
from huying.domains.exchange.services.delivering import Outcome, Trial, deliver, deliver_one, require_deliverer, try_out
from huying.domains.exchange.services.keys import (
    NewKey,
    bind_key,
    holds_key,
    machine_of,
    make_key,
    own_datasets,
    revoke_key,
    rotate_key,
)
from huying.domains.exchange.services.keys import standing as key_standing
from huying.domains.exchange.services.missing import mark_missed
from huying.domains.exchange.services.opening import Opened, mark_late, open_reports, recount_provisional
from huying.domains.exchange.services.reminding import raise_reminders, report_task_closed, task_closed
from huying.domains.exchange.services.reopening import reopen
from huying.domains.exchange.services.uploading import Seen, confirm, forget_uploads, receive, rejects, seen, upload

__all__ = [
    "Given",
    "Judged",
    "NewKey",
    "Opened",
    "Outcome",
    "Seen",
    "Trial",
    "Trouble",
    "bind_key",
    "confirm",
    "deliver",
    "deliver_one",
    "forget_uploads",
    "holds_key",
    "key_standing",
    "machine_of",
    "make_key",
    "mark_late",
    "mark_missed",
    "open_reports",
    "own_datasets",
    "put_datasets",
    "raise_reminders",
    "receive",
    "recount_provisional",
    "rejects",
    "reopen",
    "report_task_closed",
    "require_deliverer",
    "revoke_key",
    "rotate_key",
    "seen",
    "task_closed",
    "try_out",
    "upload",
]
