"""Is this week's number of matters more than the weeks before let one expect? Pure: counts in, an interval out.

A window is seven days, so the rhythm of the week is in every window alike. The interval is quasi-Poisson with past outbreaks
weighted down: Farrington, Andrews, Beale and Catchpole, "A statistical algorithm for the early detection of outbreaks of
infectious disease", J. R. Statist. Soc. A 159 (1996) 547-563. Past years give the season where at least two of them are held.

Only a history that carries it is forecast: `carries` says the rule. Counts of matters at places, never of persons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WINDOW_DAYS = 7
LEAST_WINDOWS = 8  # 56 days
BASE_WINDOWS = 13  # a quarter: what stands for "now"
LEAST_MEAN = 10.0
YEAR_WINDOWS = 52
LEAST_YEARS = 2
SEASON_REACH = 2  # windows each side: the lunar new year moves by weeks
LEAST_JUDGED = 8
LEAST_INSIDE = 0.8

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Forecast:
    """What to expect of the next window: mean, and the interval from `low` to `high`, both inside it.

    windows: how many of the past it rests on. years: of how many past years the season was taken; 0 without.
    """

    expected: float
    low: int
    high: int
    windows: int
    years: int


@dataclass(frozen=True)
class Backtest:
    """What the same method would have said in the past, each window forecast from those before it alone.

    windows: forecast so; inside: of these, within the interval. signals: above it; judged: signals with a window after them;
    hits: of these, the window after lay above the interval too, so that it was no passing chance.
    """

    windows: int = 0
    inside: int = 0
    signals: int = 0
    judged: int = 0
    hits: int = 0

    @property
    def trusted(self) -> bool:
        return self.windows >= LEAST_JUDGED and self.inside >= LEAST_INSIDE * self.windows


def windows(days: Sequence[int]) -> list[int]:
    """Daily counts, oldest first, as sums of seven days that end with the last day; what is left at the beginning is dropped."""
    spare = len(days) % WINDOW_DAYS
    return [sum(days[start : start + WINDOW_DAYS]) for start in range(spare, len(days), WINDOW_DAYS)]


def carries(history: Sequence[int]) -> bool:
    """At least eight whole windows (56 days), and a mean of at least ten records a window over the last quarter."""
    return len(history) >= LEAST_WINDOWS and float(np.mean(history[-BASE_WINDOWS:])) >= LEAST_MEAN


def forecast(history: Sequence[int], confidence: float = 0.99) -> Forecast | None:
    """The next window, from those before it (oldest first). confidence: of the two-sided interval, 0 to 1.

    None where the history doesn't carry it.
    """
    from scipy import stats

    if not carries(history):
        return None
    past = np.asarray(history, dtype=np.float64)
    base = past[-BASE_WINDOWS:]
    mean, dispersion, weight = _level(base)
    factor, uncertain, years = _season(past)
    expected = mean * factor
    # Var(next) = scatter of one window about its mean + what isn't known of that mean and of the season.
    variance = dispersion * (expected + expected**2 * (1 / (mean * weight) + uncertain))
    tails = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    if variance > expected * (1 + 1e-9):
        size = expected**2 / (variance - expected)
        low, high = stats.nbinom.ppf(tails, size, size / (size + expected))
    else:
        low, high = stats.poisson.ppf(tails, expected)
    return Forecast(expected, int(low), int(high), len(base), years)


def _level(base: Counts) -> tuple[float, float, float]:
    """The weighted mean, the dispersion (1 at least) and the sum of weights; what stands out above is weighted down."""
    n = len(base)
    mean = float(base.mean())
    dispersion = max(1.0, float(((base - mean) ** 2).sum()) / ((n - 1) * mean))
    # Anscombe residuals, standardised by the leverage 1/n (Farrington and others, section 3.6).
    residual = 1.5 * (base ** (2 / 3) - mean ** (2 / 3)) / (mean ** (1 / 6) * np.sqrt(dispersion * (1 - 1 / n)))
    weights = np.where(residual > 1, 1 / np.maximum(residual, 1) ** 2, 1.0)
    weights *= n / weights.sum()
    mean = float((weights * base).sum() / weights.sum())
    scatter = float((weights * (base - mean) ** 2).sum())
    return mean, max(1.0, scatter / ((n - 1) * mean)), float(weights.sum())


def _season(past: Counts) -> tuple[float, float, int]:
    """How past years went from the quarter before to this window; its relative variance, undispersed; how many years."""
    here = len(past)
    years = (here - BASE_WINDOWS) // YEAR_WINDOWS
    if years < LEAST_YEARS:
        return 1.0, 0.0, 0
    then = before = 0.0
    for year in range(1, years + 1):
        at = here - year * YEAR_WINDOWS
        then += float(past[at - SEASON_REACH : at + SEASON_REACH + 1].sum())
        before += float(past[at - BASE_WINDOWS : at].sum())
    if then == 0 or before == 0:
        return 1.0, 0.0, 0
    return (then / (2 * SEASON_REACH + 1)) / (before / BASE_WINDOWS), 1 / then + 1 / before, years


def backtest(history: Sequence[int], confidence: float = 0.99) -> Backtest:
    """The method tried on the past: the hit rate that is shown beside its signals."""
    told = inside = signals = judged = hits = 0
    for at in range(LEAST_WINDOWS, len(history)):
        made = forecast(history[:at], confidence)
        if made is None:
            continue
        told += 1
        inside += made.low <= history[at] <= made.high
        if history[at] > made.high:
            signals += 1
            if at + 1 < len(history):
                judged += 1
                hits += history[at + 1] > made.high
    return Backtest(told, inside, signals, judged, hits)
