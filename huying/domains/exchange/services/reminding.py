"""One task reminds a unit of all it owes for a period; it ends by itself with the last report. Never a letter a report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from huying.domains.exchange.models import Reminder, Report
from huying.domains.exchange.permissions import stands
from huying.domains.exchange.queries import newest_definitions
from huying.domains.exchange.vocabulary import KIND, REMINDER, Standing
from huying.domains.notices.services import Letter, send_letters
from huying.domains.organizations import queries as organizations
from huying.domains.tasks.services import NewTask, create_tasks, finish_tasks
from huying.domains.tasks.vocabulary import OPEN as OPEN_TASKS
from huying.kernel import clock
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import NotAllowedNow
from huying.kernel.words import listed

SYSTEM = "exchange.calendar"
# What a unit that is asked when it is late already gets.
GRACE = timedelta(days=1)


def raise_reminders() -> int:
    """A task for each unit and period with something still to report and none yet; returns how many."""
    now = clock.now()
    rows = Report.objects.everything("who must be reminded").filter(
        first_at=None, due_at__isnull=False, locks_at__gt=now
    )
    owed: dict[tuple[int, str], list[Report]] = defaultdict(list)
    for row in rows.order_by("due_at", "code", "division"):
        owed[row.unit_id, row.key].append(row)
    known = set(Reminder.objects.filter(key__in={key for _u, key in owed}).values_list("unit", "key"))
    fresh = {asked: reports for asked, reports in owed.items() if asked not in known}
    if not fresh:
        return 0
    names = {
        code: held.row.name.zh for code, held in newest_definitions({r.code for o in fresh.values() for r in o}).items()
    }
    with transaction.atomic():
        made = Reminder.objects.bulk_create([Reminder(unit_id=unit, key=key) for unit, key in fresh])
        given = create_tasks(
            actor=Actor.system(SYSTEM),
            rows=[_task(one, fresh[one.unit_id, one.key], names) for one in made],
        )
        for one, task in zip(made, given, strict=True):
            one.task_id = task.pk
        Reminder.objects.bulk_update(made, ["task"])
    return len(made)


def _task(one: Reminder, reports: Sequence[Report], names: dict[str, str]) -> NewTask:
    """Due with the first of its reports."""
    due = reports[0].due_at
    assert due is not None
    codes = dict.fromkeys(report.code for report in reports)
    posts = organizations.posts_of_unit(one.unit_id)
    doers = [post for role in (Role.HANDLER, Role.UNIT_HEAD) for post in posts if role in post.roles]
    return NewTask(
        title=_("报送%(key)s部门数据（%(n)d份）") % {"key": one.key, "n": len(reports)},
        detail=_("请报送：%(names)s。在“数据报送”页填写、上传表格或由接口推送；全部报齐后本任务自行完成。")
        % {"names": listed(names[code] for code in codes)},
        unit_id=one.unit_id,
        post_id=doers[0].id if doers else None,
        due_at=max(due, clock.now() + GRACE),
        subject_kind=REMINDER,
        subject_id=one.pk,
    )


def still_owed(unit: int, key: str) -> bool:
    """Whether the unit could still report something for the period that it hasn't."""
    now = clock.now()
    rows = Report.objects.everything("whether a reminder is answered").filter(
        unit=unit, key=key, first_at=None, due_at__isnull=False
    )
    return rows.filter(Q(locks_at__gte=now) | Q(reopened_until__gte=now)).exists()


def settle_reminders(actor: Actor, reports: Sequence[Report]) -> None:
    """End the tasks of those units and periods for which nothing is owed any more."""
    pairs = {(report.unit_id, report.key) for report in reports}
    if not pairs:
        return
    rows = Reminder.objects.filter(unit__in={unit for unit, _key in pairs}, key__in={key for _unit, key in pairs})
    open_ones = [
        row
        for row in rows.select_related("task")
        if (row.unit_id, row.key) in pairs and row.task is not None and row.task.state in OPEN_TASKS
    ]
    done = [row.task_id for row in open_ones if not still_owed(row.unit_id, row.key) and row.task_id is not None]
    if done:
        finish_tasks(
            actor=Actor.system(SYSTEM),
            ids=done,
            evidence=_("%(who)s已报齐，系统据报送记录办结。") % {"who": actor.label},
        )


def task_closed(reminder_id: int, outcome: str, actor: Actor) -> None:
    """Called in the transaction that closes the task (kernel.subjects): words don't stand for figures."""
    row = Reminder.objects.filter(pk=reminder_id).first()
    if row is not None and outcome == "finished" and still_owed(row.unit_id, row.key):
        raise NotAllowedNow(
            _("%(key)s的部门数据还没有报齐，任务不能完成。") % {"key": row.key},
            cure=_("请到“数据报送”报齐；不归本单位的，请退回并写明理由。"),
        )


def tell_reopened(row: Report, why: str) -> None:
    """The unit's posts that deliver learn that they may write again, and until when."""
    assert row.reopened_until is not None
    assert stands(row, clock.now()) is Standing.REOPENED
    posts = organizations.posts_of_unit(row.unit_id)
    told = tuple(post.id for post in posts if post.roles & {Role.HANDLER, Role.UNIT_HEAD})
    send_letters(
        [
            Letter(
                topic="exchange.reopened",
                values={
                    "title": f"{newest_definitions([row.code])[row.code].row.name.zh} {row.place} {row.key}",
                    "until": clock.local(row.reopened_until).strftime("%Y-%m-%d"),
                    "why": why,
                },
                posts=told,
                kind=KIND,
                record_id=row.pk,
            )
        ]
        if told
        else []
    )


__all__ = ["raise_reminders", "settle_reminders", "still_owed", "task_closed", "tell_reopened"]
