"""What is unknown is filled by the rule that was chosen, marked, and left unknown where the rule has nothing to go by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.analytics.composite.provenance import Origin
from huying.analytics.composite.run import compute
from huying.analytics.composite.tests.made import NONE, data, framework, refused, spec
from huying.kernel.errors import InvalidInput

PILLARS = framework({"P": ["a", "b"], "Q": ["c"]}, down=["b"])


def filled(settings: dict[str, object], **given: object) -> list[float]:
    of = spec(impute=settings, normalise={"constant": "middle"})
    run = compute(data(**given), framework(["a"], groups=["kind"]), of)  # type: ignore[arg-type]
    return run.imputed.column("a").tolist()


def test_by_the_mean_and_the_median_of_the_column() -> None:
    figures = {"a": [1, 2, 9, NONE]}
    assert filled({"method": "mean"}, columns=figures)[3] == 4
    assert filled({"method": "median"}, columns=figures)[3] == 2


def test_by_the_mean_of_the_units_own_group() -> None:
    kind = {"kind": ["hill", "hill", "city", "hill", "sea", ""]}
    found = filled({"method": "group_mean", "group": "kind"}, columns={"a": [1, 3, 50, NONE, NONE, NONE]}, groups=kind)
    assert found[3] == 2
    assert np.isnan(found[4])  # nobody else lies by the sea: unknown stays unknown
    assert np.isnan(found[5])  # nobody knows its group
    found = filled(
        {"method": "group_median", "group": "kind", "otherwise": "all"},
        columns={"a": [1, 3, 50, NONE, NONE, NONE]},
        groups=kind,
    )
    assert found[3:] == [2, 2.5, 2.5]  # the rest from all, those just filled among them


def test_a_group_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(InvalidInput) as fault:
        filled({"method": "group_mean", "group": "sort"}, columns={"a": [1, NONE]}, groups={"kind": ["x", "y"]})
    assert "impute.group: there is no group 'sort' — name one of kind" in refused(fault)


def test_within_a_pillar_a_unit_gets_what_its_other_figures_there_say() -> None:
    # b is better when low: u1 is best on b, so it gets the best on a; c is of another pillar and counts for nothing.
    of = data({"a": [NONE, 10, 30], "b": [2, 6, 4], "c": [0, 50, 9]})
    run = compute(of, PILLARS, spec(impute={"method": "pillar_mean"}))
    assert run.imputed.column("a").tolist() == [30, 10, 30]
    assert compute(of, PILLARS, spec(impute={"method": "none"})).imputed.column("a")[0] != 30


def test_a_constant_column_imputes_its_own_value_within_a_pillar() -> None:
    of = data({"a": [7, 7, NONE], "b": [1, 2, 3], "c": [1, 2, 3]})
    run = compute(of, PILLARS, spec(impute={"method": "pillar_mean"}, normalise={"constant": "middle"}))
    assert run.imputed.column("a").tolist() == [7, 7, 7]


TIMES = ["2025-11", "2025-12", "2026-01", "2026-03"]


def test_the_latest_figure_of_the_same_unit_counts_for_as_long_as_it_is_young_enough() -> None:
    figures = {"columns": {"a": [5, NONE, NONE, NONE]}, "units": ["E"] * 4, "times": TIMES}
    assert filled({"method": "latest"}, **figures) == [5, 5, 5, 5]
    found = filled({"method": "latest", "maximum_age": 2}, **figures)
    assert found[:3] == [5, 5, 5]
    assert np.isnan(found[3])  # three months went by, though it stands only two rows on


def test_a_line_between_two_figures_counts_months_and_not_rows() -> None:
    figures = {"columns": {"a": [0, 2, NONE, 8]}, "units": ["E"] * 4, "times": TIMES}
    assert filled({"method": "linear"}, **figures) == [0, 2, 4, 8]


def test_beyond_the_ends_nothing_is_drawn_on_unless_asked() -> None:
    figures = {"columns": {"a": [NONE, 2, 4, NONE]}, "units": ["E"] * 4, "times": TIMES}
    assert np.isnan(filled({"method": "linear"}, **figures)[0])
    assert filled({"method": "linear", "ends": "nearest"}, **figures) == [2, 2, 4, 4]


def test_a_panel_method_on_one_period_is_refused_instead_of_ignored() -> None:
    with pytest.raises(InvalidInput) as fault:
        filled({"method": "latest"}, columns={"a": [1, NONE]})
    assert "impute.method latest needs several periods" in refused(fault)


def test_each_period_is_imputed_from_itself() -> None:
    figures = {"columns": {"a": [1, NONE, 100, NONE]}, "units": ["E", "W"] * 2, "times": ["2025"] * 2 + ["2026"] * 2}
    assert filled({"method": "mean"}, **figures) == [1, 1, 100, 100]


@given(
    st.lists(st.one_of(st.none(), st.integers(-50, 50)), min_size=3, max_size=12),
    st.sampled_from(["mean", "median"]),
)
def test_what_was_known_never_changes_and_what_was_filled_is_marked(cells: list[int | None], method: str) -> None:
    column = [NONE if cell is None else float(cell) for cell in cells]
    of = data({"a": column, "b": list(range(len(column)))})
    run = compute(of, framework(["a", "b"]), spec(impute={"method": method}, normalise={"constant": "middle"}))
    known = ~np.isnan(column)
    assert run.imputed.column("a")[known].tolist() == np.array(column)[known].tolist()
    marked = (run.origins[:, 0] & Origin.IMPUTED) > 0
    assert marked.tolist() == ([False] * len(column) if not known.any() else (~known).tolist())
