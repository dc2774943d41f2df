from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.db import IntegrityError, connection, transaction

from huying.domains.identities import queries, services, stores
from huying.domains.identities.identity import plain_phone
from huying.domains.identities.models import Look, Party, QueryCode
from huying.domains.identities.tests.conftest import (
    CALL_TAKER,
    HANDLER,
    LEADER,
    OTHER_CALL_TAKER,
    OUTSIDER,
    WANG,
)
from huying.kernel import audit, crypto, ids, outbox
from huying.kernel.actors import Actor
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, NotFound, TooMany, Unscoped

pytestmark = pytest.mark.django_db
WHY = "核实漏水的具体位置"
PUBLIC = Actor.public("portal")


def all_bytes():
    """Everything the database holds, as one text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f'SELECT * FROM "{table}"')
            found.extend(repr([bytes(v) if isinstance(v, memoryview) else v for v in row]) for row in cursor.fetchall())
    return "\n".join(found)


def test_no_table_holds_a_name_number_or_address_in_the_clear(stored):
    stored(1)
    services.reveal(actor=HANDLER, kind="demo", record_id=1, purpose=WHY)
    services.relay_message(actor=HANDLER, kind="demo", record_id=1, body="明天上午上门")
    held = all_bytes()
    for secret in ("王秀英", "13905780001", "139-0578-0001", "万象街道", "wxy"):
        assert secret not in held
        assert repr(secret.encode())[2:-1] not in held


def test_an_identity_that_reaches_a_log_line_does_not_spell_itself_out():
    assert "王" not in repr(WANG) + str(WANG) + f"{[WANG]}"


def test_five_hundred_people_are_stored_in_a_handful_of_queries(count_queries):
    def parties(n, start):
        return [services.NewParty(kind="demo", record_id=start + i, identity=WANG) for i in range(n)]

    with count_queries() as five_hundred:
        services.store_parties(actor=CALL_TAKER, parties=parties(500, 1000))
    assert five_hundred.n <= 8  # SQLite takes 999 parameters a statement, so some ninety rows


def test_a_faulty_row_is_named_by_its_place_and_not_by_what_it_holds():
    bad = services.Identity(name="李某", phone="call me")
    with pytest.raises(InvalidInput) as caught:
        services.store_parties(
            actor=CALL_TAKER,
            parties=[
                services.NewParty(kind="demo", record_id=1, identity=WANG),
                services.NewParty(kind="demo", record_id=2, identity=bad),
            ],
        )
    assert "2" in caught.value.message
    assert "phone" in caught.value.fields
    assert "call me" not in caught.value.one_line()
    assert Party.objects.everything("test").count() == 0


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("139 0578 0001", "13905780001"),
        ("+86 139-0578-0001", "13905780001"),
        ("8613905780001", "13905780001"),
        ("１３９０５７８０００１", "13905780001"),
        ("0578-2123456转801", "05782123456"),
        ("（0578）2123456", "05782123456"),
        ("12345", "12345"),
        ("no", ""),
        ("", ""),
    ],
)
def test_a_number_is_read_however_it_is_written(written, number):
    assert plain_phone(written) == number


def test_the_vault_cannot_be_read_by_scope(stored):
    stored(1)
    with pytest.raises(Unscoped):
        list(Party.objects.all())
    with pytest.raises(Unscoped):
        Party.objects.filter(phone_key=crypto.mac("own number", b"13905780001")).count()
    assert list(Party.objects.visible_to(CALL_TAKER)) == []


def test_a_sealed_row_copied_over_another_does_not_open(stored):
    stored(1)
    stored(2, identity=services.Identity(name="别人"))
    rows = Party.objects.everything("test")
    rows.filter(record_id=2).update(sealed=rows.get(record_id=1).sealed)
    with pytest.raises(crypto.Damaged):
        services.reveal(actor=HANDLER, kind="demo", record_id=2, purpose=WHY)


def test_the_database_itself_refuses_a_number_key_for_the_anonymous(stored):
    stored(1, "anonymous")
    rows = Party.objects.everything("test")
    assert rows.get().phone_key is None
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(phone_key=b"x")


# --- contact without sight -------------------------------------------------------------------------------------------


def test_a_message_through_the_relay_reaches_the_number_that_its_sender_never_sees(stored, monkeypatch):
    sent = []
    monkeypatch.setitem(outbox.drivers(), "sms", lambda message: sent.append((message.recipient, message.body)) or "ok")
    stored(1, "name_hidden")
    services.relay_message(actor=HANDLER, kind="demo", record_id=1, body="明天上午上门，可否？")
    (waiting,) = outbox.OutboxMessage.objects.all()
    assert "139" not in waiting.recipient
    assert outbox.drivers()["relay"](waiting) == "ok"
    assert sent == [("13905780001", "明天上午上门，可否？")]
    waiting.refresh_from_db()
    assert waiting.recipient.startswith("party:")
    assert str(queries.looks("demo", 1)[0].basis) == "转接联系，未见身份"


def test_who_has_no_part_in_a_record_cannot_write_to_its_reporter(stored):
    stored(1)
    stored(2, identity=services.Identity(name="无号码"))
    with pytest.raises(Forbidden):
        services.relay_message(actor=LEADER, kind="demo", record_id=1, body="你好")
    with pytest.raises(NotFound):
        services.relay_message(actor=OUTSIDER, kind="demo", record_id=1, body="你好")
    with pytest.raises(NotAllowedNow):
        services.relay_message(actor=HANDLER, kind="demo", record_id=2, body="你好")
    with pytest.raises(InvalidInput):
        services.relay_message(actor=HANDLER, kind="demo", record_id=1, body=" ")


def test_a_callback_token_connects_one_call_and_only_the_exchange_learns_the_number(stored, clock):
    stored(1, "name_hidden")
    token = services.callback_token(actor=HANDLER, kind="demo", record_id=1, purpose="约定上门时间")
    assert len(token) == 8
    with pytest.raises(Forbidden):
        services.connect_callback(actor=HANDLER, token=token)
    exchange = Actor.system("exchange")
    assert services.connect_callback(actor=exchange, token=token) == "13905780001"
    with pytest.raises(NotFound):
        services.connect_callback(actor=exchange, token=token)
    late = services.callback_token(actor=HANDLER, kind="demo", record_id=1, purpose="约定上门时间")
    clock.move(timedelta(minutes=30))
    with pytest.raises(NotFound):
        services.connect_callback(actor=exchange, token=late)


# --- the caller on the line ------------------------------------------------------------------------------------------


def test_the_caller_on_the_line_is_told_of_their_own_open_matters_until_they_hang_up(stored):
    for record_id in (1, 2, 3, 4):
        stored(record_id)
    stored(5, identity=services.Identity(phone="13905780002"))
    stored(6, "anonymous")
    services.drop_numbers(kind="demo", record_ids=[3])  # closed
    services.recuse(
        actor=LEADER,
        recusals=[services.NewRecusal(kind="demo", record_id=4, post_id=CALL_TAKER.post_id, reason="interested")],
    )
    token = services.begin_call(actor=CALL_TAKER, number="+86 13905780001")
    assert services.callers_open_records(actor=CALL_TAKER, token=token, kind="demo") == [2, 1]
    assert services.own_among(actor=CALL_TAKER, token=token, kind="demo", record_ids=[2, 5]) == {2}
    services.hang_up(actor=CALL_TAKER, token=token)
    with pytest.raises(NotFound):
        services.callers_open_records(actor=CALL_TAKER, token=token, kind="demo")
    assert "13905780001" not in all_bytes()


def test_a_call_belongs_to_who_took_it_and_ends_by_itself(stored, clock):
    stored(1)
    with pytest.raises(Forbidden):
        services.begin_call(actor=HANDLER, number="13905780001")
    token = services.begin_call(actor=CALL_TAKER, number="13905780001")
    with pytest.raises(NotFound):
        services.callers_open_records(actor=OTHER_CALL_TAKER, token=token, kind="demo")
    with pytest.raises(NotFound):
        services.own_among(actor=CALL_TAKER, token="guess", kind="demo", record_ids=[1])
    clock.move(timedelta(hours=2))
    with pytest.raises(NotFound):
        services.callers_open_records(actor=CALL_TAKER, token=token, kind="demo")


def test_the_caller_is_still_recognised_after_the_key_was_rotated(stored):
    stored(1)
    crypto.rotate("mac")
    token = services.begin_call(actor=CALL_TAKER, number="13905780001")
    assert services.callers_open_records(actor=CALL_TAKER, token=token, kind="demo") == [1]


# --- query codes -----------------------------------------------------------------------------------------------------


def test_a_query_code_opens_its_own_record_and_is_stored_nowhere():
    codes = services.issue_query_codes(actor=CALL_TAKER, kind="demo", record_ids=[1, 2])
    assert services.check_query_code(kind="demo", record_id=1, code=codes[1].replace("-", " "))
    assert not services.check_query_code(kind="demo", record_id=1, code=codes[2])
    assert not services.check_query_code(kind="demo", record_id=3, code=codes[1])
    assert not services.check_query_code(kind="demo", record_id=None, code=codes[1])
    assert codes[1].replace("-", "") not in all_bytes()


def test_five_misses_lock_a_code_for_a_quarter_of_an_hour(clock, monkeypatch):
    code = services.issue_query_codes(actor=CALL_TAKER, kind="demo", record_ids=[1])[1]
    for _ in range(4):
        assert not services.check_query_code(kind="demo", record_id=1, code="0000-0000-0000-0000")
    assert services.check_query_code(kind="demo", record_id=1, code=code)
    for _ in range(5):
        assert not services.check_query_code(kind="demo", record_id=1, code="0000-0000-0000-0000")
    with pytest.raises(TooMany) as caught:
        services.check_query_code(kind="demo", record_id=1, code=code)
    reckoned = Mock(wraps=ids.query_code_matches)  # a locked code takes as long as any other
    monkeypatch.setattr(ids, "query_code_matches", reckoned)
    with pytest.raises(TooMany):
        services.check_query_code(kind="demo", record_id=1, code=code)
    reckoned.assert_called_once()
    assert 890 <= caught.value.retry_after <= 901
    clock.move(timedelta(minutes=15, seconds=1))
    assert services.check_query_code(kind="demo", record_id=1, code=code)


def test_a_new_code_ends_the_old_one():
    old = services.issue_query_codes(actor=CALL_TAKER, kind="demo", record_ids=[1])[1]
    with pytest.raises(Forbidden):
        services.rotate_query_code(actor=HANDLER, kind="demo", record_id=1, why="反映人遗失")
    new = services.rotate_query_code(actor=CALL_TAKER, kind="demo", record_id=1, why="反映人遗失")
    assert not services.check_query_code(kind="demo", record_id=1, code=old)
    assert services.check_query_code(kind="demo", record_id=1, code=new)


def test_a_code_issued_before_a_key_rotation_still_opens():
    code = services.issue_query_codes(actor=CALL_TAKER, kind="demo", record_ids=[1])[1]
    crypto.rotate("mac")
    assert services.check_query_code(kind="demo", record_id=1, code=code)


# --- the person's own rights -----------------------------------------------------------------------------------------


def test_the_reporter_views_corrects_and_erases_what_is_held_by_code(stored):
    stored(1)
    code = services.issue_query_codes(actor=CALL_TAKER, kind="demo", record_ids=[1])[1]
    own = {"actor": PUBLIC, "kind": "demo", "record_id": 1, "code": code}
    assert services.view_own(**own).name == "王秀英"
    services.correct_own(**own, identity=services.Identity(name="王秀瑛", phone="13905780009"))
    assert services.reveal(actor=HANDLER, kind="demo", record_id=1, purpose=WHY).name == "王秀瑛"
    with pytest.raises(NotFound):
        services.view_own(actor=PUBLIC, kind="demo", record_id=1, code="1111-1111-1111-1111")
    services.erase_own(**own)
    assert not services.reveal(actor=HANDLER, kind="demo", record_id=1, purpose=WHY)
    assert queries.people(HANDLER, "demo", 1)[0].erased
    with pytest.raises(NotFound):
        services.view_own(**own)


def test_only_who_spoke_with_the_person_corrects_for_them(stored):
    stored(1)
    with pytest.raises(Forbidden):
        services.correct(actor=HANDLER, kind="demo", record_id=1, identity=WANG, why="听错了")
    services.correct(
        actor=CALL_TAKER, kind="demo", record_id=1, identity=services.Identity(name="汪秀英"), why="姓氏听错"
    )
    assert services.reveal(actor=HANDLER, kind="demo", record_id=1, purpose=WHY).name == "汪秀英"


def test_staff_may_make_it_stricter_but_never_looser(stored):
    stored(1)
    services.set_confidentiality(actor=CALL_TAKER, kind="demo", record_id=1, confidentiality="anonymous")
    assert Party.objects.everything("test").get().phone_key is None
    with pytest.raises(Forbidden):
        services.set_confidentiality(actor=CALL_TAKER, kind="demo", record_id=1, confidentiality="open")
    services.set_confidentiality(
        actor=PUBLIC, kind="demo", record_id=1, confidentiality="name_hidden", by_reporter=True
    )
    assert queries.confidentiality("demo", [1, 2]) == {1: "name_hidden"}
    assert services.reveal(actor=CALL_TAKER, kind="demo", record_id=1, purpose=WHY).phone == WANG.phone


def test_forgetting_leaves_that_somebody_looked_but_nothing_of_whom(stored):
    stored(1)
    stored(2)
    services.issue_query_codes(actor=CALL_TAKER, kind="demo", record_ids=[1])
    services.reveal(actor=HANDLER, kind="demo", record_id=1, purpose="核实王秀英的漏水处")
    assert services.forget(actor=Actor.system("retention"), kind="demo", record_ids=[1], why="保存期满") == 1
    row = Party.objects.everything("test").get(record_id=1)
    assert (row.sealed, row.phone_key, row.key_id, row.reachable) == (None, None, "", False)
    assert not QueryCode.objects.everything("test").exists()
    look = Look.objects.everything("test").get()
    assert (look.purpose, look.post_label) == ("", "莲都区·handler2")
    assert services.forget(actor=Actor.system("retention"), kind="demo", record_ids=[1], why="保存期满") == 0
    assert services.reveal(actor=HANDLER, kind="demo", record_id=2, purpose=WHY).name == "王秀英"
    assert audit.history("demo", 1)[-1].action == "identity.erased"


# --- keys ------------------------------------------------------------------------------------------------------------


def test_rekeying_moves_the_vault_to_the_national_algorithms_and_keeps_everybody(stored, settings):
    for record_id in range(1, 8):
        stored(record_id)
    services.drop_numbers(kind="demo", record_ids=[7])
    settings.HUYING_CRYPTO = "sm"
    assert crypto.rekey(only=["identities.party"]) == {"identities.party": 7}
    rows = Party.objects.everything("test")
    assert {crypto.made_by(row.sealed).algorithm for row in rows.all()} == {"sm4-gcm"}
    assert services.reveal(actor=HANDLER, kind="demo", record_id=3, purpose=WHY).name == "王秀英"
    token = services.begin_call(actor=CALL_TAKER, number="13905780001")
    assert services.callers_open_records(actor=CALL_TAKER, token=token, kind="demo") == [6, 5, 4, 3, 2, 1]


def test_a_vault_whose_key_is_gone_says_how_many_people_are_lost(stored, ring):
    stored(1)
    services.issue_query_codes(actor=CALL_TAKER, kind="demo", record_ids=[1])
    for file in ring.folder.glob("*.key"):
        file.unlink()
    assert {(lost.store.name, lost.rows) for lost in crypto.lost()} == {
        ("identities.party", 1),
        ("identities.query_code", 1),
    }
    with pytest.raises(crypto.KeyLost):
        services.reveal(actor=HANDLER, kind="demo", record_id=1, purpose=WHY)
    assert queries.looks("demo", 1) == []


def test_keys_can_be_checked_before_the_first_migration(monkeypatch):
    monkeypatch.setattr(connection.introspection, "table_names", lambda cursor=None: [])
    assert stores._counts_of(Party) == {}
