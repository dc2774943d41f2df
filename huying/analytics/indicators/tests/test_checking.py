"""`huying pack check` finds definitions that stand twice, contradict each other, can't be read, or may not be."""

import pytest
from pydantic import ValidationError

from huying.analytics.indicators.checking import check
from huying.analytics.indicators.definition_files import read_definitions
from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.models import IndicatorDefinition
from huying.analytics.sections import export_indicators, install_indicators
from huying.kernel import packs
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput


def row(code="rate", **said):
    shape = {} if "expression" in said or "numerator" in said else {"numerator": "done", "denominator": "cases"}
    return IndicatorRow.model_validate({"code": code, "name": {"zh": code, "en": code}, **shape, **said})


def faults(*rows, measures=frozenset({"done", "cases", "complaints"})):
    return [(found.message, found.warning) for found in check(rows, set(measures))]


def test_sound_definitions_have_no_fault():
    assert faults(row(direction="higher"), row("other", expression="done - cases")) == []


def test_one_code_twice():
    assert "重复" in faults(row(), row())[0][0]


@pytest.mark.parametrize("text", ["cases + done", "(done) + cases"])
def test_one_formula_under_two_codes_however_it_is_written(text):
    assert "公式相同" in faults(row("one", expression="done + cases"), row("two", expression=text))[0][0]


def test_one_formula_with_two_directions_contradicts_itself():
    message, warning = faults(row("one", direction="higher"), row("two", direction="lower"))[0]
    assert "direction不同" in message
    assert not warning


def test_one_formula_summed_up_otherwise_is_only_said():
    last = {"time": "last", "tree": "sum"}
    assert faults(row("one", expression="done"), row("two", expression="done", aggregation=last))[0][1]


def test_a_formula_that_cannot_be_read_names_its_column():
    assert "at column 8" in faults(row(numerator="done + *", denominator="cases"))[0][0]


def test_an_unknown_measure_names_its_column():
    assert "第8列的 lost" in faults(row(numerator="done + lost", denominator="cases"))[0][0]


@pytest.mark.parametrize(
    "said",
    [
        {
            "thresholds": [{"valid_from": "2026-01-01", "green": 80, "yellow": 90, "reference": "x"}],
            "direction": "higher",
        },
        {
            "thresholds": [{"valid_from": "2026-01-01", "green": 90, "yellow": 80, "reference": "x"}],
            "direction": "lower",
        },
        {
            "thresholds": [{"valid_from": "2026-01-01", "green": 9, "yellow": 8, "reference": "x"}] * 2,
            "direction": "higher",
        },
        {"goalposts": {"worst": 0, "best": 10}, "direction": "lower"},
        {"target": 5},
        {"constants": {"unused": 3}},
    ],
)
def test_settings_that_contradict_each_other(said):
    assert faults(row(**said))


def test_few_voices_are_never_a_merit_and_petitions_never_counted():
    assert "不得以" in faults(row("fewer", expression="complaints", direction="lower"))[0][0]
    assert faults(row("volume", expression="complaints")) == []
    assert "信访" in faults(row("xf", expression="done", name={"zh": "信访量", "en": "x"}))[0][0]


@pytest.mark.parametrize(
    "said",
    [
        {"aggregation": {"time": "sum", "tree": "last"}},
        {"aggregation": {"time": "percentile"}},
        {"aggregation": {"time": "sum", "max_age": 3}},
        {"goalposts": {"worst": 1}},
        {"goalposts": {"worst": 1, "best": 1}},
        {"goalposts": {"worst": 1, "best": 0, "levels": {"city": {"worst": 0, "best": 1}}}},
        {"goalposts": {"base_year": 2025, "levels": {"city": {"worst": 1, "best": 0}}}},
        {"numerator": "a", "expression": "b"},
        {"sources": [{"facts": "matters", "dataset": "x"}]},
        {"nonsense": 1},
    ],
)
def test_a_row_that_makes_no_sense_is_refused_when_it_is_read(said):
    with pytest.raises(ValidationError):
        row(**said)


@pytest.mark.parametrize(
    ("word", "meant"), [("average-then-sum", ("average", "sum")), ("max", ("max", "max")), ("last", ("last", "sum"))]
)
def test_an_aggregation_is_one_word(word, meant):
    how = row(aggregation=word).aggregation
    assert (how.time, how.tree) == meant


def test_definitions_for_plain_files_need_a_code_and_a_formula(tmp_path):
    path = tmp_path / "defs.yaml"
    path.write_text(
        "- {code: cleared, numerator: solved, denominator: filed}\n- {code: open, name: 未结, numerator: filed}"
    )
    first, second = read_definitions(path, ["solved", "filed"])[0].indicators
    assert first.name.zh == first.name.en == "cleared"
    assert second.name.en == "未结"


@pytest.mark.parametrize(
    ("said", "complaint"),
    [("indicators: []", "no indicator is defined"), ("- {numerator: filed}", "indicator 1: code is missing")],
)
def test_what_a_file_of_definitions_lacks_is_said(tmp_path, said, complaint):
    path = tmp_path / "defs.yaml"
    path.write_text(said)
    with pytest.raises(InvalidInput, match=complaint):
        read_definitions(path, ["filed"])


