"""A dispatcher brings a table in, in Chromium: sees what would happen, confirms, watches it, takes back what was refused."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from huying.domains.matters.intake_files import uploads
from huying.domains.matters.models import Matter
from huying.kernel.sheets import SheetWriter
from tests.browser.looking import look, sign_in, watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HEADER = ["编号", "标题", "反映内容", "受理时间", "事发地点", "姓名", "联系电话", "政治面貌"]


def test_a_dispatcher_imports_a_table(
    page: Any, cast: Any, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HUYING_HOME = tmp_path
    monkeypatch.setattr(uploads.step, "__defaults__", (10,))
    file = tmp_path / "十一月群众来信.xlsx"
    with SheetWriter(file, HEADER) as sheet:
        for n in range(1, 31):
            when = "上周三" if n % 10 == 0 else f"2026-11-0{n % 9 + 1} 09:30"
            words = "永晖社区北门路灯整夜不亮，老人出行不便" if n in (4, 17) else f"紫金路{n}号门前下水道返水，气味很大"
            sheet.write([f"LD-{n}", f"第{n}封来信", words, when, f"紫金路{n}号", f"王{n}", "13900001111", "群众"])
    complaints = watch(page)
    sign_in(page, "dispatcher")
    page.get_by_role("link", name="导入表格").click()
    page.get_by_label("表格文件").set_input_files(
        {"name": "假的.xlsx", "mimeType": "", "buffer": b"PK\x03\x04 no table"}
    )
    page.get_by_role("button", name="上传并预览").click()
    page.get_by_role("alert").get_by_text("不完整或已损坏").wait_for()
    look(page, "import-refused")
    page.get_by_label("表格文件").set_input_files(file)
    page.get_by_role("button", name="上传并预览").click()
    page.get_by_role("heading", name="导入预览").wait_for()
    expect(page.get_by_text("这是政治面貌")).to_be_visible()
    page.get_by_text("为什么退回").first.click()
    look(page, "import-preview")
    page.get_by_label("事发地点").select_option("")
    page.get_by_role("button", name="按这样重新预览").click()
    page.wait_for_load_state()
    expect(page.get_by_label("事发地点")).to_have_value("")
    page.get_by_role("button", name="登记这 27 件").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("将登记 27 件")).to_be_visible()
    expect(dialog.get_by_text("没有整批撤销")).to_be_visible()
    dialog.get_by_role("button", name="登记", exact=True).click()
    page.get_by_role("heading", name="导入完成").wait_for()
    told = [page.locator(f"[data-count={name}]").inner_text() for name in ("read", "accepted", "known", "rejected")]
    assert told == ["30", "27", "0", "3"]
    assert Matter.objects.everything("test").count() == 27
    look(page, "import-done")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载退回的 3 行").click()
    handed_back = Path(download.value.path()).read_text("utf-8-sig")
    assert handed_back.count("上周三") >= 3
    assert "群众" not in handed_back.replace("群众来信", "")
    assert complaints == []
