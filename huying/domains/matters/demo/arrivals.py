"""When people call: by hour, weekday, holiday, season and kind of matter."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import accumulate

from huying.domains.matters.demo.texts import Topic, texts
from huying.kernel import clock

# Calls through the day, hour by hour: two humps, office hours, little at night.
HOURS = (2, 1, 1, 1, 1, 2, 5, 11, 24, 32, 31, 22, 14, 18, 27, 29, 26, 18, 12, 11, 10, 8, 5, 3)
RESTING = 0.55
"""A rest day brings this share of a working day's calls."""


def arrivals(
    rng: random.Random, since: datetime, until: datetime, n: int, works: Callable[[date], bool]
) -> list[tuple[datetime, Topic]]:
    """`n` moments between `since` and `until` with what each is about, in order of time."""
    topics = texts().topics
    monthly = [sum(topic.weight * topic.months[month] for topic in topics) for month in range(12)]
    days = [since.date() + timedelta(days=k) for k in range((until.date() - since.date()).days + 1)]
    by_day = list(accumulate(monthly[day.month - 1] * (1.0 if works(day) else RESTING) for day in days))
    by_month = [list(accumulate(topic.weight * topic.months[month] for topic in topics)) for month in range(12)]
    by_hour = list(accumulate(HOURS))
    found: list[tuple[datetime, Topic]] = []
    while len(found) < n:
        day = rng.choices(days, cum_weights=by_day)[0]
        hour = rng.choices(range(24), cum_weights=by_hour)[0]
        at = datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60)), clock.ZONE)
        if since <= at < until:
            found.append((at, rng.choices(topics, cum_weights=by_month[day.month - 1])[0]))
    return sorted(found, key=lambda each: each[0])


class OfficeHours:
    """When an office gets to something: working days, 8:30-12:00 and 14:00-17:30."""

    OPEN = ((time(8, 30), time(12, 0)), (time(14, 0), time(17, 30)))

    def __init__(self, works: Callable[[date], bool]) -> None:
        self._works = works

    def after(self, start: datetime, busy: timedelta) -> datetime:
        """The moment when `busy` of office time has passed since `start`."""
        at, left = start, busy
        for _day in range(400):
            if self._works(at.date()):
                for opens, closes in self.OPEN:
                    begins = max(at, datetime.combine(at.date(), opens, clock.ZONE))
                    ends = datetime.combine(at.date(), closes, clock.ZONE)
                    if begins < ends:
                        if left <= ends - begins:
                            return begins + left
                        left -= ends - begins
            at = datetime.combine(at.date() + timedelta(days=1), time(0), clock.ZONE)
        raise ValueError("no office opens within 400 days")
