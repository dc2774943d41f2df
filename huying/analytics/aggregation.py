"""How the values of a measure become one, over time and over places."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from huying.kernel.packs import PackRow


class Over(StrEnum):
    """How the values of one measure become one."""

    SUM = "sum"
    AVERAGE = "average"
    COUNT = "count"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"
    PERCENTILE = "percentile"
    DISTINCT = "distinct"
    # In time only: the latest value in the period; the one on the place's last reporting day in it, even if blank; the latest
    # one up to the period's end, however old (`max_age` periods at most).
    LAST = "last"
    LAST_IN_PERIOD = "last-in-period"
    AS_OF_LAST = "as-of-last"


IN_TIME_ONLY = {Over.LAST, Over.LAST_IN_PERIOD, Over.AS_OF_LAST}


class Aggregation(PackRow):
    """In this order: first over time at each place that reports, then over the places below a node.

    percentile: 0 to 100, where either is `percentile`. max_age: how many days back `as-of-last` looks.
    """

    time: Over = Over.SUM
    tree: Over = Over.SUM
    percentile: float | None = Field(default=None, ge=0, le=100)
    max_age: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def fits(self) -> Self:
        if self.tree in IN_TIME_ONLY:
            raise ValueError(f"{self.tree} has no meaning over places: which place is last?")
        if (Over.PERCENTILE in (self.time, self.tree)) != (self.percentile is not None):
            raise ValueError("percentile: a number goes with the aggregation `percentile`, and only with it")
        if self.max_age is not None and self.time is not Over.AS_OF_LAST:
            raise ValueError("max_age goes with the aggregation `as-of-last`")
        return self
