"""A prepared read gives what the query set gives, and compiles once."""

import pytest

from huying.kernel import prepared
from huying.kernel.sequences import NumberSeries, next_numbers

pytestmark = pytest.mark.django_db


def series(name: str):
    return NumberSeries.objects.filter(series=name)


def test_it_reads_what_the_query_set_reads_with_other_values_each_time():
    next_numbers("a", 3)
    next_numbers("b", 5)
    for name in ("a", "b", "none"):
        assert prepared.rows("test series", series, name) == list(series(name))
    [found] = prepared.rows("test last", lambda name: series(name).values_list("last"), "b")
    assert found == (5,)


def test_it_compiles_once_for_each_shape():
    calls = []

    def build(name: str):
        calls.append(name)
        return series(name)

    for name in ("a", "b"):
        prepared.rows("test once", build, name)
    prepared.rows("test once", build, "a", of="another scope")
    assert len(calls) == 2


def test_a_value_that_the_query_changes_is_refused_rather_than_forgotten():
    with pytest.raises(ValueError, match="did not come out"):
        prepared.rows("test changed", lambda last: NumberSeries.objects.filter(series="a"), 7)
