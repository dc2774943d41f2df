"""The lines of a report's figures as cells: value and colour, changes, ranks; of defined ones also where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from huying.analytics.definitions import Grade
from huying.analytics.definitions.model import GRADE_SHAPES, GRADE_WORDS
from huying.domains.bulletins.blocks import Block, Cell, Table
from huying.domains.bulletins.measures import GROWTH, Measure
from huying.kernel.words import listed

# So many places that delivered nothing are named.
MISSING = 6


class Lines:
    """short: "zh" or "en", the language of the content's own words."""

    def __init__(self, short: str) -> None:
        self.short = short

    def say(self, pair: dict[str, str] | None) -> str:
        return pair[self.short] if pair else ""

    def row(self, line: dict[str, Any]) -> tuple[Cell, ...]:
        measure, rank = Measure.of(line), line["rank"]
        return (
            Cell(self.say(line["name"]) + measure.named),
            self.value(line["now"], measure),
            Cell(_counts(line["now"])),
            self.value(line["before"], measure, graded=False),
            self._change(line, measure, "change", "growth"),
            self.value(line["year_before"], measure, graded=False),
            self._change(line, measure, "year_change", "year_growth"),
            Cell(f"{rank['place']}/{rank['of']}" if rank else "—"),
        )

    @staticmethod
    def _change(line: dict[str, Any], measure: Measure, change: str, growth: str) -> Cell:
        difference, relative = line[change], line.get(growth)
        text = measure.change(difference, relative)
        if relative is not None and not measure.share:
            return Cell(text, relative, GROWTH, signed=True)
        return Cell(text, difference, measure, signed=True)

    def behind(self, lines: list[dict[str, Any]]) -> Iterator[Block]:
        """Of what a pack or a screen defines: where it comes from, who hasn't delivered, whether the target is met."""
        rows = tuple(
            (
                Cell(self.say(line["name"])),
                Cell(self._sources(line)),
                Cell(self._delivered(line)),
                Cell(self._held(line)),
            )
            for line in lines
        )
        yield Table((_("指标"), _("来源"), _("已报／应报"), _("目标和比较")), rows, (0.24, 0.3, 0.22, 0.24))

    def _sources(self, line: dict[str, Any]) -> str:
        said = [
            _("%(name)s（演示生成）") % {"name": self.say(source)} if source["generated"] else self.say(source)
            for source in line["sources"]
        ]
        if line["now"]["age"]:
            said.append(_("沿用%(n)s期前的数") % {"n": line["now"]["age"]})
        return "；".join(said)

    def _delivered(self, line: dict[str, Any]) -> str:
        if not line["expected"]:
            return "—"
        said = f"{line['reported']}／{line['expected']}"
        if missing := line["missing"]:
            named = listed(missing[:MISSING])
            more = _("等%(n)s个") % {"n": len(missing)} if len(missing) > MISSING else ""
            said += _("，缺%(names)s%(more)s") % {"names": named, "more": more}
        return said

    def _held(self, line: dict[str, Any]) -> str:
        measure, said = Measure.of(line), []
        if line["target"] is not None and line["better"] != "none":
            sign = "≥" if line["better"] == "higher" else "≤"
            met = {True: _("达到"), False: _("未达到"), None: _("无数")}[line["met"]]
            said.append(_("目标%(sign)s%(target)s，%(met)s") % {
                "sign": sign, "target": measure.shown(line["target"]), "met": met,
            })  # fmt: skip
        if line["peers"]:
            said.append(_("同类第%(place)s／%(of)s") % line["peers"])
        if line["now"]["unchecked"]:
            said.append(_("报送核验未通过，不着色"))
        return "；".join(said) or "—"

    def value(self, figure: dict[str, Any], measure: Measure, graded: bool = True) -> Cell:
        if figure["value"] is None:
            return Cell(self.say(figure["absent"]) or "—")
        grade = Grade(figure["grade"]) if graded and figure["grade"] else None
        text = measure.shown(figure["value"])
        if grade:
            text = f"{GRADE_SHAPES[grade]} {text} {GRADE_WORDS[grade]}"
        return Cell(text, figure["value"], measure, grade)


def _counts(figure: dict[str, Any]) -> str:
    if figure["denominator"]:
        return f"{figure['numerator']:,}／{figure['denominator']:,}"
    return f"n={figure['n']:,}" if figure["n"] else "—"
