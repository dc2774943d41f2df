"""After aggregation: multipliers, capped deductions, vetoes. What each did to whom is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from huying.analytics.composite.aggregating import Aggregated, aggregate
from huying.analytics.composite.framework import Framework
from huying.analytics.composite.spec import Adjust, Aggregate, Condition, Deduction, Multiplier, Rule, Veto
from huying.analytics.composite.tables import Flags, Floats, Table
from huying.kernel.errors import InvalidInput

ORDER = {"multiplier": 0, "deduction": 1, "veto": 2}


@dataclass(frozen=True)
class Adjustment:
    """What one rule did to one row: a score before and after. said: the figures that decided, or why it could not be judged."""

    row: int
    node: str
    rule: str
    kind: str
    before: float
    after: float
    said: str


@dataclass(frozen=True, eq=False)
class Adjusted:
    """table: as the aggregated one, changed nodes and their parents anew. unranked: node → rows whose rank is left out.

    own: node → its scores before any rule of its own (its children's rules already in them).
    """

    table: Table
    log: tuple[Adjustment, ...]
    unranked: Mapping[str, Flags]
    own: Mapping[str, Floats]


def check(settings: Adjust, framework: Framework) -> None:
    """Raises InvalidInput for a rule on something that does not exist, and names given twice."""
    names = [rule.name for rule in settings.rules]
    for number, rule in enumerate(settings.rules):
        where = f"adjust.rules.{number} ({rule.name})"
        if names.count(rule.name) > 1:
            raise InvalidInput(f"{where}: another rule has that name", cure="give each rule its own name")
        if rule.node not in framework.children:
            raise InvalidInput(f"{where}: there is no aggregate {rule.node!r}", cure="name an iCode above Level 1")
        for code, figures in _looked_at(rule):
            known = framework.by_code if figures == "aggregated" else framework.indicators
            if code not in known:
                raise InvalidInput(f"{where}: there is no {code!r} among the {figures} figures", cure="name an iCode")
            if figures == "aggregated" and rule.node in framework.lineage(code):
                continue
            if figures == "aggregated":
                raise InvalidInput(
                    f"{where}: {code} does not stand below {rule.node}", cure="look only at what is below"
                )
    unused = sorted(set(settings.total) - {rule.node for rule in settings.rules if isinstance(rule, Deduction)})
    if unused:
        raise InvalidInput(
            f"adjust.total.{unused[0]}: no deduction is made from it", cure="name a node with deductions"
        )


def _looked_at(rule: Rule) -> list[tuple[str, str]]:
    if isinstance(rule, Deduction):
        inner = [one for multiplied in rule.multipliers for one in multiplied.when]
        return [(rule.code, rule.figures), *((one.code, one.figures) for one in inner)]
    return [(one.code, one.figures) for one in rule.when]


def adjust(
    aggregated: Aggregated,
    figures: Mapping[str, Table],
    framework: Framework,
    how: Aggregate,
    settings: Adjust,
) -> Adjusted:
    """Apply the rules, lower nodes first. figures: raw, denominated and normalised tables of the same rows.

    An unknown figure meets no condition and costs no point; that is recorded as "not judged".
    """
    check(settings, framework)
    table = aggregated.table
    log: list[Adjustment] = []
    unranked: dict[str, Flags] = {}
    own: dict[str, Floats] = {}
    fixed: dict[str, Floats] = {}
    for node in framework.upward:
        rules = sorted((rule for rule in settings.rules if rule.node == node), key=lambda rule: ORDER[rule.kind])
        if not rules:
            continue
        own[node] = table.column(node).copy()
        judging = _Judging({**figures, "aggregated": table}, node, own[node].copy(), log, settings)
        for rule in rules:
            judging.apply(rule)
        if judging.unranked.any():
            unranked[node] = judging.unranked
        fixed[node] = judging.score
        normalised = table.take(framework.indicators)
        table = aggregate(normalised, framework, how, aggregated.weights, fixed=fixed).table
    return Adjusted(table, tuple(log), unranked, own)


class _Judging:
    """The rules of one node, one after another on its scores."""

    def __init__(
        self, figures: Mapping[str, Table], node: str, score: Floats, log: list[Adjustment], settings: Adjust
    ) -> None:
        self.figures, self.node, self.score, self.log = figures, node, score, log
        self.left = np.full(len(score), settings.total.get(node, np.inf))
        self.lowest = -np.inf if settings.lowest is None else settings.lowest
        self.unranked: Flags = np.zeros(len(score), dtype=bool)

    def apply(self, rule: Rule) -> None:
        before = self.score.copy()
        match rule:
            case Multiplier():
                met, unknown = self._met(rule.when)
                made = np.clip(
                    before * rule.factor,
                    -np.inf if rule.floor is None else rule.floor,
                    np.inf if rule.ceiling is None else rule.ceiling,
                )
                self.score = np.where(met, made, before)
            case Deduction():
                points, unknown = self._points(rule)
                met = points != 0
                taken = np.where(points > 0, np.minimum(points, self.left), points)
                lowered = np.where(
                    taken > 0, np.maximum(before - taken, np.minimum(before, self.lowest)), before - taken
                )
                self.left -= np.maximum(taken, 0.0)
                self.score = np.where(met, lowered, before)
            case Veto():
                met, unknown = self._met(rule.when)
                if rule.unranked:
                    self.unranked |= met
                elif rule.score is not None:
                    self.score = np.where(met & ~np.isnan(before), rule.score, before)
                else:
                    self.score = np.where(met, np.minimum(before, rule.cap or 0.0), before)
        for row in np.flatnonzero(met & ~np.isnan(before)).tolist():
            self._log(row, rule, before, self._seen(rule, row))
        for row in np.flatnonzero(unknown).tolist():
            self._log(row, rule, before, f"not judged: {self._seen(rule, row)}")

    def _log(self, row: int, rule: Rule, before: Floats, said: str) -> None:
        done = Adjustment(row, self.node, rule.name, rule.kind, float(before[row]), float(self.score[row]), said)
        self.log.append(done)

    def _seen(self, rule: Rule, row: int) -> str:
        parts = []
        for code, of in _looked_at(rule):
            value = self.figures[of].column(code)[row]
            parts.append(f"{code} {'unknown' if np.isnan(value) else format(value, '.6g')}")
        return ", ".join(parts)

    def _met(self, when: Sequence[Condition]) -> tuple[Flags, Flags]:
        """Rows where all conditions hold; rows where it hangs on a figure that is unknown."""
        met = np.ones(len(self.score), dtype=bool)
        unknown = np.zeros(len(self.score), dtype=bool)
        failed = np.zeros(len(self.score), dtype=bool)
        for one in when:
            figure = self.figures[one.figures].column(one.code)
            with np.errstate(invalid="ignore"):
                if one.at_least is not None:
                    holds = figure >= one.at_least
                elif one.at_most is not None:
                    holds = figure <= one.at_most
                elif one.above is not None:
                    holds = figure > one.above
                else:
                    holds = figure < (one.below if one.below is not None else np.nan)
            missing = np.isnan(figure)
            unknown |= missing
            failed |= ~holds & ~missing
            met &= holds
        return met, unknown & ~failed

    def _points(self, rule: Deduction) -> tuple[Floats, Flags]:
        figure = self.figures[rule.figures].column(rule.code)
        unknown = np.isnan(figure)
        known = np.where(unknown, 0.0, figure)
        if rule.each is not None:
            beyond = known - rule.beyond if rule.side == "above" else rule.beyond - known
            points = np.maximum(beyond, 0.0) * rule.each
        else:
            points = np.zeros(len(known))
            for band in rule.bands:
                inside = (known >= band.from_) & (known <= (np.inf if band.to is None else band.to))
                points = np.where(inside, band.points * known if band.each else band.points, points)
        for multiplied in rule.multipliers:
            met, not_judged = self._met(multiplied.when)
            unknown = unknown | (not_judged & (points != 0))
            points = np.where(met, points * multiplied.factor, points)
        if rule.at_most is not None:
            points = np.clip(points, -rule.at_most, rule.at_most)
        return np.where(np.isnan(figure), 0.0, points), unknown
