"""An early signal is raised on what the past doesn't explain, and only where there is a past to speak of."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.analytics.forecasting import Backtest, backtest, carries, forecast, windows

counts = st.lists(st.integers(min_value=10, max_value=500), min_size=8, max_size=60)


def test_seven_days_are_summed_from_the_last_backwards():
    assert windows([100, *range(1, 15)]) == [sum(range(1, 8)), sum(range(8, 15))]


@pytest.mark.parametrize(
    ("history", "why"),
    [([30] * 7, "seven weeks are too few"), ([9] * 40, "nine a week are too few"), ([], "nothing is known")],
)
def test_a_history_that_does_not_carry_it_is_not_forecast(history, why):
    assert forecast(history) is None, why
    assert backtest(history) == Backtest()


def test_eight_weeks_of_ten_carry_it():
    assert carries([10] * 8)
    made = forecast([10] * 8)
    assert made is not None
    assert (made.expected, made.windows, made.years) == (10.0, 8, 0)


@given(counts, st.sampled_from([0.8, 0.95, 0.99]))
def test_what_is_expected_lies_within_and_a_surer_interval_is_no_narrower(history, confidence):
    made, surer = forecast(history, confidence), forecast(history, (1 + confidence) / 2)
    assert made is not None
    assert surer is not None
    assert made.low <= made.expected <= made.high + 1
    assert surer.low <= made.low
    assert made.high <= surer.high


@given(counts)
def test_the_interval_is_at_least_as_wide_as_chance_alone_makes_it(history):
    made = forecast(history, 0.99)
    assert made is not None
    assert made.high - made.expected > 2 * math.sqrt(made.expected)


def test_steady_weeks_fall_inside_about_as_often_as_promised():
    chance = np.random.default_rng(20261122)
    done = [backtest([int(n) for n in chance.poisson(40, 80)], 0.95) for _ in range(30)]
    inside = sum(one.inside for one in done) / sum(one.windows for one in done)
    assert 0.93 < inside < 0.985
    assert all(one.trusted for one in done)


def test_a_lasting_rise_is_signalled_and_counted_as_a_hit():
    steady = [40, 42, 38, 41, 39, 40, 43, 37] * 3
    tried = backtest([*steady, 90, 95], 0.99)
    assert (tried.signals, tried.judged, tried.hits) == (2, 1, 1)


def test_a_passing_peak_is_a_signal_but_no_hit():
    tried = backtest([40, 42, 38, 41, 39, 40, 43, 37] * 3 + [90, 40], 0.99)
    assert (tried.signals, tried.judged, tried.hits) == (1, 1, 0)


def test_an_old_outbreak_does_not_hide_the_next_one():
    steady = [40, 42, 38, 41, 39, 40, 43, 37, 40, 41, 39, 42]
    with_peak, without = forecast([*steady[:6], 160, *steady[6:]]), forecast([*steady[:6], 40, *steady[6:]])
    assert with_peak is not None
    assert without is not None
    assert with_peak.expected < np.mean([*steady, 160])
    assert with_peak.high < 160


def test_two_years_give_the_season():
    """Every year the same fortnight has three times as many; without the season it would be an alarm each time."""
    year = [30] * 52
    for week in (24, 25, 26, 27, 28):
        year[week] = 90
    made = forecast([*year, *year, *year[:26]], 0.99)
    assert made is not None
    assert made.years == 2
    assert made.low <= 90 <= made.high
    early = forecast(year[:26], 0.99)
    assert early is not None
    assert early.years == 0


def test_a_past_that_was_forecast_badly_raises_no_signals():
    assert not Backtest(windows=20, inside=15).trusted
    assert not Backtest(windows=7, inside=7).trusted
    assert Backtest(windows=20, inside=16).trusted
