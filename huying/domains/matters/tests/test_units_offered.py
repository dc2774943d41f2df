"""Which units the dispatch form offers, in what order, and what a typed filter may know them by."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from huying.domains.matters import services
from huying.domains.matters.tests.test_desk_pages import signed_in
from huying.domains.rulebook import services as rulebook
from huying.domains.rulebook.queries import Item, Route
from huying.kernel.words import words
from tests.support.cast import SETUP

pytestmark = pytest.mark.django_db


@pytest.fixture
def water_by_catalogue(db: None) -> None:
    made = rulebook.draft_catalogue(
        title="派单目录",
        division="331100000000",
        valid_from=date(2020, 1, 1),
        actor=SETUP,
        items=[Item("01", words("市政", "Utilities")), Item("0101", words("供水", "Water"))],
        routes=[Route("0101", "", "water", (), "hotline.ordinary", (), "")],
    )
    rulebook.publish_catalogue(catalogue_id=made.pk, actor=SETUP)


def lead_unit(client: Client, matter: Any) -> Any:
    page = signed_in(client, "dispatcher").get(f"/desk/matters/{matter.pk}/acts/dispatch")
    return page.context["open_form"]["form"]["lead_unit"]


def test_the_catalogues_unit_stands_first_chosen_and_with_its_grounds(
    client: Client, cast: Any, water_by_catalogue: None
) -> None:
    field = lead_unit(client, cast.register(item="0101"))
    assert field.field.choices[1] == ("派单目录建议", [(cast.unit("331102-water"), "莲都区水利局")])
    assert field.value() == str(cast.unit("331102-water"))
    assert "依据" in field.help_text
    shown = str(field)
    assert shown.count(">莲都区水利局<") == 1
    assert 'data-also="莲都区水利局 water"' in shown
    assert "data-narrows" in shown


def test_a_unit_whose_objection_was_upheld_is_not_chosen_again_whatever_the_catalogue_says(
    client: Client, cast: Any, water_by_catalogue: None
) -> None:
    matter = cast.register(item="0101")
    cast.act("dispatcher", services.dispatch, matter, lead_unit=cast.unit("331102-water"))
    cast.act("water", services.object_, matter, reason="小区内管道属住建部门")
    waiting = signed_in(client, "dispatcher").get(f"/desk/matters/{matter.pk}/acts/uphold_objection").content.decode()
    assert waiting.count("派单异议：小区内管道属住建部门") == 1
    cast.act("dispatcher", services.uphold_objection, matter, reason="管道确由住建部门维护")
    field = lead_unit(client, matter)
    assert not field.value()
    assert "提过异议，已经成立" in field.help_text


def test_without_a_row_of_the_catalogue_nothing_is_chosen_and_every_unit_of_the_path_is_offered(
    client: Client, cast: Any
) -> None:
    field = lead_unit(client, cast.register())
    groups = [group for group, _choices in field.field.choices[1:]]
    assert groups == ["乡镇街道", "县（市、区）", "市"]
    assert not field.value()
    assert "青田" not in str(field)


def test_an_undispatched_row_names_the_catalogues_unit_and_costs_no_query_of_its_own(
    client: Client, cast: Any, water_by_catalogue: None, count_queries: Any
) -> None:
    client = signed_in(client, "dispatcher")
    cast.register(item="0101")
    html = client.get("/desk/").content.decode()
    assert "拟派：莲都区水利局（派单目录）" in html
    assert "已受理，等派单" in html
    with count_queries() as few:
        client.get("/desk/")
    for _ in range(9):
        cast.register(item="0101")
    with count_queries() as many:
        client.get("/desk/")
    assert many.n == few.n


def test_a_township_that_whistles_does_not_call_itself(client: Client, cast: Any) -> None:
    matter = cast.in_hand("331102001-government", "street")
    page = signed_in(client, "street").get(f"/desk/matters/{matter.pk}/acts/whistle")
    offered = {
        unit for _group, units in page.context["open_form"]["form"]["units"].field.choices for unit, _name in units
    }
    assert cast.unit("331102-water") in offered
    assert cast.unit("331102001-government") not in offered
