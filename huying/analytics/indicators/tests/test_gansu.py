"""Gansu's nine categories and 133 indicators (index-and-assessment.md), and what none of them may do."""

from collections import Counter

import pytest

from huying.analytics.indicators.checking import OUTCOMES, PETITIONS, VOICES, check
from huying.analytics.indicators.frameworks import framework_of, settings_of
from huying.kernel import packs


@pytest.fixture(scope="module")
def gansu():
    return packs.check(packs.find("gansu"))


@pytest.fixture(scope="module")
def rows(gansu):
    return gansu.rows("indicators")


def test_the_pack_is_sound(gansu):
    assert [str(fault) for fault in gansu.faults] == []


def test_nine_categories_and_133_indicators_each_standing_once(rows):
    assert len(rows) == len({row.code for row in rows}) == len({row.name.zh for row in rows}) == 133
    assert len({row.category for row in rows}) == 9
    assert [found.message for found in check(rows)] == []


def test_each_says_where_it_comes_from_who_answers_for_it_what_it_means_and_its_law(rows):
    for row in rows:
        assert len(row.sources) == 1, row.code
        assert row.owner and row.meaning and row.reference and row.unit, row.code  # noqa: PT018
    from_records = [row.code for row in rows if row.sources[0].facts]
    assert len(from_records) == 18
    assert all(row.sources[0].dataset for row in rows if row.code not in from_records)


def test_every_indicator_with_a_direction_has_four_colours_and_every_other_none(rows):
    for row in rows:
        assert bool(row.thresholds) == (row.direction != "none"), row.code
        assert all(limit.orange is not None for limit in row.thresholds), row.code


def test_records_give_daily_figures_and_everything_is_monthly(rows):
    periods = Counter(row.periods[0].value for row in rows)
    assert periods == {"day": 18, "month": 115}
    assert all("month" in {period.value for period in row.periods} for row in rows)


def test_none_counts_petitions_or_is_better_for_few_complaints_disputes_calls_or_reports(rows):
    for row in rows:
        said = " ".join([row.code, row.name.zh, row.name.en, row.meaning.zh, *row_formulas(row)]).lower()
        assert not any(word in said for word in PETITIONS), row.code
        if row.direction == "lower" and any(word in said for word in VOICES):
            assert row.denominator, row.code


def row_formulas(row):
    return [row.numerator, row.denominator, row.expression]


def test_an_outcome_that_looks_better_unreported_has_a_check_of_its_reporting(rows):
    outcomes = [
        row for row in rows if row.direction == "lower" and any(w in f"{row.code} {row.name.zh}" for w in OUTCOMES)
    ]
    assert {row.code for row in outcomes} == {
        "gs_work_deaths", "gs_larger_accidents", "gs_road_deaths", "gs_larger_road_accidents", "gs_fire_deaths",
    }  # fmt: skip
    assert all(row.integrity for row in outcomes)
    counts = [row for row in outcomes if row.unit == "起"]
    assert len(counts) == 2
    assert all(set(row.goalposts.levels) == {"city", "province"} for row in counts), "a rate needs none"


def test_how_many_places_have_a_centre_is_known_for_cities_counties_and_townships(rows):
    covered = {row.code: (row.numerator, row.denominator) for row in rows if row.code.endswith("_centres")}
    assert covered == {
        "gs_city_centres": ("ctr_cities_with", "ctr_cities"),
        "gs_county_centres": ("ctr_counties_with", "ctr_counties"),
        "gs_township_centres": ("ctr_townships_with", "ctr_townships"),
    }


def test_the_index_weighs_every_indicator_with_a_direction_under_its_category(gansu, rows):
    framework = framework_of(gansu.rows("index"), {row.code: row for row in rows})
    assert set(framework.indicators) == {row.code for row in rows if row.direction != "none"}
    assert len(framework.children[framework.top.code]) == 9
    assert settings_of(gansu.rows("index")).normalise.default.method == "goalposts"


def test_every_feed_says_who_reports_it_when_and_that_the_demos_figures_are_generated(gansu, rows):
    datasets = gansu.rows("datasets")
    named = {row.sources[0].dataset for row in rows} - {""}
    assert {dataset.code for dataset in datasets} == named
    assert {dataset.feed.value for dataset in datasets} == {"generated"}
    used = {name for row in rows for name in row.measures}
    assert {measure.code for dataset in datasets for measure in dataset.measures} <= used, (
        "nothing is asked that nobody uses"
    )
