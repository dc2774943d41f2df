"""Which queue an open matter stands in, and whose: the rule by which the worklist is kept."""

from collections.abc import Iterable, Iterator

from huying.domains.matters.models import Assignment, Matter
from huying.domains.matters.vocabulary import Part, State
from huying.kernel import worklist

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
        due_at=matter.receipt_due_at if matter.state == State.DISPATCHED else matter.due_at,
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
