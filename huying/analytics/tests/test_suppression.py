"""What is hidden stays hidden: solved as linear equations, over all places and periods that anybody could lay side by side."""

import random
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huying.analytics.periods import Period, PeriodKind
from huying.analytics.suppression import Suppression
from huying.analytics.trees import Node, Tree
from huying.kernel.actors import Level

COUNTY = "331102000000"
WANTED = ("n",)
DAYS = [date(2026, 1, 1) + timedelta(i) for i in range(365)]
COARSE = list({Period.holding(d, k): 0 for k in (PeriodKind.YEAR, PeriodKind.QUARTER, PeriodKind.MONTH) for d in DAYS})
WEEKS = list({Period.holding(d, PeriodKind.WEEK): 0 for d in DAYS[5:355]})
SPRING = [Period.holding(d, PeriodKind.DAY) for d in DAYS[31:90]]
SPRING_WEEKS = [week for week in WEEKS if SPRING[0].start <= week.start and week.end <= SPRING[-1].end]


class Place:
    """A made-up county. records: (leaf, day) → count; a leaf is a village, or a township's records that name no village."""

    def __init__(self, chance, scale):
        self.nodes = [Node("331100000000", "", Level.CITY, "市"), Node(COUNTY, "331100000000", Level.COUNTY, "县")]
        self.leaves = []
        for t in range(1, chance.randrange(3, 5)):
            town = f"331102{t:03}000"
            self.nodes.append(Node(town, COUNTY, Level.TOWNSHIP, town))
            self.leaves.append((town, ""))
            for v in range(1, chance.randrange(1, 5)):
                self.nodes.append(Node(f"331102{t:03}{v:03}", town, Level.VILLAGE, "村"))
                self.leaves.append((town, f"331102{t:03}{v:03}"))
        self.records = {}
        for leaf in self.leaves:
            rate = chance.choice(scale)
            for day in DAYS:
                if (n := int(chance.expovariate(1) * rate)) and chance.random() < 0.7:
                    self.records[leaf, day] = n

    def holds(self, node, leaf):
        return node.level <= Level.COUNTY or node.code in leaf

    def count(self, node, period):
        return sum(
            n for (leaf, day), n in self.records.items() if self.holds(node, leaf) and period.start <= day < period.end
        )

    def read(self, codes, keys):
        nodes = [node for node in self.nodes if node.code in codes]
        return {(n.code, key): {"n": self.count(n, Period.parse(key))} for n in nodes for key in keys}


def derivable(place, periods):
    """Hidden cells that the shown ones determine, and how many there are. Unknown: each leaf's records by time."""
    hides = Suppression(Tree(place.nodes), place.read, date.min, periods)
    signature = {day: tuple(p.start <= day < p.end for p in periods) for day in DAYS}
    units = {said: i for i, said in enumerate(sorted(set(signature.values())))}
    column = {(leaf, i): j for j, (leaf, i) in enumerate((leaf, i) for leaf in place.leaves for i in units.values())}
    shown, hidden = [], []
    for node in place.nodes:
        for at, period in enumerate(periods):
            row = np.zeros(len(column))
            for leaf in place.leaves:
                if place.holds(node, leaf):
                    for said, i in units.items():
                        row[column[leaf, i]] = said[at]
            (hidden if hides.hides(WANTED, node, period) else shown).append((node, period, row))
    for node, period, _row in shown:
        assert node.level <= Level.COUNTY or not 0 < place.count(node, period) < 10, (node, period.key)
    if not hidden:
        return [], 0
    _u, values, basis = np.linalg.svd(np.array([row for _n, _p, row in shown]), full_matrices=False)
    basis = basis[values > 1e-9 * values[0]]
    rows = np.array([row for _n, _p, row in hidden])
    left = np.linalg.norm(rows - rows @ basis.T @ basis, axis=1) / np.linalg.norm(rows, axis=1)
    return [(n.code, p.key) for (n, p, _r), rest in zip(hidden, left, strict=True) if rest < 1e-7], len(hidden)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([(0.1, 1, 4), (0.02, 0.3, 20), (0, 0, 0.4, 30)]))
def test_no_hidden_month_week_quarter_or_year_can_be_had_by_adding_and_subtracting(seed, scale):
    place = Place(random.Random(seed), scale)
    assert derivable(place, [*COARSE, *WEEKS])[0] == []


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([(0.5, 6), (12, 40, 60), (0, 30, 80)]))
def test_no_hidden_day_can_be_had_by_adding_and_subtracting(seed, scale):
    place = Place(random.Random(seed), scale)
    assert derivable(place, [*COARSE, *SPRING_WEEKS, *SPRING])[0] == []


def test_the_proof_finds_a_leak_where_only_small_cells_are_hidden(monkeypatch):
    def careless(self, wanted, node, period):
        return node.level > Level.COUNTY and 0 < place.count(node, period) < 10

    place = Place(random.Random(3), (0.1, 1, 4))
    monkeypatch.setattr(Suppression, "hides", careless)
    assert derivable(place, [*COARSE, *WEEKS])[0]


def test_a_place_with_enough_everywhere_hides_nothing():
    place = Place(random.Random(1), (300,))
    place.records = {(leaf, day): 10 for leaf in place.leaves for day in DAYS}
    assert derivable(place, [*COARSE, *SPRING_WEEKS, *SPRING]) == ([], 0)


@pytest.mark.parametrize(
    ("other", "hidden"), [(12, {"331102001000", "331102003000"}), (3, {"331102001000", "331102003000"})]
)
def test_the_smallest_neighbour_covers_a_lone_small_one(other, hidden):
    place = Place(random.Random(1), (0,))
    place.nodes = place.nodes[:2] + [Node(f"33110200{t}000", COUNTY, Level.TOWNSHIP, "镇") for t in (1, 2, 3)]
    place.leaves = [(f"33110200{t}000", "") for t in (1, 2, 3)]
    for leaf, n in zip(place.leaves, (4, 40, other), strict=True):
        place.records[leaf, date(2026, 10, 5)] = n
    october = Period.parse("2026-10")
    hides = Suppression(Tree(place.nodes), place.read, date.min, [october])
    assert {node.code for node in place.nodes if hides.hides(WANTED, node, october)} == hidden
