"""The ladder on screen: a draft binds nobody, a published version takes over from the one before, who did it and why is told."""

from datetime import date, timedelta

import pytest

from huying.analytics.periods import Period
from huying.domains.warnings import queries, sections, services
from huying.domains.warnings.ladder import decide, joined
from huying.domains.warnings.models import LadderRow
from huying.domains.warnings.rungs import RungRow
from huying.domains.warnings.vocabulary import RungState, Step
from huying.kernel import audit
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow
from tests.support.web import signed_in

from .made import EAST, SETUP, name_posts, rows

WEST = "331121000000"


@pytest.fixture
def place(cast, figures, clock):
    """The county has a ladder of its own, as its pack gave it."""
    sections.install([row.model_copy(update={"division": EAST}) for row in rows()], SETUP)
    name_posts(cast)
    return figures


def rung(in_a_row=3, **said):
    found = next(row for row in rows() if row.colour and row.in_a_row == in_a_row)
    return found.model_copy(update={"division": EAST, "valid_from": date(2026, 11, 20), **said})


def in_force(in_a_row=3):
    return LadderRow.objects.get(
        division=EAST, in_a_row=in_a_row, origin="colour", state=RungState.PUBLISHED, valid_to=None
    )


def test_a_draft_changes_nothing_until_it_is_published_with_a_reason(cast, place):
    draft = services.draft_rung(actor=cast["supervisor"], row=rung(limit="5 WD"))
    assert in_force().limit == "10 WD"
    with pytest.raises(InvalidInput):
        services.publish_rung(actor=cast["supervisor"], rung_id=draft.pk, reason=" ")
    services.publish_rung(actor=cast["supervisor"], rung_id=draft.pk, reason="三红通知十日太长")
    assert in_force().limit == "5 WD"
    before = LadderRow.objects.exclude(pk=draft.pk).get(division=EAST, in_a_row=3)
    assert (before.valid_to, before.limit) == (date(2026, 11, 20), "10 WD"), "the version before ends, and is kept"
    (last, first) = queries.rungs_story([in_force()])
    assert (first[1].action, last[1].action, last[1].reason) == ("rung_drafted", "rung_published", "三红通知十日太长")
    assert "supervisor" in last[1].actor_label
    assert audit.history("warning_rung", before.pk)[-1].action == "rung_superseded"


def test_what_was_counted_before_a_new_version_goes_on(cast, place):
    draft = services.draft_rung(actor=cast["supervisor"], row=rung(limit="5 WD"))
    services.publish_rung(actor=cast["supervisor"], rung_id=draft.pk, reason="缩短")
    ladder = joined(row.rung for row in LadderRow.objects.filter(division=EAST, state=RungState.PUBLISHED))
    (third,) = [one for one in ladder if one.in_a_row == 3 and one.valid_from == date(2026, 11, 20)]
    months = [Period.parse(key) for key in ("2026-10", "2026-09", "2026-08")]
    assert decide([third], "overdue", [(month, third.colour) for month in months]).rung is third


def test_a_longer_row_must_still_ask_for_more(cast, place):
    draft = services.draft_rung(
        actor=cast["supervisor"], row=rung(3, step=Step.TALK).model_copy(update={"in_a_row": 2})
    )
    with pytest.raises(InvalidInput, match="不比连续 2 期的重"):
        services.publish_rung(actor=cast["supervisor"], rung_id=draft.pk, reason="加重")
    assert LadderRow.objects.get(pk=draft.pk).state == RungState.DRAFT


def test_no_rule_reaches_back(cast, place):
    with pytest.raises(InvalidInput, match="不溯及既往"):
        services.draft_rung(actor=cast["supervisor"], row=rung(valid_from=date(2026, 11, 19)))


@pytest.mark.parametrize(("who", "where"), [("dispatcher", EAST), ("leader", EAST), ("supervisor", WEST)])
def test_only_a_supervisor_of_the_place_or_above_keeps_it(cast, place, who, where):
    with pytest.raises(Forbidden):
        services.draft_rung(actor=cast[who], row=rung(division=where))


