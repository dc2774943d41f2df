"""Appending to and reading a record's chain."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from huying.kernel import clock, crypto, prepared
from huying.kernel.actors import Actor
from huying.kernel.audit.models import ChainHead, Event
from huying.kernel.bulk import insert_many

BODY_VERSION = 1
# Records whose heads are locked in one query; below SQLite's and PostgreSQL's parameter limits.
HEADS_AT_ONCE = 900


@dataclass(frozen=True, kw_only=True)
class NewEvent:
    """One transition to be logged. `payload` must be JSON-able; `reason` is kept inside it, so that an erasure reaches it.

    first: the record was made in this transaction, so no head exists yet and none is looked for.
    """

    kind: str
    record_id: int
    action: str
    actor: Actor
    from_state: str = ""
    to_state: str = ""
    reason: str = ""
    basis: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    first: bool = False


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One line of a record's story. `payload` and `reason` are empty and `erased` is true after an erasure."""

    seq: int
    at: datetime
    recorded_at: datetime
    action: str
    actor_kind: str
    actor_label: str
    post_id: int | None
    account_id: int | None
    unit_id: int | None
    from_state: str
    to_state: str
    basis: str
    reason: str
    payload: dict[str, Any]
    erased: bool


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode()


def commitment(salt: bytes, payload: str) -> str:
    return crypto.digest(salt + payload.encode())


def record(events: Sequence[NewEvent]) -> None:
    """Append `events`, in order, to their records' chains. Call inside the transaction that makes the change.

    Queries: one select of heads (none when all are `first`), one upsert of heads, one insert of events, per batch.
    """
    if not events:
        return
    if not connection.in_atomic_block:
        raise RuntimeError("an event is recorded inside the transaction of the change that it tells of")
    recorded_at = clock.now()
    heads = _heads([event for event in events if not event.first])
    rows: list[Event] = []
    for event in events:
        count, previous = heads.get((event.kind, event.record_id), (0, b""))
        row = _row(event, count + 1, previous, recorded_at)
        heads[(event.kind, event.record_id)] = (row.seq, bytes(row.mac))
        rows.append(row)
    touched = {(event.kind, event.record_id) for event in events}
    insert_many(rows)
    insert_many(
        [ChainHead(kind=k, record_id=i, count=heads[k, i][0], mac=heads[k, i][1]) for k, i in sorted(touched)],
        unique=["kind", "record_id"],
        update=["count", "mac"],
    )


def _heads(events: Iterable[NewEvent]) -> dict[tuple[str, int], tuple[int, bytes]]:
    """Heads of the events' records, locked until the transaction ends (in id order, so that two writers can't deadlock)."""
    by_kind: dict[str, set[int]] = defaultdict(set)
    for event in events:
        by_kind[event.kind].add(event.record_id)
    found: dict[tuple[str, int], tuple[int, bytes]] = {}
    for kind, ids in sorted(by_kind.items()):
        ordered = sorted(ids)
        if len(ordered) == 1:
            for count, mac in prepared.rows("head", _head, kind, ordered[0]):
                found[kind, ordered[0]] = (count, bytes(mac))
            continue
        for start in range(0, len(ordered), HEADS_AT_ONCE):
            chunk = ordered[start : start + HEADS_AT_ONCE]
            heads = ChainHead.objects.select_for_update().filter(kind=kind, record_id__in=chunk).order_by("record_id")
            found.update(
                {(kind, i): (count, bytes(mac)) for i, count, mac in heads.values_list("record_id", "count", "mac")}
            )
    return found


def _head(kind: str, record_id: int) -> QuerySet[ChainHead, Any]:
    return ChainHead.objects.select_for_update().filter(kind=kind, record_id=record_id).values_list("count", "mac")


