"""Sending, packing, receiving, and the receipts that go back."""

from __future__ import annotations

import base64
import json
import logging
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from huying.kernel import clock, crypto
from huying.kernel.bundles import files, registry, zones
from huying.kernel.bundles.models import Bundle, IncomingMessage, OutgoingMessage
from huying.kernel.errors import HuyingError, InvalidInput
from huying.kernel.sequences import next_numbers

PER_BUNDLE = 500
BYTES_PER_BUNDLE = 48 * 1024 * 1024  # sealed; base64 makes a third more of it, and a receiver holds a bundle in memory
RECEIPT = "_receipt"
OTHER = {"outer": "inner", "inner": "outer"}
_log = logging.getLogger("huying.bundles")
State = OutgoingMessage.State


def _context(sender: str, receiver: str, key: str, topic: str) -> bytes:
    return f"bundle|{sender}|{receiver}|{key}|{topic}".encode()


def send(topic: str, payload: dict[str, Any], *, to: str = "", key: str = "") -> str:
    """Put a message on its way, in the caller's transaction; answers its key.

    It is sealed to the receiving zone here and now: this zone never stores what it says, and can't read it back. The same
    `key` is sent once.
    """
    return send_many(topic, {key or uuid.uuid4().hex: payload}, to=to)[0]


def send_many(topic: str, payloads: Mapping[str, dict[str, Any]], *, to: str = "") -> list[str]:
    """`send` for each key → payload; one statement however many."""
    receiver, own, now = zones.peer(to or OTHER.get(zones.own_name(), "")), zones.own_name(), clock.now()
    rows = [
        OutgoingMessage(
            peer=receiver.zone,
            key=key,
            topic=topic,
            sealed=zones.seal_to(
                receiver,
                json.dumps(payload, ensure_ascii=False).encode(),
                _context(own, receiver.zone, key, topic),
            ),
            state=State.WAITING,
            created_at=now,
        )
        for key, payload in payloads.items()
    ]
    OutgoingMessage.objects.bulk_create(rows, ignore_conflicts=True)
    return list(payloads)


@dataclass(frozen=True)
class Fate:
    """What became of a message of ours. accepted: None while the other zone hasn't answered; outcome: its words."""

    accepted: bool | None
    outcome: dict[str, Any]


def fates(keys: Iterable[str]) -> dict[str, Fate]:
    """Key → fate of the messages sent from here under these keys; one query."""
    known = {State.ACCEPTED.value: True, State.REFUSED.value: False}
    rows = OutgoingMessage.objects.filter(key__in=list(keys)).values_list("key", "state", "outcome")
    return {key: Fate(known.get(state), outcome) for key, state, outcome in rows}


def pack() -> list[Path]:
    """Waiting messages into numbered bundles, and every bundle not yet written into HUYING_HOME/outbound.

    Number and content are committed before the file is written; a crash between writes the very same file next time.
    """
    for feed in registry.feeders():
        while feed():
            pass
    for zone in zones.trusted():
        while _pack_one(zone):
            pass
    unwritten = Bundle.objects.filter(direction=Bundle.Direction.OUT, written_at=None)
    return [_write(bundle) for bundle in unwritten.order_by("peer", "seq")]


def _pack_one(zone: str) -> bool:
    with transaction.atomic():
        waiting = OutgoingMessage.objects.select_for_update().filter(peer=zone, state=State.WAITING)
        sizes = waiting.order_by("pk").values_list("pk", Length("sealed"))[:PER_BUNDLE]
        ids: list[int] = []
        room = BYTES_PER_BUNDLE
        for pk, size in sizes:
            room -= size
            if ids and room < 0:
                break
            ids.append(pk)
        if not ids:
            return False
        seq = next_numbers(f"bundle:{zone}")[0]
        bundle = Bundle.objects.create(
            direction=Bundle.Direction.OUT, peer=zone, seq=seq, messages=len(ids), made_at=clock.now()
        )
        OutgoingMessage.objects.filter(pk__in=ids).update(bundle=bundle, state=State.PACKED)
    return True


def _write(bundle: Bundle) -> Path:
    rows = [
        {
            "key": row.key,
            "topic": row.topic,
            "at": clock.local(row.created_at).isoformat(),
            "sealed": base64.b64encode(bytes(row.sealed or b"")).decode(),
        }
        for row in bundle.outgoing.order_by("pk")
    ]
    content = files.compose(bundle.peer, bundle.seq, clock.local(bundle.made_at).isoformat(), rows)
    target = files.folder("outbound") / files.file_name(zones.own_name(), bundle.peer, bundle.seq)
    files.write(target, content)
    Bundle.objects.filter(pk=bundle.pk).update(written_at=clock.now(), digest=crypto.digest(content))
    return target


def write_again(zone: str, seqs: list[int]) -> list[Path]:
    """Bundles that the other side misses, written anew as they were. Raises InvalidInput for those already acknowledged."""
    found = {row.seq: row for row in Bundle.objects.filter(direction=Bundle.Direction.OUT, peer=zone, seq__in=seqs)}
    gone = [seq for seq in seqs if seq not in found or found[seq].acknowledged_at]
    if gone:
        raise InvalidInput(
            _("这些数据包没有发过，或对方已确认：%(seqs)s。") % {"seqs": "、".join(str(seq) for seq in gone)}
        )
    return [_write(found[seq]) for seq in seqs]


@dataclass
class Received:
    """What a look into HUYING_HOME/inbound came to. Each list names files; `missing` names numbers by zone."""

    taken: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    partial: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    missing: dict[str, list[int]] = field(default_factory=dict)
    accepted: int = 0
    messages_refused: int = 0


