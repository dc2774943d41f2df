"""A matter, its log, clock, orders and queue tell one story; where a hand in the database made them differ, it is said."""

from datetime import timedelta

import pytest

from huying.domains.matters import services as matters
from huying.domains.matters.models import Assignment, Matter
from huying.domains.matters.soundness import disagreements
from huying.domains.matters.vocabulary import Outcome
from huying.kernel import worklist
from huying.kernel.audit.models import ChainHead, Event
from huying.kernel.clocks import ClockRecord

ALL = "a test"


def found() -> list[str]:
    return [one.what for one in disagreements()]


def test_whatever_is_done_to_matters_their_records_agree(cast, django_assert_max_num_queries) -> None:
    cast.register()
    cast.dispatched()
    cast.act("dispatcher", matters.recall, cast.dispatched(), reason="派错了单位")
    objected = cast.act("water", matters.object_, cast.dispatched(), reason="此处不属水利管辖")
    cast.act("dispatcher", matters.uphold_objection, objected, reason="确实不属水利管辖")
    again = cast.act("water", matters.object_, cast.in_hand(), reason="此处不属水利管辖")
    cast.act("dispatcher", matters.refuse_objection, again, reason="河道管理职责在水利")
    cast.act("water", matters.call_supporters, cast.in_hand(), units=(cast.unit("331102-housing"),))
    cast.replied()
    cast.act("supervisor", matters.return_reply, cast.replied(), reason="没有写明时间")
    cast.reviewed()
    cast.act("follower", matters.redo, cast.followed_up(solved="no", satisfied="no"), reason="水还在漏")
    cast.closed()
    cast.act("supervisor", matters.reopen, cast.closed(), reason="又漏了")
    cast.act("taker", matters.withdraw, cast.register(), reason="反映人撤回")
    cast.act("taker", matters.not_accept, cast.register(), outcome=Outcome.OUT_OF_SCOPE, reason="不在受理范围内")
    cast.act("dispatcher", matters.merge, cast.in_hand(), into=cast.dispatched().pk)
    with django_assert_max_num_queries(12):
        assert found() == []


def test_a_card_that_turned_leaves_them_agreeing(cast, clock) -> None:
    from huying.kernel import clocks

    cast.in_hand()
    clock.move(timedelta(days=60))
    assert clocks.turn_due() > 0
    assert found() == []


def _state(matter: Matter) -> None:
    Matter.objects.everything(ALL).filter(pk=matter.pk).update(state="dispatched")


def _due(matter: Matter) -> None:
    Matter.objects.everything(ALL).filter(pk=matter.pk).update(due_at=matter.due_at + timedelta(days=1))


def _clock(matter: Matter) -> None:
    ClockRecord.objects.filter(kind="matter", record_id=matter.pk).delete()


def _running(matter: Matter) -> None:
    row = ClockRecord.objects.get(kind="matter", record_id=matter.pk)
    ClockRecord.objects.filter(pk=row.pk).update(state="stopped", stopped_at=row.started_at)


def _queue(matter: Matter) -> None:
    worklist.close("matter", [matter.pk])


def _order(matter: Matter) -> None:
    Assignment.objects.everything(ALL).filter(matter=matter).update(ended_at=matter.registered_at)


def _log(matter: Matter) -> None:
    Event.objects.filter(kind="matter", record_id=matter.pk).delete()
    ChainHead.objects.filter(kind="matter", record_id=matter.pk).delete()


def _last(matter: Matter) -> None:
    Event.objects.filter(kind="matter", record_id=matter.pk).order_by("-seq")[0].delete()


@pytest.mark.parametrize(
    ("hand", "said"),
    [
        (_state, "its log ends in in_hand"),
        (_due, "its clock says"),
        (_clock, "a due time and no clock"),
        (_running, "while its clock is stopped"),
        (_queue, "lies in no queue"),
        (_order, "its living orders are to []"),
        (_log, "the log has no word of it"),
        (_last, "it was changed 3 times, its log tells of 2"),
    ],
)
def test_a_hand_in_the_database_shows(cast, hand, said) -> None:
    hand(cast.in_hand())
    assert said in " | ".join(found())


def test_what_was_taken_away_whole_shows_by_what_it_left(cast) -> None:
    matter = cast.in_hand()
    Assignment.objects.everything(ALL).filter(matter=matter).delete()
    Matter.objects.everything(ALL).filter(pk=matter.pk).delete()
    assert sorted(found())[0].startswith("it isn't there, yet its clock")
    assert "it isn't there, yet lies in the queue handle" in found()
