"""Values of every place and period equal those a person would work out with a pencil, whatever the tree and the calendar do."""

import random
from datetime import date, timedelta
from fractions import Fraction
from statistics import median

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from huying.analytics.indicators.tests.made import Town, rolled
from huying.analytics.periods import Period

TIMES = [
    "sum",
    "average",
    "last",
    "last-in-period",
    "as-of-last",
    "count",
    "min",
    "max",
    "median",
    "percentile",
    "distinct",
]
TREES = ["sum", "average", "count", "min", "max", "median", "percentile", "distinct"]
PERCENT = 30
# Around a leap day, around week 53 of 2020, over a plain summer.
STARTS = [date(2024, 2, 20), date(2020, 12, 20), date(2023, 12, 25), date(2025, 6, 20)]


def taken(how, values):
    """values: in order, None where blank."""
    there = [v for v in values if v is not None]
    if how == "last-in-period":
        return values[-1] if values else None
    if not there:
        return None
    match how:
        case "sum":
            return sum(there)
        case "average":
            return sum(there) / len(there)
        case "count":
            return Fraction(len(there))
        case "distinct":
            return Fraction(len(set(there)))
        case "min" | "max":
            return {"min": min, "max": max}[how](there)
        case "median":
            return median(there)
        case "last":
            return there[-1]
        case "percentile":
            there.sort()
            at = Fraction(PERCENT, 100) * (len(there) - 1)
            low = int(at)
            return there[low] + (at - low) * (there[min(low + 1, len(there) - 1)] - there[low])


def by_hand(town, node, first, after, time, tree):
    """The value of a node over the days from `first` until before `after`."""
    rows = sorted(
        ((day, line, place, None if n is None else Fraction(str(n))) for line, (place, day, n) in enumerate(town.rows)),
        key=lambda row: row[:2],
    )
    if time == "as-of-last":
        end = after - timedelta(1)
        known = [
            row
            for row in rows
            if row[3] is not None and row[0] < after and town.under(node="C", place=row[2], day=row[0])
        ]
        held = {place: n for _day, _line, place, n in known}
        at_places = [n for place, n in sorted(held.items()) if town.under(node, place, end)]
        return taken(tree, at_places)
    seen = [(place, n) for day, _line, place, n in rows if first <= day < after and town.under(node, place, day)]
    if time == tree and time in ("median", "percentile", "distinct"):
        return taken(tree, [n for _place, n in seen])
    places = sorted({place for place, _n in seen})
    return taken(tree, [taken(time, [n for p, n in seen if p == place]) for place in places])


def close(text, value):
    return text == "" if value is None else text != "" and abs(float(text) - float(value)) < 1e-9 * max(1, abs(value))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    start=st.sampled_from(STARTS),
    kind=st.sampled_from(["day", "week", "month", "quarter", "year"]),
    time=st.sampled_from(TIMES),
    tree=st.sampled_from(TREES),
)
@example(seed=285367, start=STARTS[0], kind="year", time="percentile", tree="distinct")  # equal, but for the last bit
def test_every_value_is_what_a_person_would_work_out(tmp_path_factory, seed, start, kind, time, tree):
    folder = tmp_path_factory.mktemp("town")
    town = Town(random.Random(seed), start)
    town.write(folder)
    how = {"time": time, "tree": tree, **({"percentile": PERCENT} if "percentile" in (time, tree) else {})}
    out = rolled(folder, kind, {"code": "n", "expression": "n", "aggregation": how})
    periods = {row["period"]: Period.parse(row["period"]) for row in out}
    for row in out:
        period = periods[row["period"]]
        expected = by_hand(town, row["node"], period.start, period.end, time, tree)
        assert close(row["value"], expected), (row, expected)
        year = (
            Period.parse(f"{period.start.isocalendar().year}-W01").start
            if kind == "week"
            else period.start.replace(month=1, day=1)
        )
        to_date = by_hand(town, row["node"], year, period.end, time, tree)
        assert close(row["year_to_date"], to_date), (row, to_date)
        held = [d for d in period.days() if town.parent(row["node"], d) is not None]
        assert held, "a row for a place that didn't stand"
        lowest = {s[0] for s in town.spans if s[2] == "village"} | {"X" for place, _d, _n in town.rows if place == "X"}
        there = {p for p in lowest for d in period.days() if town.under(row["node"], p, d)}
        assert int(row["n_expected"]) == len(there)
        reported = {
            p for p, d, n in town.rows if n is not None and d in period.days() and town.under(row["node"], p, d)
        }
        assert int(row["n_reported"]) == len(reported)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(["week", "month"]))
