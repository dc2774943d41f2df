"""Each rule asks about what is too good, too even or too sudden, says with which numbers, and leaves the ordinary alone."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.domains.bulletins import credibility as rules
from huying.domains.bulletins.vocabulary import CredibilityRule
from huying.kernel.words import words

SOLVED = words("解决率", "solved")


def test_a_hundred_percent_of_many_is_asked_about_with_its_numbers():
    said = rules.too_perfect(SOLVED, 1.0, 558, place="大洼区").said
    assert "大洼区解决率为100.0%（n=558）" in said.zh
    assert "100.0% of 558" in said.en


@pytest.mark.parametrize(("share", "n"), [(1.0, 12), (0.96, 558), (None, 558), (1.0, None)])
def test_a_hundred_percent_of_few_and_an_ordinary_rate_are_left_alone(share, n):
    assert rules.too_perfect(SOLVED, share, n) is None


def test_where_less_is_better_none_at_all_of_many_is_too_perfect_and_shown_as_it_is():
    assert "为0.0%（n=80）" in rules.too_perfect(words("超期率", "overdue"), 0.0, 80, lower=True).said.zh
    assert rules.too_perfect(words("超期率", "overdue"), 1.0, 80, lower=True) is None


def test_what_chance_brings_about_where_it_is_usual_is_left_alone():
    returned = words("退单率", "returned")
    assert rules.too_perfect(returned, 0.0, 127, lower=True, usual=0.008) is None, "one in 127 would be usual"
    assert rules.too_perfect(returned, 0.0, 127, lower=True, usual=0.12)
    assert rules.too_perfect(SOLVED, 1.0, 62, usual=0.968) is None
    assert rules.too_perfect(SOLVED, 1.0, 558, usual=0.968)
    assert rules.too_perfect(SOLVED, 1.0, 558, usual=1.0), "perfect everywhere explains nothing"
    assert rules.all_satisfied(24, 24, usual=0.9) is None
    assert rules.all_satisfied(60, 60, usual=0.9)


def test_places_that_owe_a_delivery_are_named():
    found = rules.missing_deliveries(words("治安统计", "order"), ["甲县", "乙县"])
    assert found.rule is CredibilityRule.MISSING
    assert "治安统计：2个区划本期没有报送：甲县、乙县" in found.said.zh


def test_all_satisfied_is_asked_about_and_one_dissatisfied_voice_is_enough_to_leave_it():
    assert rules.all_satisfied(42, 42).rule is CredibilityRule.ALL_SATISFIED
    assert rules.all_satisfied(41, 42) is None
    assert rules.all_satisfied(5, 5) is None
    assert rules.all_satisfied(None, 42) is None


def test_closings_heaped_in_the_last_twentieth_of_the_limit_are_asked_about():
    found = rules.heaped_before_limit([0.01] * 40 + [n / 60 for n in range(1, 61)])
    assert found.rule is CredibilityRule.HEAPED
    assert "100件中，4" in found.said.zh


@given(st.integers(0, 2**32))
def test_closings_spread_over_the_whole_limit_are_never_called_heaped(seed):
    chance = random.Random(seed)
    assert rules.heaped_before_limit([(n + chance.random()) / 200 for n in range(200)]) is None


def test_few_closings_say_nothing_about_heaping_and_late_ones_do_not_count():
    assert rules.heaped_before_limit([0.01] * 30) is None
    assert rules.heaped_before_limit([-0.5] * 500) is None


def test_minutes_that_end_in_nought_or_five_far_too_often_were_written_down_afterwards():
    found = rules.digit_preference([0, 30, 15, 45, 5] * 20 + list(range(60)))
    assert found.rule is CredibilityRule.DIGITS
    assert rules.digit_preference(list(range(60)) * 5) is None
    assert rules.digit_preference([0] * 49) is None


def test_a_rate_that_jumps_out_of_its_own_history_is_asked_about():
    history = [0.86, 0.88, 0.87, 0.85, 0.88, 0.86, 0.87]
    assert "本期为99.0%" in rules.sudden_change(SOLVED, 0.99, history, share=True).said.zh
    assert rules.sudden_change(SOLVED, 0.89, history, share=True) is None


def test_a_history_too_short_or_unknown_gives_no_sudden_change():
    assert rules.sudden_change(SOLVED, 0.2, [0.9] * 5 + [None] * 8, share=True) is None
    assert rules.sudden_change(SOLVED, None, [0.9] * 12, share=True) is None


def test_a_count_that_never_moved_may_move_a_little():
    assert rules.sudden_change(SOLVED, 104, [100.0] * 12, share=False) is None
    assert rules.sudden_change(SOLVED, 400, [100.0] * 12, share=False).rule is CredibilityRule.SUDDEN


def test_a_place_that_fell_silent_is_named_and_a_hidden_count_is_not_taken_for_silence():
    found = rules.missing_units({"甲镇": 0, "乙镇": None, "丙镇": 0}, {"甲镇": 31, "乙镇": 31, "丙镇": 3})
    assert "1个区划" in found.said.zh
    assert "甲镇" in found.said.zh
    assert rules.missing_units({"甲镇": 1}, {"甲镇": 31}) is None
