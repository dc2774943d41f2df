"""Giving somebody a task."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.identities import queries as identities
from huying.domains.notices.services import Letter, send_letters
from huying.domains.organizations import queries as organizations
from huying.domains.rulebook import queries as rulebook
from huying.domains.tasks.models import Task
from huying.domains.tasks.permissions import may_assign
from huying.domains.tasks.vocabulary import KIND, QUEUE, RULE, Action, State
from huying.kernel import audit, clock, clocks, subjects, worklist
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.deadlines import Limit, Rule
from huying.kernel.errors import Forbidden, InvalidInput, Refused

LONGEST_TITLE = 120


@dataclass(frozen=True, kw_only=True)
class NewTask:
    """due_at or limit ("5 WD", "2 h"): one of the two. item: the catalogue's, needed where a list binds the body. told: whether
    a letter goes out now; not where the giver tells it in a digest of its own."""

    title: str
    unit_id: int
    post_id: int | None = None
    due_at: datetime | None = None
    limit: str = ""
    detail: str = ""
    item: str = ""
    subject_kind: str = ""
    subject_id: int | None = None
    told: bool = True


def keep_from_recused(wanted: Iterable[tuple[int, str, int | None]]) -> None:
    """Raises Refused when one of the units is recused from the record its task is about: the order must not reach it.

    wanted: (unit, kind of the subject, its id; "" and None where the task stands alone).
    """
    by_kind: dict[str, set[tuple[int, int]]] = {}
    for unit, kind, record_id in wanted:
        if record_id is not None:
            by_kind.setdefault(kind, set()).add((unit, record_id))
    for kind, pairs in by_kind.items():
        kept = identities.recused_units(kind, {record_id for _unit, record_id in pairs})
        if any(unit in kept.get(record_id, ()) for unit, record_id in pairs):
            raise Refused(_("这个单位须回避此事，任务不能交给它。"), cure=_("请改交其他单位。"))


def create_task(*, actor: Actor, row: NewTask) -> Task:
    return create_tasks(actor=actor, rows=[row])[0]


def create_tasks(*, actor: Actor, rows: Sequence[NewTask]) -> list[Task]:
    """Assign tasks: clock, worklist entry, log and notice for each, in one transaction.

    Raises Forbidden, InvalidInput (naming fields), NotFound for a subject out of the actor's scope, Refused for what a
    binding list keeps from the body, RuleMissing.
    """
    if not may_assign(actor):
        raise Forbidden(_("交办任务由派单、督办、单位负责人、网格办或领导办理。"))
    now = clock.now()
    for kind in {row.subject_kind for row in rows if row.subject_kind}:
        wanted = {row.subject_id for row in rows if row.subject_kind == kind and row.subject_id is not None}
        if not actor.is_system and wanted - subjects.of(kind).visible(actor, wanted):
            subjects.require_visible(actor, kind, min(wanted - subjects.of(kind).visible(actor, wanted)))
    rules = [_checked(row, now) for row in rows]
    keep_from_recused([(row.unit_id, row.subject_kind, row.subject_id) for row in rows])
    with transaction.atomic():
        made = [
            Task(
                subject_kind=row.subject_kind,
                subject_id=row.subject_id,
                title=row.title.strip(),
                detail=row.detail.strip(),
                item=row.item,
                unit_id=row.unit_id,
                post_id=row.post_id,
                division=_unit(row.unit_id).division,
                assigner_unit_id=actor.unit_id,
                assigner_post_id=actor.post_id,
                due_at=row.due_at or now,
                created_at=now,
            )
            for row in rows
        ]
        Task.objects.bulk_create(made)
        started = clocks.start(
            [
                clocks.StartClock(
                    kind=KIND,
                    record_id=task.pk,
                    rule=rule,
                    started_at=now,
                    unit_id=task.unit_id,
                    external_due=row.due_at,
                )
                for task, row, rule in zip(made, rows, rules, strict=True)
            ]
        )
        for task, running in zip(made, started, strict=True):
            task.due_at = running.due_at
        Task.objects.everything("just made").bulk_update(
            [t for t, r in zip(made, rows, strict=True) if r.limit], ["due_at"]
        )
        worklist.put([work_of(task) for task in made])
        audit.record(
            [
                audit.NewEvent(
                    kind=KIND,
                    record_id=task.pk,
                    action=Action.CREATE,
                    actor=actor,
                    to_state=State.ASSIGNED,
                    basis=rule.key,
                    payload={
                        "title": task.title,
                        "unit": task.unit_id,
                        "post": task.post_id,
                        "due": task.due_at.isoformat(),
                    },
                    first=True,
                )
                for task, rule in zip(made, rules, strict=True)
            ]
        )
        tell("tasks.assigned", [task for task, row in zip(made, rows, strict=True) if row.told], key="assigned")
    return made


def _checked(row: NewTask, now: datetime) -> Rule:
    """The rule the task runs by, after everything about it was found in order."""
    fields: dict[str, str] = {}
    title = row.title.strip()
    if not title or len(title) > LONGEST_TITLE:
        fields["title"] = _("1 到 %(most)d 个字。") % {"most": LONGEST_TITLE}
    if bool(row.due_at) == bool(row.limit):
        fields["due_at"] = _("期限与时限填其中一个。")
    if row.due_at is not None and row.due_at <= now:
        fields["due_at"] = _("期限须晚于现在。")
    if organizations.unit(row.unit_id) is None:
        fields["unit_id"] = _("没有这个单位。")
    elif row.post_id is not None and row.post_id not in {p.id for p in organizations.posts_of_unit(row.unit_id)}:
        fields["post_id"] = _("这个岗位不在该单位。")
    if fields:
        raise InvalidInput(_("任务还不能交办。"), fields=fields)
    _on_list(row)
    rule = rulebook.limit_rule(RULE, now.date(), _unit(row.unit_id).division)
    return replace(rule, limit=Limit.parse(row.limit)) if row.limit else rule


def _on_list(row: NewTask) -> None:
    """Grids, villages and townships are bound by their published lists (准入制, 履职事项清单)."""
    unit = _unit(row.unit_id)
    post = organizations.post(row.post_id) if row.post_id else None
    level = Level.GRID if post and post.grid else unit.level
    if level < Level.TOWNSHIP or (not row.item and level is not Level.GRID):
        return
    today = clock.today()
    if not row.item:
        if rulebook.admissions(today, unit.division):
            raise Refused(
                _("交给网格的任务须写明准入清单上的事项。"),
                cure=_("请选择事项；不在清单上的，请交给有职责的单位。"),
                fields={"item": _("必填")},
            )
        return
    verdict = rulebook.off_list(row.item, unit.kind, level, today, unit.division)
    if verdict.off:
        raise Refused(
            str(verdict.words), cure=_("请交给有职责的单位，或先按程序调整清单。"), fields={"item": str(verdict.words)}
        )


def _unit(unit_id: int) -> organizations.UnitView:
    found = organizations.unit(unit_id)
    assert found is not None
    return found


def work_of(task: Task) -> worklist.Work:
    """The task's line on the one worklist."""
    return worklist.Work(
        kind=KIND,
        record_id=task.pk,
        queue=QUEUE,
        unit_id=task.unit_id,
        post_id=task.post_id,
        subject_id=task.pk,
        number=task.number,
        title=task.title,
        opened_at=task.created_at,
        due_at=task.due_at,
        urgent=task.supervision_level > 0,
    )


def posts_told(task: Task) -> tuple[int, ...]:
    """Who is told of a task: its post, else the heads of its unit."""
    if task.post_id is not None:
        return (task.post_id,)
    return tuple(post.id for post in organizations.posts_of_unit(task.unit_id) if Role.UNIT_HEAD in post.roles)


def tell(topic: str, tasks: Sequence[Task], *, key: str = "", **values: str) -> None:
    """One letter for each task to whoever must act on it."""
    send_letters(
        Letter(
            topic=topic,
            values={"title": task.title, "due": clock.local(task.due_at).strftime("%Y-%m-%d %H:%M")} | values,
            posts=posts_told(task),
            kind=KIND,
            record_id=task.pk,
            dedupe_key=f"task:{task.pk}:{task.version}:{key}" if key else "",
        )
        for task in tasks
    )
