"""Weights: from sets, from judgement with its consistency, from data; never all zero, never ignored."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huying.analytics.composite import weighing
from huying.analytics.composite.framework import effective, weights_of
from huying.analytics.composite.run import compute
from huying.analytics.composite.spec import Weights
from huying.analytics.composite.tests.made import data, framework, refused, spec
from huying.kernel.errors import InvalidInput

TREE = framework({"P": ["a", "b"], "Q": ["c"]}, weights={"a": 3, "b": 1, "P": 1, "Q": 3})
RNG = np.random.default_rng(5)
FIGURES = data({"a": RNG.random(40), "b": RNG.random(40), "c": RNG.random(40)})


def used(**weights: object) -> dict[str, float]:
    return dict(compute(FIGURES, TREE, spec(weights=weights)).aggregated.weights)


def test_effective_weights_are_shares_of_the_index() -> None:
    found = effective(TREE, weights_of(TREE))
    assert found == {"a": 0.1875, "b": 0.0625, "c": 0.75, "P": 0.25, "Q": 0.75, "Index": 1}


def test_a_set_names_only_what_differs() -> None:
    assert used(use="expert", sets={"expert": {"b": 9}}) == {"a": 3, "b": 9, "c": 1, "P": 1, "Q": 3, "Index": 1}
    assert set(used(use="equal").values()) == {1.0}


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (
            {"use": "experts", "sets": {"expert": {"b": 9}}},
            "weights.use: there is no set 'experts' — use one of original, equal",
        ),
        ({"sets": {"expert": {"z": 9}}}, "weights.sets.expert.z: there is no such node"),
        ({"sets": {"equal": {"b": 9}}}, "weights.sets.equal: equal is a name of its own"),
        ({"methods": [{"method": "pca", "parents": ["Z"]}]}, "weights.methods.0: there is no aggregate 'Z'"),
        (
            {"methods": [{"method": "pca", "parents": ["P"]}, {"method": "critic", "parents": ["P"]}]},
            "weights.methods.1: P is weighed by pca already",
        ),
        (
            {"methods": [{"method": "ahp", "parent": "P", "comparisons": {"a": {"c": 3}}}]},
            "weights.methods.0: c is not below P",
        ),
        (
            {"methods": [{"method": "balanced", "parents": ["P"], "importance": {"c": 3}}]},
            "weights.methods.0: c is not below P",
        ),
    ],
)
def test_weights_on_what_does_not_exist_are_refused(weights: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        used(**weights)
    assert said in refused(fault)


def test_children_that_all_weigh_nothing_are_an_error_and_no_division_by_zero() -> None:
    with pytest.raises(InvalidInput) as fault:
        used(use="none", sets={"none": {"a": 0, "b": 0}})
    assert "everything under P (a, b) weighs nothing" in refused(fault)


def test_one_weight_of_zero_takes_its_indicator_out() -> None:
    run = compute(FIGURES, TREE, spec(weights={"use": "one", "sets": {"one": {"a": 0}}}))
    np.testing.assert_array_equal(run.scores.column("P"), run.scores.column("b"))


THREE = framework({"P": ["a", "b", "c"]})
SAATY = {"a": {"b": 3, "c": 5}, "b": {"c": 3}}


def test_ahp_gives_the_principal_eigenvector_and_its_consistency_ratio() -> None:
    method = {"method": "ahp", "parent": "P", "comparisons": SAATY}
    run = compute(FIGURES, THREE, spec(weights={"methods": [method]}))
    (one,) = run.aggregated.weighings
    # Worked by hand: λmax 3.0385, CI 0.01925, RI 0.58.
    np.testing.assert_allclose(list(one.weights.values()), [0.63699, 0.25828, 0.10473], atol=1e-5)
    assert one.ratio == pytest.approx(0.0332, abs=1e-3)


def test_comparisons_that_contradict_each_other_are_refused_with_their_ratio() -> None:
    method = {"method": "ahp", "parent": "P", "comparisons": {"a": {"b": 5, "c": 1 / 5}, "b": {"c": 5}}}
    with pytest.raises(InvalidInput) as fault:
        compute(FIGURES, THREE, spec(weights={"methods": [method]}))
    assert "the comparisons under P contradict each other: consistency ratio" in refused(fault)
    loose = compute(FIGURES, THREE, spec(weights={"methods": [{**method, "maximum_ratio": 9}]}))
    assert loose.aggregated.weighings[0].ratio > 1


@pytest.mark.parametrize(
    ("comparisons", "said"),
    [
        ({"a": {"b": 3, "c": 5}}, "AHP of P does not compare b with c"),
        ({"a": {"b": 3, "c": 5}, "b": {"c": 3, "a": 3}}, "AHP of P compares b with a twice"),
        ({"a": {"a": 2, "b": 3, "c": 5}, "b": {"c": 3}}, "AHP of P compares a with a twice"),
    ],
)
def test_comparisons_that_lack_or_repeat_a_pair_are_refused(comparisons: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        compute(
            FIGURES, THREE, spec(weights={"methods": [{"method": "ahp", "parent": "P", "comparisons": comparisons}]})
        )
    assert said in refused(fault)


@given(st.lists(st.floats(0.05, 20), min_size=2, max_size=6))
def test_consistent_comparisons_give_back_the_weights_they_came_from(weights: list[float]) -> None:
    codes = tuple(f"c{k}" for k in range(len(weights)))
    pairs = {
        a: {b: weights[i] / weights[j] for j, b in enumerate(codes) if j > i}
        for i, a in enumerate(codes)
        if i + 1 < len(codes)
    }
    method = Weights.model_validate({"methods": [{"method": "ahp", "parent": "P", "comparisons": pairs}]}).methods[0]
    found, ratio = weighing.ahp("P", codes, method)  # type: ignore[arg-type]
    np.testing.assert_allclose(found, np.array(weights) / sum(weights), rtol=1e-6)
    assert ratio == pytest.approx(0, abs=1e-6)


def test_entropy_weighs_nothing_where_all_are_alike_and_most_where_units_differ_most() -> None:
    figures = np.column_stack([np.full(5, 3.0), np.array([0, 0, 0, 0, 1.0]), np.array([1, 2, 3, 4, 5.0])])
    same, lone, even = weighing.entropy(figures)
    assert same == pytest.approx(0, abs=1e-12)
    assert lone == pytest.approx(1)
    assert 0 < even < lone


def test_critic_weighs_a_twin_less_than_a_column_that_says_something_else() -> None:
    x, other = RNG.random(50), RNG.random(50)
    twin, again, own = weighing.critic(np.column_stack([x, x, other]))
    assert twin == pytest.approx(again)
    assert own > 1.5 * twin


def test_the_principal_component_never_gives_a_negative_weight() -> None:
    x = RNG.random(50)
    found = weighing.principal(np.column_stack([x, -x + RNG.normal(0, 0.1, 50), RNG.random(50)]))
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(1)


@pytest.mark.parametrize("importance", [{}, {"a": 2, "b": 1, "c": 1}])
def test_balancing_makes_correlations_with_the_parent_stand_as_asked(importance: dict[str, float]) -> None:
    common = RNG.normal(size=300)
    of = data(
        {"a": common + RNG.normal(size=300), "b": common + 2 * RNG.normal(size=300), "c": 4 * RNG.normal(size=300)}
    )
    method = {"method": "balanced", "parents": ["P"], "importance": importance}
    run = compute(of, THREE, spec(weights={"methods": [method]}))
    whole = run.scores.column("P")
    r = np.array([np.corrcoef(run.scores.column(code), whole)[0, 1] for code in "abc"])
    wanted = np.array([importance.get(code, 1) for code in "abc"])
    np.testing.assert_allclose(r / r.sum(), wanted / wanted.sum(), atol=1e-3)


def test_a_balance_that_no_weights_reach_is_refused() -> None:
    x = RNG.normal(size=100)
    of = data({"a": x, "b": -x, "c": x})
    with pytest.raises(InvalidInput) as fault:
        compute(of, THREE, spec(weights={"methods": [{"method": "balanced", "parents": ["P"]}]}))
    assert "no weights balance the children of P" in refused(fault)


def test_parts_that_cancel_out_cannot_be_balanced() -> None:
    with pytest.raises(InvalidInput, match="no weights balance the children of P"):
        weighing.balanced(np.array([[0, 1], [0.5, 0.5], [1, 0]]), np.array([0.5, 0.5]), "P")


@pytest.mark.parametrize("method", ["entropy", "critic", "pca", "balanced"])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=8)
def test_weights_from_data_are_not_negative_and_sum_to_one(method: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=30)
    of = data({code: common + rng.normal(size=30) for code in "abc"})
    run = compute(of, THREE, spec(weights={"methods": [{"method": method, "parents": ["P"]}]}))
    found = np.array([run.aggregated.weights[code] for code in "abc"])
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(1)


def test_weights_from_data_need_units_that_differ() -> None:
    for columns, said in (
        ({code: [1, 2] for code in "abc"}, "needs three units with all figures under P, there are 2"),
        ({code: [5, 5, 5, 5] for code in "abc"}, "under P no figure differs between units"),
    ):
        with pytest.raises(InvalidInput) as fault:
            compute(
                data(columns),
                THREE,
                spec(weights={"methods": [{"method": "critic", "parents": ["P"]}]}, normalise={"constant": "middle"}),
            )
        assert said in refused(fault)
