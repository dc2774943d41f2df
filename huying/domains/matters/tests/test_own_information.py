"""The reporter's rights by the query code: see, correct, erase (PIPL Art 44 to 47; pains-and-rights.md, Rights 7)."""

from __future__ import annotations

import html

import pytest
from django.test import Client

from huying.domains.documents import services as documents
from huying.domains.identities import queries as vault_read
from huying.domains.identities import services as vault
from huying.domains.identities.vocabulary import Confidentiality as Sealing
from huying.domains.matters import services
from huying.domains.matters.models import Matter
from huying.domains.matters.vocabulary import Channel, Confidentiality, Kind
from huying.kernel import audit, search, worklist
from huying.kernel.actors import Actor
from huying.kernel.errors import Forbidden

SAID = "永晖社区水管破裂，家里是李小四，请打13812345678联系。"
MISSED = "1111-1111-1111-1111"


@pytest.fixture
def told(cast):
    """A matter of a named reporter, with its code, whose identity the handler has looked at."""
    done = services.register(
        actor=Actor.public("web"),
        channel=Channel.WEB,
        kind=Kind.HELP,
        content=SAID,
        division="331102001001",
        reporter=vault.Identity(name="李小四", phone="13812345678"),
    )
    matter = cast.act("dispatcher", services.dispatch, done.matter, lead_unit=cast.unit("331102-water"))
    cast.act("water", services.receive, matter)
    vault.reveal(actor=cast["water"], kind="matter", record_id=matter.pk, purpose="约定上门时间")
    return done


@pytest.fixture
def resident(told):
    return opened(told)


def opened(told):
    browser = Client()
    answer = browser.post("/follow", {"number": told.matter.number, "code": told.query_code})
    assert answer.status_code == 302
    return browser


def text(response):
    return html.unescape(response.content.decode())


def kept(told):
    return Matter.objects.everything("test").get(pk=told.matter.pk)


def test_nothing_is_shown_before_it_is_asked_for_and_who_looked_is_told_with_the_reason(told, resident):
    assert "13812345678" not in text(resident.get("/follow/mine/held"))
    shown = resident.post("/follow/mine/held")
    assert "13812345678" in text(shown)
    assert "李小四" in text(shown)
    assert "no-store" in shown["Cache-Control"]
    assert "identity.viewed_own" in [entry.action for entry in audit.history("matter", told.matter.pk)]
    page = text(resident.get("/follow/mine"))
    assert "水利承办员" in page
    assert "约定上门时间" in page


def test_without_the_code_of_this_matter_nothing_opens(told, cast):
    stranger = Client()
    for path in ("/follow/mine/held", "/follow/mine/held/erase"):
        assert stranger.get(path).status_code == 404
        assert stranger.post(path, {"code": told.query_code, "sure": "on"}).status_code == 404
    assert stranger.post("/follow/mine/held/correct", {"name": "别人"}).status_code == 404
    browser = opened(told)
    del browser.cookies["huying_follow"]  # the session alone, as the server keeps it, does not open the seal
    assert browser.post("/follow/mine/held").status_code == 404
    assert vault_read.holds_identity("matter", told.matter.pk)


def test_the_reporter_corrects_it(told, resident):
    answer = resident.post("/follow/mine/held/correct", {"name": "李小四", "phone": "0578-2123456"})
    assert (answer.status_code, answer["Location"]) == (302, "/follow/mine/held")
    assert "0578-2123456" in text(resident.post("/follow/mine/held"))
    assert "identity.corrected" in [entry.action for entry in audit.history("matter", told.matter.pk)]


def test_a_correction_with_a_fault_says_so_and_loses_nothing(told, resident):
    answer = resident.post("/follow/mine/held/correct", {"name": "李四", "phone": "一二三"})
    assert answer.status_code == 422
    assert "不像电话号码" in text(answer)
    assert "一二三" in text(answer)
    assert "13812345678" in text(resident.post("/follow/mine/held"))


def test_erasing_takes_two_steps_and_says_what_goes_and_what_stays(told, resident):
    first = text(resident.get("/follow/mine/held/erase"))
    assert 'name="code"' not in first
    assert "会删除" in first
    assert "依法保留" in first
    assert 'name="code"' in text(resident.get("/follow/mine/held/erase?confirm=1"))
    assert resident.post("/follow/mine/held/erase", {"code": told.query_code}).status_code == 422
    assert resident.post("/follow/mine/held/erase", {"code": MISSED, "sure": "on"}).status_code == 422
    assert vault_read.holds_identity("matter", told.matter.pk)


