"""The less usual ways of a matter, in Chromium: objection, whistle, supporters, suspension, merging, an unreasonable demand;
and what each of the three administrators is there for."""

from typing import Any

import pytest

from tests.browser.looking import look, sign_in, watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def form_of(page: Any, matter: Any, action: str) -> Any:
    """The form of an act at its own address, ready to be filled in."""
    page.goto(f"/desk/matters/{matter.pk}/acts/{action}")
    return page.locator("[data-act]")


def send(page: Any, name: str) -> None:
    page.locator("[data-act]").get_by_role("button", name=name, exact=True).click()
    page.get_by_text(f"{name}，已办").wait_for()


def state(matter: Any) -> str:
    matter.refresh_from_db()
    return str(matter.state)


def test_a_unit_objects_and_the_dispatcher_upholds_it_and_designates_another(page: Any, cast: Any) -> None:
    complaints = watch(page)
    matter = cast.dispatched()
    sign_in(page, "water")
    form_of(page, matter, "object").get_by_label("理由").fill("小区内管道属住建部门")
    look(page, "act-object", both=False)
    send(page, "派单异议")
    sign_in(page, "dispatcher")
    page.goto("/desk/?queue=objection")
    page.get_by_text("承办单位不认这一单，等审核").wait_for()
    page.goto(f"/desk/matters/{matter.pk}")
    page.get_by_text("小区内管道属住建部门").first.wait_for()
    form = form_of(page, matter, "designate")
    form.get_by_label("主办单位").select_option(label="莲都区住建局")
    form.get_by_label("理由").fill("经审核由住建局承办")
    send(page, "指定承办")
    sign_in(page, "housing")
    page.goto(f"/desk/matters/{matter.pk}")
    page.get_by_role("button", name="签收").click()
    page.get_by_text("签收，已办").wait_for()
    page.get_by_text("为什么不能…").click()
    page.get_by_text("这些现在不能办").wait_for()
    assert page.locator("[data-matter]").get_by_role("link", name="派单异议", exact=True).count() == 0
    assert state(matter) == "in_hand"
    assert complaints == []


def test_a_township_whistles_and_the_called_unit_reports_in_and_answers_by_its_own_clock(page: Any, cast: Any) -> None:
    complaints = watch(page)
    matter = cast.in_hand("331102001-government", "street")
    sign_in(page, "street")
    form = form_of(page, matter, "whistle")
    form.get_by_label("莲都公安分局").check()
    form.get_by_label("理由").fill("占道经营，需要公安到场")
    look(page, "act-whistle", both=False)
    send(page, "吹哨")
    sign_in(page, "police")
    page.goto("/desk/?queue=whistle")
    page.get_by_text("乡镇街道吹哨，等报到").wait_for()
    look(page, "work-whistle")
    page.goto(f"/desk/matters/{matter.pk}")
    page.get_by_role("button", name="报到").click()
    page.get_by_text("报到，已办").wait_for()
    form_of(page, matter, "supporter_answer").get_by_label("协办情况").fill("已到场劝离")
    send(page, "协办反馈")
    assert state(matter) == "in_hand"
    assert complaints == []


def test_a_supporter_has_a_clock_of_its_own(page: Any, cast: Any) -> None:
    matter = cast.in_hand()
    sign_in(page, "water")
    form_of(page, matter, "call_supporters").get_by_label("莲都区住建局").check()
    send(page, "请求协办")
    sign_in(page, "housing")
    page.goto("/desk/?queue=support")
    page.get_by_text("请来协办，等向主办反馈").wait_for()
    own = page.locator(".hy-row time").get_attribute("datetime")
    page.goto(f"/desk/matters/{matter.pk}")
    whole = page.locator(".hy-glance-clock time").get_attribute("datetime")
    assert own != whole
    form_of(page, matter, "supporter_answer").get_by_label("协办情况").fill("管线图已提供")
    send(page, "协办反馈")
    page.goto("/desk/?queue=support")
    assert page.locator(".hy-row").count() == 0


