"""Indicators as data: read, checked, and brought to the measures the lake counts."""

from huying.analytics.definitions.model import (
    Count,
    Definitions,
    Direction,
    Indicator,
    Median,
    Split,
    Threshold,
    Unit,
)
from huying.analytics.definitions.reading import in_force, load, shipped, text, without_own
from huying.analytics.grades import Grade

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
    "in_force",
    "load",
    "shipped",
    "text",
    "without_own",
]
