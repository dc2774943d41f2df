"""Which queue an open matter stands in, and whose: the rule by which the worklist is kept."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from huying.domains.matters.models import Assignment, Matter
from huying.domains.matters.vocabulary import Kind, Part, State
from huying.domains.rulebook import queries as rulebook
from huying.kernel import clock, clocks, deadlines, worklist

# state → queue, and whether the lead unit (True) or the centre that took the matter in (False) must act
QUEUES: dict[str, tuple[str, bool]] = {
    State.SORTING: ("sort", False),
    State.REGISTERED: ("dispatch", False),
    State.DISPATCHED: ("receive", True),
    State.OBJECTED: ("objection", False),
    State.IN_HAND: ("handle", True),
    State.SUSPENDED: ("suspended", True),
    State.REPLIED: ("review", False),
    State.REVIEWED: ("follow_up", False),
    State.FOLLOWED_UP: ("close", False),
}

# Until a matter is dispatched no handling clock runs; the centre has its own limit to send it on, counted from receipt: two
# hours (北京市接诉即办规范), for a petition 15 days to tell its route and 15 to transfer it (信访工作条例 Art 22, 23, 31).
TRIAGE = {State.REGISTERED: "hotline.online_intake", State.SORTING: "petition.route"}
TRIAGE_OF_PETITIONS = "petition.transfer"


def triage_limit(matter: Matter) -> deadlines.Deadline | None:
    """The limit to send a newly received matter on, explained; None when another clock stands or nothing is known.

    A reopened matter is received anew: it runs from the reopening. What was imported keeps the due moment it came with, and
    none is guessed for it.
    """
    key = TRIAGE.get(State(matter.state))
    if key is None or matter.due_at:
        return None
    if matter.kind == Kind.PETITION and matter.state == State.REGISTERED:
        key = TRIAGE_OF_PETITIONS
    began = matter.reopened_at
    if began is None:
        if matter.dispatched_at or matter.source not in ("", "demo"):
            return None
        began = matter.registered_at
    elif matter.dispatched_at and matter.dispatched_at >= began:
        return None
    rule = rulebook.limit_rule(key, clock.local(began).date(), matter.division)
    return deadlines.compute(rule, began, clocks.calendar())


def _due(matter: Matter) -> datetime | None:
    if matter.state == State.DISPATCHED:
        return matter.receipt_due_at
    limit = triage_limit(matter)
    return limit.due if limit is not None else matter.due_at


def work_of(matter: Matter) -> Iterator[worklist.Work]:
    """The work item of a matter as it stands; none when it needs nobody."""
    if matter.state not in QUEUES:
        return
    queue, of_lead = QUEUES[State(matter.state)]
    unit_id = matter.lead_unit_id if of_lead else matter.intake_unit_id
    if unit_id is None:
        return
    yield worklist.Work(
        kind="matter",
        record_id=matter.pk,
        subject_id=matter.pk,
        queue=queue,
        unit_id=unit_id,
        post_id=matter.handler_post if of_lead and matter.state != State.DISPATCHED else None,
        number=matter.number,
        title=matter.title,
        place=matter.place,
        channel=matter.channel,
        due_at=_due(matter),
        urgent=matter.urgent,
        opened_at=matter.registered_at,
    )


def work_of_partners(matter: Matter, assignments: Iterable[Assignment]) -> list[worklist.Work]:
    """Supporters' and whistled units' own items, by their own clocks."""
    return [
        worklist.Work(
            kind="assignment",
            record_id=assignment.pk,
            subject_id=matter.pk,
            queue="whistle" if assignment.part == Part.WHISTLE else "support",
            unit_id=assignment.unit_id,
            number=matter.number,
            title=matter.title,
            place=matter.place,
            channel=matter.channel,
            due_at=assignment.due_at,
            urgent=matter.urgent,
            opened_at=assignment.issued_at,
        )
        for assignment in assignments
        if assignment.ended_at is None and assignment.part in (Part.SUPPORT, Part.WHISTLE)
    ]
