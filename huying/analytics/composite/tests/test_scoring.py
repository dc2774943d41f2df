"""Scores of many places with another run's scales: the same to the last bit, refused where a score hangs on the others."""

from __future__ import annotations

import numpy as np
import pytest

from huying.analytics.composite import scoring
from huying.analytics.composite.run import compute
from huying.analytics.composite.scoring import Scorer
from huying.analytics.composite.tests.made import NONE, data, framework, refused, spec
from huying.kernel.errors import InvalidInput

TREE = framework({"P": ["a", "b"], "Q": ["c"]}, down=["b"])
RNG = np.random.default_rng(9)
VALUES = RNG.lognormal(size=(50, 3))
VALUES[RNG.random(VALUES.shape) < 0.1] = NONE
FIGURES = data({code: VALUES[:, k] for k, code in enumerate("abc")})


@pytest.mark.parametrize("rows", [1, 7, 50, 4096])
@pytest.mark.parametrize("mean", ["arithmetic", "geometric", "mazziotta_pareto"])
def test_block_by_block_gives_the_runs_own_scores(rows: int, mean: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "ROWS", rows)
    how = spec(normalise={"default": {"method": "min_max", "range": [1, 100]}}, aggregate={"default": {"method": mean}})
    run = compute(FIGURES, TREE, how)
    scorer = Scorer.of(run)
    found = scorer.score(run.treated.table.values)
    assert scorer.columns == run.scores.columns
    np.testing.assert_array_equal(found.view(np.int64), run.scores.values.view(np.int64))


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ({"normalise": {"scope": "per_period"}}, "are scaled per period"),
        ({"normalise": {"indicators": {"a": {"method": "rank"}}}}, "scores that are ranks"),
        ({"aggregate": {"nodes": {"P": {"method": "copeland"}}}}, "P is aggregated by copeland"),
        (
            {"adjust": {"rules": [{"kind": "deduction", "name": "d", "node": "P", "code": "a", "each": 1}]}},
            "rules after aggregation look at single units",
        ),
    ],
)
def test_what_hangs_on_other_units_cannot_be_scored_one_by_one(of: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        Scorer.of(compute(FIGURES, TREE, spec(**of)))
    assert said in refused(fault)


def test_a_figure_that_the_scale_has_no_score_for_is_named_and_gives_no_infinity() -> None:
    run = compute(FIGURES, TREE, spec(normalise={"default": {"method": "fraction_of_max"}}))
    with pytest.raises(InvalidInput) as fault:
        Scorer.of(run).score(np.asfortranarray([[1.0, 2, 3], [1, 0, 3]]))
    assert "row 2: b is 0, and fraction_of_max divides by it" in refused(fault)
