"""Which figures below the county are hidden, so that no hidden one can be had from those shown by adding and subtracting.

A cell of 1 to 9 records below the county is small. Hiding it alone is not enough: county less the other townships, or quarter
less the other two months, gives it back. So the decision is taken for a place's children and a *group* of periods together, the
periods one coarser period falls into: the quarters of a year, the months of a quarter, the stretches of a month (a stretch is
the part of a week that lies in one month), the days of a stretch. The year is a group of its own.

1. A child with a small cell anywhere in the group is hidden in the whole group, and in every finer group below it.
2. Where exactly one child would be hidden and its parent is shown, the smallest other one is hidden with it (a cover).
3. Below a hidden cover at least one child is hidden, so that its sum doesn't give it back.
4. A week is shown where both stretches it falls into are.

Why that is enough: take any hidden cell (h, p). Rules 1 and 2 leave another child h' hidden in the same group. Move one record of
h from p to another period p' of the group and one of h' from p' to p: no shown cell changes, neither parent's nor coarser
period's, and by rule 3 the move can be made in hidden cells all the way down. So what is shown is the same for two different
values of the hidden cell. (A group of one period can't move within itself: it is decided as the group above it, and in the year
a record of h becomes one of h'.) The property test solves the linear equations instead of arguing.

An only child is its parent: where that parent is a county, the county's own figure says it, as the law has it shown. What two
looks at different moments show of a period that still runs is not covered: the later one has the new records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from huying.analytics.definitions import Indicator
from huying.analytics.figures import SMALL
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.trees import Node, Tree
from huying.kernel.actors import Level

# What is counted together: the names of measures, or of a median. Hidden together where any of them is small.
Series = tuple[str, ...]
# The keys of published periods that add up to one member of a group.
Member = tuple[str, ...]
# node, key → measure → count; the number of records behind a median under its indicator's code.
Counts = Callable[[Sequence[str], Sequence[str]], dict[tuple[str, str], dict[str, int]]]


@dataclass(frozen=True, eq=False)
class Group:
    """The periods that `whole` falls into, from its first to its last day. above: the group that `whole` is a member of."""

    whole: Period
    members: tuple[Member, ...]
    above: Group | None = None


def series(indicator: Indicator) -> Series:
    """The counts that hide the figure itself."""
    if indicator.median:
        return (indicator.code,)
    return (f"{indicator.code}__d",) if indicator.denominator else (f"{indicator.code}__n",)


def part_series(indicator: Indicator) -> Series:
    """The counts that hide the parts of a count: each part, and what they leave."""
    if indicator.split is None:
        return ()
    return (*(f"{indicator.code}__{value}" for value, _words in indicator.split.values), rest(indicator))


def rest(indicator: Indicator) -> str:
    """The name of what the parts of a count leave of it."""
    return f"{indicator.code}__"


def stretches(month: Period) -> list[tuple[Period, Member]]:
    """The parts of weeks that lie in the month: the week each belongs to, and the published keys that add up to it."""
    found: dict[Period, list[date]] = {}
    for day in month.days():
        found.setdefault(Period.holding(day, PeriodKind.WEEK), []).append(day)
    return [
        (week, (week.key,) if len(days) == 7 else tuple(day.isoformat() for day in days))
        for week, days in found.items()
    ]


# The calendar stands still: a group is made once in a process, and told from another by being another.
@lru_cache(maxsize=4096)
def groups_of(period: Period) -> tuple[Group, ...]:
    """The groups the period is a member of; two for a week that lies in two months."""
    if period.kind is PeriodKind.WEEK:
        months = dict.fromkeys(Period.holding(day, PeriodKind.MONTH) for day in (period.start, period.last))
        return tuple(_weeks(month) for month in months)
    if period.kind is not PeriodKind.DAY:
        return (_coarse(period),)
    month, week = (Period.holding(period.start, kind) for kind in (PeriodKind.MONTH, PeriodKind.WEEK))
    return (_days(month, week),)


@lru_cache(maxsize=1024)
def _weeks(month: Period) -> Group:
    return Group(month, tuple(keys for _week, keys in stretches(month)), _months(month))


@lru_cache(maxsize=1024)
def _days(month: Period, week: Period) -> Group:
    days = [day for day in week.days() if month.start <= day < month.end]
    weeks = _weeks(month)
    return Group(month, tuple((day.isoformat(),) for day in days), weeks) if len(days) > 1 else weeks


def _coarse(period: Period) -> Group:
    """For a year, quarter or month."""
    if period.kind is PeriodKind.MONTH:
        return _months(period)
    year = Period.holding(period.start, PeriodKind.YEAR)
    return _year(year) if period.kind is PeriodKind.YEAR else _quarters(year)


def _months(month: Period) -> Group:
    return _months_of(Period.holding(month.start, PeriodKind.QUARTER))


@lru_cache(maxsize=1024)
def _months_of(quarter: Period) -> Group:
    months = dict.fromkeys(Period.holding(day, PeriodKind.MONTH).key for day in quarter.days())
    return Group(quarter, tuple((key,) for key in months), _coarse(quarter))


@lru_cache(maxsize=1024)
def _quarters(year: Period) -> Group:
    return Group(year, tuple((f"{year.key}-Q{n}",) for n in range(1, 5)), _year(year))


@lru_cache(maxsize=1024)
def _year(year: Period) -> Group:
    return Group(year, ((year.key,),))


class Suppression:
    """Asked about the cells of one report. Reads the siblings that decide, a few statements whatever is asked."""

    def __init__(self, tree: Tree, counts: Counts, recent_from: date, asked: Iterable[Period]) -> None:
        """counts: reads the published counts. recent_from: from here on single days below the township are kept. asked: all
        periods that will be asked about."""
        self.counts, self.recent_from = counts, recent_from.isoformat()
        self.children, self.spans = tree.under, tree.spans
        self.groups = {period.key: groups_of(period) for period in asked}
        groups = {above for found in self.groups.values() for group in found for above in _upwards(group)}
        self.keys = sorted({key for group in groups for member in group.members for key in member})
        self._read: dict[str, dict[tuple[str, str], dict[str, int]]] = {}
        self._known: dict[tuple[str, Group, Series], frozenset[str]] = {}

    def hides(self, wanted: Series, node: Node, period: Period) -> bool:
        """Whether the cell is hidden. A place of the county's level or above never is."""
        if node.level <= Level.COUNTY or not wanted:
            return False
        code = node.code
        for group in self.groups[period.key]:
            for parent in self._parents(code, group.whole):
                if code in self._hidden(parent, group, wanted):
                    return True
        return False

    def _parents(self, code: str, whole: Period) -> list[str]:
        found = self.spans.get(code, ())
        if len(found) == 1:
            return [found[0].parent]
        spans = [span for span in self.spans.get(code, ()) if _meets(span, whole)] or self.spans.get(code, [])[-1:]
        return list(dict.fromkeys(span.parent for span in spans))

    def _below(self, parent: str, whole: Period) -> list[Node]:
        """The children the parent had on any day of the period, one row each."""
        found = [node for node in self.children.get(parent, ()) if _meets(node, whole)]
        return list({node.code: node for node in found}.values())

    def _hidden(self, parent: str, group: Group, wanted: Series) -> frozenset[str]:
        """The children of `parent` that are hidden in the group."""
        key = (parent, group, wanted)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._decide(parent, group, wanted)
        return known

    def _decide(self, parent: str, group: Group, wanted: Series) -> frozenset[str]:
        below = self._below(parent, group.whole)
        totals: dict[str, int] = {}
        hidden = set(self._hidden(parent, group.above, wanted)) if group.above else set()
        # Where single days are no longer kept nobody can tell.
        gone = [any(len(key) == 10 and key < self.recent_from for key in member) for member in group.members]
        for child in below:
            total, deep = 0, child.level > Level.TOWNSHIP
            for member, unkept in zip(group.members, gone, strict=True):
                if deep and unkept:
                    hidden.add(child.code)
                    continue
                counts = self._counted(parent, child.code, member, wanted)
                total += max(counts)
                if any(0 < n < SMALL for n in counts):
                    hidden.add(child.code)
            totals[child.code] = total
        present = hidden & totals.keys()
        shown = not self._is_hidden(parent, group, wanted)
        if len(present) == 1 if shown else not present:
            rest = [child for child in below if child.code not in hidden and child.level > Level.COUNTY]
            if rest:
                # The smallest that has any record: the least is lost.
                hidden.add(min(rest, key=lambda n: (not totals[n.code], totals[n.code], n.code)).code)
        return frozenset(code for code in hidden if self._level(code) > Level.COUNTY)

    def _is_hidden(self, code: str, group: Group, wanted: Series) -> bool:
        if code not in self.spans or self._level(code) <= Level.COUNTY:
            return False
        return any(code in self._hidden(parent, group, wanted) for parent in self._parents(code, group.whole))

    def _level(self, code: str) -> Level:
        return self.spans[code][-1].level

    def _counted(self, parent: str, child: str, member: Member, wanted: Series) -> list[int]:
        """The counts of one member."""
        if parent not in self._read:
            codes = list(dict.fromkeys(node.code for node in self.children.get(parent, ())))
            self._read[parent] = self.counts(codes, self.keys)
        read = self._read[parent]
        cells = [cell for key in member if (cell := read.get((child, key)))]
        if len(cells) == 1:
            return [cells[0].get(name, 0) for name in wanted]
        return [sum([cell.get(name, 0) for cell in cells]) for name in wanted]


def _upwards(group: Group | None) -> Iterator[Group]:
    while group is not None:
        yield group
        group = group.above


def _meets(node: Node, period: Period) -> bool:
    return node.valid_from < period.end and node.valid_to > period.start
