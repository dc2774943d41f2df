"""Correlations with their p, reliability and components against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from huying.analytics.composite import analysing
from huying.analytics.composite.run import compute
from huying.analytics.composite.tests.made import NONE, data, framework, spec

RNG = np.random.default_rng(11)
TREE = framework({"P": ["a", "b"], "Q": ["c"]})


@pytest.mark.parametrize(
    ("method", "known"),
    [("pearson", stats.pearsonr), ("spearman", stats.spearmanr), ("kendall", stats.kendalltau)],
)
def test_r_and_p_are_those_of_scipy_on_the_rows_that_both_have(method: str, known: object) -> None:
    a, b = RNG.normal(size=30), RNG.normal(size=30)
    b[:3], a[5] = NONE, NONE
    run = compute(data({"a": a, "b": b, "c": 1e9 + a}), TREE, spec())
    found = {(one.first, one.second): one for one in analysing.correlations(run.scores, TREE, method)}
    both = ~np.isnan(a) & ~np.isnan(b)
    wanted = known(a[both], b[both])  # type: ignore[operator]
    one = found["a", "b"]
    assert (one.r, one.p, one.n) == pytest.approx((wanted.statistic, wanted.pvalue, 26))
    assert found["a", "c"].r == pytest.approx(1)
    assert ("P", "Q") in found
    assert ("a", "Index") in found


def test_no_spread_or_too_few_rows_is_unknown_and_not_zero() -> None:
    of = data({"a": [1, 1, 1, 1], "b": [1, 2, 3, 4], "c": [1, NONE, NONE, 2]})
    run = compute(of, TREE, spec(normalise={"constant": "middle"}))
    found = {(one.first, one.second): one for one in analysing.correlations(run.scores, TREE)}
    assert np.isnan(found["a", "b"].r)
    assert np.isnan(found["b", "c"].r)
    assert found["b", "c"].n == 2


def test_alpha_is_one_for_twins_and_near_nought_for_strangers() -> None:
    x = RNG.normal(size=2000)
    of = data({"a": x, "b": x, "c": RNG.normal(size=2000), "d": RNG.normal(size=2000)})
    tree = framework({"P": ["a", "b"], "Q": ["c", "d"]})
    run = compute(of, tree, spec())
    alpha = {one.code: one.alpha for one in analysing.cronbach(run.scores, tree)}
    assert alpha["P"] == pytest.approx(1)
    assert abs(alpha["Q"]) < 0.15


def test_alpha_of_one_child_is_unknown() -> None:
    run = compute(data({"a": [1, 2, 3], "b": [3, 1, 2], "c": [1, 2, 3]}), TREE, spec())
    assert np.isnan({one.code: one.alpha for one in analysing.cronbach(run.scores, TREE)}["Q"])


@given(st.integers(0, 10**6))
@settings(max_examples=20)
def test_components_share_out_the_whole_variance_and_their_loadings_rebuild_the_correlations(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tree = framework(["a", "b", "c"])
    common = rng.normal(size=20)
    run = compute(data({code: common + rng.normal(size=20) for code in "abc"}), tree, spec())
    found = analysing.components(run.scores, tree)
    assert [one.number for one in found] == [1, 2, 3]
    assert found[-1].cumulative == pytest.approx(1)
    loadings = np.array([list(one.loadings.values()) for one in found])
    wanted = np.corrcoef(run.scores.values[:, :3], rowvar=False)
    np.testing.assert_allclose(loadings.T @ loadings, wanted, atol=1e-9)
