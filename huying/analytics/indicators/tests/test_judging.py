"""What the rest of a definition does to a value: every field has its effect in `huying analytics rollup`, or is refused."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huying.analytics.periods import Period
from huying.kernel.errors import InvalidInput

from .test_rollup import RATE, TREE, Town, place, rolled  # noqa: F401  (place is a fixture)

THREE = [{"valid_from": "2026-01-01", "green": 0.8, "yellow": 0.5, "reference": "考核办法"}]
FOUR = [{"valid_from": "2026-01-01", "green": 0.8, "yellow": 0.5, "orange": 0.2, "reference": "考核办法"}]


def by_node(rows, period="2026-10"):
    return {row["node"]: row for row in rows if row["period"] == period}


def rates(**shares):
    return "node,date,done,cases\n" + "".join(f"{n},2026-10-01,{a},{b}\n" for n, (a, b) in shares.items())


def test_three_colours_and_four(place):  # noqa: F811
    folder = place(TREE, rates(A=(80, 100), B=(50, 100), D=(30, 100)))
    three = by_node(rolled(folder, "month", {**RATE, "thresholds": THREE}))
    assert [three[n]["colour"] for n in "ABD"] == ["green", "yellow", "red"]
    four = by_node(rolled(folder, "month", {**RATE, "thresholds": FOUR}))
    assert [four[n]["colour"] for n in "ABD"] == ["green", "yellow", "orange"]


def test_where_lower_is_better_the_bounds_are_upper_ones(place):  # noqa: F811
    folder = place(TREE, rates(A=(1, 100), B=(30, 100), D=(90, 100)))
    limits = [{"valid_from": "2026-01-01", "green": 0.1, "yellow": 0.3, "reference": "x"}]
    rows = by_node(rolled(folder, "month", {**RATE, "direction": "lower", "thresholds": limits}))
    assert [rows[n]["colour"] for n in "ABD"] == ["green", "yellow", "red"]


def test_a_threshold_holds_for_its_level_from_its_day_on(place):  # noqa: F811
    folder = place(TREE, "node,date,done,cases\nA,2026-09-01,60,100\nA,2026-10-01,60,100\n")
    limits = [
        {"valid_from": "2026-01-01", "green": 0.5, "yellow": 0.4, "reference": "旧"},
        {"valid_from": "2026-10-01", "levels": ["county"], "green": 0.8, "yellow": 0.7, "reference": "新"},
    ]
    rows = {
        (row["node"], row["period"]): row["colour"] for row in rolled(folder, "month", {**RATE, "thresholds": limits})
    }
    assert (rows["A", "2026-09"], rows["A", "2026-10"], rows["C", "2026-10"]) == ("green", "red", "green")


def test_too_few_cases_are_neither_coloured_nor_ranked_but_shown(place):  # noqa: F811
    folder = place(TREE, rates(A=(4, 5), B=(50, 100)))
    row = by_node(rolled(folder, "month", {**RATE, "thresholds": THREE, "min_n": 10}))["A"]
    assert (row["value"], row["colour"], row["rank_in_level"], row["rank_among_siblings"]) == ("0.8", "", "", "")


def test_the_score_runs_from_the_worst_goalpost_to_the_best(place):  # noqa: F811
    folder = place(TREE, rates(A=(60, 100), B=(90, 100), D=(10, 100)))
    rows = by_node(rolled(folder, "month", {**RATE, "goalposts": {"worst": 0.2, "best": 0.8}}))
    assert [float(rows[n]["score"]) for n in "ABD"] == pytest.approx([66.66666666666667, 100, 0])


def test_a_count_is_scored_between_the_goalposts_of_its_places_level(place):  # noqa: F811
    folder = place(TREE, rates(A=(3, 100), B=(0, 100), D=(0, 100)))
    posts = {"worst": 3, "best": 0, "levels": {"city": {"worst": 12, "best": 0}}}
    counted = {"code": "rate", "expression": "done", "direction": "lower", "goalposts": posts}
    rows = by_node(rolled(folder, "month", counted))
    assert float(rows["A"]["score"]) == 0
    assert float(rows["C"]["score"]) == pytest.approx(75), "three of a city's twelve"


def test_a_base_years_goalposts_are_its_least_and_greatest_among_places_of_the_level(place):  # noqa: F811
    facts = "node,date,done,cases\nA,2025-10-01,20,100\nB,2025-03-01,60,100\nA,2026-10-01,40,100\n"
    folder = place(TREE, facts)
    rows = by_node(rolled(folder, "month", {**RATE, "goalposts": {"base_year": 2025}}))
    assert float(rows["A"]["score"]) == pytest.approx(50)
    worse = by_node(rolled(folder, "month", {**RATE, "direction": "lower", "goalposts": {"base_year": 2025}}))
    assert float(worse["A"]["score"]) == pytest.approx(50)


def test_whether_the_target_is_met(place):  # noqa: F811
    folder = place(TREE, rates(A=(80, 100), B=(79, 100)))
    rows = by_node(rolled(folder, "month", {**RATE, "target": 0.8}))
    assert [rows[n]["target_met"] for n in "ABD"] == ["1", "0", ""]


def test_a_small_places_rate_is_drawn_toward_its_parents(place):  # noqa: F811
    folder = place(TREE, rates(A=(2, 2), B=(40, 98)))
    rows = by_node(rolled(folder, "month", {**RATE, "smoothing": {"prior": 10}}))
    assert rows["A"]["value"] == "1"
    assert float(rows["A"]["smoothed"]) == pytest.approx((2 + 10 * 42 / 100) / 12)
    assert rows["C"]["smoothed"] == rows["C"]["value"]


def test_colour_and_rank_go_by_the_smoothed_rate(place):  # noqa: F811
    folder = place(TREE, rates(A=(2, 2), B=(60, 98), D=(0, 100)))
    row = {**RATE, "smoothing": {"prior": 100}, "thresholds": THREE}
    rows = by_node(rolled(folder, "month", row))
    assert rows["A"]["rank_in_level"] == "2"
    assert rows["A"]["colour"] == "red"


def test_ranked_among_and_drawn_toward_its_peers(place):  # noqa: F811
    folder = place(TREE, rates(A=(10, 100), B=(90, 100), D=(30, 100)))
    rows = by_node(rolled(folder, "month", {**RATE, "peers": "hills"}, peers=[{"code": "hills", "places": ["A", "D"]}]))
    assert [rows[n]["rank_among_peers"] for n in "ABD"] == ["2", "", "1"]
    drawn = {**RATE, "peers": "hills", "smoothing": {"prior": 100, "toward": "peers"}}
    rows = by_node(rolled(folder, "month", drawn, peers=[{"code": "hills", "places": ["A", "D"]}]))
    assert float(rows["A"]["smoothed"]) == pytest.approx(0.15)
    assert rows["B"]["smoothed"] == rows["B"]["value"]


def test_the_last_value_stands_in_for_a_missing_one_for_so_long(place):  # noqa: F811
    facts = "node,date,done,cases\nA,2026-06-01,1,2\nB,2026-06-01,1,2\nB,2026-07-01,1,2\nB,2026-08-01,1,2\nB,2026-09-01,1,4\n"
    folder = place(TREE, facts)
    row = {**RATE, "missing": {"method": "last", "max_age": 2}}
    rows = {r["period"]: r for r in rolled(folder, "month", row) if r["node"] == "A"}
    said = [(rows[f"2026-{m:02}"]["value"], rows[f"2026-{m:02}"]["periods_carried"]) for m in (6, 7, 8, 9)]
    assert said == [("0.5", "0"), ("0.5", "1"), ("0.5", "2"), ("", "")]
    assert rows["2026-07"]["previous_period"] == ""


def test_a_place_that_is_gone_carries_nothing_on(place):  # noqa: F811
    tree = "node,parent,level,valid_from,valid_to\nC,,city,,\nA,C,county,,2026-07-01\nB,C,county,,\n"
    folder = place(tree, "node,date,done,cases\nA,2026-06-01,1,2\nB,2026-06-01,0,2\nB,2026-07-01,0,2\n")
    rows = rolled(folder, "month", {**RATE, "missing": {"method": "last"}})
    assert [row["rank_in_level"] for row in rows if (row["node"], row["period"]) == ("B", "2026-07")] == ["1"]


def test_an_indicator_has_no_values_below_its_level(place):  # noqa: F811
    folder = place(TREE, rates(A=(1, 2)))
    assert {row["node"] for row in rolled(folder, "month", {**RATE, "level": "city"})} == {"C"}


def test_an_indicator_not_kept_by_that_period_is_left_out_aloud_and_none_left_is_refused(place):  # noqa: F811
    folder = place(TREE, rates(A=(1, 2)))
    quarterly = {**RATE, "code": "q", "periods": ["quarter"], "factor": 100}
    assert {row["indicator"] for row in rolled(folder, "month", RATE, quarterly)} == {"rate"}
    with pytest.raises(InvalidInput, match="no indicator is kept by the month"):
        rolled(folder, "month", quarterly)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"expression": "done", "numerator": "", "denominator": "", "smoothing": {"prior": 3}}, "needs a denominator"),
        ({"numerator": "done", "denominator": "", "min_n": 5}, "min_n needs a denominator"),
        ({"smoothing": {"prior": 3, "toward": "peers"}}, "needs a group in `peers`"),
        ({"peers": "nowhere"}, "there is no group 'nowhere'"),
        ({"direction": "none", "goalposts": {"base_year": 2025}}, "need a direction"),
    ],
)
def test_what_has_no_effect_here_is_refused(place, said, message):  # noqa: F811
    folder = place(TREE, rates(A=(1, 2)))
    with pytest.raises(InvalidInput, match=message):
        rolled(folder, "month", {**RATE, **said})


def test_a_level_the_tree_does_not_know_is_refused(place):  # noqa: F811
    folder = place(TREE.replace("county", "parish"), rates(A=(1, 2)))
    with pytest.raises(InvalidInput, match="the tree calls its levels city, parish"):
        rolled(folder, "month", {**RATE, "level": "county"})


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(["week", "month"]), age=st.integers(1, 3))
def test_carried_scored_coloured_and_ranked_as_a_person_would(tmp_path_factory, seed, kind, age):
    folder = tmp_path_factory.mktemp("town")
    town = Town(random.Random(seed), Period.parse("2024-02-20").start)
    town.write(folder)
    row = {
        "code": "n",
        "expression": "n",
        "direction": "lower",
        "missing": {"method": "last", "max_age": age},
        "goalposts": {"worst": 40, "best": -5},
        "target": 7,
        "thresholds": [{"valid_from": "2024-01-01", "green": 0, "yellow": 5, "orange": 20, "reference": "x"}],
    }
    out = rolled(folder, kind, row)
    plain = {(r["node"], r["period"]): r["value"] for r in rolled(folder, kind, {"code": "n", "expression": "n"})}
    periods = sorted({period for _node, period in plain}, key=lambda key: Period.parse(key).start)
    levels = {span[0]: span[2] for span in town.spans}
    for one in out:
        node, at = one["node"], periods.index(one["period"])
        back = next(
            (b for b in range(min(age, at) + 1) if plain.get((node, periods[at - b]), "") != ""),
            None,
        )
        expected = "" if back is None else plain[node, periods[at - back]]
        assert (one["value"], one["periods_carried"]) == (expected, "" if back is None else str(back))
        if back is None:
            assert (one["colour"], one["score"], one["target_met"], one["rank_in_level"]) == ("", "", "", "")
            continue
        value = float(expected)
        colour = "green" if value <= 0 else "yellow" if value <= 5 else "orange" if value <= 20 else "red"
        assert (one["colour"], one["target_met"]) == (colour, "1" if value <= 7 else "0")
        assert float(one["score"]) == pytest.approx(max(0, min(100, (40 - value) / 45 * 100)))
        others = [
            float(o["value"])
            for o in out
            if o["period"] == one["period"] and levels[o["node"]] == levels[node] and o["value"] != ""
        ]
        assert int(one["rank_in_level"]) == 1 + sum(other < value for other in others)


def test_an_outcome_is_coloured_and_scored_only_where_the_check_of_its_reporting_is_green(place):  # noqa: F811
    """A's deaths agree with the other source, B's don't, D had none to compare."""
    facts = "node,date,deaths,done,cases\nA,2026-10-01,1,95,100\nB,2026-10-01,0,10,100\nD,2026-10-01,0,0,0\n"
    folder = place(TREE, facts)
    limits = [{"valid_from": "2026-01-01", "green": 2, "yellow": 5, "reference": "x"}]
    deaths = {
        "code": "deaths",
        "expression": "deaths",
        "direction": "lower",
        "thresholds": limits,
        "integrity": RATE["code"],
    }
    deaths |= {"goalposts": {"worst": 10, "best": 0}}
    rows = rolled(folder, "month", {**RATE, "direction": "higher", "thresholds": THREE}, deaths)
    found = by_node([row for row in rows if row["indicator"] == "deaths"])
    assert [(found[n]["value"], found[n]["colour"], found[n]["score"]) for n in "ABD"] == [
        ("1", "green", "90"), ("0", "", ""), ("0", "green", "100"),
    ]  # fmt: skip


def test_a_constant_is_not_named_like_a_measure(place):  # noqa: F811
    with pytest.raises(InvalidInput, match="the constant cases bears the name of a measure"):
        rolled(place(TREE, rates(A=(1, 2))), "month", {**RATE, "constants": {"cases": 1000}})