@pytest.mark.parametrize(
    "said",
    [
        "[{code: a, numerator: n}]",
        "indicators: {a: {numerator: n}}",
        "{code: a, numerator: n}",
        '{"indicators": [{"code": "a", "numerator": "n", "name": {"en": "a"}}]}',
        "- {code: a, numerator: n, periods: month, aggregation: {time: Sum, tree: SUM}}",
    ],
)
def test_definitions_are_taken_as_people_write_them(tmp_path, said):
    path = tmp_path / "defs.yaml"
    path.write_text(said)
    (only,) = read_definitions(path, ["n"])[0].indicators
    assert (only.code, only.name.zh, only.aggregation.time, only.aggregation.tree) == ("a", "a", "sum", "sum")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("last_in_period", ("last-in-period", "sum")),
        ("average_then_sum", ("average", "sum")),
        ("{time: average-then-sum}", ("average", "sum")),
        ("{time: As of last, tree: Max}", ("as-of-last", "max")),
    ],
)
def test_the_words_of_aggregation_are_written_with_dashes_underscores_or_blanks(tmp_path, said, meant):
    path = tmp_path / "defs.yaml"
    path.write_text(f"- {{code: a, numerator: n, aggregation: {said}}}")
    how = read_definitions(path, ["n"])[0].indicators[0].aggregation
    assert (how.time, how.tree) == meant


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("id: a", "there is no key 'id'; perhaps code"),
        ("code: a, measure: n", "indicator 1 (a): there is no key 'measure'; perhaps numerator"),
        ("code: a, numerator: n, time_aggregation: sum", "write aggregation: {time: sum, tree: sum}"),
        (
            "code: a, numerator: n, aggregation: {over_time: sum}",
            "aggregation: there is no key 'over_time'; write aggregation",
        ),
        ("code: a, numerator: n, minimum_n: 3", "perhaps min_n"),
        ("code: a, numeratr: n", "perhaps numerator"),
        ("code: a, numerator: n, percentile: 90", "perhaps aggregation: {…, percentile: 90}"),
        ("code: a, numerator: n, missing: {max-age: 2}", "missing: there is no key 'max-age'; perhaps max_age"),
        ("code: a, numerator: n, direction: up", "direction: one of 'higher', 'lower' or 'none' is wanted"),
        ("code: A, numerator: n", "lower case letters, digits and _ are wanted"),
        ("code: a, code: b", "code stands already on line 1"),
        ("code: a, expression: ytd(n)", "no function 'ytd', at column 1 of “ytd(n)” — perhaps year_to_date"),
        ("code: a, expression: FirstNonNull(n)", "perhaps coalesce"),
        ("code: a, expression: 'if(n == 1, 1, 0)'", "write = for equal"),
        ("code: a, numerator: m", "a.numerator: m at column 1 is no known measure — there are: n"),
    ],
)
def test_a_word_that_is_none_is_refused_with_the_one_that_is_meant(tmp_path, said, complaint):
    path = tmp_path / "defs.yaml"
    path.write_text(f"- {{{said}}}")
    with pytest.raises(InvalidInput) as refused:
        read_definitions(path, ["n"])
    assert complaint in refused.value.one_line()
    assert refused.value.message.startswith("defs.yaml")


def test_what_is_doubtful_in_definitions_is_handed_on(tmp_path):
    path = tmp_path / "defs.yaml"
    path.write_text("- {code: a, numerator: n}\n- {code: b, numerator: n, factor: 2}")
    assert read_definitions(path, ["n"])[1] == [
        "defs.yaml: indicators b and a have the same formula and differ in factor"
    ]


def test_a_share_of_complaints_may_be_low_however_it_is_written_but_not_their_number_or_rate():
    def refused(expression):
        return [fault.message for fault in check([row(direction="lower", expression=expression)])]

    assert not refused(expression="100 * overdue_complaints / complaints")
    assert refused(expression="complaints / population * 10000")
    assert refused(expression="complaints")


def written(tmp_path, *rows):
    import yaml

    (tmp_path / "indicators.yaml").write_text(yaml.safe_dump(list(rows), allow_unicode=True))
    (tmp_path / "pack.yaml").write_text(
        "code: t\nname: {zh: 试, en: t}\nlevel: city\nroot: '331100000000'\nfollows: [{title: x, used_for: x}]\n"
        "note: x\nversion: '1.0'\nreleased: 2026-01-01\n"
    )
    return [fault for fault in packs.check(tmp_path).faults if fault.section == "indicators"]


GOOD = {
    "code": "ps",
    "name": {"zh": "率", "en": "rate"},
    "sources": [{"facts": "matters"}],
    "numerator": "solved__n",
    "denominator": "solved__d",
}


def test_a_pack_is_told_the_line_of_each_fault(tmp_path):
    assert written(tmp_path, GOOD) == []
    found = written(tmp_path, GOOD, {**GOOD, "code": "again", "name": {"zh": "另一率", "en": "another"}})
    assert [(fault.file, fault.line > 1) for fault in found] == [("indicators.yaml", True)]


