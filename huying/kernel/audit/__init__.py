"""The append-only, hash-chained log of every transition, and the access log (design rule 3)."""

from huying.kernel.audit.access import access, flush_access
from huying.kernel.audit.log import (
    HistoryEntry,
    NewEvent,
    acts_since,
    erase,
    histories,
    history,
    payloads_since,
    record,
)
from huying.kernel.audit.verification import Verification, checkpoint, migrate_chain, verify

__all__ = [
    "HistoryEntry",
    "NewEvent",
    "Verification",
    "access",
    "acts_since",
    "checkpoint",
    "erase",
    "flush_access",
    "histories",
    "history",
    "migrate_chain",
    "payloads_since",
    "record",
    "verify",
]
