import re

import pytest
from django.test import RequestFactory

from huying.domains.identities import pages, queries, services
from huying.domains.identities.tests.conftest import AUDITOR, CALL_TAKER, HANDLER, OUTSIDER, SUPERVISOR
from huying.kernel import audit
from huying.kernel.errors import Forbidden, NotFound

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


def get(view, actor, *args, **headers):
    request = RequestFactory().get("/", **{**HTMX, **headers})
    request.actor = actor
    return view(request, *args)


def post(view, actor, *args, data=None):
    request = RequestFactory().post("/", data or {}, **HTMX)
    request.actor = actor
    return view(request, *args)


def test_the_people_block_is_sealed_until_a_purpose_is_given(stored):
    stored(1)
    sealed = get(pages.people, HANDLER, "demo", 1).content.decode()
    assert "王秀英" not in sealed
    assert 'name="purpose"' in sealed
    refused = post(pages.act, HANDLER, "demo", "1", "reveal", data={"purpose": "看"})
    assert "王秀英" not in refused.content.decode()
    assert "请写明查看的目的" in refused.content.decode()
    shown = post(pages.act, HANDLER, "demo", "1", "reveal", data={"purpose": "约定上门时间"})
    assert "王秀英" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    again = get(pages.people, HANDLER, "demo", 1).content.decode()
    assert "王秀英" not in again
    assert "约定上门时间" in again
    assert "莲都区·handler2" in again


def test_a_name_hidden_reporter_is_written_to_or_asked_for_and_never_shown(stored):
    stored(1, "name_hidden")
    block = get(pages.people, HANDLER, "demo", 1).content.decode()
    assert "/relay/" in block
    assert "/ask/" in block
    assert "/reveal/" not in block
    assert "139" not in post(pages.act, HANDLER, "demo", "1", "callback", data={"purpose": "电话联系"}).content.decode()
    assert "已交系统转发" in post(pages.act, HANDLER, "demo", "1", "relay", data={"body": "明早上门"}).content.decode()
    post(pages.act, HANDLER, "demo", "1", "ask", data={"purpose": "当面送达文书"})
    page = get(pages.decisions, SUPERVISOR).content.decode()
    assert "当面送达文书" in page
    (wish,) = queries.requests_to_decide(SUPERVISOR)
    assert post(pages.decide, SUPERVISOR, wish.id, data={"verdict": "approve"}).status_code == 302
    assert "/reveal/" in get(pages.people, HANDLER, "demo", 1).content.decode()


def test_breaking_the_glass_takes_a_ground_and_stands_on_the_reviewers_page(stored):
    stored(1, "anonymous")
    assert "请选择" in post(pages.act, HANDLER, "demo", "1", "break", data={"purpose": "有人轻生"}).content.decode()
    data = {"purpose": "来电称要轻生", "ground": "life_at_risk"}
    assert "王秀英" in post(pages.act, HANDLER, "demo", "1", "break", data=data).content.decode()
    assert "来电称要轻生" in get(pages.decisions, SUPERVISOR).content.decode()
    (open_review,) = queries.reviews_to_do(SUPERVISOR)
    post(pages.review, SUPERVISOR, open_review.id, data={"verdict": "justified", "note": "情况属实"})
    assert queries.reviews_to_do(SUPERVISOR) == []


def test_pages_hold_for_those_whose_they_are(stored):
    stored(1)
    with pytest.raises(NotFound):
        get(pages.people, OUTSIDER, "demo", 1)
    with pytest.raises(NotFound):
        post(pages.act, OUTSIDER, "demo", "1", "reveal", data={"purpose": "想看一看"})
    for actor in (AUDITOR, CALL_TAKER):
        with pytest.raises(Forbidden):
            get(pages.decisions, actor)
    with pytest.raises(Forbidden):
        get(pages.people, AUDITOR, "demo", 1)


def test_what_a_person_typed_is_text_on_the_page(stored):
    stored(1, identity=services.Identity(name="<script>alert(1)</script>"))
    shown = post(pages.act, HANDLER, "demo", "1", "reveal", data={"purpose": "<b>核实</b>情况"}).content.decode()
    assert "<script>alert" not in shown
    assert "<b>核实" not in shown


def test_a_lost_query_code_is_replaced_by_intake_once_they_say_how_they_know_the_reporter(stored):
    stored(1)
    old = services.issue_query_codes(actor=CALL_TAKER, kind="demo", record_ids=[1])[1]
    assert "换发查询码" in get(pages.people, CALL_TAKER, "demo", 1).content.decode()
    assert "换发查询码" not in get(pages.people, HANDLER, "demo", 1).content.decode()
    silent = post(pages.act, CALL_TAKER, "demo", "1", "rotate", data={"purpose": " "}).content.decode()
    assert "怎么核实" in silent
    assert services.check_query_code(kind="demo", record_id=1, code=old)
    told = post(pages.act, CALL_TAKER, "demo", "1", "rotate", data={"purpose": "回拨登记电话核实"}).content.decode()
    new = re.search(r"\d{4}-\d{4}-\d{4}-\d{4}", told).group()
    assert services.check_query_code(kind="demo", record_id=1, code=new)
    assert not services.check_query_code(kind="demo", record_id=1, code=old)
    assert "核实" in audit.history("demo", 1)[-1].reason
    answer = post(pages.act, HANDLER, "demo", "1", "rotate", data={"purpose": "回拨登记电话核实"})
    assert "由受理或回访岗位办理" in answer.content.decode()
