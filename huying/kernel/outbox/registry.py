"""Drivers by name, and what they are handed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext

from huying.kernel.outbox.models import OutboxMessage

BETWEEN = "："  # between a fault's sentence and the detail of one case


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a caller enqueues. dedupe_key: the same key is sent once, however often it is enqueued."""

    topic: str
    driver: str
    recipient: str
    subject: str = ""
    body: str = ""
    dedupe_key: str = ""
    kind: str = ""
    record_id: int | None = None


def detailed(fault: str, detail: object) -> str:
    """A fault's sentence with what belongs to this one case; `fault_words` reads it again in the reader's language."""
    return f"{fault}{BETWEEN}{detail}"


def fault_words(kept: str) -> str:
    """A kept fault in the reader's language, where a catalogue has its sentence; anything else stays as it is."""
    fault, between, detail = kept.partition(BETWEEN)
    return f"{gettext(fault)}{gettext(between)}{detail}" if kept else ""


class TemporaryFailure(Exception):
    """Try again later."""


class PermanentFailure(Exception):
    """Trying again cannot help: the address doesn't exist, the gateway refuses it."""


class NotSetUp(Exception):
    """This installation has no such way out. Nothing was tried: the message is kept aside until somebody sends it again."""


Driver = Callable[[OutboxMessage], str]
_drivers: dict[str, Driver] = {}
_found = False


def driver(name: str) -> Callable[[Driver], Driver]:
    """Register a function that sends one message and returns the other side's receipt ('' if it gives none).

    It raises NotSetUp before it tries, PermanentFailure or TemporaryFailure after; any other exception counts as temporary.
    """

    def register(send: Driver) -> Driver:
        _drivers[name] = send
        return send

    return register


def drivers() -> dict[str, Driver]:
    """Every driver; modules called `drivers` in any app are found by themselves."""
    global _found
    if not _found:
        autodiscover_modules("drivers")
        _found = True
    return _drivers
