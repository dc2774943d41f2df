"""A change between two periods is shared out to the last bit: indicator, presence, penalty, adjustment, place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huying.analytics.composite import explaining
from huying.analytics.composite.places import LEVEL, PARENT
from huying.analytics.composite.run import Run, compute
from huying.analytics.composite.tests.made import NONE, data, framework, refused, spec
from huying.kernel.errors import InvalidInput

ASIS = {"default": {"method": "none"}}
TREE = framework({"P": ["a", "b"], "Q": ["c", "d"]}, weights={"a": 3, "Q": 2})
METHODS: list[dict[str, object]] = [
    {"method": "arithmetic"},
    {"method": "geometric"},
    {"method": "harmonic"},
    {"method": "power", "exponent": 2.5},
    {"method": "mazziotta_pareto"},
    {"method": "copeland"},
]


def panel(before: list[list[float]], after: list[list[float]], **of: object) -> Run:
    """Units' a, b, c, d in 2025 and 2026."""
    both = np.array([*before, *after])
    units = [f"u{k}" for k in range(len(before))]
    given = data(
        {code: both[:, k] for k, code in enumerate("abcd")},
        units=units * 2,
        times=["2025"] * len(before) + ["2026"] * len(after),
    )
    return compute(given, TREE, spec(normalise=ASIS, **of))


def test_an_arithmetic_change_is_effective_weight_times_change_of_score() -> None:
    run = panel([[10, 10, 10, 10]], [[14, 10, 10, 40]])
    found = explaining.explain(run, "2025", "2026")
    shares = {key: float(one[0]) for key, one in found.shares.items() if one[0]}
    # a holds 3/4 of P, which holds 1/3; d half of Q, which holds 2/3.
    assert shares == pytest.approx({("a", "score"): 4 * 0.25, ("d", "score"): 30 / 3})
    assert found.after[0] - found.before[0] == pytest.approx(11)


def test_a_figure_that_vanished_is_told_apart_from_one_that_fell() -> None:
    run = panel([[10, 50, 10, 10]], [[10, NONE, 10, 10]])
    found = explaining.explain(run, "2025", "2026")
    assert {key for key, one in found.shares.items() if one[0]} == {("b", "presence")}
    assert found.shares["b", "presence"][0] == pytest.approx(found.after[0] - found.before[0])


def test_what_a_rule_took_off_is_a_share_of_its_own() -> None:
    rule = {"kind": "deduction", "name": "d", "node": "P", "code": "b", "each": 1, "beyond": 10}
    run = panel([[10, 10, 10, 10]], [[10, 30, 10, 10]], adjust={"rules": [rule]})
    found = explaining.explain(run, "2025", "2026")
    assert found.shares["P", "adjustment"][0] == pytest.approx(-20 / 3)
    assert found.shares["b", "score"][0] == pytest.approx(5 / 3)


def test_the_penalty_for_unevenness_is_told_apart() -> None:
    run = panel([[10, 10, 10, 10]], [[10, 30, 10, 10]], aggregate={"default": {"method": "mazziotta_pareto"}})
    found = explaining.explain(run, "2025", "2026", "P")
    assert found.shares["b", "score"][0] == pytest.approx(5)
    assert found.shares["P", "penalty"][0] < 0


cell = st.one_of(st.just(NONE), st.floats(1, 100))
units = st.lists(st.lists(cell, min_size=4, max_size=4), min_size=3, max_size=5)


@pytest.mark.parametrize("method", METHODS, ids=lambda one: str(one["method"]))
@given(figures=st.data())
@settings(max_examples=30)
def test_the_shares_always_add_up_to_the_change(method: dict[str, object], figures: st.DataObject) -> None:
    before = figures.draw(units)
    after = figures.draw(st.lists(st.lists(cell, min_size=4, max_size=4), min_size=len(before), max_size=len(before)))
    run = panel(before, after, aggregate={"default": method, "levels": {3: {"method": "arithmetic"}}})
    found = explaining.explain(run, "2025", "2026")
    total = sum(found.shares.values(), np.zeros(len(found.units)))
    np.testing.assert_allclose(total, found.after - found.before, atol=1e-7)


def test_a_period_or_node_that_does_not_exist_is_named() -> None:
    run = panel([[1, 2, 3, 4]], [[1, 2, 3, 5]])
    with pytest.raises(InvalidInput) as fault:
        explaining.explain(run, "2025", "2027")
    assert "there are no data for '2027' — name one of 2025, 2026" in refused(fault)
    with pytest.raises(InvalidInput, match="there is no node 'Z'"):
        explaining.explain(run, "2025", "2026", "Z")


def test_a_countys_rate_is_explained_by_its_townships_and_the_rest() -> None:
    units = ["C", "E", "W"]
    tree = {PARENT: ["", "C", "C"] * 2, LEVEL: ["county", "township", "township"] * 2}
    of = data(
        {"fires": [40, 10, 10, 52, 10, 22]},
        units=units * 2,
        times=["2025"] * 3 + ["2026"] * 3,
        denominators={"people": [4000, 1000, 1000, 4000, 1000, 1000]},
        groups=tree,
    )
    run = compute(of, framework(["fires"], denominators={"fires": "people"}), spec())
    found = {one.place: one.share for one in explaining.places(run, "2025", "2026")}
    assert found == pytest.approx({"E": 0, "W": 12 / 4000, "the rest": 0}, abs=1e-15)


@given(st.lists(st.tuples(*[st.integers(0, 50), st.integers(1, 500)] * 2), min_size=1, max_size=5))
@settings(max_examples=40)
def test_the_shares_of_places_add_up_to_the_change_of_their_parents_rate(rows: list[tuple[int, ...]]) -> None:
    before, after = [(n, d) for n, d, _, _ in rows], [(n, d) for _, _, n, d in rows]
    cases = [sum(n for n, _ in part) for part in (before, after)]
    people = [sum(d for _, d in part) for part in (before, after)]
    names = ["C", *(f"t{k}" for k in range(len(rows)))]
    of = data(
        {"fires": [cases[0], *(n for n, _ in before), cases[1], *(n for n, _ in after)]},
        units=names * 2,
        times=["2025"] * len(names) + ["2026"] * len(names),
        denominators={"people": [people[0], *(d for _, d in before), people[1], *(d for _, d in after)]},
        groups={PARENT: ["", *["C"] * len(rows)] * 2, LEVEL: ["x"] * 2 * len(names)},
    )
    run = compute(of, framework(["fires"], denominators={"fires": "people"}), spec(normalise={"constant": "middle"}))
    shares = explaining.places(run, "2025", "2026")
    assert sum(one.share for one in shares) == pytest.approx(cases[1] / people[1] - cases[0] / people[0], abs=1e-12)
    assert shares[-1].place == "the rest"
    assert shares[-1].share == pytest.approx(0, abs=1e-12)
