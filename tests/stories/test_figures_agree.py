"""Every figure of a small place is the same wherever it is met: children sum to their parent, days to months, months to quarters
and years; page, file, bench, wall and report paper say the same number."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from huying.analytics import definitions, published, services, workbook
from huying.analytics.bench import leaving
from huying.analytics.bench.selection import Selection, pick
from huying.analytics.definitions import Unit
from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.tests.made import BRIDGE, CITY, EAST, MILL, VILLAGES, Town, a_matter, nodes
from huying.analytics.trees import Tree
from huying.analytics.values import building, defining
from huying.domains.bulletins import content, paper
from huying.kernel.actors import Actor, Level, Role
from huying.web.wall.board import Asked, board

pytestmark = pytest.mark.django_db
OCTOBER = Period.parse("2026-10")
LEADER = Actor(
    kind="staff", label="市领导", roles=frozenset({Role.LEADER}), division=CITY, level=Level.CITY, account_id=1
)
PLACES = (CITY, EAST, BRIDGE, MILL)
CODES = tuple(one.code for one in definitions.shipped().indicators if one.split is None)


@pytest.fixture
def town(tmp_path: Any, monkeypatch: Any, clock: Any, lakes: Any) -> Town:
    """400 matters, each in a village, so that nothing lies between the levels."""
    chance, made = random.Random(11), Town()
    leaves = [(town, village) for town, villages in VILLAGES.items() for village in villages]
    for number in range(1, 401):
        one = a_matter(number, chance)
        township, village = chance.choice(leaves)
        county = township[:6].ljust(12, "0")
        if township != MILL and one.registered_at.date() >= date(2026, 7, 1):
            township = BRIDGE
        made.put(replace(one, county=county, township=township, village=village))
    monkeypatch.setattr(published, "folder", lambda: tmp_path / "lake")
    lakes.put(made, tmp_path / "lake")
    return made


def test_children_sum_to_their_parent_in_every_count_and_period(town: Town) -> None:
    with published.opened() as figures:
        nodes = figures.nodes()
        periods = [Period.parse(key) for key in ("2026-03", "2026-07", "2026-10", "2026-Q2", "2026-Q3", "2026")]
        cells = figures.cells([node.code for node in nodes], [period.key for period in periods])
        measures, compared = figures.measures, 0
    for period in periods:
        for parent in {node.parent for node in nodes if node.parent}:
            below = {
                n.code for n in nodes if n.parent == parent and n.valid_from < period.end and n.valid_to > period.start
            }
            # A village that changed hands within the period is counted under both, each its days: compared one level up.
            if any(sum(n.code == code for n in nodes) > 1 for code in below) and period.kind is not PeriodKind.MONTH:
                continue
            for measure in measures:
                own = cells.get((parent, period.key), {}).get(measure, 0)
                assert own == sum(cells.get((code, period.key), {}).get(measure, 0) for code in below), (
                    parent,
                    measure,
                )
                compared += own > 0
    assert compared > 300


@pytest.mark.parametrize("whole", ["2026-05", "2026-10", "2026-Q3", "2026"])
def test_days_sum_to_months_months_to_quarters_and_years(town: Town, whole: str) -> None:
    period = Period.parse(whole)
    finer = PeriodKind.DAY if period.kind is PeriodKind.MONTH else PeriodKind.MONTH
    parts = list({Period.holding(day, finer).key: 0 for day in period.days()})
    with published.opened() as figures:
        cells = figures.cells(PLACES, [whole, *parts])
        for place in PLACES:
            for measure in figures.measures:
                total = sum(cells.get((place, key), {}).get(measure, 0) for key in parts)
                assert cells.get((place, whole), {}).get(measure, 0) == total, (place, measure)


def test_report_bench_wall_and_file_say_the_same_of_every_figure(town: Town) -> None:
    compared = 0
    for place in PLACES:
        report = services.report(LEADER, place, OCTOBER)
        picked = pick(LEADER, Selection(CODES, place, "own", OCTOBER.key, OCTOBER.key))
        rows = {row[0]: row for row in leaving.rows(leaving.leave(picked).picked)}
        sheet = {str(cell.value) for line in workbook.book(report).worksheets[0].iter_rows() for cell in line}
        for code in CODES:
            line = report.line(code)
            assert line is not None
            bench = picked.values[code, place, OCTOBER.key]
            wall = board(LEADER, Asked(place, OCTOBER.key, code, "wall_home"))
            said = (line.now.value, line.now.numerator, line.now.denominator, line.now.n, line.now.grade)
            assert (bench.value, bench.numerator, bench.denominator, bench.n, bench.grade) == said, (place, code)
            assert bench.shown == line.now.shown == wall["chosen"].now.text
            assert wall["chosen"].now.figure == line.now
            assert (rows[code][6], rows[code][9]) == (line.now.value, line.now.n)
            if line.now.value is not None:
                # A share stands in the sheet as its number, formatted there.
                value = line.now.value
                written = {str(value), str(round(value, 1)), str(int(value)), str(round(value, 4))}
                assert written & sheet, (place, code, value)
                compared += 1
            points = wall["chosen"].trend["series"][0]["data"]
            factor = 100 if line.indicator.unit is Unit.SHARE else 1
            drawn = None if points[-1] is None else points[-1]["value"]
            assert drawn == (None if line.now.value is None else pytest.approx(line.now.value * factor, abs=0.051))
    assert compared > 20


def test_the_places_of_the_wall_are_the_reports_children_and_the_benchs(town: Town) -> None:
    report = services.report(LEADER, CITY, OCTOBER)
    picked = pick(LEADER, Selection(CODES, CITY, "children", OCTOBER.key, OCTOBER.key))
    for code in CODES:
        wall = board(LEADER, Asked(CITY, OCTOBER.key, code, "wall_home"))
        said = {child.node.code: child.now[code].shown for child in report.children}
        assert {place.code: place.shown.text for place in wall["chosen"].places} == said
        assert {code_: picked.values[code, code_, OCTOBER.key].shown for code_ in said} == said


def test_the_papers_figures_are_the_reports(town: Town) -> None:
    body = {
        "code": "monthly",
        "name": {"zh": "平安月体检", "en": "Monthly check-up"},
        "period": "month",
        "levels": ["city"],
        "redhead": None,
        "approval": ["own"],
        "sections": [{"kind": "figures", "title": None, "indicators": list(CODES)}],
    }
    made = content.compose(body, CITY, OCTOBER)
    report = services.report(LEADER, CITY, OCTOBER)
    for code in CODES:
        line = report.line(code)
        assert line is not None
        assert made["figures"][code]["now"]["value"] == line.now.value
    cells = {
        cell.text
        for block in paper.paper(made).blocks
        if isinstance(block, paper.Table)
        for row in block.rows
        for cell in row
    }
    for line in report.lines:
        if line.indicator.code in CODES and line.now.value is not None:
            assert any(line.now.shown in text for text in cells), line.indicator.code


def test_a_packs_formula_over_the_same_counts_says_what_the_report_says(town: Town, tmp_path: Any) -> None:
    row = {
        "code": "ps_in_time",
        "name": {"zh": "按时办结率（包）", "en": "closed in time (pack)"},
        "sources": [{"facts": "matters"}],
        "numerator": "closed_in_time__n",
        "denominator": "closed_in_time__d",
        "unit": "%",
        "factor": 100,
        "direction": "higher",
        "level": "village",
    }
    defining.install([IndicatorRow.model_validate(row)], Actor.system("pack"))
    building.refresh(tmp_path / "lake", Tree(nodes()))
    for place in PLACES:
        own = services.report(LEADER, place, OCTOBER).line("closed_in_time")
        assert own is not None
        wall = board(LEADER, Asked(place, OCTOBER.key, "ps_in_time", "wall_home"))["chosen"]
        if own.now.value is None:
            assert wall.now.figure.value is None
            continue
        assert wall.now.figure.value == pytest.approx(own.now.value * 100)
        assert wall.now.text == own.now.shown
        assert "2026-11-20" in wall.source
    below = board(LEADER, Asked(CITY, OCTOBER.key, "ps_in_time", "wall_home"))["chosen"]
    said = {c.node.code: c.now["closed_in_time"].shown for c in services.report(LEADER, CITY, OCTOBER).children}
    assert {place.code: place.shown.text for place in below.places} == said
