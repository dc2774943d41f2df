import csv
import json
from datetime import timedelta

import openpyxl
import pytest
from django.apps import apps
from django.db import connection

from huying.domains.matters import services
from huying.domains.matters.intake_files import importing
from huying.domains.matters.intake_files.importing import import_file, preview
from huying.domains.matters.intake_files.profile import profile
from huying.domains.matters.models import Matter
from huying.kernel import audit, clock
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput
from huying.kernel.sheets import SheetWriter, open_sheet
from tests.support.cast import assemble

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "cast")]
IMPORT = Actor.system("import:test")
BOARD = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "反对数", "点赞数"]


@pytest.fixture
def cast(clock):
    return assemble()


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 40)


def stored():
    return Matter.objects.everything("a test looks at all")


def board(path, rows):
    with SheetWriter(path, BOARD) as sheet:
        for row in rows:
            sheet.write(row)
    return path


def row(n, **told):
    values = {
        "留言编号": n, "留言用户": f"A{n}", "留言主题": f"路灯{n}不亮", "留言时间": "2019/2/28 11:25:05",
        "留言详情": f"\n\t\t第{n}盏路灯坏了\n\t", "反对数": 0, "点赞数": 3,
    }  # fmt: skip
    values.update(told)
    return list(values.values())


def run(path, name="message-board", **more):
    return import_file(path, profile(name), actor=IMPORT, division="331102000000", **more)


def test_what_is_read_is_accepted_known_or_handed_back(tmp_path):
    path = board(tmp_path / "a.xlsx", [row(1), row(2), row(2), row(3, 留言时间="昨天")])
    done = run(path)
    assert (done.read, done.accepted, done.already_known, done.rejected) == (4, 2, 1, 1)
    matter = stored().get(source_id="1")
    assert matter.content == "第1盏路灯坏了"
    assert matter.registered_at == clock.local(matter.registered_at).replace(2019, 2, 28, 11, 25, 5)
    assert matter.county == "331102000000"
    assert matter.confidentiality == "name_hidden"


def test_sent_again_it_adds_nothing(tmp_path):
    path = board(tmp_path / "a.csv", [row(n) for n in range(1, 30)])
    run(path)
    again = run(path)
    assert (again.read, again.accepted, again.already_known) == (29, 0, 29)
    assert stored().count() == 29


def test_of_ten_thousand_rows_the_seven_bad_ones_come_back_and_mended_they_go_in(tmp_path):
    bad = {5, 77, 1_000, 1_001, 4_444, 9_998, 10_000}
    path = board(
        tmp_path / "a.csv", [row(n, 留言时间="何时" if n in bad else "2019-02-28 11:25:05") for n in range(1, 10_001)]
    )
    done = run(path, rejects=tmp_path / "back.csv")
    assert (done.read, done.accepted, done.rejected) == (10_000, 9_993, 7)
    with open_sheet(tmp_path / "back.csv") as sheet:
        lines = list(sheet.lines)
    assert [int(line.cells[0]) for line in lines] == [n + 1 for n in sorted(bad)]
    assert all("何时" in line.cells[1] and line.cells[3] for line in lines)
    with open(tmp_path / "back.csv", encoding="utf-8-sig") as stream:
        mended = stream.read().replace('何时"', '2019-02-28"').replace("何时,", "2019-02-28,")
    (tmp_path / "mended.csv").write_text(mended, encoding="utf-8-sig")
    once_more = run(tmp_path / "mended.csv")
    assert (once_more.read, once_more.accepted) == (7, 7)
    assert stored().count() == 10_000
    assert audit.verify().ok


def test_the_same_words_from_another_author_or_time_go_in_with_a_hint(tmp_path):
    path = board(tmp_path / "a.csv", [row(1, 留言详情="同一段话"), row(2, 留言详情="同一 段话\n"), row(3)])
    done = run(path)
    assert done.accepted == 3
    assert done.merge_hints == 1
    first, second = stored().filter(source_id__in=["1", "2"]).order_by("source_id")
    assert done.hints == [(3, second.number, first.number)]


def test_rows_without_a_number_are_known_again_by_the_whole_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "内容,电话,时间\n路灯不亮,13800138000,2026-01-05\n路灯不亮,13900139000,2026-01-05\n路灯不亮,13800138000,2026-01-06\n路灯不亮,13800138000,2026-01-05\n"
    )
    done = run(path, "general")
    assert (done.accepted, done.already_known, done.merge_hints) == (3, 1, 2)
    assert run(path, "general").already_known == 4


def test_the_author_is_sealed_and_is_nowhere_else(tmp_path):
    run(board(tmp_path / "a.csv", [row(1, 留言用户="A000102948")]))
    party = apps.get_model("identities", "Party").objects.everything("a test looks at the vault").get()
    assert party.sealed
    assert b"A000102948" not in bytes(party.sealed)
    with connection.cursor() as cursor:
        # FTS5 keeps its terms in search_terms_data and the like; the virtual table itself cannot be listed
        for table in set(connection.introspection.table_names()) - {"search_terms"}:
            cursor.execute(f'SELECT * FROM "{table}"')
            assert "a000102948" not in str(cursor.fetchall()).lower(), table


