"""A dataset of the housing bodies of two counties, with October open."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from huying.domains.exchange import services
from huying.domains.exchange.tests import made
from huying.kernel.actors import Actor
from huying.kernel.clock import ZONE, FixedClock


@pytest.fixture
def move(clock: FixedClock) -> Any:
    """move(2026, 11, 5): ten in the morning of that day."""

    def to(year: int, month: int, day: int, hour: int = 10) -> None:
        clock.move(datetime(year, month, day, hour, tzinfo=ZONE) - clock.now())

    return to


@pytest.fixture
def asked(cast: Any, move: Any) -> Any:
    """Asked for since October 2026, on 2 November: due on Friday 6 November, locked after the 20th (working days)."""
    move(2026, 10, 9)
    services.put_datasets(actor=Actor.system("test"), rows=[made.row(owner="housing")])
    move(2026, 11, 2)
    services.open_reports()
    return cast
