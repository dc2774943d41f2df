"""Stored clocks: one engine for every limit, with its cards, pauses, extensions and its own explanation (design rule 5)."""

from huying.kernel.clocks.cards import Turn, card_at, on_turn, turn_due
from huying.kernel.clocks.engine import (
    StartClock,
    calendar,
    deadline_of,
    extend,
    forget_rules,
    of_records,
    on_retime,
    pause,
    recompute_provisional,
    reopen,
    resume,
    rule_of,
    rules_of,
    set_calendar_source,
    start,
    stop,
)
from huying.kernel.clocks.models import ClockRecord

__all__ = [
    "ClockRecord",
    "StartClock",
    "Turn",
    "calendar",
    "card_at",
    "deadline_of",
    "extend",
    "forget_rules",
    "of_records",
    "on_retime",
    "on_turn",
    "pause",
    "recompute_provisional",
    "reopen",
    "resume",
    "rule_of",
    "rules_of",
    "set_calendar_source",
    "start",
    "stop",
    "turn_due",
]
