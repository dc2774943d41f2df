"""Registered places are watched as far as their own history carries it: a market, a kind of place, never a home or a person."""

from datetime import date, datetime, time, timedelta

import pytest
from django.apps import apps
from django.test import Client

from huying.domains.matters.tests.test_desk_pages import signed_in
from huying.domains.tasks import queries as tasks
from huying.domains.tasks import services as doing
from huying.domains.territory.queries import Register, Registered, register
from huying.domains.territory.vocabulary import PlaceKind
from huying.domains.warnings import queries, services
from huying.kernel.clock import ZONE

from .made import EAST, STREET, install_ladder, name_posts

Matter, Place = apps.get_model("matters", "Matter"), apps.get_model("territory", "Place")
YESTERDAY = date(2026, 11, 19)
COLUMNS = {"province": "330000000000", "city": "331100000000", "county": EAST}


def put(key, kind, name, township=STREET):
    Place.objects.create(
        key=key, kind=kind, name=name, **COLUMNS, township=township, provenance="demo", valid_from=date(2020, 1, 1)
    )


def say(place, counts, kind="help", last=YESTERDAY):
    """Matters at a place, so many a day up to `last`, stored as intake leaves them."""
    made = []
    for back, n in enumerate(reversed(counts)):
        at = datetime.combine(last - timedelta(back), time(9), ZONE)
        for nth in range(n):
            number = f"{place}-{kind}-{last}-{back}-{nth}"[:40]
            made.append(
                Matter(
                    number=number,
                    channel="hotline",
                    kind=kind,
                    title="反映",
                    content="反映",
                    place=place,
                    **COLUMNS,
                    township=STREET,
                    body_key="x",
                    registered_at=at,
                )
            )
    Matter.objects.bulk_create(made)


