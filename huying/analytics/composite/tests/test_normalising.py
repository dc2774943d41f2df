"""Every method by its formula, every method's refusals, and what a column of one value becomes."""

from __future__ import annotations

import numpy as np
import pytest

from huying.analytics.composite.run import compute
from huying.analytics.composite.tests.made import NONE, data, framework, refused, spec
from huying.kernel.errors import InvalidInput

UP = [2.0, 4, 10, NONE]
BOTH = framework(["up", "down"], down=["down"])


def scores(method: dict[str, object], up: list[float] = UP, **of: object) -> tuple[list[float], list[float]]:
    """Scores of a column where more is better and of the same column where less is."""
    run = compute(data({"up": up, "down": up}), BOTH, spec(normalise={"default": method, **of}))
    return run.normalised.table.column("up").tolist(), run.normalised.table.column("down").tolist()


@pytest.mark.parametrize(
    ("method", "up", "down"),
    [
        ({"method": "min_max"}, [0, 25, 100], [100, 75, 0]),
        ({"method": "min_max", "range": [1, 5]}, [1, 2, 5], [5, 4, 1]),
        ({"method": "goalposts", "lower": 0, "upper": 8}, [25, 50, 100], [75, 50, 0]),
        ({"method": "goalposts", "lower": 0, "upper": 8, "truncate": False}, [25, 50, 125], [75, 50, -25]),
        ({"method": "goalposts", "lower": 0, "upper": 20, "scale": 10}, [1, 2, 5], [9, 8, 5]),
        ({"method": "goalposts", "quantiles": [0, 0.5]}, [0, 100, 100], [100, 0, 0]),
        ({"method": "distance_to_max"}, [0, 0.25, 1], [1, 0.75, 0]),
        ({"method": "distance_to_reference", "unit": "u2"}, [0, 1, 4], [4 / 3, 1, 0]),
        ({"method": "distance_to_reference", "unit": "u2", "cap": True, "scale": 100}, [0, 100, 100], [100, 100, 0]),
        ({"method": "distance_to_target", "target": 6}, [0, 0.5, 2], [2, 1.5, 0]),
        ({"method": "distance_to_target", "target": 6, "cap": True}, [0, 0.5, 1], [1, 1, 0]),
        ({"method": "fraction_of_max"}, [0.2, 0.4, 1], [1, 0.5, 0.2]),
        ({"method": "rank"}, [1, 2, 3], [3, 2, 1]),
        ({"method": "borda"}, [0, 1, 2], [2, 1, 0]),
        ({"method": "percentile_rank"}, [0, 0.5, 1], [1, 0.5, 0]),
        ({"method": "efficacy"}, [60, 70, 100], [100, 90, 60]),
        ({"method": "none"}, [2, 4, 10], [-2, -4, -10]),
    ],
)
def test_by_its_formula(method: dict[str, object], up: list[float], down: list[float]) -> None:
    found_up, found_down = scores(method)
    np.testing.assert_allclose(found_up, [*up, NONE])
    np.testing.assert_allclose(found_down, [*down, NONE])


def test_a_z_score_has_the_mean_and_spread_asked_for() -> None:
    up, down = scores({"method": "z_score", "mean": 10, "sd": 2})
    assert np.nanmean(up) == pytest.approx(10)
    assert np.nanstd(up, ddof=1) == pytest.approx(2)
    np.testing.assert_allclose(np.array(up) + np.array(down), [20, 20, 20, NONE])


def test_ties_share_the_lowest_rank_unless_told_otherwise() -> None:
    assert scores({"method": "rank"}, [1, 5, 5, 9])[0] == [1, 2, 2, 4]
    assert scores({"method": "rank", "ties": "average"}, [1, 5, 5, 9])[0] == [1, 2.5, 2.5, 4]
    assert scores({"method": "rank", "ties": "max"}, [1, 5, 5, 9])[0] == [1, 3, 3, 4]


