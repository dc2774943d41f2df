"""The worklist page: soonest first, every view at an address, files that no spreadsheet runs, saved views that find no person."""

import io
from collections.abc import Iterator
from csv import reader
from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from openpyxl import load_workbook

from huying.kernel import subjects, worklist
from huying.kernel.actors import Actor, Role
from huying.kernel.clock import FixedClock
from huying.kernel.errors import Forbidden, InvalidInput, NotFound
from huying.kernel.pages import acts, editing, keyset
from huying.kernel.sheets import writing
from huying.kernel.words import words
from huying.kernel.worklist import Work, filters
from huying.kernel.worklist.models import WorkItem
from huying.web.desk.views import work

pytestmark = pytest.mark.django_db
DISPATCHER = Actor(
    kind="staff", label="王某 · 派单员", account_id=1, post_id=11, unit_id=5, roles=frozenset({Role.DISPATCHER})
)
AUDITOR = Actor(kind="staff", label="审计员", account_id=2, post_id=12, unit_id=5, roles=frozenset({Role.AUDITOR}))


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(worklist, "_queues", {})
    monkeypatch.setattr(acts, "_acts", {})
    monkeypatch.setattr(subjects, "_subjects", {})
    worklist.queue("triage", words("待派单", "to dispatch"), [Role.DISPATCHER], 1)
    worklist.queue("objections", words("异议待审", "objections"), [Role.DISPATCHER], 2)
    subjects.register(
        subjects.Subject(
            "matter",
            words("事项", "matter"),
            lambda i: f"/desk/matters/{i}",
            lambda actor, ids: set(ids),
            lambda ids: dict.fromkeys(ids, "事项"),
        )
    )
    return


def put(n: int, clock: FixedClock, **more: Any) -> None:
    worklist.put(
        [
            Work(
                kind="matter",
                record_id=i,
                subject_id=i,
                queue="triage",
                unit_id=5,
                number=f"N{i:05d}",
                place="万象街道",
                channel="hotline",
                why="派单目录无对应条目",
                opened_at=clock.now(),
                **({"title": f"第{i}件 路灯不亮", "due_at": clock.now() + timedelta(hours=n - i)} | more),
            )
            for i in range(1, n + 1)
        ]
    )


def get(address: str, actor: Actor = DISPATCHER, view: Any = work.home) -> Any:
    request = RequestFactory().get(address)
    request.actor = actor  # type: ignore[attr-defined]
    return view(request)


def test_the_soonest_stands_first_and_each_page_follows_the_last(clock: FixedClock) -> None:
    put(120, clock)
    html = get("/desk/").content.decode()
    assert html.index("N00120") < html.index("N00119")
    assert html.count("data-row") == 50
    seen: list[str] = []
    after = ""
    while True:
        found = work.View().page(DISPATCHER, work.cursor(after), 50)
        seen += [item.number for item in found.items]
        if found.after is None:
            break
        after = keyset.encode(found.after)
    assert seen == [f"N{i:05d}" for i in range(120, 0, -1)]


def test_a_row_says_who_must_act_and_why_it_is_here(clock: FixedClock) -> None:
    put(1, clock)
    html = get("/desk/").content.decode()
    assert "派单目录无对应条目" in html
    assert "派单员办" in html
    bare = get("/desk/?cols=place").content.decode()
    assert "派单目录无对应条目" not in bare
    assert "派单员办" not in bare


def test_an_opened_row_and_the_filters_are_in_the_address(clock: FixedClock) -> None:
    put(3, clock)
    html = get("/desk/?queue=triage&due=today").content.decode()
    assert "/desk/?queue=triage&amp;due=today&amp;open=matter-3" in html
    assert 'href="/desk/matters/3"' in html


def test_the_number_of_queries_does_not_grow_with_the_rows(clock: FixedClock, count_queries: Any) -> None:
    put(2, clock)
    get("/desk/")  # the directory of units and posts, which every page shares, is read once
    with count_queries() as few:
        get("/desk/")
    put(50, clock)
    with count_queries() as many:
        get("/desk/")
    assert few.n == many.n


