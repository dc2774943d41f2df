"""What may leave in a file, so that two files give no small number away either (docs/decisions/two-files.md).

Below the county, a period that still runs is left out: tomorrow's file less today's would be the day's few. A period that is over
may be corrected: where a place's number differs from what was last taken away by fewer than SMALL, that place and all beside it
under the same parent are left out of this file, for their parent's own change would tell the one that moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db import transaction

from huying.analytics.bench.selection import Picked
from huying.analytics.figures import SMALL, Absent
from huying.analytics.models import TakenAway
from huying.analytics.values import Value
from huying.kernel import bulk
from huying.kernel.actors import Level

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Leaving:
    """picked: with what stays here emptied. running, moved: how many values were left out, and why."""

    picked: Picked
    running: int
    moved: int


def leave(picked: Picked) -> Leaving:
    """What may be taken away now; what is, is written down."""
    left, running, moved = sifted(picked.values)
    return Leaving(replace(picked, values=left), running, moved)


def sifted(values: dict[Key, Value]) -> tuple[dict[Key, Value], int, int]:
    """The values with what stays here emptied; how many of them as their period still runs, how many as they moved a little."""
    below = {key: value for key, value in values.items() if value.node.level > Level.COUNTY and value.value is not None}
    running = {key for key, value in below.items() if value.provisional}
    with transaction.atomic():
        before = _before({key: value for key, value in below.items() if key not in running})
        groups = {
            (code, period, below[code, node, period].node.parent)
            for (code, node, period), row in before.items()
            if _moved(below[code, node, period], row)
        }
        moved = {
            key for key, value in below.items() if key not in running and (key[0], key[2], value.node.parent) in groups
        }
        _write({key: value for key, value in below.items() if key not in running and key not in moved})
    stay = running | moved
    left = {key: _emptied(value) if key in stay else _without_looks(value) for key, value in values.items()}
    return left, len(running), len(moved)


def _moved(value: Value, row: TakenAway) -> bool:
    """Whether the number is another than it was, by fewer than SMALL."""
    pairs = ((value.numerator, row.numerator), (value.n, row.n))
    return any(now is not None and then is not None and 0 < abs(now - then) < SMALL for now, then in pairs)


def _before(values: dict[Key, Value]) -> dict[Key, TakenAway]:
    periods, codes = {key[2] for key in values}, {key[0] for key in values}
    nodes = sorted({key[1] for key in values})
    found: dict[Key, TakenAway] = {}
    for start in range(0, len(nodes), 500):
        rows = TakenAway.objects.filter(
            period__in=periods, indicator__in=codes, node__in=nodes[start : start + 500]
        ).select_for_update()
        found.update(((row.indicator, row.node, row.period), row) for row in rows)
    return {key: row for key, row in found.items() if key in values}


def _write(values: dict[Key, Value]) -> None:
    bulk.insert_many(
        [
            TakenAway(indicator=code, node=node, period=period, numerator=value.numerator, n=value.n)
            for (code, node, period), value in values.items()
        ],
        unique=("period", "indicator", "node"),
        update=("numerator", "n"),
    )


def _emptied(value: Value) -> Value:
    return Value(value.entry, value.node, value.period, absent=Absent.SMALL, provisional=value.provisional)


def _without_looks(value: Value) -> Value:
    """Values of other periods go only where they are picked themselves, and so compared."""
    if value.node.level <= Level.COUNTY:
        return value
    return replace(value, previous=None, last_year=None, to_date=None)


def rows(picked: Picked) -> Iterable[list[object]]:
    """A line a value, as all files have it."""
    for entry, node, period, value in picked.cells():
        if value is None:
            continue
        yield [
            entry.code,
            str(entry.name),
            node.code,
            node.name,
            node.level.column,
            period.key,
            value.value,
            value.numerator,
            value.denominator,
            value.n,
            entry.unit,
            value.grade.value if value.grade else "",
            str(value.why_absent or ""),
            value.provisional,
        ]


COLUMNS = (
    ("indicator", "VARCHAR"),
    ("indicator_name", "VARCHAR"),
    ("division", "VARCHAR"),
    ("division_name", "VARCHAR"),
    ("level", "VARCHAR"),
    ("period", "VARCHAR"),
    ("value", "DOUBLE"),
    ("numerator", "DOUBLE"),
    ("denominator", "DOUBLE"),
    ("n", "DOUBLE"),
    ("unit", "VARCHAR"),
    ("colour", "VARCHAR"),
    ("absent", "VARCHAR"),
    ("running", "BOOLEAN"),
)
