"""Who handles which topic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.module_loading import autodiscover_modules


@dataclass(frozen=True)
class Meta:
    """Where a message came from. key: the sender's own, stable over repetitions: use it as idempotency key."""

    sender: str
    seq: int
    key: str
    topic: str
    sent_at: datetime


Handler = Callable[[dict[str, Any], Meta], dict[str, Any] | None]
_handlers: dict[str, Handler] = {}
_feeders: list[Callable[[], bool]] = []
_found = False


def handler(topic: str) -> Callable[[Handler], Handler]:
    """Register what a topic does on arrival, inside the bundle's transaction. A HuyingError refuses this one message, with its
    words as reason; anything else stops the bundle, to be tried again."""

    def register(handle: Handler) -> Handler:
        known = _handlers.get(topic)
        if known is not None and known is not handle:
            raise ValueError(f"bundle topic {topic} has two handlers")
        _handlers[topic] = handle
        return handle

    return register


def before_packing(feed: Callable[[], bool]) -> Callable[[], bool]:
    """Register a function that sends what has gathered (`send_many`) just before bundles are packed: it is called until it
    answers False. So that many changes of one record leave as one message."""
    if feed not in _feeders:
        _feeders.append(feed)
    return feed


def feeders() -> list[Callable[[], bool]]:
    _find()
    return list(_feeders)


def of(topic: str) -> Handler | None:
    _find()
    return _handlers.get(topic)


def _find() -> None:
    global _found
    if not _found:
        autodiscover_modules("bundle_handlers")
        _found = True
