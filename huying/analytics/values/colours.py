"""The colour of a value by a definition's thresholds. Pure."""

from __future__ import annotations

from datetime import date

from huying.analytics.definitions import Grade
from huying.analytics.indicators.schema import IndicatorRow


def colour(row: IndicatorRow, level: str, value: float | None, on: date) -> Grade | None:
    """By the threshold in force that day for places of the level; None where there is none, or no value, or no direction."""
    threshold = row.threshold(level, on)
    if threshold is None or value is None or row.direction == "none":
        return None
    sign = 1 if row.direction == "higher" else -1
    if sign * value >= sign * threshold.green:
        return Grade.GREEN
    if sign * value >= sign * threshold.yellow:
        return Grade.YELLOW
    return Grade.ORANGE if threshold.orange is not None and sign * value >= sign * threshold.orange else Grade.RED
