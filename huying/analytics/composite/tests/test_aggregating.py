"""Means by their formula; what is missing is shared out, or not, as asked; methods may differ by level and node."""

from __future__ import annotations

import numpy as np
import pytest

from huying.analytics.composite.aggregating import copeland
from huying.analytics.composite.provenance import Origin, spelled
from huying.analytics.composite.run import compute
from huying.analytics.composite.tests.made import NONE, data, framework, refused, spec
from huying.kernel.errors import InvalidInput

ASIS = {"default": {"method": "none"}}
TWO = framework(["a", "b"], weights={"a": 1, "b": 3})
FIGURES = data({"a": [1, 4, NONE, 8], "b": [9, 4, 16, NONE]})


def index(method: dict[str, object], of: object = FIGURES, tree: object = TWO) -> list[float]:
    return compute(of, tree, spec(normalise=ASIS, aggregate={"default": method})).index.tolist()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "first"),
    [
        ({"method": "arithmetic"}, 7),
        ({"method": "geometric"}, 9**0.75),
        ({"method": "harmonic"}, 1 / (0.25 + 0.75 / 9)),
        ({"method": "power", "exponent": 2}, (0.25 + 0.75 * 81) ** 0.5),
        ({"method": "power", "exponent": 3}, (0.25 + 0.75 * 729) ** (1 / 3)),
        ({"method": "power", "exponent": -2}, (0.25 + 0.75 / 81) ** -0.5),
        ({"method": "power", "exponent": 0.5}, (0.25 + 0.75 * 3) ** 2),
        ({"method": "mazziotta_pareto"}, 7 - 12 / 7),
        ({"method": "mazziotta_pareto", "penalty": "upward"}, 7 + 12 / 7),
    ],
)
def test_by_its_formula_and_what_is_missing_leaves_its_weight_to_the_rest(
    method: dict[str, object], first: float
) -> None:
    np.testing.assert_allclose(index(method), [first, 4, 16, 8])


def test_weight_is_not_shared_out_where_unknown_is_to_stay_unknown() -> None:
    np.testing.assert_array_equal(index({"method": "arithmetic", "missing": "unknown"}), [7, 4, NONE, NONE])


def test_an_aggregate_of_too_few_figures_stays_unknown_and_says_so() -> None:
    run = compute(
        FIGURES, TWO, spec(normalise=ASIS, aggregate={"default": {"method": "arithmetic", "minimum_data": 0.6}})
    )
    np.testing.assert_array_equal(run.index, [7, 4, NONE, NONE])
    assert spelled(int(run.origins[2, 2])) == "unknown+thin"
    run = compute(
        FIGURES, TWO, spec(normalise=ASIS, aggregate={"default": {"method": "arithmetic", "minimum_data": 0.5}})
    )
    assert run.index[2] == 16
    assert (run.origins[:, 2] & Origin.REWEIGHTED).tolist() == [0, 0, Origin.REWEIGHTED, Origin.REWEIGHTED]


def test_a_unit_without_any_figure_has_no_score_and_not_zero() -> None:
    assert np.isnan(index({"method": "arithmetic"}, data({"a": [1, NONE], "b": [2, NONE]}))[1])


def test_a_unit_whose_only_figures_weigh_nothing_has_no_score() -> None:
    none = framework(["a", "b"], weights={"a": 0, "b": 1})
    assert np.isnan(index({"method": "arithmetic"}, FIGURES, none)[3])


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ({"method": "geometric"}, "the geometric mean of Index does not exist for u2: a score below it is 0"),
        ({"method": "harmonic"}, "the harmonic mean of Index does not exist for u2: a score below it is 0"),
        (
            {"method": "power", "exponent": -1},
            "the power -1 mean of Index does not exist for u2: a score below it is 0",
        ),
    ],
)
def test_a_mean_that_does_not_exist_names_unit_node_and_cure(method: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        index(method, data({"a": [1, 0, 3], "b": [1, 2, 3]}))
    assert said in refused(fault)
    assert "range: [1, 100]" in refused(fault)


def test_the_power_mean_of_exponent_zero_is_named_as_what_it_is() -> None:
    with pytest.raises(ValueError, match="is the geometric mean: write `method: geometric`"):
        spec(aggregate={"default": {"method": "power", "exponent": 0}})


def test_copeland_counts_wins_less_losses_by_weight() -> None:
    # b weighs three of four: whoever is ahead on it wins the pair.
    assert index({"method": "copeland"}, data({"a": [3, 2, 1, 0], "b": [1, 2, 3, 3]})) == [-3, -1, 3, 1]


def test_copeland_compares_a_pair_on_what_both_have_and_a_tie_is_no_win() -> None:
    found = copeland([np.array([1.0, 2, NONE, NONE]), np.array([5.0, NONE, 5, NONE])], [0.5, 0.5])
    np.testing.assert_array_equal(found, [-1, 1, 0, NONE])


def test_copeland_over_many_units_goes_by_blocks_and_stays_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from huying.analytics.composite import aggregating

    columns = [np.random.default_rng(k).random(50) for k in range(3)]
    whole = copeland(columns, [1, 2, 3])
    monkeypatch.setattr(aggregating, "BLOCK", 130)
    np.testing.assert_array_equal(copeland(columns, [1, 2, 3]), whole)


def test_copeland_compares_within_a_period() -> None:
    of = data({"a": [1, 2, 9, 8], "b": [1, 2, 9, 8]}, units=["E", "W"] * 2, times=["2025"] * 2 + ["2026"] * 2)
    assert index({"method": "copeland"}, of) == [-1, 1, 1, -1]


def test_a_method_may_differ_by_level_and_by_node() -> None:
    tree = framework({"P": ["a", "b"], "Q": ["c", "d"]})
    of = data({"a": [1.0], "b": [9], "c": [4], "d": [16]})
    how = {"levels": {2: {"method": "geometric"}}, "nodes": {"Q": {"method": "harmonic"}}}
    run = compute(of, tree, spec(normalise=ASIS, aggregate=how))
    np.testing.assert_allclose(run.scores.values[0, 4:], [3, 6.4, 4.7])


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"levels": {5: {"method": "geometric"}}}, "aggregate.levels.5: there is no such level"),
        ({"nodes": {"a": {"method": "geometric"}}}, "aggregate.nodes.a: there is no such aggregate"),
    ],
)
def test_a_method_for_what_is_no_aggregate_is_refused(how: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        compute(FIGURES, TWO, spec(aggregate=how))
    assert said in refused(fault)


@pytest.mark.parametrize(
    "method", [{"method": "geometric"}, {"method": "harmonic"}, {"method": "power", "exponent": -2}]
)
def test_a_figure_that_weighs_nothing_hinders_no_mean(method: dict[str, object]) -> None:
    none = framework(["a", "b"], weights={"a": 0, "b": 1})
    np.testing.assert_allclose(index(method, data({"a": [0, -3], "b": [4, 9]}), none), [4, 9])
