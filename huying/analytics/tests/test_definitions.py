"""Indicators are data, and data that would breed silence or count petitions is refused."""

from datetime import date

import pytest

from huying.analytics.definitions import Direction, Grade, load, shipped
from huying.kernel.actors import Level
from huying.kernel.errors import InvalidInput, Refused

from .made import Town

HEAD = "table: matters\nindicators:\n  - code: rate\n    name: {zh: 率, en: rate}\n    meaning: {zh: 率, en: rate}\n"
SHARE = HEAD + "    unit: share\n    direction: higher\n"
FINE = (
    SHARE
    + "    numerator: {day: closed_at, where: [closed_in_time is true]}\n"
    + "    denominator: {day: closed_at, where: [closed_in_time is not null]}\n"
)


def read(text):
    return load(text, "test.yaml", Town().table)


def test_the_shipped_indicators_fit_the_facts_that_matters_offer():
    codes = [indicator.code for indicator in shipped().indicators]
    assert {
        "received_in_time",
        "responded",
        "solved",
        "satisfied",
        "closed_in_time",
        "returned",
        "redone",
        "overdue",
    } < set(codes)
    assert {"volume", "by_kind", "by_channel", "median_days", "same_place_repeats"} < set(codes)


def test_every_shipped_threshold_names_where_it_comes_from_and_counts_have_none():
    for indicator in shipped().indicators:
        assert all(row.reference for row in indicator.thresholds)
        assert bool(indicator.thresholds) == (indicator.direction is not Direction.NONE)


def test_no_shipped_indicator_counts_petitions():
    assert "petition" not in str([count.sql() for count in shipped().measures.values()])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            HEAD + "    unit: count\n    direction: lower\n    numerator: {day: closed_at}\n",
            "neither coloured nor ranked",
        ),
        (FINE.replace("closed_in_time is true", "petition is true"), "petitions are never counted"),
        (
            HEAD + "    unit: count\n    direction: none\n    numerator: {day: closed_at, where: [kind = petition]}\n",
            "petitions are never counted",
        ),
    ],
)
def test_what_would_breed_silence_or_count_petitions_is_refused(text, said):
    with pytest.raises(Refused, match=said):
        read(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FINE.replace("closed_in_time is true", "close_in_time is true"), "no column close_in_time"),
        (FINE.replace("closed_in_time is true", "closed_in_time because"), "cannot be read"),
        (FINE.replace("closed_in_time is true", "returned_count > many"), "'many'"),
        (FINE.replace("closed_in_time is true", "returned_count > closed_at"), "two kinds of value"),
        (FINE.replace("closed_in_time is true", "redo_count > 0"), "the denominator doesn't"),
        (FINE.replace("unit: share", "unit: days"), "a median alone"),
        (FINE.replace("day: closed_at", "day: kind"), "no date or moment"),
        (FINE + "    colour: red\n", "1 faults"),
        (FINE + FINE.split("indicators:\n")[1], "stands twice"),
        (
            FINE + "    thresholds: [{from: 2026-01-01, green: 0.5, yellow: 0.9, reference: x}]\n",
            "each colour must be better",
        ),
        ("table: [", "not YAML"),
    ],
)
def test_a_faulty_definition_says_what_is_wrong_and_where(text, said):
    with pytest.raises(InvalidInput) as caught:
        read(text)
    assert said in caught.value.message
    assert "test.yaml" in caught.value.message


def test_a_threshold_holds_from_its_day_at_its_levels():
    row = "{from: 2026-01-01, green: 0.9, yellow: 0.8, reference: a}"
    later = "{from: 2026-07-01, levels: [county], green: 0.95, yellow: 0.9, reference: b}"
    (rate,) = read(FINE + f"    thresholds: [{row}, {later}]\n").indicators
    assert rate.grade(0.92, 100, Level.COUNTY, date(2026, 6, 30)) is Grade.GREEN
    assert rate.grade(0.92, 100, Level.COUNTY, date(2026, 7, 1)) is Grade.YELLOW
    assert rate.grade(0.92, 100, Level.CITY, date(2026, 7, 1)) is Grade.GREEN
    assert rate.grade(0.92, 100, Level.CITY, date(2025, 7, 1)) is None
    assert rate.grade(0.5, rate.min_n - 1, Level.CITY, date(2026, 7, 1)) is None
    assert rate.grade(None, 100, Level.CITY, date(2026, 7, 1)) is None


def test_a_figure_too_good_is_marked_only_where_it_rests_on_many():
    (rate,) = read(FINE).indicators
    assert rate.suspicious(1.0, 60)
    assert not rate.suspicious(1.0, 20)
    assert not rate.suspicious(0.97, 600)