def test_what_was_erased_is_gone_everywhere_and_the_work_goes_on(told, resident, cast):
    done = resident.post("/follow/mine/held/erase", {"code": told.query_code, "sure": "on"})
    assert done.status_code == 200
    assert "查询码已经失效" in text(done)
    assert resident.get("/follow/mine").status_code == 302
    again = Client().post("/follow", {"number": told.matter.number, "code": told.query_code})
    assert again.status_code == 422
    matter = kept(told)
    assert "13812345678" not in matter.content
    assert "李小四" not in matter.content + matter.title
    assert "水管破裂" in matter.content
    assert not vault_read.holds_identity("matter", matter.pk)
    assert [line.post for line in vault_read.looks("matter", matter.pk)][-1].endswith("水利承办员")
    items = list(worklist.items("matter", [matter.pk]))
    assert [item.title for item in items] == [matter.title]
    assert all(line.purpose == "" for line in vault_read.looks("matter", matter.pk))
    assert search.find("matter", "水管破裂", [f"d{matter.county}"], actor=cast["dispatcher"]) == [matter.pk]
    assert audit.verify().ok
    assert cast.act("water", services.reply, matter, text="修好了。").state == "replied"


def test_a_legal_hold_keeps_it_and_the_way_to_complain_is_told(told, resident, cast):
    documents.place_hold(actor=cast["supervisor"], kind="matter", record_ids=[told.matter.pk], why="行政诉讼期间")
    answer = resident.post("/follow/mine/held/erase", {"code": told.query_code, "sure": "on"})
    assert answer.status_code == 422
    assert "正在保全" in text(answer)
    assert "投诉" in text(answer)
    assert kept(told).content == SAID


def test_wrong_codes_when_erasing_are_counted_and_lock(told, resident):
    wrong = {"code": MISSED, "sure": "on"}
    assert [resident.post("/follow/mine/held/erase", wrong).status_code for _try in range(6)] == [422] * 5 + [429]
    assert resident.post("/follow/mine/held/erase", wrong | {"code": told.query_code}).status_code == 429
    assert vault_read.holds_identity("matter", told.matter.pk)


def test_who_reported_without_a_name_is_told_that_nothing_is_held_and_may_still_erase(cast):
    told = services.register(
        actor=Actor.public("web"),
        channel=Channel.WEB,
        kind=Kind.HELP,
        content="楼道灯不亮，电话13812345678。",
        division="331102001001",
        confidentiality=Confidentiality.ANONYMOUS,
    )
    browser = opened(told)
    assert "没有保存您的姓名" in text(browser.post("/follow/mine/held"))
    assert browser.post("/follow/mine/held/correct", {"name": "我"}).status_code == 422
    assert browser.post("/follow/mine/held/erase", {"code": told.query_code, "sure": "on"}).status_code == 200
    assert "13812345678" not in kept(told).content


def test_how_the_identity_is_treated_is_the_reporters_own_choice_looser_or_stricter(told, resident, cast):
    page = text(resident.get("/follow/mine/held"))
    assert "怎么对待您的身份" in page
    for level in (Confidentiality.NAME_HIDDEN, Confidentiality.OPEN):
        answer = resident.post("/follow/mine/held/treat", {"confidentiality": level.value})
        assert answer.status_code == 302, text(answer)
        assert kept(told).confidentiality == level
        assert vault_read.confidentiality("matter", [told.matter.pk]) == {told.matter.pk: level}
    stricter, looser = Sealing.NAME_HIDDEN, Sealing.OPEN
    vault.set_confidentiality(actor=cast["taker"], kind="matter", record_id=told.matter.pk, confidentiality=stricter)
    with pytest.raises(Forbidden):
        vault.set_confidentiality(actor=cast["taker"], kind="matter", record_id=told.matter.pk, confidentiality=looser)


@pytest.mark.parametrize("level", ["anonymous", "", "öffentlich"])
def test_a_level_that_is_no_choice_changes_nothing(told, resident, level):
    assert resident.post("/follow/mine/held/treat", {"confidentiality": level}).status_code == 422
    assert kept(told).confidentiality == Confidentiality.OPEN


def test_who_accuses_a_unit_stays_hidden(cast):
    told = services.register(
        actor=Actor.public("web"),
        channel=Channel.WEB,
        kind=Kind.REPORT,
        content="住建局验收走过场，请查。",
        division="331102001001",
        reporter=vault.Identity(name="李小四", phone="13812345678"),
        accused_units=(cast.unit("331102-housing"),),
    )
    answer = opened(told).post("/follow/mine/held/treat", {"confidentiality": "open"})
    assert answer.status_code == 422
    assert "身份一直保密" in text(answer)
    assert kept(told).confidentiality == Confidentiality.NAME_HIDDEN


def test_what_a_resident_writes_first_is_carried_on_in_no_address(cast):
    browser = Client()
    assert 'method="post" action="/submit"' in text(browser.get("/"))
    began = browser.post("/submit", {"step": "begin", "content": SAID})
    assert began.status_code == 200
    assert SAID in text(began)
    assert "还不能提交" not in text(began)
    assert SAID not in text(browser.get("/submit", {"content": SAID}))
    assert not Matter.objects.everything("test").exists()


@pytest.mark.django_db
def test_an_address_that_only_takes_forms_opened_as_a_page_says_so_and_offers_no_second_try(client: Client) -> None:
    answer = client.get("/follow/leave")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    page = answer.content.decode()
    assert "只接收提交" in page
    assert "再试一次" not in page