def test_a_rung_is_ended_from_today_and_what_was_opened_by_it_stays(cast, place, clock):
    row = in_force(5)
    services.withdraw_rung(actor=cast["supervisor"], rung_id=row.pk, reason="本年不列挂牌")
    row.refresh_from_db()
    assert (row.state, row.valid_to) == (RungState.PUBLISHED, clock.now().date())
    with pytest.raises(NotAllowedNow):
        services.withdraw_rung(actor=cast["supervisor"], rung_id=row.pk, reason="再来")
    draft = services.draft_rung(actor=cast["supervisor"], row=rung(5))
    services.withdraw_rung(actor=cast["supervisor"], rung_id=draft.pk, reason="写错了")
    draft.refresh_from_db()
    assert draft.state == RungState.WITHDRAWN


def test_a_pack_carries_what_is_published_and_no_draft(cast, place):
    services.draft_rung(actor=cast["supervisor"], row=rung(limit="5 WD"))
    assert [row.limit for row in sections.export(SETUP) if row.in_a_row == 3] == ["10 WD"]
    assert all(isinstance(row, RungRow) for row in sections.export(SETUP))


FORM = {
    "period": "month", "levels": ["county", "township"], "colour": "orange", "in_a_row": "2", "step": "alert",
    "owner": "place", "limit": "5 WD", "letters": "digest", "tells": "0", "reference": "区考核办法第6条",
    "valid_from": "2026-11-20",
}  # fmt: skip


def test_on_the_page_a_rung_is_drafted_published_and_told_with_who_and_why(cast, place):
    browser = signed_in(cast, "supervisor")
    assert "莲都区的预警规则" in browser.get("/desk/warnings/ladder").content.decode()
    assert browser.post("/desk/warnings/ladder", FORM).status_code == 302
    draft = LadderRow.objects.get(state=RungState.DRAFT)
    assert (draft.colour, draft.division) == ("orange", EAST)
    empty = browser.post("/desk/warnings/ladder/publish", {"id": str(draft.pk), "reason": ""})
    assert (empty.status_code, "请写明理由" in empty.content.decode()) == (422, True)
    browser.post("/desk/warnings/ladder/publish", {"id": str(draft.pk), "reason": "橙色也要提示"})
    said = browser.get("/desk/warnings/ladder").content.decode()
    for part in ("连续2月预警：预警提示", "现行", "区考核办法第6条", "橙色也要提示", "发布规则"):
        assert part in said, part


def test_a_revision_begins_with_what_stands_and_faults_are_said_beside_the_field(cast, place):
    browser = signed_in(cast, "supervisor")
    said = browser.get(f"/desk/warnings/ladder?from={in_force().pk}").content.decode()
    assert "修订：连续3月警示：预警通知" in said
    wrong = browser.post("/desk/warnings/ladder", FORM | {"limit": "很快"})
    assert wrong.status_code == 422
    assert 'value="很快"' in wrong.content.decode(), "nothing is lost"
    assert browser.post("/desk/warnings/ladder", FORM | {"valid_from": "2026-11-01"}).status_code == 422


def test_others_read_the_ladder_and_change_nothing(cast, place):
    browser = signed_in(cast, "analyst")
    said = browser.get("/desk/warnings/ladder").content.decode()
    assert "存为草稿" not in said
    assert browser.post("/desk/warnings/ladder", FORM).status_code == 403
    assert browser.post("/desk/warnings/ladder/publish", {"id": "1", "reason": "x"}).status_code == 403
    assert (
        signed_in(cast, "supervisor", headers={"accept-language": "en"}).get("/desk/warnings/ladder").status_code == 200
    )


def test_a_rung_of_a_day_to_come_takes_over_on_that_day(cast, place, clock):
    draft = services.draft_rung(actor=cast["supervisor"], row=rung(limit="5 WD", valid_from=date(2026, 12, 1)))
    services.publish_rung(actor=cast["supervisor"], rung_id=draft.pk, reason="下月起")
    said = signed_in(cast, "supervisor").get("/desk/warnings/ladder").content.decode()
    assert "待施行" in said
    clock.move(timedelta(days=12))
    assert "待施行" not in signed_in(cast, "supervisor").get("/desk/warnings/ladder").content.decode()
