"""The access log: who looked at what. The one write a read may make, so it is buffered and appended in one insert."""

import atexit
import logging
import threading
import time

from django.db import DatabaseError, transaction

from huying.kernel import clock
from huying.kernel.actors import Actor
from huying.kernel.audit.models import AccessEntry

ROWS_AT_ONCE = 200
SECONDS_AT_MOST = 2.0

_lock = threading.Lock()
_waiting: list[AccessEntry] = []
_oldest = 0.0
_log = logging.getLogger("huying.audit")


def access(actor: Actor, what: str, kind: str = "", record_id: int | None = None, *, result: str = "ok") -> None:
    """Note an access; it reaches the table with its batch, two seconds later at most under traffic, or at shutdown."""
    global _oldest
    entry = AccessEntry(
        at=clock.now(),
        account_id=actor.account_id,
        post_id=actor.post_id,
        what=what[:64],
        kind=kind,
        record_id=record_id,
        result=result,
        actor="" if actor.post_id is not None or actor.account_id is not None else actor.label[:128],
    )
    with _lock:
        if not _waiting:
            _oldest = time.monotonic()
        _waiting.append(entry)
        full = len(_waiting) >= ROWS_AT_ONCE or time.monotonic() - _oldest >= SECONDS_AT_MOST
    if full:
        flush_access()


def flush_access() -> int:
    """Append what waits; returns how many rows. When the database refuses, they wait on and the next flush tries again."""
    with _lock:
        batch, _waiting[:] = _waiting[:], []
    if not batch:
        return 0
    try:
        with transaction.atomic():
            AccessEntry.objects.bulk_create(batch)
    except DatabaseError:
        with _lock:
            _waiting[:0] = batch[-10_000:]
        _log.warning("access log could not be written; %d rows wait", len(batch))
        return 0
    return len(batch)


atexit.register(flush_access)
