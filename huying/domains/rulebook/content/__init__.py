"""The rulebook as shipped: limits, parameters and the calendar, read from data files, with no database."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

from huying.domains.rulebook.content.reading import limit_versions, read_limits
from huying.kernel.deadlines import Calendar, Day, Rule
from huying.kernel.parameters import Parameter, load
from huying.kernel.words import words

HERE = Path(__file__).parent
SEEDED_YEARS = range(2004, 2027)

__all__ = ["HERE", "SEEDED_YEARS", "calendar", "calendar_days", "limit_versions", "limits", "parameters", "read_limits"]


@cache
def calendar_days() -> tuple[Day, ...]:
    """The departures from Monday-to-Friday in 2004-2026, as the State Council published them."""
    with (HERE / "calendar.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(
            Day(date.fromisoformat(row["date"]), row["kind"] == "work", words(row["zh"], row["en"]))
            for row in csv.DictReader(lines)
        )


@cache
def calendar() -> Calendar:
    return Calendar(calendar_days(), SEEDED_YEARS, version="shipped")


@cache
def limits() -> Mapping[str, tuple[Rule, ...]]:
    """Rule key → its versions, oldest first."""
    return read_limits(HERE / "limits.yaml")


@cache
def parameters() -> Mapping[str, Parameter]:
    return load(HERE / "parameters.yaml")
