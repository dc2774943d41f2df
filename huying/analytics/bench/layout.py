"""A picked selection as a table, a chart and a map."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from django.utils.translation import gettext as _

from huying.analytics.behind import addresses
from huying.analytics.bench.selection import Axis, Part, Picked
from huying.analytics.charts import value_axis
from huying.analytics.report import period_words
from huying.analytics.showing import SHAPE_NAMES, TONES, unit_of
from huying.analytics.values import Entry, Value

MOST_SHOWN = 3000
# As many as there are inks to tell them apart by.
MOST_SERIES = 6


@dataclass(frozen=True)
class Cell:
    """number: for a spreadsheet; None where there is none, with the reason in `why`."""

    text: str
    number: float | None
    why: str
    tone: str
    shape: str
    word: str
    href: str


@dataclass(frozen=True)
class Pivot:
    """corner: what the rows are. columns: their heads; rows: (head, cells)."""

    corner: str
    columns: list[str]
    rows: list[tuple[str, list[Cell]]]
    cut: int


EMPTY = Cell("—", None, "", "", "", "", "")


def cell(value: Value | None, part: Part, href: str = "") -> Cell:
    if value is None:
        return EMPTY
    if value.value is None or part is not Part.VALUE:
        return _other(value, part)
    grade = value.grade
    return Cell(
        value.shown,
        value.value,
        "",
        TONES[grade] if grade else "",
        SHAPE_NAMES[grade] if grade else "",
        str(value.grade_words or ""),
        href,
    )


def _other(value: Value, part: Part) -> Cell:
    why = str(value.why_absent or "")
    if value.value is None:
        return Cell("—", None, why, "", "", "", "")
    if part is Part.N:
        return Cell("—" if value.n is None else f"{value.n:,.0f}", value.n, "", "", "", "", "")
    then = value.previous if part is Part.PREVIOUS else value.last_year
    return Cell(value.entry.shown(then), then, "" if then is not None else _("无可比"), "", "", "", "")


def _heads(picked: Picked) -> dict[Axis, list[tuple[str, str]]]:
    return {
        Axis.PLACE: [(node.code, node.name) for node in picked.places],
        Axis.PERIOD: [(period.key, period_words(period)) for period in picked.periods],
        Axis.INDICATOR: [(entry.code, str(entry.name)) for entry in picked.entries],
    }


def pivot(picked: Picked, most: int = MOST_SHOWN) -> Pivot:
    """Rows by the chosen axis, the two others side by side. cut: how many cells beyond `most` are left to a file."""
    heads, down = _heads(picked), picked.selection.rows
    across = [axis for axis in (Axis.INDICATOR, Axis.PLACE, Axis.PERIOD) if axis is not down]
    columns = list(product(*(heads[axis] for axis in across)))
    single = [len(heads[axis]) == 1 for axis in across]
    named = [
        " · ".join(word for (_key, word), alone in zip(column, single, strict=True) if not alone) or column[0][1]
        for column in columns
    ]
    rows, left = [], most
    part, behind = picked.selection.part, addresses()
    # Where a value's key, (indicator, place, period), finds its parts in a row's key followed by its column's.
    order = [(down, *across).index(axis) for axis in (Axis.INDICATOR, Axis.PLACE, Axis.PERIOD)]
    keys = [tuple(one for one, _word in column) for column in columns]
    total = len(heads[down]) * len(columns)
    for key, word in heads[down]:
        if left <= 0:
            break
        cells = []
        for column in keys:
            at = (key, *column)
            code, place, period = at[order[0]], at[order[1]], at[order[2]]
            value = picked.values.get((code, place, period))
            # Behind a value that records alone make up are those records.
            known = value is not None and value.value is not None and value.entry.counted
            cells.append(cell(value, part, behind(f"{code}.numerator", place, period) if known else ""))
        rows.append((word, cells))
        left -= len(columns)
    corner = {Axis.PLACE: _("区划"), Axis.PERIOD: _("期间"), Axis.INDICATOR: _("指标")}[down]
    return Pivot(corner, named, rows, max(0, total - len(rows) * len(columns)))


def chart(picked: Picked, most: int = 24) -> dict[str, Any] | None:
    """Lines over the periods, or bars over the `most` places with the greatest values where there is one period; None where
    nothing is known."""
    if len(picked.periods) > 1:
        keys = [period.key for period in picked.periods]
        lines = (
            (_name(picked, entry.name, node.name), [_number(picked, entry.code, node.code, key) for key in keys])
            for entry, node in product(_alike(picked), picked.places)
        )
        known = ((name, data) for name, data in lines if any(one is not None for one in data))
        series = list(islice(known, MOST_SERIES))
        axis = {"type": "category", "data": keys}
        if not series:
            return None
        return {
            "legend": {"type": "scroll", "top": 0},
            "grid": {"left": 8, "right": 24, "top": 40, "bottom": 8, "containLabel": True},
            "xAxis": axis,
            "yAxis": _axis(picked.entries[0]),
            "series": [{"type": "line", "name": n, "data": d, "connectNulls": False} for n, d in series],
        }
    rows = [
        (node.name, _number(picked, picked.entries[0].code, node.code, picked.periods[0].key)) for node in picked.places
    ]
    bars = sorted((row for row in rows if row[1] is not None), key=lambda row: row[1] or 0)[-most:]
    if not bars:
        return None
    return {
        "grid": {"left": 8, "right": 64, "top": 8, "bottom": 8, "containLabel": True},
        "xAxis": _axis(picked.entries[0], from_zero=True),
        "yAxis": {"type": "category", "data": [name for name, _n in bars], "axisLabel": {"interval": 0}},
        "series": [
            {
                "type": "bar",
                "barMaxWidth": 16,
                "data": [n for _name, n in bars],
                "label": {"show": True, "position": "right"},
            }
        ],
    }


def _alike(picked: Picked) -> list[Entry]:
    """The indicators that one axis can carry: those in the unit of the first."""
    return [entry for entry in picked.entries if entry.unit == picked.entries[0].unit]


def left_out(picked: Picked) -> Iterable[str]:
    """What the chart doesn't draw of the selection, in words."""
    alike = _alike(picked)
    if len(alike) < len(picked.entries):
        yield _("只画与“%(name)s”单位相同的指标") % {"name": picked.entries[0].name}
    if len(picked.periods) > 1 and (lines := len(alike) * len(picked.places)) > MOST_SERIES:
        yield _("只画前%(most)s条线，共%(lines)s条") % {"most": MOST_SERIES, "lines": lines}


