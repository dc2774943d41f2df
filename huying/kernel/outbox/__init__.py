"""Messages to the outside: written in the transaction that causes them, sent after it, retried, visible.

    outbox.enqueue([Message(topic="matters.extended", driver="email", recipient="post:12", subject=…, body=…)])

Delivery is at least once: a driver hands `message.key` on, so that the other side can drop a second copy.
"""

from huying.kernel.outbox.delivery import deliver
from huying.kernel.outbox.models import OutboxMessage
from huying.kernel.outbox.registry import (
    Message,
    NotSetUp,
    PermanentFailure,
    TemporaryFailure,
    detailed,
    driver,
    drivers,
    fault_words,
)
from huying.kernel.outbox.store import counts, enqueue, lag, retry, wake

__all__ = [
    "Message",
    "NotSetUp",
    "OutboxMessage",
    "PermanentFailure",
    "TemporaryFailure",
    "counts",
    "deliver",
    "detailed",
    "driver",
    "drivers",
    "enqueue",
    "fault_words",
    "lag",
    "retry",
    "wake",
]
