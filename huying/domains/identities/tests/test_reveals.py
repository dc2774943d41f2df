from datetime import timedelta

import pytest

from huying.domains.identities import queries, services
from huying.domains.identities.models import Party
from huying.domains.identities.tests.conftest import (
    AUDITOR,
    CALL_TAKER,
    FOLLOWUP,
    HANDLER,
    LEADER,
    OUTSIDER,
    SUPERVISOR,
    WANG,
)
from huying.kernel import audit
from huying.kernel.actors import Actor
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, NotFound
from huying.kernel.worklist import WorkItem

pytestmark = pytest.mark.django_db
WHY = "核实漏水的具体位置"


def see(actor, record_id=1, purpose=WHY):
    return services.reveal(actor=actor, kind="demo", record_id=record_id, purpose=purpose)


def ask(actor, record_id=1):
    return services.ask_reveal(actor=actor, kind="demo", record_id=record_id, purpose=WHY)


@pytest.mark.parametrize(
    ("confidentiality", "sees", "must_ask"),
    [
        ("open", [CALL_TAKER, FOLLOWUP, HANDLER], [SUPERVISOR, LEADER]),
        ("name_hidden", [CALL_TAKER, FOLLOWUP], [HANDLER, SUPERVISOR, LEADER]),
        ("anonymous", [], [CALL_TAKER, FOLLOWUP, HANDLER, SUPERVISOR, LEADER]),
    ],
)
def test_who_sees_an_identity_depends_on_the_reporters_choice(stored, confidentiality, sees, must_ask):
    stored(1, confidentiality)
    for actor in sees:
        assert see(actor).name == WANG.name
    for actor in must_ask:
        with pytest.raises(Forbidden, match="保密级别"):
            see(actor)
    can = {actor.account_id: queries.people(actor, "demo", 1)[0].can for actor in [*sees, *must_ask]}
    assert can == {a.account_id: "reveal" for a in sees} | {a.account_id: "ask" for a in must_ask}


def test_what_is_out_of_scope_is_not_there(stored):
    stored(1)
    for actor in (OUTSIDER, AUDITOR, Actor.public("portal"), Actor.system("job")):
        with pytest.raises(NotFound):
            see(actor)
        with pytest.raises(NotFound):
            queries.people(actor, "demo", 1)
    with pytest.raises(NotFound):
        services.reveal(actor=CALL_TAKER, kind="no such kind", record_id=1, purpose=WHY)


@pytest.mark.parametrize("purpose", ["", "   ", "看看", "x" * 301])
def test_without_a_purpose_nothing_is_seen_and_nothing_logged(stored, purpose):
    stored(1)
    with pytest.raises(InvalidInput):
        see(HANDLER, purpose=purpose)
    assert queries.looks("demo", 1) == []


def test_the_reporter_sees_which_post_looked_when_and_why_but_no_officers_name(stored, clock):
    stored(1)
    see(CALL_TAKER)
    clock.move(timedelta(hours=1))
    see(HANDLER, purpose="预约上门时间")
    first, second = queries.looks("demo", 1)
    assert (first.post, first.purpose, str(first.at)) == (
        "莲都区·handler2",
        "预约上门时间",
        "2026-11-20 11:00:00+08:00",
    )
    assert second.post == "莲都区·call_taker1"
    assert "某人" not in repr([first, second])


def test_a_look_is_in_the_records_chain_and_never_holds_the_identity(stored):
    stored(1)
    see(HANDLER)
    (entry,) = audit.history("demo", 1)
    assert (entry.action, entry.reason, entry.account_id) == ("identity.revealed", WHY, HANDLER.account_id)
    assert "王秀英" not in repr(entry)


