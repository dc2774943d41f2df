"""Into the outbox, and what stands in it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Min

from huying.kernel import clock
from huying.kernel.outbox.models import OutboxMessage
from huying.kernel.outbox.registry import Message

# Set when this process has put something in: its own worker thread need not wait for its next round.
wake = threading.Event()
State = OutboxMessage.State


def enqueue(messages: Iterable[Message]) -> int:
    """Write messages in the caller's transaction; they go out after it commits, or not at all. Returns how many were
    handed in (those whose dedupe_key is known are dropped silently)."""
    now = clock.now()
    rows = [
        OutboxMessage(
            topic=message.topic,
            driver=message.driver,
            recipient=message.recipient,
            subject=message.subject[:200],
            body=message.body,
            kind=message.kind,
            record_id=message.record_id,
            dedupe_key=message.dedupe_key or None,
            created_at=now,
            next_attempt_at=now,
        )
        for message in messages
    ]
    if rows:
        OutboxMessage.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        transaction.on_commit(wake.set)
    return len(rows)


def retry(ids: Iterable[int]) -> int:
    """Dead messages, and those held for want of a way out, wait again, their attempts counted anew. Returns how many."""
    revived = OutboxMessage.objects.filter(pk__in=list(ids), state__in=(State.DEAD, State.HELD)).update(
        state=State.WAITING, attempts=0, next_attempt_at=clock.now()
    )
    if revived:
        transaction.on_commit(wake.set)
    return revived


def counts() -> dict[str, int]:
    """How many messages stand in each state (sent ones left out: they only grow)."""
    found = OutboxMessage.objects.exclude(state=State.SENT).values_list("state").annotate(n=Count("id"))
    return {state.value: 0 for state in (State.WAITING, State.SENDING, State.DEAD, State.HELD)} | {
        str(k): n for k, n in found
    }


def lag() -> timedelta:
    """How long the longest-waiting message is past its time to be sent; zero when none waits."""
    now = clock.now()
    oldest = OutboxMessage.objects.filter(state__in=(State.WAITING, State.SENDING), next_attempt_at__lt=now).aggregate(
        at=Min("next_attempt_at")
    )["at"]
    return now - oldest if oldest else timedelta()
