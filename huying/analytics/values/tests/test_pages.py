"""A place's own indicators on the report page, the deliveries behind them, and what changed after the fact."""

from datetime import date

import pytest

from huying.analytics import defined_pages
from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.periods import Period
from huying.analytics.tests.made import BRIDGE, CITY, EAST, WEST
from huying.analytics.trees import named
from huying.analytics.values import wording
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.words import Words

from .test_reading import FIRES, RATE, counted

OCTOBER = Period.parse("2026-10")


def rows_of(place, code, node=EAST):
    found = defined_pages.defined_rows(named(place.tree, node, OCTOBER.last), OCTOBER)
    return next(row for _category, rows in found for row in rows if row.value.entry.code == code)


def test_each_value_stands_with_what_it_rests_on_and_opens_its_records(place):
    place.define({**RATE, "category": "办理"})
    counted(place, "2026-10", east=(90, 100), west=(99, 100))
    place.build()
    row = rows_of(place, "rate")
    assert (row.value.shown, row.word, row.rank) == ("90.0%", "关注", "第2（共2）")
    assert "90 / 100" in row.behind
    assert "达到目标" in row.behind
    assert any("figure=closed_in_time.numerator" in href for _name, href in row.records)


def test_a_delivered_value_opens_its_delivery_and_says_who_is_missing(place):
    place.define(FIRES)
    place.deliver("fire", BRIDGE, date(2026, 10, 31), fires=30, people=10000)
    place.deliver("fire", WEST, date(2026, 9, 30), fires=30, people=10000)
    place.build()
    row = rows_of(place, "fires", CITY)
    assert "1／2地已报" in row.behind
    assert row.delivery.endswith(f"/{CITY}/2026-10/delivered/fires/")


def analyst(division=CITY, level=Level.CITY):
    return Actor(kind="staff", label="分析员", roles=frozenset({Role.ANALYST}), division=division, level=level)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (RATE, "按时办结率的分子 ÷ 按时办结率的分母 × 100"),
        ({"expression": "previous(volume__n) / last_year(volume__n)"}, "上期的（诉求量） ÷ 上年同期的（诉求量）"),
        ({"expression": "if(isnull(a), 0, a - b)"}, "a未知时为0，否则为a − b"),
        ({"expression": "(a + b) * k", "constants": {"k": 2}}, "(a + b) × 2"),
    ],
)
def test_a_formula_is_said_in_plain_words(db, said, words):
    row = IndicatorRow.model_validate({"code": "x", "name": {"zh": "x", "en": "x"}, **said})
    assert wording.formula(row) == words


def test_a_measure_is_called_what_its_template_calls_it(db):
    row = IndicatorRow.model_validate(
        {
            "code": "x",
            "name": {"zh": "x", "en": "x"},
            "sources": [{"dataset": "fire"}, {"survey": "mood"}],
            "numerator": "mended",
            "denominator": "safe",
            "factor": 100,
        }
    )
    spoken = {
        "dataset:fire": Words("消防安全", "fire safety"),
        "dataset:fire:mended": Words("整改隐患数", "hazards mended"),
        "dataset:other:safe": Words("别的数据集里的", "another dataset's"),
    }
    assert wording.formula(row, spoken) == "整改隐患数 ÷ safe × 100"
    assert wording.sources(row, spoken) == "数据集 消防安全、调查 mood"


def test_everything_a_definition_asks_for_is_said(db):
    row = IndicatorRow.model_validate(
        {
            **RATE,
            "name": {"zh": "x", "en": "x"},
            "annualised": True,
            "smoothing": {"prior": 20},
            "missing": {"method": "last", "max_age": 2},
            "level": "township",
        }
    )
    said = "".join(wording.rules(row))
    for words in (
        "折合为全年",
        "乡镇",
        "不足10件",
        "向上级的水平靠拢，相当于多看20件",
        "至多2期",
        "目标：≥90%",
        "60%为0分",
        "绿≥95%",
    ):
        assert words in said


def test_why_a_value_changed_is_said_in_words():
    assert defined_pages.why_words("definition:3") == "指标定义改为第3版"
    assert defined_pages.why_words("dataset:fire") == "部门报送有更正或迟报：fire"
    spoken = {"dataset:fire": Words("消防安全", "fire safety")}
    assert defined_pages.why_words("dataset:fire", spoken) == "部门报送有更正或迟报：消防安全"
    assert defined_pages.why_words("tree") == "区划变动"
    assert defined_pages.why_words("records") == "办理记录有补录或更正"


def test_only_counties_and_above_within_ones_own_territory_are_listed(place):
    nodes = place.tree.nodes
    assert {node.code for node in defined_pages._own(analyst(), nodes)} == {CITY, EAST, WEST}
    assert {node.code for node in defined_pages._own(analyst(EAST, Level.COUNTY), nodes)} == {EAST}
    assert defined_pages._own(analyst(BRIDGE, Level.TOWNSHIP), nodes) == []