def _row(event: NewEvent, seq: int, previous: bytes, recorded_at: datetime) -> Event:
    at = clock.local(event.at) if event.at else recorded_at
    actor = event.actor
    payload = canonical({"reason": event.reason, **event.payload} if event.reason else event.payload).decode()
    salt = os.urandom(16)
    body = canonical(
        {
            "v": BODY_VERSION,
            "kind": event.kind,
            "record": event.record_id,
            "seq": seq,
            "at": at.isoformat(),
            "recorded_at": recorded_at.isoformat(),
            "actor": [actor.kind, actor.label, actor.account_id, actor.post_id, actor.unit_id],
            "action": event.action,
            "from": event.from_state,
            "to": event.to_state,
            "basis": event.basis,
            "payload": commitment(salt, payload),
            "previous": previous.hex(),
        }
    )
    return Event(
        kind=event.kind,
        record_id=event.record_id,
        seq=seq,
        at=at,
        recorded_at=recorded_at,
        action=event.action,
        post_id=actor.post_id,
        account_id=actor.account_id,
        body=body,
        payload=payload,
        salt=salt,
        mac=crypto.mac("chain", body),
    )


def history(kind: str, record_id: int) -> list[HistoryEntry]:
    """The record's story, oldest first. The caller has checked that its reader may see the record."""
    return histories(kind, [record_id]).get(record_id, [])


def histories(kind: str, record_ids: Iterable[int]) -> dict[int, list[HistoryEntry]]:
    """Stories of many records in one query."""
    told: dict[int, list[HistoryEntry]] = defaultdict(list)
    rows = Event.objects.filter(kind=kind, record_id__in=list(record_ids)).order_by("record_id", "seq")
    for record_id, body, payload in rows.values_list("record_id", "body", "payload"):
        told[record_id].append(_entry(bytes(body), payload))
    return dict(told)


def _entry(raw: bytes, payload: str | None) -> HistoryEntry:
    body = json.loads(raw)
    actor_kind, actor_label, account_id, post_id, unit_id = body["actor"]
    data = json.loads(payload) if payload is not None else {}
    return HistoryEntry(
        seq=body["seq"],
        at=datetime.fromisoformat(body["at"]),
        recorded_at=datetime.fromisoformat(body["recorded_at"]),
        action=body["action"],
        actor_kind=actor_kind,
        actor_label=actor_label,
        account_id=account_id,
        post_id=post_id,
        unit_id=unit_id,
        from_state=body["from"],
        to_state=body["to"],
        basis=body["basis"],
        reason=data.pop("reason", ""),
        payload=data,
        erased=payload is None,
    )


def acts_since(kind: str, records: QuerySet[Any, int], since: datetime) -> Iterator[tuple[int, int, str, datetime]]:
    """What was recorded after a moment about some records: id, place in its chain, action, when it was done. One query.

    records: ids, as a subquery. What was done before and recorded after was put in late.
    """
    rows = Event.objects.filter(kind=kind, record_id__in=records, recorded_at__gt=since).order_by("record_id", "seq")
    yield from rows.values_list("record_id", "seq", "action", "at").iterator(2000)


def payloads_since(kind: str, action: str, since: datetime) -> Iterator[tuple[int, dict[str, Any]]]:
    """What one kind of act, recorded after a moment, says of its records; erased ones are left out. One query."""
    rows = Event.objects.filter(kind=kind, action=action, at__gt=since, recorded_at__gt=since, payload__isnull=False)
    for record_id, payload in rows.order_by("record_id", "seq").values_list("record_id", "payload").iterator(2000):
        if payload is not None:
            yield record_id, json.loads(payload)


def erase(kind: str, record_id: int, *, actor: Actor, basis: str) -> int:
    """Remove payloads and salts of the record's events, and log that it was done; returns how many were erased.

    The chain still verifies, and says "erased" for these rows (个人信息保护法 Art 47; design rule 3).
    """
    erased = Event.objects.filter(kind=kind, record_id=record_id, payload__isnull=False).update(payload=None, salt=None)
    record(
        [
            NewEvent(
                kind=kind, record_id=record_id, action="erased", actor=actor, basis=basis, payload={"events": erased}
            )
        ]
    )
    return erased
