"""The desk's pages and the API: what a unit sees of its own, what who watches over it sees, and what each may do."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from huying.domains.exchange import services
from huying.domains.exchange.models import Delivery, Reminder, Report
from tests.support.web import signed_in

EAST = "331102000000"
PAGE = "/desk/exchange/datasets/fires_monthly"
GOOD = {"fires": "4", "loss": "12.5", "inspected": "150", "faulty": "60"}


def typed(note: str = "", **values: str) -> dict[str, str]:
    fields = {f"{EAST}.{name}": value for name, value in {**GOOD, **values, "note": note}.items()}
    return {"period": "2026-10", **fields}


def report() -> Report:
    return Report.objects.everything("test").get(division=EAST)


def said(answer: Any) -> str:
    return str(answer.content.decode())


def read(client: Client, address: str) -> str:
    answer = client.get(address, follow=True)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return said(answer)


def test_a_unit_sees_what_it_owes_and_types_it_in(asked: Any) -> None:
    client = signed_in(asked, "housing")
    assert "本单位有1份数据待报" in read(client, "/desk/exchange/")
    form = read(client, PAGE)
    for part in ("火灾起数", "莲都区", "期末后5个工作日", "下载模板", "消防法"):
        assert part in form, part
    answer = client.post(f"{PAGE}/deliver", typed())
    assert answer.status_code == 302
    assert Delivery.objects.get().values["loss"] == 12.5
    assert "已收下 1 份" in read(client, answer["Location"])
    assert "本单位没有待报的数据" in read(client, "/desk/exchange/")


def test_what_is_wrong_comes_back_at_its_field_with_what_was_typed(asked: Any) -> None:
    answer = signed_in(asked, "housing").post(f"{PAGE}/deliver", typed(fires="四起", faulty="30"))
    assert answer.status_code == 422
    for part in ('value="四起"', "“四起”不是数", 'aria-invalid="true"', 'value="30"'):
        assert part in said(answer), part
    assert not Delivery.objects.exists()


def test_an_empty_form_says_so_and_a_form_of_another_county_is_not_there(asked: Any) -> None:
    client = signed_in(asked, "other_housing")
    assert client.post(f"{PAGE}/deliver", typed()).status_code == 422
    assert "莲都区" not in read(client, PAGE)


def test_a_correction_is_told_from_what_it_corrects(asked: Any, move: Any) -> None:
    client = signed_in(asked, "housing")
    client.post(f"{PAGE}/deliver", typed())
    assert "这是更正，须写明原因" in said(client.post(f"{PAGE}/deliver", typed(fires="5")))
    assert client.post(f"{PAGE}/deliver", typed(fires="5", note="漏报一起")).status_code == 302
    page = read(client, f"/desk/exchange/reports/{report().pk}")
    for part in ("第2版", "第1版", "漏报一起", "住建承办员", "页面填报", "改"):
        assert part in page, part


def test_a_supervisor_sees_who_must_still_report_and_reopens_with_a_reason(asked: Any, move: Any) -> None:
    move(2026, 11, 23)
    client = signed_in(asked, "supervisor")
    page = read(client, "/desk/exchange/")
    for part in ("职责范围内有1份过期未报", "莲都区住建局", "已锁定未报", "应报"):
        assert part in page, part
    assert "青田" not in page
    one = f"/desk/exchange/reports/{report().pk}"
    assert "重开的理由" in read(client, one)
    assert client.post(f"{one}/reopen", {"reason": ""}).status_code == 422
    assert client.post(f"{one}/reopen", {"reason": "系统故障未能报送"}).status_code == 302
    page = read(client, one)
    assert "重开到" in page
    assert "系统故障未能报送" in page
    assert signed_in(asked, "housing").post(f"{one}/reopen", {"reason": "x"}).status_code == 403


def test_a_file_is_previewed_delivered_and_its_bad_rows_taken_back(asked: Any) -> None:
    stream = io.StringIO()
    rows = [["区划编码", "期别", *GOOD], [EAST, "2026-10", *GOOD.values()], [EAST, "2026-09", "1", "0", "5", "9"]]
    csv.writer(stream).writerows(rows)
    client = signed_in(asked, "housing")
    answer = client.post(f"{PAGE}/upload", {"file": SimpleUploadedFile("十月.csv", stream.getvalue().encode())})
    address = answer["Location"]
    assert "1 行可以收下" in read(client, address)
    assert not Delivery.objects.exists()
    assert client.get(f"{address}/rejects").status_code == 422
    assert client.post(f"{address}/confirm").status_code == 302
    page = read(client, address)
    assert "收下 1 行" in page
    assert "有隐患家数（9）大于检查家数（5）" in page
    assert client.get(f"{address}/rejects")["Content-Type"].startswith("application/vnd.openxml")
    assert signed_in(asked, "housing_head").get(address).status_code == 404


def test_the_template_downloads(asked: Any) -> None:
    answer = signed_in(asked, "housing").get(f"{PAGE}/template?period=2026-10")
    assert answer.content.startswith(b"PK")
    assert "fires_monthly-2026-10.xlsx" in answer["Content-Disposition"]


def test_a_reminder_leads_the_unit_to_its_list_and_others_nowhere(asked: Any) -> None:
    services.raise_reminders()
    one = Reminder.objects.get(unit=asked.unit("331102-housing"))
    address = f"/desk/exchange/reminders/{one.pk}"
    assert "待报" in read(signed_in(asked, "housing"), address)
    assert "谁还没报" in read(signed_in(asked, "supervisor"), address)
    assert signed_in(asked, "other_housing").get(address).status_code == 404


def test_a_small_count_below_county_is_hidden_from_all_but_the_unit_that_counted_it(asked: Any) -> None:
    signed_in(asked, "housing").post(f"{PAGE}/deliver", typed())
    Report.objects.everything("test").update(level=4)
    own = read(signed_in(asked, "housing"), f"/desk/exchange/reports/{report().pk}")
    other = read(signed_in(asked, "supervisor"), f"/desk/exchange/reports/{report().pk}")
    assert "＜10" in other
    assert "＜10" not in own


def test_the_pages_take_a_bounded_number_of_queries(asked: Any, query_ratchet: Any) -> None:
    client = signed_in(asked, "supervisor")
    client.get("/desk/exchange/missing")
    with query_ratchet("who must still report"):
        client.get("/desk/exchange/missing")
    client = signed_in(asked, "housing")
    client.get(PAGE)
    with query_ratchet("a dataset's form"):
        client.get(PAGE)


def test_the_api_lists_asks_and_delivers_once(asked: Any) -> None:
    client = signed_in(asked, "housing")
    (one,) = client.get("/api/v1/exchange/datasets").json()
    assert (one["code"], one["due"], one["measures"][0]["minimum"]) == ("fires_monthly", "5 WD", 0)
    (owed,) = client.get("/api/v1/exchange/missing").json()["items"]
    assert (owed["division"], owed["period"], owed["standing"]) == (EAST, "2026-10", "waiting")
    row = {"division": EAST, "period": "2026-10", "values": {"fires": 4, "loss": 1, "inspected": 5, "faulty": 1}}
    bad = {**row, "period": "2026-13"}

    def send() -> Any:
        address = "/api/v1/exchange/datasets/fires_monthly/values"
        return client.post(address, {"rows": [row, bad]}, content_type="application/json").json()

    first = send()
    assert (first["accepted"], [r["row"] for r in first["refused"]]) == (1, [1])
    assert first["refused"][0]["faults"][0]["field"] == "period"
    assert (send()["accepted"], send()["unchanged"]) == (0, 1)
    assert client.get("/api/v1/exchange/missing").json()["items"] == []
    assert signed_in(asked, "taker").get("/api/v1/exchange/datasets").status_code == 403


def test_the_pages_speak_english(asked: Any) -> None:
    page = said(signed_in(asked, "housing").get(PAGE, headers={"accept-language": "en"}))
    for part in ("5 working days after the period", "Download the template", "Fires by month", "(optional)"):
        assert part in page, part
