"""No department is asked for people, petitions, or what the records answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from huying.domains.exchange.refusals import answered, personal, refused
from huying.domains.exchange.schema import DatasetRow
from huying.domains.exchange.sections import check
from huying.domains.exchange.tests import made
from huying.kernel import packs


def faults(tmp_path: Path, *rows: DatasetRow) -> list[packs.Fault]:
    entries = [packs.Entry(row, "datasets", "datasets.yaml", 1) for row in rows]
    return list(check(entries, packs.Pack(tmp_path)))


def of_measure(tmp_path: Path, **fields: object) -> list[str]:
    told = faults(tmp_path, made.row(measures=[made.measure(**fields)], rules=[]))
    return [fault.message for fault in told if not fault.warning and "fire" not in fault.message.split("：")[1]]


@pytest.mark.parametrize(
    "name",
    ["涉恐人员", "涉稳人员", "涉毒人员", "在逃人员", "重大刑事犯罪前科人员", "肇事肇祸精神病人", "重点上访人员"],
)
def test_each_of_the_seven_classes_of_persons_is_refused_by_name(name: str, tmp_path: Path) -> None:
    assert refused(f"{name}数").key == "persons_at_risk"  # type: ignore[union-attr]
    told = of_measure(tmp_path, name={"zh": f"{name}数", "en": "class"})
    assert [said for said in told if "某类人员" in said]


def test_the_table_of_seven_classes_is_refused_as_a_whole_whatever_its_columns_are_called(tmp_path: Path) -> None:
    table = made.row(
        code="seven_classes", name={"zh": "七类人员底数", "en": "seven classes"}, measures=[made.measure()], rules=[]
    )
    assert any("七类人员" in fault.message for fault in faults(tmp_path, table))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("信访件数", "petitions"),
        ("petitions filed", "petitions"),
        ("进京访批次", "petitions"),
        ("少数民族户数", "ethnicity"),
        ("宗教信仰情况", "religion"),
        ("政治面貌", "politics"),
        ("人脸抓拍数", "biometrics"),
        ("姓名", "person"),
        ("身份证号", "person"),
        ("联系电话", "person"),
        ("phone_number", "person"),
        ("刑满释放人员数", "persons_at_risk"),
        ("drug_users", "persons_at_risk"),
        ("热线满意率", "answered"),
    ],
)
def test_feeds_and_columns_are_refused_by_what_they_are_called(name: str, key: str) -> None:
    why = refused("harmless", name)
    assert why is not None
    assert why.key == key
    assert all((why.cure.zh, why.cure.en, why.reference))


@pytest.mark.parametrize(
    "name",
    ["死亡人数", "火灾起数", "调解案件数", "stolen phones recovered value", "破案数", "cases solved", "traffic racing"],
)
def test_counts_of_cases_places_and_services_pass(name: str) -> None:
    if name.startswith("stolen"):
        assert refused(name) is not None  # caught by a word: the cure is a plainer name, the list has no exceptions
        assert refused("value of stolen goods recovered") is None
    else:
        assert refused(name) is None


def test_what_the_handling_records_answer_cannot_be_a_measure(tmp_path: Path) -> None:
    assert answered("closed_in_time__n") == "closed_in_time__n"
    assert answered("rate", "按时办结率", "rate") == "closed_in_time"
    assert answered("cases_solved", "破案数", "cases solved") == ""
    (said,) = of_measure(tmp_path, name={"zh": "按时办结率", "en": "in time"})
    assert "closed_in_time" in said
    assert "不得填报" in said


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("本月诉求量", "volume"),
        ("12345热线诉求量（件）", "volume"),
        ("工单按时办结率（%）", "closed_in_time"),
        ("全区本期解决率", "solved"),
        ("Monthly solved (%)", "solved"),
        ("纠纷解决率", ""),
        ("群众安全感满意率", ""),
        ("火灾起数", ""),
    ],
)
def test_a_name_dressed_up_is_seen_through_and_anothers_is_left_alone(name: str, code: str) -> None:
    assert answered("figure_7", name) == code


def test_a_rate_without_its_parts_is_warned_about_and_one_with_them_is_not(tmp_path: Path) -> None:
    bare = made.row(measures=[made.measure(type="rate")], rules=[])
    assert [fault.warning for fault in faults(tmp_path, bare) if "parts" in fault.message] == [True]
    assert not [fault for fault in faults(tmp_path, made.row()) if "parts" in fault.message]


def test_a_lock_that_comes_before_the_due_day_and_an_owner_nobody_has_are_found(tmp_path: Path) -> None:
    told = [fault.message for fault in faults(tmp_path, made.row(calendar={"due": "10 WD", "lock": "10 D"}))]
    assert any("锁定日" in said for said in told)
    assert any("fire" in said for said in told)  # the empty pack has no unit of that department


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rules": [{"rule": "fires +", "says": {"zh": "x", "en": "x"}}]}, "column 8"),
        ({"rules": [{"rule": "fires", "says": {"zh": "x", "en": "x"}}]}, "condition is wanted"),
        ({"rules": [{"rule": "fire > 0", "says": {"zh": "x", "en": "x"}}]}, "没有这些量"),
        ({"rules": [{"rule": "nodes() > 0", "says": {"zh": "x", "en": "x"}}]}, "nodes"),
        ({"measures": [made.measure(), made.measure()], "rules": []}, "重复"),
        ({"measures": [made.measure(part_of="other")], "rules": []}, "other"),
        ({"measures": [made.measure(parts=["a", "b"])], "rules": []}, "rate"),
        ({"kind": "survey"}, "survey"),
        ({"calendar": {"due": "5 h", "lock": "15 WD"}}, "工作日"),
    ],
)
def test_a_row_that_cannot_work_says_why(changed: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        made.row(**changed)


@pytest.mark.parametrize("text", ["联系人13812345678", "331102199001011234"])
def test_a_note_with_the_number_of_a_person_is_not_kept(text: str) -> None:
    assert personal(text)


def test_a_note_with_plain_figures_is_kept() -> None:
    assert personal("台风“2026-07”期间排查 1,234 处，文号 33110020261101") == ""
