"""Legal time limits: pure functions from a rule, a start and a calendar to a due moment that explains itself.

The rules of counting are those of 民法典 Art 201-204 unless a rule says otherwise as data (民事诉讼法 Art 85: starting
hour; 行政处罚法 85, 行政强制法 69, 行政许可法 82, 行政复议法 88: 日 meaning working days).
"""

from huying.kernel.deadlines.calendar import Calendar, Day, Skipped
from huying.kernel.deadlines.counting import compute
from huying.kernel.deadlines.deadline import Deadline, Extension, Pause, remaining
from huying.kernel.deadlines.limits import Limit, Unit
from huying.kernel.deadlines.rules import (
    Basis,
    DayLaw,
    Direction,
    ExtensionRule,
    FirstDay,
    FirstHour,
    PauseReason,
    Roll,
    Rule,
    Sense,
)

__all__ = [
    "Basis",
    "Calendar",
    "Day",
    "DayLaw",
    "Deadline",
    "Direction",
    "Extension",
    "ExtensionRule",
    "FirstDay",
    "FirstHour",
    "Limit",
    "Pause",
    "PauseReason",
    "Roll",
    "Rule",
    "Sense",
    "Skipped",
    "Unit",
    "compute",
    "remaining",
]
