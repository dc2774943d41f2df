"""Everything done with a task after it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.notices.services import Letter, send_letters
from huying.domains.organizations import queries as organizations
from huying.domains.tasks.models import Task
from huying.domains.tasks.permissions import check
from huying.domains.tasks.services.assigning import keep_from_recused, tell, work_of
from huying.domains.tasks.vocabulary import CLOSED, KIND, LEVELS, Action, State
from huying.domains.tasks.workflow import TASK
from huying.kernel import audit, clock, clocks, subjects, worklist
from huying.kernel.actors import Actor
from huying.kernel.bulk import save_many
from huying.kernel.errors import InvalidInput, NotAllowedNow, NotFound, StaleVersion

Change = Callable[[Task], None]
LONGEST_REASON = 500


def accept_tasks(*, actor: Actor, ids: Iterable[int], versions: dict[int, int] | None = None) -> list[Task]:
    return _act(actor, Action.ACCEPT, ids, versions)


def finish_tasks(
    *,
    actor: Actor,
    ids: Iterable[int],
    evidence: str = "",
    documents: Sequence[int] = (),
    versions: dict[int, int] | None = None,
) -> list[Task]:
    """Ends with evidence: words, or the ids of documents. Raises InvalidInput without any."""
    told = evidence.strip()

    def change(task: Task) -> None:
        if not told and not documents:
            raise InvalidInput(_("完成任务须有佐证。"), fields={"evidence": _("请写明做了什么，或附上材料。")})
        task.evidence, task.evidence_documents = told, list(documents)

    return _act(actor, Action.FINISH, ids, versions, change=change, reason=told)


def return_tasks(
    *, actor: Actor, ids: Iterable[int], reason: str, versions: dict[int, int] | None = None
) -> list[Task]:
    """Back to whoever gave it, with the reason; they are told."""
    with transaction.atomic():
        done = _act(actor, Action.RETURN, ids, versions, change=_needs(reason), reason=reason.strip())
        send_letters(
            Letter(
                topic="tasks.returned",
                values={"title": task.title, "why": reason.strip()},
                posts=(task.assigner_post_id,),
                kind=KIND,
                record_id=task.pk,
            )
            for task in done
            if task.assigner_post_id is not None
        )
    return done


def cancel_tasks(
    *, actor: Actor, ids: Iterable[int], reason: str, versions: dict[int, int] | None = None
) -> list[Task]:
    return _act(actor, Action.CANCEL, ids, versions, change=_needs(reason), reason=reason.strip())


def lapse_tasks(*, actor: Actor, ids: Iterable[int], reason: str) -> list[Task]:
    """By the system alone: the time in which it could be done is over. It stays on record as not done, with the reason."""
    return _act(actor, Action.LAPSE, ids, None, change=_needs(reason), reason=reason.strip())


def reassign_tasks(
    *,
    actor: Actor,
    ids: Iterable[int],
    unit_id: int,
    post_id: int | None = None,
    reason: str = "",
    versions: dict[int, int] | None = None,
) -> list[Task]:
    """To another unit or post. The clock runs on: handing over never resets it (design rule 5).

    A unit's head who isn't the assigner's hands on within the unit only.
    """
    target = organizations.unit(unit_id)

    def change(task: Task) -> None:
        if target is None:
            raise InvalidInput(_("任务还不能改派。"), fields={"unit_id": _("没有这个单位。")})
        if post_id is not None and post_id not in {post.id for post in organizations.posts_of_unit(unit_id)}:
            raise InvalidInput(_("任务还不能改派。"), fields={"post_id": _("这个岗位不在该单位。")})
        keep_from_recused([(unit_id, task.subject_kind, task.subject_id)])
        outsider = actor.unit_id == task.unit_id and task.assigner_unit_id != actor.unit_id
        if outsider and unit_id != task.unit_id:
            raise NotAllowedNow(_("本单位不能把任务转给别的单位。"), cure=_("请退回交办单位并说明理由。"))
        task.unit_id, task.post_id, task.division = unit_id, post_id, target.division

    with transaction.atomic():
        done = _act(
            actor,
            Action.REASSIGN,
            ids,
            versions,
            change=change,
            reason=reason.strip(),
            told={"unit": unit_id, "post": post_id},
        )
        tell("tasks.assigned", done, key="assigned")
    return done


def urge_tasks(*, actor: Actor, ids: Iterable[int], reason: str, versions: dict[int, int] | None = None) -> list[Task]:
    """催办: one level higher each time, three at most; whoever must act is told."""
    why, needs = reason.strip(), _needs(reason)

    def change(task: Task) -> None:
        needs(task)
        task.urge_level = _next_level(task.urge_level)

    with transaction.atomic():
        done = _act(actor, Action.URGE, ids, versions, change=change, reason=why)
        for task in done:
            tell("tasks.urged", [task], key="urged", why=why, level=str(task.urge_level))
    return done


def supervise_tasks(
    *, actor: Actor, ids: Iterable[int], reason: str, versions: dict[int, int] | None = None
) -> list[Task]:
    """督办: one level higher each time, three at most; the task stands out on every list."""

    needs = _needs(reason)

    def change(task: Task) -> None:
        needs(task)
        task.supervision_level = _next_level(task.supervision_level)

    return _act(actor, Action.SUPERVISE, ids, versions, change=change, reason=reason.strip())


def _next_level(level: int) -> int:
    if level >= LEVELS:
        raise NotAllowedNow(_("已是最高一级。"))
    return level + 1


def _needs(reason: str) -> Change:
    """A change that asks for the reason; whose act it is has been judged by then."""

    def change(_task: Task) -> None:
        if not 0 < len(reason.strip()) <= LONGEST_REASON:
            raise InvalidInput(
                _("请写明理由。"), fields={"reason": _("1 到 %(most)d 个字。") % {"most": LONGEST_REASON}}
            )

    return change


def _act(
    actor: Actor,
    action: Action,
    ids: Iterable[int],
    versions: dict[int, int] | None,
    *,
    change: Change | None = None,
    reason: str = "",
    told: dict[str, object] | None = None,
) -> list[Task]:
    """The one way a task changes: lock, check, change, clock, worklist, log, subject, in one transaction; all or none."""
    wanted = sorted(set(ids))
    now = clock.now()
    with transaction.atomic():
        rows = Task.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk")
        tasks = list(rows)
        if {task.pk for task in tasks} != set(wanted):
            raise NotFound(_("没有这个任务，或不在您的职责范围内。"))
        events = []
        for task in tasks:
            if versions and versions.get(task.pk, task.version) != task.version:
                raise StaleVersion(
                    _("任务“%(title)s”已被别人改动。") % {"title": task.title}, cure=_("请看过最新内容再办。")
                )
            check(actor, task, action)
            row = TASK.find(action.value, task.state)
            assert row is not None
            before = task.state
            if change:
                change(task)
            if row.target:
                task.state = State(row.target)
                task.closed_at = None if task.state in (State.ASSIGNED, State.ACCEPTED) else task.closed_at or now
            task.version += 1
            events.append(
                audit.NewEvent(
                    kind=KIND,
                    record_id=task.pk,
                    action=action,
                    actor=actor,
                    from_state=before,
                    to_state=task.state,
                    reason=reason,
                    basis=row.basis,
                    payload=told or {},
                )
            )
        save_many(tasks, CHANGED)
        _follow(tasks, action)
        audit.record(events)
        _tell_subjects(tasks, actor)
    return tasks


CHANGED = (
    "state",
    "closed_at",
    "unit",
    "post",
    "division",
    "evidence",
    "evidence_documents",
    "urge_level",
    "supervision_level",
    "version",
)


def _follow(tasks: Sequence[Task], action: Action) -> None:
    """Clock and worklist follow the state: what is over leaves the list, what was returned waits with the assigner."""
    now = clock.now()
    over = [task.pk for task in tasks if task.closed_at is not None]
    if over:
        clocks.stop(KIND, dict.fromkeys(over, now))
        worklist.close(KIND, over)
    still = [task for task in tasks if task.closed_at is None]
    if still and action is not Action.ACCEPT:
        cards = {row.record_id: row.card for row in clocks.of_records(KIND, [task.pk for task in still])}
        worklist.put([work_of(task) for task in still])
        worklist.recolour(KIND, cards)


def _tell_subjects(tasks: Sequence[Task], actor: Actor) -> None:
    for task in tasks:
        if task.state in CLOSED and task.subject_kind and task.subject_id is not None:
            told = subjects.of(task.subject_kind).on_task_closed
            if told is not None:
                told(task.subject_id, task.state, actor)
