"""Each role's own way through the program, in Chromium, by the pages and keys a person uses."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from huying.domains.identities import queries as vault_read
from huying.domains.identities import services as vault
from huying.domains.matters import services
from huying.domains.matters.vocabulary import Channel, Kind
from huying.kernel.actors import Actor
from tests.browser.looking import PHONE, look, sign_in, watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BURST = "永晖社区3幢门口自来水管破裂，路面积水，请派人修。"


def test_a_call_taker_registers_by_keyboard_alone(page: Any, cast: Any) -> None:
    complaints = watch(page)
    sign_in(page, "taker")
    look(page, "home-empty")
    page.keyboard.press("n")
    page.wait_for_url("**/matters/register")
    expect(page.locator("[name=content]")).to_be_focused()
    look(page, "register")
    page.keyboard.insert_text(BURST)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("[name=division]")).to_be_focused()
    page.keyboard.insert_text("永晖社区")
    page.keyboard.press("Tab")
    page.keyboard.insert_text("3幢门口")
    page.get_by_role("button", name="登记", exact=True).scroll_into_view_if_needed()
    expect(page.get_by_role("search")).to_be_in_viewport()  # the head stays, however long the page
    page.keyboard.press("Control+Enter")
    page.get_by_role("heading", name="已登记").wait_for()
    look(page, "registered")
    assert complaints == []


def test_what_was_typed_comes_back_after_a_reload_but_never_who_called(page: Any, cast: Any) -> None:
    sign_in(page, "taker")
    page.goto("/desk/matters/register")
    page.get_by_label("反映的内容").fill(BURST)
    page.get_by_label("姓名").fill("李四")
    page.reload()
    page.get_by_text("的草稿").wait_for()
    expect(page.get_by_label("反映的内容")).to_have_value(BURST)
    expect(page.get_by_label("姓名")).to_have_value("")
    assert "李四" not in page.evaluate("JSON.stringify(localStorage)")


def test_a_dispatcher_opens_beside_the_list_and_sends_by_keys(page: Any, cast: Any) -> None:
    complaints = watch(page)
    matters = [cast.register() for _ in range(3)]
    sign_in(page, "dispatcher")
    look(page, "home-dispatcher")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator("#side h1").wait_for()
    expect(page).to_have_url(re.compile("open=matter-"))
    look(page, "panel", both=False)
    page.reload()
    page.locator("#side h1").wait_for()
    page.keyboard.press("d")
    page.locator("#side").get_by_label("主办单位").select_option(label="莲都区水利局")
    page.locator("#side").get_by_role("button", name="派单").click()
    page.locator("#side").get_by_text("派单，已办").wait_for()
    expect(page.locator("#side").get_by_text("待签收").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("open="))
    matters[0].refresh_from_db()
    assert matters[0].state == "dispatched"
    page.keyboard.press("?")
    page.get_by_role("dialog").get_by_text("下一行、上一行").wait_for()
    look(page, "keys", both=False)
    assert complaints == []


def test_a_bulk_dispatch_is_shown_before_it_is_done(page: Any, cast: Any) -> None:
    for _ in range(3):
        cast.register()
    sign_in(page, "dispatcher")
    page.goto("/desk/?queue=dispatch")
    expect(page.locator("[data-bulk]")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-bulk-count]")).to_have_text("2")
    page.get_by_role("button", name="批量派单").click()
    page.get_by_role("heading", name="将派出").wait_for()
    look(page, "bulk-preview")


def test_a_unit_receives_contacts_and_replies(page: Any, cast: Any) -> None:
    complaints = watch(page)
    matter = cast.dispatched()
    sign_in(page, "water")
    page.goto(f"/desk/matters/{matter.pk}")
    look(page, "matter-dispatched")
    page.keyboard.press("r")
    page.get_by_text("签收，已办").wait_for()
    page.get_by_text("怎么算的").click()
    page.get_by_text("时限是这样算的").wait_for()
    page.get_by_text("为什么不能…").click()
    page.get_by_text("这些现在不能办").wait_for()
    look(page, "matter-why")
    page.keyboard.press("e")
    page.get_by_label("答复内容").fill("水管已修好，路面已清理。")
    look(page, "matter-reply")
    page.locator("[data-act]").get_by_role("button", name="答复").click()
    page.get_by_text("答复，已办").wait_for()
    expect(page.locator("[data-matter]")).to_have_count(1)  # the answer takes the matter's place, not its form's
    expect(page.locator(".hy-actform")).to_have_count(0)
    matter.refresh_from_db()
    assert matter.state == "replied"
    assert complaints == []


def test_two_people_on_one_matter_lose_nothing(page: Any, cast: Any) -> None:
    matter = cast.in_hand()
    sign_in(page, "water")
    page.goto(f"/desk/matters/{matter.pk}/acts/reply")
    page.get_by_label("答复内容").fill("这是我写的答复")
    cast.act("water_head", services.contact, matter, summary="已电话联系反映人")
    page.locator("[data-act]").get_by_role("button", name="答复").click()
    page.get_by_text("已电话联系反映人").first.wait_for()
    expect(page.get_by_label("答复内容")).to_have_value("这是我写的答复")
    page.get_by_role("button", name="核对过了，再次提交").click()
    page.get_by_text("答复，已办").wait_for()
    expect(page.locator("[data-matter]")).to_have_count(1)


def test_a_supervisor_reviews_and_a_follow_up_clerk_asks_and_closes(page: Any, cast: Any) -> None:
    matter = cast.replied()
    sign_in(page, "supervisor")
    page.goto(f"/desk/matters/{matter.pk}")
    look(page, "matter-supervisor")
    page.keyboard.press("a")
    page.get_by_text("答复审核通过，已办").wait_for()
    sign_in(page, "follower")
    page.goto(f"/desk/matters/{matter.pk}")
    page.keyboard.press("f")
    page.locator("[data-act]").get_by_label("已解决").check()
    page.locator("[data-act]").get_by_label("基本满意").check()
    look(page, "matter-follow-up")
    page.locator("[data-act]").get_by_role("button", name="回访").click()
    page.get_by_text("回访，已办").wait_for()
    page.keyboard.press("c")
    page.get_by_text("办结，已办").wait_for()
    matter.refresh_from_db()
    assert matter.state == "closed"


def test_a_unit_head_grants_an_extension_and_a_leader_sees_the_lists(page: Any, cast: Any) -> None:
    matter = cast.in_hand()
    cast.act("water", services.ask_extension, matter, amount="3 D", reason="管材到货晚")
    cast.act("supervisor", services.supervise, matter, trigger="ordered", reason="群众反映强烈")
    sign_in(page, "water_head")
    page.goto(f"/desk/matters/{matter.pk}")
    look(page, "matter-extension")
    page.get_by_role("button", name="批准延期").click()
    page.get_by_text("批准延期，已办").wait_for()
    sign_in(page, "leader")
    look(page, "home-leader")
    page.goto("/desk/matters/?view=supervised")
    page.get_by_text(matter.number).wait_for()
    look(page, "list-supervised")
    page.goto("/wall/")
    look(page, "wall")
    page.goto("/wall/phone")
    look(page, "wall-phone")
    page.goto("/wall/")
    page.get_by_role("link", name="督办中").click()
    page.get_by_text(matter.number).wait_for()
    page.goto("/desk/search?q=水管")
    look(page, "search")


def test_a_resident_says_it_follows_it_and_rates_it(page: Any, cast: Any) -> None:
    complaints = watch(page)
    page.set_viewport_size(PHONE)
    page.goto("/")
    look(page, "portal-home")
    page.get_by_role("button", name="大字号").click()
    look(page, "portal-home-large")
    page.get_by_role("button", name="标准字号").click()
    page.get_by_role("textbox").fill(BURST)
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("在哪个乡镇、街道").select_option(label="紫金街道")
    look(page, "portal-submit")
    page.get_by_role("button", name="提交").click()
    page.get_by_role("heading", name="已收到").wait_for()
    look(page, "portal-submitted")
    number, code = page.locator(".hy-code").all_inner_texts()
    page.get_by_role("button", name="现在就查看").click()
    page.wait_for_url("**/follow/mine")
    page.goto("/follow")
    look(page, "portal-follow")
    page.get_by_label("编号").fill(number)
    page.get_by_label("查询码").fill("WRONG-CODE")
    page.get_by_role("button", name="查看", exact=True).click()
    page.get_by_text("编号或查询码不对").first.wait_for()
    page.get_by_label("查询码").fill(code)
    page.get_by_role("button", name="查看", exact=True).click()
    page.get_by_text("已收到，并登记编号").wait_for()
    page.get_by_text("补充情况").click()
    page.get_by_label("补充什么").fill("水更大了")
    page.get_by_role("button", name="提交").click()
    page.get_by_text("水更大了").first.wait_for()
    look(page, "portal-mine")
    assert complaints == []


def test_a_resident_sees_who_looked_corrects_what_is_held_and_has_it_erased(page: Any, cast: Any) -> None:
    complaints = watch(page)
    told = services.register(
        actor=Actor.public("web"),
        channel=Channel.WEB,
        kind=Kind.HELP,
        content=BURST,
        division="331102001001",
        reporter=vault.Identity(name="李小四", phone="13812345678"),
    )
    matter = cast.act("dispatcher", services.dispatch, told.matter, lead_unit=cast.unit("331102-water"))
    cast.act("water", services.receive, matter)
    vault.reveal(actor=cast["water"], kind="matter", record_id=matter.pk, purpose="约定上门时间")
    page.set_viewport_size(PHONE)
    page.goto("/follow")
    page.get_by_label("编号").fill(matter.number)
    page.get_by_label("查询码").fill(told.query_code)
    page.get_by_role("button", name="查看", exact=True).click()
    page.get_by_text("约定上门时间").wait_for()
    look(page, "portal-mine-looked")
    page.get_by_role("link", name="查看、更正或删除您的个人信息").click()
    look(page, "portal-held")
    page.get_by_role("button", name="显示我的信息").click()
    page.get_by_text("13812345678").wait_for()
    look(page, "portal-held-shown")
    page.get_by_text("更正", exact=True).click()
    page.get_by_label("电话").fill("0578-2123456")
    page.get_by_role("button", name="保存更正").click()
    page.get_by_text("已更正").first.wait_for()
    page.get_by_role("button", name="显示我的信息").click()
    page.get_by_text("0578-2123456").wait_for()
    page.get_by_role("link", name="看看会删除什么").click()
    look(page, "portal-erase")
    page.get_by_role("button", name="继续，去确认").click()
    page.get_by_label("再输入一次查询码").fill(told.query_code)
    page.get_by_label("我知道删除后不能恢复").check()
    look(page, "portal-erase-confirm")
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="Erase your personal information").wait_for()
    look(page, "portal-erase-english")
    page.get_by_label("Enter the code once more").fill(told.query_code)
    page.get_by_label("I know that this can't be undone").check()
    page.get_by_role("button", name="Erase, for good").click()
    page.get_by_role("heading", name="Your information is erased").wait_for()
    look(page, "portal-erased")
    assert not vault_read.holds_identity("matter", matter.pk)
    assert complaints == []


def test_a_grid_worker_reports_without_a_line_and_it_is_sent_once_there_is_one(page: Any, cast: Any) -> None:
    from huying.domains.matters.models import Matter

    page.set_viewport_size(PHONE)
    sign_in(page, "grid_worker", lands="**/field/**")
    look(page, "field-home")
    page.goto("/field/report")
    look(page, "field-report")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.get_by_label("发现了什么").fill("井盖破损，已放警示桩")
    page.get_by_role("button", name="提交").click()
    page.get_by_text("已存在本机，联网后自动报送").wait_for()
    assert Matter.objects.everything("test").count() == 0
    page.goto("/field/report")
    page.get_by_text("待报送 1").wait_for()
    look(page, "field-offline", both=False)
    # the kept page is the same page again, with the same key in it: what is written in it is another report
    page.get_by_label("发现了什么").fill("路灯不亮")
    page.get_by_role("button", name="提交").click()
    page.get_by_text("待报送 2").wait_for()
    page.get_by_role("button", name="提交").click()
    page.get_by_text("请写一句话，或拍一张照片。").wait_for()
    page.goto("/field/me")
    page.get_by_role("heading", name="存在本机、等着报送的").wait_for()
    page.goto("/field/map")
    page.get_by_text("那一页没有存在本机").wait_for()
    page.context.set_offline(False)
    page.get_by_text("上次同步").wait_for()
    page.wait_for_function("document.getElementById('fstate').dataset.state === 'online'")
    reports = Matter.objects.everything("test").order_by("pk")
    assert [row.content for row in reports] == ["井盖破损，已放警示桩", "路灯不亮"]
    found = reports[0]
    page.get_by_text("存在本机的已经报送").wait_for()
    look(page, "field-sent-later", both=False)
    page.get_by_role("link", name=found.number).click()
    page.wait_for_url(f"**/field/tasks/{found.pk}")
    # what can't wait for a line is not lost to the browser's own page
    page.goto("/field/me")
    page.context.set_offline(True)
    page.get_by_role("button", name="大字号").click()
    page.get_by_text("这一步要联网才能办").wait_for()
    page.context.set_offline(False)
    page.goto("/field/me")
    look(page, "field-me")


def test_a_finding_handled_on_the_spot_is_closed_at_once(page: Any, cast: Any) -> None:
    from huying.domains.matters.models import Matter

    page.set_viewport_size(PHONE)
    sign_in(page, "grid_worker", lands="**/field/**")
    page.goto("/field/report")
    page.get_by_label("发现了什么").fill("楼道堆放纸箱")
    page.get_by_label("已当场处置的").fill("和住户一起搬走了")
    page.get_by_role("button", name="提交").click()
    page.get_by_text("已报送").first.wait_for()
    found = Matter.objects.everything("test").get()
    assert (found.state, found.outcome) == ("closed", "on_the_spot")
    page.goto(f"/field/tasks/{found.pk}")
    look(page, "field-task")


def test_theme_and_language_are_the_readers_choice(page: Any, cast: Any) -> None:
    cast.register()
    sign_in(page, "taker")
    page.goto("/desk/")
    page.locator(".hy-top details.hy-menu summary").click()
    page.get_by_role("button", name="深色界面").click()
    look(page, "home-dark")
    page.locator(".hy-top details.hy-menu summary").click()
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="My work").wait_for()
    look(page, "home-english")


def test_a_place_is_picked_on_the_map_and_named(page: Any, cast: Any) -> None:
    complaints = watch(page)
    sign_in(page, "taker")
    page.goto("/desk/matters/register")
    page.get_by_text("在地图上点", exact=True).click()
    page.locator("#picker[data-ready]").wait_for()
    page.locator("#picker canvas").click(position={"x": 120, "y": 90})
    page.wait_for_function("document.querySelector('[name=place_lon]').value !== ''")
    page.locator("#division-words").get_by_text("区划").wait_for()
    assert complaints == []
