"""派单异议: an objection is reviewed; a unit designated after review may not return the order again.

Source: hotline-and-dispatch.md, Dispatch (派单异议; a designated unit can't return).
"""

from datetime import timedelta

import pytest

from huying.domains.matters import services
from huying.domains.matters.pages import acts, reading
from huying.domains.matters.vocabulary import State
from huying.kernel.errors import Forbidden, NotAllowedNow


@pytest.fixture
def objected(cast):
    return cast.act("water", services.object_, cast.dispatched(), reason="破裂点在小区红线内，属物业和住建职责")


def test_an_objection_is_reviewed_by_the_dispatcher_and_not_by_the_unit(cast, objected):
    assert objected.state == State.OBJECTED
    with pytest.raises(Forbidden):
        cast.act("water", services.uphold_objection, objected, reason="我们自己同意")


def test_an_upheld_objection_goes_to_another_unit_and_the_reporters_clock_runs_on(cast, objected, clock):
    due = objected.due_at
    clock.move(timedelta(hours=20))
    matter = cast.act("dispatcher", services.uphold_objection, objected, reason="红线内管道属住建")
    matter = cast.act("dispatcher", services.dispatch, matter, lead_unit=cast.unit("331102-housing"))
    assert matter.due_at == due
    assert matter.returned_count == 1


def test_a_designated_unit_must_handle_it(cast, objected):
    matter = cast.act(
        "supervisor",
        services.designate,
        objected,
        lead_unit=cast.unit("331102-housing"),
        reason="经会商，由住建局牵头",
    )
    assert matter.designated
    with pytest.raises(NotAllowedNow, match="不得再次退回"):
        cast.act("housing", services.object_, matter, reason="仍然认为不属我局职责")
    matter = cast.act("housing", services.receive, matter)
    assert matter.state == State.IN_HAND


def test_a_unit_whose_objection_was_refused_may_not_object_again(cast, objected):
    matter = cast.act("dispatcher", services.refuse_objection, objected, reason="市政主管网，属水利职责")
    assert matter.state == State.IN_HAND
    with pytest.raises(NotAllowedNow):
        cast.act("water", services.object_, matter, reason="再次提出异议")
    offer = acts.offered(cast["water"], matter, reading.view(cast["water"], matter).facts)
    assert offer.next is not None
    assert offer.find("object") is None
