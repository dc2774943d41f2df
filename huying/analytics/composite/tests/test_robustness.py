"""Remove-one, uncertainty, Sobol's indices, two versions compared: the same seed gives the same, and known answers come out."""

from __future__ import annotations

import numpy as np
import pytest

from huying.analytics.composite import robustness
from huying.analytics.composite.robustness import compare, remove_one, sobol, uncertainty
from huying.analytics.composite.run import compute
from huying.analytics.composite.spec import Uncertainty
from huying.analytics.composite.tests.made import data, framework, refused, spec
from huying.kernel.errors import InvalidInput

RNG = np.random.default_rng(2)
TREE = framework({"P": ["a", "b"], "Q": ["c", "d"]})
RUN = compute(data({code: RNG.lognormal(size=30) for code in "abcd"}), TREE, spec(treat={}))


def varied(*entries: dict[str, object], **of: object) -> Uncertainty:
    return Uncertainty.model_validate({"runs": 40, "vary": list(entries), **of})


POINTS = {"setting": "treat.default.first.max_points", "values": [1, 2, 5]}
SCALE = {"setting": "normalise.default", "values": [{"method": "min_max"}, {"method": "rank"}]}
NOISE = {"weights": 0.5, "levels": [1, 2]}


def test_removing_a_node_is_the_index_without_it() -> None:
    found = remove_one(RUN, 2)
    alone = np.argsort(np.argsort(-RUN.scores.column("Q"))) + 1.0
    assert found.ranks[:, found.codes.index("P")].tolist() == alone.tolist()
    assert found.shift[0] == np.abs(alone - found.nominal).mean()


def test_removing_the_only_child_removes_its_parent_too() -> None:
    tree = framework({"P": ["a"], "Q": ["c", "d"]})
    run = compute(data({"a": [9, 1, 5], "c": [1, 2, 3], "d": [1, 2, 3]}), tree, spec())
    found = remove_one(run, 1)
    assert found.ranks[:, 0].tolist() == [3, 2, 1]


def test_the_index_itself_cannot_be_removed() -> None:
    with pytest.raises(InvalidInput) as fault:
        remove_one(RUN, 3)
    assert "nodes of level 3 cannot be removed" in refused(fault)


def test_the_same_seed_gives_the_same_draws_and_another_seed_others() -> None:
    settings = varied(POINTS, SCALE, NOISE)
    first, again = uncertainty(RUN, settings)[0], uncertainty(RUN, settings)[0]
    np.testing.assert_array_equal(first.scores, again.scores)
    assert first.draws == again.draws
    other = uncertainty(RUN, varied(POINTS, SCALE, NOISE, seed=2))[0]
    assert not np.array_equal(first.ranks, other.ranks)


def test_each_draw_is_what_its_settings_alone_give() -> None:
    found, _ = uncertainty(RUN, varied(POINTS, SCALE))
    for k in (0, 7, 23):
        points, scale = found.draws[k]
        alone = spec(
            treat={"default": {"first": {"method": "winsorise", "max_points": points}}}, normalise={"default": scale}
        )
        np.testing.assert_array_equal(found.scores[:, k], compute(RUN.data, TREE, alone).index)


def test_noise_stays_within_its_share_and_leaves_other_levels_alone() -> None:
    drawing = robustness._Drawing(RUN, varied({"weights": 0.5, "levels": [1]}), np.random.default_rng(1))
    for point in (0.0, 0.5, 0.999):
        factors = drawing.at(np.array([point])).noise
        assert set(factors) == set("abcd")
        assert all(0.5 <= factor <= 1.5 for factor in factors.values())
        assert len(set(factors.values())) == 4


def test_noise_lies_on_the_weights_that_each_draw_has_and_not_on_the_nominal_ones() -> None:
    """A set of weights, or a method that finds them, is varied beside the noise and not lost under it."""
    sets = {"one": {"P": 1, "Q": 0}, "other": {"P": 0, "Q": 1}}
    run = compute(RUN.data, TREE, spec(weights={"use": "one", "sets": sets}))
    use = {"setting": "weights.use", "values": ["one", "other"]}
    found, _ = uncertainty(run, varied(use, {"weights": 0.1, "levels": [2]}))
    for k, (chosen, _) in enumerate(found.draws):
        # All the weight is on one pillar, so that no noise between the pillars can move the index.
        alone = compute(RUN.data, TREE, spec(weights={"use": chosen, "sets": sets}))
        np.testing.assert_allclose(found.scores[:, k], alone.index, rtol=1e-12)
    by_data = spec(weights={"methods": [{"method": "critic", "parents": ["P", "Q"]}]})
    found, _ = uncertainty(compute(RUN.data, TREE, by_data), varied(SCALE, {"weights": 0, "levels": [1]}))
    for k, (scale, _) in enumerate(found.draws):
        alone = compute(
            RUN.data, TREE, by_data.model_copy(update={"normalise": spec(normalise={"default": scale}).normalise})
        )
        np.testing.assert_allclose(found.scores[:, k], alone.index, rtol=1e-12)


