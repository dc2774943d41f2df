"""The bench shows and hands out what the report shows, within one's territory; two files give no small number away."""

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date

import openpyxl
import pytest
from django.http import QueryDict

from huying.analytics import definitions, published, report, trees
from huying.analytics.bench import keeping, layout, leaving, pages, statements
from huying.analytics.bench.selection import Axis, Part, Selection, parse, pick, usual
from huying.analytics.models import BenchView, TakenAway
from huying.analytics.periods import Period
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import InvalidInput, NotFound
from tests.support.figures import Figures

pytestmark = pytest.mark.django_db
CITY, EAST, WEST = "331100000000", "331102000000", "331121000000"


@pytest.fixture
def towns(cast):
    """Two townships of the county, as the territory has them."""
    day = date(2026, 10, 1)
    return [node.code for node in trees.load().children(EAST, day)][:2]


@pytest.fixture
def analyst(cast):
    return replace(cast["leader"], roles=frozenset({Role.ANALYST}), account_id=7)


@pytest.fixture
def stand(figures: Figures, towns):
    """stand(first=30, second=40): the townships' shares in September and October stand, as of 20 November."""

    def made(first=30, second=40):
        for month in ("2026-09", "2026-10", "2026-11"):
            for place, n in zip([*towns, EAST], (first, second, first + second), strict=True):
                figures.month(place, month, closed_in_time=(n // 2, n))
        for whole in ("2026-Q3", "2026-Q4", "2026"):
            for place, n in zip(towns, (first, second), strict=True):
                figures.month(place, whole, closed_in_time=(n, 3 * n))
        figures.publish(date(2026, 11, 20))

    made()
    return made


OCTOBER = Selection(("closed_in_time",), EAST, "children", "2026-09", "2026-10")


def test_a_cell_says_what_the_report_says(analyst, stand, towns):
    picked = pick(analyst, OCTOBER)
    table = layout.pivot(picked)
    with published.opened() as figures:
        made = report.build(figures, definitions.shipped(), EAST, Period.parse("2026-10"))
    said = {child.node.name: child.now["closed_in_time"].shown for child in made.children}
    assert {head: cells[-1].text for head, cells in table.rows} == said
    assert said[table.rows[0][0]] == "50.0%"


def test_rows_and_columns_turn(analyst, stand):
    by_place = layout.pivot(pick(analyst, OCTOBER))
    by_period = layout.pivot(pick(analyst, replace(OCTOBER, rows=Axis.PERIOD)))
    assert [head for head, _cells in by_period.rows] == ["2026年9月", "2026年10月"]
    assert by_period.columns == [head for head, _cells in by_place.rows]
    assert [[cell.text for cell in cells] for _head, cells in by_period.rows] == [
        [cells[at].text for _head, cells in by_place.rows] for at in range(2)
    ]


def test_a_small_number_is_on_no_page_and_in_no_file(analyst, stand, towns):
    stand(first=6, second=40)
    picked = pick(analyst, OCTOBER)
    assert {cells[-1].number for _head, cells in layout.pivot(picked).rows} <= {None, 0.5}
    assert layout.cell(picked.values["closed_in_time", towns[0], "2026-10"], Part.N).number is None
    rows = list(leaving.rows(leaving.leave(picked).picked))
    assert all(row[6] is None and row[9] is None for row in rows if row[2] == towns[0])


def test_a_place_outside_the_actors_territory_is_not_found(analyst, stand):
    for place in (CITY, WEST):
        with pytest.raises(NotFound):
            pick(analyst, replace(OCTOBER, place=place))


def test_below_the_county_a_running_period_leaves_in_no_file_and_the_countys_does(analyst, stand, towns):
    running = replace(OCTOBER, first="2026-11", last="2026-11")
    left = leaving.leave(pick(analyst, running))
    assert left.running == 2
    assert {row[6] for row in leaving.rows(left.picked)} == {None}
    own = leaving.leave(pick(analyst, replace(running, level="own")))
    assert [row[6] for row in leaving.rows(own.picked)] == [0.5]


def taken(analyst):
    return {(row[2], row[5]): row[9] for row in leaving.rows(leaving.leave(pick(analyst, OCTOBER)).picked) if row[9]}


def test_two_files_of_the_same_figures_are_the_same(analyst, stand):
    assert taken(analyst) == taken(analyst)
    assert TakenAway.objects.count() == 4


def test_a_correction_of_a_few_is_not_had_by_laying_two_files_side_by_side(analyst, stand, towns):
    first = taken(analyst)
    stand(first=33, second=40)
    second = taken(analyst)
    for place in towns:
        for month in ("2026-09", "2026-10"):
            assert (place, month) in first
            assert (place, month) not in second, "the one that moved, and the other by which it would follow"


def test_a_correction_of_many_is_handed_out_and_compared_with_from_then_on(analyst, stand, towns):
    taken(analyst)
    stand(first=60, second=40)
    assert taken(analyst)[towns[0], "2026-10"] == 60
    stand(first=63, second=40)
    assert (towns[0], "2026-10") not in taken(analyst)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rows": "mood"}, "rows"),
        ({"part": "soul"}, "part"),
        ({"level": "street"}, "level"),
    ],
)
def test_what_cannot_be_laid_out_is_refused_by_its_field(change, field):
    with pytest.raises(InvalidInput) as caught:
        parse(change, [], OCTOBER)
    assert set(caught.value.fields) == {field}


