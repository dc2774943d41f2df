"""What is locked with nothing delivered is recorded so, once; its task ends as not done, and whoever may reopen it is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from huying.domains.exchange.models import Report
from huying.domains.exchange.services.reminding import SYSTEM, UNDONE, named, not_delivered, settle_reminders
from huying.domains.exchange.vocabulary import KIND, Action, Standing
from huying.domains.notices.services import Letter, send_letters
from huying.domains.organizations import queries as organizations
from huying.domains.tasks import queries as tasks
from huying.domains.tasks.services import lapse_tasks
from huying.domains.territory import queries as territory
from huying.kernel import audit, clock
from huying.kernel.actors import Actor, Role
from huying.kernel.bulk import save_many


def mark_missed() -> int:
    """Record, once for each lock, that a report was locked with nothing delivered; returns how many."""
    now, actor = clock.now(), Actor.system(SYSTEM)
    with transaction.atomic():
        rows = list(
            Report.objects.everything("the calendar decides")
            .select_for_update(of=("self",))
            .filter(Q(reopened_until=None) | Q(reopened_until__lt=now), first_at=None, missed_at=None, locks_at__lt=now)
            .order_by("code", "division", "key")
        )
        if not rows:
            return 0
        events = [_missed(row, actor) for row in rows]
        for row in rows:
            row.missed_at = now
        save_many(rows, ["missed_at"])
        audit.record(events)
        asked = tasks.tasks_of_many(actor, KIND, [row.pk for row in rows])
        for row in rows:
            again = [task.pk for task in asked.get(row.pk, []) if task.state in UNDONE]
            if again:
                lapse_tasks(actor=actor, ids=again, reason=not_delivered([row]))
        settle_reminders(actor, rows)
        _tell(rows)
    return len(rows)


def _missed(row: Report, actor: Actor) -> audit.NewEvent:
    assert row.locks_at is not None
    until = row.reopened_until or row.locks_at
    return audit.NewEvent(
        kind=KIND,
        record_id=row.pk,
        action=Action.MARK_MISSED,
        actor=actor,
        from_state=Standing.REOPENED if row.reopened_until else Standing.LATE,
        to_state=Standing.MISSED,
        payload={"locked": until.isoformat()},
    )


def _tell(rows: Sequence[Report]) -> None:
    """One letter to each post that watches over the places, however many reports are missing there."""
    by_post: dict[int, list[Report]] = defaultdict(list)
    for row in rows:
        for post in _watching(row):
            by_post[post].append(row)
    send_letters(
        Letter(
            topic="exchange.missed",
            values={"n": str(len(reports)), "list": named(reports)},
            posts=(post,),
            kind=KIND,
            record_id=reports[0].pk,
        )
        for post, reports in by_post.items()
    )


def _watching(row: Report) -> list[int]:
    """The supervisors of the place, or of the nearest one above that has any; never those of the unit that owes it."""
    for place in (row.division, *territory.tree(row.last_day).ancestors(row.division)):
        posts = [
            p.id for p in organizations.posts_with_role(Role.SUPERVISOR, division=place) if p.unit_id != row.unit_id
        ]
        if posts:
            return posts
    return []