def steady(weeks, week=14, last=14):
    share = lambda n: [n // 7 + (day < n % 7) for day in range(7)]  # noqa: E731
    return share(week) * weeks + share(last)


@pytest.fixture
def place(cast, figures):
    install_ladder()
    name_posts(cast)
    put("market-1", "market", "永晖农贸市场")
    put("estate-1", "estate", "永晖花苑")
    figures.days(EAST, YESTERDAY, [2] * 154)
    figures.publish(YESTERDAY + timedelta(1))
    return figures


def signals(cast):
    return {row.indicator: row for row in queries.warnings(cast["leader"], group="early").items}


def test_more_than_a_market_ever_had_is_a_task_about_the_market(cast, place, clock):
    say("永晖街道永晖农贸市场门口", steady(21, last=45))
    assert services.evaluate().opened == 1, "what a market explains is not said again of markets and of the county"
    assert set(signals(cast)) == {"at_point.market-1"}


def test_many_places_that_are_each_too_small_are_a_signal_of_their_kind(cast, place, clock):
    for n in range(4):
        put(f"school-{n}", "school", f"第{n}小学")
        say(f"第{n}小学门口", steady(21, week=5, last=12))
    assert services.evaluate().opened == 1
    assert set(signals(cast)) == {"at_place.school"}
    assert signals(cast)["at_place.school"].division == STREET


def test_what_a_history_does_not_carry_is_not_forecast_and_counted_as_such(cast, place, clock):
    say("永晖农贸市场", steady(21, week=9, last=40))
    assert services.evaluate().opened == 0
    there = queries.place_forecasts(cast["leader"])
    assert (there.points, there.carried_n, there.carried) == (1, 0, [])
    assert there.groups > 0


def test_an_estate_is_homes_and_is_watched_by_its_kind_alone(cast, place, clock):
    say("永晖花苑3幢", steady(21, last=60))
    services.evaluate()
    assert not [code for code in signals(cast) if code.startswith("at_point")]
    assert queries.place_forecasts(cast["leader"]).points == 0


def test_reports_of_wrongdoing_and_petitions_at_a_place_are_in_no_forecast(cast, place, clock):
    say("永晖农贸市场", steady(21, last=45), kind="report")
    say("永晖农贸市场", steady(21, last=45), kind="petition")
    assert services.evaluate().opened == 0
    assert queries.place_forecasts(cast["leader"]).groups == 0


def test_the_backtest_and_the_hit_rate_of_places_stand_on_the_page(cast, place, clock):
    say("永晖农贸市场", [*steady(18), *steady(0, last=40), *steady(0, last=42), *steady(0), *steady(0)])
    services.evaluate()
    there = queries.place_forecasts(cast["leader"])
    market = next(row for row in there.carried if row.indicator == "at_point.market-1")
    assert (market.name_zh, market.signals, market.judged, market.hits) == ("永晖农贸市场事项件数", 2, 2, 1)
    page = signed_in(Client(), "leader").get("/desk/warnings/method").content.decode()
    assert "永晖农贸市场事项件数" in page
    assert "50%" in page


def test_a_signal_opens_its_matters_and_ends_after_its_answer_when_the_week_is_as_usual(cast, place, clock):
    say("永晖农贸市场", steady(21, last=45))
    services.evaluate()
    signal = signals(cast)["at_point.market-1"]
    page = signed_in(Client(), "leader")
    told = page.get(f"/desk/warnings/{signal.pk}").content.decode()
    href = f"/desk/matters/at-places?places=market-1&amp;division={STREET}&amp;to=2026-11-19"
    assert href in told
    behind = page.get(href.replace("&amp;", "&")).content.decode()
    assert "永晖农贸市场：2026-11-13至2026-11-19的事项" in behind
    assert "共计 45 件" in behind
    owner = cast["street_head"]
    (task,) = tasks.tasks_of(owner, "warning", signal.pk)
    assert "永晖农贸市场事项件数" in task.title
    doing.finish_tasks(actor=owner, ids=[task.pk], evidence="冷库故障集中反映，已修好。")
    say("永晖农贸市场", steady(0), last=YESTERDAY + timedelta(7))
    clock.move(timedelta(7))
    place.publish(YESTERDAY + timedelta(8))
    services.evaluate()
    signal.refresh_from_db()
    assert (signal.state, signal.ended) == ("closed", "mended")


def test_a_small_number_below_the_county_is_neither_shown_nor_listed(cast, place, clock):
    say("永晖农贸市场", steady(21, last=4))
    services.evaluate()
    rows = queries.place_forecasts(cast["leader"]).carried
    market = next(row for row in rows if row.indicator == "at_point.market-1")
    assert (market.hidden, market.value) == (True, None)
    page = signed_in(Client(), "leader")
    assert "＜10" in page.get("/desk/warnings/method").content.decode()
    answer = page.get(f"/desk/matters/at-places?places=market-1&division={STREET}&to=2026-11-19")
    assert answer.status_code == 422


def test_a_place_of_others_and_one_that_is_not_registered_are_not_found(cast, place):
    page = signed_in(Client(), "leader")
    for asked in ("division=331121000000&places=all", f"division={EAST}&places=nobody", f"division={EAST}&places=all"):
        for day in ("2026-11-19", "yesterday", "2026-13-40"):
            answer = page.get(f"/desk/matters/at-places?{asked}&to={day}")
            assert answer.status_code == (200 if "all" in asked and EAST in asked and day == "2026-11-19" else 404)


def known(*rows):
    made = [Registered(key, name, PlaceKind.MARKET, "c", town, ("c", town), date.min) for key, name, town in rows]
    return Register({one.key: one for one in made})


@pytest.mark.parametrize(
    ("text", "township", "key"),
    [
        ("城东农贸市场二楼", "t1", "long"),
        ("农贸市场门口", "t1", "short"),
        ("农贸市场门口", "t9", None),
        ("东站", "t9", "station"),
        ("某某路12号", "t1", None),
    ],
)
def test_the_longest_name_counts_and_namesakes_are_told_apart_by_township(text, township, key):
    places = known(
        ("long", "城东农贸市场", "t1"), ("short", "农贸市场", "t1"), ("b", "农贸市场", "t2"), ("station", "东站", "t3")
    )
    found = places.named(text, "c", township)
    assert (found.key if found else None) == key
    assert places.named(text, "another county", township) is None


def test_places_that_are_gone_are_not_in_the_register(cast, place):
    Place.objects.filter(key="market-1").update(valid_to=date(2026, 11, 1))
    assert "market-1" not in register(date(2026, 11, 19)).places
    assert "market-1" in register(date(2026, 10, 31), under=EAST).places
