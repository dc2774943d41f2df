"""The report in its three forms: page, workbook, command; and the way back from a figure to its records."""

import json
import random
import subprocess
import sys
from datetime import timedelta

import openpyxl
import pytest
from click.testing import CliRunner

from huying.analytics import charts, commands, published, report, services, trees, workbook
from huying.analytics.periods import Period
from huying.analytics.trees import Node, Tree
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import InvalidInput, NotFound

from .made import BRIDGE, CITY, EAST, MILL, WATERMARK, WEST, Matter, Town, a_matter, nodes, replace
from .test_lake import a_lake, refresh

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = Period.parse("2026-10"), Period.parse("2026-11")


def closed(number, month, in_time, county=EAST, township=BRIDGE):
    at = WATERMARK.replace(month=month, day=10)
    return Matter(
        number, at - timedelta(days=3), county=county, township=township, closed_at=at, closed_in_time=in_time
    )


@pytest.fixture
def town():
    """East closed 18 of 20 in time in September and 10 of 20 in October; West 20 of 20 both months."""
    made = Town()
    made.put(*(closed(i, 9, i >= 2) for i in range(20)), *(closed(100 + i, 10, i >= 10) for i in range(20)))
    for month in (9, 10):
        made.put(*(closed(month * 1000 + i, month, True, WEST, MILL) for i in range(20)))
    return made


@pytest.fixture
def built(town, tmp_path):
    refresh(town, tmp_path)

    def build(division=CITY, period=OCTOBER):
        with published.opened(tmp_path) as figures:
            return report.build(figures, town.definitions, division, period)

    return build


def test_the_first_sentence_says_what_changed_where_and_why(built):
    said = built().headline
    assert "按时办结率为75.0%，比上期降20.0个百分点" in said
    assert "主要来自莲都区（影响-20.0个百分点）：本期10／20，即50.0%，上期90.0%" in said


def test_a_figure_is_the_sum_of_numerators_over_the_sum_of_denominators(built):
    made = built()
    now = made.line("closed_in_time").now
    assert (now.numerator, now.denominator) == (30, 40)
    assert [child.now["closed_in_time"].denominator for child in made.children] == [20, 20]


def test_children_stand_worst_first_and_those_too_few_to_judge_last(built):
    names = [child.node.name for child in report.ranked(built(), "closed_in_time")]
    assert names == ["莲都区", "青田县"]


def test_volumes_and_satisfaction_are_never_ranked(built):
    made = built()
    for code in ("volume", "satisfied", "same_place_repeats"):
        assert [c.node.code for c in report.ranked(made, code)] == sorted(c.node.code for c in made.children)


def test_a_township_of_few_matters_shows_no_figure_in_page_or_workbook(town, tmp_path):
    town.put(*(closed(5000 + i, 10, True, EAST, "") for i in range(30)))
    town.matters = {k: m for k, m in town.matters.items() if m.township != BRIDGE or k % 5 == 0}
    refresh(town, tmp_path)
    with published.opened(tmp_path) as figures:
        made = report.build(figures, town.definitions, BRIDGE, OCTOBER)
    assert made.line("volume").now.value is None
    sheets = workbook.book(made)
    numbers = [c.value for row in sheets["总表"].iter_rows(min_row=5) for c in row if isinstance(c.value, int | float)]
    assert not [n for n in numbers if 0 < n < 10]


def test_the_merged_townships_stand_in_the_years_report_and_not_in_octobers(built):
    assert {c.node.name for c in built(EAST, Period.parse("2026")).children} == {"老街道", "新街道", "桥街道"}
    assert {c.node.name for c in built(EAST).children} == {"桥街道"}


def test_a_single_day_is_provisional_even_when_it_is_over_a_month_is_not(built):
    day = built(EAST, Period.parse("2026-11-10"))
    assert not day.provisional, "the day is over"
    assert any("暂定" in note for note in day.notes)
    assert not any("暂定" in note for note in built(EAST).notes)


def test_too_good_to_be_true_is_said(town, tmp_path):
    town.put(*(closed(7000 + i, 10, True, WEST, MILL) for i in range(60)))
    refresh(town, tmp_path)
    with published.opened(tmp_path) as figures:
        made = report.build(figures, town.definitions, WEST, OCTOBER)
    assert made.line("closed_in_time").now.suspicious
    assert any("请抽查核实" in note for note in made.notes)


def test_an_unfinished_month_says_so_and_a_month_before_the_data_is_unknown(built):
    assert built(period=NOVEMBER).provisional
    before = built(period=Period.parse("2025-10"))
    assert before.figures == 0 or all(line.now.value is None for line in before.lines)


