"""The one worklist: what each unit and post must do next, soonest clock first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from huying.kernel.actors import Actor, Role
from huying.kernel.bulk import delete_many, insert_many
from huying.kernel.words import Words
from huying.kernel.worklist.models import NO_DATE, WorkItem

CHUNK = 900
COUNT_CAP = 1000


@dataclass(frozen=True)
class Queue:
    """A pile of work: who may see their unit's pile, and in which order it stands in the navigation.

    why: what a row of it waits for, where the row itself says nothing. notes: what the domain adds to a page of its rows, by
    their record's id, in a fixed number of queries however many they are.
    """

    name: str
    words: Words
    roles: frozenset[Role]
    order: int = 100
    why: Words | None = None
    notes: Callable[[Sequence[int]], Mapping[int, str]] | None = None


_queues: dict[str, Queue] = {}


def queue(
    name: str,
    words: Words,
    roles: Iterable[Role],
    order: int = 100,
    why: Words | None = None,
    notes: Callable[[Sequence[int]], Mapping[int, str]] | None = None,
) -> None:
    """Declare a queue, from the AppConfig.ready of the domain that fills it."""
    _queues[name] = Queue(name, words, frozenset(roles), order, why, notes)


def queue_of(item: WorkItem) -> Queue | None:
    return _queues.get(item.queue)


def notes_on(items: Iterable[WorkItem]) -> dict[int, str]:
    """What each queue's domain adds to these rows: item's id → words."""
    by_queue: dict[str, list[WorkItem]] = {}
    for item in items:
        by_queue.setdefault(item.queue, []).append(item)
    said: dict[int, str] = {}
    for name, rows in by_queue.items():
        known = _queues.get(name)
        if known is not None and known.notes is not None:
            found = known.notes([row.record_id for row in rows])
            said.update({row.pk: found[row.record_id] for row in rows if row.record_id in found})
    return said


def queues(actor: Actor) -> list[Queue]:
    """The queues whose roles the actor holds, in order."""
    return sorted((q for q in _queues.values() if not q.roles.isdisjoint(actor.roles)), key=lambda q: (q.order, q.name))


@dataclass(frozen=True, kw_only=True)
class Work:
    """One open thing. (kind, record_id, slot) names it; `subject_id` is the page it opens (the matter of an assignment)."""

    kind: str
    record_id: int
    queue: str
    unit_id: int
    subject_id: int
    number: str
    title: str
    opened_at: datetime
    slot: str = "main"
    post_id: int | None = None
    place: str = ""
    channel: str = ""
    why: str = ""
    due_at: datetime | None = None
    urgent: bool = False


def put(items: Sequence[Work]) -> None:
    """Open or replace work items; the last of the same name wins, and a card already shown stays. One statement per batch."""
    unique = {(w.kind, w.record_id, w.slot): w for w in items}
    if not unique:
        return
    insert_many(
        [
            WorkItem(
                kind=w.kind,
                record_id=w.record_id,
                slot=w.slot,
                queue=w.queue,
                unit_id=w.unit_id,
                post_id=w.post_id,
                subject_id=w.subject_id,
                number=w.number,
                title=w.title[:200],
                place=w.place[:80],
                channel=w.channel,
                why=w.why[:200],
                due_at=w.due_at,
                sort_at=w.due_at or NO_DATE,
                urgent=w.urgent,
                opened_at=w.opened_at,
            )
            for w in unique.values()
        ],
        unique=["kind", "record_id", "slot"],
        update=[
            "queue",
            "unit_id",
            "post_id",
            "title",
            "place",
            "channel",
            "why",
            "due_at",
            "sort_at",
            "urgent",
            "opened_at",
        ],
    )


def close(kind: str, record_ids: Iterable[int], slot: str | None = None) -> None:
    """Take the records' items (of `slot`, or all) off every list."""
    ids = list(record_ids)
    for start in range(0, len(ids), CHUNK):
        narrowed = {"slot": slot} if slot else {}
        delete_many(WorkItem, kind=kind, record_id=ids[start : start + CHUNK], **narrowed)


def retime(kind: str, due: dict[int, datetime], slot: str = "main") -> None:
    """Give open items of `kind` their new due times after a pause, extension or calendar change."""
    ids = list(due)
    for start in range(0, len(ids), CHUNK):
        rows = list(WorkItem.objects.filter(kind=kind, record_id__in=ids[start : start + CHUNK], slot=slot))
        for row in rows:
            row.due_at = row.sort_at = due[row.record_id]
        WorkItem.objects.bulk_update(rows, ["due_at", "sort_at"], batch_size=200)


def recolour(kind: str, cards: dict[int, str]) -> None:
    """Show a card on the open items of these records."""
    by_card: dict[str, list[int]] = {}
    for record_id, card in cards.items():
        by_card.setdefault(card, []).append(record_id)
    for card, ids in by_card.items():
        for start in range(0, len(ids), CHUNK):
            WorkItem.objects.filter(kind=kind, record_id__in=ids[start : start + CHUNK]).update(card=card)


