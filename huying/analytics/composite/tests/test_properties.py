"""What must hold of any index, whatever the figures: order kept, units of measure forgotten, weights shared, ties told alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from huying.analytics.composite import results
from huying.analytics.composite.framework import effective, weights_of
from huying.analytics.composite.ranking import ranks
from huying.analytics.composite.run import compute
from huying.analytics.composite.tests.made import NONE, data, framework, spec

figure = st.integers(1, 40).map(float)
tables = st.integers(3, 8).flatmap(
    lambda n: st.lists(st.lists(figure, min_size=n, max_size=n), min_size=4, max_size=4).map(np.array)
)
TREE = framework({"P": ["a", "b"], "Q": ["c", "d"]}, weights={"a": 2, "Q": 3})
LOOSE = {"constant": "middle"}
MEANS = [{"method": "arithmetic"}, {"method": "geometric"}, {"method": "harmonic"}, {"method": "power", "exponent": 3}]


def columns(table: np.ndarray) -> dict[str, list[float]]:  # type: ignore[type-arg]
    return {code: table[k].tolist() for k, code in enumerate("abcd")}


@pytest.mark.parametrize("mean", MEANS, ids=lambda one: str(one["method"]))
@given(table=tables, unit=st.integers(0, 2), code=st.integers(0, 3), more=st.integers(1, 30))
@settings(max_examples=30)
def test_a_better_figure_never_lowers_a_score_on_fixed_goalposts(
    mean: dict[str, object],
    table: np.ndarray,
    unit: int,
    code: int,
    more: int,  # type: ignore[type-arg]
) -> None:
    how = spec(normalise={"default": {"method": "goalposts", "lower": -1, "upper": 100}}, aggregate={"default": mean})
    better = table.copy()
    better[code, unit] += more
    before, after = (compute(data(columns(one)), TREE, how).index for one in (table, better))
    assert after[unit] > before[unit]
    others = np.arange(len(before)) != unit
    np.testing.assert_array_equal(after[others], before[others])


@pytest.mark.parametrize("method", ["min_max", "z_score", "distance_to_max", "rank", "percentile_rank", "efficacy"])
@given(table=tables, times=st.floats(0.001, 1000), plus=st.floats(-100, 100))
@settings(max_examples=20)
def test_the_unit_of_measure_does_not_matter(
    method: str,
    table: np.ndarray,
    times: float,
    plus: float,  # type: ignore[type-arg]
) -> None:
    how = spec(normalise={"default": {"method": method}, **LOOSE})
    first = compute(data(columns(table)), TREE, how).index
    np.testing.assert_allclose(compute(data(columns(table * times + plus)), TREE, how).index, first, atol=1e-6)


@given(table=tables)
@settings(max_examples=30)
def test_turning_figure_and_direction_round_together_changes_nothing(table: np.ndarray) -> None:  # type: ignore[type-arg]
    turned = table.copy()
    turned[1] *= -1
    down = framework({"P": ["a", "b"], "Q": ["c", "d"]}, weights={"a": 2, "Q": 3}, down=["b"])
    how = spec(treat={}, normalise=LOOSE)
    first, second = compute(data(columns(table)), TREE, how), compute(data(columns(turned)), down, how)
    np.testing.assert_allclose(second.index, first.index, atol=1e-9)


@given(table=tables, order=st.randoms())
@settings(max_examples=30)
def test_the_order_of_the_rows_does_not_matter(table: np.ndarray, order: object) -> None:  # type: ignore[type-arg]
    places = list(range(table.shape[1]))
    order.shuffle(places)  # type: ignore[attr-defined]
    how = spec(normalise=LOOSE, treat={})
    np.testing.assert_allclose(
        compute(data(columns(table[:, places])), TREE, how).index,
        compute(data(columns(table)), TREE, how).index[places],
        rtol=1e-12,
    )


@given(table=tables, factor=st.floats(0.01, 100))
@settings(max_examples=20)
def test_only_the_ratio_of_weights_matters(table: np.ndarray, factor: float) -> None:  # type: ignore[type-arg]
    wide = framework({"P": ["a", "b"], "Q": ["c", "d"]}, weights={"a": 2 * factor, "b": factor, "Q": 3})
    how = spec(normalise=LOOSE)
    np.testing.assert_allclose(
        compute(data(columns(table)), wide, how).index, compute(data(columns(table)), TREE, how).index, rtol=1e-9
    )


@given(st.lists(st.floats(0.1, 9), min_size=6, max_size=6))
def test_effective_weights_of_a_level_sum_to_one(weights: list[float]) -> None:
    tree = framework(
        {"P": ["a", "b"], "Q": ["c", "d"]}, weights=dict(zip(["a", "b", "c", "d", "P", "Q"], weights, strict=True))
    )
    shares = effective(tree, weights_of(tree))
    assert sum(shares[code] for code in "abcd") == pytest.approx(1)
    assert shares["P"] + shares["Q"] == pytest.approx(1)


@given(table=tables, gone=st.sets(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=8))
@settings(max_examples=40)
def test_a_mean_over_what_is_present_lies_between_what_is_present(
    table: np.ndarray,
    gone: set[tuple[int, int]],  # type: ignore[type-arg]
) -> None:
    for code, unit in gone:
        table[code, unit] = NONE
    run = compute(data(columns(table)), TREE, spec(normalise={"default": {"method": "none"}}))
    some = ~np.isnan(table).all(axis=0)
    assert (~np.isnan(run.index)).tolist() == some.tolist()
    low, high = np.nanmin(table[:, some], axis=0), np.nanmax(table[:, some], axis=0)
    assert ((run.index[some] >= low - 1e-9) & (run.index[some] <= high + 1e-9)).all()


@given(table=tables, gone=st.integers(0, 3))
@settings(max_examples=30)
def test_one_missing_figure_leaves_its_weight_to_its_siblings_alone(table: np.ndarray, gone: int) -> None:  # type: ignore[type-arg]
    table[gone, 0] = NONE
    run = compute(data(columns(table)), TREE, spec(normalise={"default": {"method": "none"}}))
    sibling = {0: "b", 1: "a", 2: "d", 3: "c"}[gone]
    pillar = "P" if gone < 2 else "Q"
    assert run.scores.column(pillar)[0] == pytest.approx(run.scores.column(sibling)[0])
    other = "Q" if gone < 2 else "P"
    whole = {"P": 1, "Q": 3}
    mixed = (whole[pillar] * run.scores.column(pillar)[0] + whole[other] * run.scores.column(other)[0]) / 4
    assert run.index[0] == pytest.approx(mixed)


@given(table=tables)
@settings(max_examples=30)
def test_the_geometric_mean_is_never_above_the_arithmetic_nor_below_the_harmonic(table: np.ndarray) -> None:  # type: ignore[type-arg]
    found = [
        compute(
            data(columns(table)), TREE, spec(normalise={"default": {"method": "none"}}, aggregate={"default": mean})
        ).index
        for mean in MEANS[:3]
    ]
    assert (found[0] >= found[1] - 1e-9).all()
    assert (found[1] >= found[2] - 1e-9).all()


@given(st.lists(st.one_of(st.just(NONE), st.integers(0, 5).map(float)), min_size=1, max_size=12))
def test_a_rank_is_one_more_than_how_many_are_better(column: list[float]) -> None:
    found = ranks(np.array(column), best_first=True)
    for value, rank in zip(column, found, strict=True):
        if np.isnan(value):
            assert np.isnan(rank)
        else:
            assert rank == 1 + sum(other > value for other in column)


@given(table=tables)
@settings(max_examples=20)
def test_copeland_scores_sum_to_nothing_and_stand_by_dominance(table: np.ndarray) -> None:  # type: ignore[type-arg]
    how = spec(normalise={"default": {"method": "none"}}, aggregate={"default": {"method": "copeland"}})
    tree = framework(["a", "b", "c", "d"])
    found = compute(data(columns(table)), tree, how).index
    assert found.sum() == 0
    for one in range(len(found)):
        for other in range(len(found)):
            if (table[:, one] > table[:, other]).all():
                assert found[one] > found[other]


@given(table=tables)
@settings(max_examples=20)
def test_a_unit_better_at_everything_is_never_ranked_behind(table: np.ndarray) -> None:  # type: ignore[type-arg]
    run = compute(data(columns(table)), TREE, spec(treat={}, normalise=LOOSE))
    place = results.ranked(run).column("Index")
    for one in range(len(place)):
        for other in range(len(place)):
            if (table[:, one] >= table[:, other]).all() and run.index[one] != run.index[other]:
                assert place[one] < place[other] or run.index[one] - run.index[other] > -1e-9


@given(table=tables)
@settings(max_examples=20)
def test_the_same_input_gives_the_same_bits(table: np.ndarray) -> None:  # type: ignore[type-arg]
    assume(table.size > 0)
    how = spec(treat={}, normalise=LOOSE)
    first, second = (compute(data(columns(table)), TREE, how).scores.values for _ in range(2))
    assert first.tobytes() == second.tobytes()
