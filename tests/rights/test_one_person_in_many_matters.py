"""A person is not a subject: nothing that anyone can open puts two of one person's matters together, and nothing spells out
who the person is (pains-and-rights.md, Rights 1, 2 and 7; design rule 9).
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import structlog
from django.core import mail
from django.db import connection
from django.test import Client

from huying.domains.identities import services as vault
from huying.domains.identities.services import Identity
from huying.domains.matters import queries
from huying.domains.matters.hints import duplicate_hints
from huying.domains.matters.models import Matter
from huying.kernel import audit, search
from huying.kernel.actors import Role
from huying.kernel.clock import FixedClock
from huying.kernel.errors import Forbidden, HuyingError, NotFound, Refused
from tests.rights.conftest import DWELLING, ID_CARD, NAME, PERSON, PHONE, PLATE, SEALED, Told
from tests.rights.walking import FRESH, IN_A_TEXT
from tests.support.cast import Cast
from tests.support.web import body_of, signed_in


@pytest.fixture(autouse=True)
def one_factor(settings: Any) -> None:
    settings.HUYING_SECOND_FACTOR = "none"


SPELLINGS = (
    PHONE,
    "138 5788 9917",
    "138-5788-9917",
    "+86 13857889917",
    "１３８５７８８９９１７",
    "一三八五七八八九九一七",
    "13857889",
    ID_CARD,
    "332501 19880307 4567",
    "332501198803",
    PLATE,
    "浙K·7D92Q",
    "浙k 7d92q",
    "浙Ｋ７Ｄ９２Ｑ",
    NAME,
    f" {NAME} ",
    "欧阳 槿瑜",
    f"{NAME}先生",
    f"我叫{NAME}",
    "姓名：欧阳槿瑜",
    "欧阳",
    "槿瑜",
    DWELLING,
    "9幢1单元301",
    "301室",
    "ouyang.jinyu@example.cn",
)


def test_a_search_for_the_person_is_refused_or_finds_nothing(cast: Cast, few: Told) -> None:
    assert queries.listing(cast["city_dispatcher"], words="路灯不亮").matters, "the index answers at all"
    for spelling in SPELLINGS:
        for who in ("dispatcher", "city_dispatcher", "water"):
            try:
                found = queries.listing(cast[who], words=spelling).matters
            except HuyingError:
                continue
            assert found == [], f"{who} found {len(found)} by {spelling}"


def test_the_search_page_and_the_api_refuse_it_too_and_the_log_keeps_no_name(cast: Cast, few: Told) -> None:
    browser = signed_in(cast, "dispatcher")
    for spelling in (NAME, PHONE, ID_CARD, PLATE):
        assert browser.get("/desk/search", {"q": spelling}).status_code == 422
        assert browser.get("/api/v1/matters/", {"words": spelling}).status_code == 422
    audit.flush_access()
    from huying.kernel.audit.models import AccessEntry

    kept = list(AccessEntry.objects.filter(what__startswith="search").values_list("what", "result"))
    assert len(kept) == 8
    assert {result for _what, result in kept} == {"refused"}
    assert not [what for what, _result in kept if any(part in what for part in (*SEALED, *IN_A_TEXT, "欧阳"))]


def test_the_index_holds_no_part_of_the_person(cast: Cast, few: Told) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM search_document")
        texts = [row[0] for row in cursor.fetchall()]
    assert len(texts) >= len(few.matters)
    whole = "\n".join(texts).lower()
    wanted = [NAME, "欧阳", PHONE, ID_CARD, PLATE.lower(), "7d92q", "301"]
    assert [part for part in wanted if part in whole] == []


def test_a_hint_never_rests_on_who_calls(cast: Cast, few: Told) -> None:
    fresh = f"我叫{NAME}，手机{PHONE}，身份证{ID_CARD}，车牌{PLATE}，家住{DWELLING}。想咨询居住证续签。"
    assert duplicate_hints(actor=cast["dispatcher"], text=fresh, division="331102001001", known=[NAME, PHONE]) == []
    same = few.matters[40]
    asked = {"actor": cast["dispatcher"], "text": same.content, "place": same.place, "division": same.village}
    assert duplicate_hints(**asked) == duplicate_hints(**asked, known=[NAME, PHONE])  # type: ignore[arg-type]
    browser = signed_in(cast, "taker")
    form = {"content": fresh, "division": "331102001001"}
    with_name = body_of(browser.post("/desk/matters/hints", {**form, "name": NAME, "phone": PHONE}))
    assert FRESH.sub("*", body_of(browser.post("/desk/matters/hints", form))) == FRESH.sub("*", with_name)
    assert not [number for number in few.numbers if number in with_name]


def test_two_matters_of_one_home_are_not_put_beside_each_other(cast: Cast) -> None:
    one = cast.register(item="010201", place=DWELLING, content="卫生间漏水到楼下。")
    other = cast.register(item="010201", place="桂花苑9幢2单元502室", content="楼道里堆放杂物很久了。")
    assert one.place_key == other.place_key, "a repeat is counted on the building, whichever door"
    with pytest.raises(Refused):
        queries.listing(cast["dispatcher"], words="9幢1单元301室")


def test_a_saved_filter_cannot_name_or_hold_a_person(cast: Cast) -> None:
    from huying.kernel.worklist import filters

    for name in (NAME, PHONE, PLATE):
        with pytest.raises(HuyingError):
            filters.save(actor=cast["dispatcher"], name=name, query="queue=dispatch")
    kept = filters.save(
        actor=cast["dispatcher"], name="今天到期", query=f"due=today&name={NAME}&q={PHONE}&phone={PHONE}"
    )
    assert kept.query == "due=today"


def test_the_api_filters_by_no_person(cast: Cast, few: Told) -> None:
    browser = signed_in(cast, "dispatcher")
    everything = browser.get("/api/v1/matters/").json()
    for name in ("name", "phone", "reporter", "reporter_name", "phone_key", "registered_by_account"):
        assert browser.get("/api/v1/matters/", {name: PHONE}).json() == everything, name


# The narrow exceptions ---------------------------------------------------------------------------------------------


def test_only_the_assigned_post_sees_the_identity_and_the_person_is_shown_which(cast: Cast, few: Told) -> None:
    theirs = next(m for m in few.matters if m.handler_post == cast["water"].post_id and m.confidentiality == "open")
    browser = signed_in(cast, "water")
    answer = browser.post(
        f"/desk/identities/matter/{theirs.pk}/reveal/", {"purpose": "约定上门时间", "part": "reporter"}
    )
    assert NAME in body_of(answer)
    assert "no-store" in answer["Cache-Control"]
    for who in (
        "water_head",
        "street",
        "other_dispatcher",
        "dispatcher",
        "leader",
        "analyst",
        "auditor",
        "system_admin",
    ):
        refused = signed_in(cast, who).post(f"/desk/identities/matter/{theirs.pk}/reveal/", {"purpose": "约定上门时间"})
        assert refused.status_code in (403, 404), who
        assert NAME not in body_of(refused)
    resident = Client()
    opened = resident.post("/follow", {"number": theirs.number, "code": few.codes[theirs.pk]})
    assert opened.status_code == 302
    own = body_of(resident.get("/follow/mine"))
    assert "约定上门时间" in own
    assert "水利" in own


def test_the_query_code_opens_one_matter_and_no_other_of_the_person(cast: Cast, few: Told) -> None:
    one, others = few.matters[5], [m for m in few.matters if m.pk != few.matters[5].pk]
    resident = Client()
    resident.post("/follow", {"number": one.number, "code": few.codes[one.pk]})
    own = body_of(resident.get("/follow/mine"))
    assert one.number in own
    assert not [m.number for m in others if m.number in own]
    for other in others[:5]:
        with pytest.raises(NotFound):
            queries.by_code(other.number, few.codes[one.pk])


def test_the_caller_on_the_line_has_the_own_open_matters_only_while_on_the_line(
    cast: Cast, few: Told, clock: FixedClock
) -> None:
    taker = cast["taker"]
    token = vault.begin_call(actor=taker, number="138 5788 9917")
    mine = vault.callers_open_records(actor=taker, token=token, kind="matter")
    assert 0 < len(mine) <= 20
    standing = Matter.objects.everything("test").in_bulk(mine)
    assert all(matter.is_open for matter in standing.values()), "a closed matter has let go of its number"
    assert {matter.county for matter in standing.values()} == {"331102000000"}, "within the call-taker's own scope"
    for stranger in ("city_taker", "dispatcher", "supervisor"):
        with pytest.raises((NotFound, Forbidden)):
            vault.callers_open_records(actor=cast[stranger], token=token, kind="matter")
    with pytest.raises(Forbidden):
        vault.begin_call(actor=cast["supervisor"], number=PHONE)
    vault.hang_up(actor=taker, token=token)
    with pytest.raises(NotFound):
        vault.callers_open_records(actor=taker, token=token, kind="matter")
    late = vault.begin_call(actor=taker, number=PHONE)
    clock.move(timedelta(hours=3))
    with pytest.raises(NotFound):
        vault.callers_open_records(actor=taker, token=late, kind="matter")


# What lies still ---------------------------------------------------------------------------------------------------


def test_no_table_but_the_text_itself_and_no_message_or_log_line_holds_the_person(cast: Cast, few: Told) -> None:
    with structlog.testing.capture_logs() as lines:
        signed_in(cast, "dispatcher").get(f"/desk/matters/{few.matters[3].pk}")
        Identity.__repr__(PERSON)
    assert NAME not in json.dumps(lines, ensure_ascii=False, default=str)
    assert mail.outbox == []
    holding = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("search_terms"):  # an index without its text, which search_document is
                continue
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            text = "\n".join(map(repr, cursor.fetchall()))
            if found := [part for part in SEALED if part in text]:
                holding[table] = found
    assert holding == {}


def test_the_facts_for_analysis_have_no_column_for_a_person(few: Told) -> None:
    from huying.kernel import facts

    facts.discover()
    for table in facts.tables():
        rows = list(table.rows(None))[:50]
        assert not any(part in repr(rows) for part in (*SEALED, *IN_A_TEXT))
        names = {column.name for column in table.columns}
        assert not [n for n in names if re.search(r"name|phone|reporter|account|person|party|body", n)], table.name


def test_an_analyst_opens_no_matter(cast: Cast, few: Told) -> None:
    assert cast["analyst"].roles == {Role.ANALYST}
    assert queries.listing(cast["analyst"]).matters == []
    assert search.find("matter", "路灯不亮", (), actor=cast["analyst"]) == []