def test_a_clock_stands_still_only_for_a_listed_reason_and_runs_on(page: Any, cast: Any) -> None:
    matter = cast.in_hand(rule_key="hotline.reply")
    sign_in(page, "water_head")
    form = form_of(page, matter, "suspend")
    form.get_by_label("中止计时的情形").select_option(label="等待诉求人补充材料")
    form.get_by_label("理由").fill("待补充产权证明")
    look(page, "act-suspend", both=False)
    send(page, "中止计时")
    assert state(matter) == "suspended"
    page.get_by_text("待补充产权证明").first.wait_for()
    look(page, "matter-suspended")
    page.get_by_role("button", name="恢复计时").click()
    page.get_by_text("恢复计时，已办").wait_for()
    assert state(matter) == "in_hand"


def test_a_repeat_is_merged_by_its_number_and_a_wrong_one_is_said(page: Any, cast: Any) -> None:
    main, repeat = cast.in_hand(), cast.register()
    sign_in(page, "dispatcher")
    form = form_of(page, repeat, "merge")
    form.get_by_label("并入哪一件").fill("331102-20261120-99999-9")
    form.get_by_role("button", name="并单", exact=True).click()
    page.get_by_text("没有编号为").first.wait_for()
    page.locator("[data-act]").get_by_label("并入哪一件").fill(main.number)
    send(page, "并单")
    assert state(repeat) == "merged"
    page.get_by_text(main.number).first.wait_for()


def test_an_unreasonable_demand_is_judged_by_a_panel_and_the_label_stays(page: Any, cast: Any) -> None:
    matter = cast.in_hand()
    sign_in(page, "water_head")
    form_of(page, matter, "ask_unreasonable").get_by_label("理由").fill("要求为其单独铺设专用水管")
    send(page, "申请认定不合理诉求")
    sign_in(page, "supervisor")
    form = form_of(page, matter, "decide_unreasonable")
    for member in ("督办员", "分管领导", "网格办"):
        form.get_by_label(member).check()
    form.get_by_label("外部成员").fill("村法律顾问")
    form.get_by_label("理由").fill("供水条例没有这项义务")
    form.get_by_label("认定为不合理诉求", exact=True).check()
    look(page, "act-unreasonable")
    send(page, "认定不合理诉求")
    page.get_by_text("经评审认定为不合理诉求").wait_for()
    matter.refresh_from_db()
    assert matter.unreasonable


def test_each_administrator_does_the_own_part_and_sees_no_matter(page: Any, cast: Any, settings: Any) -> None:
    settings.HUYING_SECOND_FACTOR = "none"
    matter = cast.register()
    complaints = watch(page)
    sign_in(page, "system_admin")
    look(page, "admin-system")
    page.goto("/desk/people")
    page.get_by_role("textbox", name="用户名", exact=True).fill("xinren")
    page.get_by_role("textbox", name="姓名", exact=True).fill("新任")
    page.get_by_role("button", name="开设").click()
    page.get_by_text("一次性密码").first.wait_for()
    page.goto("/desk/notices/outbox?state=held")
    page.get_by_text("未发：没有网关").wait_for()
    look(page, "admin-outbox")
    sign_in(page, "security_admin")
    page.goto("/desk/sessions")
    look(page, "admin-sessions")
    page.get_by_role("textbox", name="用户名", exact=True).fill("taker")
    page.get_by_role("button", name="解除锁定").click()
    page.wait_for_load_state()
    sign_in(page, "auditor")
    page.goto("/desk/log")
    page.get_by_text("建立账号").first.wait_for()
    page.get_by_text("登录", exact=True).first.wait_for()
    look(page, "admin-log")
    for address in (f"/desk/matters/{matter.pk}", "/desk/search?q=水管"):
        assert page.request.get(address).status in (403, 404)
    assert complaints == []
