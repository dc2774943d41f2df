"""Importing a table at the desk: seen before it is done, done in steps, told in figures that add up."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from huying.domains.matters.intake_files import uploads
from huying.domains.matters.models import Matter
from huying.domains.matters.tests.test_desk_pages import signed_in
from huying.kernel import sheets

pytestmark = pytest.mark.django_db
HEADER = ["编号", "标题", "内容", "受理时间", "区划代码", "姓名", "电话", "民族"]


@pytest.fixture(autouse=True)
def own_home(settings: Any, tmp_path: Path) -> None:
    settings.HUYING_HOME = tmp_path


def row(n: int, **told: str) -> list[str]:
    values = {
        "编号": f"A{n}", "标题": f"路灯{n}不亮", "内容": f"第{n}盏路灯坏了", "受理时间": "2026-11-01 09:00",
        "区划代码": "331102001001", "姓名": f"王{n}", "电话": "13900001111", "民族": "畲族",
    }  # fmt: skip
    return list({**values, **told}.values())


def table(*rows: list[str], header: list[str] = HEADER) -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows([header, *rows])
    return stream.getvalue().encode()


def send(client: Client, content: bytes, name: str = "十一月.csv") -> Any:
    return client.post("/desk/imports/", {"file": SimpleUploadedFile(name, content)})


def sent(client: Client, *rows: list[str]) -> str:
    answer = send(client, table(*rows))
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def run(client: Client, address: str) -> str:
    """Start, and ask for steps as the page does, until it asks for none."""
    assert client.post(f"{address}/start").status_code == 302
    for _step in range(50):
        answer = client.post(f"{address}/step", headers={"HX-Request": "true"})
        assert answer.status_code == 200
        if "hx-post" not in answer.content.decode():
            return str(answer.content.decode())
    raise AssertionError("the import never ended")


def about(address: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((uploads.root() / address.rsplit("/", 1)[1] / "about.json").read_text("utf-8"))
    return told


def figures(address: str) -> tuple[int, int, int, int]:
    told = about(address)
    return told["read"], told["accepted"], told["already_known"], told["rejected"]


def stored() -> Any:
    return Matter.objects.everything("test")


@pytest.fixture
def desk(client: Client, cast: Any) -> Client:
    return signed_in(client, "dispatcher")


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads.step, "__defaults__", (2,))


def test_the_preview_shows_columns_and_counts_and_stores_nothing(desk: Client) -> None:
    address = sent(desk, row(1), row(2, 受理时间="昨天"), row(3))
    html = desk.get(address).content.decode()
    assert 'data-count="read">3<' in html
    assert 'data-count="accepted">2<' in html
    assert 'data-count="rejected">1<' in html
    assert "读不出“昨天”是什么时间" in html
    assert "这是民族" in html
    assert "畲族" not in html
    assert "登记后没有整批撤销" in html
    assert stored().count() == 0


def test_an_import_takes_in_knows_again_and_hands_back_so_that_the_figures_add_up(
    desk: Client, small_steps: None
) -> None:
    rows = [row(1), row(2), row(3, 受理时间="昨天"), row(1), row(5), row(6, 内容="第1盏路灯坏了")]
    address = sent(desk, *rows)
    html = run(desk, address)
    assert figures(address) == (6, 4, 1, 1)
    assert stored().count() == 4
    assert "导入完成" in html
    first = stored().get(source_id="A1")
    assert f'<a href="/desk/matters/{first.pk}">{first.number}</a>' in html
    assert not list((uploads.root() / address.rsplit("/", 1)[1]).glob("upload*"))


def test_the_same_file_again_adds_nothing(desk: Client) -> None:
    run(desk, sent(desk, row(1), row(2)))
    again = sent(desk, row(1), row(2))
    assert "没有新的行，不用导入" in desk.get(again).content.decode()
    run(desk, again)
    assert figures(again) == (2, 0, 2, 0)
    assert stored().count() == 2


def test_rows_handed_back_come_once_with_number_reason_and_cure_and_without_what_may_not_be_stored(
    desk: Client, small_steps: None
) -> None:
    bad = [row(n, 受理时间="昨天") for n in (2, 3, 5)]
    address = sent(desk, row(1), bad[0], bad[1], row(4), bad[2])
    run(desk, address)
    answer = desk.get(f"{address}/rejects.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [line["#行号 row"] for line in lines] == ["3", "4", "6"]
    assert all(line["#原因"] and line["#reason"] and line["#如何更正"] and line["#cure"] for line in lines)
    assert lines[0]["内容"] == "第2盏路灯坏了"
    assert "民族" not in lines[0]
    assert "畲族" not in text


def test_rows_outside_ones_own_county_are_handed_back_with_the_reason(desk: Client) -> None:
    address = sent(desk, row(1), row(2, 区划代码="331121100000"))
    run(desk, address)
    assert figures(address) == (2, 1, 0, 1)
    text = b"".join(desk.get(f"{address}/rejects.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "331121100000 不在您的范围内" in text
    assert stored().get().county == "331102000000"


def test_a_step_cut_off_after_its_rows_were_stored_is_repeated_without_a_second_matter(
    desk: Client, small_steps: None
) -> None:
    address = sent(desk, row(1), row(2, 受理时间="昨天"), row(3))
    desk.post(f"{address}/start")
    before = about(address)
    desk.post(f"{address}/step")
    (uploads.root() / before["token"] / "about.json").write_text(json.dumps(before), "utf-8")
    run(desk, address)
    assert figures(address) == (3, 1, 1, 1)
    assert stored().count() == 2
    lines = b"".join(desk.get(f"{address}/rejects.csv").streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 2


def test_a_file_is_read_through_once_however_many_steps_it_takes(
    desk: Client, small_steps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = sent(desk, *[row(n) for n in range(9)])
    opened: list[str] = []

    def counted(path: Any, **given: Any) -> Any:
        opened.append(given["name"])
        return sheets.open_sheet(path, **given)

    monkeypatch.setattr(uploads, "open_sheet", counted)
    run(desk, address)
    assert figures(address) == (9, 9, 0, 0)
    assert len(opened) == 1
    assert [path.name for path in (uploads.root() / about(address)["token"]).iterdir() if path.name == "rows"] == []


def test_a_stopped_import_keeps_what_it_took_in_and_goes_on_when_told(desk: Client, small_steps: None) -> None:
    address = sent(desk, *[row(n) for n in range(5)])
    desk.post(f"{address}/start")
    desk.post(f"{address}/step")
    desk.post(f"{address}/stop")
    assert "导入已停止" in desk.get(address).content.decode()
    desk.post(f"{address}/step")
    assert stored().count() == 2
    run(desk, address)
    assert figures(address) == (5, 5, 0, 0)


def test_a_person_maps_the_columns_by_hand(desk: Client) -> None:
    header = ["甲", "乙", "丙"]
    answer = send(desk, table(["路灯坏了", "人民路", "张三"], header=header))
    address = answer["Location"]
    assert "文件缺少这些列" in desk.get(address).content.decode()
    both = desk.post(address, {"profile": "general", "c0": "content", "c1": "content"})
    assert both.status_code == 422
    assert "两列都对应" in both.content.decode()
    assert (
        desk.post(address, {"profile": "general", "c0": "content", "c1": "place", "source": "村表"}).status_code == 302
    )
    run(desk, address)
    matter = stored().get()
    assert (matter.content, matter.place, matter.source) == ("路灯坏了", "人民路", "村表")


def test_a_column_that_may_not_be_stored_cannot_be_mapped(desk: Client) -> None:
    address = sent(desk, row(1))
    answer = desk.post(address, {"profile": "general", "c2": "content", "c7": "place"})
    assert answer.status_code == 422
    assert "不保存这类信息" in answer.content.decode()
    assert about(address)["columns"] == {}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.xlsx", b"PK\x03\x04 not an archive", "不完整或已损坏"),
        ("a.csv", b"", "没有选择文件|是空的"),
        ("a.exe", b"MZ", "只接受 .xlsx 和 .csv"),
        ("a.xlsx", "内容\n路灯\n".encode(), "扩展名与内容不符"),
        ("a.csv", b"\xff\xfe\xff\xff\x00", "读不通"),
        ("a.csv", b"a,b\n\x80\x80\xff\xff", "读不通"),
    ],
)
def test_a_file_that_is_no_table_is_refused_on_the_page_and_not_kept(
    desk: Client, name: str, content: bytes, told: str
) -> None:
    answer = send(desk, content, name)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert any(each in html for each in told.split("|")), html
    assert "上传并预览" in html
    assert not uploads.root().exists() or not list(uploads.root().iterdir())


def test_a_file_broken_in_its_middle_is_said_before_anything_is_stored(desk: Client) -> None:
    address = send(desk, table(row(1)) + b'"A2,"never closed\n')["Location"]
    html = desk.get(address).content.decode()
    assert "读不下去" in html
    assert "/start" not in html
    assert stored().count() == 0


def test_who_reported_is_sealed_and_on_no_page(desk: Client) -> None:
    address = sent(desk, row(1))
    run(desk, address)
    html = desk.get(f"/desk/matters/{stored().get().pk}").content.decode() + desk.get(address).content.decode()
    assert "王1" not in html
    assert "13900001111" not in html


def test_another_person_or_post_finds_no_such_upload(desk: Client) -> None:
    address = sent(desk, row(1))
    signed_in(desk, "taker")
    for end in ("", "/rejects.csv"):
        assert desk.get(f"{address}{end}").status_code == 404
    for end in ("/start", "/step", "/stop", "/discard"):
        assert desk.post(f"{address}{end}").status_code == 404
    assert about(address)["state"] == "mapping"


@pytest.mark.parametrize(
    ("who", "status"), [("taker", 200), ("grid_office", 200), ("water", 403), ("leader", 403), ("analyst", 403)]
)
def test_only_posts_that_take_matters_in_may_import(client: Client, cast: Any, who: str, status: int) -> None:
    signed_in(client, who)
    assert client.get("/desk/imports/").status_code == status
    assert ("导入表格" in client.get("/desk/", follow=True).content.decode()) == (status == 200)


def test_a_day_after_the_upload_a_job_deletes_it(desk: Client, clock: Any) -> None:
    address = sent(desk, row(1))
    clock.move(timedelta(hours=23))
    assert uploads.forget_old() == 0
    clock.move(timedelta(hours=2))
    assert uploads.forget_old() == 1
    assert not (uploads.root() / address.rsplit("/", 1)[1]).exists()


def test_the_pages_ask_as_much_of_the_database_for_many_rows_as_for_few(desk: Client, count_queries: Any) -> None:
    few = sent(desk, *[row(n) for n in range(3)])
    many = sent(desk, *[row(100 + n) for n in range(60)])
    desk.get(few)
    counts = []
    for address in (few, many):
        with count_queries() as preview:
            desk.get(address)
        desk.post(f"{address}/start")
        with count_queries() as step:
            desk.post(f"{address}/step", headers={"HX-Request": "true"})
        counts.append((preview.n, step.n))
    # the first step also fills what a process remembers
    assert all(many_asked <= few_asked for few_asked, many_asked in zip(*counts, strict=True))