def test_an_empty_list_says_what_would_be_here(clock: FixedClock) -> None:
    assert "现在没有要您办的事" in get("/desk/").content.decode()
    assert "没有符合这个筛选的待办" in get("/desk/?due=overdue").content.decode()


def test_a_visitor_is_led_to_sign_in_and_an_administrator_sees_no_work(clock: FixedClock) -> None:
    put(1, clock)
    anonymous = work.home(RequestFactory().get("/desk/?queue=triage"))
    assert anonymous.status_code == 302
    assert "next=/desk/%3Fqueue%3Dtriage" in anonymous["Location"]
    assert "N00001" not in get("/desk/", AUDITOR).content.decode()
    with pytest.raises(Forbidden):
        get("/desk/work/export", AUDITOR, work.export)


def test_a_bulk_act_is_offered_only_in_its_queue(clock: FixedClock) -> None:
    put(1, clock)
    acts.register(
        acts.BulkAct(
            name="x",
            words=words("批量派单", "dispatch together"),
            roles=frozenset({Role.DISPATCHER}),
            queues=frozenset({"triage"}),
            url="desk_home",
        )
    )
    assert "批量派单" in get("/desk/?queue=triage").content.decode()
    assert "批量派单" not in get("/desk/").content.decode()


@pytest.mark.parametrize("hostile", ['=HYPERLINK("http://x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_no_exported_cell_runs_as_a_formula(hostile: str, clock: FixedClock) -> None:
    put(1, clock, title=hostile)
    book = load_workbook(io.BytesIO(b"".join(get("/desk/work/export", view=work.export).streaming_content)))
    cell = book.worksheets[0]["B2"]
    assert cell.data_type == "s"
    csv = b"".join(get("/desk/work/export?format=csv", view=work.export).streaming_content).decode("utf-8-sig")
    assert not any(writing.runs(cell) for row in reader(io.StringIO(csv)) for cell in row)


def test_the_export_holds_what_the_list_holds(clock: FixedClock) -> None:
    put(30, clock)
    listed = work.exported(DISPATCHER, work.View(due="overdue"))
    assert [row[0] for row in listed] == []
    assert len(list(work.exported(DISPATCHER, work.View()))) == 30
    assert WorkItem.objects.count() == 30


def test_a_saved_view_keeps_choices_and_never_free_text(clock: FixedClock) -> None:
    kept = filters.save(
        actor=DISPATCHER, name="今日万象", query="queue=triage&due=today&q=张三&after=x&cols=why&cols=place"
    )
    assert kept.query == "queue=triage&due=today&cols=place&cols=why"
    assert filters.save(actor=DISPATCHER, name="今日万象", query="mine=1").pk == kept.pk
    with pytest.raises(NotFound):
        filters.forget(actor=AUDITOR, filter_id=kept.pk)
    filters.forget(actor=DISPATCHER, filter_id=kept.pk)
    assert filters.saved(DISPATCHER) == []


@pytest.mark.parametrize("name", ["", " " * 3, "长" * 21, "13812345678", "身份证332501199001011234", "张建国先生"])
def test_a_saved_view_is_not_named_after_a_person(name: str) -> None:
    with pytest.raises(InvalidInput):
        filters.save(actor=DISPATCHER, name=name, query="mine=1")


def test_two_posts_on_one_matter_see_each_other_for_a_minute(clock: FixedClock) -> None:
    assert editing.beat(DISPATCHER, "matter", 7, writing=True) == []
    assert editing.beat(AUDITOR, "matter", 7, writing=False) == ["王某 · 派单员"]
    clock.move(timedelta(seconds=61))
    assert editing.beat(AUDITOR, "matter", 7, writing=True) == []
    assert editing.beat(DISPATCHER, "matter", 8, writing=True) == []


def test_a_damaged_or_foreign_cursor_is_said_clearly(clock: FixedClock) -> None:
    for text in ("x", keyset.encode([1, 2]), keyset.encode(["a"])):
        with pytest.raises(InvalidInput):
            get(f"/desk/?after={text}")