def test_the_efficacy_function_takes_its_bounds_from_the_settings_and_may_be_clipped() -> None:
    bounds = {"method": "efficacy", "satisfactory": 8, "intolerable": 3}
    run = compute(data({"a": [2, 4, 10]}), framework(["a"]), spec(normalise={"default": bounds}))
    np.testing.assert_allclose(run.index, [52, 68, 116])
    clipped = compute(data({"a": [2, 4, 10]}), framework(["a"]), spec(normalise={"default": {**bounds, "clip": True}}))
    np.testing.assert_allclose(clipped.index, [60, 68, 100])


def test_a_reverse_indicator_swaps_the_bounds_of_the_efficacy_function() -> None:
    of = framework(["deaths"], down=["deaths"], parameters={"deaths": {"satisfactory": 0, "intolerable": 10}})
    run = compute(data({"deaths": [0, 5, 10]}), of, spec(normalise={"default": {"method": "efficacy"}}))
    assert run.index.tolist() == [100, 80, 60]


def test_goalposts_and_targets_come_from_the_metadata_where_the_settings_give_none() -> None:
    of = framework(["a"], parameters={"a": {"goalpost_lower": 0, "goalpost_upper": 20, "Target": 8}})
    posts = compute(data({"a": [2, 10]}), of, spec(normalise={"default": {"method": "goalposts"}}))
    assert posts.index.tolist() == [10, 50]
    target = compute(data({"a": [2, 5]}), of, spec(normalise={"default": {"method": "distance_to_target"}}))
    assert target.index.tolist() == [0, 0.5]


@pytest.mark.parametrize(
    ("method", "up", "said"),
    [
        ({"method": "goalposts"}, UP, "goalposts cannot be used on up: no bounds are given"),
        ({"method": "distance_to_target"}, UP, "distance_to_target cannot be used on up: there is no target"),
        ({"method": "distance_to_target", "target": 2}, UP, "its target 2 is no better than its worst figure"),
        ({"method": "distance_to_reference", "unit": "x"}, UP, "there is no unit 'x'"),
        ({"method": "distance_to_reference", "unit": "u1"}, UP, "the reference u1 is itself the worst"),
        ({"method": "distance_to_reference", "unit": "u4"}, UP, "the reference u4 has no figure"),
        ({"method": "fraction_of_max"}, [-1.0, 3], "a fraction needs figures of 0 and above"),
        ({"method": "efficacy", "satisfactory": 1, "intolerable": 9}, UP, "satisfactory 1 is worse than intolerable 9"),
    ],
)
def test_a_method_that_cannot_be_used_says_on_what_and_why(
    method: dict[str, object], up: list[float], said: str
) -> None:
    with pytest.raises(InvalidInput) as fault:
        compute(data({"up": up, "down": up}), BOTH, spec(normalise={"default": method}))
    assert said in refused(fault)


NEED_SPREAD = [
    ({"method": "min_max"}, 50),
    ({"method": "min_max", "range": [1, 100]}, 50.5),
    ({"method": "z_score", "mean": 10}, 10),
    ({"method": "distance_to_max", "scale": 100}, 50),
    ({"method": "efficacy"}, 80),
    ({"method": "goalposts", "quantiles": [0.05, 0.95]}, 50),
]


@pytest.mark.parametrize(("method", "middle"), NEED_SPREAD)
def test_a_column_of_one_value_is_an_error_the_middle_or_unknown_and_never_a_nan_in_silence(
    method: dict[str, object], middle: float
) -> None:
    of = data({"a": [7, 7, NONE], "b": [1, 2, 3]})
    with pytest.raises(InvalidInput) as fault:
        compute(of, framework(["a", "b"]), spec(normalise={"default": method}))
    assert "cannot be used on a: all its figures are the same" in refused(fault)
    run = compute(of, framework(["a", "b"]), spec(normalise={"default": method, "constant": "middle"}))
    np.testing.assert_array_equal(run.normalised.table.column("a"), [middle, middle, NONE])
    assert run.normalised.constant[:, 0].tolist() == [True, True, False]
    run = compute(of, framework(["a", "b"]), spec(normalise={"default": method, "constant": "unknown"}))
    np.testing.assert_array_equal(run.normalised.table.column("a"), [NONE] * 3)
    assert run.index.tolist() == run.normalised.table.column("b").tolist()


