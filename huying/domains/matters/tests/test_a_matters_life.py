"""From the call to the verified close, by the people whose turn it is."""

from datetime import timedelta

import pytest

from huying.domains.identities import services as vault
from huying.domains.matters import queries, services
from huying.domains.matters.vocabulary import Outcome, State
from huying.kernel import audit, clocks, search, worklist
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, NotFound, StaleVersion


def test_a_matter_goes_from_call_to_verified_close(cast):
    matter = cast.closed()
    assert matter.state == State.CLOSED
    assert matter.outcome == Outcome.HANDLED
    assert [entry.action for entry in audit.history("matter", matter.pk)] == [
        "register",
        "dispatch",
        "receive",
        "reply",
        "approve_reply",
        "follow_up",
        "close",
    ]
    assert audit.verify().ok


def test_the_worklist_follows_the_matter_from_desk_to_desk(cast):
    def waits_for(who):
        return [(item.queue, item.number) for item in worklist.page(cast[who]).items]

    matter = cast.register()
    assert waits_for("dispatcher") == [("dispatch", matter.number)]
    matter = cast.act("dispatcher", services.dispatch, matter, lead_unit=cast.unit("331102-water"))
    assert waits_for("dispatcher") == []
    assert waits_for("water") == [("receive", matter.number)]
    matter = cast.act("water", services.receive, matter)
    assert waits_for("water") == [("handle", matter.number)]
    assert waits_for("housing") == []
    matter = cast.act("water", services.reply, matter, text="已修好。")
    assert waits_for("water") == []
    assert waits_for("supervisor") == [("review", matter.number)]
    matter = cast.act("supervisor", services.approve_reply, matter)
    assert waits_for("follower") == [("follow_up", matter.number)]
    matter = cast.act("follower", services.follow_up, matter, solved="yes", satisfied="no")
    matter = cast.act("follower", services.close, matter)
    assert waits_for("follower") == []
    assert (matter.solved, matter.satisfied) == ("yes", "no")


def test_the_clock_starts_at_dispatch_and_stops_at_the_reply(cast, clock):
    matter = cast.dispatched()
    assert matter.due_at is not None
    clock.move(timedelta(hours=2))
    matter = cast.act("water", services.receive, matter)
    matter = cast.act("water", services.reply, matter, text="已修好。")
    [running] = clocks.of_records("matter", [matter.pk])
    assert running.state == "stopped"
    assert running.stopped_at == clock.now()


def test_out_of_scope_is_not_found_and_not_forbidden(cast):
    matter = cast.register()
    for who in ("other_dispatcher", "water", "auditor", "system_admin", "security_admin"):
        with pytest.raises(NotFound):
            queries.matter(cast[who], matter.pk)
    assert queries.matter(cast["city_dispatcher"], matter.pk) == matter


def test_an_act_of_another_role_is_forbidden(cast):
    matter = cast.register()
    with pytest.raises(Forbidden):
        cast.act("follower", services.dispatch, matter, lead_unit=cast.unit("331102-water"))


def test_an_act_from_the_wrong_state_says_which_states_allow_it(cast):
    matter = cast.register()
    with pytest.raises(NotAllowedNow, match="现在是“待派单”"):
        cast.act("follower", services.close, matter)


def test_what_was_changed_by_another_is_not_overwritten(cast):
    matter = cast.register()
    cast.act("taker", services.correct, matter, title="水管破裂")
    with pytest.raises(StaleVersion):
        services.correct(actor=cast["dispatcher"], matter_id=matter.pk, version=matter.version, title="别的标题")


def test_all_faults_of_an_intake_are_told_at_once(cast):
    with pytest.raises(InvalidInput) as fault:
        cast.register(content=" ", division="99", title="长" * 121)
    assert set(fault.value.fields) == {"content", "division", "title"}


def test_a_bulk_verb_does_what_the_single_one_does_and_hands_back_the_stale(cast):
    matters = [cast.register() for _ in range(3)]
    cast.act("taker", services.correct, matters[1], title="改过了")
    orders = [
        services.Dispatch(
            actor=cast["dispatcher"],
            matter_id=matter.pk,
            version=matter.version,
            lead_unit=cast.unit("331102-water"),
        )
        for matter in matters
    ]
    done = services.dispatch.many(orders, partial=True)
    assert [matter.pk for matter in done.matters] == [matters[0].pk, matters[2].pk]
    [(order, error)] = done.refused
    assert order.matter_id == matters[1].pk
    assert isinstance(error, StaleVersion)
    alone = cast.dispatched()
    one = _comparable(alone)
    assert all(_comparable(matter) == one for matter in done.matters)


def _comparable(matter):
    names = ("state", "due_at", "receipt_due_at", "lead_unit_id", "rule_key", "dispatched_at", "designated")
    return {name: getattr(matter, name) for name in names}


def test_a_page_of_a_matter_costs_the_same_queries_however_long_its_story(cast, count_queries):
    matter = cast.in_hand()
    with count_queries() as short:
        queries.page(cast["water"], matter.pk)
    for number in range(12):
        cast.act("water", services.contact, matter, summary=f"第{number}次联系")
    with count_queries() as long:
        queries.page(cast["water"], matter.pk)
    assert long.n == short.n


def test_a_corrected_matter_is_still_found_by_its_supporters_and_still_hides_its_reporter(cast):
    matter = cast.register(
        content="永晖社区水管破裂。",
        reporter=vault.Identity(name="欧阳修远", phone="13800138000"),
        place="永晖社区大门",
    )
    units = {"lead_unit": cast.unit("331102-water"), "supporters": (cast.unit("331102-housing"),)}
    matter = cast.act("dispatcher", services.dispatch, matter, **units)
    cast.act("taker", services.correct, matter, content="欧阳修远反映永晖社区煤气管破裂。")
    assert queries.listing(cast["housing"], words="煤气管").matters == [matter]
    tokens = [f"d{matter.county}"]
    assert search.find("matter", "修远反映", tokens, actor=cast["dispatcher"]) == []
