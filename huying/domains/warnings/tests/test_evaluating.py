"""The night's work beyond the story: early signals, hierarchy, digests, places without a body, hidden figures."""

from datetime import date, timedelta

import pytest
from django.apps import apps

from huying.domains.tasks import queries as tasks
from huying.domains.warnings import queries, services
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, NotFound, StaleVersion

from .made import CITY, EAST, STREET, install_ladder, name_posts, red_month

WEST = "331121000000"
YESTERDAY = date(2026, 11, 19)


@pytest.fixture
def place(cast, figures):
    install_ladder()
    name_posts(cast)
    return figures


def letters(topic):
    rows = apps.get_model("kernel", "OutboxMessage").objects.filter(topic=topic).order_by("pk")
    return [(row.recipient, row.body) for row in rows]


def steady(weeks, last):
    """Forty a week, then `last` in the last seven days."""
    return [n for _week in range(weeks) for n in (6, 6, 6, 6, 6, 5, 5)] + [
        last // 7 + (day < last % 7) for day in range(7)
    ]


def test_more_matters_than_the_past_explains_ask_for_a_look(cast, place, clock):
    place.days(EAST, YESTERDAY, steady(20, 90))
    place.publish(clock.now().date())
    assert services.evaluate().opened == 1
    (signal,) = queries.warnings(cast["leader"], group="early").items
    assert (signal.indicator, signal.step) == ("volume", "signal")
    (chain,) = queries.chains(cast["leader"], [signal])
    seen = chain.latest.seen
    assert (seen.value, round(seen.expected)) == (90, 40)
    assert seen.high < 90
    assert "七天90，高于预期上限" in tasks.tasks_of(cast["leader"], "warning", signal.pk)[0].title


def test_a_signal_is_said_once_a_week_and_ends_when_the_week_after_is_as_usual(cast, place, clock):
    place.days(EAST, YESTERDAY, steady(20, 90))
    place.publish(clock.now().date())
    services.evaluate()
    (signal,) = queries.warnings(cast["leader"], group="early").items
    task = tasks.tasks_of(cast["leader"], "warning", signal.pk)[0]
    from huying.domains.tasks import services as doing

    doing.finish_tasks(actor=cast["leader"], ids=[task.pk], evidence="停水集中反映，已恢复供水。")
    for day in (1, 7):
        counts = [*steady(20, 90), *[6] * day]
        place.cells.clear()
        place.first_day = date(2024, 1, 1)
        place.days(EAST, YESTERDAY + timedelta(day), counts)
        clock.move(timedelta(days=day if day == 1 else 6))
        place.publish(clock.now().date())
        done = services.evaluate()
        assert done.opened == 0
        assert (done.mended, done.closed) == ((0, 0) if day == 1 else (1, 1))


def test_a_short_or_thin_history_raises_nothing_and_says_so(cast, place, clock):
    place.days(EAST, YESTERDAY, steady(6, 90))
    place.publish(clock.now().date())
    assert services.evaluate().opened == 0
    east = [row for row in queries.forecasts(cast["leader"]) if row.division == EAST]
    assert [row.carried for row in east] == [False] * 6


def test_a_backtest_stands_beside_each_number(cast, place, clock):
    place.days(EAST, YESTERDAY, steady(20, 40))
    place.publish(clock.now().date())
    services.evaluate()
    row = next(r for r in queries.forecasts(cast["leader"]) if (r.division, r.indicator) == (EAST, "volume"))
    assert (row.windows, row.inside, row.signals, row.trusted) == (12, 12, 0, True)


def test_few_records_and_hidden_ones_are_not_coloured_and_warn_of_nothing(cast, place, clock):
    place.month(EAST, "2026-10", closed_in_time=(1, 9))
    place.month(STREET, "2026-10", closed_in_time=(1, 9))
    place.publish(clock.now().date())
    assert services.evaluate().opened == 0


def test_a_place_without_portfolio_is_answered_by_its_government(cast, place, clock):
    place.month(STREET, "2026-10", closed_in_time=(5, 40))
    place.publish(clock.now().date())
    services.evaluate()
    (warning,) = queries.warnings(cast["leader"]).items
    (task,) = tasks.tasks_of(cast["leader"], "warning", warning.pk)
    assert (task.unit_id, task.post_id) == (cast["street_head"].unit_id, cast["street_head"].post_id)


