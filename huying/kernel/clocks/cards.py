"""Yellow and red cards: when they turn is reckoned with the limit; a worker only shows what the time already says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from huying.kernel import clock, deadlines, worklist
from huying.kernel.bulk import save_many
from huying.kernel.clocks.models import ClockRecord

AT_ONCE = 500


@dataclass(frozen=True)
class Turn:
    """A card that turned on a clock: from which to which."""

    clock: ClockRecord
    before: str
    after: str
    at: datetime


Listener = Callable[[Sequence[Turn]], None]
_listeners: dict[str, list[Listener]] = defaultdict(list)


def on_turn(kind: str, listener: Listener) -> None:
    """Be told of cards that turn on clocks of `kind`, in the turning transaction; log, notify, supervise from there."""
    _listeners[kind].append(listener)


def turns_of(reckoned: deadlines.Deadline) -> list[list[str]]:
    """The card changes of a limit, soonest first."""
    turns = [["yellow", reckoned.warn_at.isoformat()]] if reckoned.warn_at is not None else []
    return [*turns, ["red", reckoned.red_at.isoformat()]]


def card_at(row: ClockRecord, moment: datetime) -> str:
    """The card a clock shows at `moment`: pure arithmetic, the same whether a worker ran or not."""
    shown = "none"
    for card, at in row.turns:
        if datetime.fromisoformat(at) <= moment:
            shown = card
    return shown


def next_turn(row: ClockRecord, moment: datetime) -> datetime | None:
    """The first card change after `moment`, or one that has passed but is not yet shown."""
    for card, at in row.turns:
        when = datetime.fromisoformat(at)
        if when > moment or (row.card in ("none", "yellow") and card == "red" and row.card != card):
            return when
    return None


def turn_due(limit: int = 10_000) -> int:
    """Turn every card whose time has come, soonest first; returns how many. Safe to run in several workers at once."""
    turned = 0
    while turned < limit:
        with transaction.atomic():
            now = clock.now()
            rows = list(
                ClockRecord.objects.select_for_update(skip_locked=_can_skip_locked())
                .filter(state="running", next_turn_at__lte=now)
                .order_by("next_turn_at")[:AT_ONCE]
            )
            if not rows:
                return turned
            turns = []
            for row in rows:
                before, row.card = row.card, card_at(row, now)
                row.next_turn_at = next_turn(row, now)
                if row.card != before:
                    turns.append(Turn(row, before, row.card, now))
            save_many(rows, ["card", "next_turn_at"])
            _tell(turns)
            turned += len(rows)
    return turned


def _tell(turns: Sequence[Turn]) -> None:
    by_kind: dict[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        by_kind[turn.clock.kind].append(turn)
    for kind, told in by_kind.items():
        worklist.recolour(kind, {turn.clock.record_id: turn.after for turn in told})
        for listener in _listeners[kind]:
            listener(told)


def _can_skip_locked() -> bool:
    from django.db import connection

    return connection.features.has_select_for_update_skip_locked
