# ruff: noqa: DTZ001 - a naive start is what is being tested: it is Asia/Shanghai.
from datetime import date, datetime, time, timedelta

import pytest

from huying.kernel.clock import ZONE
from huying.kernel.deadlines import (
    Basis,
    DayLaw,
    Direction,
    Extension,
    ExtensionRule,
    FirstDay,
    FirstHour,
    Limit,
    Pause,
    PauseReason,
    Roll,
    compute,
)
from huying.kernel.deadlines.tests.builders import calendar_2026, rule
from huying.kernel.errors import InvalidInput
from huying.kernel.words import words

CAL = calendar_2026()
START = datetime(2026, 9, 24, 10)
CONSULT = PauseReason(
    "consult", words("征求第三方意见", "consulting a third party"), Basis("政府信息公开条例", "第三十三条")
)


def at(*parts):
    return datetime(*parts, tzinfo=ZONE)


def due(limit, start=START, **given):
    return compute(rule(limit, **given), start, CAL).due


def test_fifteen_working_days_over_mid_autumn_and_national_day_skip_every_rest_day_and_count_the_make_up_day():
    deadline = compute(rule("15 WD"), START, CAL)
    assert deadline.due == at(2026, 10, 22, 23, 59, 59)
    assert not deadline.provisional
    expected = [(9, d) for d in (25, 26, 27)] + [(10, d) for d in (1, 2, 3, 4, 5, 6, 7, 11, 17, 18)]
    assert [(s.day.month, s.day.day) for s in deadline.skipped] == expected


def test_two_hours_run_through_rest_days_from_the_minute():
    assert due("2 h", datetime(2026, 10, 3, 10, 20)) == at(2026, 10, 3, 12, 20)


def test_under_civil_procedure_the_starting_hour_is_not_counted():
    assert due("24 h", datetime(2026, 10, 3, 10, 20), first_hour=FirstHour.EXCLUDED) == at(2026, 10, 4, 11)


def test_a_day_limit_ending_on_a_statutory_rest_day_moves_past_the_whole_rest():
    assert due("7 D") == at(2026, 10, 8, 23, 59, 59)
    assert due("7 D", roll=Roll.NONE) == at(2026, 10, 1, 23, 59, 59)


def test_a_make_up_saturday_is_no_rest_day_to_move_from():
    assert due("16 D") == at(2026, 10, 10, 23, 59, 59)


def test_a_month_ends_on_the_matching_day_or_the_months_last():
    assert due("1 M", datetime(2026, 7, 30, 9)) == at(2026, 8, 31, 23, 59, 59)  # 30 August is a Sunday
    assert due("1 M", datetime(2026, 5, 31, 9)) == at(2026, 6, 30, 23, 59, 59)
    assert due("3 M", datetime(2025, 11, 30, 9)) == at(2026, 2, 28, 23, 59, 59)


def test_where_the_first_day_counts_the_limit_ends_a_day_sooner():
    assert due("5 WD", datetime(2026, 11, 2, 9), first_day=FirstDay.INCLUDED) == at(2026, 11, 6, 23, 59, 59)
    assert due("5 WD", datetime(2026, 11, 2, 9)) == at(2026, 11, 9, 23, 59, 59)


def test_close_of_business_ends_the_day_where_the_rule_says_so():
    assert due("5 WD", datetime(2026, 11, 2, 9), day_end=time(17, 30)) == at(2026, 11, 9, 17, 30)


@pytest.mark.parametrize(("limit", "day"), [("5 D", 9), ("60 D", 1)])
def test_days_are_working_days_only_for_the_amounts_the_law_lists(limit, day):
    law = DayLaw(Basis("行政复议法", "第八十八条"), amounts=(3, 5, 7, 10))
    start = datetime(2026, 11, 2, 9)
    ordinary = calendar_2026()
    deadline = compute(rule(limit, day_law=law), start, ordinary)
    assert deadline.due.day == day
    assert any("工作日（行政复议法 第八十八条）" in step.zh for step in deadline.steps) is (limit == "5 D")


def test_a_limit_counted_back_from_a_hearing_ends_before_it():
    assert due("7 D", datetime(2026, 11, 20, 9), direction=Direction.BEFORE, roll=Roll.BACK) == at(
        2026, 11, 13, 23, 59, 59
    )


def test_a_listed_pause_leaves_out_its_days_and_says_so():
    paused = Pause(datetime(2026, 11, 4, 15), datetime(2026, 11, 9, 9), "consult")
    deadline = compute(rule("5 WD", pauses=(CONSULT,)), datetime(2026, 11, 2, 9), CAL, [paused])
    assert deadline.due == at(2026, 11, 12, 23, 59, 59)  # 3, then 9 to 12 November
    assert {s.day: s.reason.zh for s in deadline.skipped}[date(2026, 11, 4)] == "中止计时：征求第三方意见"


def test_an_unlisted_pause_is_refused_with_the_listed_ones():
    paused = Pause(datetime(2026, 11, 4), datetime(2026, 11, 9), "busy")
    with pytest.raises(InvalidInput) as caught:
        compute(rule("5 WD", pauses=(CONSULT,)), datetime(2026, 11, 2), CAL, [paused])
    assert "consult" in caught.value.cure