def test_the_ranks_are_summed_up_per_unit() -> None:
    names, found = uncertainty(RUN, varied(NOISE))[0].statistics()
    assert names == ("Nominal", "Mean", "Median", "Q5", "Q95")
    assert (found[:, 3] <= found[:, 2]).all()
    assert (found[:, 2] <= found[:, 4]).all()
    assert found[:, 1].sum() == pytest.approx(30 * 31 / 2)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            {"setting": "treat.default.first.points", "values": [1, 2]},
            "there is no setting 'treat.default.first.points'",
        ),
        ({"setting": "results.strengths", "values": [1, 2]}, "results does not change the index"),
        ({"weights": 0.1, "levels": [3]}, "there are no weights of level 3"),
        (
            {
                "setting": "aggregate.default",
                "values": [{"method": "geometric"}, {"method": "geometric", "minimum_data": 0.1}],
            },
            "uncertainty: with aggregate.default = {'method': 'geometric'",
        ),
        ({"setting": "treat.default.first.max_points", "values": [-1, -2]}, "1 setting cannot be used"),
    ],
)
def test_what_cannot_vary_is_refused_with_the_draw_that_failed(entry: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        uncertainty(RUN, varied(entry))
    assert said in refused(fault)


def test_the_same_thing_varied_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="the same thing is varied twice"):
        uncertainty(RUN, varied(POINTS, POINTS))


def test_sobols_indices_are_those_known_for_a_function_of_two_parts() -> None:
    """y = 2·x1 + x2 over the unit square: the variances stand 4 : 1, nothing interacts; a third input does nothing."""
    n = 20_000
    points = robustness._saltelli(np.random.default_rng(1).random((n, 6)), 3)
    settings = varied(POINTS, SCALE, NOISE, sobol=True, runs=n, bootstrap=50)
    found = sobol(2 * points[:, 0] + points[:, 1], n, ("x1", "x2", "x3"), settings)
    assert [one.first for one in found] == pytest.approx([0.8, 0.2, 0], abs=0.03)
    assert [one.total for one in found] == pytest.approx([0.8, 0.2, 0], abs=0.03)
    for one in found:
        assert one.first_range[0] <= one.first <= one.first_range[1]


def test_an_interaction_shows_in_the_total_alone() -> None:
    n = 20_000
    points = robustness._saltelli(np.random.default_rng(1).random((n, 4)), 2) - 0.5
    found = sobol(points[:, 0] * points[:, 1], n, ("x1", "x2"), varied(POINTS, SCALE, sobol=True, runs=n))
    assert [one.first for one in found] == pytest.approx([0, 0], abs=0.05)
    assert [one.total for one in found] == pytest.approx([1, 1], abs=0.05)


def test_sensitivity_of_the_index_runs_n_times_factors_and_two() -> None:
    found, shares = uncertainty(RUN, varied(POINTS, SCALE, sobol=True, runs=16))
    assert found.scores.shape == (30, 16 * 4)
    assert [one.name for one in shares] == ["treat.default.first.max_points", "normalise.default"]


def test_where_nothing_moves_there_is_no_variance_to_share_out() -> None:
    calm = {"setting": "treat.default.limits.skew", "values": [900, 901]}
    still = {"setting": "screen.minimum_available", "values": [0, 0.01]}
    with pytest.raises(InvalidInput) as fault:
        uncertainty(
            compute(RUN.data, TREE, spec(screen={}, treat={"default": {"limits": {"skew": 900}}})),
            varied(calm, still, sobol=True),
        )
    assert "no rank ever moves" in refused(fault)


def test_two_versions_are_compared_by_what_was_set_and_what_came_of_it() -> None:
    other = compute(RUN.data, TREE, spec(treat={}, weights={"use": "w", "sets": {"w": {"a": 5}}}))
    found = compare(RUN, other)
    assert found.settings == {
        "weights.sets.w": (None, {"a": 5.0}),
        "weights.use": ("original", "w"),
        "weight of a": (1.0, 5.0),
    }
    assert 0 < found.spearman < 1
    assert found.mean_shift > 0
    same = compare(RUN, RUN)
    assert (same.settings, same.spearman, same.mean_shift) == ({}, pytest.approx(1), 0)


def test_versions_without_a_common_unit_cannot_be_compared() -> None:
    far = compute(data({code: RNG.random(3) for code in "abcd"}, units=["x", "y", "z"]), TREE, spec())
    with pytest.raises(InvalidInput, match="no unit in common"):
        compare(RUN, far)
