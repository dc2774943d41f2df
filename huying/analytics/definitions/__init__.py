"""Indicators as data: read, checked, and brought to the measures the lake counts."""

from huying.analytics.definitions.model import (
    Count,
    Definitions,
    Direction,
    Grade,
    Indicator,
    Median,
    Split,
    Threshold,
    Unit,
)
from huying.analytics.definitions.reading import load, shipped

__all__ = [
    "Count",
    "Definitions",
    "Direction",
    "Grade",
    "Indicator",
    "Median",
    "Split",
    "Threshold",
    "Unit",
    "load",
    "shipped",
]
