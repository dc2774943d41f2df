"""吹哨报到: a township that can't solve a matter alone calls the departments it needs; they must report in within the limit.

Source: 北京市街道办事处条例; hotline-and-dispatch.md, Dispatch (the whistle).
"""

from datetime import timedelta

import pytest

from huying.domains.matters import queries, services
from huying.domains.matters.vocabulary import AssignmentState, Part
from huying.kernel import clocks, worklist
from huying.kernel.errors import Forbidden


@pytest.fixture
def at_the_street(cast):
    return cast.in_hand("331102001-government", by="street")


def test_a_street_calls_departments_and_they_report_in(cast, at_the_street, clock):
    called = (cast.unit("331102-water"), cast.unit("331102-police"))
    matter = cast.act("street", services.whistle, at_the_street, units=called, reason="占道施工挖断水管，需现场处置")
    assert [item.queue for item in worklist.page(cast["police"]).items] == ["whistle"]
    clock.move(timedelta(hours=1))
    cast.act("police", services.report_in, matter)
    row = next(
        a for a in queries.page(cast["street"], matter.pk).assignments if a.unit_id == cast.unit("331102-police")
    )
    assert (row.part, row.state) == (Part.WHISTLE, AssignmentState.RECEIVED)
    [running] = clocks.of_records("assignment", [row.pk])
    assert running.state == "stopped"
    assert running.card == "none"


def test_a_department_cannot_blow_the_whistle(cast):
    matter = cast.in_hand()
    with pytest.raises(Forbidden, match="乡镇、街道"):
        cast.act("water", services.whistle, matter, units=(cast.unit("331102-police"),), reason="想叫公安来")


def test_who_does_not_report_in_shows_it(cast, at_the_street, clock):
    matter = cast.act(
        "street", services.whistle, at_the_street, units=(cast.unit("331102-police"),), reason="需要现场处置"
    )
    clock.move(timedelta(days=10))
    clocks.turn_due()
    [item] = worklist.page(cast["police"]).items
    assert item.card == "red"
    assert item.number == matter.number


def test_a_street_leading_copies_the_county_in(cast, at_the_street):
    other = cast.register("city_taker")
    matter = cast.act("city_dispatcher", services.dispatch, other, lead_unit=cast.unit("331102001-government"))
    copied = [a.unit_id for a in queries.page(cast["city_dispatcher"], matter.pk).assignments if a.part == Part.COPY]
    assert copied == [cast.unit("331102-centre")]
