"""Somebody must do something by a date, shows that it was done, and is reminded when it isn't."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from huying.domains.tasks import queries, services
from huying.domains.tasks.models import Task
from huying.domains.tasks.permissions import possible
from huying.domains.tasks.services import NewTask
from huying.domains.tasks.tests.made import FRIDAY_NEXT, at
from huying.domains.tasks.vocabulary import OPEN, Action, State
from huying.domains.tasks.workflow import TASK
from huying.kernel import audit, clocks, outbox, subjects, worklist
from huying.kernel.actors import ADMINISTRATORS, Actor, Role
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, NotFound, Refused, StaleVersion, Unscoped
from huying.kernel.outbox import OutboxMessage
from huying.kernel.words import words


def on_list_of(actor: Actor) -> list[int]:
    return [item.record_id for item in worklist.page(actor, queue="tasks").items]


# Giving ------------------------------------------------------------------------------------------------------------


def test_a_task_given_is_on_its_units_list_runs_a_clock_is_logged_and_told(county) -> None:
    task = county.give()
    assert on_list_of(county.handler) == [task.pk]
    assert on_list_of(county.stranger) == []
    (running,) = clocks.of_records("task", [task.pk])
    assert running.due_at == FRIDAY_NEXT
    assert [entry.action for entry in queries.story(county.handler, task.pk)] == ["create"]
    told = OutboxMessage.objects.get()
    assert (told.topic, told.recipient) == ("tasks.assigned", f"post:{county.head.post_id}")


def test_a_limit_in_working_days_is_reckoned_over_the_weekend(county) -> None:
    assert county.give(due_at=None, limit="5 WD").due_at == at("2026-11-27T23:59:59")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "长" * 121}, "title"),
        ({"limit": "5 WD"}, "due_at"),
        ({"due_at": None}, "due_at"),
        ({"due_at": at("2026-11-20T09:59:00")}, "due_at"),
        ({"unit_id": 10**9}, "unit_id"),
        ({"post_id": 10**9}, "post_id"),
    ],
)
def test_what_is_wrong_with_a_task_is_named_by_field_and_nothing_is_written(county, changes, field) -> None:
    with pytest.raises(InvalidInput) as refused:
        county.give(**changes)
    assert field in refused.value.fields
    assert not Task.objects.everything("test").exists()


def test_handlers_and_administrators_give_no_tasks(county) -> None:
    row = NewTask(title="x", unit_id=county.water.pk, due_at=FRIDAY_NEXT)
    for role in {Role.HANDLER, *ADMINISTRATORS}:
        with pytest.raises(Forbidden):
            services.create_task(
                actor=Actor(kind="staff", label="x", unit_id=county.centre.pk, roles=frozenset({role})), row=row
            )


def test_many_tasks_take_no_more_queries_than_one(county, count_queries) -> None:
    county.give()
    taken = []
    for n in (1, 20):
        rows = [NewTask(title=f"任务{i}", unit_id=county.water.pk, due_at=FRIDAY_NEXT) for i in range(n)]
        with count_queries() as counted:
            services.create_tasks(actor=county.dispatcher, rows=rows)
        taken.append(counted.n)
    assert taken[0] == taken[1]


# Seeing ------------------------------------------------------------------------------------------------------------


def test_ones_own_unit_the_assigner_and_supervision_see_a_task_others_find_nothing(county) -> None:
    task = county.give()
    for actor in (county.handler, county.dispatcher, county.supervisor):
        assert queries.task(actor, task.pk).pk == task.pk
    for actor in (county.stranger, county.other_county, Actor.public("portal")):
        with pytest.raises(NotFound):
            queries.task(actor, task.pk)


def test_tasks_read_without_naming_a_reader_fail_closed(county) -> None:
    with pytest.raises(Unscoped):
        list(Task.objects.all())


# Doing -------------------------------------------------------------------------------------------------------------


def test_a_task_is_accepted_and_finished_with_evidence(county) -> None:
    task = county.give()
    services.accept_tasks(actor=county.handler, ids=[task.pk])
    (done,) = services.finish_tasks(actor=county.handler, ids=[task.pk], evidence="水箱已清洗，检测合格")
    assert (done.state, done.closed_at is not None) == (State.FINISHED, True)
    assert on_list_of(county.handler) == []
    assert clocks.of_records("task", [task.pk])[0].state == "stopped"
    assert [entry.action for entry in queries.story(county.handler, task.pk)] == ["create", "accept", "finish"]


def test_nothing_is_finished_without_evidence_not_even_in_the_database(county) -> None:
    task = county.give()
    with pytest.raises(InvalidInput) as refused:
        services.finish_tasks(actor=county.handler, ids=[task.pk], evidence=" ")
    assert "evidence" in refused.value.fields
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.everything("test").update(state="finished", closed_at=task.created_at)


def test_a_task_of_one_post_is_that_posts_or_its_heads(county) -> None:
    task = county.give(post_id=county.handler.post_id)
    with pytest.raises(Forbidden):
        services.accept_tasks(actor=county.colleague, ids=[task.pk])
    assert Action.ACCEPT in possible(county.head, task)
    services.accept_tasks(actor=county.handler, ids=[task.pk])


def test_a_returned_task_tells_its_giver_why_and_can_be_given_again_only_by_cancelling(county) -> None:
    task = county.give()
    services.return_tasks(actor=county.handler, ids=[task.pk], reason="不属水务职责")
    told = OutboxMessage.objects.get(topic="tasks.returned")
    assert told.recipient == f"post:{county.dispatcher.post_id}"
    assert "不属水务职责" in told.body
    assert possible(county.dispatcher, queries.task(county.dispatcher, task.pk)) == [Action.CANCEL]


def test_reassigning_moves_the_work_but_never_the_deadline(county, clock) -> None:
    task = county.give()
    clock.move(timedelta(days=3))
    (moved,) = services.reassign_tasks(actor=county.dispatcher, ids=[task.pk], unit_id=county.roads.pk)
    assert moved.due_at == FRIDAY_NEXT
    assert on_list_of(county.handler) == []
    assert on_list_of(county.stranger) == [task.pk]


def test_a_units_head_hands_on_within_the_unit_only(county) -> None:
    task = county.give()
    with pytest.raises(NotAllowedNow):
        services.reassign_tasks(actor=county.head, ids=[task.pk], unit_id=county.roads.pk)
    (moved,) = services.reassign_tasks(
        actor=county.head, ids=[task.pk], unit_id=county.water.pk, post_id=county.handler.post_id
    )
    assert moved.post_id == county.handler.post_id


def test_two_people_on_one_task_the_second_is_told(county) -> None:
    task = county.give()
    services.accept_tasks(actor=county.handler, ids=[task.pk], versions={task.pk: 1})
    with pytest.raises(StaleVersion):
        services.finish_tasks(actor=county.head, ids=[task.pk], evidence="好了", versions={task.pk: 1})


def test_a_bulk_act_is_all_or_nothing(county) -> None:
    first, second = county.give(), county.give()
    services.accept_tasks(actor=county.handler, ids=[second.pk])
    with pytest.raises(NotAllowedNow):
        services.accept_tasks(actor=county.handler, ids=[first.pk, second.pk])
    assert queries.task(county.handler, first.pk).state == State.ASSIGNED


@pytest.mark.parametrize("action", sorted(TASK.actions))
@pytest.mark.parametrize("state", sorted(set(State) - OPEN))
def test_what_is_over_admits_only_what_the_table_says(county, action, state) -> None:
    task = county.give()
    if state == State.FINISHED:
        services.finish_tasks(actor=county.handler, ids=[task.pk], evidence="好了")
    elif state == State.RETURNED:
        services.return_tasks(actor=county.handler, ids=[task.pk], reason="不属职责")
    else:
        services.cancel_tasks(actor=county.dispatcher, ids=[task.pk], reason="重复")
    over = queries.task(county.dispatcher, task.pk)
    allowed = {a for actor in (county.handler, county.head, county.dispatcher) for a in possible(actor, over)}
    assert (Action(action) in allowed) == (state == State.RETURNED and action == Action.CANCEL)


def test_the_subject_is_told_when_its_task_is_over(county, monkeypatch) -> None:
    told = []
    kind = subjects.Subject(
        kind="site", words=words("工地", "site"), page_url=lambda pk: f"/site/{pk}", visible=lambda actor, ids: set(ids) & {7},
        titles=lambda ids: dict.fromkeys(ids, "东港工地"), on_task_closed=lambda *args: told.append(args[:2]),
    )  # fmt: skip
    monkeypatch.setitem(subjects._subjects, "site", kind)
    task = county.give(subject_kind="site", subject_id=7)
    assert [t.pk for t in queries.tasks_of(county.handler, "site", 7)] == [task.pk]
    services.finish_tasks(actor=county.handler, ids=[task.pk], evidence="围挡已修")
    assert told == [(7, "finished")]
    with pytest.raises(NotFound):
        county.give(subject_kind="site", subject_id=8)


# Urging, supervision, cards ----------------------------------------------------------------------------------------


def test_urging_climbs_three_levels_and_tells_each_time(county) -> None:
    task = county.give()
    for _ in range(3):
        services.urge_tasks(actor=county.dispatcher, ids=[task.pk], reason="群众又来电")
    with pytest.raises(NotAllowedNow):
        services.urge_tasks(actor=county.dispatcher, ids=[task.pk], reason="群众又来电")
    assert OutboxMessage.objects.filter(topic="tasks.urged").count() == 3


def test_cards_turn_by_rule_a_red_one_begins_supervision_and_each_is_told_once(county, clock) -> None:
    task = county.give()
    clock.move(to=at("2026-11-26T23:59:00"))
    assert clocks.turn_due() == 0
    clock.move(to=at("2026-11-27T08:00:00"))  # the last working day has begun
    clocks.turn_due()
    assert worklist.page(county.handler, queue="tasks").items[0].card == "yellow"
    clock.move(to=at("2026-11-30T08:00:00"))  # Monday: the first working day overdue
    for _ in range(2):
        clocks.turn_due()
    late = queries.task(county.handler, task.pk)
    item = worklist.page(county.handler, queue="tasks").items[0]
    assert (item.card, item.urgent, late.supervision_level) == ("red", True, 1)
    cards = OutboxMessage.objects.filter(topic="clocks.card")
    assert sorted(cards.values_list("recipient", flat=True)) == sorted(
        [f"post:{county.head.post_id}"] * 2 + [f"post:{county.dispatcher.post_id}"]
    )
    actions = [entry.action for entry in queries.story(county.handler, task.pk)]
    assert actions == ["create", "card_yellow", "card_red", "supervise"]
    assert audit.verify().ok


def test_the_job_that_turns_cards_turns_them_for_tasks(county, clock) -> None:
    from huying.kernel import jobs

    task = county.give()
    clock.move(to=at("2026-11-30T08:00:00"))
    jobs.run_due(only="clocks.cards")
    outbox.deliver()
    assert queries.task(county.handler, task.pk).supervision_level == 1


# Recusal and office ------------------------------------------------------------------------------------------------


@pytest.fixture
def about(county, monkeypatch) -> dict[str, object]:
    """A record that the water bureau and the centre's supervisor are recused from."""
    from huying.domains.identities import services as vault
    from huying.domains.identities.vocabulary import RecusalReason

    kind = subjects.Subject(
        kind="demo.accusation", words=words("举报", "report"), page_url=lambda pk: f"/x/{pk}",
        visible=lambda actor, ids: set(ids), titles=lambda ids: dict.fromkeys(ids, "举报"),
    )  # fmt: skip
    monkeypatch.setitem(subjects._subjects, kind.kind, kind)
    why = {"kind": kind.kind, "record_id": 7, "reason": RecusalReason.ACCUSED}
    vault.recuse(
        actor=Actor.system("test"),
        recusals=[
            vault.NewRecusal(unit_id=county.water.pk, **why),
            vault.NewRecusal(post_id=county.supervisor.post_id, **why),
        ],
    )
    return {"subject_kind": kind.kind, "subject_id": 7}


