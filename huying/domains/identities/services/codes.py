"""The reporter's secret query code: issued once, stored as a MAC, locked out after misses, replaced on request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from huying.domains.identities.models import QueryCode
from huying.domains.identities.permissions import may_rotate
from huying.kernel import audit, clock, crypto, ids
from huying.kernel.actors import Actor
from huying.kernel.bulk import insert_many
from huying.kernel.errors import Forbidden, TooMany

MISSES = 5
LOCKED_FOR = timedelta(minutes=15)
REASON = "a code is checked, never listed"


def issue_query_codes(
    *, actor: Actor, kind: str, record_ids: Iterable[int], given: Mapping[int, str] | None = None
) -> dict[int, str]:
    """A code for each record, told once and not kept: record id → code. An older code of the record ends. One upsert per 500.

    given: codes that were told already (by the outer zone's portal); the others are made here.
    """
    now = clock.now()
    told = given or {}
    codes = {record_id: told.get(record_id) or ids.query_code() for record_id in record_ids}
    rows = []
    for record_id, code in codes.items():
        digest = ids.query_code_digest(code, f"{kind}:{record_id}")
        rows.append(
            QueryCode(
                kind=kind,
                record_id=record_id,
                digest=digest,
                key_id=crypto.made_by(digest).key_id,
                issued_at=now,
                failures=0,
                locked_until=None,
            )
        )
    with transaction.atomic(savepoint=False):
        insert_many(
            rows,
            unique=["kind", "record_id"],
            update=["digest", "key_id", "issued_at", "failures", "locked_until"],
        )
    return codes


def check_query_code(*, kind: str, record_id: int | None, code: str) -> bool:
    """Whether `code` opens the record. Takes as long for a record that isn't there (None) as for one that is.

    Five misses in a row lock the record's code for 15 minutes. Raises TooMany while it is locked, right code or not.
    """
    rows = QueryCode.objects.everything(REASON)
    row = rows.filter(kind=kind, record_id=record_id or 0).first()  # asked for a record that isn't there, too
    now = clock.now()
    stored = bytes(row.digest) if row is not None else ids.query_code_digest("", f"{kind}:none")
    right = ids.query_code_matches(code, f"{kind}:{record_id}", stored) and row is not None
    if row is not None and row.locked_until is not None and row.locked_until > now:
        raise TooMany(
            _("查询码连续输错，暂时锁定。"),
            retry_after=int((row.locked_until - now).total_seconds()) + 1,
            cure=_("请在15分钟后再试；忘记查询码可致电热线核实后换发。"),
        )
    held = rows.filter(pk=row.pk if row is not None else 0)
    if row is not None and right and row.failures:
        held.update(failures=0, locked_until=None)
    elif not right:
        # also for a record that isn't there: the same statements, which then touch nothing
        held.update(failures=F("failures") + 1)
        held.filter(failures__gte=MISSES).update(failures=0, locked_until=now + LOCKED_FOR)
    return right


def rotate_query_code(*, actor: Actor, kind: str, record_id: int, why: str) -> str:
    """A new code for a reporter who lost theirs, by intake or follow-up after verifying who calls; the old one ends."""
    if actor.kind == "staff" and not may_rotate(actor, kind, record_id):
        raise Forbidden(_("换发查询码由受理或回访岗位办理。"))
    with transaction.atomic():
        code = issue_query_codes(actor=actor, kind=kind, record_ids=[record_id])[record_id]
        audit.record(
            [audit.NewEvent(kind=kind, record_id=record_id, action="identity.code_rotated", actor=actor, reason=why)]
        )
    return code