def test_the_workbook_holds_the_pages_numbers_and_runs_no_formula(town, tmp_path):
    hostile = Tree([replace(n, name='=cmd|"/c calc"!A1') if n.code == WEST else n for n in nodes()])
    refresh(town, tmp_path, tree=hostile)
    with published.opened(tmp_path) as figures:
        made = report.build(figures, town.definitions, CITY, OCTOBER)
    out = tmp_path / "report.xlsx"
    workbook.write(made, out)
    book = openpyxl.load_workbook(out)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert 0.75 in [cell.value for cell in cells]
    assert book["总表"]["A1"].font.name == "方正小标宋简体"
    assert any("第四十一条" in str(cell.value) for cell in cells)


def test_the_command_ends_in_one_json_line_and_counts_the_figures(town, tmp_path, monkeypatch):
    monkeypatch.setattr(published, "folder", lambda: tmp_path / "lake")
    monkeypatch.setattr("huying.analytics.definitions.shipped", lambda: town.definitions)
    monkeypatch.setattr(trees, "load", lambda: Tree(nodes()))
    out = tmp_path / "report.xlsx"
    arguments = ["build", "--division", "3311", "--period", "2026-10", "--out", str(out), "--json"]
    done = CliRunner().invoke(commands.group, arguments, catch_exceptions=False)
    said = json.loads(done.output.strip().splitlines()[-1])
    assert set(said) == {"file", "figures", "watermark"}
    assert said["figures"] > 20
    assert openpyxl.load_workbook(said["file"])["总表"]["A1"].value.startswith("丽水市")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"--division": "99"}, NotFound),
        ({"--division": "Lishui"}, InvalidInput),
        ({"--period": "2026-13"}, InvalidInput),
        ({"--out": "report.pdf"}, InvalidInput),
        ({"--out": "nowhere/report.xlsx"}, InvalidInput),
    ],
)
def test_the_command_refuses_what_cannot_be_and_says_how_to_cure_it(change, error, tmp_path, monkeypatch):
    monkeypatch.setattr(trees, "load", lambda: Tree(nodes()))
    asked = {"--division": "3311", "--period": "2026-10", "--out": str(tmp_path / "r.xlsx"), **change}
    with pytest.raises(error) as caught:
        CliRunner().invoke(commands.group, ["build", *sum(asked.items(), ())], catch_exceptions=False)
    assert caught.value.cure


def leader(division):
    return Actor(kind="staff", label="领导", roles=frozenset({Role.LEADER}), level=Level.COUNTY, division=division)


def test_an_actor_sees_its_own_territory_and_nothing_above_or_beside_it():
    for division in (EAST, BRIDGE):
        assert services.require_territory(leader(EAST), Tree(nodes()), division, OCTOBER).code == division
    for division in (CITY, WEST, MILL, "440000000000"):
        with pytest.raises(NotFound):
            services.require_territory(leader(EAST), Tree(nodes()), division, OCTOBER)
    with pytest.raises(NotFound):
        services.require_territory(leader(""), Tree(nodes()), EAST, OCTOBER)


def test_no_serving_process_loads_the_analytic_engine_or_what_writes_office_files():
    code = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE']='huying.entry.settings'; django.setup();"
        "import huying.entry.urls, huying.analytics.pages, huying.analytics.jobs;"
        "heavy = 'duckdb', 'pandas', 'pyarrow', 'numpy', 'openpyxl', 'docx', 'fpdf';"
        "sys.exit(', '.join(name for name in heavy if name in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_two_spans_of_one_place_on_one_day_are_refused():
    with pytest.raises(InvalidInput, match="stands twice"):
        Tree([Node(CITY, "", Level.CITY, "甲"), Node(CITY, "", Level.CITY, "乙")])


def test_a_report_on_many_children_reads_the_figures_in_few_queries(tmp_path):
    chance = random.Random(9)
    town = Town()
    town.put(*(a_matter(n, chance) for n in range(1, 50)))
    with a_lake(town, tmp_path) as lake:
        lake.refresh()
    with published.opened(tmp_path) as figures:
        asked = []
        figures.con.set_trace_callback(asked.append)
        report.build(figures, town.definitions, CITY, OCTOBER)
    assert len(asked) <= 5


def test_the_trend_sets_the_year_before_beside_each_period_and_only_where_it_is_known(town, tmp_path):
    before = WATERMARK.replace(year=2025, month=10, day=10)
    town.put(
        *(
            Matter(9000 + i, before - timedelta(days=3), county=EAST, closed_at=before, closed_in_time=i < 15)
            for i in range(20)
        )
    )
    refresh(town, tmp_path)
    with published.opened(tmp_path) as figures:
        made = report.build(figures, town.definitions, CITY, OCTOBER)
    now, earlier = charts.trend_options(made, "closed_in_time")["series"]
    assert now["data"][-1]["value"] == 75.0
    assert earlier["data"] == [None] * 12 + [75.0]
    with published.opened(tmp_path) as figures:
        first = report.build(figures, town.definitions, CITY, Period.parse("2025-10"))
    assert len(charts.trend_options(first, "closed_in_time")["series"]) == 1