def test_a_county_of_others_is_out_of_sight(cast, place, clock):
    place.month(WEST, "2026-10", closed_in_time=(5, 40))
    place.publish(clock.now().date())
    services.evaluate()
    assert list(queries.warnings(cast["leader"]).items) == []
    (theirs,) = queries.warnings(cast["city_leader"]).items
    with pytest.raises(NotFound):
        queries.warning(cast["leader"], theirs.pk)


def test_many_warnings_are_one_letter_a_day(cast, place, clock):
    place.month(EAST, "2026-10", closed_in_time=(5, 40), responded=(5, 40), solved=(5, 40), satisfied=(5, 40))
    place.publish(clock.now().date())
    assert services.evaluate().opened == 4
    assert letters("tasks.assigned") == []
    services.send_digests()
    services.send_digests()
    ((recipient, body),) = letters("warnings.digest")
    assert recipient == f"post:{cast['leader'].post_id}"
    assert body.count("预警提示") == 4


def test_a_storm_of_single_letters_waits_for_the_digest(cast, place, clock):
    for month in ("2026-07", "2026-08", "2026-09", "2026-10"):
        place.month(EAST, month, closed_in_time=(5, 40), responded=(5, 40), solved=(5, 40), satisfied=(5, 40))
    place.publish(clock.now().date())
    services.evaluate()
    assert letters("warnings.news") == []
    assert services.send_digests() == 2, "the county's post and the city's, each one letter"


def test_a_talk_is_told_at_once_to_the_place_and_the_level_above(cast, place, clock):
    for month in ("2026-07", "2026-08", "2026-09", "2026-10"):
        place.month(EAST, month, closed_in_time=(5, 40))
    place.publish(clock.now().date())
    services.evaluate()
    told = [recipient for recipient, _body in letters("warnings.news")]
    assert told == [f"post:{cast['leader'].post_id}", f"post:{cast['city_leader'].post_id}"]
    assert services.send_digests() == 0


def test_who_had_to_answer_cannot_close_it(cast, place, clock):
    place.month(EAST, "2026-10", closed_in_time=(5, 40))
    place.publish(clock.now().date())
    services.evaluate()
    (warning,) = queries.warnings(cast["leader"]).items
    close = services.close_warning
    for who in ("supervisor", "dispatcher"):
        with pytest.raises(Forbidden):
            close(actor=cast[who], warning_id=warning.pk, reason="不算")
    with pytest.raises(InvalidInput):
        close(actor=cast["city_leader"], warning_id=warning.pk, reason=" ")
    with pytest.raises(StaleVersion):
        close(actor=cast["city_leader"], warning_id=warning.pk, reason="重复", version=99)
    close(actor=cast["city_leader"], warning_id=warning.pk, reason="数据源停报")
    with pytest.raises(NotAllowedNow):
        close(actor=cast["city_leader"], warning_id=warning.pk, reason="再来")


def test_without_a_ladder_nothing_is_warned_of(cast, figures, clock):
    figures.month(CITY, "2026-10", closed_in_time=(5, 40))
    figures.publish(clock.now().date())
    assert vars(services.evaluate())["opened"] == 0


def test_the_list_costs_the_same_queries_however_many(cast, query_ratchet, count_queries):
    def show():
        page = queries.warnings(cast["leader"])
        return queries.chains(cast["leader"], page.items)

    red_month(EAST)
    with query_ratchet("warnings with their chains") as few:
        assert len(show()) == 1
    for indicator in ("responded", "solved", "overdue"):
        red_month(EAST, indicator=indicator)
    with count_queries() as many:
        assert len(show()) == 4
    assert many.n == few.n


def test_matters_that_come_back_to_the_same_places_are_a_signal_of_their_own(cast, place, clock):
    """As many matters as ever, but of those at places more and more return: something was never mended."""
    returning = [2] * 140 + [9] * 7
    place.days(EAST, YESTERDAY, [12] * 147)
    for back, n in enumerate(reversed(returning)):
        place.cells[EAST, (YESTERDAY - timedelta(back)).isoformat()]["same_place_repeats__n"] = n
    place.publish(clock.now().date())
    assert services.evaluate().opened == 1
    (signal,) = queries.warnings(cast["leader"], group="early").items
    assert signal.indicator == "same_place_repeats"
    title = tasks.tasks_of(cast["leader"], "warning", signal.pk)[0].title
    assert "莲都区同地同事重复件数" in title
    assert "七天63，高于预期上限" in title