def receive() -> Received:
    """Take in what lies in inbound, in the order of numbers.

    Taken or known: the file goes. Refused: it moves to inbound/refused with its reason beside it. Partial, or after a gap: it
    stays and is looked at again. A handler that breaks stops its sender's later bundles too, so that order holds.
    """
    done = Received()
    waiting: dict[str, dict[int, tuple[Path, files.Opened, str]]] = {}
    for path in sorted(files.folder("inbound").glob("*.bundle")):
        content = path.read_bytes()
        try:
            opened = files.read(content)
        except files.Partial as why:
            done.partial[path.name] = str(why)
            continue
        except files.Foreign as why:
            _refuse(path, str(why), done)
            continue
        digest = crypto.digest(content)
        known = Bundle.objects.filter(direction=Bundle.Direction.IN, peer=opened.sender, seq=opened.seq).first()
        if known is None:
            waiting.setdefault(opened.sender, {})[opened.seq] = (path, opened, digest)
        elif crypto.digest_verify(content, known.digest):
            done.known.append(path.name)
            path.unlink()
        else:
            _refuse(path, f"number {opened.seq} was taken with other content", done)
    for sender, by_seq in sorted(waiting.items()):
        _take_in_order(sender, by_seq, done)
    return done


def _refuse(path: Path, why: str, done: Received) -> None:
    aside = files.folder("inbound") / "refused"
    aside.mkdir(exist_ok=True)
    path.replace(aside / path.name)
    (aside / f"{path.name}.reason").write_text(f"{clock.now().isoformat()} {why}\n")
    done.refused[path.name] = why


def _take_in_order(sender: str, by_seq: dict[int, tuple[Path, files.Opened, str]], done: Received) -> None:
    newest = Bundle.objects.filter(direction=Bundle.Direction.IN, peer=sender).order_by("-seq").first()
    following = (newest.seq if newest else 0) + 1
    for seq in sorted(by_seq):
        if seq != following:
            done.missing[sender] = [n for n in range(following, max(by_seq)) if n not in by_seq][:100]
            return
        path, opened, digest = by_seq[seq]
        try:
            _take(opened, digest, done)
        except Exception as error:
            # Whatever it was, the transaction is undone and the file lies there for the next look.
            _log.exception("bundle %s", path.name)
            done.failed[path.name] = f"{type(error).__name__}: {error}"
            return
        done.taken.append(path.name)
        path.unlink()
        following = seq + 1


def _take(opened: files.Opened, digest: str, done: Received) -> None:
    now = clock.now()
    own, results, accepted = zones.own_name(), [], 0
    with transaction.atomic():
        bundle = Bundle.objects.create(
            direction=Bundle.Direction.IN,
            peer=opened.sender,
            seq=opened.seq,
            messages=len(opened.rows),
            digest=digest,
            made_at=datetime.fromisoformat(opened.made),
        )
        handled = {
            row.key: row
            for row in IncomingMessage.objects.filter(peer=opened.sender, key__in=[row["key"] for row in opened.rows])
        }
        fresh = []
        for row in opened.rows:
            key, topic = str(row["key"]), str(row["topic"])
            sent_at = datetime.fromisoformat(row["at"])
            if key in handled:
                results.append({"key": key, "accepted": handled[key].accepted, "outcome": handled[key].outcome})
                continue
            meta = registry.Meta(opened.sender, opened.seq, key, topic, sent_at)
            ok, outcome = _handle(base64.b64decode(row["sealed"]), meta, own)
            accepted += ok
            message = IncomingMessage(
                peer=opened.sender, key=key, topic=topic, bundle=bundle, accepted=ok, outcome=outcome, handled_at=now
            )
            handled[key] = message
            fresh.append(message)
            if topic != RECEIPT:
                results.append({"key": key, "accepted": ok, "outcome": outcome})
        IncomingMessage.objects.bulk_create(fresh)
        if results:
            send(
                RECEIPT,
                {"seq": opened.seq, "results": results},
                to=opened.sender,
                key=f"r-{own}-{opened.sender}-{opened.seq}",
            )
    done.accepted += accepted
    done.messages_refused += len(fresh) - accepted


def _handle(sealed: bytes, meta: registry.Meta, own: str) -> tuple[bool, dict[str, Any]]:
    """One message in a savepoint of its own; refused with a reason, or accepted with the handler's answer."""
    try:
        plain = zones.open_own(sealed, _context(meta.sender, own, meta.key, meta.topic))
        payload = json.loads(plain)
        if meta.topic == RECEIPT:
            _acknowledge(meta.sender, payload)
            return True, {}
        handle = registry.of(meta.topic)
        if handle is None:
            raise InvalidInput(_("本区不处理“%(topic)s”。") % {"topic": meta.topic})
        with transaction.atomic():
            return True, handle(payload, meta) or {}
    except HuyingError as error:
        return False, {"reason": error.one_line(), "code": error.code}


def _acknowledge(sender: str, receipt: dict[str, Any]) -> None:
    """The peer tells what became of our messages: outcomes are kept, contents go."""
    now = clock.now()
    results = {str(row["key"]): row for row in receipt["results"]}
    rows = list(OutgoingMessage.objects.filter(peer=sender, key__in=results))
    for row in rows:
        result = results[row.key]
        row.state = State.ACCEPTED if result["accepted"] else State.REFUSED
        row.outcome, row.sealed = result["outcome"], None
    OutgoingMessage.objects.bulk_update(rows, ["state", "outcome", "sealed"], batch_size=100)
    Bundle.objects.filter(direction=Bundle.Direction.OUT, peer=sender, seq=receipt["seq"]).update(acknowledged_at=now)
