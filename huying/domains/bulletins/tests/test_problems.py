"""A problem of a published report becomes a task; the next report says what its task came to."""

from datetime import date

import pytest

from huying.analytics.tests.made import CITY
from huying.domains.bulletins import queries, services
from huying.domains.bulletins.models import Problem
from huying.domains.bulletins.vocabulary import PROBLEM_KIND
from huying.domains.organizations import queries as organizations
from huying.domains.tasks import queries as tasks
from huying.domains.tasks import services as acts
from huying.kernel import audit, clock
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import InvalidInput, NotAllowedNow

from .conftest import OCTOBER
from .made import ABOVE, ANALYST, BESIDE, LEADER, signed

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def do(verb, report, actor, **given):
    report.refresh_from_db()
    return verb(actor=actor, bulletin_id=report.pk, version=report.version, **given)


def do_sign(report):
    report.refresh_from_db()
    signed(report)


@pytest.fixture
def water(cast):
    return next(unit.id for unit in organizations.all_units() if unit.code == "331102-water")


def published(report, water, due=date(2026, 12, 1), **given):
    do(services.add_problem, report, ANALYST, text="供水抢修超期", unit_id=water, due=due, **given)
    do_sign(report)
    do(services.submit, report, ANALYST)
    do(services.approve, report, LEADER)
    do(services.approve, report, ABOVE)
    do(services.publish, report, ANALYST)
    return Problem.objects.get()


@pytest.fixture
def september(cast, monthly, water):
    """September's report, published with one problem about 按时办结率; its task is given."""
    report = services.start(actor=ANALYST, set_code="monthly", period=OCTOBER.previous)
    problem = published(report, water, indicator="closed_in_time")
    [task] = tasks.tasks_of(SYSTEM, PROBLEM_KIND, problem.pk)
    return report, problem, task


def october():
    return services.start(actor=ANALYST, set_code="monthly", period=OCTOBER)


def test_each_problem_of_a_published_report_is_a_task_with_its_owner_and_clock(september, water):
    report, problem, task = september
    assert (task.unit_id, task.title, task.state) == (water, "供水抢修超期", "assigned")
    assert clock.local(task.due_at).date() == problem.due
    assert [event.action for event in audit.history("bulletin", report.pk)][-2:] == ["publish", "problem_given"]


def test_another_edition_gives_no_task_twice(september):
    report, problem, _task = september
    do(services.reopen, report, ABOVE, reason="补报。")
    do(services.submit, report, ANALYST)
    do(services.approve, report, LEADER)
    do(services.approve, report, ABOVE)
    do(services.publish, report, ANALYST)
    assert len(tasks.tasks_of(SYSTEM, PROBLEM_KIND, problem.pk)) == 1


def test_a_limit_that_passed_before_publishing_is_today(cast, monthly, water):
    report = services.start(actor=ANALYST, set_code="monthly", period=OCTOBER)
    do(services.add_problem, report, ANALYST, text="供水抢修超期", unit_id=water, due=clock.today())
    Problem.objects.update(due=date(2026, 11, 1))
    do_sign(report)
    do(services.submit, report, ANALYST)
    do(services.approve, report, LEADER)
    do(services.approve, report, ABOVE)
    do(services.publish, report, ANALYST)
    [task] = tasks.tasks_of(SYSTEM, PROBLEM_KIND, Problem.objects.get().pk)
    assert clock.local(task.due_at).date() == clock.today()


def test_the_next_report_says_that_a_task_runs_on_and_asks_nobody(september):
    report = october()
    [row] = queries.followed(report)
    assert (row["state"], row["task"]["state"]) == ("carried", "assigned")
    do_sign(report)
    done = do(services.submit, report, ANALYST)
    assert done.content["followed"][0]["task"]["number"] == september[2].number
    said = queries.draft_paper(done, "zh-hans")
    assert any(
        "转入本期（任务" in cell.text
        for block in said.blocks
        if hasattr(block, "rows")
        for r in block.rows
        for cell in r
    )


def test_the_next_report_gives_the_units_answer_and_the_figure_then_and_now(september):
    _report, problem, task = september
    acts.finish_tasks(actor=_doer(task), ids=[task.pk], evidence="已换管，抽查三件属实。")
    [row] = queries.followed(october())
    assert (row["state"], row["note"]) == ("answered", "已换管，抽查三件属实。")
    assert (row["effect"]["then"]["value"], row["effect"]["now"]["value"]) == (0.9, 0.5)
    assert audit.history("bulletin", problem.bulletin_id)[-1].action == "problem_answered"


def test_what_the_drafter_says_of_an_answer_stands_over_it(september):
    _report, problem, task = september
    acts.finish_tasks(actor=_doer(task), ids=[task.pk], evidence="已换管。")
    report = october()
    do(services.follow_problem, report, ANALYST, problem_id=problem.pk, state="carried", note="抽查两件仍漏水。")
    [row] = queries.followed(report)
    assert (row["state"], row["note"]) == ("carried", "抽查两件仍漏水。")


def test_a_problem_whose_task_runs_on_is_still_followed_two_reports_later(september):
    october()
    november = services.start(actor=ANALYST, set_code="monthly", period=OCTOBER.next)
    assert [row["text"] for row in queries.followed(november)] == ["供水抢修超期"]


def test_a_problem_is_about_a_figure_of_its_report_or_none(report, cast, water):
    with pytest.raises(InvalidInput) as caught:
        do(services.add_problem, report, ANALYST, text="x", unit_id=water, due=date(2026, 12, 1), indicator="nothing")
    assert "indicator" in caught.value.fields


def test_a_problem_is_seen_by_whoever_sees_its_report(september):
    _report, problem, _task = september
    assert queries.problems_visible(ANALYST, [problem.pk]) == {problem.pk}
    assert queries.problems_visible(BESIDE, [problem.pk]) == set()
    assert ABOVE.division == CITY
    assert queries.problems_visible(ABOVE, [problem.pk]) == {problem.pk}


def test_a_problem_without_a_task_still_waits_for_words(cast, monthly, water):
    september = services.start(actor=ANALYST, set_code="monthly", period=OCTOBER.previous)
    do(services.add_problem, september, ANALYST, text="供水抢修超期", unit_id=water, due=date(2026, 12, 1))
    report = october()
    do_sign(report)
    with pytest.raises(NotAllowedNow, match="上期清单还有1个问题没有反馈"):
        do(services.submit, report, ANALYST)


def _doer(task):
    return Actor(
        kind="staff",
        label="水利局",
        roles=frozenset({Role.HANDLER}),
        unit_id=task.unit_id,
        division="331102000000",
        level=Level.COUNTY,
    )