def _name(picked: Picked, indicator: object, place: str) -> str:
    parts = [str(indicator)] if len(picked.entries) > 1 else []
    return " · ".join([*parts, place] if len(picked.places) > 1 or not parts else parts)


def _axis(entry: Entry, from_zero: bool = False) -> dict[str, Any]:
    """A bar is as long as its number: its axis begins at zero."""
    return {
        **value_axis(unit_of(entry) or entry.unit),
        "splitNumber": 4,
        **({"scale": True} if entry.unit == "%" and not from_zero else {}),
    }


def _number(picked: Picked, code: str, node: str, period: str) -> float | None:
    value = picked.values.get((code, node, period))
    if value is None or value.value is None:
        return None
    return plain(value, value.value)


def plain(value: Value, number: float) -> float:
    """As people read it: a counted share in per cent."""
    share = value.entry.fixed is not None and value.entry.unit == "%"
    return round(number * 100, 1) if share else round(number, 2)


def map_values(picked: Picked) -> dict[str, Any]:
    """Of the first indicator in the last period: division → tone and label, as analytics/map.js takes it."""
    entry, period = picked.entries[0], picked.periods[-1]
    found = {}
    for node in picked.places:
        value = picked.values.get((entry.code, node.code, period.key))
        made = cell(value, Part.VALUE)
        said = made.text if made.number is not None else made.why
        found[node.code] = {
            "tone": made.tone,
            "label": " ".join(part for part in (node.name, value.shape if value else "", said) if part),
        }
    return found


def n_of(picked: Picked) -> str:
    return f"{sum(value.n or 0 for value in picked.values.values() if value.value is not None):,.0f}"


def sources(picked: Picked) -> Iterable[str]:
    """How many records the shown values rest on, and up to when they are in."""
    known = [value for value in picked.values.values() if value.value is not None]
    yield _("%(known)s 个数，%(absent)s 个没有或不显示") % {
        "known": f"{len(known):,}",
        "absent": f"{len(picked.entries) * len(picked.places) * len(picked.periods) - len(known):,}",
    }
    if fresh := [value.freshness for value in known if value.freshness]:
        yield _("来源：诉求办理记录和部门报送，数据截至%(at)s") % {"at": f"{min(fresh):%Y-%m-%d %H:%M}"}
