"""The lines of a report's figures as cells: value and colour, changes, ranks; of defined ones also where they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from huying.analytics.definitions import Grade
from huying.analytics.definitions.model import GRADE_SHAPES, GRADE_WORDS
from huying.domains.bulletins.blocks import Block, Cell, Table, Text
from huying.domains.bulletins.measures import GROWTH, Measure
from huying.kernel.words import listed

# So many places that delivered nothing are named.
MISSING = 6


class Lines:
    """short: "zh" or "en", the language of the content's own words."""

    def __init__(self, short: str) -> None:
        self.short = short
        # Why there is nothing of last year is said once.
        self.told: set[tuple[str, ...]] = set()

    def say(self, pair: dict[str, str] | None) -> str:
        return pair[self.short] if pair else ""

    def table(self, lines: list[dict[str, Any]]) -> Iterator[Block]:
        """The lines with what is known of them. A column empty in every row is left out; last year's with a word about it."""
        columns: list[tuple[str, float, Callable[[dict[str, Any], Measure], Cell]]] = [
            (_("指标"), 0.17, lambda line, measure: Cell(self.say(line["name"]) + measure.named)),
            (_("本期"), 0.165, lambda line, measure: self.value(line["now"], measure)),
            (_("分子／分母（n）"), 0.135, lambda line, _measure: Cell(_counts(line["now"]))),
            (_("上期"), 0.09, lambda line, measure: self.value(line["before"], measure, graded=False)),
            (_("比上期"), 0.14, lambda line, measure: _change(line, measure, "change", "growth")),
        ]
        last_year = any(line["year_before"]["value"] is not None for line in lines)
        if last_year:
            columns += [
                (_("上年同期"), 0.095, lambda line, measure: self.value(line["year_before"], measure, graded=False)),
                (_("同比"), 0.14, lambda line, measure: _change(line, measure, "year_change", "year_growth")),
            ]
        if any(line["rank"] for line in lines):
            columns.append((_("同级排名"), 0.075, lambda line, _measure: Cell(_ranked(line["rank"]))))
        whole = sum(width for _head, width, _cell in columns)
        yield Table(
            tuple(head for head, _width, _cell in columns),
            tuple(tuple(cell(line, Measure.of(line)) for _head, _width, cell in columns) for line in lines),
            tuple(width / whole for _head, width, _cell in columns),
        )
        if lines and not last_year:
            reasons = tuple(dict.fromkeys(said for line in lines if (said := self.say(line["year_before"]["absent"]))))
            if reasons in self.told:
                return
            self.told.add(reasons)
            yield Text(
                _("上年同期没有可比的数，不列同比：%(why)s。") % {"why": listed(reasons)}
                if reasons
                else _("上年同期没有可比的数，不列同比。"),
                small=True,
            )

    def behind(self, lines: list[dict[str, Any]]) -> Iterator[Block]:
        """Of what a pack or a screen defines: where it comes from, who hasn't delivered, whether the target is met."""
        told = [
            (self.say(line["name"]), (self._sources(line), self._delivered(line), self._held(line))) for line in lines
        ]
        rows = tuple(
            (Cell(listed([name for name, _said in same])), *map(Cell, said))
            for said, same in groupby(told, key=lambda one: one[1])
        )
        head, widths = (_("指标"), _("来源"), _("已报／应报"), _("目标和比较")), (0.34, 0.24, 0.19, 0.23)
        kept = [n for n in range(len(head)) if n < 2 or any(row[n].text != "—" for row in rows)]
        whole = sum(widths[n] for n in kept)
        yield Table(
            tuple(head[n] for n in kept),
            tuple(tuple(row[n] for n in kept) for row in rows),
            tuple(widths[n] / whole for n in kept),
        )

    def generated(self, lines: list[dict[str, Any]]) -> Iterator[Block]:
        """That a demo's generator filled what is shown of these lines: for tables and charts that name no sources."""
        names = [self.say(line["name"]) for line in lines if is_generated(line)]
        if names:
            yield Text(_("%(names)s：部门数据，由演示程序生成。") % {"names": listed(names)}, small=True)

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


def is_generated(line: dict[str, Any]) -> bool:
    return any(source["generated"] for source in line.get("sources", ()))


def _change(line: dict[str, Any], measure: Measure, change: str, growth: str) -> Cell:
    difference, relative = line[change], line.get(growth)
    if measure.share:
        points = measure.points(difference)
        text = "—" if points is None else _("%(n)+.1f百分点") % {"n": points}
        return Cell(text, points, measure, signed=True)
    text = measure.change(difference, relative)
    if relative is not None:
        return Cell(text, relative, GROWTH, signed=True)
    return Cell(text, difference, measure, signed=True)


def _ranked(rank: dict[str, int] | None) -> str:
    return f"{rank['place']}/{rank['of']}" if rank else "—"


def _counts(figure: dict[str, Any]) -> str:
    if figure["denominator"]:
        return f"{figure['numerator']:,}／{figure['denominator']:,}"
    return f"n={figure['n']:,}" if figure["n"] else "—"
