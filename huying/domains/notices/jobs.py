"""Retention of what was told."""

from datetime import time, timedelta

from huying.domains.notices.models import Notice
from huying.kernel import clock
from huying.kernel.jobs import Run, job
from huying.kernel.outbox import OutboxMessage

KEPT = timedelta(days=180)


@job(name="notices.retention", daily_at=time(3, 20))
def forget_old(run: Run) -> dict[str, int]:
    """Read notices and sent or held messages are kept 180 days: the record of a matter holds what was told and when."""
    before = clock.now() - KEPT
    notices = Notice.objects.everything("retention").filter(created_at__lt=before, read_at__isnull=False)
    sent = OutboxMessage.objects.filter(state=OutboxMessage.State.SENT, sent_at__lt=before)
    held = OutboxMessage.objects.filter(state=OutboxMessage.State.HELD, created_at__lt=before)
    return {"notices": notices.delete()[0], "messages": sent.delete()[0] + held.delete()[0]}
