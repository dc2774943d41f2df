"""A report as a document of headings, sentences, tables and charts, in one language. The formats print this and add nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from huying.analytics.periods import Period
from huying.analytics.report import period_words
from huying.domains.bulletins import drawing
from huying.domains.bulletins.blocks import Block, Cell, Chart, Heading, Paper, Table, Text
from huying.domains.bulletins.lines import Lines, is_generated
from huying.domains.bulletins.measures import Measure
from huying.domains.bulletins.vocabulary import (
    PROBLEM_WORDS,
    RULE_WORDS,
    SECTION_WORDS,
    CredibilityRule,
    ProblemState,
    SectionKind,
)
from huying.domains.tasks.vocabulary import STATE_WORDS
from huying.domains.tasks.vocabulary import State as TaskState
from huying.kernel.words import listed

DIGITS = ("", *"一二三四五六七八九")


def paper(
    content: dict[str, Any],
    *,
    language: str = "zh-hans",
    edition: int = 0,
    published: datetime | None = None,
    approvals: tuple[str, ...] = (),
) -> Paper:
    """content: as bulletins.content.compose. edition: 0 for a draft, which says so on every format."""
    with translation.override(language):
        short = "en" if language.startswith("en") else "zh"
        return _Writer(content, short).paper(language, edition, published, approvals)


class _Writer:
    def __init__(self, content: dict[str, Any], short: str) -> None:
        self.content, self.short, self.lines = content, short, Lines(short)
        self.period = Period.parse(content["period"]["key"])
        # What ranks mean is said under the first table of figures, once.
        self.explained = False

    def say(self, pair: dict[str, str] | None) -> str:
        return pair[self.short] if pair else ""

    def paper(self, language: str, edition: int, published: datetime | None, approvals: tuple[str, ...]) -> Paper:
        content, place = self.content, self.content["division"]["name"]
        title = _("%(place)s%(set)s（%(period)s）") % {
            "place": place,
            "set": self.say(content["set"]["name"]),
            "period": period_words(self.period),
        }
        mark = _("第%(n)s版") % {"n": edition} if edition else _("草稿，未发布")
        signature = [place, f"{published:%Y-%m-%d}"] if published else [place, mark]
        redhead = self.say(content["set"]["redhead"]).replace("{place}", place)
        return Paper(
            title=title,
            redhead=redhead,
            mark=mark,
            lead=content["headline"][self.short],
            source=self._source(),
            blocks=tuple(self._blocks()),
            signature=(*approvals, *signature),
            language=language,
        )

    def _source(self) -> str:
        content = self.content
        said = _(
            "来源：本系统诉求办理记录%(n)s件；数据截至%(watermark)s；界限按%(rules)s有效的规定，区划按%(tree)s；信访件不计入。"
        ) % {
            "n": f"{content['records']:,}",
            "watermark": datetime.fromisoformat(content["watermark"]).strftime("%Y-%m-%d %H:%M"),
            "rules": content["rulebook_date"],
            "tree": content["tree_date"],
        }
        if content["provisional"]:
            said += _("本期未结束。")
        if content["demo"]:
            said += _("含演示数据，不是真实诉求。")
        told = [
            line for line in content["figures"].values() if any(s["kind"] != "facts" for s in line.get("sources", ()))
        ]
        if told:
            said += _("部门数据%(n)s项，其中演示程序生成%(generated)s项。") % {
                "n": len(told),
                "generated": sum(map(is_generated, told)),
            }
        return said

    def _blocks(self) -> Iterator[Block]:
        writers = {
            SectionKind.FIGURES: self._figures,
            SectionKind.INDEX: self._index,
            SectionKind.MOVED: self._moved,
            SectionKind.TREND: self._trend,
            SectionKind.PLACES: self._places,
            SectionKind.FOLLOWED: self._followed,
            SectionKind.PROBLEMS: self._problems,
            SectionKind.COMMENTARY: self._commentary,
            SectionKind.CREDIBILITY: self._credibility,
        }
        for number, section in enumerate(self.content["set"]["sections"], start=1):
            kind = SectionKind(section["kind"])
            title = self.say(section["title"]) or str(SECTION_WORDS[kind])
            yield Heading(_("%(n)s、%(title)s") % {"n": self._numeral(number), "title": title}, kind.value)
            yield from writers[kind](section["indicators"])

    def _numeral(self, number: int) -> str:
        if self.short != "zh":
            return str(number)
        tens, ones = divmod(number, 10)
        return f"{'' if tens < 2 else DIGITS[tens]}{'十' if tens else ''}{DIGITS[ones]}"

    def _figures(self, codes: list[str]) -> Iterator[Block]:
        lines = self._known(codes)
        yield from self.lines.table(lines)
        if told := [line for line in lines if "defined" in line]:
            yield from self.lines.behind(told)
        for code in codes:
            if ended := self.content.get("withdrawn", {}).get(code):
                said = {"name": self.say(ended["name"]), "day": ended["from"], "why": ended["why"]}
                yield Text(_("%(name)s自%(day)s起停用，不再出数：%(why)s") % said)
        if not self.explained:
            self.explained = True
            yield Text(_("同级排名只列可比的比率，件数不足的不排；诉求多少不分高下，不着色、不排名。"), small=True)

    def _index(self, _codes: list[str]) -> Iterator[Block]:
        """Reports begun before the section existed have none."""
        index = self.content.get("index")
        if not index or index["own"]["now"] is None:
            yield Text(_("没有可算的综合指数：本地没有定义，或有数的指标不足。"))
            return
        own, name = index["own"], self.say(index["name"])
        yield Text(
            _(
                "%(name)s本期%(now)s，上期%(before)s（%(change)s）；%(asked)s项指标中%(known)s项有数，无数的不计，权重归于有数的。"
            )
            % {
                "name": name,
                "now": _points(own["now"]),
                "before": _points(own["before"]),
                "change": _moved_by(own),
                "asked": index["asked"],
                "known": index["known"],
            }
        )
        head = (_("方面"), _("权重"), _("本期"), _("上期"), _("变化"))
        rows = tuple(
            (Cell(self.say(part["name"])), Cell(f"{part['weight']:.0%}"), *_then_and_now(part))
            for part in index["parts"]
        )
        yield Table(head, rows, (0.36, 0.16, 0.16, 0.16, 0.16))
        if own["moved"]:
            yield Text(_("指数变化来自：%(what)s。") % {"what": self._shares(own["moved"], 6)})
        known = [place for place in index["places"] if place["now"] is not None or place["before"] is not None]
        if known:
            head = (_("区划"), _("本期"), _("上期"), _("变化"), _("主要来自"))
            rows = tuple(
                (Cell(place["name"]), *_then_and_now(place), Cell(self._shares(place["moved"], 2) or "—"))
                for place in known
            )
            yield Table(head, rows, (0.2, 0.13, 0.13, 0.14, 0.4))
            if rest := len(index["places"]) - len(known):
                yield Text(_("另有%(n)s个区划有数的指标不足，没有指数。") % {"n": rest}, small=True)

    def _shares(self, moved: list[dict[str, Any]], most: int) -> str:
        said = {"presence": _("（新有或不再有数）"), "adjustment": _("（扣减）")}
        return "；".join(
            f"{self.say(share['name'])}{said.get(share['kind'], '')} {share['points']:+.2f}" for share in moved[:most]
        )

    def _moved(self, _codes: list[str]) -> Iterator[Block]:
        figures = self.content["figures"]
        rows = [row for row in self.content["moved"] if Measure.of(figures[row["code"]]).points(row["change"])]
        if not rows:
            yield Text(_("没有可比的变化：上期无数、件数不足，或数值持平。"))
        for row in rows:
            line = self.content["figures"][row["code"]]
            change, level = (Measure.of(line).change(by) for by in (row["change"], 0))
            said = _("%(name)s%(change)s（%(better)s）。") % {
                "name": self.say(line["name"]),
                "change": change,
                "better": _("持平") if change == level else _("向好") if row["better"] else _("变差"),
            }
            for part in row["from"]:
                said += _("%(place)s影响%(by)s：本期%(n)s／%(d)s，上期%(n0)s／%(d0)s。") % {
                    "place": part["name"],
                    "by": Measure.of(line).change(part["by"]),
                    "n": part["now"]["numerator"],
                    "d": part["now"]["denominator"],
                    "n0": part["before"]["numerator"],
                    "d0": part["before"]["denominator"],
                }
            yield Text(said)

    def _trend(self, codes: list[str]) -> Iterator[Block]:
        for code in codes:
            if (rows := self.content["trends"].get(code)) is None:
                continue
            line = self.content["figures"].get(code)
            measure = Measure.of(line or {"unit": "count"})
            name = self.say(line["name"]) + measure.named if line else code
            now, before = ([measure.drawn(row[key]) for row in rows] for key in ("value", "year_before"))
            known = [row["value"] for row in rows if row["value"] is not None]
            if not known:
                yield Text(_("%(name)s：没有可画的数。") % {"name": name})
                continue
            title = _("%(name)s：%(n)s期中最低%(low)s，最高%(high)s，本期%(now)s") % {
                "name": name,
                "n": len(known),
                "low": measure.shown(min(known)),
                "high": measure.shown(max(known)),
                "now": measure.shown(rows[-1]["value"]),
            }
            marks = drawing.trend([row["period"] for row in rows], now, before, measure.share)
            note = _("断开处无数。")
            if any(value is not None for value in before):
                note = _("实线为本期，虚线为上年同期；断开处无数。")
            yield Chart(title, note, tuple(marks))
        yield from self.lines.generated(self._known(codes))

    def _known(self, codes: list[str]) -> list[dict[str, Any]]:
        return [line for code in codes if (line := self.content["figures"].get(code)) is not None]

    def _places(self, codes: list[str]) -> Iterator[Block]:
        if not self.content["places"]:
            yield Text(_("没有下级区划。"))
            return
        known = [code for code in codes if code in self.content["figures"]]
        rows = tuple(
            (
                Cell(place["name"]),
                *(
                    self.lines.value(place["figures"][code], Measure.of(self.content["figures"][code]))
                    for code in known
                ),
            )
            for place in self.content["places"]
        )
        head = (_("区划"), *(self.say(self.content["figures"][code]["name"]) for code in known))
        first = 0.2 if len(known) < 5 else 0.16
        if any(cell.value is not None for row in rows for cell in row):
            yield Table(head, rows, (first, *([(1 - first) / max(len(known), 1)] * len(known))))
            yield from self.lines.generated(self._known(known))
        else:
            reasons = dict.fromkeys(cell.text for row in rows for cell in row[1:])
            yield Text(_("各地都没有可列的数：%(why)s。") % {"why": listed(list(reasons))})
        if self.content["division"]["level"] not in ("province", "city"):
            yield Text(_("县级以下少于10件的数字，以及能据以推出它的数字，都不显示。"), small=True)

    def _problems(self, _codes: list[str]) -> Iterator[Block]:
        yield from self._list(self.content["problems"], followed=False)

    def _followed(self, _codes: list[str]) -> Iterator[Block]:
        yield from self._list(self.content["followed"], followed=True)

    def _list(self, rows: list[dict[str, Any]], *, followed: bool) -> Iterator[Block]:
        if not rows:
            yield Text(_("上期没有列入清单的问题。") if followed else _("本期没有列入清单的问题。"))
            return
        last = _("办理情况") if followed else _("措施")
        cells = tuple(
            (
                Cell(str(number)),
                Cell(row["text"]),
                Cell(" · ".join(part for part in (row["unit"], row["post"]) if part)),
                Cell(row["due"]),
                Cell(self._became(row) if followed else row["measure"] or "—"),
            )
            for number, row in enumerate(rows, start=1)
        )
        head = (_("序号"), _("问题"), _("责任单位和岗位"), _("期限"), last)
        yield Table(head, cells, (0.07, 0.34, 0.22, 0.12, 0.25))

    def _became(self, row: dict[str, Any]) -> str:
        """Its state and the words for it, its task, the figure it is about then and now. Reports published before tasks have
        neither."""
        said = str(PROBLEM_WORDS[ProblemState(row["state"])])
        if row["note"]:
            said = _("%(state)s：%(note)s") % {"state": said, "note": row["note"]}
        if task := row.get("task"):
            state = str(STATE_WORDS[TaskState(task["state"])])
            late = _("，已逾期") if task["late"] else ""
            said += _("（任务%(number)s%(state)s，期限%(due)s%(late)s）") % {
                "number": task["number"],
                "state": state,
                "due": task["due"],
                "late": late,
            }
        if effect := row.get("effect"):
            measure = Measure.of(effect)
            said += _("%(name)s由%(then)s到%(now)s。") % {
                "name": self.say(effect["name"]),
                "then": self.lines.value(effect["then"], measure, graded=False).text,
                "now": self.lines.value(effect["now"], measure, graded=False).text,
            }
        return said

    def _commentary(self, _codes: list[str]) -> Iterator[Block]:
        yield from self._comments(SectionKind.COMMENTARY)

    def _credibility(self, _codes: list[str]) -> Iterator[Block]:
        if not self.content["findings"]:
            yield Text(_("各项核对没有发现异常。"))
        for finding in self.content["findings"]:
            rule = RULE_WORDS[CredibilityRule(finding["rule"])]
            yield Text(_("【%(rule)s】%(said)s") % {"rule": rule, "said": self.say(finding)})
        yield from self._comments(SectionKind.CREDIBILITY)

    def _comments(self, kind: SectionKind) -> Iterator[Block]:
        rows = [row for row in self.content["comments"] if row["section"] == kind.value]
        if not rows and kind is SectionKind.COMMENTARY:
            yield Text(_("没有签署的说明。"))
        for row in rows:
            yield Text(row["text"], signed=_("%(who)s　%(at)s") % {"who": row["signed"], "at": row["at"]})


def _points(score: float | None) -> str:
    return "—" if score is None else f"{score:.2f}"


def _then_and_now(row: dict[str, Any]) -> tuple[Cell, Cell, Cell]:
    return Cell(_points(row["now"])), Cell(_points(row["before"])), Cell(_moved_by(row))


def _moved_by(row: dict[str, Any]) -> str:
    if row["now"] is None or row["before"] is None:
        return "—"
    return f"{round(row['now'] - row['before'], 2) + 0.0:+.2f}"
