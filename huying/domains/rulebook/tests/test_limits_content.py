import json
from datetime import date, datetime

import pytest

from huying.domains.rulebook import content
from huying.kernel.clock import ZONE
from huying.kernel.deadlines import FirstHour, Rule, Unit, compute
from huying.kernel.errors import InvalidInput

# What domain/deadlines.md states, row by row: key → limit, extension cap, and part of the article it cites.
STATED = {
    "hotline.life": ("2 h", None, "北京"),
    "hotline.utility": ("24 h", None, "北京"),
    "hotline.ordinary": ("7 D", "7 D", "北京"),
    "hotline.complex": ("15 D", "15 D", "北京"),
    "hotline.online_intake": ("2 h", None, "北京"),
    "hotline.reply": ("5 WD", "5 WD", "第二十四条"),
    "hotline.province": ("15 WD", "7 WD", "山东"),
    "hotline.enquiry": ("3 WD", None, "广东"),
    "hotline.complaint": ("13 WD", None, "广东"),
    "hotline.urging": ("1 D", None, "广东"),
    "hotline.criticism": ("5 WD", None, "广东"),
    "petition.transfer": ("15 D", None, "第二十二条"),
    "petition.route": ("15 D", None, "第二十三条"),
    "petition.objection": ("5 WD", None, "第二十三条"),
    "petition.handling": ("60 D", "30 D", "第三十四条"),
    "petition.review_request": ("30 D", None, "第三十五条"),
    "petition.review": ("30 D", None, "第三十五条"),
    "petition.rereview_request": ("30 D", None, "第三十六条"),
    "petition.rereview": ("30 D", None, "第三十六条"),
    "mediation.people": ("1 M", "1 M", "第二十七条"),
    "mediation.people_days": ("30 D", "30 D", "第二十五条"),
    "mediation.confirmation_request": ("30 D", None, "第三十三条"),
    "mediation.confirmation": ("30 D", "30 D", "第一百八十七条"),
    "mediation.online_assign": ("3 WD", None, "在线调解"),
    "mediation.online_accept": ("3 WD", None, "在线调解"),
    "mediation.online_before_filing": ("30 D", "30 D", "在线调解"),
    "mediation.online_ordinary": ("15 D", None, "在线调解"),
    "mediation.online_summary": ("7 D", None, "在线调解"),
    "mediation.admin_accept": ("5 WD", None, "第四十五条"),
    "mediation.admin_accept_complex": ("10 WD", None, "第四十五条"),
    "mediation.admin_transfer": ("3 WD", None, "第四十六条"),
    "labour.mediation": ("15 D", None, "第十四条"),
    "labour.arbitration_accept": ("5 D", None, "第二十九条"),
    "labour.arbitration_award": ("45 D", "15 D", "第四十三条"),
    "review.apply": ("60 D", None, "第二十条"),
    "review.decide": ("60 D", "30 D", "第六十二条"),
    "review.decide_summary": ("30 D", None, "第六十二条"),
    "disclosure.reply": ("20 WD", "20 WD", "第三十三条"),
    "disclosure.correction": ("7 WD", None, "第三十条"),
    "disclosure.third_party": ("15 WD", None, "第三十二条"),
    "proposal.reply": ("3 M", "3 M", "第五十一条"),
    "decision.public_comment": ("30 D", None, "第十五条"),
    "decision.hearing_papers": ("7 D", None, "第十六条"),
    "decision.legality_review": ("7 WD", None, "第二十六条"),
}


@pytest.mark.parametrize("key", sorted(STATED))
def test_each_stated_limit_is_in_the_rulebook_with_its_cap_and_article(key):
    limit, cap, law = STATED[key]
    rule = content.limits()[key][-1]
    assert str(rule.limit) == limit
    assert (str(rule.extension.cap) if rule.extension else None) == cap
    assert any(law in str(basis) for basis in rule.basis)


def test_every_rule_has_words_in_both_languages_a_start_event_a_basis_and_survives_freezing():
    for key, versions in content.limits().items():
        for rule in versions:
            assert rule.key == key
            assert rule.words.zh != rule.words.en
            assert rule.start_event.zh
            assert rule.basis
            assert rule.kind in {"law", "practice"}
            assert Rule.from_json(json.loads(json.dumps(rule.as_json()))) == rule


@pytest.mark.parametrize("key", ["review.accept", "review.serve", "review.serve_summary", "review.answer", "penalty.serve",
                                 "compulsion.demand", "licence.decide"])  # fmt: skip
def test_days_are_working_days_where_the_law_says_so(key):
    assert content.limits()[key][-1].counted.unit is Unit.WORKING_DAY


@pytest.mark.parametrize("key", ["review.apply", "review.decide", "labour.arbitration_accept", "petition.handling"])
def test_days_stay_calendar_days_elsewhere(key):
    assert content.limits()[key][-1].counted.unit is Unit.DAY


def test_only_the_courts_procedure_leaves_out_the_starting_hour():
    hours = {key for key, versions in content.limits().items() if versions[-1].first_hour is FirstHour.EXCLUDED}
    assert hours == {key for key in content.limits() if key.startswith(("mediation.confirmation", "mediation.online"))}


def test_sixty_days_of_a_petition_plus_thirty_end_ninety_days_after_acceptance():
    from huying.kernel.deadlines import Extension, Limit

    rule = content.limits()["petition.handling"][-1]
    start = datetime(2026, 6, 1, 9, tzinfo=ZONE)
    assert compute(rule, start, content.calendar()).due.date() == date(2026, 7, 31)
    longer = compute(rule, start, content.calendar(), (), [Extension(Limit.parse("30 D"), "unit_head")])
    assert longer.due.date() == date(2026, 8, 31)  # 30 August is a Sunday


def test_consulting_others_does_not_count_against_disclosure():
    assert content.limits()["disclosure.reply"][-1].pause_reason("consult_third_party") is not None


def test_the_service_levels_are_dated_parameters():
    assert content.parameters()["hotline.answer_seconds"].at(date(2026, 1, 1)) == 15
    assert content.parameters()["hotline.connect_rate"].at(date(2026, 1, 1)) == 0.95


def test_versions_of_a_limit_follow_each_other_and_a_fault_names_its_line(tmp_path):
    text = """limits:
  a.b:
    zh: 甲
    en: A
    start: {zh: 受理, en: accepted}
    basis: [{title: 某法}]
    values:
      - {from: 2020-01-01, limit: 5 D}
      - {from: 2022-01-01, limit: 10 WD}
"""
    file = tmp_path / "limits.yaml"
    file.write_text(text, encoding="utf-8")
    old, new = content.read_limits(file)["a.b"]
    assert (old.valid_to, str(new.limit), new.valid_to) == (date(2022, 1, 1), "10 WD", None)
    for wrong, line in [("10 XX", 9), ("10 WD, colour: 3", 9)]:
        file.write_text(text.replace("10 WD", wrong), encoding="utf-8")
        with pytest.raises(InvalidInput, match=f"limits.yaml:{line}"):
            content.read_limits(file)
    file.write_text(text.replace("2022-01-01", "2019-01-01"), encoding="utf-8")
    with pytest.raises(InvalidInput, match="日期先后"):
        content.read_limits(file)