def reword(kinds: Sequence[str], subject_id: int, *, title: str, place: str) -> None:
    """Open items about this subject say other words from now on: what pointed at a person was taken out."""
    rows = WorkItem.objects.filter(kind__in=list(kinds), subject_id=subject_id)
    rows.update(title=title[:200], place=place[:80])


def visible(actor: Actor) -> QuerySet[WorkItem]:
    """Items of the actor's own post, and of the actor's unit in the queues its roles open; nothing for anyone else."""
    if actor.kind != "staff" or actor.unit_id is None or actor.post_id is None:
        return WorkItem.objects.none()
    names = [q.name for q in queues(actor)]
    return WorkItem.objects.filter(
        Q(unit_id=actor.unit_id, queue__in=names, post_id__isnull=True)
        | Q(post_id=actor.post_id, unit_id=actor.unit_id)
    )


@dataclass(frozen=True)
class Page:
    """A page of items, soonest first. `after` continues it: (sort_at, id) of the last row, None at the end."""

    items: list[WorkItem]
    after: tuple[datetime, int] | None


def page(
    actor: Actor,
    *,
    queue: str | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int = 50,
    mine: bool = False,
    due_before: datetime | None = None,
    channel: str = "",
) -> Page:
    """A page of what the actor must see to, in one query."""
    rows = visible(actor)
    filters: dict[str, Any] = {}
    if queue:
        filters["queue"] = queue
    if mine:
        filters["post_id"] = actor.post_id
    if due_before:
        filters["sort_at__lt"] = due_before
    if channel:
        filters["channel"] = channel
    rows = rows.filter(**filters)
    if after:
        moment, last_id = after
        rows = rows.filter(Q(sort_at__gt=moment) | Q(sort_at=moment, id__gt=last_id))
    found = list(rows.order_by("sort_at", "id")[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return Page(found, (found[-1].sort_at, found[-1].pk) if more else None)


def counts(actor: Actor, now: datetime, day_ends: datetime) -> dict[str, int]:
    """Items in each of the actor's queues, and `overdue`, `due_today`, `mine`; each counted to COUNT_CAP + 1 at most."""
    base = visible(actor)
    asked: dict[str, QuerySet[WorkItem]] = {q.name: base.filter(queue=q.name) for q in queues(actor)}
    asked["overdue"] = base.filter(sort_at__lt=now)
    asked["due_today"] = base.filter(sort_at__gte=now, sort_at__lte=day_ends)
    asked["mine"] = base.filter(post_id=actor.post_id)
    return {name: rows[: COUNT_CAP + 1].count() for name, rows in asked.items()}


def items(kind: str, record_ids: Iterable[int], slot: str = "main") -> Iterator[WorkItem]:
    """The records' open items, whoever may see them: for examinations."""
    ids = list(record_ids)
    for start in range(0, len(ids), CHUNK):
        yield from WorkItem.objects.filter(kind=kind, record_id__in=ids[start : start + CHUNK], slot=slot)


def strays(kind: str, records: QuerySet[Any, Any], most: int = 500) -> list[WorkItem]:
    """Items of `kind` whose record is none of `records` (a query set of one column)."""
    return list(WorkItem.objects.filter(kind=kind).exclude(record_id__in=records).order_by("id")[:most])


def open_items(*, post_ids: Iterable[int], unit_ids: Iterable[int]) -> Iterator[WorkItem]:
    """Open items that lie on these posts, and those in the piles of these units (post_id None)."""
    for where in _owned(post_ids, unit_ids):
        yield from WorkItem.objects.filter(where).order_by("id")


def open_counts(*, post_ids: Iterable[int], unit_ids: Iterable[int]) -> dict[tuple[int, int | None], int]:
    """(unit, post or None for the unit's pile) → how many items are open there."""
    found: dict[tuple[int, int | None], int] = {}
    for where in _owned(post_ids, unit_ids):
        rows = WorkItem.objects.filter(where).order_by().values_list("unit_id", "post_id").annotate(n=Count("id"))
        found.update(((unit_id, post_id), n) for unit_id, post_id, n in rows)
    return found


def _owned(post_ids: Iterable[int], unit_ids: Iterable[int]) -> Iterator[Q]:
    posts, units = sorted(set(post_ids)), sorted(set(unit_ids))
    for start in range(0, len(posts), CHUNK):
        yield Q(post_id__in=posts[start : start + CHUNK])
    for start in range(0, len(units), CHUNK):
        yield Q(unit_id__in=units[start : start + CHUNK], post_id__isnull=True)


def reassign(items: Iterable[WorkItem], *, post_id: int | None, unit_id: int | None = None) -> int:
    """Hand items to another post, or back to the unit's own pile (post_id None); returns how many. The caller logs it."""
    ids = [item.pk for item in items]
    values: dict[str, int | None] = {"post_id": post_id}
    if unit_id is not None:
        values["unit_id"] = unit_id
    return sum(WorkItem.objects.filter(pk__in=ids[s : s + CHUNK]).update(**values) for s in range(0, len(ids), CHUNK))
