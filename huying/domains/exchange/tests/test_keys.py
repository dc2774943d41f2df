"""A department's machine delivers with a key of its unit: these datasets, until that day, and nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from django.test import Client

from huying.domains.exchange import queries, services
from huying.domains.exchange.models import ApiKey, Delivery, Report
from huying.domains.exchange.services import keys
from huying.domains.exchange.tests import made
from huying.domains.exchange.vocabulary import Way
from huying.kernel import audit
from huying.kernel.actors import Actor
from huying.kernel.audit.models import AccessEntry
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, NotFound
from tests.support.web import signed_in

EAST, OTHER = "331102000000", "331121000000"
VALUES = "/api/v1/exchange/datasets/fires_monthly/values"
FIGURES = {"fires": 4, "loss": 12.5, "inspected": 150, "faulty": 60}
ROW = {"division": EAST, "period": "2026-10", "values": FIGURES}
UNTIL = date(2027, 3, 31)


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    settings.HUYING_SECOND_FACTOR = "none"


def a_key(cast: Any, who: str = "housing_head", **changed: Any) -> services.NewKey:
    given = {"name": "区政务数据平台", "datasets": ["fires_monthly"], "until": UNTIL} | changed
    return services.make_key(actor=cast[who], **given)


def with_key(text: str) -> Client:
    return Client(raise_request_exception=False, headers={"authorization": f"Bearer {text}"})


def deliver(text: str, row: dict[str, Any] | None = None, code: str = "fires_monthly", **headers: str) -> Any:
    address = f"/api/v1/exchange/datasets/{code}/values"
    return with_key(text).post(
        address, {"rows": [row or ROW]}, content_type="application/json", headers=headers or None
    )


def test_a_machine_delivers_and_reads_back_what_its_unit_reports(asked: Any) -> None:
    key = a_key(asked)
    sent = deliver(key.text)
    assert (sent.status_code, sent.json()) == (200, {"accepted": 1, "unchanged": 0, "refused": []})
    (back,) = with_key(key.text).get(VALUES).json()["items"]
    assert (back["values"]["fires"], back["way"], back["standing"]) == (4, "api", "delivered")
    assert back["delivered_by"] == f"莲都区住建局·接口密钥 {key.key.short}", (
        "the log names the key and its unit, no person"
    )
    assert Delivery.objects.get().post_id is None
    assert [one["code"] for one in with_key(key.text).get("/api/v1/exchange/datasets").json()] == ["fires_monthly"]
    assert with_key(key.text).get("/api/v1/exchange/missing").json()["items"] == []


def test_a_key_is_shown_once_and_kept_as_a_digest(asked: Any) -> None:
    key = a_key(asked)
    held = ApiKey.objects.everything("test").get()
    secret = key.text[len("hyk_12345678_") :]
    assert secret not in str(vars(held))
    assert held.digest.startswith("sha256:")
    page = signed_in(asked, "housing_head").get("/desk/exchange/keys").content.decode()
    assert held.short in page
    assert secret not in page


def test_it_delivers_for_no_other_unit_and_no_other_dataset(asked: Any) -> None:
    services.put_datasets(actor=Actor.system("test"), rows=[made.row(code="second", owner="housing")])
    key = a_key(asked).text
    other = deliver(key, {**ROW, "division": OTHER}).json()
    assert (other["accepted"], "没有" in other["refused"][0]["faults"][0]["message"]) == (0, True)
    assert deliver(key, code="second").status_code == 403
    assert with_key(key).get("/api/v1/exchange/datasets/second/values").status_code == 403
    assert deliver(key, code="nothing").status_code == 403, "what a key doesn't name, whether it exists or not"
    theirs = services.Given(OTHER, "2026-10", FIGURES)
    services.deliver(actor=asked["other_housing"], code="fires_monthly", rows=[theirs], way=Way.API)
    assert with_key(key).get(VALUES).json()["items"] == [], "nor does it read what another unit delivered"


@pytest.mark.parametrize("who", ["housing", "security_admin", "system_admin", "auditor", "supervisor", "analyst"])
def test_only_the_units_head_makes_a_key(asked: Any, who: str) -> None:
    with pytest.raises(Forbidden):
        a_key(asked, who)


def test_the_head_makes_keys_for_the_own_units_datasets_and_a_year_at_most(asked: Any) -> None:
    for wrong, field in (
        ({"datasets": []}, "datasets"),
        ({"datasets": ["fires_monthly", "nothing"]}, "datasets"),
        ({"until": date(2028, 1, 1)}, "until"),
        ({"until": date(2026, 10, 1)}, "until"),
        ({"name": "王某13812345678"}, "name"),
    ):
        with pytest.raises(InvalidInput) as caught:
            a_key(asked, **wrong)
        assert set(caught.value.fields) == {field}
    with pytest.raises(InvalidInput):
        a_key(asked, "water_head")


def test_the_security_administrator_sees_and_revokes_every_key_and_another_head_none(asked: Any) -> None:
    key = a_key(asked).key
    assert [one.pk for one in queries.api_keys(asked["security_admin"])] == [key.pk]
    assert queries.api_keys(asked["water_head"]) == []
    with pytest.raises(NotFound):
        services.revoke_key(actor=asked["water_head"], key_id=key.pk, reason="x")
    with pytest.raises(Forbidden):
        services.revoke_key(actor=asked["auditor"], key_id=key.pk, reason="x")
    with pytest.raises(InvalidInput):
        services.revoke_key(actor=asked["security_admin"], key_id=key.pk, reason=" ")
    services.revoke_key(actor=asked["security_admin"], key_id=key.pk, reason="供应商已更换")
    with pytest.raises(NotAllowedNow):
        services.revoke_key(actor=asked["security_admin"], key_id=key.pk, reason="再撤")
    assert [e.action for e in audit.history("exchange.key", key.pk)] == ["key_made", "key_revoked"]


def test_a_revoked_and_an_expired_key_open_nothing(asked: Any, move: Any) -> None:
    gone, brief = a_key(asked), a_key(asked, until=date(2026, 11, 3))
    services.revoke_key(actor=asked["housing_head"], key_id=gone.key.pk, reason="不用了")
    assert deliver(gone.text).status_code == 401
    assert with_key(brief.text).get(VALUES).status_code == 200
    move(2026, 11, 4, 0)
    answer = with_key(brief.text).get(VALUES)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_refused")
    assert "Bearer" in answer["WWW-Authenticate"]
    assert not Delivery.objects.exists()


def test_a_rotated_key_goes_on_for_a_week_beside_the_new_one(asked: Any, move: Any) -> None:
    old = a_key(asked)
    new = services.rotate_key(actor=asked["housing_head"], key_id=old.key.pk)
    assert (new.key.datasets, new.key.expires_at) == (old.key.datasets, old.key.expires_at)
    assert new.text != old.text
    assert with_key(old.text).get(VALUES).status_code == with_key(new.text).get(VALUES).status_code == 200
    move(2026, 11, 10)
    assert with_key(old.text).get(VALUES).status_code == 401
    assert with_key(new.text).get(VALUES).status_code == 200
    with pytest.raises(NotAllowedNow):
        services.rotate_key(actor=asked["housing_head"], key_id=old.key.pk)


def test_guessing_secrets_locks_a_key_and_is_answered_alike_whether_it_exists(asked: Any, clock: Any) -> None:
    key = a_key(asked)
    said = set()
    for n in range(keys.MISSES):
        known, unknown = f"hyk_{key.key.short}_{n:043}", f"hyk_aaaaaaaa_{n:043}"
        said |= {(a.status_code, a.json()["detail"]) for a in (with_key(k).get(VALUES) for k in (known, unknown, "x"))}
    assert len(said) == 1
    right = with_key(key.text).get(VALUES)
    assert {(right.status_code, right.json()["detail"])} == said, "locked, the right secret is answered as a wrong one"
    assert [e.action for e in audit.history("exchange.key", key.key.pk)] == ["key_made", "key_locked"]
    clock.move(timedelta(minutes=16))
    assert with_key(key.text).get(VALUES).status_code == 200


def test_a_key_is_used_sixty_times_a_minute_at_most(asked: Any, clock: Any) -> None:
    key = a_key(asked)
    ApiKey.objects.everything("test").update(minute=clock.now().replace(second=0, microsecond=0), in_minute=58)
    assert [with_key(key.text).get(VALUES).status_code for _n in range(3)] == [200, 200, 429]
    assert 0 < int(with_key(key.text).get(VALUES)["Retry-After"]) <= 60
    clock.move(timedelta(minutes=1))
    assert with_key(key.text).get(VALUES).status_code == 200


def test_a_key_in_the_address_is_refused_though_it_is_right(asked: Any) -> None:
    key = a_key(asked).text
    for address in (f"{VALUES}?key={key}", f"{VALUES}?access_token={key}"):
        assert Client().get(address).status_code == 401
        assert with_key(key).get(address).status_code == 401, "even beside a header: the address is in somebody's log"


def test_a_request_repeated_under_its_key_is_done_once_and_another_units_machine_gets_its_own_answer(
    asked: Any,
) -> None:
    mine = a_key(asked)
    theirs = services.make_key(
        actor=Actor.system("test"),
        unit_id=asked.unit("331121-housing"),
        name="青田平台",
        datasets=["fires_monthly"],
        until=UNTIL,
    )
    once = {"idempotency-key": "a-key-of-sixteen-characters"}
    first, again = deliver(mine.text, **once), deliver(mine.text, **once)
    assert (first.json(), again["Idempotency-Replayed"]) == (again.json(), "true")
    assert Delivery.objects.count() == 1
    other = deliver(theirs.text, **once)
    assert "Idempotency-Replayed" not in other
    assert other.json()["accepted"] == 0
    nobody = Client().post(VALUES, {"rows": [ROW]}, content_type="application/json", headers=once)
    assert nobody.status_code == 401
    services.revoke_key(actor=asked["housing_head"], key_id=mine.key.pk, reason="泄露")
    assert deliver(mine.text, **once).status_code == 401, "a replay is no way round a revocation"


def test_a_session_that_comes_with_a_key_counts_for_nothing(asked: Any) -> None:
    client = signed_in(asked, "housing")
    assert client.get(VALUES).status_code == 200
    assert client.get(VALUES, headers={"authorization": "Bearer hyk_aaaaaaaa_" + "0" * 43}).status_code == 401
    key = a_key(asked).text
    assert client.get("/api/v1/matters/", headers={"authorization": f"Bearer {key}"}).status_code == 401


def test_every_use_is_in_the_access_log_with_the_keys_id_and_on_its_page_with_its_unit(asked: Any) -> None:
    key = a_key(asked)
    deliver(key.text)
    with_key(f"hyk_{key.key.short}_{'0' * 43}").get(VALUES)
    audit.flush_access()
    said = AccessEntry.objects.filter(kind="exchange.key", record_id=key.key.pk).values_list("what", "result")
    assert list(said.order_by("pk")) == [
        (f"key.used:{key.key.short}", "ok"),
        (f"key.refused:{key.key.short}", "refused"),
    ]
    page = signed_in(asked, "auditor").get("/desk/exchange/keys").content.decode()
    for word in (key.key.short, "莲都区住建局", "使用接口密钥", "接口密钥被拒"):
        assert word in page
    assert "发放密钥" not in page


def from_address(text: str, remote: str, forwarded: str = "") -> int:
    headers = {"authorization": f"Bearer {text}"} | ({"x-forwarded-for": forwarded} if forwarded else {})
    return Client(REMOTE_ADDR=remote).get(VALUES, headers=headers).status_code


@pytest.mark.parametrize(
    ("remote", "forwarded", "status"),
    [
        ("10.1.2.3", "", 200),
        ("10.7.200.9", "", 200),
        ("::ffff:10.1.2.3", "", 200),
        ("10.1.2.4", "", 401),
        ("2001:db8::1", "", 401),
        ("", "", 401),
        ("10.1.2.4", "10.1.2.3", 401),
        ("127.0.0.9", "10.1.2.3", 200),
        ("127.0.0.9", "10.1.2.3, 10.1.2.4", 401),
        ("127.0.0.9", "10.1.2.4, 10.1.2.3", 200),
        ("127.0.0.9", "nonsense", 401),
        ("127.0.0.9", "", 401),
    ],
)
def test_a_key_bound_to_addresses_works_from_nowhere_else_and_a_callers_own_word_counts_for_nothing(
    asked: Any, settings: Any, remote: str, forwarded: str, status: int
) -> None:
    settings.HUYING_PROXIES = ["127.0.0.0/24"]
    key = a_key(asked, addresses=["10.1.2.3", "10.7.0.1/16"])
    assert from_address(key.text, remote, forwarded) == status
    audit.flush_access()
    (use,) = AccessEntry.objects.filter(kind="exchange.key")
    assert use.what.startswith("key.used" if status == 200 else "key.elsewhere")


def test_a_rotated_key_is_bound_as_the_old_one_was_and_the_head_changes_it(asked: Any) -> None:
    key = a_key(asked, addresses=["10.1.2.3"])
    fresh = services.rotate_key(actor=asked["housing_head"], key_id=key.key.pk)
    assert fresh.key.addresses == ["10.1.2.3/32"]
    client = signed_in(asked, "housing_head")
    address = f"/desk/exchange/keys/{fresh.key.pk}/bind"
    assert client.post(address, {"addresses": "10.9.0.0/16\n10.8.0.1"}).status_code == 302
    assert "10.9.0.0/16" in client.get("/desk/exchange/keys").content.decode()
    assert client.post(address, {"addresses": "the office"}).status_code == 422
    assert from_address(fresh.text, "10.9.1.1") == 200
    assert client.post(address, {"addresses": ""}).status_code == 302
    assert from_address(fresh.text, "192.0.2.1") == 200, "none named: from any"
    assert signed_in(asked, "security_admin").post(address, {"addresses": ""}).status_code == 403


def test_the_auditor_reads_which_key_of_which_unit_acted(asked: Any) -> None:
    key = a_key(asked)
    deliver(key.text)
    with_key(f"hyk_{key.key.short}_{'0' * 43}").get(VALUES)
    audit.flush_access()
    client = signed_in(asked, "auditor")
    named = f"莲都区住建局·接口密钥 {key.key.short}"
    looks = client.get("/desk/log?of=looks").content.decode()
    assert named in looks
    assert "来历不明的程序" in looks, "a wrong secret proves no unit"
    acts = client.get("/desk/log").content.decode()
    assert named in acts, "what it delivered"


def test_the_head_makes_rotates_and_revokes_on_the_page(asked: Any) -> None:
    client = signed_in(asked, "housing_head")
    wrong = client.post("/desk/exchange/keys", {"name": "平台", "until": "2026-01-01"})
    assert (wrong.status_code, ApiKey.objects.everything("test").count()) == (422, 0)
    form = {"name": "区政务数据平台", "datasets": "fires_monthly", "until": "2027-03-31"}
    text = keys.WRITTEN.search(client.post("/desk/exchange/keys", form).content.decode())
    assert text is not None
    assert with_key(text[0]).get(VALUES).status_code == 200
    key = ApiKey.objects.everything("test").get()
    again = keys.WRITTEN.search(client.post(f"/desk/exchange/keys/{key.pk}/rotate").content.decode())
    assert again is not None
    newest = ApiKey.objects.everything("test").latest("pk")
    assert client.post(f"/desk/exchange/keys/{newest.pk}/revoke", {"reason": "试用结束"}).status_code == 302
    assert with_key(again[0]).get(VALUES).status_code == 401
    assert signed_in(asked, "security_admin").post("/desk/exchange/keys", form).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_program_delivers_over_http_with_its_key_and_opens_nothing_else(live_server: Any, asked: Any) -> None:
    key = a_key(asked).text
    with httpx.Client(base_url=live_server.url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as machine:
        sent = machine.post(VALUES, json={"rows": [ROW]}, headers={"Idempotency-Key": "2026-10-fires-first-time"})
        assert (sent.status_code, sent.json()["accepted"]) == (200, 1)
        assert machine.get(VALUES).json()["items"][0]["values"]["fires"] == 4
        assert machine.get("/api/v1/matters/").status_code == 401
        assert machine.get("/desk/exchange/").status_code == 302, "to the sign-in"
        assert "no-cache" in machine.get(VALUES).headers["Cache-Control"]
    assert Report.objects.everything("test").filter(version=1).count() == 1
