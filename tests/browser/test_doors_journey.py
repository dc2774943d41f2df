"""At the doors: the bench and its SQL, thresholds tried on the past before they hold, a machine's key shown once."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from huying.domains.exchange.tests.made import a_dataset_of
from huying.domains.warnings.tests.made import EAST, a_year_of_hazards, install_ladder
from tests.browser.looking import DESK, PHONE, look, sign_in, watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def one_factor(settings: Any) -> None:
    settings.HUYING_SECOND_FACTOR = "none"


def in_english(page: Any) -> None:
    page.context.add_cookies([{"name": "django_language", "value": "en", "url": page.url}])
    page.reload()


def test_an_analyst_lays_figures_out_keeps_the_selection_and_asks_in_sql(page: Any, cast: Any, figures: Any) -> None:
    complaints = watch(page)
    for month, n in (("2026-08", 20), ("2026-09", 30), ("2026-10", 36)):
        figures.month(EAST, month, closed_in_time=(n, 40), responded=(n, 40))
    figures.publish(date(2026, 11, 20))
    sign_in(page, "analyst")
    page.goto("/desk/bench/?indicators=closed_in_time&level=own&first=2026-08&last=2026-10")
    expect(page.get_by_role("cell", name=re.compile("90.0%"))).to_be_visible()
    look(page, "bench", both=False)
    page.set_viewport_size(PHONE)
    page.reload()  # charts are drawn for the screen they are opened on
    expect(page.locator("figure svg").first).to_be_visible()
    look(page, "bench", both=False)
    page.set_viewport_size(DESK)
    page.get_by_label("名称").fill("三个月的按时办结率")
    page.get_by_role("button", name="保存当前选择").click()
    expect(page.get_by_role("link", name="三个月的按时办结率")).to_be_visible()
    page.get_by_role("link", name="用 SQL 查").click()
    page.get_by_label("语句").fill("SELECT period, value FROM figures ORDER BY period")
    page.get_by_role("button", name="执行", exact=True).click()
    expect(page.get_by_role("cell", name="2026-10")).to_be_visible()
    look(page, "sql")
    page.get_by_label("语句").fill("SELECT * FROM matters")
    page.get_by_role("button", name="执行", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("语句没有执行")
    with page.expect_download() as got:
        page.get_by_label("语句").fill("SELECT period, value FROM figures")
        page.get_by_role("button", name="执行并下载 Parquet").click()
    assert got.value.suggested_filename == "sql.parquet"
    page.goto("/wall/")
    in_english(page)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    look(page, "wall-en", both=False)
    assert [one for one in complaints if "422" not in one] == []


def test_a_supervisor_tries_a_threshold_on_the_past_and_drafts_a_rung(
    page: Any, cast: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints = watch(page)
    a_year_of_hazards(tmp_path / "lake", monkeypatch)
    install_ladder()
    sign_in(page, "supervisor")
    page.goto("/desk/warnings/thresholds")
    look(page, "thresholds")
    page.get_by_role("link", name="隐患按期整改率").click()
    page.get_by_label("绿").fill("97")
    page.get_by_label("黄").fill("93")
    page.get_by_label("橙").fill("85")
    page.get_by_label("为什么改").fill("市里提高要求")
    page.get_by_role("button", name="存为草稿").click()
    expect(page.get_by_text("12个换了颜色")).to_be_visible()
    look(page, "threshold")
    in_english(page)
    expect(page.get_by_role("heading", name="Draft: version 2")).to_be_visible()
    look(page, "threshold-en")
    page.context.clear_cookies(name="django_language")
    page.goto("/desk/warnings/ladder")
    page.get_by_label("连续期数").fill("2")
    page.get_by_label("时限").fill("10 WD")
    page.get_by_label("依据").fill("区考核办法")
    page.get_by_role("button", name="存为草稿").click()
    expect(page.get_by_role("region", name="预警规则")).to_contain_text("草稿")
    look(page, "ladder")
    page.get_by_text("发布", exact=True).first.click()
    page.get_by_label("理由").first.fill("两期即提示")
    page.get_by_role("button", name="发布").first.click()
    expect(page.get_by_text("两期即提示")).to_be_visible()
    in_english(page)
    look(page, "ladder-en")
    assert complaints == []


def test_a_head_makes_a_key_that_is_shown_once_and_ends_it(page: Any, cast: Any) -> None:
    complaints = watch(page)
    a_dataset_of("331102-housing", EAST)
    sign_in(page, "housing_head")
    page.goto("/desk/exchange/")
    page.get_by_role("link", name="接口密钥").click()
    page.get_by_label("哪个系统用").fill("区政务数据平台")
    page.get_by_label("火灾月报").check()
    page.get_by_role("button", name="发放", exact=True).click()
    expect(page.locator(".ex-key")).to_have_text(re.compile(r"^hyk_[a-z2-9]{8}_"))
    look(page, "key-made")
    page.goto("/desk/exchange/keys")
    expect(page.locator(".ex-key")).to_have_count(0)
    page.get_by_text("撤销", exact=True).first.click()
    page.get_by_label("理由").fill("试用结束")
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_text("已撤销")).to_be_visible()
    in_english(page)
    look(page, "keys-en")
    assert complaints == []
