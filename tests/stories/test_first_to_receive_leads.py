"""首接负责: the first unit to receive stays lead though others are needed; partners answer to it, each by its own clock.

Source: hotline-and-dispatch.md, Dispatch (首接负责; several units → one lead and supporters).
"""

from datetime import timedelta

import pytest

from huying.domains.matters import queries, services
from huying.domains.matters.vocabulary import AssignmentState, Part
from huying.kernel import worklist
from huying.kernel.errors import Forbidden, NotAllowedNow


@pytest.fixture
def shared(cast):
    """A burst main: water leads, housing helps."""
    return cast.in_hand(supporters=(cast.unit("331102-housing"),))


def test_the_unit_that_received_first_stays_lead_when_others_are_called(cast, shared):
    matter = cast.act("water", services.call_supporters, shared, units=(cast.unit("331102-police"),))
    assert matter.lead_unit_id == cast.unit("331102-water")
    parts = {a.unit_id: a.part for a in queries.page(cast["water"], matter.pk).assignments}
    assert parts[cast.unit("331102-police")] == Part.SUPPORT


def test_each_partner_has_its_own_clock_and_its_own_place_on_the_worklist(cast, shared):
    page = queries.page(cast["water"], shared.pk)
    assert {(clock.kind, clock.rule_key) for clock in page.clocks} == {
        ("matter", "hotline.ordinary"),
        ("assignment", "supporter.reply"),
    }
    [item] = worklist.page(cast["housing"]).items
    assert item.queue == "support"
    assert item.due_at is not None


def test_a_supporter_answers_to_the_lead_and_cannot_reply_for_it(cast, shared):
    with pytest.raises(Forbidden):
        cast.act("housing", services.reply, shared, text="我们来答复。")
    cast.act("housing", services.supporter_answer, shared, text="路面已回填。")
    assert worklist.page(cast["housing"]).items == []


def test_the_lead_waits_for_its_partners_until_their_limit_has_passed(cast, shared, clock):
    with pytest.raises(NotAllowedNow, match="住建局"):
        cast.act("water", services.reply, shared, text="修好了。")
    clock.move(timedelta(days=20))
    matter = cast.act(
        "water", services.record_no_answer, shared, unit=cast.unit("331102-housing"), reason="协办时限届满未反馈"
    )
    cast.act("water", services.reply, matter, text="修好了，路面由我局先行回填。")
    states = {a.unit_id: a.state for a in queries.page(cast["water"], shared.pk).assignments}
    assert states[cast.unit("331102-housing")] == AssignmentState.NOT_ANSWERED


def test_silence_is_not_recorded_before_the_partners_limit(cast, shared):
    with pytest.raises(NotAllowedNow):
        cast.act("water", services.record_no_answer, shared, unit=cast.unit("331102-housing"), reason="还没来")
