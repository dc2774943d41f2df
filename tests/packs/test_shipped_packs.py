"""The five packs: what each runs its place by, as its public documents have it, and what none of them takes over.

Source: issue 3 §6; index-and-assessment.md.
"""

from functools import cache

import numpy as np
import pytest

from huying.analytics.composite.reading import Data
from huying.analytics.composite.run import compute
from huying.analytics.composite.tables import Table
from huying.analytics.indicators.checking import PETITIONS
from huying.analytics.indicators.frameworks import framework_of, settings_of, with_weights
from huying.domains.bulletins import credibility
from huying.domains.bulletins.vocabulary import CredibilityRule, SectionKind
from huying.domains.exchange.vocabulary import Type
from huying.kernel import packs
from huying.kernel.errors import InvalidInput
from huying.kernel.words import words

RHYTHMS = {
    "dawa": {"week", "month", "year"},
    "gansu": {"day", "month"},
    "golmud": {"month", "quarter"},
    "lishui": {"day", "week", "month", "quarter", "year"},
    "yizheng": {"month", "quarter", "year"},
}
every_pack = pytest.mark.parametrize("name", sorted(RHYTHMS))


@cache
def read(name):
    return packs.check(packs.find(name))


def indicators(name):
    return {row.code: row for row in read(name).rows("indicators")}


def measures(name):
    return {measure.code: measure for dataset in read(name).rows("datasets") for measure in dataset.measures}


def index(name, figures, weights=None):
    """The index of one place called "here" and of one where all is as good as can be, with these figures in the first."""
    rows, known = read(name).rows("index"), indicators(name)
    framework, settings = framework_of(rows, known), settings_of(rows)
    best = {code: known[code].goalposts.best for code in framework.indicators}
    values = np.array([list(({**best, **figures}).values()), list(best.values())])
    table = Table(("here", "perfect"), ("", ""), framework.indicators, values)
    run = compute(
        Data(table, ("here", "perfect"), {}, {}), framework, with_weights(settings, weights) if weights else settings
    )
    scores = (run.adjusted or run.aggregated).table
    return float(scores.column(framework.top.code)[0])


@every_pack
def test_each_pack_is_sound_with_its_own_rhythm_and_an_index_of_all_that_has_a_direction(name):
    pack = read(name)
    assert [str(fault) for fault in pack.faults] == []
    assert {row.period.value for row in pack.rows("report_sets")} == RHYTHMS[name]
    framework = framework_of(pack.rows("index"), indicators(name))
    assert set(framework.indicators) == {
        row.code for row in pack.rows("indicators") if row.direction != "none" and row.goalposts
    }
    assert index(name, {}) == pytest.approx(100)


@every_pack
def test_no_pack_counts_petitions_and_every_indicator_has_its_source_owner_and_law(name):
    rows = indicators(name).values()
    assert not [row.code for row in rows if any(word in f"{row.code} {row.name.zh}".lower() for word in PETITIONS)]
    assert all(row.sources and row.owner and row.reference for row in rows)


def test_dawas_order_statistics_are_each_a_count_a_rate_or_money():
    typed = {code: measure.type for code, measure in measures("dawa").items()}
    assert (
        typed["cases_filed"]
        == typed["cases_solved"]
        == typed["sites_inspected"]
        == typed["disputes_taken_up"]
        == Type.COUNT
    )
    assert typed["solved_rate"] == Type.RATE
    assert measures("dawa")["solved_rate"].parts == ("cases_solved", "cases_filed")
    assert typed["money_recovered"] == typed["money_lost"] == Type.MONEY
    dawa = indicators("dawa")
    assert "last_year" in dawa["dw_filed_change"].expression, "year on year is computed, never typed in"
    assert {
        dawa[code].direction
        for code in ("dw_filed", "dw_cases_solved", "dw_filed_change", "dw_problems_found", "dw_disputes", "dw_settled")
    } == {"none"}


def test_dawas_published_share_is_what_its_two_counts_give_cut_to_one_digit_and_its_falls_fit_no_whole_number():
    assert int(235 / 364 * 1000) / 10 == 64.5
    for now, fall in ((364, 28.82), (235, 28.38)):
        before = round(now / (1 - fall / 100))
        assert all(round(100 * (1 - now / n), 2) != fall for n in range(before - 3, before + 4)), (
            "so they are of something else"
        )


