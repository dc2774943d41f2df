"""A bundle as a file: magic, length of head, head (JSON), length of body, body (JSON), Ed25519 signature over all before it."""

from __future__ import annotations

import json
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from huying.kernel.bundles import zones

MAGIC = b"HUYINGB1"
SIGNATURE = 64
LONGEST_HEAD = 4096
LONGEST_BODY = 256 * 1024 * 1024


class Partial(Exception):
    """The file ends too early: it may still be on its way."""


class Foreign(Exception):
    """Not a bundle, not for us, not by a zone we trust, or changed on its way. Its words say which."""


@dataclass(frozen=True)
class Opened:
    sender: str
    seq: int
    made: str
    rows: list[dict[str, Any]]


def folder(name: str) -> Path:
    """HUYING_HOME/outbound or inbound."""
    there = Path(settings.HUYING_HOME) / name
    there.mkdir(parents=True, exist_ok=True)
    return there


def file_name(sender: str, receiver: str, seq: int) -> str:
    return f"{sender}-{receiver}-{seq:010d}.bundle"


def compose(receiver: str, seq: int, made: str, rows: list[dict[str, Any]]) -> bytes:
    """The same arguments give the same bytes."""
    head = {"v": 1, "from": zones.own_name(), "to": receiver, "seq": seq, "made": made, "messages": len(rows)}
    parts = [MAGIC]
    for part, form in ((head, ">I"), (rows, ">Q")):
        text = json.dumps(part, sort_keys=True, ensure_ascii=False).encode()
        parts += [struct.pack(form, len(text)), text]
    signed = b"".join(parts)
    return signed + zones.sign(signed)


def write(target: Path, content: bytes) -> None:
    """Whole or not at all: the gate's mover must never see half a file under its final name."""
    temporary = target.with_name(f".{target.name}.part")
    with temporary.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(target)


def read(content: bytes) -> Opened:
    """Verified and taken apart. Raises Partial or Foreign."""
    if not MAGIC.startswith(content[: len(MAGIC)]):
        raise Foreign("not a bundle")
    at = len(MAGIC)
    parts = []
    for form, longest in ((">I", LONGEST_HEAD), (">Q", LONGEST_BODY)):
        size = struct.calcsize(form)
        if len(content) < at + size:
            raise Partial(f"{len(content)} bytes")
        (length,) = struct.unpack_from(form, content, at)
        if length > longest:
            raise Foreign(f"a part claims {length} bytes, more than {longest}")
        if len(content) < at + size + length:
            raise Partial(f"{len(content)} of at least {at + size + length} bytes")
        parts.append(content[at + size : at + size + length])
        at += size + length
    if len(content) < at + SIGNATURE:
        raise Partial(f"{len(content)} of {at + SIGNATURE} bytes")
    if len(content) > at + SIGNATURE:
        raise Foreign(f"{len(content) - at - SIGNATURE} bytes too many")
    try:
        head = json.loads(parts[0])
        sender, receiver, seq, made = str(head["from"]), str(head["to"]), int(head["seq"]), str(head["made"])
    except (ValueError, KeyError, TypeError):
        raise Foreign("its head can't be read") from None
    card = zones.trusted().get(sender)
    if card is None:
        raise Foreign(f"from zone {sender!r}, whose card was never trusted here")
    if not card.verifies(content[at:], content[:at]):
        raise Foreign("its signature does not hold: damaged or forged")
    if receiver != zones.own_name():
        raise Foreign(f"meant for zone {receiver!r}, this is {zones.own_name()!r}")
    return Opened(sender, seq, made, json.loads(parts[1]))
