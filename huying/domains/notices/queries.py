"""Reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from huying.domains.notices.models import Notice
from huying.domains.notices.vocabulary import DRIVERS
from huying.kernel.actors import Actor
from huying.kernel.errors import NotFound
from huying.kernel.outbox import OutboxMessage, counts, lag
from huying.kernel.pages import Count, Keyset, Page, capped
from huying.kernel.subjects import kinds, of

NEWEST_FIRST = Keyset(("-id",))


def unread(actor: Actor) -> Count:
    """How many lines in the bell the actor's post hasn't read, counted to 1,000 at most."""
    return capped(Notice.objects.visible_to(actor).filter(read_at=None))


def inbox(actor: Actor, *, after: str = "", limit: int = 50) -> Page[Notice]:
    return NEWEST_FIRST.page(Notice.objects.visible_to(actor), after=after, limit=limit)


def address_of(kind: str, record_id: int | None) -> str:
    """The page a notice is about, or '' when it is about none."""
    return of(kind).page_url(record_id) if record_id is not None and kind in kinds() else ""


@dataclass(frozen=True)
class Outgoing:
    """A message as an administrator sees it: everything but its text."""

    id: int
    topic: str
    driver: str
    to_whom: str
    state: str
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    sent_at: datetime | None
    last_error: str


STATES = tuple(state.value for state in OutboxMessage.State)


def outgoing(*, state: str = "", driver: str = "", after: str = "", limit: int = 50) -> Page[Outgoing]:
    """Messages, newest first. The page's own permission is checked by its view. Raises NotFound for an unknown state."""
    rows = OutboxMessage.objects.defer("subject", "body")
    if state:
        if state not in STATES:
            raise NotFound(f"没有这种状态：{state}")
        rows = rows.filter(state=state)
    if driver in DRIVERS:
        rows = rows.filter(driver=driver)
    page = NEWEST_FIRST.page(rows, after=after, limit=limit)
    shown = [
        Outgoing(
            row.pk,
            row.topic,
            row.driver,
            # A post may be named; a sealed handle says nothing to a reader, so only its kind is shown.
            row.recipient if row.recipient.startswith("post:") else row.recipient.partition(":")[0],
            row.state,
            row.attempts,
            row.created_at,
            row.next_attempt_at,
            row.sent_at,
            row.last_error,
        )
        for row in page.items
    ]
    return Page(shown, page.next, page.after)


def standing() -> dict[str, int]:
    """Messages not sent, by state, and the longest wait in seconds."""
    return counts() | {"lag_seconds": int(lag().total_seconds())}
