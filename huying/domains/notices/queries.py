"""Reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from huying.domains.notices.models import Notice
from huying.domains.notices.vocabulary import DRIVERS, TOPICS, WAYS, post_of, unit_of
from huying.domains.organizations import queries as organizations
from huying.kernel.actors import Actor
from huying.kernel.errors import NotFound
from huying.kernel.outbox import OutboxMessage, counts, fault_words, lag
from huying.kernel.pages import Count, Keyset, Page, capped
from huying.kernel.subjects import kinds, of
from huying.kernel.words import Words

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
    topic: Words | str
    driver: Words | str
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
    named = _names([row.recipient for row in page.items])
    shown = [
        Outgoing(
            row.pk,
            TOPICS.get(row.topic, row.topic),
            WAYS.get(row.driver, row.driver),
            named.get(row.recipient, ""),
            row.state,
            row.attempts,
            row.created_at,
            row.next_attempt_at,
            row.sent_at,
            fault_words(row.last_error),
        )
        for row in page.items
    ]
    return Page(shown, page.next, page.after)


def _names(recipients: list[str]) -> dict[str, str]:
    """Each reference in words: the post or unit it names; of a sealed person, and of an address, no more than that it is one."""
    posts = organizations.posts({found for each in recipients if (found := post_of(each)) is not None})
    held = {view.unit_id for view in posts.values()}
    units = organizations.unit_names(held | {found for each in recipients if (found := unit_of(each)) is not None})
    named = {}
    for each in recipients:
        post, unit = posts.get(post_of(each) or 0), unit_of(each)
        if post is not None:
            named[each] = f"{units.get(post.unit_id, '')} {post.name}".strip()
        elif unit is not None:
            named[each] = units.get(unit, _("已撤销的单位"))
        elif each.startswith("party:"):
            named[each] = _("反映人（已加密）")
        else:
            named[each] = _("已撤销的岗位") if post_of(each) else _("外部地址（不显示）")
    return named


def standing() -> dict[str, int]:
    """Messages not sent, by state, and the longest wait in seconds."""
    return counts() | {"lag_seconds": int(lag().total_seconds())}
