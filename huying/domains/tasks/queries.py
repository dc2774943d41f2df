"""Reads."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from huying.domains.tasks.models import Task
from huying.domains.tasks.vocabulary import KIND, OPEN, State
from huying.kernel import audit
from huying.kernel.actors import Actor
from huying.kernel.audit import HistoryEntry
from huying.kernel.errors import NotFound
from huying.kernel.pages import Keyset, Page

NEWEST_FIRST = Keyset(("-id",))
LISTS = ("ours", "given", "all")


def tasks(actor: Actor, *, of: str = "ours", state: str = "", after: str = "", limit: int = 50) -> Page[Task]:
    """A page of tasks, newest first. of: what one's unit must do, has given out, or all within scope."""
    rows = Task.objects.visible_to(actor).select_related("unit", "post", "assigner_unit")
    if of == "ours":
        rows = rows.filter(unit=actor.unit_id)
    elif of == "given":
        rows = rows.filter(assigner_unit=actor.unit_id)
    if state == "open":
        rows = rows.filter(state__in=sorted(OPEN))
    elif state in set(State):
        rows = rows.filter(state=state)
    return NEWEST_FIRST.page(rows, after=after, limit=limit)


def task(actor: Actor, task_id: int) -> Task:
    """Raises NotFound outside the actor's scope."""
    row = Task.objects.visible_to(actor).select_related("unit", "post", "assigner_unit").filter(pk=task_id).first()
    if row is None:
        raise NotFound(_("没有这个任务，或不在您的职责范围内。"))
    return row


def story(actor: Actor, task_id: int) -> list[HistoryEntry]:
    """What happened to a task the actor may see, oldest first."""
    return audit.history(KIND, task(actor, task_id).pk)


def tasks_of(actor: Actor, kind: str, record_id: int) -> list[Task]:
    """The tasks about one record that the actor may see."""
    rows = Task.objects.visible_to(actor).select_related("unit", "post")
    return list(rows.filter(subject_kind=kind, subject_id=record_id).order_by("id"))


def tasks_of_many(actor: Actor, kind: str, record_ids: Iterable[int]) -> dict[int, list[Task]]:
    """The tasks about many records that the actor may see, oldest first; a record without any is absent."""
    rows = Task.objects.visible_to(actor).select_related("unit", "post")
    found: dict[int, list[Task]] = {}
    for row in rows.filter(subject_kind=kind, subject_id__in=list(record_ids)).order_by("id"):
        assert row.subject_id is not None
        found.setdefault(row.subject_id, []).append(row)
    return found


def with_open_tasks(kind: str, record_ids: Iterable[int]) -> set[int]:
    """Which of these records somebody still has a task about. For the record's own domain: no scope is asked."""
    rows = Task.objects.everything("whether a record still waits for an answer")
    wanted = rows.filter(subject_kind=kind, subject_id__in=list(record_ids), state__in=sorted(OPEN))
    return {record for record in wanted.values_list("subject_id", flat=True) if record is not None}


def visible_ids(actor: Actor, ids: Iterable[int]) -> set[int]:
    return set(Task.objects.visible_to(actor).filter(pk__in=list(ids)).values_list("pk", flat=True))


def titles(ids: Iterable[int]) -> dict[int, str]:
    rows = Task.objects.everything("titles of records the caller has checked").filter(pk__in=list(ids))
    return {row.pk: f"{row.number} {row.title}" for row in rows.only("pk", "title")}
