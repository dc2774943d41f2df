"""A province's rule: 15 working days, one extension of 7; yellow card at one working day left, red on the first day overdue.

Source: deadlines.md, "Hotline order (province, 2017)". Cards turn by time, whether or not a worker was alive.
"""

from datetime import date, timedelta

import pytest

from huying.domains.matters import services
from huying.domains.matters.vocabulary import Trigger
from huying.kernel import audit, clocks, worklist
from huying.kernel.clock import ZONE
from huying.kernel.errors import HuyingError, InvalidInput, NotAllowedNow


@pytest.fixture
def province(cast):
    return cast.in_hand(rule_key="hotline.province")


def test_fifteen_working_days_are_counted_from_the_day_after(cast, province):
    # Friday 2026-11-20; the 15th working day after it is Friday 2026-12-11.
    assert province.due_at.astimezone(ZONE).date() == date(2026, 12, 11)
    assert province.due_at.astimezone(ZONE).strftime("%H:%M:%S") == "23:59:59"


def test_yellow_turns_at_one_working_day_left_and_red_on_the_first_day_overdue(cast, province, clock):
    clock.move(to=province.due_at - timedelta(days=1, minutes=1))
    assert clocks.turn_due() == 0
    clock.move(to=province.due_at - timedelta(hours=20))
    assert clocks.turn_due() == 1
    assert worklist.page(cast["water"]).items[0].card == "yellow"
    clock.move(to=province.due_at + timedelta(days=3))
    assert clocks.turn_due() == 1
    assert "red" in {item.card for item in worklist.page(cast["water"]).items}
    assert [e.payload["card"] for e in audit.history("matter", province.pk) if e.action == "card"] == ["yellow", "red"]


def test_a_red_card_puts_the_matter_under_supervision(cast, province, clock):
    clock.move(to=province.due_at + timedelta(days=4))
    clocks.turn_due()
    [event] = [e for e in audit.history("matter", province.pk) if e.action == "supervise"]
    assert event.payload["trigger"] == Trigger.OVERDUE
    assert event.reason == "2026-12-11 23:59 到期未答复"
    assert "supervised" in {item.queue for item in worklist.page(cast["water"]).items}


def test_a_card_missed_by_every_worker_turns_when_one_comes_back(cast, province, clock):
    clock.move(to=province.due_at + timedelta(days=30))
    clocks.turn_due()
    [running] = clocks.of_records("matter", [province.pk])
    assert running.card == "red"


def test_a_matter_answered_late_shows_red_though_no_worker_ran(cast, province, clock):
    clock.move(to=province.due_at + timedelta(days=5))
    cast.act("water", services.reply, province, text="已修好，迟了。")
    [stopped] = clocks.of_records("matter", [province.pk])
    assert stopped.card == "red"


def test_seven_more_working_days_once_approved_by_the_head_and_told_to_the_reporter(cast, province):
    matter = cast.act("water", services.ask_extension, province, amount="7 WD", reason="需停水施工，待审批窗口")
    before = matter.due_at
    with pytest.raises(HuyingError):
        cast.act("water", services.approve_extension, matter)
    matter = cast.act("water_head", services.approve_extension, matter, reason="情况属实")
    # Seven working days after Friday 2026-12-11.
    assert matter.due_at.astimezone(ZONE).date() == date(2026, 12, 22)
    assert matter.due_at > before
    matter = cast.act("water", services.ask_extension, matter, amount="1 WD", reason="还想再延一天")
    with pytest.raises((InvalidInput, NotAllowedNow)):
        cast.act("water_head", services.approve_extension, matter)


def test_more_than_the_cap_is_refused(cast, province):
    matter = cast.act("water", services.ask_extension, province, amount="8 WD", reason="想多要一天")
    with pytest.raises(InvalidInput):
        cast.act("water_head", services.approve_extension, matter)