def test_a_second_person_grants_and_the_asker_sees_for_a_day(stored, clock):
    stored(1, "name_hidden")
    request = ask(HANDLER)
    assert queries.people(HANDLER, "demo", 1)[0].can == "asked"
    with pytest.raises(Forbidden):
        see(HANDLER)
    services.approve_reveal(actor=SUPERVISOR, request_id=request)
    assert queries.people(HANDLER, "demo", 1)[0].can == "granted"
    assert see(HANDLER).name == "王秀英"
    assert str(queries.looks("demo", 1)[0].basis) == "经第二人批准"
    with pytest.raises(Forbidden):
        see(SUPERVISOR)
    clock.move(timedelta(hours=24))
    with pytest.raises(Forbidden):
        see(HANDLER)


def test_nobody_grants_their_own_wish_and_not_anybody_may_grant(stored):
    stored(1, "anonymous")
    own = ask(SUPERVISOR)
    with pytest.raises(Forbidden, match="自己"):
        services.approve_reveal(actor=SUPERVISOR, request_id=own)
    with pytest.raises(Forbidden):
        services.approve_reveal(actor=HANDLER, request_id=own)
    with pytest.raises(NotFound):
        services.approve_reveal(actor=OUTSIDER, request_id=own)
    services.approve_reveal(actor=LEADER, request_id=own)
    assert see(SUPERVISOR).phone


def test_a_refusal_says_why_and_is_final(stored):
    stored(1, "name_hidden")
    request = ask(HANDLER)
    with pytest.raises(InvalidInput):
        services.deny_reveal(actor=SUPERVISOR, request_id=request, why=" ")
    services.deny_reveal(actor=SUPERVISOR, request_id=request, why="可以转接联系")
    with pytest.raises(Forbidden):
        see(HANDLER)
    with pytest.raises(NotAllowedNow):
        services.approve_reveal(actor=LEADER, request_id=request)


def test_a_wish_nobody_answers_lapses(stored, clock):
    stored(1, "name_hidden")
    request = ask(HANDLER)
    clock.move(timedelta(days=3))
    with pytest.raises(NotAllowedNow):
        services.approve_reveal(actor=SUPERVISOR, request_id=request)
    assert queries.requests_to_decide(SUPERVISOR) == []
    assert ask(HANDLER) != request


def test_asking_twice_is_one_wish_on_the_approvers_list(stored):
    stored(1, "name_hidden")
    assert ask(HANDLER) == ask(HANDLER)
    assert [line.record_id for line in queries.requests_to_decide(SUPERVISOR)] == [1]
    assert queries.requests_to_decide(HANDLER) == []
    assert queries.requests_to_decide(OUTSIDER) == []
    assert WorkItem.objects.filter(queue="identity-approvals", unit_id=1).count() == 1
    services.deny_reveal(actor=SUPERVISOR, request_id=queries.requests_to_decide(SUPERVISOR)[0].id, why="不必")
    assert WorkItem.objects.count() == 0


def test_the_approvers_list_costs_the_same_for_one_wish_and_for_thirty(stored, count_queries):
    stored(1, "name_hidden")
    ask(HANDLER)
    with count_queries() as one:
        queries.requests_to_decide(SUPERVISOR)
    for record_id in range(2, 31):
        stored(record_id, "name_hidden")
        ask(HANDLER, record_id)
    with count_queries() as thirty:
        assert len(queries.requests_to_decide(SUPERVISOR)) == 30
    assert thirty.n == one.n


def test_what_one_may_decide_is_found_behind_any_number_of_wishes_that_are_not_ones_own_to_see(stored, clock):
    for record_id in range(1, 202):
        stored(record_id, "name_hidden")
        ask(HANDLER, record_id)
    kept_out = [
        services.NewRecusal(kind="demo", record_id=n, post_id=SUPERVISOR.post_id, reason="interested")
        for n in range(1, 202)
    ]
    services.recuse(actor=LEADER, recusals=kept_out)
    clock.move(timedelta(hours=1))
    stored(202, "name_hidden")
    ask(HANDLER, 202)
    stored(203, "anonymous")
    services.break_glass(actor=HANDLER, kind="demo", record_id=203, ground="life_at_risk", purpose=WHY)
    assert [line.record_id for line in queries.requests_to_decide(SUPERVISOR)] == [202]
    assert [line.record_id for line in queries.reviews_to_do(SUPERVISOR)] == [203]
    assert len(queries.requests_to_decide(LEADER)) == 200


