"""A dispatcher types for the unit: its name, an abbreviation, or the initials of its pinyin."""

from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from huying.domains.rulebook import services as rulebook
from huying.domains.rulebook.queries import Item, Route
from huying.kernel.words import words
from tests.browser.looking import look, sign_in, watch
from tests.support.cast import SETUP

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def catalogue() -> None:
    made = rulebook.draft_catalogue(
        title="派单目录",
        division="331100000000",
        valid_from=date(2020, 1, 1),
        actor=SETUP,
        items=[Item("01", words("市政", "Utilities")), Item("0101", words("供水", "Water"))],
        routes=[Route("0101", "", "water", (), "hotline.ordinary", (), "")],
    )
    rulebook.publish_catalogue(catalogue_id=made.pk, actor=SETUP)


def test_the_units_narrow_as_one_types_and_enter_takes_the_nearest(page: Any, cast: Any) -> None:
    complaints = watch(page)
    catalogue()
    matter = cast.register(item="0101")
    sign_in(page, "dispatcher")
    page.goto(f"/desk/matters/{matter.pk}")
    page.keyboard.press("d")
    units = page.get_by_label("主办单位", exact=True)
    asked = page.locator(".hy-field:has([name=lead_unit])").get_by_role("searchbox")
    asked.wait_for()
    page.locator("[data-act] input[type=search]:focus").wait_for()
    assert units.evaluate("s => s.selectedOptions[0].text") == "莲都区水利局", "the catalogue's own unit stands chosen"
    look(page, "dispatch-suggested")
    for typed, found in (
        ("住建", "莲都区住建局"),
        ("公安局", "莲都公安分局"),
        ("zjjd", "紫金街道办事处"),
        ("jwjw", "莲都区纪委监委"),
    ):
        asked.fill(typed)
        assert units.evaluate("s => s.selectedOptions[0].text") == found, typed
    asked.fill("莲都")
    page.get_by_text("匹配 5 个").wait_for()
    look(page, "dispatch-narrowed")
    asked.fill("没有这样的单位")
    page.get_by_text("没有匹配的，换个词试试").wait_for()
    expect(units).to_have_value("")
    asked.fill("qzjj")
    asked.press("Enter")
    expect(asked).to_have_value("")
    assert units.evaluate("s => s.selectedOptions[0].text") == "莲都区住建局"
    assert units.evaluate("s => document.activeElement === s")
    page.keyboard.press("Control+Enter")
    page.get_by_text("派单，已办").wait_for()
    matter.refresh_from_db()
    assert matter.lead_unit.code == "331102-housing"
    assert complaints == []


def test_ticked_supporters_stay_in_sight_while_the_rest_narrows(page: Any, cast: Any) -> None:
    matter = cast.register()
    sign_in(page, "dispatcher")
    page.goto(f"/desk/matters/{matter.pk}/acts/dispatch")
    group = page.get_by_role("group", name="协办单位")
    group.get_by_label("莲都区住建局").check()
    group.get_by_role("searchbox").fill("jwjw")
    expect(group.get_by_label("莲都区纪委监委")).to_be_visible()
    expect(group.get_by_label("莲都区住建局")).to_be_visible()
    expect(group.get_by_label("莲都区水利局")).to_be_hidden()


def test_a_list_left_with_a_matter_beside_it_is_whole_on_a_narrow_screen(page: Any, cast: Any) -> None:
    cast.register()
    sign_in(page, "dispatcher")
    page.goto("/desk/?queue=dispatch")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator("#side h1").wait_for()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.locator("#main").bounding_box()["width"] > 380
