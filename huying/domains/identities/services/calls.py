"""The one narrow exception (pains-and-rights, 1): a caller's own open matters, while the caller is on the line.

The number comes from the exchange or the caller; it is sealed in the session, used under its token by the call-taker who
holds the call, and gone when the caller hangs up. Nothing else in Huying takes a number and answers with records.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from huying.domains.identities.identity import plain_phone
from huying.domains.identities.models import CallSession, Party
from huying.domains.identities.permissions import relations_to
from huying.domains.identities.queries import recused_ids
from huying.domains.identities.vocabulary import Part
from huying.kernel import audit, clock, crypto
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import Forbidden, InvalidInput, NotFound

LONGEST_CALL = timedelta(hours=2)
MOST = 20
CONTEXT = b"identities.call"


def begin_call(*, actor: Actor, number: str) -> str:
    """A caller is on the line at this call-taker's desk; answers the session's token."""
    if actor.account_id is None or not actor.has(Role.CALL_TAKER):
        raise Forbidden(_("只有受理员接听来电。"))
    digits = plain_phone(number)
    if not digits:
        raise InvalidInput(_("没有来电号码。"), fields={"number": _("不像电话号码。")})
    token = secrets.token_urlsafe(24)
    now = clock.now()
    CallSession.objects.create(
        token_digest=crypto.mac("call session", token.encode()),
        account_id=actor.account_id,
        post_id=actor.post_id,
        sealed=crypto.seal(digits.encode(), CONTEXT),
        began_at=now,
        ends_at=now + LONGEST_CALL,
    )
    return token


def _session(actor: Actor, token: str) -> CallSession:
    rows = CallSession.objects.everything("found by its secret token")
    row: CallSession | None = rows.filter(
        token_digest__in=crypto.mac_candidates("call session", token.encode()),
        account_id=actor.account_id,
        ends_at__gt=clock.now(),
        sealed__isnull=False,
    ).first()
    if row is None or actor.account_id is None:
        raise NotFound(_("通话已结束，或不是您接听的来电。"))
    return row


def _callers(session: CallSession, kind: str) -> QuerySet[Party]:
    number = crypto.open_(session.sealed or b"", CONTEXT)
    rows: QuerySet[Party] = Party.objects.everything("the caller is on the line").filter(
        kind=kind, part=Part.REPORTER, phone_key__in=crypto.mac_candidates("own number", number)
    )
    return rows


def callers_open_records(*, actor: Actor, token: str, kind: str) -> list[int]:
    """Ids of the caller's own open records of `kind`, newest first, at most 20, within the actor's scope. Logged.

    Closed ones have let go of their number (`drop_numbers`) and cannot be found.
    """
    session = _session(actor, token)
    found = _callers(session, kind).exclude(record_id__in=recused_ids(kind, actor))
    newest = list(found.order_by("-record_id").values_list("record_id", flat=True)[:MOST])
    seen = relations_to(actor, kind, newest)
    audit.access(actor, "callers_open_records", "identities.call", session.pk)
    return [record_id for record_id in newest if record_id in seen]


def own_among(*, actor: Actor, token: str, kind: str, record_ids: Iterable[int]) -> set[int]:
    """Which of these records the caller on the line sent in: tells a repeat of one's own from a neighbour's."""
    session = _session(actor, token)
    return set(_callers(session, kind).filter(record_id__in=list(record_ids)).values_list("record_id", flat=True))


def hang_up(*, actor: Actor, token: str) -> None:
    """The call is over: the number goes at once."""
    session = _session(actor, token)
    session.sealed, session.ends_at = None, clock.now()
    session.save(update_fields=["sealed", "ends_at"])
