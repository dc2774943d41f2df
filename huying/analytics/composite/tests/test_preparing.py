"""Denominators, few cases and screening: what is divided, drawn in, left out, and why."""

from __future__ import annotations

import numpy as np
import pytest

from huying.analytics.composite import preparing
from huying.analytics.composite.run import compute
from huying.analytics.composite.spec import Denominate, Screen, SmallNumbers
from huying.analytics.composite.tests.made import NONE, data, framework, refused, spec
from huying.kernel.errors import InvalidInput

FRAMEWORK = framework(["fires", "trust"], denominators={"fires": "people"})
DATA = data(
    {"fires": [1, 4, 30, NONE], "trust": [90, 80, 70, 60]}, denominators={"people": [1_000, 2_000, 10_000, NONE]}
)


def test_a_count_becomes_a_rate_per_ten_thousand() -> None:
    by = preparing.denominators(FRAMEWORK, Denominate(scale={"fires": 10_000}))
    found = preparing.denominate(DATA, by)
    np.testing.assert_allclose(found.column("fires"), [10, 20, 30, NONE])
    np.testing.assert_array_equal(found.column("trust"), [90, 80, 70, 60])


@pytest.mark.parametrize("people", [0, -5])
def test_a_denominator_of_zero_is_an_error_and_no_infinity(people: float) -> None:
    wrong = data({"fires": [1, 2], "trust": [1, 2]}, denominators={"people": [people, 10]})
    with pytest.raises(InvalidInput) as fault:
        preparing.denominate(wrong, preparing.denominators(FRAMEWORK, Denominate()))
    assert f"people of u1 is {people:g}, and fires is divided by it" in refused(fault)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"by": {"fire": "people"}}, "denominate.by.fire: there is no such indicator"),
        ({"by": {"trust": "homes"}}, "denominate.by.trust: there is no denominator 'homes'"),
        ({"scale": {"trust": 100}}, "denominate.scale.trust: trust is divided by nothing"),
    ],
)
def test_a_denominator_setting_without_effect_is_an_error(settings: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        preparing.denominators(FRAMEWORK, Denominate.model_validate(settings))
    assert said in refused(fault)


def test_a_rate_on_few_is_drawn_to_the_mean_and_one_on_many_keeps_its_own() -> None:
    rng = np.random.default_rng(7)
    people = np.array([20.0] * 30 + [200_000.0] * 30)
    true = rng.gamma(20, 0.02 / 20, 60)
    fires = rng.poisson(true * people).astype(float)
    many = data({"fires": fires, "trust": np.arange(60.0)}, denominators={"people": people})
    by = preparing.denominators(FRAMEWORK, Denominate())
    rates = preparing.denominate(many, by)
    drawn = preparing.shrink(many, rates, by, SmallNumbers(shrink=("fires",))).column("fires")
    own, mean = rates.column("fires"), fires.sum() / people.sum()
    kept = np.abs(drawn - mean) / np.abs(own - mean)
    assert kept[:30].max() < 0.3
    assert kept[30:].min() > 0.9
    assert np.abs(drawn[:30] - true[:30]).mean() < np.abs(own[:30] - true[:30]).mean() / 2


def test_where_the_spread_is_chance_alone_every_place_gets_the_common_rate() -> None:
    same = data({"fires": [0, 1, 2, 1], "trust": [1, 2, 3, 4]}, denominators={"people": [10, 10, 10, 10]})
    by = preparing.denominators(FRAMEWORK, Denominate())
    drawn = preparing.shrink(same, preparing.denominate(same, by), by, SmallNumbers(shrink=("fires",)))
    np.testing.assert_allclose(drawn.column("fires"), [0.1] * 4)


def test_a_place_is_drawn_to_the_mean_of_its_own_group() -> None:
    two = data(
        {"fires": [0, 2, 10, 12], "trust": [1, 2, 3, 4]},
        denominators={"people": [100.0] * 4},
        groups={"kind": ["hill", "hill", "city", "city"]},
    )
    by = preparing.denominators(FRAMEWORK, Denominate())
    drawn = preparing.shrink(two, preparing.denominate(two, by), by, SmallNumbers(shrink=("fires",), toward="kind"))
    np.testing.assert_allclose(drawn.column("fires"), [0.01, 0.01, 0.11, 0.11])


def test_shrinking_what_is_no_rate_is_refused() -> None:
    by = preparing.denominators(FRAMEWORK, Denominate())
    with pytest.raises(InvalidInput) as fault:
        preparing.shrink(DATA, DATA.raw, by, SmallNumbers(shrink=("trust",)))
    assert "trust is no indicator with a denominator" in refused(fault)


def test_a_minimum_n_without_any_denominator_is_refused_instead_of_ignored() -> None:
    with pytest.raises(InvalidInput) as fault:
        compute(data({"a": [1, 2]}), framework(["a"]), spec(small_numbers={"minimum_n": 10}))
    assert "small_numbers.minimum_n is set, but no indicator has a denominator" in refused(fault)


def test_a_unit_with_too_few_figures_is_left_out_with_its_reason() -> None:
    some = data({"a": [1, NONE, 3], "b": [1, NONE, NONE], "c": [1, 2, 3]})
    found = preparing.screen(some.raw, Screen(minimum_available=0.6))
    assert found.kept.tolist() == [True, False, True]
    assert found.reasons == {1: "1 of 3 indicators available"}


def test_a_unit_of_zeros_is_left_out_only_when_asked() -> None:
    zeros = data({"a": [0, 1], "b": [0, 1]})
    assert preparing.screen(zeros.raw, Screen()).kept.all()
    assert preparing.screen(zeros.raw, Screen(by="zeros")).kept.tolist() == [False, True]


def test_names_override_the_screening() -> None:
    some = data({"a": [1, NONE, 3]})
    found = preparing.screen(some.raw, Screen(include=("u2",), exclude=("u3",)))
    assert found.kept.tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Screen(include=("u9",)), "screen.include: there is no unit u9"),
        (Screen(include=("u1",), exclude=("u1",)), "u1 is both included and excluded"),
        (Screen(exclude=("u1", "u2")), "no unit passes the screening (excluded by name)"),
    ],
)
def test_a_screening_that_cannot_be_is_refused(settings: Screen, said: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        preparing.screen(data({"a": [1, 2]}).raw, settings)
    assert said in refused(fault)


def test_a_place_of_no_known_group_keeps_its_own_rate() -> None:
    """Those whose group is not known are no group."""
    some = data(
        {"fires": [0, 2, 1, 9], "trust": [1, 2, 3, 4]},
        denominators={"people": [100.0] * 4},
        groups={"kind": ["hill", "hill", "", ""]},
    )
    by = preparing.denominators(FRAMEWORK, Denominate())
    drawn = preparing.shrink(some, preparing.denominate(some, by), by, SmallNumbers(shrink=("fires",), toward="kind"))
    np.testing.assert_allclose(drawn.column("fires"), [0.01, 0.01, 0.01, 0.09])
