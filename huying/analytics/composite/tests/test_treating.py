"""Outliers: drawn in as little as needed, or transformed; every touched cell is on record."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from huying.analytics.composite import treating
from huying.analytics.composite.run import compute
from huying.analytics.composite.spec import Treat
from huying.analytics.composite.statistics import moments, shape
from huying.analytics.composite.tests.made import NONE, data, framework, refused, spec
from huying.analytics.composite.treating import HIGH, LOW, TRANSFORMED
from huying.kernel.errors import InvalidInput

CALM = [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]
FAR = [*CALM, 500]
FAR_BOTH = [-900.0, *CALM, 10, 9, 8, 7, 2000]


def treated(column: list[float], **of: object) -> treating.Treated:
    return treating.treat(data({"a": column}).raw, Treat.model_validate({"default": of} if of else {}))


def test_one_far_point_is_drawn_to_the_next() -> None:
    found = treated(FAR)
    assert found.table.column("a").tolist() == [*CALM, 10]
    assert found.marks[:, 0].tolist() == [0] * 10 + [HIGH]
    (one,) = found.log
    assert (one.steps, one.points, one.within) == (("winsorise",), 1, True)
    assert one.skew[0] > 2 > one.skew[1]


def test_points_that_tie_are_drawn_in_together() -> None:
    found = treated([*CALM * 4, 500, 500])
    assert found.log[0].points == 2
    assert found.table.column("a").max() == 10


def test_a_calm_column_is_not_touched() -> None:
    found = treated(CALM)
    assert found.table.column("a").tolist() == CALM
    assert found.log == ()


def test_both_sides_are_drawn_in_and_each_point_keeps_its_mark() -> None:
    found = treated(FAR_BOTH)
    marks = found.marks[:, 0]
    assert marks[-1] == HIGH
    assert marks[0] == LOW
    assert found.log[0].points == np.count_nonzero(marks)


def test_beyond_the_allowed_points_the_column_is_transformed_instead_from_the_untouched_figures() -> None:
    found = treated([*CALM * 9, 300, 500, 700], first={"method": "winsorise", "max_points": 1})
    assert found.log[0].steps == ("log_ct",)
    assert found.log[0].points == 0
    assert set(found.marks[:, 0].tolist()) == {TRANSFORMED}


def test_combined_the_transformation_starts_from_what_winsorising_left() -> None:
    column = [*CALM * 9, 300, 500, 700]
    found = treated(column, first={"method": "winsorise", "max_points": 1}, combine=True)
    assert found.log[0].steps == ("winsorise", "log_ct")
    assert found.marks[-1, 0] == HIGH | TRANSFORMED
    assert found.table.column("a")[-1] == found.table.column("a")[-2]


@pytest.mark.parametrize("method", ["log_ct", "log_ct_plus", "log_shift", "log_gii"])
def test_a_logarithm_changes_the_figures_and_keeps_their_order(method: str) -> None:
    found = treated(FAR, first={"method": method}, then=None).table.column("a")
    assert (np.diff(found) > 0).all()
    assert found.tolist() != FAR


def test_the_logarithm_is_taken_from_the_side_that_is_skewed() -> None:
    low = [-500.0, *CALM]
    of = {"first": {"method": "log_ct_plus"}, "then": None}
    mirrored = treated([-x for x in low], **of).table.column("a")
    np.testing.assert_allclose(treated(low, **of).table.column("a"), -mirrored)
    assert treated(low, **of).table.column("a")[0] == treated(low, **of).table.column("a").min()


def test_box_cox_of_power_zero_is_the_logarithm() -> None:
    zero = treated(FAR, first={"method": "box_cox", "power": 0}, then=None).table.column("a")
    np.testing.assert_allclose(zero, np.log(np.array(FAR)))


def test_box_cox_finds_the_power_that_makes_a_lognormal_column_normal() -> None:
    rng = np.random.default_rng(3)
    column = (np.exp(rng.normal(3, 0.5, 4000))).tolist()
    found = treated(column, first={"method": "box_cox"}, then=None, when="always")
    power = float(found.log[0].steps[0].removeprefix("box_cox(").removesuffix(")"))
    assert abs(power) < 0.25
    assert abs(found.log[0].skew[1]) < 0.1


def test_an_indicator_may_have_a_treatment_of_its_own_or_none() -> None:
    of = data({"a": FAR, "b": FAR, "c": FAR})
    own = {"a": "none", "b": {"first": {"method": "log_shift"}, "then": None}}
    found = treating.treat(of.raw, Treat.model_validate({"indicators": own}))
    assert {one.code: one.steps for one in found.log} == {"b": ("log_shift",), "c": ("winsorise",)}


def test_what_an_own_treatment_leaves_out_is_as_in_the_default_and_not_as_shipped() -> None:
    settings = Treat.model_validate(
        {"default": {"limits": {"skew": 50}}, "indicators": {"a": {"then": None}, "b": {"limits": {"skew": 1}}}}
    )
    found = treating.treat(data({"a": FAR, "b": FAR}).raw, settings)
    assert [one.code for one in found.log] == ["b"]


def test_a_treatment_for_an_unknown_indicator_is_refused() -> None:
    with pytest.raises(InvalidInput) as fault:
        treating.treat(data({"a": FAR}).raw, Treat.model_validate({"indicators": {"z": "none"}}))
    assert "treat.indicators.z: there is no such indicator" in refused(fault)


@pytest.mark.parametrize("column", [[3.0] * 9, [NONE] * 9, [1.0, NONE, NONE]])
def test_a_constant_an_empty_and_a_lone_column_pass_untouched(column: list[float]) -> None:
    found = treated(column)
    np.testing.assert_array_equal(found.table.column("a"), column)
    assert found.log == ()


def test_the_gii_logarithm_is_refused_on_shares() -> None:
    with pytest.raises(InvalidInput) as fault:
        treated([x / 1000 for x in FAR], first={"method": "log_gii"})
    assert "log_gii brings a to 1 … its highest figure, which is 0.5" in refused(fault)


def test_each_period_is_judged_alone_unless_the_scope_is_global() -> None:
    of = data(
        {"a": [*FAR, *[x + 490 for x in CALM]]},
        units=[*(f"u{k}" for k in range(11)), *(f"u{k}" for k in range(10))],
        times=["2025"] * 11 + ["2026"] * 10,
    )
    assert len(treating.treat(of.raw, Treat()).log) == 1
    assert treating.treat(of.raw, Treat(scope="global")).log == ()


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=4, max_size=40))
@settings(max_examples=60)
def test_the_two_ways_of_reckoning_the_moments_agree(column: list[float]) -> None:
    x = np.array(column)
    assume(np.ptp(x) > 1e-3)
    skew, kurtosis = moments(x[:, None])
    np.testing.assert_allclose(shape(x), (skew[0], kurtosis[0]), rtol=1e-7, atol=1e-9)


@given(st.lists(st.integers(-1000, 1000), min_size=4, max_size=40))
@settings(max_examples=60)
def test_winsorising_never_turns_an_order_round_and_never_leaves_the_range(column: list[int]) -> None:
    found = treated([float(x) for x in column], then=None)
    after = found.table.column("a")
    order = np.argsort(column, kind="stable")
    assert (np.diff(after[order]) >= 0).all()
    assert min(column) <= after.min()
    assert after.max() <= max(column)
    untouched = found.marks[:, 0] == 0
    assert after[untouched].tolist() == np.array(column, dtype=float)[untouched].tolist()


def test_the_touched_points_are_told_by_the_provenance_of_a_cell() -> None:
    run = compute(data({"a": FAR}), framework(["a"]), spec(treat={}))
    from huying.analytics.composite.provenance import spelled

    assert [spelled(int(code)) for code in run.origins[-2:, 0]] == ["reported", "winsorised_high"]


def test_what_shall_always_be_transformed_is_also_with_two_figures() -> None:
    always = {"first": {"method": "log_shift"}, "then": None, "when": "always"}
    found = treated([1, NONE, 50], **always)
    np.testing.assert_allclose(found.table.column("a"), [0, NONE, np.log(50)])
    assert found.marks[:, 0].tolist() == [TRANSFORMED, 0, TRANSFORMED]
    assert treated([7, 7], **always).log == ()


def test_a_power_beyond_what_a_number_holds_is_refused() -> None:
    with pytest.raises(InvalidInput) as fault:
        treated(FAR, first={"method": "box_cox", "power": 200}, then=None)
    assert "box_cox with power 200 takes a beyond what a number can hold" in refused(fault)


def test_box_coxs_power_is_the_one_scipy_finds() -> None:
    from scipy import stats

    column = np.random.default_rng(3).lognormal(0, 1.2, 40)
    found = treated(column.tolist(), first={"method": "box_cox"}, then=None, when="always")
    shifted = column - column.min() + 1
    np.testing.assert_allclose(
        found.table.column("a"), stats.boxcox(shifted, stats.boxcox_normmax(shifted, method="mle")), rtol=1e-5
    )
