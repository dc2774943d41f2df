"""Whatever the figures and the settings: a whole result in files, or an error that names its cure; never a warning or a crash."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from huying.analytics.composite import files
from huying.analytics.composite.run import compute
from huying.analytics.composite.spec import Spec
from huying.analytics.composite.tests.made import NONE, data, framework
from huying.kernel.errors import InvalidInput

METHODS = {
    "impute": [
        *({"method": name} for name in ("none", "mean", "median", "pillar_mean", "latest")),
        {"method": "group_mean", "group": "kind"},
        {"method": "linear", "maximum_age": 1, "ends": "nearest"},
    ],
    "first": [
        {"method": "winsorise", "max_points": 2},
        {"method": "winsorise", "max_points": None},
        *({"method": name} for name in ("log_ct", "log_ct_plus", "log_shift", "log_gii", "box_cox")),
        {"method": "box_cox", "power": 0.5},
    ],
    "normalise": [
        *({"method": name} for name in ("min_max", "z_score", "distance_to_max", "fraction_of_max", "rank", "borda")),
        *({"method": name} for name in ("percentile_rank", "efficacy", "none", "distance_to_target")),
        {"method": "goalposts", "lower": -1, "upper": 9},
        {"method": "goalposts", "quantiles": [0.1, 0.9]},
        {"method": "distance_to_reference", "unit": "u1", "cap": True},
        {"method": "min_max", "range": [1, 100]},
    ],
    "aggregate": [
        *({"method": name} for name in ("arithmetic", "geometric", "harmonic", "copeland", "mazziotta_pareto")),
        {"method": "power", "exponent": -1},
        {"method": "power", "exponent": 2, "missing": "unknown"},
        {"method": "arithmetic", "minimum_data": 0.7},
    ],
    "weights": [
        {},
        {"use": "equal"},
        *({"methods": [{"method": m, "parents": ["P"]}]} for m in ("entropy", "critic", "pca", "balanced")),
    ],
    "adjust": [
        {},
        {"rules": [{"kind": "deduction", "name": "d", "node": "P", "code": "a", "each": 1, "at_most": 3}]},
        {
            "rules": [
                {
                    "kind": "veto",
                    "name": "v",
                    "node": "Index",
                    "when": [{"code": "a", "at_least": 3}, {"code": "b", "at_most": 9}],
                    "unranked": True,
                }
            ]
        },
    ],
    "correlations": ["pearson", "spearman", "kendall", "none"],
    "constant": ["error", "middle", "unknown"],
    "scope": ["global", "per_period"],
    "screen": [{"by": "none"}, {"by": "both"}, {"minimum_available": 0.5}],
}
cells = st.one_of(st.just(NONE), st.just(0.0), st.integers(-3, 12).map(float), st.floats(-1e6, 1e6))


@given(
    chosen=st.fixed_dictionaries({name: st.sampled_from(options) for name, options in METHODS.items()}),
    units=st.integers(1, 6),
    periods=st.integers(1, 3),
    figures=st.data(),
)
@settings(max_examples=60)
def test_any_settings_on_any_figures_end_in_files_or_in_an_error_with_its_cure(
    chosen: dict[str, object], units: int, periods: int, figures: st.DataObject
) -> None:
    rows = units * periods
    table = np.array([figures.draw(st.lists(cells, min_size=rows, max_size=rows)) for _ in "abcd"])
    tree = framework({"P": ["a", "b"], "Q": ["c", "d"]}, down=["b"], denominators={"c": "people"}, groups=["kind"])
    of = data(
        {code: table[k].tolist() for k, code in enumerate("abcd")},
        units=[f"u{k + 1}" for k in range(units)] * periods,
        times=[f"{2020 + k}" for k in range(periods) for _ in range(units)],
        denominators={"people": np.arange(1.0, rows + 1).tolist()},
        groups={"kind": ["hill" if k % 3 else "" for k in range(rows)]},
    )
    spec = Spec.model_validate(
        {
            "small_numbers": {"minimum_n": 2},
            "screen": chosen["screen"],
            "impute": chosen["impute"],
            "treat": {"default": {"first": chosen["first"]}, "scope": chosen["scope"]},
            "normalise": {"default": chosen["normalise"], "constant": chosen["constant"], "scope": chosen["scope"]},
            "weights": chosen["weights"],
            "aggregate": {"default": chosen["aggregate"]},
            "adjust": chosen["adjust"],
            "results": {"groups": ["kind"]},
            "analysis": {"correlations": chosen["correlations"], "remove": [1, 2]},
            "uncertainty": {"runs": 3, "vary": [{"weights": 0.2, "levels": [1]}]},
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        try:
            run = compute(of, tree, spec)
            names = files.write(run, Path(folder))
        except InvalidInput as fault:
            told = bool(fault.message and fault.cure)
        else:
            told = sorted(names) == sorted(file.name for file in Path(folder).iterdir())
            assert not np.isinf(run.scores.values).any()
    assert told
