"""A locked report is opened again by whoever watches over the place, for a few days, with a reason."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.exchange import queries
from huying.domains.exchange.dates import counted
from huying.domains.exchange.models import Report
from huying.domains.exchange.permissions import require_reopen, stands
from huying.domains.exchange.refusals import personal
from huying.domains.exchange.services.reminding import ask_again, tell_reopened
from huying.domains.exchange.vocabulary import KIND, Action, Standing
from huying.kernel import audit, clock, clocks
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput

LONGEST_REASON = 500


def reopen(*, actor: Actor, report_id: int, reason: str) -> Report:
    """Raises NotFound, Forbidden, NotAllowedNow (it isn't locked), InvalidInput without a reason."""
    now, why = clock.now(), reason.strip()
    with transaction.atomic():
        row = queries.report(actor, report_id)
        row = Report.objects.everything("checked above").select_for_update(of=("self",)).get(pk=row.pk)
        require_reopen(actor, row, now)
        trouble = personal(why) or (
            "" if 0 < len(why) <= LONGEST_REASON else _("1 到 %(most)d 个字。") % {"most": LONGEST_REASON}
        )
        if trouble:
            raise InvalidInput(_("请写明重开的理由。"), fields={"reason": trouble})
        before = stands(row, now)
        limit = queries.dataset(row.code).row.calendar.reopened
        row.reopened_until = counted(limit, clock.today(), clocks.calendar()).due
        row.missed_at = None
        row.save(update_fields=["reopened_until", "missed_at"])
        audit.record(
            [
                audit.NewEvent(
                    kind=KIND,
                    record_id=row.pk,
                    action=Action.REOPEN,
                    actor=actor,
                    from_state=before,
                    to_state=Standing.REOPENED,
                    reason=why,
                    payload={"until": row.reopened_until.isoformat()},
                )
            ]
        )
        tell_reopened(row, why)
        if row.first_at is None:
            ask_again(row)
    return row
