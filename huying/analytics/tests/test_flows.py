"""What a flow keeps back stays back: no shown link, and no sum that stands in the report, gives a hidden one away."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from huying.analytics.flows import _named, kept_back

SOURCES, TARGETS = "abcd", "wxyz"
tables = st.dictionaries(
    st.tuples(st.sampled_from(SOURCES), st.sampled_from(TARGETS)), st.integers(1, 40), min_size=1, max_size=16
)


def derivable(cells, hidden):
    """Hidden cells that the sums of rows and columns determine, less what is shown: solved as linear equations."""
    listed = sorted(hidden)
    rows = [[1.0 if link[0] == one else 0.0 for link in listed] for one in {link[0] for link in cells}]
    rows += [[1.0 if link[1] == one else 0.0 for link in listed] for one in {link[1] for link in cells}]
    known = np.array(rows)
    rank = np.linalg.matrix_rank(known)
    found = []
    for at in range(len(listed)):
        unit = np.zeros(len(listed))
        unit[at] = 1
        if np.linalg.matrix_rank(np.vstack([known, unit])) == rank:
            found.append(listed[at])
    return found


@settings(max_examples=300)
@given(tables)
def test_no_hidden_link_follows_from_the_sums(cells):
    hidden = kept_back(cells)
    assert {link for link, n in cells.items() if n < 10} <= hidden
    # With everything hidden there is nothing more to do: a row of one pair says what its sum says.
    if hidden != set(cells):
        assert derivable(cells, hidden) == []


def test_a_rule_that_hides_only_the_small_one_would_be_found_out():
    cells = {("a", "w"): 5, ("a", "x"): 30, ("b", "w"): 20, ("b", "x"): 25}
    assert derivable(cells, {("a", "w")}) == [("a", "w")]
    assert kept_back(cells) == set(cells)


def test_large_flows_are_all_shown():
    assert kept_back({("a", "w"): 10, ("a", "x"): 30, ("b", "w"): 20}) == set()


def test_what_is_put_together_is_never_a_small_number():
    counted = {("fax",): 4, ("web",): 12, ("hotline",): 90}
    assert _named(0, counted, (), 8) == {"hotline"}
    assert _named(0, {("web",): 12, ("hotline",): 90}, (), 8) == {"hotline", "web"}


def test_a_place_whose_number_the_report_hides_goes_under_no_name():
    assert _named(0, {("331102001000",): 30, ("331102002000",): 60}, {"331102001000"}, 8) == {"331102002000"}
