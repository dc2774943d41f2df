"""Proof that the log is whole: every row, every chain's end, and every checkpoint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, groupby
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Max, Min

from huying.kernel import clock, crypto
from huying.kernel.audit.log import canonical
from huying.kernel.audit.models import ChainHead, Checkpoint, Event

# A transaction older than this is no longer open, so no event with a lower id can still appear (PostgreSQL gives ids early).
SETTLED_AFTER = timedelta(minutes=10)
FAULTS_KEPT = 100


@dataclass
class Verification:
    """What was checked and found. records: chains read; erased: rows whose payload was lawfully removed."""

    records: int = 0
    events: int = 0
    erased: int = 0
    checkpoints: int = 0
    faults: list[dict[str, Any]] = field(default_factory=list)
    fault_count: int = 0

    @property
    def ok(self) -> bool:
        return self.fault_count == 0

    @property
    def first_fault(self) -> dict[str, Any] | None:
        return self.faults[0] if self.faults else None

    def fault(self, what: str, kind: str, record_id: int | None, seq: int | None = None) -> None:
        self.fault_count += 1
        if len(self.faults) < FAULTS_KEPT:
            self.faults.append({"fault": what, "kind": kind, "record": record_id, "seq": seq})


def verify(progress: Callable[[int], None] | None = None) -> Verification:
    """Read every event and head; find any changed, missing, added or reordered row.

    Memory is bounded: rows stream in chain order beside heads in the same order.
    """
    found = Verification()
    kinds = set(ChainHead.objects.values_list("kind", flat=True).distinct())
    kinds |= set(Event.objects.values_list("kind", flat=True).distinct())
    for kind in sorted(kinds):
        _verify_kind(found, kind, progress)
    _verify_checkpoints(found)
    return found


def _verify_kind(found: Verification, kind: str, progress: Callable[[int], None] | None) -> None:
    heads = _heads(kind)
    head = next(heads, None)
    events = (
        Event.objects.filter(kind=kind)
        .order_by("record_id", "seq")
        .values_list("record_id", "seq", "at", "action", "post_id", "account_id", "body", "payload", "salt", "mac")
        .iterator(chunk_size=2000)
    )
    for record_id, rows in groupby(events, key=lambda row: row[0]):
        while head is not None and head.record_id < record_id:
            found.fault("all events of the record are missing", kind, head.record_id)
            head = next(heads, None)
        expected = head if head is not None and head.record_id == record_id else None
        _verify_chain(found, kind, record_id, rows, expected)
        if expected is not None:
            head = next(heads, None)
        found.records += 1
        if progress and found.records % 1000 == 0:
            progress(found.records)
    for left in chain([head] if head is not None else [], heads):
        found.fault("all events of the record are missing", kind, left.record_id)


class _Head(NamedTuple):
    record_id: int
    length: int
    mac: bytes


def _heads(kind: str) -> Iterator[_Head]:
    rows = ChainHead.objects.filter(kind=kind).order_by("record_id").values_list("record_id", "count", "mac")
    for record_id, count, mac in rows.iterator(chunk_size=2000):
        yield _Head(record_id, count, bytes(mac))


def _verify_chain(found: Verification, kind: str, record_id: int, rows: Any, head: _Head | None) -> None:
    previous, expected_seq = b"", 1
    for _, seq, at, action, post_id, account_id, body, payload, salt, mac in rows:
        found.events += 1
        if seq != expected_seq:
            found.fault("rows are missing before this one", kind, record_id, seq)
            expected_seq = seq
        raw, mac = bytes(body), bytes(mac)
        if not crypto.mac_verify("chain", raw, mac):
            found.fault("the row was changed", kind, record_id, seq)
        else:
            told = json.loads(raw)
            if told["previous"] != previous.hex():
                found.fault("the row does not follow the one before it", kind, record_id, seq)
            shown = [kind, record_id, seq, action, account_id, post_id]
            signed = [told["kind"], told["record"], told["seq"], told["action"], told["actor"][2], told["actor"][3]]
            if shown != signed or datetime.fromisoformat(told["at"]) != at:
                found.fault("a column disagrees with what was signed", kind, record_id, seq)
            if payload is None:
                found.erased += 1
            elif not crypto.digest_verify(bytes(salt or b"") + payload.encode(), told["payload"]):
                found.fault("the payload was changed", kind, record_id, seq)
        previous, expected_seq = mac, expected_seq + 1
    if head is None:
        found.fault("the record's head is missing", kind, record_id)
    elif head.length != expected_seq - 1 or head.mac != previous:
        found.fault("rows are missing at the end", kind, record_id, expected_seq - 1)


def checkpoint() -> Checkpoint | None:
    """Sign a digest over the events settled since the last checkpoint; None when there are none."""
    with transaction.atomic():
        last = Checkpoint.objects.aggregate(last=Max("last_event"))["last"] or 0
        settled = Event.objects.filter(id__gt=last)
        # recorded order is id order but for open transactions, so the first unsettled id bounds what may be signed
        unsettled = settled.filter(recorded_at__gt=clock.now() - SETTLED_AFTER).aggregate(first=Min("id"))["first"]
        if unsettled is not None:
            settled = settled.filter(id__lt=unsettled)
        bounds = settled.aggregate(first=Min("id"), last=Max("id"))
        if bounds["first"] is None:
            return None
        digest, count = _range_digest(bounds["first"], bounds["last"])
        taken = clock.now()
        return Checkpoint.objects.create(
            first_event=bounds["first"],
            last_event=bounds["last"],
            events=count,
            taken_at=taken,
            digest=digest,
            mac=crypto.mac("checkpoint", _signed(bounds["first"], bounds["last"], count, digest, taken)),
        )


def _range_digest(first: int, last: int) -> tuple[str, int]:
    digest, count = hashlib.sha256(), 0
    for event_id, mac in (
        Event.objects.filter(id__range=(first, last)).order_by("id").values_list("id", "mac").iterator(chunk_size=5000)
    ):
        digest.update(event_id.to_bytes(8, "big") + bytes(mac))
        count += 1
    return f"sha256:{digest.hexdigest()}", count


def _signed(first: int, last: int, count: int, digest: str, taken: datetime) -> bytes:
    return canonical([first, last, count, digest, taken.astimezone(clock.ZONE).isoformat()])


def _verify_checkpoints(found: Verification) -> None:
    for point in Checkpoint.objects.order_by("last_event"):
        found.checkpoints += 1
        signed = _signed(point.first_event, point.last_event, point.events, point.digest, point.taken_at)
        if not crypto.mac_verify("checkpoint", signed, bytes(point.mac)):
            found.fault("a checkpoint was changed", "checkpoint", point.pk)
        elif _range_digest(point.first_event, point.last_event) != (point.digest, point.events):
            found.fault("events covered by a checkpoint were changed or removed", "checkpoint", point.pk)


def migrate_chain(progress: Callable[[int], None] | None = None) -> int:
    """Sign every chain anew with the current algorithm and key, after proving it whole; returns the number of records.

    Each record is re-signed in one transaction; bodies keep the old commitments, whose algorithm they name.
    Raises ValueError, changing nothing, when the log does not verify.
    """
    proof = verify()
    if not proof.ok:
        raise ValueError(f"the log does not verify: {proof.first_fault}")
    done = 0
    with transaction.atomic():
        for head in ChainHead.objects.select_for_update().order_by("pk").iterator(chunk_size=500):
            rows = list(Event.objects.filter(kind=head.kind, record_id=head.record_id).order_by("seq"))
            previous = b""
            for row in rows:
                body = json.loads(bytes(row.body))
                body["previous"] = previous.hex()
                row.body = canonical(body)
                row.mac = previous = crypto.mac("chain", bytes(row.body))
            Event.objects.bulk_update(rows, ["body", "mac"], batch_size=200)
            head.mac = previous
            head.save(update_fields=["mac"])
            done += 1
            if progress and done % 1000 == 0:
                progress(done)
        Checkpoint.objects.all().delete()
    checkpoint()
    return done
