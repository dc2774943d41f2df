"""A warning ends when its figure has recovered and every task is answered, or by hand with a reason."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.tasks import queries as tasks
from huying.domains.tasks.services import cancel_tasks
from huying.domains.tasks.vocabulary import OPEN as OPEN_TASKS
from huying.domains.warnings import queries
from huying.domains.warnings.models import IndicatorWarning, Seen
from huying.domains.warnings.permissions import require_close
from huying.domains.warnings.vocabulary import KIND, Ended, State
from huying.kernel import audit, bulk, clock
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput, StaleVersion

LONGEST_REASON = 500


def close_warning(*, actor: Actor, warning_id: int, reason: str, version: int | None = None) -> IndicatorWarning:
    """By hand: what is still asked is cancelled with the same reason.

    Raises NotFound, NotAllowedNow, Forbidden (see permissions), InvalidInput without a reason, StaleVersion.
    """
    why = reason.strip()
    with transaction.atomic():
        row = queries.warning(actor, warning_id)
        row = IndicatorWarning.objects.everything("checked above").select_for_update(of=("self",)).get(pk=row.pk)
        given = tasks.tasks_of(Actor.system("warnings.close"), KIND, row.pk)
        require_close(actor, row, [task.unit_id for task in given])
        if version is not None and version != row.version:
            raise StaleVersion(_("预警%(number)s已有变化。") % {"number": row.number}, cure=_("请看过最新内容再办。"))
        if not 0 < len(why) <= LONGEST_REASON:
            raise InvalidInput(
                _("请写明理由。"), fields={"reason": _("1 到 %(most)d 个字。") % {"most": LONGEST_REASON}}
            )
        _end([row], Ended.BY_HAND, actor, why)
        still = [task.pk for task in given if task.state in OPEN_TASKS]
        if still:
            cancel_tasks(actor=actor, ids=still, reason=why)
    return row


def close_mended(ids: Iterable[int], actor: Actor | None = None) -> int:
    """Close those of the open warnings whose latest known period is within bounds and about which nobody has a task left."""
    rows = {
        row.pk: row
        for row in IndicatorWarning.objects.everything("the figure decides")
        .select_for_update(of=("self",))
        .filter(pk__in=list(ids), state=State.OPEN)
    }
    waiting = tasks.with_open_tasks(KIND, rows)
    latest: dict[int, Seen] = {}
    seen_any: dict[int, bool] = {}
    for seen in Seen.objects.filter(warning__in=[pk for pk in rows if pk not in waiting]).order_by("ends", "id"):
        if seen.known:
            latest[seen.warning_id] = seen
        seen_any[seen.warning_id] = seen_any.get(seen.warning_id, False) or seen.outside
    within = [rows[pk] for pk, seen in latest.items() if not seen.outside]
    by = actor or Actor.system("warnings.evaluate")
    _end([row for row in within if seen_any[row.pk]], Ended.MENDED, by)
    _end([row for row in within if not seen_any[row.pk]], Ended.CORRECTED, by)
    return len(within)


def task_closed(warning_id: int, outcome: str, actor: Actor) -> None:
    """Called in the transaction that closes a task about a warning (kernel.subjects)."""
    row = IndicatorWarning.objects.everything("its task was closed").filter(pk=warning_id).first()
    if row is None or row.state != State.OPEN:
        return
    action = "answered" if outcome == "finished" else "task_cancelled"
    audit.record([audit.NewEvent(kind=KIND, record_id=row.pk, action=action, actor=actor, to_state=row.state)])
    close_mended([row.pk], actor)


def _end(rows: list[IndicatorWarning], ended: Ended, actor: Actor, reason: str = "") -> None:
    now = clock.now()
    for row in rows:
        row.state, row.ended, row.reason, row.closed_at = State.CLOSED, ended, reason, now
        row.version += 1
    bulk.save_many(rows, ("state", "ended", "reason", "closed_at", "version"))
    audit.record(
        [
            audit.NewEvent(
                kind=KIND,
                record_id=row.pk,
                action="closed",
                actor=actor,
                from_state=State.OPEN,
                to_state=State.CLOSED,
                reason=reason,
                payload={"ended": ended.value},
            )
            for row in rows
        ]
    )
