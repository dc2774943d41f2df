"""Counts of records aggregated otherwise than by sum: as reckoned by hand, and the same step by step as all anew."""

import random
import statistics
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from huying.analytics import published
from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.periods import Period
from huying.analytics.tests.made import CITY, EAST, WATERMARK, WEST, Town, a_matter, nodes
from huying.analytics.tests.test_lake import refresh
from huying.analytics.trees import Tree
from huying.analytics.values import building, defining, evaluating, store
from huying.kernel import clock, facts
from huying.kernel.actors import Actor

pytestmark = pytest.mark.django_db
MONTHS = [Period.parse(f"2026-{month:02}") for month in range(1, 12)]
TREE = Tree(nodes())
HOWS = [
    {"time": "max", "tree": "max"},
    {"time": "min", "tree": "sum"},
    {"time": "average", "tree": "sum"},
    {"time": "average", "tree": "average"},
    {"time": "sum", "tree": "median"},
    {"time": "sum", "tree": "percentile", "percentile": 80},
    {"time": "median", "tree": "max"},
    {"time": "sum", "tree": "distinct"},
    {"time": "last", "tree": "sum"},
    {"time": "as-of-last", "tree": "sum"},
    {"time": "count", "tree": "min"},
]


def rows():
    for i, how in enumerate(HOWS):
        yield IndicatorRow.model_validate(
            {
                "code": f"i{i}",
                "name": {"zh": "数", "en": "n"},
                "sources": [{"facts": "matters"}],
                "expression": "volume__n",
                "aggregation": how,
                "level": "county",
                "periods": ["month"],
            }
        )


def lay(town, home, *, at=WATERMARK, full=False):
    refresh(town, home, at=at, full=full)
    with clock.use(clock.FixedClock(at)):
        return building.refresh(home, TREE, full=full)


def stored(home):
    with store.opened(home) as kept:
        rows = kept.con.execute("SELECT indicator, node, period, value FROM value").fetchall()
    return {(code, node, period): value for code, node, period, value in rows}


def lowest_of(day):
    parents = {node.parent for node in TREE.nodes if node.on(day)}
    return {node.code for node in TREE.nodes if node.on(day) and node.code not in parents}


def lay_of(matter, day):
    """The lowest place of the tree that the record lies in."""
    found = (code for code in (matter.village, matter.township, matter.county, matter.city) if code)
    return next((code for code in found if TREE.node(code, day)), None)


def by_hand(town):
    """Place and day → how many were registered, zeros too."""
    counts: dict[tuple[str, date], int] = {}
    own = set()
    for matter in town.matters.values():
        day = clock.local(matter.registered_at).date()
        if matter.petition or matter.kind == "petition" or not (place := lay_of(matter, day)):
            continue
        counts[place, day] = counts.get((place, day), 0) + 1
        own.add(place)
    first = min(first_days(town))
    every = {}
    for step in range((WATERMARK.date() - first).days + 1):
        day = first + timedelta(step)
        for place in lowest_of(day) | {code for code in own if TREE.node(code, day)}:
            every[place, day] = counts.get((place, day), 0)
    return every


def first_days(town):
    with published.opened(town.home) as figures:
        yield figures.state.first_day


OVER = {
    "max": max, "min": min, "sum": sum, "count": len, "median": statistics.median, "average": statistics.mean,
    "distinct": lambda values: len(set(values)), "last": lambda values: values[-1], "as-of-last": lambda values: values[-1],
}  # fmt: skip


def quantile(values, part):
    ordered, at = sorted(values), (len(values) - 1) * part
    low = int(at)
    return ordered[low] + (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]) * (at - low)


# Averages are added in whole billionths (lake.measuring).
def expected(every, node, period, how):
    """First over the days at each place below, then over the places."""
    of: dict[str, list[int]] = {}
    for (place, day), n in sorted(every.items(), key=lambda pair: pair[0][1]):
        if period.start <= day < period.end and any(step.code == node for step in TREE.path(place, day)):
            of.setdefault(place, []).append(n)
    if how["time"] == "as-of-last":
        last = max(day for _place, day in every if day < period.end)
        of = {place: values for place, values in of.items() if (place, last) in every}
    one = [OVER[how["time"]](values) for values in of.values()]
    if not one:
        return None
    return quantile(one, how["percentile"] / 100) if how["tree"] == "percentile" else OVER[how["tree"]](one)


@example(seed=101)  # the second step moves the first record's day
@given(seed=st.integers(0, 10_000))
@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
)
def test_it_is_what_one_reckons_by_hand_and_the_same_step_by_step(tmp_path_factory, seed):
    home, chance, town = tmp_path_factory.mktemp("daily"), random.Random(seed), Town()
    town.home = home
    defining.install(list(rows()), Actor.system("pack"))
    town.put(*(a_matter(number, chance) for number in range(80)))
    lay(town, home, at=WATERMARK - timedelta(hours=2), full=True)
    for step in range(2):
        number = 1000 + step
        facts.touch("matters", town.put(a_matter(number, chance), a_matter(chance.randrange(80), chance)))
        lay(town, home, at=WATERMARK - timedelta(hours=1 - step))
    stepped = stored(home)
    lay(town, home, full=True)
    assert stored(home) == stepped
    every = by_hand(town)
    for i, how in enumerate(HOWS):
        for node in (CITY, EAST, WEST):
            for period in MONTHS:
                want, got = expected(every, node, period, how), stepped.get((f"i{i}", node, period.key))
                assert got == (None if want is None else pytest.approx(want, abs=1e-7)), (
                    how,
                    node,
                    period.key,
                )


def test_below_the_county_it_is_refused_as_it_would_tell_small_cells():
    row = next(rows()).model_copy(update={"level": "village"})
    assert evaluating.why_not(row) == "small:volume__n"
    assert evaluating.why_not(next(rows())) == ""
