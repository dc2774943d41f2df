"""Handing over: open work of a post that emptied goes to the unit's head, else up; nothing stays with nobody.

A domain whose records name the post or unit that acts registers with `on_handover`, to move its
own columns in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from huying.domains.organizations.models import Absence, Term
from huying.domains.organizations.queries.directory import directory
from huying.domains.organizations.queries.holders import Living, Owner
from huying.domains.organizations.services.changes import record
from huying.kernel import audit, clock, worklist
from huying.kernel.actors import Actor
from huying.kernel.worklist.models import WorkItem


@dataclass(frozen=True)
class Moved:
    """A record whose open work went from one owner to another."""

    kind: str
    record_id: int
    before: Owner
    after: Owner


_listeners: dict[str, Callable[[Actor, list[Moved]], None]] = {}


def on_handover(kind: str, listener: Callable[[Actor, list[Moved]], None]) -> None:
    """`listener(actor, moved)` is called, inside the handover's transaction, with the moved items of worklist kind `kind`."""
    _listeners[kind] = listener


def _unit_ids(post_ids: Iterable[int]) -> set[int]:
    known = directory().posts
    return {known[post_id].unit_id for post_id in post_ids if post_id in known}


def held_work(post_ids: Iterable[int]) -> Mapping[Owner, int]:
    """Open items that lie on these posts or in their units' piles: owner → how many."""
    posts = list(post_ids)
    return {
        Owner(unit_id, post_id): count
        for (unit_id, post_id), count in worklist.open_counts(post_ids=posts, unit_ids=_unit_ids(posts)).items()
    }


def work_below(post_ids: Iterable[int]) -> Mapping[Owner, int]:
    """Open items of the posts' units and of all units under them: owner → how many."""
    known = directory()
    units = {view.id for unit_id in _unit_ids(post_ids) for view in known.subtree(unit_id)}
    posts = [view.id for unit_id in units for view in known.of_unit.get(unit_id, ())]
    counted = worklist.open_counts(post_ids=posts, unit_ids=units)
    return {Owner(unit_id, post_id): count for (unit_id, post_id), count in counted.items()}


def hand_over(*, actor: Actor, on: date | None = None) -> int:
    """Hand over the work of every post whose holder has left, or is away with no deputy, by that day; how many items moved.

    A post that somebody else holds keeps its work: a successor finds it in place. Runs at each end of a term and daily.
    """
    day = on or clock.today()
    with transaction.atomic():
        left = list(Term.objects.select_for_update().filter(valid_to__lte=day, handed_over_at__isnull=True))
        away = Absence.objects.filter(valid_from__lte=day, valid_to__gt=day).values_list("term__post_id", flat=True)
        posts = {term.post_id for term in left} | set(away)
        if not posts:
            return 0
        living = Living(day)
        moved = _move(actor, posts, living)
        settled = [term for term in left if not _unsettled(term, living)]
        Term.objects.filter(pk__in=[term.pk for term in settled]).update(handed_over_at=clock.now())
        by_post: dict[int, int] = {}
        for one in moved:
            if one.before.post_id is not None:
                by_post[one.before.post_id] = by_post.get(one.before.post_id, 0) + 1
        record(
            audit.NewEvent(
                kind="term",
                record_id=term.pk,
                action="handed_over",
                actor=actor,
                payload={"post": term.post_id, "items": by_post.get(term.post_id, 0)},
            )
            for term in settled
        )
        return len(moved)


def _unsettled(term: Term, living: Living) -> bool:
    """Whether work of the term's post or unit still has no living owner: the next run tries again."""
    return any(not living.holds(owner) for owner in held_work([term.post_id]))


def _move(actor: Actor, posts: set[int], living: Living) -> list[Moved]:
    items = list(worklist.open_items(post_ids=posts, unit_ids=_unit_ids(posts)))
    moved: list[Moved] = []
    targets: dict[Owner, list[WorkItem]] = {}
    for item in items:
        before = Owner(item.unit_id, item.post_id)
        after = living.owner(before)
        if after is None or after == before:
            continue
        targets.setdefault(after, []).append(item)
        moved.append(Moved(item.kind, item.record_id, before, after))
    for after, batch in targets.items():
        worklist.reassign(batch, post_id=after.post_id, unit_id=after.unit_id)
    record(
        audit.NewEvent(
            kind=one.kind,
            record_id=one.record_id,
            action="handed_over",
            actor=actor,
            payload={
                "from": {"unit": one.before.unit_id, "post": one.before.post_id},
                "to": {"unit": one.after.unit_id, "post": one.after.post_id},
            },
        )
        for one in {(m.kind, m.record_id): m for m in moved}.values()
    )
    for kind, listener in _listeners.items():
        of_kind = [one for one in moved if one.kind == kind]
        if of_kind:
            listener(actor, of_kind)
    return moved
