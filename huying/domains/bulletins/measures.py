"""How the values of a line are written: the program's own units, and whatever unit a pack's indicator has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from huying.analytics import figures, values
from huying.analytics.definitions import Unit
from huying.analytics.report import change_words

FORMATS = {Unit.COUNT: "#,##0", Unit.SHARE: "0.0%", Unit.DAYS: "0.0"}
SIGNED = {Unit.COUNT: "+#,##0;-#,##0;0", Unit.DAYS: "+0.0;-0.0;0.0"}


@dataclass(frozen=True)
class Measure:
    """own: one of the program's own units, whose shares are 0 to 1. Else `unit` as people write it; "%" is of 0 to 100."""

    own: Unit | None
    unit: str = ""

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Measure:
        """Of a line of a report's content."""
        if "defined" in line:
            return cls(None, line["unit"])
        return cls(Unit(line["unit"]))

    @property
    def share(self) -> bool:
        return self.own is Unit.SHARE or self.unit == "%"

    @property
    def named(self) -> str:
        """The unit as it stands behind the indicator's name: （件）; "" where it stands behind each value or there is none."""
        return _("（%(unit)s）") % {"unit": self.unit} if self.unit not in ("", "%", "‰") else ""

    def shown(self, value: float | None) -> str:
        if self.own is not None or value is None:
            return figures.shown(self.own or Unit.COUNT, value)
        return values.written(self.unit, value)

    def change(self, difference: float | None, growth: float | None = None) -> str:
        """growth: relative; shares are told apart by points, everything else in per cent where that is known, with two decimals
        as public bulletins have it: -28.82%."""
        if self.own is not None:
            return change_words(self.own, difference)
        if difference is None:
            return "—"
        if self.unit == "%":
            return change_words(Unit.SHARE, difference / 100)
        if growth is not None:
            return f"{round(growth * 100, 2) + 0.0:+.2f}%"
        return f"{difference:+,.{values.decimals(difference)}f}"

    def drawn(self, value: float | None) -> float | None:
        """As a chart takes it: shares 0 to 1."""
        return value / 100 if value is not None and self.unit == "%" else value

    def points(self, difference: float | None) -> float | None:
        """The difference of two shares in points of a hundred; what rounds to nothing is nothing, not -0.0."""
        if difference is None:
            return None
        found = difference * 100 if self.own is not None else difference
        return 0.0 if round(found, 1) == 0 else found

    def sheet_format(self, *, signed: bool = False) -> str:
        """As a spreadsheet writes it."""
        if signed and self.share:
            said = _("百分点")
            return f'+0.0"{said}";-0.0"{said}";0.0"{said}"'
        if self.own is not None:
            return (SIGNED if signed else FORMATS)[self.own]
        if self.unit == "%":
            return '#,##0.0"%"'
        shape = GROWN if self.unit == GROWTH.unit else "#,##0.###"
        return f"+{shape};-{shape};0" if signed else shape


GROWN = "0.00%"
# How a relative change, 0 to 1, is written in a cell of its own.
GROWTH = Measure(None, "growth")