def test_a_paused_hour_limit_gives_back_exactly_the_paused_time():
    paused = Pause(datetime(2026, 11, 2, 10), datetime(2026, 11, 2, 11, 30), "consult")
    deadline = compute(rule("24 h", pauses=(CONSULT,)), datetime(2026, 11, 2, 9), CAL, [paused])
    assert deadline.due == at(2026, 11, 3, 10, 30)


def test_an_extension_adds_up_within_its_cap_by_its_approver():
    province = rule(
        "15 WD", extension=ExtensionRule(Limit.parse("7 WD"), 1, "unit_head", words("单位负责人", "unit head"))
    )
    deadline = compute(province, START, CAL, (), [Extension(Limit.parse("7 WD"), "unit_head")])
    assert deadline.due == compute(rule("22 WD"), START, CAL).due
    assert str(deadline.total) == "22 WD"


@pytest.mark.parametrize(
    ("extensions", "said"),
    [
        ([Extension(Limit.parse("8 WD"), "unit_head")], "7 WD"),
        ([Extension(Limit.parse("3 WD"), "unit_head")] * 2, "1 次"),
        ([Extension(Limit.parse("7 WD"), "handler")], "批准"),
        ([Extension(Limit.parse("7 D"), "unit_head")], "WD 计"),
    ],
)
def test_an_extension_beyond_the_cap_the_times_the_approver_or_the_unit_is_refused(extensions, said):
    province = rule("15 WD", extension=ExtensionRule(Limit.parse("7 WD"), 1, "unit_head"))
    with pytest.raises(InvalidInput, match=said):
        compute(province, START, CAL, (), extensions)


def test_a_rule_without_extension_refuses_any():
    with pytest.raises(InvalidInput, match="不可延期"):
        compute(rule("15 WD"), START, CAL, (), [Extension(Limit.parse("7 WD"))])


def test_yellow_turns_at_the_start_of_the_last_working_day_and_red_on_the_first_overdue_one():
    cards = compute(rule("15 WD", yellow=Limit.parse("1 WD"), red=Limit.parse("1 WD")), datetime(2026, 9, 3, 10), CAL)
    assert cards.due == at(2026, 9, 23, 23, 59, 59)
    assert cards.warn_at == at(2026, 9, 23)
    assert cards.red_at == at(2026, 9, 24)
    # Due on the eve of the festival: the first overdue working day comes after it.
    eve = compute(rule("16 WD", red=Limit.parse("1 WD")), datetime(2026, 9, 3, 10), CAL)
    assert (eve.due.date(), eve.red_at) == (date(2026, 9, 24), at(2026, 9, 28))


def test_the_shorter_internal_target_drives_the_warning_not_the_red_card():
    both = compute(
        rule("15 WD", internal=Limit.parse("10 WD"), yellow=Limit.parse("1 WD")), datetime(2026, 11, 2, 9), CAL
    )
    assert both.internal_due == at(2026, 11, 16, 23, 59, 59)
    assert both.warn_at == at(2026, 11, 16)
    assert both.red_at == both.due + timedelta(seconds=1)


def test_a_deadline_reaching_an_unpublished_year_is_provisional_and_one_that_does_not_is_not():
    assert compute(rule("15 WD"), datetime(2026, 12, 1, 9), CAL).provisional is False
    reaching = compute(rule("15 WD"), datetime(2026, 12, 20, 9), CAL)
    assert reaching.provisional
    assert "尚未公布" in reaching.skipped[-1].reason.zh
    assert compute(rule("60 D"), datetime(2026, 12, 1, 9), CAL).provisional
    assert not compute(rule("60 D", roll=Roll.NONE), datetime(2026, 12, 1, 9), CAL).provisional
    assert not compute(rule("48 h"), datetime(2026, 12, 31, 9), CAL).provisional


def test_only_the_card_is_provisional_when_the_due_day_is_the_years_last():
    deadline = compute(rule("15 WD", red=Limit.parse("1 WD")), datetime(2026, 12, 10, 9), CAL)
    assert deadline.due.date() == date(2026, 12, 31)
    assert (deadline.provisional, deadline.cards_provisional) == (False, True)


def test_a_naive_start_is_shanghai_and_an_aware_one_is_brought_there():
    assert due("1 D", datetime.fromisoformat("2026-11-02T17:00:00+00:00")) == at(2026, 11, 4, 23, 59, 59)
    assert due("1 D", datetime(2026, 11, 2, 17)) == at(2026, 11, 3, 23, 59, 59)


def test_an_imported_due_moment_enters_as_it_is():
    given = datetime(2026, 10, 3, 8, 15)
    assert compute(rule(None), START, CAL, external_due=given).due == at(2026, 10, 3, 8, 15)
    with pytest.raises(InvalidInput):
        compute(rule(None), START, CAL)


def test_a_date_beyond_the_calendar_is_said_not_a_crash():
    with pytest.raises(InvalidInput, match="历法"):
        compute(rule("60 D"), datetime(9999, 12, 30), CAL)
    with pytest.raises(InvalidInput, match="历法"):
        compute(rule("60 WD"), datetime(9999, 12, 30), CAL)