def test_a_column_without_any_figure_stays_unknown_whatever_the_method() -> None:
    for method, _ in [*NEED_SPREAD, ({"method": "rank"}, 0), ({"method": "distance_to_target", "target": 1}, 0)]:
        own = {"a": method}
        run = compute(
            data({"a": [NONE] * 3, "b": [1, 2, 3]}), framework(["a", "b"]), spec(normalise={"indicators": own})
        )
        assert np.isnan(run.normalised.table.column("a")).all()
        assert run.index.tolist() == [0, 50, 100]


PANEL = data({"a": [0, 10, 0, 20]}, units=["E", "W"] * 2, times=["2025"] * 2 + ["2026"] * 2)


def test_one_scale_over_time_lets_years_be_compared_and_one_a_year_does_not() -> None:
    one = framework(["a"])
    assert compute(PANEL, one, spec()).index.tolist() == [0, 50, 0, 100]
    assert compute(PANEL, one, spec(normalise={"scope": "per_period"})).index.tolist() == [0, 100, 0, 100]


def test_a_base_period_sets_the_scale_for_all() -> None:
    run = compute(PANEL, framework(["a"]), spec(normalise={"base_period": "2025"}))
    assert run.index.tolist() == [0, 100, 0, 200]


def test_a_base_period_without_data_and_one_for_ranks_are_refused() -> None:
    with pytest.raises(InvalidInput) as fault:
        compute(PANEL, framework(["a"]), spec(normalise={"base_period": "2024"}))
    assert "normalise.base_period: there are no data for '2024' — name one of 2025, 2026" in refused(fault)
    with pytest.raises(InvalidInput) as fault:
        compute(PANEL, framework(["a"]), spec(normalise={"base_period": "2025", "default": {"method": "rank"}}))
    assert "ranks of a base period cannot score others" in refused(fault)


def test_an_override_of_an_unknown_indicator_is_refused() -> None:
    with pytest.raises(InvalidInput) as fault:
        compute(PANEL, framework(["a"]), spec(normalise={"indicators": {"z": {"method": "rank"}}}))
    assert "normalise.indicators.z: there is no such indicator" in refused(fault)


def test_cells_that_a_goalpost_cut_off_are_marked() -> None:
    method = {"method": "goalposts", "lower": 3, "upper": 8}
    run = compute(data({"a": UP}), framework(["a"]), spec(normalise={"default": method}))
    assert run.normalised.clipped[:, 0].tolist() == [True, False, True, False]


def test_the_best_is_divided_by_no_figure_of_zero_even_of_another_period_than_the_base() -> None:
    of = data({"up": [1, 2, 3, 4], "down": [1, 2, 0, 4]}, units=["u", "v"] * 2, times=["2024"] * 2 + ["2025"] * 2)
    with pytest.raises(InvalidInput) as fault:
        compute(of, BOTH, spec(normalise={"default": {"method": "fraction_of_max"}, "base_period": "2024"}))
    assert "fraction_of_max cannot be used on down: u has 0, and the best is divided by it" in refused(fault)


@pytest.mark.parametrize(("method", "middle"), [("rank", 2.0), ("borda", 1.0), ("percentile_rank", 0.5)])
def test_figures_that_are_all_the_same_stand_in_no_order(method: str, middle: float) -> None:
    """COINr gives all of them the last place."""
    with pytest.raises(InvalidInput) as fault:
        scores({"method": method}, [5, 5, 5, NONE])
    assert "all its figures are the same" in refused(fault)
    np.testing.assert_array_equal(
        scores({"method": method}, [5, 5, 5, NONE], constant="middle")[0], [middle] * 3 + [NONE]
    )


def test_quantiles_that_meet_are_not_called_a_column_of_one_value() -> None:
    with pytest.raises(InvalidInput) as fault:
        scores({"method": "goalposts", "quantiles": [0.1, 0.6]}, [1, 1, 1, 9])
    assert "so many of its figures are 1 that both quantiles are" in refused(fault)
    middle = scores({"method": "goalposts", "quantiles": [0.1, 0.6]}, [1, 1, 1, 9], constant="middle")
    assert middle[0] == [50] * 4