def test_two_runs_give_the_same_bytes(tmp_path_factory, seed, kind):
    folder = tmp_path_factory.mktemp("town")
    Town(random.Random(seed), STARTS[0]).write(folder)
    row = {"code": "n", "expression": "n", "aggregation": {"time": "average", "tree": "sum"}}
    rolled(folder, kind, row)
    first = (folder / "out.csv").read_bytes()
    rolled(folder, kind, row)
    assert (folder / "out.csv").read_bytes() == first


@pytest.fixture
def place(tmp_path):
    def made(tree, facts):
        (tmp_path / "tree.csv").write_text(tree)
        (tmp_path / "facts.csv").write_text(facts)
        return tmp_path

    return made


TREE = "node,parent,level\nC,,city\nA,C,county\nB,C,county\nD,C,county\n"
RATE = {"code": "rate", "numerator": "done", "denominator": "cases", "direction": "higher"}


def test_a_parents_rate_is_the_sum_of_numerators_over_the_sum_of_denominators(place):
    folder = place(TREE, "node,date,done,cases\nA,2026-10-01,1,10\nB,2026-10-09,9,10\nB,2026-10-20,90,100\n")
    city = rolled(folder, "month", RATE)[0]
    assert (city["numerator"], city["denominator"], float(city["value"])) == ("100", "120", pytest.approx(100 / 120))
    assert (city["n_reported"], city["n_expected"], float(city["completeness"])) == ("2", "3", pytest.approx(2 / 3))


def test_nothing_reported_is_blank_and_zero_is_zero(place):
    folder = place(TREE, "node,date,done,cases\nA,2026-10-01,0,10\nB,2026-10-09,,\n")
    rows = {row["node"]: row for row in rolled(folder, "month", RATE)}
    assert rows["A"]["value"] == "0"
    assert (rows["B"]["value"], rows["B"]["n_reported"], rows["B"]["rank_in_level"]) == ("", "0", "")
    assert rows["D"]["completeness"] == "0"


def test_a_denominator_of_zero_gives_no_rate(place):
    folder = place(TREE, "node,date,done,cases\nA,2026-10-01,0,0\n")
    assert {row["value"] for row in rolled(folder, "month", RATE)} == {""}


def test_compared_with_last_year_and_the_period_before(place):
    folder = place(TREE, "node,date,done,cases\nA,2025-10-01,5,10\nA,2026-09-01,4,10\nA,2026-10-01,6,10\n")
    row = next(r for r in rolled(folder, "month", RATE) if (r["node"], r["period"]) == ("A", "2026-10"))
    assert float(row["year_on_year"]) == pytest.approx(0.2)
    assert float(row["previous_period"]) == pytest.approx(0.5)
    assert (row["value_last_year"], row["value_previous"], row["year_to_date"]) == ("0.5", "0.4", "0.5")


def test_the_leap_day_and_week_53_have_no_same_day_a_year_before(place):
    folder = place(TREE, "node,date,done,cases\nA,2023-02-28,5,10\nA,2024-02-29,5,10\n")
    row = next(r for r in rolled(folder, "day", RATE) if (r["node"], r["period"]) == ("A", "2024-02-29"))
    assert row["value_last_year"] == ""
    folder = place(TREE, "node,date,done,cases\nA,2019-12-29,5,10\nA,2021-01-01,6,10\n")
    row = next(r for r in rolled(folder, "week", RATE) if (r["node"], r["period"]) == ("A", "2020-W53"))
    assert (row["value"], row["value_last_year"]) == ("0.6", "")


def test_equals_share_a_rank_and_a_small_denominator_has_none(place):
    folder = place(TREE, "node,date,done,cases\nA,2026-10-01,5,10\nB,2026-10-01,50,100\nD,2026-10-01,4,4\n")
    rows = {row["node"]: row for row in rolled(folder, "month", {**RATE, "min_n": 10})}
    assert [rows[n]["rank_in_level"] for n in "ABD"] == ["1", "1", ""]
    rows = {row["node"]: row for row in rolled(folder, "month", {**RATE, "direction": "lower"})}
    assert [rows[n]["rank_among_siblings"] for n in "ABD"] == ["1", "1", "3"]


def test_what_differs_only_in_how_a_machine_writes_it_shares_a_rank(place):
    folder = place(TREE, "node,date,done,cases\nA,2026-10-01,5,15\nB,2026-10-01,1,3\nD,2026-10-01,4,15\n")
    rows = {row["node"]: row for row in rolled(folder, "month", {**RATE, "factor": 1.1})}
    assert rows["A"]["value"] != rows["B"]["value"]
    assert [rows[n]["rank_in_level"] for n in "ABD"] == ["1", "1", "3"]


