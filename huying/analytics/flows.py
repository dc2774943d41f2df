"""Who sends to whom: counts of records between two columns of facts, small ones kept back so that no sum gives them away.

A flow is reckoned for a calendar month and for places of the county and above only. Months don't contain one another and
counties are always shown, so neither a period nor a place can be taken from another; what is left to guard are the sums of a
row or column, which the report shows. Hence the rule of `kept_back`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count as Counted
from django.db.models import QuerySet

from huying.analytics import definitions, published, services, trees
from huying.analytics import report as reports
from huying.analytics.behind import behind
from huying.analytics.figures import SMALL
from huying.analytics.periods import Period, PeriodKind
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import InvalidInput, NotFound

# What every record counted as received is behind.
VOLUME = "volume.numerator"
OTHER = "*"

Pair = tuple[str, str]
MOST_KEPT = 64


@dataclass(frozen=True)
class Flow:
    """links: (from, to) → records, of the pairs that are shown; a name is a value of the column, OTHER what was put together,
    "" where the record has none. n: records in all. apart: records in pairs that are not shown; None when they are too few to
    say. period: the month."""

    columns: Pair
    period: Period
    links: dict[Pair, int]
    n: int
    apart: int | None


_made: dict[tuple[object, ...], list[Flow]] = {}


def month_of(period: Period, last_day: date) -> Period:
    """The month whose flow stands beside a period: the last one in it that has begun by `last_day`."""
    return Period.holding(max(min(period.last, last_day), period.start), PeriodKind.MONTH)


def flows(actor: Actor, division: str, period: Period, *columns: Pair, most: int = 8) -> list[Flow]:
    """The flows between pairs of columns of the fact table (("channel", "kind"), ("kind", "lead_unit_id")).

    most: values of a column kept by name, the rest is put together. Raises NotFound outside the actor's territory, InvalidInput
    for another period than a month or a place below the county.
    """
    if period.kind is not PeriodKind.MONTH:
        raise InvalidInput(f"{period.key} is not a month", cure="ask for a month: 2026-10")
    rules = definitions.shipped()
    with published.opened() as figures:
        tree = figures.tree()
        node = services.require_territory(actor, tree, division, period)
        if node.level > Level.COUNTY:
            raise InvalidInput(f"no flows below the county: {division}", cure="ask for its county")
        # Reckoned once for each state of the figures: whoever may see the place sees the same.
        known = (str(published.current()), figures.state.dump(), division, period.key, columns, most)
        if known not in _made:
            if len(_made) >= MOST_KEPT:
                _made.clear()
            _made[known] = _reckoned(figures, rules, tree, node, period, columns, most)
        return _made[known]


def _reckoned(
    figures: published.Published,
    rules: definitions.Definitions,
    tree: trees.Tree,
    node: trees.Node,
    period: Period,
    columns: tuple[Pair, ...],
    most: int,
) -> list[Flow]:
    below = [n for n in tree.nodes if n.parent == node.code and n.valid_from < period.end and n.valid_to > period.start]
    shown = reports.figures_of(figures, rules, below, [period])
    # A place whose number the report hides goes under no name of its own.
    hidden = {code for (code, _key), row in shown.items() if row["volume"].value is None}
    records = behind(rules, VOLUME, node, period, figures.state.watermark, tree)
    rows = rules.table.rows(None)
    assert isinstance(rows, QuerySet)
    fields = dict(zip([c.name for c in rules.table.columns], rows._fields, strict=True))  # type: ignore[attr-defined]
    wanted = list(dict.fromkeys(column for pair in columns for column in pair))
    if unknown := [column for column in wanted if column not in fields]:
        raise NotFound(f"the facts have no column {unknown[0]}")
    counted: dict[tuple[str, ...], int] = {
        tuple("" if value is None else str(value) for value in values): n
        for *values, n in rows.filter(pk__in=records.ids)
        .order_by()
        .values_list(*(fields[column] for column in wanted))
        .annotate(flow_n=Counted("pk"))
    }
    return [_flow(pair, wanted, counted, hidden, period, most) for pair in columns]


def _flow(
    pair: Pair,
    wanted: list[str],
    counted: Mapping[tuple[str, ...], int],
    hidden: Collection[str],
    period: Period,
    most: int,
) -> Flow:
    at = [wanted.index(column) for column in pair]
    named = [_named(place, counted, hidden, most) for place in at]
    cells: dict[Pair, int] = defaultdict(int)
    for values, n in counted.items():
        source, target = (
            values[place] if values[place] in known else OTHER for place, known in zip(at, named, strict=True)
        )
        cells[source, target] += n
    back = kept_back(cells)
    apart = sum(cells[link] for link in back)
    shown = {link: n for link, n in sorted(cells.items()) if link not in back}
    return Flow(pair, period, shown, sum(cells.values()), apart if not back or apart >= SMALL else None)


def _named(place: int, counted: Mapping[tuple[str, ...], int], hidden: Collection[str], most: int) -> set[str]:
    """The values that keep their name: the largest, so that what is put together is nothing or no small number either."""
    sums: dict[str, int] = defaultdict(int)
    for values, n in counted.items():
        sums[values[place]] += n
    large = [value for value, n in sums.items() if n >= SMALL and value not in hidden]
    named = sorted(large, key=lambda value: (-sums[value], value))[:most]
    while named and 0 < sum(n for value, n in sums.items() if value not in named) < SMALL:
        named.pop()
    return set(named)


def kept_back(cells: Mapping[Pair, int]) -> set[Pair]:
    """The pairs that are not shown: those of fewer than SMALL, and as many more as it takes that none follows from the sums.

    Draw the hidden pairs as lines between their source and their target. A hidden pair on a ring of hidden pairs can be one more
    or one less, its neighbours in the ring giving way in turn, and no sum changes; one that lies on none is had by subtraction.
    So pairs are hidden, smallest first, until each lies on a ring.
    """
    hidden = {pair for pair, n in cells.items() if 0 < n < SMALL}
    while bare := [pair for pair in sorted(hidden) if not _on_a_ring(pair, hidden)]:
        open_ones = {pair: n for pair, n in cells.items() if n > 0 and pair not in hidden}
        source, target = bare[0]
        beside = {pair: n for pair, n in open_ones.items() if pair[0] == source or pair[1] == target}
        choice = beside or open_ones
        if not choice:
            break
        hidden.add(min(choice, key=lambda pair: (choice[pair], pair)))
    return hidden


def _on_a_ring(pair: Pair, hidden: Collection[Pair]) -> bool:
    """Whether the two ends of the pair are joined by other hidden pairs."""
    joined: dict[Pair, set[Pair]] = defaultdict(set)
    for source, target in hidden:
        if (source, target) != pair:
            joined["from", source].add(("to", target))
            joined["to", target].add(("from", source))
    start, end = ("from", pair[0]), ("to", pair[1])
    waiting, reached = [start], {start}
    while waiting:
        for knot in joined[waiting.pop()] - reached:
            reached.add(knot)
            waiting.append(knot)
    return end in reached
