"""Whether what is written about each matter in different tables tells one story: its state, dates, log, clock, orders, work item.

Every act writes them in one transaction, so a disagreement means a fault in the program or a hand in the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from huying.domains.matters.models import Assignment, Matter
from huying.domains.matters.services.work import TRIAGE, work_of
from huying.domains.matters.vocabulary import ENDED_STATES, Part, State
from huying.kernel import audit, clocks, worklist
from huying.kernel.clocks import ClockRecord
from huying.kernel.worklist.models import WorkItem

AT_ONCE = 500
WHY = "an examination of the whole installation"
# Which way the clock that counts must stand, where there is one; elsewhere either may be lawful.
CLOCK_STATES: dict[str, Collection[str]] = {
    State.DISPATCHED: {"running"},
    State.OBJECTED: {"running"},
    State.IN_HAND: {"running"},
    State.SUSPENDED: {"paused"},
    State.REPLIED: {"stopped"},
    State.REVIEWED: {"stopped"},
    State.FOLLOWED_UP: {"stopped"},
    State.CLOSED: {"stopped"},
    State.MERGED: {"stopped"},
    State.WITHDRAWN: {"stopped"},
    State.ARCHIVED: {"stopped"},
}
WITH_UNIT = {State.DISPATCHED, State.OBJECTED, State.IN_HAND, State.SUSPENDED, State.REPLIED}


@dataclass(frozen=True)
class Disagreement:
    """One matter of which two places tell different things."""

    number: str
    what: str

    def __str__(self) -> str:
        return f"{self.number}: {self.what}"


def disagreements(progress: Callable[[int], None] | None = None) -> Iterator[Disagreement]:
    """Every disagreement, matters in order of their registration; a fixed number of queries for each 500 matters."""
    last = seen = 0
    while True:
        rows = list(Matter.objects.everything(WHY).filter(pk__gt=last).order_by("pk")[:AT_ONCE])
        if not rows:
            break
        yield from _of(rows)
        last, seen = rows[-1].pk, seen + len(rows)
        if progress:
            progress(seen)
    yield from _orphans()


def _of(rows: Sequence[Matter]) -> Iterator[Disagreement]:
    ids = [matter.pk for matter in rows]
    told = audit.histories("matter", ids)
    running = defaultdict(list)
    for clock in clocks.of_records("matter", ids):
        running[clock.record_id].append(clock)
    items = {item.record_id: item for item in worklist.items("matter", ids, slot="main")}
    orders = defaultdict(list)
    for order in Assignment.objects.everything(WHY).filter(matter__in=ids, ended_at=None):
        orders[order.matter_id].append(order)
    for matter in rows:
        for what in (
            *_story(matter, told.get(matter.pk, [])),
            *_clock(matter, running[matter.pk]),
            *_work(matter, items.get(matter.pk)),
            *_orders(matter, orders[matter.pk]),
        ):
            yield Disagreement(matter.number, what)


def _story(matter: Matter, told: Sequence[audit.HistoryEntry]) -> Iterator[str]:
    moves = [entry for entry in told if entry.to_state]
    if not moves:
        yield "the log has no word of it"
        return
    if moves[0].from_state:
        yield f"its log begins with {moves[0].action}, not with its registration"
    for before, after in pairwise(moves):
        if after.from_state != before.to_state:
            yield f"event {after.seq} begins from {after.from_state}, the one before ended in {before.to_state}"
    if moves[-1].to_state != matter.state:
        yield f"it stands as {matter.state}, its log ends in {moves[-1].to_state}"
    if matter.version != len(moves):
        yield f"it was changed {matter.version} times, its log tells of {len(moves)}"


def _clock(matter: Matter, rows: Sequence[ClockRecord]) -> Iterator[str]:
    counting = next((row for row in rows if row.slot == matter.clock_slot), None)
    for row in rows:
        if row is not counting and row.state != "stopped":
            yield f"its former clock {row.slot} still stands as {row.state}"
    if counting is None:
        if matter.due_at is not None:
            yield "it has a due time and no clock"
        return
    if matter.due_at != counting.due_at:
        yield f"it is due {matter.due_at}, its clock says {counting.due_at}"
    allowed = CLOCK_STATES.get(matter.state)
    if allowed and counting.state not in allowed:
        yield f"it stands as {matter.state} while its clock is {counting.state}"


def _work(matter: Matter, item: WorkItem | None) -> Iterator[str]:
    expected = next(work_of(matter), None)
    if expected is None:
        if item is not None:
            yield f"it stands as {matter.state}, yet lies in the queue {item.queue}"
    elif item is None:
        yield f"it stands as {matter.state} and lies in no queue"
    elif (item.queue, item.unit_id) != (expected.queue, expected.unit_id) or (
        # the limit to send it on was counted by the rule of that day; a rule published since doesn't move it
        item.due_at != expected.due_at and matter.state not in TRIAGE
    ):
        yield (
            f"it lies in {item.queue} of unit {item.unit_id} due {item.due_at}, "
            f"not in {expected.queue} of unit {expected.unit_id} due {expected.due_at}"
        )


def _orders(matter: Matter, living: Sequence[Assignment]) -> Iterator[str]:
    leads = [order.unit_id for order in living if order.part == Part.LEAD]
    if matter.state in WITH_UNIT and leads != [matter.lead_unit_id]:
        yield f"unit {matter.lead_unit_id} leads it, its living orders are to {leads}"
    if matter.state in ENDED_STATES and living:
        yield f"it has ended, yet {len(living)} orders are alive"


def _orphans() -> Iterator[Disagreement]:
    """Clocks and work items of matters that aren't there."""
    known = Matter.objects.everything(WHY)
    gone = clocks.ClockRecord.objects.filter(kind="matter").exclude(record_id__in=known.values("pk"))
    for record_id, slot in gone.values_list("record_id", "slot")[:AT_ONCE]:
        yield Disagreement(f"matter {record_id}", f"it isn't there, yet its clock {slot} is")
    for item in worklist.strays("matter", known.values("pk")):
        yield Disagreement(f"matter {item.record_id}", f"it isn't there, yet lies in the queue {item.queue}")
