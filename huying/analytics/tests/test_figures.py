"""Figures say what they rest on; unknown is not zero; what would point at a few people is not shown anywhere."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.analytics.definitions import shipped
from huying.analytics.figures import Absent, Figure, contribution, figure, known
from huying.analytics.periods import Period
from huying.analytics.published import State
from huying.kernel.actors import Level

from .made import WATERMARK

OCTOBER = Period.parse("2026-10")
RATE = shipped().indicator("closed_in_time")
VOLUME = shipped().indicator("volume")
KINDS = shipped().indicator("by_kind")
STATE = State(WATERMARK, 1, "", "", date(2026, 1, 1), 10, 0, False, date(2026, 9, 19))


def rate(n, d, level=Level.COUNTY, absent=None):
    return figure(
        RATE, {"closed_in_time__n": n, "closed_in_time__d": d}, None, level=level, period=OCTOBER, absent=absent
    )


def volume(n, level=Level.TOWNSHIP):
    return figure(VOLUME, {"volume__n": n}, None, level=level, period=OCTOBER, absent=None)


def test_a_figure_carries_its_numerator_denominator_and_n():
    made = rate(18, 20)
    assert (made.value, made.numerator, made.denominator, made.n, made.shown) == (0.9, 18, 20, 20, "90.0%")


def test_nothing_to_count_is_no_rate_but_a_volume_of_zero():
    assert rate(0, 0).absent is Absent.NO_CASES
    assert rate(0, 0).value is None
    assert figure(VOLUME, None, None, level=Level.CITY, period=OCTOBER, absent=None).value == 0


@pytest.mark.parametrize(
    ("period", "level", "why"),
    [
        ("2026-12", Level.CITY, Absent.NOT_YET),
        ("2025-12", Level.CITY, Absent.BEFORE),
        ("2026-09-01", Level.VILLAGE, Absent.NOT_KEPT),
        ("2026-09-01", Level.TOWNSHIP, None),
        ("2026-11", Level.VILLAGE, None),
    ],
)
def test_what_is_unknown_says_why(period, level, why):
    assert known(STATE, Period.parse(period), level) is why


def test_an_unknown_figure_is_not_zero():
    assert rate(0, 10, absent=Absent.BEFORE).value is None


@pytest.mark.parametrize("n", range(1, 10))
def test_fewer_than_ten_are_not_shown_below_the_county(n):
    for made in (rate(n, n, Level.TOWNSHIP), volume(n)):
        assert (made.value, made.numerator, made.denominator, made.n, made.grade) == (None, None, None, None, None)
        assert made.absent is Absent.SMALL
    assert rate(n, n, Level.COUNTY).numerator == n


def test_zero_and_ten_are_shown_below_the_county():
    assert volume(0).value == 0
    assert volume(10).value == 10


@given(st.lists(st.integers(0, 30), min_size=5, max_size=5))
def test_the_parts_of_a_count_are_shown_all_or_none_below_the_county(counts):
    values = [value for value, _words in KINDS.split.values]
    cell = {"by_kind__n": sum(counts), **{f"by_kind__{v}": n for v, n in zip(values, counts, strict=True)}}
    made = figure(KINDS, cell, None, level=Level.VILLAGE, period=OCTOBER, absent=None)
    if made.value is not None:
        small = any(0 < n < 10 for n in counts)
        assert [shown for _v, _w, shown in made.parts] == ([None] * 5 if small else counts)


@given(st.integers(0, 2**32))
def test_what_the_parts_contribute_sums_to_the_whole_change(seed):
    chance = random.Random(seed)
    pairs = [[(chance.randrange(0, d + 1), d) for d in chance.choices(range(1, 50), k=4)] for _ in range(2)]
    whole = [rate(sum(n for n, _ in row), sum(d for _, d in row)) for row in pairs]
    parts = [contribution(rate(*now), rate(*then), whole[1], whole[0]) for then, now in zip(*pairs, strict=True)]
    assert sum(parts) == pytest.approx(whole[1].value - whole[0].value)


def test_a_figure_with_no_colour_has_no_shape_and_one_with_a_colour_has_both():
    assert rate(2, 4).shape == ""
    assert (rate(99, 100).shape, rate(90, 100).shape, rate(10, 100).shape) == ("●", "▲", "■")
    assert isinstance(rate(1, 2), Figure)
