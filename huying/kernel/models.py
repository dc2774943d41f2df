"""Django finds the kernel's tables here; each lives beside the code that owns it."""

from huying.kernel.audit.models import AccessEntry, ChainHead, Checkpoint, Event
from huying.kernel.bundles.models import Bundle, IncomingMessage, OutgoingMessage
from huying.kernel.clocks.models import ClockRecord, FrozenRule
from huying.kernel.facts.dirty import DirtyRange
from huying.kernel.http.idempotency import IdempotentRequest
from huying.kernel.jobs.models import JobRun, JobSchedule, WorkerBeat
from huying.kernel.outbox.models import OutboxMessage
from huying.kernel.packs.models import InstalledPack
from huying.kernel.pages.editing import EditingBeat
from huying.kernel.sequences import NumberSeries
from huying.kernel.worklist.filters import SavedFilter
from huying.kernel.worklist.models import WorkItem

__all__ = [
    "AccessEntry",
    "Bundle",
    "ChainHead",
    "Checkpoint",
    "ClockRecord",
    "DirtyRange",
    "EditingBeat",
    "Event",
    "FrozenRule",
    "IdempotentRequest",
    "IncomingMessage",
    "InstalledPack",
    "JobRun",
    "JobSchedule",
    "NumberSeries",
    "OutboxMessage",
    "OutgoingMessage",
    "SavedFilter",
    "WorkItem",
    "WorkerBeat",
]
