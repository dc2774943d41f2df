"""Medians found by classes of duration are those of all records put in order."""

from statistics import median

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from huying.analytics.lake.medians import classes_of, middles_of

# Closed on the spot, within days, after years, and the impossible: closed before it was registered.
durations = st.one_of(
    st.just(0), st.integers(0, 90), st.integers(0, 40 * 86_400), st.integers(-(10**9), 10**11), st.sampled_from([7, -7])
)


def by_classes(records, wanted):
    """wanted cell → median, by the arrays."""
    cells = sorted({cell for cell, _ in records} & wanted)
    number = np.array([cells.index(cell) if cell in cells else -1 for cell in range(20)])
    own, seconds = (np.array(column, dtype=np.int64) for column in zip(*records, strict=True))
    n = np.array([sum(cell == one for one, _ in records) for cell in cells])
    return dict(zip(cells, middles_of(own, number, n, seconds, classes_of(seconds)), strict=True)) if cells else {}


@given(st.lists(st.tuples(st.integers(0, 19), durations), min_size=1, max_size=200), st.sets(st.integers(0, 19)))
def test_each_cells_median_is_the_middle_of_its_own_records(records, wanted):
    by_hand = {
        cell: float(median(seconds for one, seconds in records if one == cell))
        for cell in {cell for cell, _ in records} & wanted
    }
    assert by_classes(records, wanted) == by_hand


@given(st.lists(st.tuples(st.integers(0, 19), durations), min_size=1, max_size=60))
def test_so_many_cells_that_one_class_must_do_are_counted_alike(records):
    from huying.analytics.lake import medians

    every = set(range(20))
    fine, kept = by_classes(records, every), medians.COUNTERS
    medians.COUNTERS = 1
    try:
        assert by_classes(records, every) == fine
    finally:
        medians.COUNTERS = kept


@given(st.lists(durations, min_size=2, max_size=50))
def test_a_longer_duration_is_never_in_an_earlier_class(seconds):
    ordered = np.array(sorted(seconds), dtype=np.int64)
    assert (np.diff(classes_of(ordered)) >= 0).all()
