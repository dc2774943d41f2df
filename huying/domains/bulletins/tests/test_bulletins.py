"""A report is drafted, checked, approved up the tree, published once and for all; reopened it becomes another edition."""

from datetime import date

import pytest

from huying.domains.bulletins import queries, services
from huying.domains.bulletins.models import Bulletin, Edition, Problem, ReportSet
from huying.domains.bulletins.vocabulary import State
from huying.domains.organizations import services as staff
from huying.domains.organizations.vocabulary import UnitKind
from huying.kernel import audit
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, NotFound, StaleVersion, Unavailable

from .conftest import OCTOBER
from .made import ABOVE, ANALYST, BESIDE, LEADER, MONTHLY, person, signed, town

pytestmark = pytest.mark.django_db


def do(verb, report, actor, **given):
    report.refresh_from_db()
    return verb(actor=actor, bulletin_id=report.pk, version=report.version, **given)


@pytest.fixture
def approved(report):
    signed(report)
    do(services.submit, report, ANALYST)
    do(services.approve, report, LEADER)
    do(services.approve, report, ABOVE)
    report.refresh_from_db()
    return report


@pytest.fixture
def unit():
    row = staff.NewUnit(
        code="331102-water",
        name="莲都区水利局",
        short_name="水利局",
        kind=UnitKind.DEPARTMENT,
        level=Level.COUNTY,
        division="331102000000",
        department="water",
        valid_from=date(2020, 1, 1),
    )
    return staff.put_units(actor=Actor.system("test"), rows=[row])["331102-water"]


def test_the_draft_holds_the_figures_with_what_they_rest_on_and_the_dates_they_are_of(report):
    line = report.content["figures"]["closed_in_time"]
    assert (line["now"]["numerator"], line["now"]["denominator"], line["now"]["value"]) == (10, 20, 0.5)
    assert line["before"]["value"] == 0.9
    assert line["change"] == pytest.approx(-0.4)
    assert report.content["rulebook_date"] == "2026-10-31"
    assert report.content["watermark"].startswith("2026-11-20")
    assert report.content["moved"][0]["from"][0]["name"] == "桥街道"


def test_the_same_report_is_begun_once(report):
    assert services.start(actor=ANALYST, set_code="monthly", period=OCTOBER).pk == report.pk
    assert Bulletin.objects.everything("test").count() == 1


def test_a_report_is_ranked_among_its_siblings_only_where_both_can_be(publish_figures, monthly):
    full = town()
    for matter in list(full.matters.values()):
        if matter.id >= 10000:
            full.put(*(matter.__class__(**{**matter.__dict__, "id": 20000 + matter.id + 100 * n}) for n in range(4)))
    publish_figures(full)
    made = services.start(actor=ANALYST, set_code="monthly", period=OCTOBER)
    assert made.content["figures"]["closed_in_time"]["rank"] == {"place": 2, "of": 2}
    assert made.content["figures"]["volume"]["rank"] is None


def test_few_records_of_a_sibling_give_no_rank(report):
    assert report.content["figures"]["closed_in_time"]["rank"] is None


def test_only_the_place_itself_drafts_and_a_neighbour_sees_nothing(report):
    with pytest.raises(NotFound):
        queries.bulletin(BESIDE, report.pk)
    with pytest.raises(NotFound):
        do(services.submit, report, BESIDE)
    with pytest.raises(Forbidden):
        do(
            services.comment,
            report,
            person(Role.ANALYST, ABOVE.division, ABOVE.level),
            section="commentary",
            text="代写",
        )
    assert queries.bulletin(ABOVE, report.pk) == report


def test_it_goes_up_only_with_a_signed_commentary(report):
    with pytest.raises(NotAllowedNow, match="还没有签署的分析说明"):
        do(services.submit, report, ANALYST)


def test_a_period_that_runs_on_is_not_sent_up(monthly):
    report = services.start(actor=ANALYST, set_code="monthly", period=OCTOBER.next)
    signed(report)
    with pytest.raises(NotAllowedNow, match="本期还没有结束"):
        do(services.submit, report, ANALYST)


def test_own_leader_approves_first_then_the_level_above(report):
    signed(report)
    do(services.submit, report, ANALYST)
    with pytest.raises(Forbidden) as caught:
        do(services.approve, report, ABOVE)
    assert "本级领导" in caught.value.cure
    do(services.approve, report, LEADER)
    report.refresh_from_db()
    assert report.state == State.SUBMITTED
    with pytest.raises(Forbidden):
        do(services.approve, report, LEADER)
    assert do(services.approve, report, ABOVE).state == State.APPROVED


def test_who_never_approves_is_told_so_whatever_the_reports_state(report):
    assert report.state == State.DRAFTING
    with pytest.raises(Forbidden):
        do(services.approve, report, person(Role.DISPATCHER))
    with pytest.raises(NotAllowedNow):
        do(services.approve, report, LEADER)


def test_nobody_approves_what_they_sent_up_themselves(report):
    both = person(Role.LEADER).__class__(
        **{**LEADER.__dict__, "roles": frozenset({Role.LEADER, Role.SUPERVISOR}), "account_id": None}
    )
    signed(report)
    do(services.submit, report, both)
    report.refresh_from_db()
    report.drafter_id = 7
    from huying.domains.bulletins import permissions

    same = both.__class__(**{**both.__dict__, "account_id": 7})
    assert permissions.stands_right(both, report, permissions.Action.APPROVE)
    assert not permissions.stands_right(same, report, permissions.Action.APPROVE)


