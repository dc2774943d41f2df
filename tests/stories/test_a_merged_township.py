"""Two townships become one in July. Each keeps its past, its heir none; the county's figures run through without a seam."""

from datetime import timedelta

import pytest

from huying.analytics import published, report, values
from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.periods import Period
from huying.analytics.tests.made import BRIDGE, EAST, IN_TIME, NEW, OLD, WATERMARK, Matter, Town, nodes
from huying.analytics.tests.test_lake import refresh
from huying.analytics.trees import Tree
from huying.analytics.values import building, defining
from huying.kernel import clock
from huying.kernel.actors import Actor

pytestmark = pytest.mark.django_db


def closed(first, month, township, in_time, late):
    at = WATERMARK.replace(month=month, day=10)
    return [
        Matter(
            first + i, at - timedelta(days=2), county=EAST, township=township, closed_at=at, closed_in_time=i < in_time
        )
        for i in range(in_time + late)
    ]


@pytest.fixture
def town(tmp_path, monkeypatch):
    monkeypatch.setattr(published, "folder", lambda: tmp_path)
    made = Town()
    made.put(*closed(0, 6, OLD, 30, 10), *closed(100, 6, NEW, 10, 10), *closed(200, 7, BRIDGE, 45, 15))
    with clock.use(clock.FixedClock(WATERMARK)):
        defining.install([IndicatorRow.model_validate({**IN_TIME, "direction": "higher"})], Actor.system("pack"))
        refresh(made, tmp_path)
        building.refresh(tmp_path, Tree(nodes()))
    return made


def value(node, period):
    return values.read(["in_time"], [node], [Period.parse(period)])["in_time", node, period]


def test_each_keeps_its_past_and_the_heir_begins_with_its_first_day(town):
    assert (value(OLD, "2026-06").value, value(NEW, "2026-06").value) == (75.0, 50.0)
    assert (value(BRIDGE, "2026-07").value, value(BRIDGE, "2026-06").value) == (75.0, None)
    assert (value(OLD, "2026-07").value, value(BRIDGE, "2026-07").previous) == (None, None)


def test_the_countys_months_quarters_and_year_are_the_sums_of_what_lay_in_it_then(town):
    june, july = value(EAST, "2026-06"), value(EAST, "2026-07")
    assert (june.numerator, june.denominator, july.numerator, july.denominator) == (40, 60, 45, 60)
    assert july.previous == pytest.approx(40 / 60 * 100)
    year = value(EAST, "2026")
    assert (year.numerator, year.denominator) == (85, 120)
    assert sum(value(node, "2026").denominator for node in (OLD, NEW, BRIDGE)) == 120


def test_no_one_is_ranked_against_a_place_that_was_gone(town):
    assert value(OLD, "2026-06").among_siblings.of == 2
    assert value(BRIDGE, "2026-07").among_siblings is None


def test_the_years_report_lists_all_three(town, tmp_path):
    with published.opened(tmp_path) as figures:
        made = report.build(figures, town.definitions, EAST, Period.parse("2026"))
    assert {child.node.code for child in made.children} == {OLD, NEW, BRIDGE}
