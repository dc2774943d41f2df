from datetime import date, datetime, time

import pytest

from huying.kernel.clock import ZONE
from huying.kernel.deadlines import (
    Basis,
    DayLaw,
    ExtensionRule,
    FirstHour,
    Limit,
    PauseReason,
    Roll,
    Rule,
    Unit,
    remaining,
)
from huying.kernel.deadlines.tests.builders import calendar_2026, calendar_of
from huying.kernel.errors import InvalidInput
from huying.kernel.words import words

CAL = calendar_2026()


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("2 h", 2, "h"),
        ("15 WD", 15, "WD"),
        ("60D", 60, "D"),
        (" 1 m ", 1, "M"),
        ("15个工作日", 15, "WD"),
        ("24小时", 24, "h"),
    ],
)
def test_limits_are_read_as_rulebooks_write_them(text, amount, unit):
    assert Limit.parse(text) == Limit(amount, Unit(unit))
    assert Limit.parse(str(Limit.parse(text))) == Limit.parse(text)


@pytest.mark.parametrize("text", ["", "15", "WD", "-3 D", "0 D", "1.5 h", "15 W", "999999 M", "15 WD WD", "٣ D"])
def test_anything_else_is_refused_with_the_way_to_write_it(text):
    with pytest.raises(InvalidInput) as caught:
        Limit.parse(text)
    assert caught.value.cure


def test_a_rule_frozen_as_json_comes_back_the_same():
    rule = Rule(
        key="hotline.province",
        words=words("省热线", "province"),
        limit=Limit.parse("15 WD"),
        start_event=words("派单", "dispatch"),
        kind="practice",
        first_hour=FirstHour.EXCLUDED,
        roll=Roll.NONE,
        day_end=time(17, 30),
        day_law=DayLaw(Basis("行政强制法", "第六十九条"), (), 10),
        extension=ExtensionRule(Limit.parse("7 WD"), 1, "unit_head", words("负责人", "head"), Basis("办法", "第九条")),
        pauses=(PauseReason("consult", words("征求意见", "consulting"), Basis("条例", "第三十三条")),),
        basis=(Basis("办法", "第八条"),),
        valid_from=date(2017, 1, 1),
        valid_to=date(2030, 1, 1),
        internal=Limit.parse("10 WD"),
        yellow=Limit.parse("1 WD"),
        red=Limit.parse("1 WD"),
        division="331100000000",
        note=words("注", "note"),
    )
    import json

    assert Rule.from_json(json.loads(json.dumps(rule.as_json()))) == rule


def test_a_faulty_rule_names_itself_the_fault_and_the_cure():
    with pytest.raises(InvalidInput) as caught:
        Rule.from_json({"key": "a.b", "zh": "甲", "limit": "15 XX"})
    assert "a.b" in caught.value.message
    assert caught.value.cure
    with pytest.raises(InvalidInput, match="colour"):
        Rule.from_json({"key": "a.b", "zh": "甲", "limit": "15 D", "colour": 1})
    with pytest.raises(InvalidInput, match="zh"):
        Rule.from_json({"key": "a.b", "limit": "15 D"})


@pytest.mark.parametrize(
    ("due", "now", "zh", "en"),
    [
        ((2026, 11, 6, 23, 59, 59), (2026, 11, 4, 10), "还剩3个工作日", "3 working days left"),
        ((2026, 11, 6, 23, 59, 59), (2026, 11, 6, 10), "今天内", "by the end of today"),
        ((2026, 11, 6, 17, 30), (2026, 11, 6, 10), "今天17:30前", "by 17:30 today"),
        ((2026, 11, 7, 9, 0), (2026, 11, 6, 15), "明天09:00前", "by 09:00 tomorrow"),
        ((2026, 11, 6, 17, 30), (2026, 11, 6, 16, 50), "还剩40分钟", "40 min left"),
        ((2026, 11, 6, 23, 59, 59), (2026, 11, 9, 10), "已超期1个工作日", "1 working day overdue"),
        ((2026, 11, 6, 17, 30), (2026, 11, 6, 20), "已超期2小时", "2 h overdue"),
        ((2026, 10, 6, 23, 59, 59), (2026, 10, 2, 10), "还剩5天", "5 days left"),
    ],
)
def test_what_is_left_is_said_as_people_say_it(due, now, zh, en):
    said = remaining(datetime(*due, tzinfo=ZONE), datetime(*now, tzinfo=ZONE), CAL)
    assert (said.zh, said.en) == (zh, en)


def test_a_day_table_that_names_an_unpublished_year_is_refused():
    with pytest.raises(InvalidInput, match="2027"):
        calendar_of({date(2027, 1, 1): False}, [2026])


def test_the_calendar_names_why_a_day_rests():
    assert CAL.name(date(2026, 11, 7)).zh == "周末"
    assert "尚未公布" in CAL.name(date(2027, 1, 2)).zh
    assert CAL.name(date(2026, 11, 6)) is None
    assert CAL.is_published(date(2026, 1, 1))
    assert not CAL.is_published(date(2027, 1, 1))
    assert len(CAL.specials(2026)) == 39
