"""Reports are opened by the calendar; values are delivered, corrected, handed back; late is marked, locked refuses."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from huying.analytics import sources
from huying.domains.exchange import queries, services
from huying.domains.exchange.judging import judge, number
from huying.domains.exchange.models import Delivery, Reminder, Report
from huying.domains.exchange.services import Given
from huying.domains.exchange.tests import made
from huying.domains.exchange.vocabulary import Standing, Way
from huying.domains.notices import queries as notices
from huying.domains.tasks import queries as tasks
from huying.domains.tasks import services as task_services
from huying.kernel import audit, outbox, worklist
from huying.kernel.actors import Actor
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, NotFound

EAST, OTHER = "331102000000", "331121000000"
GOOD = {"fires": 4, "loss": 12.5, "inspected": 150, "faulty": 60}


def october(division: str = EAST, note: str = "", **values: Any) -> Given:
    return Given(division, "2026-10", {**GOOD, **values}, note=note)


def deliver(cast: Any, who: str = "housing", *rows: Given) -> services.Outcome:
    return services.deliver(actor=cast[who], code="fires_monthly", rows=rows or [october()], way=Way.API)


def report(division: str = EAST, key: str = "2026-10") -> Report:
    return Report.objects.everything("test").get(division=division, key=key)


def standing() -> Standing:
    from huying.kernel import clock

    return queries.stands(report(), clock.now())


def said(outcome: services.Outcome) -> str:
    return " ".join(f"{t.field} {t.message}" for trial in outcome.refused for t in trial.judged.faults)


def test_each_place_owes_one_report_for_each_period_that_has_ended(asked: Any, move: Any) -> None:
    assert {(r.division, r.key, r.unit.code) for r in Report.objects.everything("test").select_related("unit")} == {
        (EAST, "2026-10", "331102-housing"),
        (OTHER, "2026-10", "331121-housing"),
    }
    assert services.open_reports().reports == [], "opening again opens nothing"
    move(2027, 1, 4)
    assert {r.key for r in services.open_reports().reports} == {"2026-11", "2026-12"}, "what was missed is caught up"


def test_the_due_day_is_the_fifth_working_day_after_the_period_and_the_lock_the_fifteenth(asked: Any) -> None:
    one = report()
    assert one.due_at is not None
    assert one.locks_at is not None
    assert (one.due_at.date(), one.locks_at.date()) == (date(2026, 11, 6), date(2026, 11, 20))


def test_a_report_tells_where_it_stands_from_its_times_alone(asked: Any, move: Any) -> None:
    assert standing() is Standing.WAITING
    move(2026, 11, 9)
    assert standing() is Standing.LATE, "though no job has run"
    deliver(asked)
    assert standing() is Standing.DELIVERED_LATE
    assert queries.latest([report()])[report().pk].late
    move(2026, 11, 23)
    assert standing() is Standing.LOCKED


def test_late_is_marked_once(asked: Any, move: Any) -> None:
    assert services.mark_late() == 0
    move(2026, 11, 9)
    assert (services.mark_late(), services.mark_late()) == (2, 0)
    assert [entry.action for entry in audit.history("exchange.report", report().pk)] == ["mark_late"]


def test_the_same_values_twice_are_taken_once(asked: Any) -> None:
    first, second = deliver(asked), deliver(asked)
    assert (len(first.accepted), second.accepted, second.unchanged) == (1, [], 1)
    assert Delivery.objects.count() == 1


def test_good_rows_are_kept_and_bad_ones_handed_back_each_with_its_reason(asked: Any) -> None:
    outcome = deliver(
        asked,
        "housing",
        october(),
        october(OTHER),
        Given("331199000000", "2026-10", GOOD),
        Given(EAST, "2026-13", GOOD),
    )
    assert [r.division for r in outcome.accepted] == [EAST]
    assert len(outcome.refused) == 3
    assert "本单位没有" in said(outcome)
    assert "期别" in said(outcome)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"fires": "四"}, "fires “四”不是数"),
        ({"fires": None}, "fires 必填"),
        ({"fires": 1.5}, "fires 应为整数"),
        ({"fires": -1}, "fires 不得小于 0"),
        ({"faulty": 151}, "faulty 有隐患家数（151）大于检查家数（150）"),
        ({"faulty_rate": 41}, "由两个计数算得 40.00"),
        ({"fires": 0}, "有损失必有火灾"),
        ({"people": 3}, "没有这些量：people"),
        ({"loss": True}, "不是数"),
        ({"loss": float("nan")}, "不是数"),
    ],
)
def test_what_is_wrong_with_a_value_is_said_at_its_measure(asked: Any, changed: dict[str, Any], told: str) -> None:
    outcome = deliver(asked, "housing", october(**changed))
    assert told in said(outcome)
    assert not Delivery.objects.exists()


def test_a_rate_given_with_its_parts_may_be_rounded(asked: Any) -> None:
    assert deliver(asked, "housing", october(faulty=50, faulty_rate=33.3)).accepted


def test_two_rows_for_one_place_and_period_are_both_handed_back(asked: Any) -> None:
    outcome = deliver(asked, "housing", october(), october(fires=5))
    assert (outcome.accepted, len(outcome.refused)) == ([], 2)


def test_an_unusual_jump_and_an_explainable_rule_want_a_reason(asked: Any, move: Any) -> None:
    deliver(asked)
    move(2026, 12, 1)
    services.open_reports()
    november = {**GOOD, "fires": 40, "inspected": 20, "faulty": 5}
    bare = services.deliver(
        actor=asked["housing"], code="fires_monthly", rows=[Given(EAST, "2026-11", november)], way=Way.API
    )
    assert "变动异常" in said(bare)
    assert "检查数骤降" in said(bare)
    row = Given(EAST, "2026-11", november, note="山火季，警力用于扑救。")
    kept = services.deliver(actor=asked["housing"], code="fires_monthly", rows=[row], way=Way.API)
    assert len(kept.accepted) == 1


def test_a_row_for_another_units_place_is_handed_back_without_telling_what_stands_there(asked: Any, move: Any) -> None:
    deliver(asked, "other_housing", october(OTHER, fires=37))
    move(2026, 12, 1)
    services.open_reports()
    probe = Given(OTHER, "2026-11", {**GOOD, "fires": 900})
    outcome = services.deliver(actor=asked["housing"], code="fires_monthly", rows=[probe], way=Way.API)
    assert [t.field for t in outcome.refused[0].judged.faults] == ["division"]
    assert "37" not in said(outcome)


def test_a_correction_wants_a_reason_and_keeps_what_was_said_before(asked: Any, move: Any) -> None:
    deliver(asked)
    assert "须写明原因" in said(deliver(asked, "housing", october(fires=5)))
    move(2026, 11, 4)
    deliver(asked, "housing", october(fires=5, note="漏报一起"))
    now, before = queries.versions(asked["housing"], report().pk)
    assert (before.version, before.values["fires"], now.version, now.values["fires"]) == (1, 4, 2, 5)
    assert (now.note, now.delivered_by, now.post_id) == ("漏报一起", asked["housing"].label, asked["housing"].post_id)
    assert [e.action for e in queries.story(asked["housing"], report().pk)] == ["deliver", "correct"]


def test_locked_refuses_until_a_supervisor_reopens_it_with_a_reason(asked: Any, move: Any) -> None:
    deliver(asked)
    move(2026, 11, 23)
    assert "已锁定" in said(deliver(asked, "housing", october(fires=5, note="更正")))
    with pytest.raises(NotFound):
        services.reopen(actor=asked["police"], report_id=report().pk, reason="x")
    with pytest.raises(InvalidInput):
        services.reopen(actor=asked["supervisor"], report_id=report().pk, reason=" ")
    services.reopen(actor=asked["supervisor"], report_id=report().pk, reason="消防核实后更正")
    assert standing() is Standing.REOPENED
    with pytest.raises(NotAllowedNow):
        services.reopen(actor=asked["supervisor"], report_id=report().pk, reason="再开一次")
    assert deliver(asked, "housing", october(fires=5, note="核实后更正")).accepted
    assert queries.latest([report()])[report().pk].after_lock
    move(2026, 11, 27)
    assert standing() is Standing.LOCKED, "it closes again by itself"


def test_the_unit_that_owes_a_report_does_not_reopen_it_and_another_county_does_not_see_it(
    asked: Any, move: Any
) -> None:
    move(2026, 11, 23)
    with pytest.raises(Forbidden):
        services.reopen(actor=asked["housing_head"], report_id=report().pk, reason="想改")
    with pytest.raises(NotFound):
        queries.report(asked["other_housing"], report().pk)
    with pytest.raises(Forbidden):
        services.deliver(actor=asked["analyst"], code="fires_monthly", rows=[october()], way=Way.API)


def test_a_period_before_the_dataset_was_asked_for_may_be_filled_in_and_is_never_late(asked: Any) -> None:
    row = Given(EAST, "2026-03", GOOD)
    assert services.deliver(actor=asked["housing"], code="fires_monthly", rows=[row], way=Way.FILE).accepted
    march = report(key="2026-03")
    assert (march.due_at, march.locks_at) == (None, None)
    assert not queries.latest([march])[march.pk].late
    before = Given(EAST, "2025-12", GOOD)
    assert services.deliver(actor=asked["housing"], code="fires_monthly", rows=[before], way=Way.FILE).refused


def test_a_period_that_has_not_ended_is_not_taken(asked: Any) -> None:
    outcome = services.deliver(
        actor=asked["housing"], code="fires_monthly", rows=[Given(EAST, "2026-11", GOOD)], way=Way.API
    )
    assert "还没有结束" in said(outcome)


def test_a_note_with_somebodys_number_is_handed_back(asked: Any) -> None:
    assert "身份证号或手机号" in said(deliver(asked, "housing", october(note="问王某13812345678")))


def test_one_task_reminds_a_unit_of_a_period_and_ends_with_the_last_report(asked: Any) -> None:
    services.put_datasets(
        actor=Actor.system("test"),
        rows=[made.row(code="second", owner="housing", feed="generated", valid_from="2026-10-01")],
    )
    services.open_reports()
    assert (services.raise_reminders(), services.raise_reminders()) == (2, 0), "one a unit, however many reports"
    (task,) = tasks.tasks_of(
        asked["housing"], "exchange.reminder", Reminder.objects.get(unit=asked.unit("331102-housing")).pk
    )
    assert "2份" in task.title
    assert task.due_at == report_of("second").due_at
    deliver(asked)
    with pytest.raises(NotAllowedNow):
        task_services.finish_tasks(actor=asked["housing"], ids=[task.pk], evidence="都报了")
    services.deliver(actor=asked["housing"], code="second", rows=[october()], way=Way.PAGE)
    assert tasks.task(asked["housing"], task.pk).state == "finished"


def test_what_is_locked_undelivered_is_recorded_once_its_task_ends_as_not_done_and_the_supervisor_is_told(
    asked: Any, move: Any
) -> None:
    services.raise_reminders()
    reminder = Reminder.objects.get(unit=asked.unit("331102-housing"))
    assert services.mark_missed() == 0
    move(2026, 11, 23)
    assert (services.mark_late(), services.mark_missed(), services.mark_missed()) == (2, 2, 0)
    assert [(e.action, e.to_state) for e in audit.history("exchange.report", report().pk)] == [
        ("mark_late", "late"),
        ("mark_missed", "missed"),
    ]
    (task,) = tasks.tasks_of(asked["housing"], "exchange.reminder", reminder.pk)
    last = tasks.story(asked["housing"], task.pk)[-1]
    assert (task.state, last.action) == ("lapsed", "lapse")
    assert "火灾月报 莲都区 2026-10" in last.reason
    assert not [item for item in worklist.page(asked["housing"]).items if item.queue == "tasks"], "nothing red is left"
    outbox.deliver("test")
    (letter,) = [one for one in notices.inbox(asked["supervisor"]).items if one.topic == "exchange.missed"]
    assert "火灾月报 莲都区 2026-10" in letter.body


def test_a_missed_report_reopened_with_a_reason_has_a_task_and_a_clock_of_its_own(asked: Any, move: Any) -> None:
    def again() -> list[Any]:
        return tasks.tasks_of(asked["housing"], "exchange.report", report().pk)

    services.raise_reminders()
    move(2026, 11, 23)
    services.mark_missed()
    services.reopen(actor=asked["supervisor"], report_id=report().pk, reason="系统故障，准予补报")
    (task,) = again()
    assert (task.state, task.due_at) == ("assigned", report().reopened_until)
    with pytest.raises(NotAllowedNow):
        task_services.finish_tasks(actor=asked["housing"], ids=[task.pk], evidence="报了")
    move(2026, 11, 30)
    assert services.mark_missed() == 1, "missed once more"
    assert [one.state for one in again()] == ["lapsed"]
    services.reopen(actor=asked["supervisor"], report_id=report().pk, reason="最后一次")
    deliver(asked)
    assert [one.state for one in again()] == ["lapsed", "finished"]
    assert report().missed_at is None
    assert audit.verify().ok


def test_a_reminder_half_answered_at_the_lock_says_what_stayed_out(asked: Any, move: Any) -> None:
    later = made.row(
        code="second",
        owner="housing",
        feed="generated",
        valid_from="2026-10-01",
        calendar={"due": "5 WD", "lock": "20 WD"},
    )
    services.put_datasets(actor=Actor.system("test"), rows=[later])
    services.open_reports()
    services.raise_reminders()
    reminder = Reminder.objects.get(unit=asked.unit("331102-housing"))
    move(2026, 11, 23)
    services.mark_missed()
    (task,) = tasks.tasks_of(asked["housing"], "exchange.reminder", reminder.pk)
    assert task.state == "assigned", "the second may still come"
    services.deliver(actor=asked["housing"], code="second", rows=[october()], way=Way.PAGE)
    (task,) = tasks.tasks_of(asked["housing"], "exchange.reminder", reminder.pk)
    assert task.state == "lapsed", "not finished: the first stayed out"


def report_of(code: str) -> Report:
    return Report.objects.everything("test").get(code=code, division=EAST)


def test_a_survey_keeps_its_sample_and_its_interval(cast: Any, move: Any) -> None:
    move(2026, 9, 1)
    services.put_datasets(actor=Actor.system("test"), rows=[made.row(made.SAFE, owner="housing")])
    move(2026, 10, 12)
    services.open_reports()
    good = {"n": 400, "fieldwork_from": "2026-09-20", "fieldwork_to": "2026-09-25"}

    def send(values: dict[str, Any], survey: dict[str, Any]) -> services.Outcome:
        row = Given(EAST, "2026-Q3", values, survey=survey)
        return services.deliver(actor=cast["housing"], code="feels_safe", rows=[row], way=Way.API)

    assert "置信区间" not in said(send({"safe": 96.1, "safe_low": 94.2, "safe_high": 97.5}, {**good, "n": 20}))
    assert "缺区间" in said(send({"safe": 96.1}, good))
    assert "下限 ≤" in said(send({"safe": 96.1, "safe_low": 97, "safe_high": 98}, good))
    assert "早于" in said(send({"safe": 96, "safe_low": 95, "safe_high": 97}, {**good, "fieldwork_to": "2026-09-01"}))
    assert send({"safe": 96.1, "safe_low": 94.2, "safe_high": 97.5}, good).accepted
    provider = sources.provider("survey")
    assert provider is not None
    assert provider.names()["feels_safe"] == {"safe", "safe_low", "safe_high"}
    (row,) = provider.rows("feels_safe", None, None)
    assert (row.node, row.day, row.n, row.values["safe_low"]) == (EAST, date(2026, 9, 30), 400, 94.2)


def test_analytics_reads_the_latest_version_known_at_a_moment(asked: Any, move: Any) -> None:
    from huying.kernel import clock

    deliver(asked)
    deliver(asked, "other_housing", october(OTHER))
    then = clock.now()
    move(2026, 11, 4)
    deliver(asked, "housing", october(fires=5, note="漏报一起"))
    provider = sources.provider("dataset")
    assert provider is not None
    assert [(r.node, r.values["fires"]) for r in provider.rows("fires_monthly", None, None)] == [(EAST, 5), (OTHER, 4)]
    assert [(r.node, r.values["fires"]) for r in provider.rows("fires_monthly", None, then)] == [(EAST, 4), (OTHER, 4)]
    assert [(r.node, r.values["fires"]) for r in provider.rows("fires_monthly", then, None)] == [(EAST, 5)]
    with pytest.raises(NotFound):
        list(provider.rows("feels_safe", None, None))


def test_many_rows_of_a_file_take_no_more_queries_than_few(asked: Any, count_queries: Any) -> None:
    rows = [october(), *(Given(f"3311{n:02}000000", "2026-10", GOOD) for n in range(3, 20))]
    counts = []
    for sent in (rows[:2], rows):
        with count_queries() as counted:
            services.try_out(actor=asked["housing"], code="fires_monthly", rows=sent)
        counts.append(counted.n)
    assert counts[0] == counts[1]


@over(st.one_of(st.text(max_size=20), st.floats(), st.integers(), st.none(), st.booleans()))
def test_anything_typed_is_a_finite_figure_a_blank_or_refused(typed: Any) -> None:
    try:
        found = number(typed)
    except ValueError:
        return
    assert found is None or abs(found) <= 1e15


@over(
    inspected=st.one_of(st.none(), st.integers(-5, 500)),
    faulty=st.one_of(st.none(), st.integers(-5, 500)),
    before=st.one_of(st.none(), st.integers(0, 500)),
)
def test_what_passes_keeps_every_rule_of_its_dataset(
    inspected: int | None, faulty: int | None, before: int | None
) -> None:
    given = Given(EAST, "2026-10", {"fires": 1, "inspected": inspected, "faulty": faulty})
    made_of = judge(made.row(), given, {"inspected": before}, {}, date(2026, 11, 2))
    fine = inspected is not None and faulty is not None and 0 <= faulty <= inspected
    fine = fine and (before is None or inspected is None or inspected >= before * 0.2)
    assert (not made_of.faults) == fine


@pytest.mark.parametrize(
    ("typed", "found"), [("1,234", 1234), ("１２", 12), (" 3.5 ", 3.5), ("64.5%", 64.5), ("", None), (None, None)]
)
def test_figures_are_read_as_offices_write_them(typed: Any, found: float | None) -> None:
    assert number(typed) == found
