"""One indicator over places and periods: its measures from cells and deliveries, its formula evaluated, its value judged."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, reduce
from typing import TYPE_CHECKING

import numpy as np

from huying.analytics import sources
from huying.analytics.engines.embedded import Embedded
from huying.analytics.indicators.evaluation import Sight, Truths, Values
from huying.analytics.indicators.judging import Company, Judged, Numbers, judged
from huying.analytics.indicators.schema import LEVELS, IndicatorRow
from huying.analytics.indicators.values import Valued, earlier, valued
from huying.analytics.lake.delivered import Delivered
from huying.analytics.lake.filling import EPOCH_DAY
from huying.analytics.lake.numbered import Spans, Standing
from huying.analytics.lake.rollup import Rollup, running
from huying.analytics.periods import PeriodKind
from huying.analytics.published import Published
from huying.analytics.trees import Tree
from huying.analytics.values import listing
from huying.analytics.values.rolling import Rolling

if TYPE_CHECKING:
    from huying.analytics.values.daily import Daily
    from huying.analytics.values.inputs import Axis
    from huying.analytics.values.listing import Version
    from huying.analytics.values.store import Row

# The number of the empty place: one without any record. What it has, every place without a stored row has.
EMPTY = -1
SAMPLE = "sample__n"


def why_not(row: IndicatorRow) -> str:
    """What keeps it from being computed: "missing:NAME NAME", or "small:NAME" where counts of a village on a day would be told of
    places below the county; "" where nothing does."""
    found = listing.measures_of(row)
    if lost := [name for name in row.measures if name not in found]:
        return f"missing:{' '.join(lost)}"
    if (counted := listing.daily_of(row)) and LEVELS.index(row.level) > LEVELS.index("county"):
        return f"small:{' '.join(counted)}"
    return ""


@dataclass
class Feed(Rolling):
    """One dataset's or survey's deliveries, loaded once for all kinds of period. A few thousand a year: always reckoned here."""

    tree: Tree
    rows: Sequence[sources.Delivered]
    survey: bool
    standing: Standing = field(init=False)

    def __post_init__(self) -> None:
        self.measures = [*sorted({name for row in self.rows for name in row.values}), SAMPLE]
        reporters = frozenset(row.node for row in self.rows)
        above: set[str] = set()
        wanted = list(reporters)
        while wanted:
            code = wanted.pop()
            spans = self.tree.nodes_of(code)
            if spans and code not in above:
                above.add(code)
                wanted.extend(span.parent for span in spans)
        self.nodes = sorted(above)
        self.spans = Spans.of(self.tree, self.nodes)
        self.standing = Standing(self.spans, reporters, only=True)

    def loaded(self, engine: Embedded) -> Rollup:
        work = Rollup(engine, self.spans, PeriodKind.MONTH)
        lines = [
            (
                line,
                row.node,
                (row.day - EPOCH_DAY).days,
                *(exact(row.values.get(name)) for name in self.measures[:-1]),
                "" if row.n is None else str(row.n),
            )
            for line, row in enumerate(self.rows, 1)
        ]
        work.load(Delivered(self.measures, lines))
        return work


def exact(value: float | None) -> str:
    """As a decimal of at most nine digits after the point: sums of these don't depend on their order."""
    if value is None:
        return ""
    said = Decimal(repr(float(value)))
    return format(said if -int(said.as_tuple().exponent) <= 9 else round(said, 9), "f")


@dataclass
class Evaluated:
    """places: by number in the tree's order, EMPTY for the empty place. reported, expected: places that delivered and that have
    to; NaN where only records are counted, which nobody has to report."""

    places: list[int]
    codes: list[str]
    made: Valued
    judged: Judged
    n: Values
    least: Values
    reported: Values
    expected: Values

    def arrays(self) -> tuple[Values, ...]:
        """In the order of store.FIGURES."""
        own = self.judged.age == 0
        kept = np.where(own, 1.0, np.nan)
        grade = np.where(self.judged.grade >= 0, self.judged.grade, np.nan).astype(float)
        return (
            self.judged.value, self.made.numerator, self.made.denominator, self.n, self.least, self.reported, self.expected,
            self.judged.age, self.judged.smoothed, self.judged.counted, grade, self.judged.score, self.judged.met,
            self.made.previous * kept, self.made.last_year * kept, self.made.to_date,
        )  # fmt: skip


