"""A county's monthly report, from the first draft to the published page, by the posts that make it."""

from typing import Any

import pytest

from huying.analytics import published
from huying.analytics.tests.test_lake import refresh
from huying.domains.bulletins.models import Bulletin, Edition, ReportSet
from huying.domains.bulletins.tests.made import MONTHLY, town
from tests.browser.looking import look, sign_in, watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def figures(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, cast: Any) -> None:
    monkeypatch.setattr(published, "folder", lambda: tmp_path / "lake")
    refresh(town(perfect=True), tmp_path / "lake")
    ReportSet.objects.create(code="monthly", period="month", body={**MONTHLY, "approval": ["own"]})


def test_a_report_is_drafted_answered_for_approved_and_published(page: Any, cast: Any) -> None:
    complaints = watch(page)
    sign_in(page, "analyst")
    page.goto("/desk/bulletins/")
    look(page, "bulletins-empty")
    page.locator("#main").get_by_role("link", name="起草报表").click()
    look(page, "bulletins-start")
    page.get_by_role("button", name="起草").click()
    page.get_by_text("接近完美").first.wait_for()
    look(page, "bulletins-draft")
    page.get_by_role("button", name="送审").click()
    page.get_by_text("可信度提示还没有人签署说明").wait_for()
    for section, text in (("credibility", "抽查二十件，与录音一致。"), ("commentary", "本月新增供水抢修班组。")):
        page.locator(f"#text-{section}").fill(text)
        page.locator(f"form:has(#text-{section}) button").click()
        page.locator(".bp").get_by_text(text).wait_for()
    page.get_by_role("button", name="送审").click()
    page.get_by_text("等待本级领导审批").wait_for()
    sign_in(page, "leader")
    page.goto("/desk/bulletins/")
    look(page, "bulletins")
    page.locator("#main").get_by_role("link", name="平安月体检").click()
    look(page, "bulletins-to-approve")
    page.get_by_role("button", name="同意").click()
    page.get_by_role("button", name="发布").click()
    page.get_by_text("这份报表的全过程").wait_for()
    look(page, "bulletins-edition")
    assert Edition.objects.get().number == Bulletin.objects.everything("test").get().edition == 1
    assert complaints == []
