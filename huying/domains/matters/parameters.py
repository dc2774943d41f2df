"""The numbers a matter's life hangs on, read from the rulebook by date; never written in code."""

from datetime import date, timedelta

from huying.domains.rulebook import queries as rulebook


def number(key: str, on: date, division: str = "") -> int:
    """A whole number of the rulebook. Raises RuleMissing when it holds none for the day."""
    return int(rulebook.parameter(key, on, division))


def value(key: str, on: date, division: str = "") -> timedelta:
    """A number of days of the rulebook, as a span."""
    return timedelta(days=number(f"{key}_days", on, division))
