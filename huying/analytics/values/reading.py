"""Values for whoever shows or judges them, as they are stored, with what would give a small cell away left out. No engine."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from huying.analytics import definitions, published
from huying.analytics.definitions import Direction, Grade, Unit
from huying.analytics.figures import Absent, Figure, known
from huying.analytics.periods import Period
from huying.analytics.published import Published
from huying.analytics.report import figures_of
from huying.analytics.suppression import Counts, Suppression
from huying.analytics.trees import Node
from huying.analytics.values import listing, store
from huying.analytics.values.colours import colour
from huying.analytics.values.listing import Entry, Version
from huying.analytics.values.lookbacks import looked_at, series, year_so_far
from huying.analytics.values.store import Store
from huying.analytics.values.value import Rank, Value
from huying.kernel.actors import Level

# As values.store numbers the colours (huying.analytics.indicators.judging.GRADES, which wants numpy).
GRADES = (Grade.GREEN, Grade.YELLOW, Grade.ORANGE, Grade.RED)
Key = tuple[str, str, str]
state = store.state


def read(
    codes: Iterable[str], nodes: Iterable[str], periods: Iterable[Period], *, home: Path | None = None
) -> dict[Key, Value]:
    """(code, node, period key) → value, of every indicator and place there are; in a fixed number of statements.

    Looks at nobody's scope: ask analytics.services.require_territory first. Raises Unavailable before the first refresh.
    """
    wanted, asked = list(dict.fromkeys(codes)), list(dict.fromkeys(periods))
    listed = set(nodes)
    with published.opened(home) as figures, store.opened(home) as kept:
        spans = figures.tree().spans
        places = {code: spans[code] for code in listed if code in spans}
        found = _counted(figures, wanted, places, spans, asked)
        said = listing.versions([code for code in wanted if definitions.shipped().indicator(code) is None])
        if checks := {version.row.integrity for rows in said.values() for version in rows} - {"", *said}:
            said |= listing.versions(sorted(checks))
        if said:
            made = _Defined(figures, kept, said, spans).values(places, asked)
            found |= {key: _checked(value, made) for key, value in made.items() if key[0] in wanted}
    return found


def _checked(value: Value, made: Mapping[Key, Value]) -> Value:
    """Without its colour where the check of its reporting isn't green. Where there was nothing to check it stands."""
    row = value.entry.row
    if row is None or not row.integrity or value.grade is None:
        return value
    check = made.get((row.integrity, value.node.code, value.period.key))
    if check is not None and (check.grade is Grade.GREEN or check.absent is Absent.NO_CASES):
        return value
    return replace(value, grade=None, score=None, unchecked=True)


def _on(spans: Sequence[Node], period: Period) -> Node:
    """The place as it was last in the period, else its newest span."""
    if len(spans) == 1:
        return spans[0]
    there = [span for span in spans if span.valid_from < period.end and span.valid_to > period.start]
    return (there or list(spans))[-1]


# Counted from records


def _counted(
    figures: Published,
    codes: Sequence[str],
    places: Mapping[str, list[Node]],
    spans: Mapping[str, list[Node]],
    periods: Sequence[Period],
) -> dict[Key, Value]:
    rules = definitions.shipped().of(codes)
    found: dict[Key, Value] = {}
    if not rules.indicators or not places:
        return found
    every = list(
        dict.fromkeys([*periods, *(p.previous for p in periods), *(y for p in periods if (y := p.year_before))])
    )
    own = [_on(rows, periods[-1]) for rows in places.values()]
    parents = {span.parent for rows in places.values() for span in rows}
    siblings = [
        rows[-1] for rows in spans.values() if {span.parent for span in rows} & parents and rows[-1].code not in places
    ]
    made = figures_of(figures, rules, own, every)
    beside = figures_of(figures, rules, siblings, list(periods)) if siblings else {}
    together: dict[str, dict[str, Mapping[str, Figure]]] = {}
    for (place, key), row in (beside | made).items():
        together.setdefault(key, {})[place] = row
    entries = {row.code: listing.counted(row) for row in rules.indicators}
    watermark = figures.state.watermark
    for period in periods:
        key, before, year = period.key, period.previous.key, (y.key if (y := period.year_before) else "")
        provisional = period.last >= watermark.date()
        for code, entry in entries.items():
            ranks = _among(code, period, places, spans, together[key]) if entry.ranked else {}
            for node in own:
                place = node.code
                now = made[place, key][code]
                found[code, place, key] = Value(
                    entry,
                    node,
                    period,
                    value=now.value,
                    numerator=now.numerator,
                    denominator=now.denominator,
                    n=now.n,
                    absent=now.absent,
                    grade=now.grade,
                    smoothed=now.value,
                    completeness=1.0 if now.absent is None else None,
                    previous=made[place, before][code].value,
                    last_year=made[place, year][code].value if year else None,
                    among_siblings=ranks.get(place),
                    freshness=watermark,
                    provisional=provisional,
                )
    return found


