"""One task reminds a unit of all it owes for a period; never a letter a report. It ends by itself: finished with the last report,
or lapsed where what is missing is locked. A report reopened before anything was delivered is asked for by a task of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.exchange.models import Reminder, Report
from huying.domains.exchange.permissions import stands
from huying.domains.exchange.queries import newest_definitions
from huying.domains.exchange.vocabulary import KIND, REMINDER, Standing
from huying.domains.exchange.workflow import WRITABLE
from huying.domains.notices.services import Letter, send_letters
from huying.domains.organizations import queries as organizations
from huying.domains.tasks import queries as tasks
from huying.domains.tasks.services import NewTask, create_task, create_tasks, finish_tasks, lapse_tasks
from huying.domains.tasks.vocabulary import OPEN as OPEN_TASKS
from huying.domains.tasks.vocabulary import State
from huying.kernel import clock
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import NotAllowedNow
from huying.kernel.words import listed

SYSTEM = "exchange.calendar"
# What a unit that is asked when it is late already gets.
GRACE = timedelta(days=1)
UNDONE = OPEN_TASKS | {State.RETURNED}


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
    return NewTask(
        title=_("报送%(key)s部门数据（%(n)d份）") % {"key": one.key, "n": len(reports)},
        detail=_("请报送：%(names)s。在“数据报送”页填写、上传表格或由接口推送；全部报齐后本任务自行完成。")
        % {"names": listed(names[code] for code in codes)},
        unit_id=one.unit_id,
        post_id=_doer(one.unit_id),
        due_at=max(due, clock.now() + GRACE),
        subject_kind=REMINDER,
        subject_id=one.pk,
    )


def _doer(unit_id: int) -> int | None:
    posts = organizations.posts_of_unit(unit_id)
    doers = [post for role in (Role.HANDLER, Role.UNIT_HEAD) for post in posts if role in post.roles]
    return doers[0].id if doers else None


def still_owed(unit: int, key: str) -> bool:
    """Whether the unit could still report something for the period that it hasn't."""
    return any(_may_still_come(report) for report in _undelivered({(unit, key)}).get((unit, key), []))


def settle_reminders(actor: Actor, reports: Sequence[Report]) -> None:
    """End the tasks of those units and periods for which nothing is owed any more, and those of reports that are in."""
    pairs = {(report.unit_id, report.key) for report in reports}
    if not pairs:
        return
    asked = tasks.tasks_of_many(Actor.system(SYSTEM), KIND, [report.pk for report in reports if report.version])
    again = [task.pk for given in asked.values() for task in given if task.state in OPEN_TASKS]
    if again:
        finish_tasks(actor=Actor.system(SYSTEM), ids=again, evidence=_reported(actor))
    rows = Reminder.objects.filter(unit__in={unit for unit, _key in pairs}, key__in={key for _unit, key in pairs})
    open_ones = [
        row
        for row in rows.select_related("task")
        if (row.unit_id, row.key) in pairs and row.task is not None and row.task.state in UNDONE
    ]
    owed = _undelivered({(row.unit_id, row.key) for row in open_ones})
    done = []
    for row in open_ones:
        assert row.task is not None
        missing = owed.get((row.unit_id, row.key), [])
        if any(_may_still_come(report) for report in missing):
            continue
        if missing:
            lapse_tasks(actor=Actor.system(SYSTEM), ids=[row.task.pk], reason=not_delivered(missing))
        elif row.task.state in OPEN_TASKS:
            done.append(row.task.pk)
    if done:
        finish_tasks(actor=Actor.system(SYSTEM), ids=done, evidence=_reported(actor))


def _reported(actor: Actor) -> str:
    return _("%(who)s已报齐，系统据报送记录办结。") % {"who": actor.label}


def _undelivered(pairs: set[tuple[int, str]]) -> dict[tuple[int, str], list[Report]]:
    """What was asked of these units for these periods and isn't in, by unit and period."""
    rows = Report.objects.everything("whether a reminder is answered").filter(
        unit__in={unit for unit, _key in pairs},
        key__in={key for _unit, key in pairs},
        first_at=None,
        due_at__isnull=False,
    )
    found: dict[tuple[int, str], list[Report]] = defaultdict(list)
    for row in rows.order_by("code", "division"):
        found[row.unit_id, row.key].append(row)
    return found


def _may_still_come(report: Report) -> bool:
    return stands(report, clock.now()) in WRITABLE


def not_delivered(reports: Sequence[Report]) -> str:
    """Which reports stayed out until the lock, as a task's reason says it."""
    return _("到锁定时仍未报，记为未报：%(names)s。确需补报的由上级督办员或领导重开。") % {"names": named(reports)}


def named(reports: Sequence[Report], most: int = 5) -> str:
    """The first of them by dataset, place and period."""
    names = newest_definitions({report.code for report in reports})
    told = [f"{names[one.code].row.name.zh} {one.place} {one.key}" for one in reports[:most]]
    return listed(told) + ("…" if len(reports) > most else "")


def ask_again(report: Report) -> None:
    """A report that was never delivered is open again: its own task, due when it closes."""
    assert report.reopened_until is not None
    create_task(
        actor=Actor.system(SYSTEM),
        row=NewTask(
            title=_("补报：%(name)s") % {"name": named([report])},
            detail=_("已重开，请在期限前报送；报送后本任务自行完成，过期自动锁定并记为未报。"),
            unit_id=report.unit_id,
            post_id=_doer(report.unit_id),
            due_at=report.reopened_until,
            subject_kind=KIND,
            subject_id=report.pk,
            told=False,
        ),
    )


def task_closed(reminder_id: int, outcome: str, actor: Actor) -> None:
    """Called in the transaction that closes the task (kernel.subjects): words don't stand for figures."""
    row = Reminder.objects.filter(pk=reminder_id).first()
    if row is not None and outcome == "finished" and still_owed(row.unit_id, row.key):
        raise NotAllowedNow(
            _("%(key)s的部门数据还没有报齐，任务不能完成。") % {"key": row.key},
            cure=_("请到“数据报送”报齐；不归本单位的，请退回并写明理由。"),
        )


def report_task_closed(report_id: int, outcome: str, actor: Actor) -> None:
    """As `task_closed`, of a report that is asked for again."""
    row = Report.objects.everything("its own task closes").filter(pk=report_id).first()
    if row is not None and outcome == State.FINISHED and row.first_at is None:
        raise NotAllowedNow(
            _("“%(report)s”还没有报，任务不能完成。") % {"report": named([row])},
            cure=_("请到“数据报送”填报；不归本单位的，请退回并写明理由。"),
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


__all__ = [
    "ask_again",
    "named",
    "not_delivered",
    "raise_reminders",
    "report_task_closed",
    "settle_reminders",
    "still_owed",
    "task_closed",
    "tell_reopened",
]