def test_dawas_558_disputes_at_a_hundred_per_cent_are_asked_about_and_its_inspections_are_not():
    note = credibility.too_perfect(words("调解成功率", "settled"), 558 / 558, 558, place="大洼区")
    assert note is not None
    assert note.rule is CredibilityRule.TOO_PERFECT
    assert "558" in note.said.zh
    assert credibility.too_perfect(words("问题发现率", "problems found"), 292 / 418, 418) is None


def test_dawas_table_of_seven_classes_of_persons_is_refused_by_name(tmp_path):
    (tmp_path / "pack.yaml").write_text((packs.find("dawa") / "pack.yaml").read_text())
    own = (packs.find("dawa") / "datasets.yaml").read_text()
    table = """
- code: seven_classes
  name: {zh: 七类重点人员管控统计表, en: Persons under control}
  division: "211104000000"
  level: county
  owner: political_legal
  calendar: {due: 5 WD, lock: 15 WD}
  reference: 公开答复
  provenance: document
  valid_from: 2026-01-01
  measures: [{code: class_one, name: {zh: 第一类, en: class one}, unit: 人}]
"""
    (tmp_path / "datasets.yaml").write_text(own + table)
    refused = [fault for fault in packs.check(tmp_path).faults if "seven_classes：列出或统计某类人员" in fault.message]
    assert len(refused) == 1
    assert refused[0].line == own.count("\n") + 2
    assert "个人信息保护法" in refused[0].message


def test_golmuds_member_units_each_have_a_monthly_target_of_work_done():
    golmud, datasets = indicators("golmud"), read("golmud").rows("datasets")
    targets = [row for row in golmud.values() if row.category == "成员单位月度目标"]
    assert len({row.owner for row in targets}) == len(datasets) == 12
    for row in targets:
        assert (row.target, row.direction, row.periods[0].value) == (100, "higher", "month")
        assert row.denominator.endswith("_planned")
    assert {dataset.period for dataset in datasets} == {"month"}


def test_yizhengs_two_targets_are_none_each_with_a_check_of_its_reporting():
    rows = indicators("yizheng")
    for code in ("yz_larger_accidents", "yz_environment_events"):
        assert (rows[code].target, rows[code].direction) == (0, "lower")
        assert rows[rows[code].integrity].direction == "higher"
    assert not [row.code for row in rows.values() if "宣传" in row.name.zh]
    assert "宣传" in read("yizheng").manifest.note


def test_yizhengs_accident_alone_vetoes_nothing_but_with_hazards_left_unmended_it_caps_the_index():
    alone = index("yizheng", {"yz_larger_accidents": 1})
    assert 95 < alone < 100
    assert index("yizheng", {"yz_hazards_fixed": 70}) > 90
    assert index("yizheng", {"yz_larger_accidents": 1, "yz_hazards_fixed": 70}) == 70


def test_yizheng_weighs_answers_by_the_month_prevention_by_the_quarter_and_the_floor_by_the_year():
    worse = {"yz_accidents_matched": 85.0, "yz_events_matched": 85.0}
    by_month, by_quarter, by_year = (index("yizheng", worse, kind) for kind in ("month", "quarter", "year"))
    assert by_month > by_quarter > by_year
    assert by_month == index("yizheng", worse), "the month's weights are those that stand in the tree"
    with pytest.raises(InvalidInput) as unknown:
        index("yizheng", {}, "week")
    assert "month, quarter, year" in unknown.value.cure


def test_lishuis_monthly_quarterly_and_yearly_reports_carry_the_two_lists_and_follow_last_periods_up():
    for row in read("lishui").rows("report_sets"):
        if row.period.value != "day":
            assert {SectionKind.PROBLEMS, SectionKind.FOLLOWED} <= {section.kind for section in row.sections}, row.code


def test_three_colours_in_lishui_four_in_gansu():
    assert {bool(limit.orange) for row in indicators("lishui").values() for limit in row.thresholds} == {False}
    assert {limit.orange is not None for row in indicators("gansu").values() for limit in row.thresholds} == {True}
