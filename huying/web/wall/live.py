"""The few figures of this moment, each the length of a list on the desk, and how they reach the screens that stay open.

A screen listens by server-sent events. Each answer is whole and ends; the browser comes back by itself after `retry` and names
the last event it saw, so that nobody waiting holds a thread (docs/decisions/live-by-short-events.md).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from huying.analytics import published
from huying.domains.matters.queries import live_figures
from huying.kernel import clock
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import Unavailable
from huying.kernel.pages.keyset import CAP, Count
from huying.kernel.pages.moments import exact

RETRY_MS = 15_000


@dataclass(frozen=True)
class Live:
    """A figure of this moment. key: as the page and the event call it; n: counted to a thousand at most."""

    key: str
    words: str
    n: int
    url: str
    tone: str
    shape: str

    @property
    def text(self) -> str:
        return str(Count(min(self.n, CAP), self.n > CAP))


def live(actor: Actor) -> list[Live]:
    """None for a post that works with figures only: it sees no matters, and zero would be said of what it can't know."""
    if actor.roles <= {Role.ANALYST}:
        return []
    counts = live_figures(actor)
    shown = [
        Live("open", _("在办"), counts["open"], "/desk/matters/?view=open", "blue", "diamond"),
        Live("today", _("今天收到"), counts["today"], "/desk/matters/?view=today", "", "ring"),
        Live("overdue", _("已超期"), counts["overdue"], "/desk/matters/?view=overdue", "red", "square"),
        Live("due", _("今天到期"), counts["due"], "/desk/matters/?view=due", "amber", "triangle"),
        Live("supervised", _("督办中"), counts["supervised"], "/desk/matters/?view=supervised", "red", "diamond"),
        Live(
            "closed_today", _("今天办结"), counts["closed_today"], "/desk/matters/?view=closed_today", "green", "tick"
        ),
    ]
    # a colour says that something stands out: nothing overdue is no alarm
    return [one if one.n else replace(one, tone="") for one in shown]


def report_tag() -> str:
    """Changes with the published figures; "" before there are any."""
    try:
        with published.opened() as figures:
            return f"{figures.state.generation}-{figures.state.watermark:%Y%m%d%H%M%S}"
    except Unavailable:
        return ""


def event(actor: Actor, seen: str, now: datetime | None = None) -> str:
    """One event as text/event-stream; a listener who has `seen` these very figures gets none."""
    figures: list[dict[str, Any]] = [{"key": one.key, "text": one.text, "tone": one.tone} for one in live(actor)]
    said = {"figures": figures, "report": report_tag()}
    tag = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]
    if tag == seen:
        return f"retry: {RETRY_MS}\n: {tag}\n\n"
    data = json.dumps({**said, "at": exact(now or clock.now())}, ensure_ascii=False)
    return f"retry: {RETRY_MS}\nid: {tag}\nevent: figures\ndata: {data}\n\n"