def test_a_selection_is_its_own_address():
    given = QueryDict(replace(OCTOBER, part=Part.N).query)
    assert parse(given, given.getlist("indicators"), replace(OCTOBER, place=CITY)) == replace(OCTOBER, part=Part.N)


def test_too_much_at_once_and_an_unknown_indicator_are_refused(analyst, stand):
    with pytest.raises(InvalidInput, match="没有这个指标"):
        pick(analyst, replace(OCTOBER, indicators=("nothing",)))
    with pytest.raises(InvalidInput, match="最多 60 期"):
        pick(analyst, replace(OCTOBER, first="2015-01"))


def test_bars_begin_at_zero_and_lines_keep_gaps(analyst, stand, towns):
    bars = layout.chart(pick(analyst, replace(OCTOBER, first="2026-10")))
    assert "scale" not in bars["xAxis"]
    assert bars["series"][0]["data"] == [50.0, 50.0]
    lines = layout.chart(pick(analyst, replace(OCTOBER, first="2026-08")))
    assert [series["data"][0] for series in lines["series"]] == [None, None]


def test_a_kept_selection_is_seen_by_oneself_and_shared_by_ones_own_division(analyst, stand):
    keeping.keep(actor=analyst, name="按时办结", selection=OCTOBER, shared=False)
    beside = replace(analyst, account_id=8)
    assert [view.name for view in keeping.kept(analyst)] == ["按时办结"]
    assert not keeping.kept(beside)
    keeping.keep(actor=analyst, name="按时办结", selection=replace(OCTOBER, part=Part.N), shared=True)
    assert keeping.selection_of(keeping.kept(beside).get()).part is Part.N
    assert not keeping.kept(replace(beside, division=WEST))
    with pytest.raises(NotFound):
        keeping.drop(actor=beside, pk=BenchView.objects.get().pk)
    keeping.drop(actor=analyst, pk=BenchView.objects.get().pk)
    assert not keeping.kept(analyst)


def _post(rf, actor, view, format=None, **given):
    request = rf.post("/desk/bench/", {**OCTOBER.as_json(), **given})
    request.actor = actor
    return view(request, format) if format else view(request)


def test_a_file_runs_no_formula(analyst, stand, rf, monkeypatch):
    real = leaving.rows

    def hostile(picked):
        for row in real(picked):
            yield [*row[:3], '=cmd|"/c calc"!A1', *row[4:]]

    monkeypatch.setattr(leaving, "rows", hostile)
    text = b"".join(_post(rf, analyst, pages.take, "csv").streaming_content).decode("utf-8-sig")
    assert {row[3][0] for row in list(csv.reader(io.StringIO(text)))[1:]} == {"'"}
    book = openpyxl.load_workbook(io.BytesIO(b"".join(_post(rf, analyst, pages.take, "xlsx").streaming_content)))
    assert not [cell for row in book.active.iter_rows() for cell in row if cell.data_type == "f"]


def test_all_three_files_hold_the_same_rows(analyst, stand, rf):
    import duckdb

    text = b"".join(_post(rf, analyst, pages.take, "csv").streaming_content).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    made = b"".join(_post(rf, analyst, pages.take, "xlsx").streaming_content)
    assert zipfile.is_zipfile(io.BytesIO(made))
    sheet = list(openpyxl.load_workbook(io.BytesIO(made)).active.iter_rows(values_only=True))
    con = duckdb.connect()
    con.execute("CREATE TABLE t AS SELECT 1")
    content = _post(rf, analyst, pages.take, "parquet").content
    assert len(lines) == len(sheet) - 1 == 2 * len(list(pick(analyst, OCTOBER).places))
    assert content[:4] == content[-4:] == b"PAR1"


def test_the_door_sees_only_what_a_file_would_hold(analyst, stand, rf, towns):
    stand(first=6, second=40)
    answer = statements.answered(analyst, OCTOBER, "SELECT division, value, n FROM figures WHERE value IS NOT NULL")
    assert towns[0] not in {row[0] for row in answer.rows}
    county = statements.answered(analyst, replace(OCTOBER, level="own"), "SELECT DISTINCT division FROM figures")
    assert county.rows == [[EAST]]


def test_who_has_no_account_keeps_nothing(stand):
    with pytest.raises(InvalidInput):
        keeping.keep(
            actor=Actor(kind="staff", label="x", division=EAST, level=Level.COUNTY),
            name="x",
            selection=OCTOBER,
            shared=False,
        )


def test_the_bench_opens_with_ones_own_place(analyst, stand):
    opened = usual(analyst)
    assert (opened.place, opened.last, opened.first) == (EAST, "2026-11", "2025-11")


def test_the_page_asks_as_much_for_many_places_as_for_few(analyst, stand, query_ratchet, rf):
    request = rf.get("/desk/bench/", {"level": "children"})
    request.actor = analyst
    with query_ratchet("the bench"):
        assert pages.show(request).status_code == 200
