"""Every reply is reviewed; follow-up is by someone else; unsolved goes back, but not for ever; silence is never a "yes".

Source: hotline-and-dispatch.md, Answer, follow-up and measures.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from huying.domains.matters import services
from huying.domains.matters.queries import rows
from huying.domains.matters.vocabulary import Outcome, Solved, State
from huying.kernel import clocks, worklist
from huying.kernel.actors import Role
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow


def test_a_returned_reply_runs_on_towards_the_same_moment(cast, clock):
    matter = cast.replied()
    due = matter.due_at
    clock.move(timedelta(days=1))
    matter = cast.act("supervisor", services.return_reply, matter, reason="没有回答何时恢复路面")
    [running] = clocks.of_records("matter", [matter.pk])
    assert (running.state, running.due_at) == ("running", due)


def test_unsolved_goes_back_to_the_same_unit_under_a_new_clock(cast):
    matter = cast.followed_up(solved="no", satisfied="no")
    matter = cast.act("follower", services.redo, matter, reason="反映人说仍在漏水")
    assert (matter.state, matter.lead_unit_id) == (State.IN_HAND, cast.unit("331102-water"))
    assert [c.rule_key for c in clocks.of_records("matter", [matter.pk])] == ["hotline.ordinary", "redo"]


def test_redo_cannot_loop_for_ever(cast):
    matter = cast.followed_up(solved="no", satisfied="no")
    for _round in range(2):
        matter = cast.act("follower", services.redo, matter, reason="仍未解决")
        matter = cast.act("water", services.reply, matter, text="再次处理。")
        matter = cast.act("supervisor", services.approve_reply, matter)
        matter = cast.act("follower", services.follow_up, matter, solved="no", satisfied="no")
    with pytest.raises(NotAllowedNow, match="达到上限"):
        cast.act("follower", services.redo, matter, reason="仍未解决")
    with pytest.raises(InvalidInput):
        cast.act("follower", services.close, matter)
    matter = cast.act("follower", services.close, matter, reason="产权纠纷，已告知诉讼途径")
    assert matter.outcome == Outcome.UNSOLVED


def test_who_handled_it_does_not_follow_it_up(cast):
    matter = cast.reviewed()
    handler_as_follower = replace(cast["water"], roles=frozenset({Role.FOLLOWUP_CLERK, Role.HANDLER}))
    with pytest.raises(Forbidden, match="承办单位以外"):
        services.follow_up(actor=handler_as_follower, matter_id=matter.pk, solved="yes", satisfied="yes")


def test_who_replied_does_not_review_the_reply(cast):
    matter = cast.replied()
    replier_as_reviewer = replace(cast["supervisor"], account_id=cast["water"].account_id)
    with pytest.raises(Forbidden, match="审核自己"):
        services.approve_reply(actor=replier_as_reviewer, matter_id=matter.pk)


def test_three_attempts_without_an_answer_are_their_own_outcome(cast):
    matter = cast.reviewed()
    for _attempt in range(2):
        matter = cast.act("follower", services.attempt_follow_up, matter)
        assert matter.state == State.REVIEWED
    matter = cast.act("follower", services.attempt_follow_up, matter)
    assert (matter.state, matter.solved) == (State.FOLLOWED_UP, Solved.UNREACHED)
    matter = cast.act("follower", services.close, matter)
    assert matter.solved != Solved.YES


def test_reopening_is_possible_within_the_window_that_comments_do_not_move(cast, clock):
    matter = cast.closed()
    window = matter.reopen_until
    clock.move(timedelta(days=10))
    matter = cast.act("taker", services.comment, matter, text="反映人来电补充：又漏了。")
    assert matter.reopen_until == window
    clock.move(to=window + timedelta(seconds=1))
    with pytest.raises(NotAllowedNow, match="已过"):
        cast.act("follower", services.reopen, matter, reason="又漏水了")


def test_a_reopened_matter_gets_a_fresh_clock_at_its_next_dispatch(cast, clock):
    matter = cast.closed()
    clock.move(timedelta(days=10))
    matter = cast.act("follower", services.reopen, matter, reason="又漏水了")
    assert (matter.state, matter.due_at, matter.solved) == (State.REGISTERED, None, "")
    matter = cast.act("dispatcher", services.dispatch, matter, lead_unit=cast.unit("331102-water"))
    assert matter.due_at > clock.now()


def test_a_reopened_matter_stands_under_the_limit_to_send_it_on_until_it_is_dispatched(cast, clock):
    matter = cast.closed()
    clock.move(timedelta(days=10))
    matter = cast.act("follower", services.reopen, matter, reason="又漏水了")
    (item,) = worklist.items("matter", [matter.pk])
    assert item.due_at == clock.now() + timedelta(hours=2)
    assert (item.queue, rows.to_dispatch([matter.pk])[matter.pk]) == ("dispatch", "第1次重新办理")
    matter = cast.act("dispatcher", services.dispatch, matter, lead_unit=cast.unit("331102-water"))
    (item,) = worklist.items("matter", [matter.pk])
    assert item.due_at == matter.receipt_due_at
    matter = cast.act("water", services.receive, matter)
    (item,) = worklist.items("matter", [matter.pk])
    assert item.due_at == matter.due_at > clock.now() + timedelta(days=1)
