"""Data that comes late: what a warning was opened for is read again every night, not only its newest period."""

from datetime import date, timedelta

import pytest

from huying.domains.tasks import queries as tasks
from huying.domains.tasks import services as doing
from huying.domains.warnings import queries, services
from huying.domains.warnings.models import Seen
from huying.kernel import audit

from .made import EAST, install_ladder, name_posts

MONTHS = ("2026-08", "2026-09", "2026-10")


@pytest.fixture
def place(cast, figures):
    install_ladder()
    name_posts(cast)
    return figures


@pytest.fixture
def three_reds(cast, place, clock):
    """August to October red, each looked at on the first of the next month: a notice."""
    for n, month in enumerate(MONTHS, 9):
        place.month(EAST, month, closed_in_time=(20, 40))
        evaluated = date(2026, n, 1)
        clock.move(evaluated - clock.now().date())
        place.publish(evaluated)
        services.evaluate()
    (warning,) = queries.warnings(cast["leader"]).items
    assert (warning.step, warning.in_a_row) == ("notice", 3)
    return place


def again(place, clock):
    clock.move(timedelta(days=1))
    place.publish(clock.now().date())
    return services.evaluate()


def test_a_month_before_the_newest_that_was_not_red_after_all_takes_the_step_back(cast, three_reds, clock):
    three_reds.month(EAST, "2026-08", closed_in_time=(39, 40))
    done = again(three_reds, clock)
    assert done.corrected == 3, "August's figure, and the place in the row of the two after it"
    (warning,) = queries.warnings(cast["leader"]).items
    assert (warning.in_a_row, warning.step) == (2, "alert")
    (chain,) = queries.chains(cast["leader"], [warning])
    august, september, october = (link.seen for link in chain.links)
    assert (august.value, august.colour, august.outside) == (0.975, "green", False)
    assert (september.in_a_row, october.in_a_row) == (1, 2)
    assert august.corrected_at == clock.now()
    assert [entry.action for entry in audit.history("warning", warning.pk)].count("corrected") == 3
    assert again(three_reds, clock).corrected == 0, "once it is written it is not news any more"


def test_when_no_month_was_red_after_all_it_ends_as_corrected_once_its_tasks_are_answered(cast, three_reds, clock):
    for month in MONTHS:
        three_reds.month(EAST, month, closed_in_time=(39, 40))
    assert again(three_reds, clock).closed == 0, "somebody was asked and has not answered yet"
    (warning,) = queries.warnings(cast["leader"]).items
    asked = [task.pk for task in tasks.tasks_of(cast["leader"], "warning", warning.pk)]
    doing.finish_tasks(actor=cast["leader"], ids=asked, evidence="系统数据漏传，已补传核对。")
    warning = queries.warning(cast["leader"], warning.pk)
    assert (warning.state, warning.ended) == ("closed", "corrected")


def test_a_month_that_turns_red_late_lengthens_the_row_up_to_the_next_step(cast, place, clock):
    for month, inside in (("2026-07", 39), ("2026-08", 20), ("2026-09", 20), ("2026-10", 20)):
        place.month(EAST, month, closed_in_time=(inside, 40))
    place.publish(clock.now().date())
    services.evaluate()
    place.month(EAST, "2026-07", closed_in_time=(20, 40))
    assert again(place, clock).escalated == 1
    (warning,) = queries.warnings(cast["leader"]).items
    assert (warning.step, warning.in_a_row) == ("talk", 4)
    assert len(tasks.tasks_of(cast["city_leader"], "warning", warning.pk)) == 2, "the talk is a task of its own"


def test_what_is_closed_stays_as_it_was_decided(cast, three_reds, clock):
    (warning,) = queries.warnings(cast["leader"]).items
    services.close_warning(actor=cast["city_leader"], warning_id=warning.pk, reason="数据源停报")
    before = list(Seen.objects.values_list("key", "value"))
    three_reds.month(EAST, "2026-08", closed_in_time=(39, 40))
    assert again(three_reds, clock).corrected == 0
    assert list(Seen.objects.values_list("key", "value")) == before
