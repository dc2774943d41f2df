"""The language says where it is wrong, keeps unknown unknown, and means what arithmetic means."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.analytics.indicators.evaluation import Sight, evaluate
from huying.analytics.indicators.expressions import Fault, check, parse, written

NAN = math.nan


def seen(text, **measures):
    """One place; each measure a row of periods, the year before two periods back."""
    arrays = {name: np.array([values], dtype=float) for name, values in measures.items()}
    shape = next(iter(arrays.values())).shape
    earlier = np.array([i - 2 if i >= 2 else -1 for i in range(shape[1])])
    to_date = {name: np.nancumsum(values, axis=1) for name, values in arrays.items()}
    sight = Sight(arrays, to_date, {"k": 10.0}, earlier, np.full(shape, 4.0), np.full(shape, 3.0))
    return evaluate(parse(text), sight)[0].tolist()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("8 / 4 / 2", 1),
        ("7 - 2 - 1", 4),
        ("-2 + 5", 3),
        ("a * k", 20),
        ("if(a > 1 and not b = 1, 1, 0)", 1),
        ("if(a < 1 or isnull(b), 1, 0)", 0),
        ("min(a, b, 9)", 2),
        ("max(a, b)", 5),
        ("abs(a - b)", 3),
        ("coalesce(blank, b)", 5),
        ("nodes() - reported()", 1),
    ],
)
def test_it_means_what_it_says(text, value):
    assert seen(text, a=[2], b=[5], blank=[NAN]) == [value]


@pytest.mark.parametrize("text", ["blank + 1", "a / 0", "min(a, blank)", "if(blank > 1, 1, 0)", "0 / 0", "blank / a"])
def test_unknown_stays_unknown_and_nothing_is_divided_by_zero(text):
    assert math.isnan(seen(text, a=[2], blank=[NAN])[0])


def test_false_and_unknown_is_false():
    assert seen("if(a > 5 and blank > 1, 1, 0)", a=[2], blank=[NAN]) == [0]
    assert seen("if(a < 5 or blank > 1, 1, 0)", a=[2], blank=[NAN]) == [1]


def test_earlier_periods_and_the_year_so_far():
    assert seen("coalesce(previous(a), -1)", a=[1, 2, 3]) == [-1, 1, 2]
    assert seen("coalesce(a / last_year(a), -1)", a=[1, 2, 3]) == [-1, -1, 3]
    assert seen("year_to_date(a) * 2", a=[1, 2, 3]) == [2, 6, 12]
    assert seen("coalesce(previous(previous(a)), -1)", a=[1, 2, 3]) == [-1, -1, 1]


@pytest.mark.parametrize(
    ("text", "column", "what"),
    [
        ("", 1, "empty"),
        ("a +", 4, "ends too early"),
        ("a b", 3, "'b' is not expected"),
        ("(a", 3, "'\\)' is missing"),
        ("a + $b", 5, "'\\$' is no part of the language"),
        ("log(a)", 1, "no function 'log'"),
        ("if(a, 1)", 1, "if takes 3 arguments, not 2"),
        ("if(a, 1, 0)", 4, "a condition is wanted"),
        ("a + (b > 1)", 8, "a number is wanted"),
        ("a > 1", 3, "a number is wanted"),
        ("coalesce", 1, "coalesce is a function"),
        ("a + unknown", 5, "no measure or constant 'unknown'"),
        ("(" * 60 + "a" + ")" * 60, 51, "brackets are open"),
    ],
)
def test_a_fault_names_its_column(text, column, what):
    with pytest.raises(Fault, match=what) as caught:
        check(text, {"a", "b"})
    assert caught.value.column == column


def test_two_ways_to_write_the_same_are_the_same():
    assert written(parse("a + b*2.0")) == written(parse("(2 * b) + a"))
    assert written(parse("a - b")) != written(parse("b - a"))


@given(st.text("ab+-*/(),<>=1.9 ifnot", max_size=40))
def test_any_text_is_read_or_refused_with_a_column(text):
    try:
        check(text, {"a", "b"})
    except Fault as fault:
        column = fault.column
    else:
        column = 1
    assert 1 <= column <= len(text) + 1
