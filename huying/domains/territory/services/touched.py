"""What a change of divisions touches elsewhere: the domains above count their own records, territory knows none of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from huying.kernel.words import Words


@dataclass(frozen=True)
class Touched:
    """So many records of a kind (n as a page shows it), what becomes of them, and where to see them."""

    words: Words
    n: str
    fate: Words
    url: str = ""


Counter = Callable[[Sequence[str], date], Touched]
_counters: dict[str, Counter] = {}


def on_change_preview(name: str, counter: Counter) -> None:
    """`counter(codes, on)` counts what hangs on these divisions themselves or on anything below them."""
    _counters[name] = counter


def touched(codes: Sequence[str], on: date) -> list[Touched]:
    return [counter(codes, on) for counter in _counters.values()]
