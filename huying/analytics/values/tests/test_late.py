"""What changed after the fact is told on, though the file of values is lost; a stopped build tells it once."""

from datetime import date

import pytest

from huying.analytics.models import LateChange
from huying.analytics.tests.made import BRIDGE
from huying.analytics.values import store

from .test_reading import FIRES

MONTH_END = date(2026, 10, 31)


@pytest.fixture
def corrected(place):
    """Fires in October: 30 when they were first computed, 40 after a late correction."""
    place.define(FIRES)
    place.deliver("fire", BRIDGE, MONTH_END, fires=30, people=10000)
    place.build()
    place.later(days=1)
    place.deliver("fire", BRIDGE, MONTH_END, fires=40, people=10000, at=place.now)
    place.build()
    return place


def told(place):
    return {(row.node, row.period, row.before, row.after, row.times) for row in place.told()}


def test_a_lost_file_loses_nothing_of_what_was_told(corrected):
    before = told(corrected)
    assert (BRIDGE, "2026-10", 30, 40, 1) in before
    store.path(corrected.home).unlink()
    corrected.build()
    assert told(corrected) == before


def test_what_follows_after_the_loss_is_added_to_what_was_told(corrected):
    store.path(corrected.home).unlink()
    corrected.build()
    corrected.later(days=1)
    corrected.deliver("fire", BRIDGE, MONTH_END, fires=50, people=10000, at=corrected.now)
    corrected.build()
    assert (BRIDGE, "2026-10", 30, 50, 2) in told(corrected)
    assert LateChange.objects.get(node=BRIDGE, period="2026-10").times == 2


def test_a_build_stopped_after_telling_tells_it_alike_the_next_time(corrected, monkeypatch):
    corrected.later(days=1)
    corrected.deliver("fire", BRIDGE, MONTH_END, fires=50, people=10000, at=corrected.now)

    def full(*_args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(store.os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            corrected.build()
    corrected.later(minutes=5)
    corrected.build(publish=False)
    assert LateChange.objects.get(node=BRIDGE, period="2026-10").times == 2
    assert (BRIDGE, "2026-10", 30, 50, 2) in told(corrected)


def test_what_a_file_from_before_holds_is_taken_over(corrected):
    before = told(corrected)
    LateChange.objects.all().delete()
    corrected.build(full=True)
    assert told(corrected) == before
    assert LateChange.objects.count() == len(before)
