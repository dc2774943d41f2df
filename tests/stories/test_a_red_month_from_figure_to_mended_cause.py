"""A red month leads somewhere: from the figure to a task for the post that answers, its answer, and what the next month says.

Source: index-and-assessment.md (Huizhou: three reds in a row a notice, four a talk; Zhucheng: listed, mended in 30 days).
"""

import html
import re
from datetime import date, datetime

import pytest
from click.testing import CliRunner

from huying.analytics import definitions, published, refreshing, trees
from huying.domains.matters import services as matters
from huying.domains.tasks import queries as task_queries
from huying.domains.tasks import services as tasks
from huying.domains.warnings import commands, queries, services
from huying.domains.warnings.tests.made import install_ladder, name_posts
from huying.kernel import audit, worklist
from huying.kernel.clock import ZONE
from tests.support.web import signed_in

EAST = "331102000000"


@pytest.fixture
def place(cast, figures):
    install_ladder()
    name_posts(cast)
    return figures


def to(clock, day: date) -> None:
    clock.move(day - clock.now().date())


def month(place, clock, period: str, inside: int, evaluated: date):
    """The month's figure is `inside` of 40 closed in time; the job runs on the first of the next."""
    place.month(EAST, period, closed_in_time=(inside, 40))
    place.publish(evaluated)
    to(clock, evaluated)
    return services.evaluate()