def test_what_records_answer_cannot_be_typed_in(tmp_path):
    found = written(tmp_path, {**GOOD, "sources": [{"dataset": "monthly-return"}]})
    assert "由办理记录得出，不得填报" in found[0].message


def test_a_dataset_stands_in_the_pack_and_has_what_is_asked_of_it(tmp_path):
    fires = {**GOOD, "sources": [{"dataset": "fire"}], "numerator": "fires", "denominator": "people"}
    assert "没有数据集 fire" in written(tmp_path, fires)[0].message
    measures = "[{code: fires, name: {zh: 火灾, en: fires}, unit: 起}]"
    (tmp_path / "datasets.yaml").write_text(
        "- {code: fire, name: {zh: 消防, en: fire}, division: '331100000000', owner: fire, level: county, provenance: demo,\n"
        f"   calendar: {{due: 5 WD, lock: 9 WD}}, reference: x, valid_from: 2026-01-01, measures: {measures}}}\n"
    )
    assert "没有 people" in written(tmp_path, fires)[0].message
    assert written(tmp_path, {**fires, "denominator": "nodes()"}) == []
    both = {**fires, "sources": [{"dataset": "fire"}, {"facts": "matters"}], "denominator": "volume__n"}
    assert written(tmp_path, both) == [], "a figure may stand on both"


def test_a_constant_of_a_pack_does_not_bear_the_name_of_what_its_sources_offer(tmp_path):
    (found,) = written(tmp_path, {**GOOD, "constants": {"solved__d": 1000}})
    assert "常数solved__d与量同名" in found.message


def test_what_records_do_not_hold_is_not_said_to_come_from_them(tmp_path):
    assert "来源中没有 fires" in written(tmp_path, {**GOOD, "numerator": "fires"})[0].message


def test_a_changed_definition_becomes_a_version_and_the_old_one_stays(db):
    actor, rows = Actor.system("test"), [row("a"), row("b", expression="done")]
    assert install_indicators(rows, actor) == {"created": 2, "changed": 0, "kept": 0}
    assert install_indicators(rows, actor) == {"created": 0, "changed": 0, "kept": 2}
    changed = row("a", direction="higher")
    assert install_indicators([changed], actor) == {"created": 0, "changed": 1, "kept": 0}
    assert [held.version for held in IndicatorDefinition.objects.filter(code="a").order_by("version")] == [1, 2]
    assert list(export_indicators(actor)) == [changed, rows[1]]


@pytest.mark.parametrize(
    ("numerator", "denominator", "refused"),
    [
        ("complaints", "residents", True),
        ("cases_filed", "residents", True),
        ("complaints_overdue", "complaints", False),
        ("unpaid", "found", False),
    ],
)
def test_few_complaints_per_resident_are_no_merit_either_but_few_overdue_of_them_are(numerator, denominator, refused):
    said = [found.message for found in check([row(numerator=numerator, denominator=denominator, direction="lower")])]
    assert any("不得以" in message for message in said) is refused


def test_an_outcome_needs_an_indicator_that_checks_its_reporting():
    deaths = {"code": "deaths", "expression": "deaths", "direction": "lower"}
    matched = row("matched", numerator="insured_matched", denominator="insured", direction="higher")
    assert "如实" in faults(row(**deaths), measures={"deaths"})[0][0]
    assert "integrity" in faults(row(**deaths, integrity="nobody"), measures={"deaths"})[0][0]
    assert list(check([row(**deaths, integrity="matched"), matched])) == []


GREEN = {"valid_from": "2026-01-01", "green": 95, "yellow": 90, "reference": "r"}


@pytest.mark.parametrize(
    ("said", "message", "warning"),
    [
        ({"denominator": "done"}, "分子与分母相同", False),
        ({"direction": "higher", "target": 80, "thresholds": [GREEN]}, "达到目标80仍是红色", False),
        ({"goalposts": {"worst": 0, "best": 100}}, "goalposts 没有用", False),
        ({"direction": "higher", "level": "county", "thresholds": [{**GREEN, "levels": ["grid"]}]}, "阈值用不到", True),
        ({"unit": "%", "factor": 1}, "factor是1", True),
        ({"unit": "‰", "factor": 100}, "factor是100", True),
        ({"missing": {"max_age": 3}}, "max_age 没有用", True),
        ({"annualised": True, "aggregation": "average"}, "不能折算成全年", True),
        ({"periods": ["month", "month"]}, "重复", True),
    ],
)
def test_what_contradicts_itself_or_changes_nothing_is_said(said, message, warning):
    (found,) = faults(row(**{"numerator": "done", "denominator": "cases", **said}))
    assert message in found[0]
    assert found[1] is warning


def test_a_share_written_as_an_expression_is_the_same_share():
    assert "公式相同" in faults(row("one"), row("two", expression="(done) / cases"))[0][0]


def test_two_codes_of_one_name_are_said():
    two = row("two", expression="done", name={"zh": "one", "en": "another"})
    assert ["同名" in message for message, _warning in faults(row("one"), two)] == [True]