def test_a_forbidden_column_is_said_and_reaches_neither_the_database_nor_the_rejects(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("内容,民族,时间\n路灯不亮,某某族,2026-01-05\n井盖丢失,某某族,昨天\n")
    done = run(path, "general", rejects=tmp_path / "back.csv")
    assert done.dropped_columns == {"民族": "民族"}
    assert "某某族" not in (tmp_path / "back.csv").read_text("utf-8-sig")
    assert (done.accepted, done.rejected) == (1, 1)


def test_a_formula_handed_back_is_neutral_and_comes_in_as_it_was_written(tmp_path):
    path = board(tmp_path / "a.csv", [row(1, 留言主题="=cmd|' /C calc'!A0", 留言时间="昨天")])
    run(path, rejects=tmp_path / "back.csv")
    with open(tmp_path / "back.csv", encoding="utf-8-sig") as stream:
        lines = list(csv.reader(stream))
    assert lines[1][7].startswith("'=")
    lines[1][8] = "2019-02-28"
    with open(tmp_path / "mended.csv", "w", encoding="utf-8") as stream:
        csv.writer(stream).writerows(lines)
    run(tmp_path / "mended.csv")
    assert stored().get().title == "=cmd|' /C calc'!A0"


def test_broken_off_it_keeps_its_finished_batches_and_goes_on_from_there(tmp_path, small_batches, monkeypatch):
    path = board(tmp_path / "a.csv", [row(n) for n in range(1, 101)])
    real, calls = services.register_many, []

    def broken_off(intakes, **more):
        calls.append(len(intakes))
        made = real(intakes, **more)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return made

    monkeypatch.setattr(services, "register_many", broken_off)
    done = run(path)
    assert done.interrupted
    assert (done.read, done.accepted) == (40, 40)
    monkeypatch.setattr(services, "register_many", real)
    rest = run(path)
    assert rest.read == 100
    assert rest.accepted + rest.already_known == 100
    assert stored().count() == 100


def test_one_row_that_only_the_services_refuse_is_handed_back_alone(tmp_path, monkeypatch):
    path = board(tmp_path / "a.csv", [row(n) for n in range(1, 9)])
    real = services.register_many

    def choosy(intakes, **more):
        if any(intake.source_id == "5" for intake in intakes):
            raise InvalidInput("第 1 条登记有误。", fields={"content": "不行"})
        return real(intakes, **more)

    monkeypatch.setattr(services, "register_many", choosy)
    done = run(path)
    assert (done.read, done.accepted, done.already_known, done.rejected) == (8, 7, 0, 1)


def test_a_dry_run_says_the_same_and_stores_nothing(tmp_path):
    path = board(tmp_path / "a.csv", [row(1), row(1), row(2, 留言详情="")])
    done = run(path, dry_run=True)
    assert (done.read, done.accepted, done.already_known, done.rejected) == (3, 1, 1, 1)
    assert stored().count() == 0


def test_a_missing_column_or_an_unknown_division_stops_it_before_anything_is_stored(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("留言编号,留言主题\n1,x\n")
    with pytest.raises(InvalidInput, match="留言详情"):
        run(path)
    with pytest.raises(Exception, match="999999"):
        import_file(
            board(tmp_path / "b.csv", [row(1)]), profile("message-board"), actor=IMPORT, division="999999000000"
        )
    assert stored().count() == 0


def test_a_row_with_an_unknown_division_is_handed_back(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("内容,区划\n路灯不亮,331102000000\n路灯不亮了,999999000000\n")
    done = run(path, "general")
    assert (done.accepted, done.rejected) == (1, 1)


def test_a_preview_shows_rows_and_columns_and_stores_nothing(tmp_path):
    shown = preview(board(tmp_path / "a.xlsx", [row(1), row(2, 留言时间="昨天")]), profile("message-board"))
    assert shown.matching.places["content"] == 4
    assert [type(entry).__name__ for entry in shown.rows] == ["Entry", "Fault"]
    assert stored().count() == 0


def test_the_number_of_queries_does_not_grow_with_the_rows(tmp_path, count_queries):
    with count_queries() as few:
        run(board(tmp_path / "a.csv", [row(n) for n in range(1, 4)]))
    with count_queries() as many:
        run(board(tmp_path / "b.csv", [row(n) for n in range(100, 400)]))
    # SQLite takes 999 values in a statement, so inserts come in runs of some sixteen matters
    assert many.n <= few.n + 300 // 10


def test_the_summary_is_one_json_line(tmp_path):
    done = run(board(tmp_path / "a.csv", [row(1)]))
    told = json.loads(json.dumps(done.as_json(), ensure_ascii=False))
    assert {"read", "accepted", "already_known", "rejected", "rejects_file"} <= set(told)
    assert told["unused_columns"] == ["反对数", "点赞数"]


@pytest.mark.shared
def test_the_four_thousand_real_messages_go_in_once(shared):
    path = shared / "data" / "messages" / "messages_4326.xlsx"
    done = import_file(path, profile("message-board"), actor=IMPORT, division="331102000000")
    assert (done.read, done.accepted, done.already_known, done.rejected) == (4_326, 4_326, 0, 0)
    seen, repeats = set(), 0
    told = openpyxl.load_workbook(path, read_only=True).active.iter_rows(
        min_row=2, min_col=5, max_col=5, values_only=True
    )
    for (body,) in told:
        words = "".join(body.split())
        repeats += words in seen
        seen.add(words)
    assert repeats >= 101
    assert done.merge_hints == repeats
    again = import_file(path, profile("message-board"), actor=IMPORT, division="331102000000")
    assert (again.read, again.accepted, again.already_known) == (4_326, 0, 4_326)
    assert stored().filter(registered_at__gte=clock.now() - timedelta(days=1)).count() == 0
    assert not stored().filter(content__startswith="\n").exists()
