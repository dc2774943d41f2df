"""The reporting calendar: when a report of a period is due and when it locks. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from huying.analytics.periods import Period
from huying.domains.exchange.schema import Dates
from huying.domains.exchange.vocabulary import RULE
from huying.kernel.clock import ZONE
from huying.kernel.deadlines import Basis, Calendar, Deadline, Limit, Rule, compute
from huying.kernel.words import words


@dataclass(frozen=True)
class Due:
    """due, locks: the last second in which it is in time, and in which it may be written. provisional: a year that decides one
    of them has no published calendar yet."""

    due: datetime
    locks: datetime
    provisional: bool


def due_of(dates: Dates, period: Period, days: Calendar, reference: str = "") -> Due:
    """Counted from the last day of the period, which is day 0; a last day that rests moves on (民法典 Art 203)."""
    due, locks = (counted(limit, period.last, days, reference) for limit in (dates.due, dates.lock))
    return Due(due.due, locks.due, due.provisional or locks.provisional)


def counted(limit: str, day: date, days: Calendar, reference: str = "") -> Deadline:
    rule = Rule(
        key=RULE,
        words=words("数据报送期限", "limit of reporting data"),
        limit=Limit.parse(limit),
        basis=(Basis(reference),) if reference else (),
    )
    return compute(rule, datetime.combine(day, time(), ZONE), days)
