"""After a change only what it touches is reckoned anew, and the result is that of reckoning everything, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huying.analytics.composite.reading import Data, replaced
from huying.analytics.composite.run import Run, compute
from huying.analytics.composite.spec import Spec
from huying.analytics.composite.tests.made import NONE, data, framework

CODES = tuple("abcdef")
TREE = framework({"P": CODES[:3], "Q": CODES[3:]}, down=["b"], groups=["kind"])
RNG = np.random.default_rng(4)
N = 24


def figures(seed: int) -> Data:
    rng = np.random.default_rng(seed)
    made = rng.lognormal(0, 1.5, (2 * N, 6))
    made[rng.random(made.shape) < 0.1] = NONE
    return data(
        {code: made[:, k] for k, code in enumerate(CODES)},
        units=[f"u{k}" for k in range(N)] * 2,
        times=["2025"] * N + ["2026"] * N,
        groups={"kind": ["hill", "city"] * N},
    )


SPECS: dict[str, dict[str, object]] = {
    "standard": {},
    "by pillar": {"impute": {"method": "pillar_mean"}},
    "over time": {"impute": {"method": "linear", "ends": "nearest"}, "treat": {"scope": "global"}},
    "own scales": {"normalise": {"scope": "per_period", "indicators": {"c": {"method": "rank"}}}},
    "an order": {"aggregate": {"levels": {2: {"method": "copeland"}}}},
    "weights from data": {"weights": {"methods": [{"method": "entropy", "parents": ["P", "Index"]}]}},
    "rules": {
        "adjust": {"rules": [{"kind": "deduction", "name": "d", "node": "P", "code": "a", "each": 1, "at_most": 9}]}
    },
}


def same(one: Run, other: Run) -> None:
    for name in ("denominated", "rates", "imputed", "scores"):
        a, b = getattr(one, name), getattr(other, name)
        assert (a.units, a.times, a.columns) == (b.units, b.times, b.columns)
        np.testing.assert_array_equal(a.values.view(np.int64), b.values.view(np.int64), err_msg=name)
    np.testing.assert_array_equal(one.treated.marks, other.treated.marks)
    np.testing.assert_array_equal(one.origins, other.origins)
    assert one.treated.log == other.treated.log
    assert one.normalised.scales == other.normalised.scales
    assert one.aggregated.weights == other.aggregated.weights
    assert repr(one.adjusted and one.adjusted.log) == repr(other.adjusted and other.adjusted.log)


changes = st.lists(
    st.tuples(st.integers(0, 2 * N - 1), st.integers(0, 5), st.one_of(st.just(NONE), st.floats(0.01, 500))), max_size=6
)


@pytest.mark.parametrize("name", SPECS)
@given(seed=st.integers(0, 5), changed=changes)
@settings(max_examples=12)
def test_changed_figures_give_what_reckoning_all_gives(
    name: str, seed: int, changed: list[tuple[int, int, float]]
) -> None:
    spec = Spec.model_validate({"screen": {"minimum_available": 0.5}, **SPECS[name]})
    before = figures(seed)
    values = before.raw.values.copy()
    for row, column, value in changed:
        values[row, column] = value
    after = replaced(before, values)
    first = compute(before, TREE, spec)
    same(compute(after, TREE, spec, previous=first), compute(after, TREE, spec))


@pytest.mark.parametrize("first", SPECS)
@pytest.mark.parametrize("second", SPECS)
def test_changed_settings_give_what_reckoning_all_gives(first: str, second: str) -> None:
    of = figures(1)
    before = compute(of, TREE, Spec.model_validate(SPECS[first]))
    spec = Spec.model_validate(SPECS[second])
    same(compute(of, TREE, spec, previous=before), compute(of, TREE, spec))


def test_only_the_column_that_changed_is_treated_and_scaled_again() -> None:
    of = figures(2)
    first = compute(of, TREE)
    values = of.raw.values.copy()
    values[0, 2] = 77
    again = compute(replaced(of, values), TREE, previous=first)
    assert again.reused == dict.fromkeys(("impute", "treat", "normalise"), "5 of 6 columns")
    assert compute(of, TREE, previous=first).reused == dict.fromkeys(("prepare", "impute", "treat", "normalise"), "all")


def test_a_run_of_another_framework_or_other_units_is_no_help_and_no_harm() -> None:
    of = figures(3)
    first = compute(of, framework({"P": CODES[:3], "Q": CODES[3:]}, weights={"a": 2}, groups=["kind"]))
    same(compute(of, TREE, previous=first), compute(of, TREE))
    fewer = of.keep(np.arange(2 * N) % 5 > 0)
    same(compute(fewer, TREE, previous=compute(of, TREE)), compute(fewer, TREE))
