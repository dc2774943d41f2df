"""Out of the outbox: claimed by lease, sent one by one, the result of each sending written at once."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_noop as _

from huying.kernel import clock
from huying.kernel.outbox.models import OutboxMessage
from huying.kernel.outbox.registry import NotSetUp, PermanentFailure, TemporaryFailure, detailed, drivers

log = structlog.get_logger("huying.outbox")
State = OutboxMessage.State
LEASE = timedelta(minutes=2)
BATCH = 20
ATTEMPTS = 8
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=6)
ERROR_KEPT = 500


def deliver(worker: str = "here", *, limit: int | None = None, stop: threading.Event | None = None) -> int:
    """Send what is due; returns how many messages were handled (sent, put off or given up)."""
    handled = 0
    while (limit is None or handled < limit) and not (stop and stop.is_set()):
        token = f"{worker[:31]}/{uuid.uuid4().hex}"
        batch = _claim(token, min(BATCH, limit - handled) if limit else BATCH)
        if not batch:
            break
        kept: dict[str, list[int]] = {}
        for position, message in enumerate(batch):
            if stop and stop.is_set():
                break
            if _still_ours(token, batch[position:]):
                _send(message, token, kept)
            handled += 1
        _hold(kept, token)
        if stop and stop.is_set():
            _release(token)
    return handled


def _claim(token: str, size: int) -> list[OutboxMessage]:
    now = clock.now()
    with transaction.atomic():
        rows = list(
            OutboxMessage.objects.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
            .filter(Q(state=State.WAITING, next_attempt_at__lte=now) | Q(state=State.SENDING, lease_until__lt=now))
            .order_by("next_attempt_at", "id")[:size]
        )
        if rows:
            OutboxMessage.objects.filter(pk__in=[row.pk for row in rows]).update(
                state=State.SENDING, owner=token, lease_until=now + LEASE
            )
    for row in rows:
        row.lease_until = now + LEASE
    return rows


def _still_ours(token: str, rest: list[OutboxMessage]) -> bool:
    """Before each send: with less than half the lease left, renew it for the rest; False when another worker took over."""
    now = clock.now()
    lease_until = rest[0].lease_until
    if lease_until is not None and lease_until - now > LEASE / 2:
        return True
    ids = [row.pk for row in rest]
    renewed = OutboxMessage.objects.filter(pk__in=ids, owner=token, state=State.SENDING).update(lease_until=now + LEASE)
    for row in rest:
        row.lease_until = now + LEASE
    return renewed == len(ids)


def _release(token: str) -> None:
    OutboxMessage.objects.filter(owner=token, state=State.SENDING).update(
        state=State.WAITING, owner="", lease_until=None
    )


def _hold(kept: dict[str, list[int]], token: str) -> None:
    """What has no way out here was never tried, so nothing is lost if its row is written after the whole batch."""
    for fault, ids in kept.items():
        OutboxMessage.objects.filter(pk__in=ids, owner=token).update(
            state=State.HELD, owner="", lease_until=None, last_error=fault[:ERROR_KEPT]
        )


def _send(message: OutboxMessage, token: str, kept: dict[str, list[int]]) -> None:
    attempt = message.attempts + 1
    send = drivers().get(message.driver)
    fault, hopeless, receipt = "", False, ""
    try:
        if send is None:
            raise PermanentFailure(detailed(_("没有这种发送方式"), message.driver))
        receipt = send(message)
    except NotSetUp as error:
        kept.setdefault(str(error), []).append(message.pk)
        log.info("outbox.handled", message=message.pk, topic=message.topic, driver=message.driver, state=State.HELD)
        return
    except PermanentFailure as error:
        fault, hopeless = str(error), True
    except TemporaryFailure as error:
        fault = str(error)
    except Exception as error:  # a driver's fault must not stop the others' messages
        log.exception("outbox.driver_failed", driver=message.driver, message=message.pk)
        fault = f"{type(error).__name__}: {error}"
    now = clock.now()
    changes: dict[str, object] = {
        "owner": "",
        "lease_until": None,
        "attempts": attempt,
        "last_error": fault[:ERROR_KEPT],
    }
    if not fault:
        changes |= {"state": State.SENT, "sent_at": now, "receipt": receipt[:200]}
    elif hopeless or attempt >= ATTEMPTS:
        changes |= {"state": State.DEAD}
    else:
        wait = min(FIRST_RETRY * 4 ** (attempt - 1), LONGEST_RETRY)
        changes |= {"state": State.WAITING, "next_attempt_at": now + wait}
    OutboxMessage.objects.filter(pk=message.pk, owner=token).update(**changes)
    log.info("outbox.handled", message=message.pk, topic=message.topic, driver=message.driver, state=changes["state"])