def test_a_return_takes_a_reason_and_begins_the_approvals_anew(approved):
    with pytest.raises(InvalidInput):
        do(services.return_, approved, ABOVE, reason=" ")
    do(services.return_, approved, ABOVE, reason="责任单位写错了。")
    approved.refresh_from_db()
    assert (approved.state, approved.step, approved.approvals) == (State.DRAFTING, 0, [])


def test_what_is_published_is_what_was_approved_word_for_word(approved, publish_figures):
    before = approved.content
    publish_figures(town(perfect=True))
    edition = do(services.publish, approved, ANALYST)
    assert {**edition.whole(), "approvals": None} == {**before, "approvals": None}
    assert [row["signed"] for row in edition.whole()["approvals"]] == [LEADER.label, ABOVE.label]
    assert str(edition.rulebook_date) == edition.content["rulebook_date"]


def test_an_edition_can_be_neither_saved_nor_deleted(approved):
    edition = do(services.publish, approved, ANALYST)
    for act in (edition.save, edition.delete):
        with pytest.raises(NotAllowedNow):
            act()


def test_an_edition_changed_behind_our_back_is_not_shown(approved):
    edition = do(services.publish, approved, ANALYST)
    edition.content["figures"]["closed_in_time"]["now"]["value"] = 0.99
    Edition.objects.filter(pk=edition.pk).update(content=edition.content)
    with pytest.raises(Unavailable, match="摘要不一致"):
        Edition.objects.get(pk=edition.pk).whole()


def test_reopening_takes_a_reason_keeps_the_edition_and_makes_another(approved):
    first = do(services.publish, approved, ANALYST)
    do(services.reopen, approved, ABOVE, reason="青田县补报了四件。")
    do(services.submit, approved, ANALYST)
    do(services.approve, approved, LEADER)
    do(services.approve, approved, ABOVE)
    second = do(services.publish, approved, ANALYST)
    assert (first.number, second.number, second.reason) == (1, 2, "青田县补报了四件。")
    assert Edition.objects.get(pk=first.pk).whole() == first.content


def test_every_step_stands_in_the_log_with_the_digest_of_what_was_approved(approved):
    edition = do(services.publish, approved, ANALYST)
    story = audit.history("bulletin", approved.pk)
    assert [event.action for event in story] == ["start", "comment", "submit", "approve", "approve", "publish"]
    assert story[2].payload["content"] == story[4].payload["content"]
    assert story[-1].payload["content"] == edition.digest


def test_a_late_form_is_told_and_changes_nothing(report):
    signed(report)
    with pytest.raises(StaleVersion):
        services.submit(actor=ANALYST, bulletin_id=report.pk, version=1)


def test_a_problem_names_who_answers_and_by_when(report, unit):
    with pytest.raises(InvalidInput) as caught:
        do(services.add_problem, report, ANALYST, text="供水抢修超期", unit_id=unit + 1, due=date(2026, 1, 1))
    assert set(caught.value.fields) == {"unit_id", "due"}
    do(services.add_problem, report, ANALYST, text="供水抢修超期", unit_id=unit, due=date(2026, 12, 1))
    (row,) = queries.parts(report)["problems"]
    assert (row["unit"], row["due"]) == ("莲都区水利局", "2026-12-01")


def test_last_periods_problems_are_followed_up_before_the_next_report_goes_up(report, unit, publish_figures):
    september = services.start(actor=ANALYST, set_code="monthly", period=OCTOBER.previous)
    do(services.add_problem, september, ANALYST, text="供水抢修超期", unit_id=unit, due=date(2026, 12, 1))
    signed(report)
    with pytest.raises(NotAllowedNow, match="上期清单还有1个问题没有反馈"):
        do(services.submit, report, ANALYST)
    problem = Problem.objects.get()
    do(services.follow_problem, report, ANALYST, problem_id=problem.pk, state="mended", note="已换管，抽查三件属实。")
    done = do(services.submit, report, ANALYST)
    assert done.content["followed"][0]["note"] == "已换管，抽查三件属实。"


def test_a_figure_too_good_is_answered_for_in_words_before_it_goes_up(publish_figures, monthly):
    publish_figures(town(perfect=True))
    report = services.start(actor=ANALYST, set_code="monthly", period=OCTOBER)
    assert "too_perfect" in {finding["rule"] for finding in report.content["findings"]}
    signed(report)
    with pytest.raises(NotAllowedNow, match="可信度提示还没有人签署说明"):
        do(services.submit, report, ANALYST)
    signed(Bulletin.objects.everything("test").get(), "抽查二十件，与录音一致。", "credibility")
    assert do(services.submit, report, ANALYST).state == State.SUBMITTED


def test_a_set_of_another_rhythm_or_level_is_refused(monthly):
    with pytest.raises(InvalidInput, match="按月编制"):
        services.start(actor=ANALYST, set_code="monthly", period=OCTOBER.__class__.parse("2026-Q3"))
    ReportSet.objects.filter(code="monthly").update(body={**MONTHLY, "levels": ["city"]})
    with pytest.raises(InvalidInput, match="不为县"):
        services.start(actor=ANALYST, set_code="monthly", period=OCTOBER)
    with pytest.raises(NotFound, match="没有这种报表"):
        services.start(actor=ANALYST, set_code="none", period=OCTOBER)