def test_a_task_about_an_accusation_cannot_be_given_or_handed_to_the_accused(county, about) -> None:
    with pytest.raises(Refused):
        county.give(**about)
    task = county.give(unit_id=county.roads.pk, **about)
    with pytest.raises(Refused):
        services.reassign_tasks(actor=county.dispatcher, ids=[task.pk], unit_id=county.water.pk, reason="改派")


def test_whoever_is_recused_from_a_record_sees_no_task_about_it(county, about) -> None:
    task = county.give(unit_id=county.roads.pk, **about)
    other = county.give(unit_id=county.roads.pk, **about | {"subject_id": 8})
    assert queries.visible_ids(county.stranger, [task.pk, other.pk]) == {task.pk, other.pk}
    assert queries.visible_ids(county.supervisor, [task.pk, other.pk]) == {other.pk}


def test_an_analyst_sees_the_own_tasks_and_not_the_units(county) -> None:
    analyst = county._actor(county.water, "analyst", Role.ANALYST)
    units, own = county.give(), county.give(post_id=analyst.post_id)
    assert queries.visible_ids(analyst, [units.pk, own.pk]) == {own.pk}


def test_whose_act_it_is_is_said_before_what_the_form_lacks(county) -> None:
    task = county.give()
    for act, given in (
        (services.cancel_tasks, {"reason": ""}),
        (services.urge_tasks, {"reason": ""}),
        (services.supervise_tasks, {"reason": ""}),
        (services.reassign_tasks, {"unit_id": 0}),
    ):
        with pytest.raises(Forbidden):
            act(actor=county.handler, ids=[task.pk], **given)
        with pytest.raises(InvalidInput):
            act(
                actor=county.dispatcher if act is not services.supervise_tasks else county.supervisor,
                ids=[task.pk],
                **given,
            )