@dataclass
class Measured:
    """The measures of one kind of period. Reads the published cells once for all indicators."""

    figures: Published
    axis: Axis
    names: list[str]
    # None for all places.
    nodes: Set[str] | None
    feeds: dict[tuple[str, str], Feed]
    # Of what isn't simply summed; None where nothing is asked so.
    daily: Daily | None = None

    @cached_property
    def at(self) -> dict[str, int]:
        listed = self.axis.nodes if self.nodes is None else sorted(self.nodes & set(self.axis.nodes))
        return {code: i for i, code in enumerate(listed)}

    @cached_property
    def counts(self) -> dict[str, Values]:
        """Places (and the empty one, last) × periods. Nothing counted is zero, from the first day on that records are known."""
        state, periods = self.figures.state, self.axis.periods
        first, last = state.first_day, state.watermark.date()
        known = np.array([first is not None and p.end > first and p.start <= last for p in periods])
        row = np.where(known, 0.0, np.nan)
        found = {name: np.tile(row, (len(self.at) + 1, 1)) for name in self.names}
        column = {period.key: p for p, period in enumerate(periods)}
        for node, key, *counted in self.figures.counts(self.names, list(column), self.nodes):
            if (place := self.at.get(node)) is not None:
                for name, count in zip(self.names, counted, strict=True):
                    found[name][place, column[key]] = count
        return found

    def counted(self, name: str, codes: Sequence[str]) -> Values:
        return self.counts[name][[self.at.get(code, -1) for code in codes]]

    def otherwise(self, name: str, row: IndicatorRow, codes: Sequence[str]) -> tuple[Values, Values]:
        """A count that is aggregated otherwise than by sum; and from each year's first day on."""
        daily = self.daily
        assert daily is not None
        work, wanted = daily.over(self.axis), {name: (daily.names.index(name), row.aggregation)}
        now, so_far = (self.delivered(daily, work.values(wanted, to_date=ytd)[name], codes) for ytd in (False, True))
        return now, so_far

    def delivered(self, feed: Feed | Daily, found: Values, codes: Sequence[str], blank: float = np.nan) -> Values:
        """An array over the feed's places as one over `codes`."""
        at = {code: i for i, code in enumerate(feed.nodes)}
        wanted = np.array([at.get(code, len(feed.nodes)) for code in codes])
        padded = np.vstack([found, np.full((1, found.shape[1]), blank)])
        chosen: Values = padded[wanted]
        return chosen


