"""Values of every indicator, read alike: those counted from records, those of definitions over records and over deliveries."""

import subprocess
import sys
from datetime import date

import pytest

from huying.analytics import definitions, published, values
from huying.analytics.definitions import Grade
from huying.analytics.figures import Absent
from huying.analytics.periods import Period
from huying.analytics.report import figures_of
from huying.analytics.tests.made import BRIDGE, CITY, EAST, MILL, OLD, WEST

OCTOBER = Period.parse("2026-10")
RATE = {
    "code": "rate",
    "sources": [{"facts": "matters"}],
    "numerator": "closed_in_time__n",
    "denominator": "closed_in_time__d",
    "factor": 100,
    "unit": "%",
    "direction": "higher",
    "target": 90,
    "goalposts": {"worst": 60, "best": 100},
    "thresholds": [{"valid_from": "2026-01-01", "green": 95, "yellow": 85, "reference": "x"}],
    "min_n": 10,
}
FIRES = {
    "code": "fires",
    "sources": [{"dataset": "fire"}],
    "numerator": "fires",
    "denominator": "people",
    "factor": 10000,
    "direction": "lower",
    "aggregation": {"time": "sum", "tree": "sum"},
}


def counted(place, period, **shares):
    """east=(9, 10): counts of the county, and of the city their sum."""
    places = {"east": EAST, "west": WEST, "bridge": BRIDGE, "mill": MILL}
    total = [0, 0]
    for name, (n, d) in shares.items():
        place.count(places[name], period, closed_in_time__n=n, closed_in_time__d=d)
        if name in ("east", "west"):
            total = [total[0] + n, total[1] + d]
    place.count(CITY, period, closed_in_time__n=total[0], closed_in_time__d=total[1])


def look(code, node, period=OCTOBER):
    return values.read([code], [node], [period])[code, node, period.key]


def test_a_rate_of_records_with_all_that_is_said_of_it(place):
    place.define(RATE, on=date(2026, 1, 1))
    counted(place, "2025-10", east=(70, 100), west=(90, 100))
    counted(place, "2026-09", east=(80, 100), west=(90, 100))
    counted(place, "2026-10", east=(90, 100), west=(99, 100))
    place.build()
    east = look("rate", EAST)
    assert (east.value, east.numerator, east.denominator, east.n, east.shown) == (90.0, 90, 100, 100, "90.0%")
    assert (east.previous, east.last_year, east.change) == (80.0, 70.0, 10.0)
    assert (east.grade, east.score, east.met, east.completeness) == (Grade.YELLOW, 75.0, True, 1.0)
    assert (east.among_siblings.place, east.among_siblings.of, east.in_level.place) == (2, 2, 2)
    assert (look("rate", CITY).numerator, look("rate", CITY).denominator) == (189, 200)
    assert not east.provisional
    assert east.freshness == place.now


def test_a_counted_indicator_is_the_same_figure_as_the_reports(place):
    counted(place, "2026-09", east=(80, 100), west=(99, 100))
    counted(place, "2026-10", east=(90, 100), west=(99, 100))
    place.build()
    with published.opened() as figures:
        nodes = [node for node in figures.nodes() if node.code in (EAST, WEST)]
        said = figures_of(figures, definitions.shipped(), nodes, [OCTOBER])
    for node in (EAST, WEST):
        figure, value = said[node, "2026-10"]["closed_in_time"], look("closed_in_time", node)
        assert (value.value, value.numerator, value.denominator, value.grade, value.shown) == (
            figure.value, figure.numerator, figure.denominator, figure.grade, figure.shown,
        )  # fmt: skip
    assert look("closed_in_time", EAST).previous == 0.8
    assert (look("closed_in_time", EAST).among_siblings.place, look("closed_in_time", WEST).among_siblings.place) == (
        2,
        1,
    )


def test_both_kinds_stand_in_one_catalogue(place):
    place.define(RATE)
    listed = {entry.code: entry for entry in values.catalogue(place.now.date())}
    assert (listed["rate"].counted, listed["rate"].version, listed["closed_in_time"].counted) == (False, 1, True)
    assert {"volume", "solved", "rate"} <= set(listed)


def test_what_departments_delivered_is_summed_up_the_tree_and_its_gaps_are_said(place):
    place.define(FIRES)
    place.deliver("fire", BRIDGE, date(2026, 10, 31), fires=30, people=10000)
    place.deliver("fire", MILL, date(2026, 9, 30), fires=20, people=20000)
    place.build()
    assert (look("fires", EAST).value, look("fires", EAST).completeness) == (30.0, 1.0)
    mill = look("fires", MILL)
    assert (mill.value, mill.absent, mill.completeness) == (None, Absent.NOT_DELIVERED, None)
    city = look("fires", CITY)
    assert (city.value, city.reported, city.expected, city.completeness) == (30.0, 1, 2, 0.5)


