"""The administrators' screens: a leave with its deputy, a term that ends."""

from typing import Any

import pytest
from playwright.sync_api import expect

from huying.domains.organizations.models import Absence, Account, Term
from tests.browser.looking import look, sign_in, watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def one_factor(settings: Any) -> None:
    settings.HUYING_SECOND_FACTOR = "none"


def test_a_leave_is_recorded_with_a_deputy_and_a_term_is_ended_after_a_look(page: Any, cast: Any) -> None:
    complaints = watch(page)
    cast.in_hand()
    sign_in(page, "system_admin")
    page.locator("#main").get_by_role("link", name="缺勤和代理").click()
    look(page, "absences-empty")
    page.get_by_label("姓名或用户名开头").fill("water")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="water", exact=True).click()
    page.get_by_text("登记缺勤").click()
    away = page.locator("form:has([value=away])")
    today = away.get_by_label("从哪天起").input_value()
    away.get_by_label("到哪天（含）").fill(today)
    away.get_by_label("由谁代理").fill("water_head")
    look(page, "term-absence")
    away.get_by_role("button", name="登记").click()
    page.get_by_text("缺勤已登记").wait_for()
    assert Absence.objects.get().term.account == Account.objects.get(username="water")
    page.get_by_label("从哪天起不再担任").press("Tab")
    page.get_by_role("button", name="先看结果").click()
    page.get_by_text("什么都没有改").wait_for()
    look(page, "term-foreseen")
    page.get_by_role("button", name="结束任期").click()
    page.get_by_text("任期已定于").wait_for()
    look(page, "term-ended")
    page.goto("/desk/absences")
    look(page, "absences")
    page.goto("/desk/terms?of=ended")
    look(page, "terms")
    assert Term.objects.get(account__username="water", deputy_for=None).valid_to is not None
    assert complaints == []


def test_a_clerk_names_a_deputy_for_the_days_away(page: Any, cast: Any) -> None:
    sign_in(page, "water")
    page.locator(".hy-top details.hy-menu summary").click()
    page.get_by_role("link", name="缺勤与代理").click()
    page.get_by_label("到哪天（含）").fill(page.get_by_label("从哪天起").input_value())
    page.get_by_label("由谁代理").fill("water_head")
    page.get_by_role("button", name="登记", exact=True).click()
    page.get_by_text("正在缺勤").wait_for()
    look(page, "my-absences")


def test_a_supervisor_changes_a_parameter_from_a_day_on(page: Any, cast: Any) -> None:
    complaints = watch(page)
    sign_in(page, "supervisor")
    page.locator("#nav").get_by_role("link", name="参数").click()
    look(page, "parameters")
    page.get_by_role("link", name="退回重办最多次数").click()
    page.get_by_label("取值", exact=True).fill("3")
    page.get_by_label("依据的文件和条款").fill("莲都区规定 第三条")
    page.get_by_role("button", name="存为草稿").click()
    page.get_by_role("button", name="发布", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="发布").click()
    page.get_by_text("已发布", exact=True).wait_for()
    expect(page.locator(".hy-facts strong")).to_have_text("3 次")
    look(page, "parameter")
    assert complaints == []


def test_a_township_is_merged_after_a_look_at_what_hangs_on_it(page: Any, cast: Any) -> None:
    complaints = watch(page)
    cast.dispatched()
    sign_in(page, "grid_office")
    page.goto("/desk/territory/331102001000/")
    page.locator("#main").get_by_text("变更", exact=True).click()
    page.get_by_role("link", name="合并").click()
    page.get_by_label("并入", exact=True).select_option(label="岩泉街道 331102002000")
    page.get_by_label("批准文件").fill("浙政函〔2026〕9号")
    page.get_by_role("button", name="先看影响").click()
    page.get_by_text("什么都没有改").wait_for()
    expect(page.locator("#preview").get_by_text("未办结的事项 1")).to_be_visible()
    expect(page.locator("#preview").get_by_text("单位 1（紫金街道办事处）")).to_be_visible()
    look(page, "territory-merge")
    page.get_by_role("button", name="登记合并").click()
    page.get_by_text("不是有效的区划").wait_for()
    look(page, "territory-merged")
    page.goto("/desk/territory/331102002000/change/split")
    look(page, "territory-split")
    page.goto("/desk/territory/check")
    look(page, "territory-check")
    assert complaints == []


def test_a_dispatcher_prints_a_transfer_slip_and_a_supervisor_holds_the_matter(page: Any, cast: Any) -> None:
    from huying.domains.documents.models import LegalHold

    complaints = watch(page)
    matter = cast.dispatched()
    sign_in(page, "dispatcher")
    page.goto(f"/desk/matters/{matter.pk}")
    page.get_by_role("link", name="转办单").click()
    look(page, "print-transfer")
    page.get_by_role("button", name="取号并印制").click()
    slip = page.get_by_role("link", name="莲都转〔2026〕1号")
    with page.expect_download() as got:
        slip.click()
    assert got.value.suggested_filename.startswith("转办单-")
    look(page, "print-issued", both=False)
    sign_in(page, "supervisor")
    page.locator("#nav").get_by_role("link", name="保存期限与保全").click()
    page.get_by_label("编号", exact=True).fill("没有这个号")
    page.get_by_label("为什么保全").fill("（2026）浙1102行初12号")
    page.get_by_role("button", name="保全一件", exact=True).click()
    page.get_by_text("没有编号为").wait_for()
    expect(page.get_by_label("为什么保全")).to_have_value("（2026）浙1102行初12号")
    page.get_by_label("编号", exact=True).fill(matter.number)
    page.get_by_role("button", name="保全一件", exact=True).click()
    page.get_by_text("解除保全").wait_for()
    look(page, "retention")
    assert LegalHold.objects.get().record_id == matter.pk
    assert complaints == []
