"""The template goes out filled, is read however people call its columns; what is handed back comes again mended."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from huying.domains.exchange import queries, services
from huying.domains.exchange.models import Delivery, Upload
from huying.domains.exchange.tables import columns_of, period_of, titles
from huying.domains.exchange.template import template
from huying.domains.exchange.tests import made
from huying.kernel.errors import InvalidInput, NotAllowedNow, NotFound, Refused

EAST, OTHER = "331102000000", "331121000000"
HEADER = ["区划编码", "期别", "火灾起数", "损失", "检查家数", "有隐患家数", "说明"]


def csv_of(*rows: list[Any], header: list[str] = HEADER) -> list[bytes]:
    stream = io.StringIO()
    csv.writer(stream).writerows([header, *rows])
    return [stream.getvalue().encode()]


def receive(cast: Any, *rows: list[Any], header: list[str] = HEADER, who: str = "housing") -> Upload:
    return services.receive(actor=cast[who], code="fires_monthly", name="十月.csv", chunks=csv_of(*rows, header=header))


def opened(content: bytes, title: int = 0) -> list[list[Any]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.xlsx"
        path.write_bytes(content)
        book = CalamineWorkbook.from_path(str(path))
        return book.get_sheet_by_index(title).to_python()


def test_the_template_holds_the_units_places_and_period_and_opens_in_another_program(asked: Any) -> None:
    row = queries.dataset("fires_monthly").row
    reports = queries.own_reports(asked["housing"], code="fires_monthly", key="2026-10")
    content = template(row, reports, queries.latest(reports))
    head, line = opened(content)
    assert head == list(titles(row).values())
    assert head[3] == "火灾起数（起）* [fires]"
    assert line[:3] == [EAST, "莲都区", "2026-10"]
    assert any("消防法" in str(cells[0]) for cells in opened(content, 1))


def test_a_filled_template_is_taken_as_it_is_and_then_comes_filled(asked: Any) -> None:
    from openpyxl import load_workbook

    row = queries.dataset("fires_monthly").row
    reports = queries.own_reports(asked["housing"], code="fires_monthly")
    book = load_workbook(io.BytesIO(template(row, reports, {})))
    sheet = book.worksheets[0]
    for column, value in zip("DEFG", (4, 12.5, 150, 60), strict=True):
        sheet[f"{column}2"] = value
    stream = io.BytesIO()
    book.save(stream)
    one = services.receive(actor=asked["housing"], code="fires_monthly", name="t.xlsx", chunks=[stream.getvalue()])
    assert [trial.good for trial in services.seen(asked["housing"], one).trials] == [True]
    assert not Delivery.objects.exists(), "seeing writes nothing"
    services.confirm(actor=asked["housing"], token=one.token)
    (kept,) = Delivery.objects.all()
    assert kept.values == {"fires": 4, "loss": 12.5, "inspected": 150, "faulty": 60, "faulty_rate": None}
    again = queries.own_reports(asked["housing"], code="fires_monthly")
    assert opened(template(row, again, queries.latest(again)))[1][3:7] == [4, 12.5, 150, 60]


def test_bad_rows_come_back_with_reasons_and_mended_go_in_without_doubling(asked: Any) -> None:
    rows = [
        [EAST, "2026-10", 4, 12.5, 150, 60, ""],
        [OTHER, "2026-10", 1, 0, 10, 5, ""],
        [EAST, "2026-09", 2, 0, 10, 50, ""],
    ]
    one = receive(asked, *rows)
    seen = services.seen(asked["housing"], one)
    assert (len(seen.good), len(seen.refused), seen.unchanged) == (1, 2, 0)
    one = services.confirm(actor=asked["housing"], token=one.token)
    assert (one.result or {})["accepted"] == 1
    head, first, second = opened(services.rejects(one))
    assert head[:5] == ["#行号 row", "#原因", "#reason", "#如何更正", "#cure"]
    assert (first[0], second[0]) == (3, 4)
    assert "本单位没有" in first[1]
    assert "有隐患家数（50）大于检查家数（10）" in second[1]
    assert "faulty" in second[2]
    assert second[5:9] == [EAST, "2026-09", "2", "0"]
    with pytest.raises(NotAllowedNow):
        services.confirm(actor=asked["housing"], token=one.token)

    mended = [list(line[5:]) for line in (first, second)]
    mended[1][5] = 5
    again = services.receive(
        actor=asked["housing"],
        code="fires_monthly",
        name="rejects.csv",
        chunks=csv_of(rows[0], mended[1], header=[str(title) for title in head[5:]]),
    )
    again = services.confirm(actor=asked["housing"], token=again.token)
    assert again.result == {"accepted": 1, "unchanged": 1, "refused": {}}
    assert Delivery.objects.count() == 2


@pytest.mark.parametrize("column", ["姓名", "身份证号", "联系电话", "民族", "重点人员数", "phone"])
def test_a_column_about_persons_refuses_the_whole_file_and_keeps_nothing(asked: Any, column: str) -> None:
    with pytest.raises(Refused, match=column):
        receive(asked, [EAST, "2026-10", 4, 12.5, 150, 60, "", "王某"], header=[*HEADER, column])
    assert not Upload.objects.exists()


def test_a_column_that_is_no_part_of_the_dataset_is_passed_over_and_never_stored(asked: Any) -> None:
    one = receive(asked, [EAST, "2026-10", 4, 12.5, 150, 60, "", "看看"], header=[*HEADER, "备忘"])
    assert one.passed_over == ["备忘"]
    assert "看看" not in str(one.lines)


def test_a_file_without_its_period_or_with_a_column_twice_says_so() -> None:
    with pytest.raises(InvalidInput, match="期别"):
        columns_of(made.row(), ["区划编码", "fires"])
    with pytest.raises(InvalidInput, match="两个"):
        columns_of(made.row(), ["区划编码", "期别", "fires", "火灾起数"])


def test_an_upload_is_its_posts_own_and_goes_after_a_day(asked: Any, move: Any) -> None:
    one = receive(asked, [EAST, "2026-10", 4, 12.5, 150, 60, ""])
    with pytest.raises(NotFound):
        services.upload(asked["housing_head"], one.token)
    assert services.forget_uploads() == 0
    move(2026, 11, 4)
    assert services.forget_uploads() == 1


@pytest.mark.parametrize(
    ("cell", "key"),
    [("2026-10", "2026-10"), ("2026年10月", "2026-10"), ("2026/9", "2026-09"), ("2026-10-01", "2026-10"), (None, "")],
)
def test_periods_are_read_as_people_and_spreadsheets_write_them(cell: Any, key: str) -> None:
    assert period_of(made.row(), cell) == key