def test_a_place_without_a_record_has_the_value_of_nothing_not_none(place):
    place.define(
        {
            **RATE,
            "code": "n",
            "factor": 1,
            "numerator": "volume__n",
            "denominator": "",
            "min_n": 0,
            "direction": "none",
            "target": None,
            "goalposts": None,
            "thresholds": [],
        }
    )
    place.count(CITY, "2026-10", volume__n=40)
    place.build()
    assert (look("n", EAST).value, look("n", CITY).value) == (0.0, 40.0)
    assert look("n", CITY, Period.parse("2027-02")).absent is Absent.NOT_YET
    assert look("n", CITY, Period.parse("2023-02")).absent is Absent.BEFORE


def test_below_the_county_fewer_than_ten_are_not_shown_whatever_the_definition_says(place):
    place.define({**RATE, "min_n": 0})
    counted(place, "2026-10", east=(90, 100), west=(7, 9), bridge=(90, 100), mill=(7, 9))
    place.build()
    hidden = look("rate", MILL)
    assert (hidden.value, hidden.numerator, hidden.n, hidden.absent) == (None, None, None, Absent.SMALL)
    assert look("rate", WEST).value == pytest.approx(700 / 9)


def test_what_looks_back_at_a_hidden_month_is_hidden_with_it(place):
    place.define(
        {"code": "growth", "sources": [{"facts": "matters"}], "expression": "volume__n / last_year(volume__n)"}
    )
    for node in (WEST, MILL):
        place.count(node, "2025-10", volume__n=5)
        place.count(node, "2026-10", volume__n=50)
    place.build()
    assert look("growth", WEST).value == 10.0
    assert look("growth", MILL).absent is Absent.SMALL


def test_few_delivered_are_hidden_below_the_county_too(place):
    place.define(FIRES)
    place.deliver("fire", BRIDGE, date(2026, 10, 31), fires=3, people=8)
    place.build()
    assert look("fires", BRIDGE).absent is Absent.SMALL
    assert look("fires", EAST).value == 3750.0


def test_an_indicator_says_why_it_has_no_value_by_this_period_or_at_this_level(place):
    place.define({**RATE, "level": "county", "periods": ["quarter"]})
    counted(place, "2026-10", east=(90, 100))
    place.build()
    assert look("rate", EAST).absent is Absent.NOT_BY_PERIOD
    assert look("rate", BRIDGE, Period.parse("2026-Q4")).absent is Absent.NOT_AT_LEVEL


def test_a_definition_holds_from_its_day_and_the_first_one_for_all_before(place):
    place.define(RATE, on=date(2026, 1, 1))
    place.define({**RATE, "factor": 1000}, on=date(2026, 10, 15))
    for month in ("2025-12", "2026-09", "2026-10"):
        counted(place, month, east=(90, 100))
    place.build()
    said = {month: look("rate", EAST, Period.parse(month)) for month in ("2025-12", "2026-09", "2026-10")}
    assert [value.value for value in said.values()] == [90.0, 90.0, 900.0]
    assert [value.entry.version for value in said.values()] == [1, 1, 2]
    # What it is compared with is computed by the same definition.
    assert said["2026-10"].previous == 900.0


def test_a_merged_township_has_its_past_and_its_heir_none(place):
    place.define(RATE)
    counted(place, "2026-06", east=(90, 100))
    place.count(OLD, "2026-06", closed_in_time__n=90, closed_in_time__d=100)
    place.build()
    june = Period.parse("2026-06")
    assert (look("rate", OLD, june).value, look("rate", BRIDGE, june).value) == (90.0, None)


def test_an_indicator_nobody_can_answer_is_told_and_leaves_the_others_alone(place):
    place.define(RATE, {**FIRES, "sources": [{"dataset": "unknown"}]})
    counted(place, "2026-10", east=(90, 100))
    built = place.build()
    assert built.problems == {"fires": "missing:fires people"}
    assert look("rate", EAST).value == 90.0


def test_reading_loads_no_engine():
    script = (
        "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'huying.entry.settings'; django.setup()\n"
        "import huying.analytics.values, huying.analytics.urls, huying.analytics.jobs, sys\n"
        "print([name for name in ('duckdb', 'pyarrow', 'huying.analytics.values.building') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def deaths_and_their_check(place, matched, insured):
    low = {
        "direction": "lower",
        "thresholds": [{"valid_from": "2026-01-01", "green": 0, "yellow": 1, "reference": "x"}],
    }
    high = {
        "direction": "higher",
        "thresholds": [{"valid_from": "2026-01-01", "green": 95, "yellow": 90, "reference": "x"}],
    }
    safety = {"sources": [{"dataset": "safety"}], "level": "county"}
    place.define(
        {"code": "deaths", "expression": "deaths", "integrity": "matched", **safety, **low},
        {"code": "matched", "numerator": "matched", "denominator": "insured", "factor": 100, **safety, **high},
        on=date(2026, 1, 1),
    )
    place.deliver("safety", EAST, date(2026, 10, 31), deaths=0, matched=matched, insured=insured)
    place.build()
    return look("deaths", EAST)


@pytest.mark.parametrize(("matched", "insured", "grade"), [(2, 2, Grade.GREEN), (1, 2, None), (0, 0, Grade.GREEN)])
def test_an_outcome_is_green_only_where_its_reporting_was_checked(place, matched, insured, grade):
    value = deaths_and_their_check(place, matched, insured)
    assert (value.value, value.grade, value.unchecked) == (0, grade, grade is None)
