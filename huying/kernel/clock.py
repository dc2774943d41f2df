"""The present moment, injected: code asks `now()`, a test or a replay says what time it is with `use`."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    def now(self) -> datetime: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(ZONE)


class FixedClock:
    """Stands still until moved."""

    def __init__(self, at: datetime) -> None:
        self._at = local(at)

    def now(self) -> datetime:
        return self._at

    def move(self, by: timedelta | None = None, *, to: datetime | None = None) -> None:
        self._at = local(to) if to is not None else self._at + (by or timedelta())


_clock: ContextVar[Clock] = ContextVar("clock", default=SystemClock())  # noqa: B039 (SystemClock has no state)


def now() -> datetime:
    """The context's present moment, aware, in Asia/Shanghai."""
    return _clock.get().now()


def today() -> date:
    return now().date()


def local(moment: datetime) -> datetime:
    """`moment` in Asia/Shanghai; a naive one is taken to be there already."""
    return moment.replace(tzinfo=ZONE) if moment.tzinfo is None else moment.astimezone(ZONE)


@contextmanager
def use(clock: Clock) -> Iterator[Clock]:
    """Within the block, `now()` is what `clock` says."""
    token = _clock.set(clock)
    try:
        yield clock
    finally:
        _clock.reset(token)
