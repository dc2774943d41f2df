"""Django finds the kernel's tables here; each lives beside the code that owns it."""

from huying.kernel.facts.dirty import DirtyRange
from huying.kernel.jobs.models import JobRun, JobSchedule, WorkerBeat
from huying.kernel.outbox.models import OutboxMessage
from huying.kernel.packs.models import InstalledPack
from huying.kernel.sequences import NumberSeries

__all__ = ["DirtyRange", "InstalledPack", "JobRun", "JobSchedule", "NumberSeries", "OutboxMessage", "WorkerBeat"]
