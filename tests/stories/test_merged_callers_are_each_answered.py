"""并单: repeats and same-matter orders go on as one; each caller still gets an answer under their own number.

Source: hotline-and-dispatch.md, Dispatch (并单; each caller still gets an answer).
"""

import pytest

from huying.domains.identities import services as vault
from huying.domains.identities.vocabulary import RecusalReason
from huying.domains.matters import queries, services
from huying.domains.matters.vocabulary import Kind, Outcome, State
from huying.kernel import audit, clocks, worklist
from huying.kernel.errors import InvalidInput, NotAllowedNow, Refused


@pytest.fixture
def merged(cast):
    """Three callers about one burst main; two go into the first."""
    main = cast.in_hand()
    others = [cast.register(), cast.register()]
    return main, [cast.act("dispatcher", services.merge, other, into=main.pk) for other in others]


def test_the_main_orders_answer_reaches_every_merged_caller(cast, merged):
    main, others = merged
    main = cast.act("water", services.reply, main, text="主管已更换，恢复供水。")
    cast.act("supervisor", services.approve_reply, main)
    for other in others:
        other.refresh_from_db()
        assert other.state == State.MERGED
        assert other.replied_at is not None
        assert queries.public_story(other).reply == "主管已更换，恢复供水。"
        assert audit.history("matter", other.pk)[-1].action == "answer_merged"


def test_a_merged_matter_leaves_the_worklists(cast, merged):
    _main, others = merged
    waiting = {item.record_id for item in worklist.page(cast["dispatcher"]).items}
    assert waiting.isdisjoint({other.pk for other in others})


def test_nothing_is_merged_into_itself_or_into_what_has_ended(cast, merged):
    _main, others = merged
    fresh = cast.register()
    with pytest.raises(InvalidInput):
        cast.act("dispatcher", services.merge, fresh, into=fresh.pk)
    with pytest.raises(NotAllowedNow):
        cast.act("dispatcher", services.merge, fresh, into=others[0].pk)


def test_nothing_is_merged_into_what_the_dispatcher_cannot_see(cast, merged):
    main, _others = merged
    elsewhere = cast.register("city_taker", division="331121100000")
    elsewhere_by_city = cast.act("city_dispatcher", services.pass_down, elsewhere, unit=cast.unit("331121-centre"))
    with pytest.raises(InvalidInput):
        cast.act("other_dispatcher", services.merge, elsewhere_by_city, into=main.pk)


def test_what_was_merged_before_goes_on_with_the_new_main_order(cast, merged):
    main, others = merged
    wider = cast.in_hand()
    cast.act("dispatcher", services.merge, main, into=wider.pk)
    wider = cast.act("water", services.reply, wider, text="整片管网已抢修。")
    cast.act("supervisor", services.approve_reply, wider)
    for waiting in (main, *others):
        waiting.refresh_from_db()
        assert waiting.merged_into_id == wider.pk
        assert queries.public_story(waiting).reply == "整片管网已抢修。"


def test_when_the_main_orders_reporter_withdraws_the_others_come_back_to_be_dispatched(cast, merged):
    main, others = merged
    cast.act("taker", services.withdraw, main, reason="反映人不再反映")
    waiting = {item.record_id for item in worklist.page(cast["dispatcher"]).items}
    for other in others:
        other.refresh_from_db()
        assert (other.state, other.merged_into_id, other.outcome) == (State.REGISTERED, None, "")
        assert other.pk in waiting
        assert main.number in audit.history("matter", other.pk)[-1].reason


def test_when_the_main_order_is_not_dispatched_the_others_are_judged_for_themselves(cast):
    main, other = cast.register(), cast.register()
    cast.act("dispatcher", services.merge, other, into=main.pk)
    cast.act("dispatcher", services.not_accept, main, outcome=Outcome.OUT_OF_SCOPE, reason="不属于行政机关职权")
    other.refresh_from_db()
    assert other.state == State.REGISTERED


def test_a_direct_answer_to_the_main_order_reaches_the_others_too(cast):
    main, other = cast.register(), cast.register()
    cast.act("dispatcher", services.merge, other, into=main.pk)
    cast.act("dispatcher", services.answer_directly, main, text="今天18时恢复供水。")
    other.refresh_from_db()
    assert queries.public_story(other).reply == "今天18时恢复供水。"


def test_a_wrong_merging_is_undone_and_the_clock_runs_on_to_the_same_moment(cast):
    main, other = cast.in_hand(), cast.in_hand()
    due = other.due_at
    other = cast.act("dispatcher", services.merge, other, into=main.pk)
    other = cast.act("dispatcher", services.unmerge, other, reason="是两处地方")
    assert other.state == State.REGISTERED
    other = cast.act("dispatcher", services.dispatch, other, lead_unit=cast.unit("331102-water"))
    assert other.due_at == due
    [running] = [row for row in clocks.of_records("matter", [other.pk]) if row.slot == other.clock_slot]
    assert (running.state, running.due_at) == ("running", due)


def test_once_answered_with_the_main_order_a_matter_is_not_parted_from_it(cast, merged):
    main, others = merged
    main = cast.act("water", services.reply, main, text="主管已更换，恢复供水。")
    cast.act("supervisor", services.approve_reply, main)
    others[0].refresh_from_db()
    with pytest.raises(NotAllowedNow):
        cast.act("dispatcher", services.unmerge, others[0], reason="分开")


def test_two_matters_are_not_merged_into_each_other_in_one_go(cast):
    one, two = cast.register(), cast.register()
    with pytest.raises(NotAllowedNow):
        services.merge.many(
            [
                services.Merge(actor=cast["dispatcher"], matter_id=one.pk, into=two.pk),
                services.Merge(actor=cast["dispatcher"], matter_id=two.pk, into=one.pk),
            ]
        )


def test_a_petition_is_merged_with_no_other_kind_of_matter(cast):
    petition, other = cast.register(kind=Kind.PETITION), cast.register()
    for which, into in ((petition, other), (other, petition)):
        with pytest.raises(Refused):
            cast.act("dispatcher", services.merge, which, into=into.pk)


def test_what_a_unit_is_kept_away_from_is_merged_with_nothing(cast):
    accusation, other = cast.register(), cast.in_hand()
    of_unit = vault.NewRecusal(
        kind="matter", record_id=accusation.pk, unit_id=cast.unit("331102-water"), reason=RecusalReason.ACCUSED
    )
    vault.recuse(actor=cast["supervisor"], recusals=[of_unit])
    with pytest.raises(Refused):
        cast.act("dispatcher", services.merge, accusation, into=other.pk)
