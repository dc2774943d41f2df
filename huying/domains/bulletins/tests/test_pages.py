"""The desk's pages: who sees which report, what a form says when something is missing, files, and what a page costs."""

import pytest

from huying.domains.bulletins import services
from huying.domains.bulletins.models import Bulletin, Edition
from tests.support.web import signed_in

from .conftest import OCTOBER

pytestmark = pytest.mark.django_db


@pytest.fixture
def drafted(monthly, cast):
    return services.start(actor=cast["analyst"], set_code="monthly", period=OCTOBER)


def text(answer):
    return answer.content.decode()


def send(client, report, action, **given):
    report.refresh_from_db()
    return client.post(f"/desk/bulletins/{report.pk}/{action}", {"version": report.version, **given})


def publish(report, cast):
    Bulletin.objects.everything("test").filter(pk=report.pk).update(state="approved")
    report.refresh_from_db()
    return services.publish(actor=cast["leader"], bulletin_id=report.pk, version=report.version)


def test_a_report_is_started_from_the_form_and_found_on_the_list(monthly, cast):
    client = signed_in(cast, "analyst")
    answer = client.post("/desk/bulletins/start", {"set_code": "monthly", "period": "2026-10"})
    report = Bulletin.objects.everything("test").get()
    assert answer["Location"] == f"/desk/bulletins/{report.pk}"
    listed = text(client.get("/desk/bulletins/"))
    assert "平安月体检" in listed
    assert "起草中" in listed


@pytest.mark.parametrize(("period", "told"), [("2026-13", "不是期间"), ("2026-Q3", "按月编制")])
def test_a_period_that_cannot_be_is_told_beside_its_field(monthly, cast, period, told):
    answer = signed_in(cast, "analyst").post("/desk/bulletins/start", {"set_code": "monthly", "period": period})
    assert answer.status_code == 422
    assert told in text(answer)


def test_the_page_shows_the_figures_the_notes_and_the_acts_that_are_ones_own(drafted, cast):
    analyst, leader = (text(signed_in(cast, who).get(f"/desk/bulletins/{drafted.pk}")) for who in ("analyst", "leader"))
    for said in ("主要指标", "▲" if "▲" in analyst else "■", "10／20"):
        assert said in analyst
    assert "送审" in analyst
    assert "/submit" not in leader


def test_what_is_lacking_is_said_on_the_page_and_nothing_written_is_lost(drafted, cast):
    client = signed_in(cast, "analyst")
    answer = send(client, drafted, "submit")
    assert answer.status_code == 409
    assert "还没有签署的分析说明" in text(answer)
    assert send(client, drafted, "comment", section="commentary", text=" ").status_code == 422
    assert send(client, drafted, "comment", section="commentary", text="供水抢修集中。").status_code == 302
    assert "供水抢修集中。" in text(client.get(f"/desk/bulletins/{drafted.pk}"))
    assert send(client, drafted, "submit").status_code == 302


def test_a_problem_that_is_not_taken_stands_in_its_form_again(drafted, cast):
    client = signed_in(cast, "analyst")
    said = {"text": "青田签收偏慢", "measure": "每日通报", "unit_id": "", "due": "2026-12-20"}
    answer = send(client, drafted, "add_problem", **said)
    assert answer.status_code == 422
    for kept in ("请选本单位或下属的责任单位", 'value="青田签收偏慢"', 'value="每日通报"', 'value="2026-12-20"'):
        assert kept in text(answer)


def waits(client):
    """Whether the one report stands on this person's worklist, and what for."""
    page = text(client.get("/desk/"))
    return next((why for why in ("等待您审批", "退回修改", "可以发布") if why in page), "")


def test_a_report_stands_on_the_worklist_of_whoever_it_waits_for(drafted, cast):
    analyst, leader = signed_in(cast, "analyst"), signed_in(cast, "leader")
    send(analyst, drafted, "comment", section="commentary", text="供水抢修集中。")
    assert (waits(analyst), waits(leader)) == ("", "")
    send(analyst, drafted, "submit")
    assert (waits(analyst), waits(leader)) == ("", "等待您审批")
    send(leader, drafted, "return", reason="缺责任单位。")
    assert (waits(analyst), waits(leader)) == ("退回修改", "")
    send(analyst, drafted, "submit")
    send(leader, drafted, "approve")
    assert (waits(analyst), waits(leader)) == ("", "")  # now it is the level above's


def test_a_neighbouring_county_and_an_unknown_act_are_not_found(drafted, cast):
    assert signed_in(cast, "other_dispatcher").get(f"/desk/bulletins/{drafted.pk}").status_code == 404
    assert send(signed_in(cast, "analyst"), drafted, "erase").status_code == 404


@pytest.mark.parametrize("format", ["docx", "xlsx", "pdf", "html"])
def test_every_format_comes_as_a_file_with_its_name(drafted, cast, format):
    answer = signed_in(cast, "leader").get(f"/desk/bulletins/{drafted.pk}/0/{format}")
    assert answer.status_code == 200
    assert f".{format}" in answer["Content-Disposition"]
    assert signed_in(cast, "leader").get(f"/desk/bulletins/{drafted.pk}/0/odt").status_code == 404


def test_an_edition_stands_on_its_own_page_with_its_dates_and_digest(drafted, cast):
    edition = publish(drafted, cast)
    shown = text(signed_in(cast, "dispatcher").get(f"/desk/bulletins/{drafted.pk}/1"))
    assert edition.digest[:16] in shown
    assert "第1版" in shown
    assert signed_in(cast, "dispatcher").get(f"/desk/bulletins/{drafted.pk}/2").status_code == 404


def test_a_tampered_edition_is_unavailable_in_page_and_file(drafted, cast):
    edition = publish(drafted, cast)
    Edition.objects.filter(pk=edition.pk).update(content={**edition.content, "records": 1})
    client = signed_in(cast, "leader")
    for address in (f"/desk/bulletins/{drafted.pk}/1", f"/desk/bulletins/{drafted.pk}/1/docx"):
        assert client.get(address).status_code == 503


def test_pages_cost_their_queries_however_many_reports_there_are(drafted, cast, query_ratchet):
    for month in ("2026-07", "2026-08", "2026-09"):
        services.start(actor=cast["analyst"], set_code="monthly", period=OCTOBER.parse(month))
    publish(drafted, cast)
    client = signed_in(cast, "analyst")
    client.get("/desk/bulletins/")
    with query_ratchet("the list of periodic reports"):
        assert client.get("/desk/bulletins/").status_code == 200
    other = Bulletin.objects.everything("test").exclude(pk=drafted.pk).latest("starts")
    with query_ratchet("a periodic report in draft"):
        assert client.get(f"/desk/bulletins/{other.pk}").status_code == 200
    with query_ratchet("a published periodic report"):
        assert client.get(f"/desk/bulletins/{drafted.pk}/1").status_code == 200