def evaluate(data: Measured, row: IndicatorRow, scope: Sequence[int], parents: Numbers, levels: Sequence[str],
             peers: Truths | None, *, empty: bool) -> Evaluated:  # fmt: skip
    """scope: the places, by number. empty: with the empty place, where records alone decide the value."""
    axis = data.axis
    asked = listing.measures_of(row)
    bare = all(kind == "facts" for kind, _name in asked.values())
    daily = set(listing.daily_of(row))
    places = [*scope, EMPTY] if bare and empty and not daily else list(scope)
    codes = [axis.nodes[i] if i != EMPTY else "" for i in places]
    values: dict[str, Values] = {}
    to_date: dict[str, Values] = {}
    nothing = np.full((len(places), len(axis.periods)), np.nan)
    reported, expected, sample = nothing, nothing, nothing
    for source in dict.fromkeys(asked.values()):
        names = [name for name, own in asked.items() if own == source]
        if source[0] == "facts":
            for name in names:
                if name in daily:
                    values[name], to_date[name] = data.otherwise(name, row, codes)
                else:
                    values[name] = data.counted(name, codes)
                    to_date[name] = running(values[name], axis.periods)
            continue
        feed = data.feeds[source]
        if not feed.rows:
            empty_ones = dict.fromkeys(names, nothing)
            values |= empty_ones
            to_date |= empty_ones
            continue
        work = feed.over(axis)
        wanted = {name: (feed.measures.index(name), row.aggregation) for name in names if name in feed.measures}
        for into, ytd in ((values, False), (to_date, True)):
            made = work.values(wanted, to_date=ytd)
            into |= {name: data.delivered(feed, made[name], codes) if name in made else nothing for name in names}
        some = data.delivered(feed, work.reported(i for i, _how in wanted.values()), codes, 0.0)
        due = data.delivered(feed, feed.standing.over(axis.periods)[1], codes, 0.0)
        reported, expected = np.nan_to_num(reported) + some, np.nan_to_num(expected) + due
        if feed.survey:
            summed = work.values({SAMPLE: (len(feed.measures) - 1, IndicatorRow.model_fields["aggregation"].default)})
            sample = data.delivered(feed, summed[SAMPLE], codes)
    lowest = np.array([axis.lowest[i] if i != EMPTY else np.zeros(len(axis.periods)) for i in places])
    lowest = lowest.reshape(len(places), len(axis.periods))
    sight = Sight(
        values, to_date, row.constants, earlier(axis.periods), lowest, lowest if bare else np.nan_to_num(reported)
    )
    made_ = valued(row, sight, axis.periods)
    n = made_.denominator if row.denominator else sample
    rests = np.where(np.isnan(n), made_.numerator, n)
    company = Company(
        [levels[i] if i != EMPTY else "" for i in places],
        _within(parents, places),
        np.array([axis.stands[i] > 0 if i != EMPTY else axis.stands[0] >= 0 for i in places]).reshape(nothing.shape),
        None if peers is None else np.array([bool(peers[i]) if i != EMPTY else False for i in places]),
    )
    return Evaluated(
        places,
        codes,
        made_,
        judged(row, made_, axis.periods, company, n),
        rests,
        _least(row, made_, values),
        reported,
        expected,
    )


def stored(
    made: Evaluated, axis: Axis, version: Version, columns: Sequence[int]
) -> dict[tuple[str, str], tuple[Row, int]]:
    """What is stored of the evaluated arrays: where there is a value, or something was reported or counted."""
    arrays = made.arrays()
    there = ~np.isnan(made.judged.value) | (np.nan_to_num(made.reported) > 0) | (np.nan_to_num(made.least) > 0)
    keep = np.zeros_like(there)
    # The empty place stands always.
    stands = np.array([axis.stands[i] > 0 if i != EMPTY else axis.stands[0] >= 0 for i in made.places])
    keep[:, columns] = (there & stands.reshape(there.shape))[:, columns]
    keys = [period.key for period in axis.periods]
    at, of = np.nonzero(keep)
    figures = np.stack([array[at, of] for array in arrays], axis=1)
    said = figures.astype(object)
    said[np.isnan(figures)] = None
    return {
        (made.codes[i], keys[p]): (tuple(row), version.number)
        for i, p, row in zip(at.tolist(), of.tolist(), said.tolist(), strict=True)
    }


def _within(parents: Numbers, places: Sequence[int]) -> Numbers:
    """Each place's parent as its position among `places`; -1 where it isn't there."""
    position = {place: i for i, place in enumerate(places)}
    lookup = np.full(parents.max(initial=-1) + 2, -1, dtype=np.intp)
    for place, i in position.items():
        if 0 <= place < len(lookup) - 1:
            lookup[place] = i
    rows = [parents[i] if i != EMPTY else np.full(parents.shape[1], -1) for i in places]
    chosen = np.array(rows, dtype=np.intp).reshape(len(places), parents.shape[1])
    found: Numbers = lookup[chosen]
    return found


def _least(row: IndicatorRow, made: Valued, values: dict[str, Values]) -> Values:
    """The smallest count the value would give away: a rate's denominator, a count itself, of an expression its least measure."""
    if row.denominator:
        return made.denominator
    if row.numerator:
        return np.abs(made.numerator)
    positive = [np.where(array > 0, array, np.nan) for array in values.values()]
    return reduce(np.fmin, positive) if positive else np.full_like(made.value, np.nan)
