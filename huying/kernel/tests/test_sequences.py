import pytest
from django.db import transaction

from huying.kernel.sequences import next_numbers

pytestmark = pytest.mark.django_db


def test_a_series_counts_from_one_without_gaps_or_repeats():
    given = [*next_numbers("a"), *next_numbers("a", 3), *next_numbers("a", 0), *next_numbers("a")]
    assert given == [1, 2, 3, 4, 5]


def test_two_series_do_not_know_each_other():
    assert list(next_numbers("a", 2)) == [1, 2]
    assert list(next_numbers("b")) == [1]


def test_numbers_of_a_transaction_that_failed_are_given_again():
    next_numbers("a")
    with transaction.atomic():
        assert list(next_numbers("a", 5)) == [2, 3, 4, 5, 6]
        transaction.set_rollback(True)
    assert list(next_numbers("a")) == [2]


def test_a_thousand_numbers_cost_what_one_costs(django_assert_num_queries):
    next_numbers("a")
    with django_assert_num_queries(1):
        next_numbers("a", 1)
    with django_assert_num_queries(1):
        next_numbers("a", 1000)


def test_a_negative_count_is_a_fault():
    with pytest.raises(ValueError):
        next_numbers("a", -1)
