"""The wall shows what the desk's lists and report hold, of one's own territory, and says it live without holding anyone."""

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.test import RequestFactory
from django.urls import resolve

from huying.analytics.periods import Period
from huying.kernel.actors import Role
from huying.kernel.errors import InvalidInput, NotFound
from huying.web.wall import live
from huying.web.wall.board import Asked, board
from tests.support.figures import Figures

pytestmark = pytest.mark.django_db

CITY, EAST = "331100000000", "331102000000"


@pytest.fixture
def shown(cast: Any, figures: Figures) -> Any:
    """October's figures stand; `shown(**asked)` is the board for the leader of the county, or another actor."""
    figures.month(EAST, "2026-09", closed_in_time=(18, 20), overdue=(2, 20), received_in_time=(20, 20))
    figures.month(EAST, "2026-10", closed_in_time=(10, 20), overdue=(9, 20), received_in_time=(19, 20))
    figures.publish(date(2026, 11, 20))

    def made(actor: Any = None, **asked: str) -> dict[str, Any]:
        said = {"division": "", "period": "2026-10", "indicator": "", "page": "wall_home"} | asked
        return board(actor or cast["leader"], Asked(**said))

    return made


def test_each_figure_is_the_length_of_the_list_it_opens(cast: Any) -> None:
    cast.closed()
    cast.in_hand()
    cast.register()
    leader = cast["leader"]
    for figure in live.live(leader):
        request = RequestFactory().get(figure.url)
        request.actor = leader  # type: ignore[attr-defined]
        html = resolve(request.path).func(request).content.decode()
        counted = re.search(r'aria-current="page">[^<]*<span class="hy-count">([\d,]+)</span>', html)
        assert counted is not None, figure.url
        assert int(counted[1].replace(",", "")) == figure.n, figure.words


def test_nothing_overdue_is_no_alarm(cast: Any) -> None:
    assert {figure.tone for figure in live.live(cast["leader"])} == {""}


def test_who_sees_no_matters_is_told_of_none_rather_than_of_zero(cast: Any) -> None:
    analyst = replace(cast["leader"], roles=frozenset({Role.ANALYST}))
    assert live.live(analyst) == []


def test_a_listener_gets_the_figures_once_and_nothing_while_they_stand(cast: Any) -> None:
    first = live.event(cast["leader"], "")
    tag = re.search(r"^id: (\w+)$", first, re.M)[1]  # type: ignore[index]
    said = json.loads(re.search(r"^data: (.+)$", first, re.M)[1])  # type: ignore[index]
    assert {one["key"]: one["text"] for one in said["figures"]}["open"] == "0"
    again = live.event(cast["leader"], tag)
    assert "data:" not in again
    assert again.startswith("retry: ")
    cast.register()
    assert '"text": "1"' in live.event(cast["leader"], tag)


def test_an_answer_to_a_listener_ends_by_itself_so_that_no_thread_waits(cast: Any) -> None:
    request = RequestFactory().get("/wall/events", headers={"accept": "text/event-stream"})
    request.actor = cast["leader"]  # type: ignore[attr-defined]
    answer = resolve("/wall/events").func(request)
    assert not answer.streaming
    assert answer["Content-Type"] == "text/event-stream"


def test_the_board_says_what_the_report_says(shown: Any) -> None:
    made = shown(indicator="closed_in_time")
    assert made["chosen"].now.text == "50.0%"
    assert made["chosen"].now.figure.n == 20
    assert "2026-11-20 04:00" in made["chosen"].source
    assert made["chosen"].trend["series"][0]["data"][-1]["value"] == 50.0
    assert made["chosen"].change.startswith("-40.0")


def test_the_radar_lays_a_rate_whose_rise_is_bad_the_other_way_round(shown: Any) -> None:
    radar = shown()["radar"]
    names = [spoke["name"] for spoke in radar["radar"]["indicator"]]
    values = dict(zip(names, radar["series"][0]["data"][0]["value"], strict=True))
    assert values[next(name for name in names if name.startswith("超期率"))] == 55.0


def test_a_place_outside_the_actors_territory_is_not_found(shown: Any) -> None:
    with pytest.raises(NotFound):
        shown(division=CITY)


def test_a_period_that_has_no_figures_yet_is_refused_with_its_name(shown: Any) -> None:
    with pytest.raises(InvalidInput, match="2027"):
        shown(period=Period.parse("2027-01").key)


def test_every_place_on_the_map_is_a_way_into_it(shown: Any) -> None:
    made = shown(indicator="closed_in_time")
    assert made["chosen"].places, "the county has townships"
    assert {place.code for place in made["chosen"].places} == set(made["chosen"].map)
    for place in made["chosen"].places:
        assert f"division={place.code}" in made["chosen"].map[place.code]["href"]
        assert "indicator=closed_in_time" in place.href


def test_before_the_first_figures_the_wall_shows_what_stands_now_and_says_why_no_more(
    cast: Any, figures: Figures
) -> None:
    request = RequestFactory().get("/wall/")
    request.actor = cast["leader"]  # type: ignore[attr-defined]
    request.session = {}  # type: ignore[attr-defined, assignment]
    html = resolve("/wall/").func(request).content.decode()
    assert "报表数据尚未生成" in html
    assert 'data-live-key="open"' in html


def test_the_board_asks_as_much_for_many_places_as_for_few(shown: Any, query_ratchet: Any) -> None:
    with query_ratchet("the wall's board"):
        shown()


def test_a_listener_costs_few_queries(cast: Any, query_ratchet: Any) -> None:
    with query_ratchet("an event for the wall"):
        live.event(cast["leader"], "")