def test_the_glass_is_broken_on_four_grounds_and_reviewed_by_another_within_a_day(stored, clock):
    stored(1, "anonymous")
    seen = services.break_glass(
        actor=HANDLER, kind="demo", record_id=1, ground="life_at_risk", purpose="电话中称要轻生，联系救援"
    )
    assert seen.phone == WANG.phone
    assert str(queries.looks("demo", 1)[0].basis) == "紧急查看"
    (open_review,) = queries.reviews_to_do(SUPERVISOR)
    assert open_review.due_at == clock.now() + timedelta(hours=24)
    assert WorkItem.objects.get(queue="identity-reviews").due_at == open_review.due_at
    assert queries.reviews_to_do(HANDLER) == []
    with pytest.raises(Forbidden):
        services.review_break_glass(actor=HANDLER, review_id=open_review.id, verdict="justified", note="好")
    clock.move(timedelta(hours=25))
    assert queries.reviews_to_do(SUPERVISOR)[0].overdue
    services.review_break_glass(actor=SUPERVISOR, review_id=open_review.id, verdict="unjustified", note="未见危险")
    assert queries.reviews_to_do(SUPERVISOR) == []
    assert WorkItem.objects.count() == 0
    with pytest.raises(NotAllowedNow):
        services.review_break_glass(actor=LEADER, review_id=open_review.id, verdict="justified", note="再议")


def test_the_glass_is_not_broken_without_ground_or_paper(stored):
    stored(1, "anonymous")
    with pytest.raises(ValueError):
        services.break_glass(actor=HANDLER, kind="demo", record_id=1, ground="curious", purpose=WHY)
    with pytest.raises(InvalidInput):
        services.break_glass(actor=HANDLER, kind="demo", record_id=1, ground="court_or_supervisor", purpose=WHY)
    assert queries.looks("demo", 1) == []


def test_a_recused_post_or_unit_finds_nothing_not_even_in_an_emergency(stored):
    stored(1)
    stored(2)
    accused = services.NewRecusal(kind="demo", record_id=1, unit_id=HANDLER.unit_id, reason="accused")
    post = services.NewRecusal(kind="demo", record_id=1, post_id=SUPERVISOR.post_id, reason="interested")
    assert services.recuse(actor=CALL_TAKER, recusals=[accused, post]) == 2
    assert services.recuse(actor=CALL_TAKER, recusals=[accused, post]) == 0
    for actor in (HANDLER, SUPERVISOR):
        with pytest.raises(NotFound):
            see(actor)
        with pytest.raises(NotFound):
            services.break_glass(actor=actor, kind="demo", record_id=1, ground="life_at_risk", purpose=WHY)
        assert list(queries.recused_ids("demo", actor)) == [1]
        rows = Party.objects.everything("test").filter(queries.not_recused("demo", actor, "record_id"))
        assert [row.record_id for row in rows] == [2]
    assert see(CALL_TAKER).name == "王秀英"
    request = services.ask_reveal(actor=LEADER, kind="demo", record_id=1, purpose=WHY)
    with pytest.raises(NotFound):
        services.approve_reveal(actor=SUPERVISOR, request_id=request)
    assert queries.requests_to_decide(SUPERVISOR) == []
    with pytest.raises(NotFound):
        services.lift_recusal(actor=HANDLER, kind="demo", record_id=1, unit_id=HANDLER.unit_id, why="误会")
    services.lift_recusal(actor=LEADER, kind="demo", record_id=1, unit_id=HANDLER.unit_id, why="查无利害关系")
    assert see(HANDLER).name == "王秀英"


def test_a_recusal_names_a_post_or_a_unit():
    for post_id, unit_id in ((None, None), (1, 2)):
        recusal = services.NewRecusal(kind="demo", record_id=1, post_id=post_id, unit_id=unit_id, reason="accused")
        with pytest.raises(InvalidInput):
            services.recuse(actor=CALL_TAKER, recusals=[recusal])