def test_a_measure_may_be_summed_up_otherwise_than_the_indicator(place):
    folder = place(TREE, "node,date,done,people\nA,2026-10-01,5,100\nA,2026-10-09,5,102\nB,2026-10-05,2,50\n")
    people = {"name": "people", "aggregation": {"time": "last", "tree": "sum"}}
    row = {"code": "rate", "numerator": "done", "denominator": "people", "factor": 10000}
    assert float(rolled(folder, "month", row, measures=[people])[0]["value"]) == pytest.approx(12 / 152 * 10000)


def test_annualised_a_month_counts_for_its_days(place):
    folder = place(TREE, "node,date,done,cases\nA,2024-02-01,29,1\n")
    assert rolled(folder, "month", {"code": "n", "numerator": "done", "annualised": True})[0]["value"] == "366"


def test_annualised_a_week_counts_in_its_iso_year(place):
    folder = place(TREE, "node,date,done,cases\nA,2025-12-29,7,1\nA,2026-01-05,14,1\n")
    rows = rolled(folder, "week", {"code": "n", "numerator": "done", "annualised": True})
    rows = {row["period"]: row for row in rows if row["node"] == "C"}
    assert (rows["2026-W01"]["value"], rows["2026-W01"]["year_to_date"]) == ("365", "365")
    assert float(rows["2026-W02"]["year_to_date"]) == pytest.approx(21 * 365 / 14)
    folder = place(TREE, "node,date,done,cases\nA,2024-12-30,7,1\n")
    rows = rolled(folder, "week", {"code": "n", "numerator": "done", "annualised": True})
    assert (rows[0]["period"], rows[0]["value"]) == ("2025-W01", "365")


def test_what_was_said_before_a_place_stood_is_not_its_latest_value(place):
    tree = "node,parent,level,valid_from,valid_to\nC,,city,,\nA,C,county,2026-10-10,\nB,C,county,,\n"
    folder = place(tree, "node,date,done,cases\nA,2026-10-02,7,1\nB,2026-10-03,1,1\n")
    rows = rolled(folder, "month", {"code": "n", "numerator": "done", "aggregation": "as-of-last"})
    assert [(row["node"], row["value"]) for row in rows] == [("C", "1"), ("A", ""), ("B", "1")]


def test_a_place_expected_above_others_is_one_that_reported_while_it_stood(place):
    tree = "node,parent,level,valid_from,valid_to\nC,,city,,\nA,C,county,,2026-10-01\nB,C,county,,\nv,A,village,,2026-10-01\n"
    early = "node,date,done,cases\nv,2026-09-02,1,2\nB,2026-09-03,1,2\n"
    ended = rolled(place(tree, early + "A,2026-10-02,1,2\n"), "month", RATE)[0]
    stood = rolled(place(tree, early + "A,2026-09-30,1,2\n"), "month", RATE)[0]
    assert (ended["n_reported"], ended["n_expected"]) == ("2", "2")
    assert (stood["n_reported"], stood["n_expected"]) == ("3", "3")


@pytest.mark.parametrize(
    ("tree", "facts", "said"),
    [
        (TREE, "node,date,done,cases\nA,2026-13-01,1,2\n", "facts.csv, line 2: date: '2026-13-01' is no day"),
        (TREE, "node,date,done,cases\nA,1998-10-01,1,2\n", "line 2: 1998-10-01 lies outside 2000 to 2099"),
        (TREE, "node,date,done,cases\nQ,2026-10-01,1,2\n", "line 2: 'Q' is no node of the tree"),
        (TREE, "node,date,done,cases\nA,2026-10-01,many,2\n", "line 2: done: 'many' is no number"),
        (TREE, "node,date,done,cases\nA,2026-10-01,1.00000000012,2\n", "line 2: done: '1.00000000012' is too long"),
        (TREE, "node,date,done,cases\nA,2026-10-01,1\n", "line 2: 4 columns are expected"),
        (TREE, "node,day,done\nA,2026-10-01,1\n", "the column date is missing"),
        (TREE + "A,C,city\n", "node,date,done,cases\nA,2026-10-01,1,2\n", "A is of level 'city' here"),
        (TREE + "E,Q,county\n", "node,date,done,cases\nA,2026-10-01,1,2\n", "the parent Q of E is no node"),
        (TREE + "E,F,county\nF,E,county\n", "node,date,done,cases\nA,2026-10-01,1,2\n", "is above itself"),
        (TREE, "node,date,done,late\nA,2026-10-01,1,2\n", "cases at column 1 is no known measure"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_line_and_nothing_is_written(place, tree, facts, said):
    from huying.kernel.errors import InvalidInput

    folder = place(tree, facts)
    with pytest.raises(InvalidInput, match=said.replace("(", r"\(")):
        rolled(folder, "month", RATE)
    assert not (folder / "out.csv").exists()