def test_from_the_records_through_the_desk_to_records_that_are_better(cast, clock, settings, tmp_path):
    """No figure is put there by hand: matters live their lives, the job counts them, people read and answer on the desk."""
    settings.HUYING_HOME = tmp_path
    install_ladder()
    name_posts(cast)

    def at(year: int, month: int, day: int, hour: int = 9) -> None:
        clock.move(to=datetime(year, month, day, hour, tzinfo=ZONE))

    def answered(matter) -> None:
        for who, verb, given in (
            ("water", matters.reply, {"text": "水管已修好，路面已清理。"}),
            ("supervisor", matters.approve_reply, {}),
            ("follower", matters.follow_up, {"solved": "yes", "satisfied": "yes"}),
            ("follower", matters.close, {}),
        ):
            matter = cast.act(who, verb, matter, **given)

    def night() -> str:
        # As the job does it, but in this process, which alone sees the test's database.
        refreshing.refresh(definitions.shipped(), trees.load(), published.folder())
        done = CliRunner().invoke(commands.group, ["evaluate"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    at(2026, 11, 2)
    late = [cast.in_hand() for _ in range(12)]
    at(2026, 12, 28)
    for matter in late:
        answered(matter)
    at(2027, 1, 1, 5)
    assert "2026-12: 3 opened" in night(), "the street, its county, its city"

    desk = signed_in(cast, "leader")
    listed = desk.get("/desk/warnings/").content.decode()
    found = re.search(r'href="(/desk/warnings/\d+)"[^>]*>\s*莲都区', listed)
    assert found is not None, listed
    address = found[1]
    shown = desk.get(address).content.decode()
    assert "0 / 12" in shown
    report = desk.get("/desk/report/331102000000/2026-12/").content.decode()
    links = [html.unescape(one) for one in re.findall(r'href="([^"]*figure=closed_in_time[^"]*)"', report)]
    whole = next(one for one in links if "division=331102000000" in one and "closed_in_time.denominator" in one)
    records = desk.get(whole).content.decode()
    assert all(matter.number in records for matter in late), "the figure opens the records it was counted from"

    task = re.search(r"/desk/tasks/\d+", shown)
    assert task is not None
    form = desk.get(task[0]).content.decode()
    version = re.search(r'name="version" value="(\d+)"', form)
    assert version is not None
    given = {"version": version[1], "evidence": "管网抢修队增至三支，夜间值守。"}
    assert desk.post(f"{task[0]}/finish", given).status_code == 302
    assert "抢修队" in desk.get(address).content.decode()

    at(2027, 1, 12)
    for _ in range(12):
        answered(cast.in_hand())
    at(2027, 2, 1, 5)
    assert "3 within bounds again, 0 corrected, 1 closed" in night(), "the other two still want an answer"
    mended = signed_in(cast, "leader").get(address).content.decode()
    assert "指标已恢复" in mended
    assert "100.0%" in mended, "what came of the answer stands beside it"
    assert audit.verify().ok


def test_a_red_month_becomes_a_task_and_ends_when_the_cause_is_mended(cast, place, clock):
    done = month(place, clock, "2026-11", 20, date(2026, 12, 1))
    assert (done.opened, done.closed) == (1, 0)

    (warning,) = queries.warnings(cast["leader"]).items
    assert (warning.place, warning.indicator, warning.step) == ("莲都区", "closed_in_time", "alert")
    (item,) = [row for row in worklist.page(cast["leader"]).items if row.queue == "tasks"]
    assert "按时办结率" in item.title

    assert services.send_digests() == 1, "one letter, to the post that answers"
    assert services.send_digests() == 0, "and no second one that day"

    task = task_queries.tasks_of(cast["leader"], "warning", warning.pk)[0]
    tasks.finish_tasks(actor=cast["leader"], ids=[task.pk], evidence="管网抢修队增至三支，夜间值守。")
    assert queries.warning(cast["leader"], warning.pk).state == "open", "an answer alone mends nothing"

    done = month(place, clock, "2026-12", 39, date(2027, 1, 1))
    assert (done.mended, done.closed) == (1, 1)
    closed = queries.warning(cast["leader"], warning.pk)
    assert (closed.state, closed.ended) == ("closed", "mended")
    (chain,) = queries.chains(cast["leader"], [closed])
    first = chain.links[0]
    assert (first.seen.value, first.seen.colour) == (0.5, "red")
    assert "抢修队" in first.task.evidence
    assert first.effect is not None
    assert (first.effect.value, first.effect.colour) == (0.975, "green")
    assert [entry.action for entry in audit.history("warning", warning.pk)] == [
        "opened", "answered", "mended", "closed",
    ]  # fmt: skip


def test_three_reds_are_a_notice_four_a_talk_by_the_level_above_five_a_listing(cast, place, clock):
    steps = []
    for n, period in enumerate(("2026-11", "2026-12", "2027-01", "2027-02", "2027-03")):
        next_month = date(2027 if n else 2026, n or 12, 1)
        month(place, clock, period, 20, next_month)
        (warning,) = queries.warnings(cast["leader"]).items
        steps.append((warning.step, warning.in_a_row))
    assert steps == [("alert", 1), ("alert", 2), ("notice", 3), ("talk", 4), ("listed", 5)]
    (chain,) = queries.chains(cast["city_leader"], [warning])
    assert [(link.seen.step, link.task.unit_id if link.task else None) for link in chain.links] == [
        ("alert", cast.unit("331102-centre")),
        ("", None),
        ("notice", cast.unit("331102-centre")),
        ("talk", cast.unit("3311-hotline")),
        ("listed", cast.unit("331102-centre")),
    ]


def test_recovery_waits_for_the_answer(cast, place, clock):
    month(place, clock, "2026-11", 20, date(2026, 12, 1))
    done = month(place, clock, "2026-12", 39, date(2027, 1, 1))
    assert (done.mended, done.closed) == (1, 0)
    (warning,) = queries.warnings(cast["leader"]).items
    task = task_queries.tasks_of(cast["leader"], "warning", warning.pk)[0]
    tasks.finish_tasks(actor=cast["leader"], ids=[task.pk], evidence="已查明：系统升级致录入滞后，已补录。")
    assert queries.warning(cast["leader"], warning.pk).ended == "mended"


def test_the_same_night_twice_changes_nothing(cast, place, clock):
    month(place, clock, "2026-11", 20, date(2026, 12, 1))
    done = services.evaluate()
    assert (done.opened, done.repeated, done.escalated, done.corrected) == (0, 0, 0, 0)
    assert len(audit.history("warning", queries.warnings(cast["leader"]).items[0].pk)) == 1


def test_a_late_correction_that_clears_the_figure_is_said_and_ends_the_warning(cast, place, clock):
    month(place, clock, "2026-11", 20, date(2026, 12, 1))
    (warning,) = queries.warnings(cast["leader"]).items
    done = month(place, clock, "2026-11", 39, date(2026, 12, 9))
    assert done.corrected == 1
    task = task_queries.tasks_of(cast["leader"], "warning", warning.pk)[0]
    tasks.finish_tasks(actor=cast["leader"], ids=[task.pk], evidence="原数据漏报，已更正。")
    assert queries.warning(cast["leader"], warning.pk).ended == "corrected"


def test_what_was_closed_by_hand_does_not_come_back_for_the_same_month(cast, place, clock):
    month(place, clock, "2026-11", 20, date(2026, 12, 1))
    (warning,) = queries.warnings(cast["city_leader"]).items
    services.close_warning(actor=cast["city_leader"], warning_id=warning.pk, reason="数据源停报，另行处理。")
    assert services.evaluate().opened == 0
    assert task_queries.tasks_of(cast["leader"], "warning", warning.pk)[0].state == "cancelled"
    done = month(place, clock, "2026-12", 20, date(2027, 1, 1))
    assert done.opened == 1
    (again,) = queries.warnings(cast["leader"]).items
    assert again.again_of_id == warning.pk


def test_nights_that_were_missed_are_made_up_in_order(cast, place, clock):
    month(place, clock, "2026-11", 20, date(2026, 12, 1))
    place.month(EAST, "2026-12", closed_in_time=(20, 40))
    done = month(place, clock, "2027-01", 20, date(2027, 2, 3))
    assert done.periods == ["2026-12", "2027-01"]
    assert (done.repeated, done.escalated) == (1, 1)