def _among(
    code: str,
    period: Period,
    places: Mapping[str, list[Node]],
    spans: Mapping[str, list[Node]],
    made: Mapping[str, Mapping[str, Figure]],
) -> dict[str, Rank]:
    """Of each place its rank among its parent's children that have enough records."""
    scores: dict[str, dict[str, float]] = {}
    for node, row in made.items():
        figure = row[code]
        indicator = figure.indicator
        if figure.value is None or indicator.unit is Unit.COUNT or (figure.n or 0) < indicator.min_n:
            continue
        sign = 1 if indicator.direction is Direction.HIGHER else -1
        scores.setdefault(_on(spans[node], period).parent, {})[node] = sign * figure.value
    # From the worst to the best: how many are better is how many stand after the last that is equal.
    orders = {parent: sorted(among.values()) for parent, among in scores.items() if len(among) > 1}
    found = {}
    for node, rows in places.items():
        parent = _on(rows, period).parent
        if parent in orders and node in scores[parent]:
            order = orders[parent]
            found[node] = Rank(1 + len(order) - bisect_right(order, scores[parent][node]), len(order))
    return found


# Defined by a pack or on screen


@dataclass
class _Defined:
    figures: Published
    kept: Store | None
    said: Mapping[str, list[Version]]
    spans: Mapping[str, list[Node]]

    def values(self, places: Mapping[str, list[Node]], periods: Sequence[Period]) -> dict[Key, Value]:
        codes = list(self.said)
        built = self.kept.state() if self.kept else None
        rows = self.kept.rows(codes, ["", *places], [p.key for p in periods]) if self.kept and built else {}
        later = self._later(places, periods)
        hidden = self._hiding(places, periods)
        found: dict[Key, Value] = {}
        for code, versions in self.said.items():
            for period in periods:
                version = listing.in_force(versions, period.last)
                if version is None:
                    continue
                entry = listing.defined(code, version)
                for node, spans in places.items():
                    place = _on(spans, period)
                    stored = rows.get((code, node, period.key))
                    said = self._one(entry, place, period, stored, rows.get((code, "", period.key)), hidden)
                    key = (code, node, period.key)
                    changed = key in later and said.absent is not Absent.SMALL
                    found[key] = replace(said, freshness=built.watermark if built else None, changed=changed)
        return found

    def _one(
        self,
        entry: Entry,
        node: Node,
        period: Period,
        stored: Mapping[str, float | None] | None,
        empty: Mapping[str, float | None] | None,
        hidden: Callable[[Entry, Node, Period], bool],
    ) -> Value:
        state = self.figures.state
        provisional = period.last >= state.watermark.date()
        if period.kind not in entry.periods:
            return Value(entry, node, period, absent=Absent.NOT_BY_PERIOD, provisional=provisional)
        if node.level > entry.level:
            return Value(entry, node, period, absent=Absent.NOT_AT_LEVEL, provisional=provisional)
        figures = stored or empty
        if figures is None or figures["value"] is None:
            absent = self._absent(entry, node, period, figures)
            if figures is None:
                return Value(entry, node, period, absent=absent, provisional=provisional)
        else:
            absent = None
        if hidden(entry, node, period):
            return Value(entry, node, period, absent=Absent.SMALL, provisional=provisional)
        seen = _seen(entry, node, period, hidden)
        assert entry.row is not None
        grade = _grade(entry, figures, node, period) if stored is None else _index(figures["grade"])
        reported, expected = figures["reported"], figures["expected"]
        return Value(
            entry,
            node,
            period,
            value=figures["value"],
            numerator=figures["numerator"],
            denominator=figures["denominator"],
            n=figures["n"],
            absent=absent,
            grade=grade,
            score=figures["score"],
            met=None if figures["met"] is None else bool(figures["met"]),
            smoothed=figures["smoothed"],
            age=int(figures["age"] or 0),
            reported=None if reported is None else int(reported),
            expected=None if expected is None else int(expected),
            completeness=1.0 if expected is None else (reported or 0) / expected if expected else None,
            previous=figures["previous"] if seen["previous"] else None,
            last_year=figures["last_year"] if seen["last_year"] else None,
            to_date=figures["to_date"] if seen["to_date"] else None,
            in_level=_rank(figures, "in_level", "of_level"),
            among_siblings=_rank(figures, "among_siblings", "of_siblings"),
            in_peers=_rank(figures, "in_peers", "of_peers"),
            provisional=provisional,
        )

    def _absent(self, entry: Entry, node: Node, period: Period, figures: object) -> Absent:
        assert entry.row is not None
        if listing.bare(entry.row):
            return known(self.figures.state, period, node.level) or Absent.NO_CASES
        if period.start > self.figures.state.watermark.date():
            return Absent.NOT_YET
        return Absent.NO_CASES if figures is not None else Absent.NOT_DELIVERED

    def _later(self, places: Mapping[str, list[Node]], periods: Sequence[Period]) -> set[Key]:
        if self.kept is None:
            return set()
        keys = {period.key for period in periods}
        found = self.kept.later(list(places), limit=100_000) if len(places) < 400 else []
        return {(row.indicator, row.node, row.period) for row in found if row.period in keys}

    def _hiding(
        self, places: Mapping[str, list[Node]], periods: Sequence[Period]
    ) -> Callable[[Entry, Node, Period], bool]:
        """Whether a value would give a small cell below the county away."""
        if not any(span.level > Level.COUNTY for rows in places.values() for span in rows):
            return lambda entry, node, period: False
        rows = [version.row for versions in self.said.values() for version in versions]
        near = {own for p in periods for own in (p, p.previous, p.year_before, *year_so_far(p)) if own}
        looked = sorted({other for row in rows for own in near for other in looked_at(row, own)})
        suppression = Suppression(self.figures.tree(), self._counts(), self.figures.state.recent_from, looked)

        def hides(entry: Entry, node: Node, period: Period) -> bool:
            assert entry.row is not None
            if node.level <= Level.COUNTY:
                return False
            wanted = series(entry.row)
            return any(suppression.hides(wanted, node, other) for other in looked_at(entry.row, period))

        return hides

    def _counts(self) -> Counts:
        codes = [code for code, rows in self.said.items() if any(not listing.bare(v.row) for v in rows)]

        def counts(nodes: Sequence[str], keys: Sequence[str]) -> dict[tuple[str, str], dict[str, int]]:
            found = {key: dict(cell) for key, cell in self.figures.cells(nodes, keys).items()}
            for (code, node, period), row in (
                self.kept.rows(codes, nodes, keys) if self.kept and codes else {}
            ).items():
                if row["least"] is not None:
                    # A part of a case is a small cell too.
                    found.setdefault((node, period), {})[code] = max(1, int(row["least"])) if row["least"] > 0 else 0
            return found

        return counts


def _seen(entry: Entry, node: Node, period: Period, hidden: Callable[[Entry, Node, Period], bool]) -> dict[str, bool]:
    if node.level <= Level.COUNTY:
        return {"previous": True, "last_year": True, "to_date": True}
    year = period.year_before
    return {
        "previous": not hidden(entry, node, period.previous),
        "last_year": year is not None and not hidden(entry, node, year),
        "to_date": not any(hidden(entry, node, other) for other in year_so_far(period)),
    }


def _grade(entry: Entry, figures: Mapping[str, float | None], node: Node, period: Period) -> Grade | None:
    """Of a place without any record: as the stored ones are coloured, by its own level."""
    assert entry.row is not None
    return colour(entry.row, node.level.column, figures["counted"], period.last)


def _index(grade: float | None) -> Grade | None:
    return None if grade is None else GRADES[int(grade)]


def _rank(figures: Mapping[str, float | None], place: str, of: str) -> Rank | None:
    at, size = figures.get(place), figures.get(of)
    return Rank(int(at), int(size)) if at is not None and size is not None and size > 1 else None
