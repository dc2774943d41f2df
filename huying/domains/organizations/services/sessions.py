"""Staff sessions: opened at sign-in, ended by their owner, by time, or by a changed password."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from huying.domains.organizations.models import StaffSession
from huying.domains.organizations.services.changes import record
from huying.kernel import audit, clock, prepared
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import Forbidden, NotFound

log = structlog.get_logger("huying.signin")
# How stale "last seen" may be before a request writes it again: reads write at most once in this time.
SEEN_EVERY = timedelta(minutes=2)


def session_digest(session_key: str) -> str:
    """What is kept of a session key: its keyed digest, useless as a cookie."""
    return hmac.new(settings.SECRET_KEY.encode(), session_key.encode(), hashlib.sha256).hexdigest()


def open_session(*, actor: Actor, account_id: int, session_key: str, browser: str) -> int:
    """Note a sign-in. browser: its family only, such as 'Firefox'."""
    now = clock.now()
    with transaction.atomic():
        session = StaffSession.objects.create(
            account_id=account_id, digest=session_digest(session_key), browser=browser[:64], opened_at=now, seen_at=now
        )
        record(
            [
                audit.NewEvent(
                    kind="session", record_id=session.pk, action="signed_in", actor=actor, to_state="open", first=True
                )
            ]
        )
    return session.pk


def choose_post(*, actor: Actor, session_key: str) -> None:
    """The session acts in the actor's post from now on."""
    with transaction.atomic():
        session = StaffSession.objects.filter(digest=session_digest(session_key), ended_at__isnull=True).first()
        if session is None:
            raise NotFound(_("会话已结束。"), cure=_("请重新登录。"))
        before, session.post_id = session.post_id, actor.post_id
        session.save(update_fields=["post"])
        record(
            [
                audit.NewEvent(
                    kind="session",
                    record_id=session.pk,
                    action="post_chosen",
                    actor=actor,
                    payload={"from_post": before, "to_post": actor.post_id},
                )
            ]
        )


def end_sessions(*, actor: Actor, session_ids: list[int], why: str) -> int:
    """End sessions of the actor's own account, or any as security administrator; how many ended."""
    with transaction.atomic():
        rows = list(StaffSession.objects.select_for_update().filter(pk__in=session_ids, ended_at__isnull=True))
        foreign = [row for row in rows if row.account_id != actor.account_id]
        if foreign and not (actor.is_system or actor.has(Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN)):
            raise Forbidden(_("只能结束自己的会话。"))
        return _end(rows, actor, why)


def end_all_sessions(*, actor: Actor, account_id: int, why: str, keep: str = "") -> int:
    """Sign out everywhere; `keep` is the session key of the one that stays."""
    with transaction.atomic():
        rows = StaffSession.objects.select_for_update().filter(account_id=account_id, ended_at__isnull=True)
        if keep:
            rows = rows.exclude(digest=session_digest(keep))
        return _end(list(rows), actor, why)


def _end(rows: list[StaffSession], actor: Actor, why: str) -> int:
    StaffSession.objects.filter(pk__in=[row.pk for row in rows]).update(ended_at=clock.now(), ended_why=why)
    record(
        audit.NewEvent(
            kind="session",
            record_id=row.pk,
            action="session_ended",
            actor=actor,
            from_state="open",
            to_state="ended",
            reason=why,
        )
        for row in rows
    )
    return len(rows)


def end_session_of_key(*, actor: Actor, session_key: str, why: str) -> int:
    """End the session of this key; 0 when it isn't running."""
    with transaction.atomic():
        rows = StaffSession.objects.select_for_update().filter(
            digest=session_digest(session_key), account_id=actor.account_id or 0, ended_at__isnull=True
        )
        return _end(list(rows), actor, why)


def carry_session(*, old_key: str, new_key: str) -> None:
    """The framework gave the session a new key (after a change of password): it stays the same session."""
    StaffSession.objects.filter(digest=session_digest(old_key)).update(digest=session_digest(new_key))


def live_session(
    session_key: str, *, idle: timedelta, longest: timedelta, by_itself: bool = False
) -> StaffSession | None:
    """The running session of this key, or None when it ended, idled out or ran too long. One query.

    by_itself: the page asks, not the person (the bell's poll); it doesn't count as being there.
    """
    found = prepared.rows(
        "session", lambda digest: StaffSession.objects.filter(digest=digest), session_digest(session_key)
    )
    session: StaffSession | None = found[0] if found else None
    now: datetime = clock.now()
    if session is None or session.ended_at is not None:
        return None
    if now - session.seen_at > idle or now - session.opened_at > longest:
        why = "idle" if now - session.seen_at > idle else "longest"
        with transaction.atomic():
            _end([session], Actor.system("session-end"), why)
        return None
    if not by_itself and now - session.seen_at > SEEN_EVERY:
        try:
            StaffSession.objects.filter(pk=session.pk).update(seen_at=now)
        except DatabaseError:
            # A busy or full database must not keep people from reading; the next request notes it.
            log.warning("session.seen_not_written")
    return session
