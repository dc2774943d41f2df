"""Signing in, choosing a post, passwords, sessions, second factors."""

from datetime import timedelta

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache

from huying.domains.organizations import queries, services
from huying.domains.organizations.vocabulary import UnitKind
from huying.kernel import audit
from huying.kernel import clock as now
from huying.kernel.actors import Actor, Level, Role

INIT = Actor.system("test")
PASSWORD = "Lishui-2026-water"


@pytest.fixture(autouse=True)
def unhurried():
    """Attempts counted by another test don't count here."""
    cache.clear()


@pytest.fixture
def water(db, clock):
    unit = services.NewUnit(
        code="331102-water",
        name="莲都区水利局",
        short_name="莲都水利",
        kind=UnitKind.DEPARTMENT,
        level=Level.COUNTY,
        division="331102000000",
        department="water",
        valid_from=now.today(),
    )
    services.put_units(actor=INIT, rows=[unit])

    def post(key, *roles, **more):
        row = services.NewPost(
            unit=unit.code, key=key, name=key, roles=frozenset(roles), valid_from=now.today(), **more
        )
        return services.put_posts(actor=INIT, rows=[row])[unit.code, key]

    return post


def hire(username, *post_ids, **more):
    row = services.NewAccount(
        username=username, display_name=username, password=PASSWORD, must_change_password=False, **more
    )
    account_id = services.create_account(actor=INIT, row=row)
    services.open_terms(
        actor=INIT,
        rows=[services.NewTerm(account_id=account_id, post_id=one, valid_from=now.today()) for one in post_ids],
    )
    return account_id


def sign_in(client, username, password=PASSWORD):
    return client.post("/signin/", {"login": username, "password": password})


def act_as(client, username, post_id):
    sign_in(client, username)
    return client.post("/signin/posts", {"post": post_id})


def actor_seen(client):
    """The actor a page sees."""
    response = client.get("/signin/posts")
    return response.wsgi_request.actor


def test_whoever_holds_one_post_is_in_it_at_once(client, water):
    handler = water("handler", Role.HANDLER)
    hire("wang", handler)
    assert sign_in(client, "wang").headers["Location"] == "/desk/"
    assert actor_seen(client).post_id == handler


def test_a_person_with_two_posts_chooses_one_and_acts_in_it(client, water):
    handler, head = water("handler", Role.HANDLER), water("head", Role.UNIT_HEAD)
    hire("wang", handler, head)
    assert sign_in(client, "wang").headers["Location"] == "/signin/posts"
    assert client.post("/signin/posts", {"post": handler}).headers["Location"] == "/desk/"
    assert actor_seen(client).post_id == handler


def test_the_desk_leads_whoever_is_not_signed_in_to_the_sign_in_page(client, water):
    assert client.get("/desk/").headers["Location"].startswith("/signin/")


def test_without_a_chosen_post_nobody_acts(client, water):
    hire("wang", water("handler", Role.HANDLER), water("head", Role.UNIT_HEAD))
    sign_in(client, "wang")
    assert actor_seen(client) is None
    assert client.get("/desk/").headers["Location"] == "/signin/posts"
    assert client.get("/desk/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/signin/posts"


def test_a_grid_worker_comes_to_the_phone_pages(client, water):
    worker = water("grid-1", Role.GRID_WORKER, grid="331102001001001")
    hire("zhou", worker)
    assert act_as(client, "zhou", worker).headers["Location"] == "/field/"


def test_nobody_takes_a_post_they_do_not_hold(client, water):
    mine, other = water("handler", Role.HANDLER), water("head", Role.UNIT_HEAD)
    hire("wang", mine)
    assert act_as(client, "wang", other).status_code == 422
    assert actor_seen(client).post_id == mine


def test_one_person_with_two_posts_switches_and_the_audit_names_the_post(client, water):
    head, handler = water("head", Role.UNIT_HEAD), water("handler", Role.HANDLER)
    account_id = hire("wang", head, handler)
    act_as(client, "wang", head)
    assert actor_seen(client).roles == {Role.UNIT_HEAD}
    client.post("/signin/posts", {"post": handler})
    assert actor_seen(client).roles == {Role.HANDLER}
    (session,) = queries.sessions_of(account_id)
    chosen = [event for event in audit.history("session", session.pk) if event.action == "post_chosen"]
    assert [event.post_id for event in chosen] == [head, handler]


def test_someone_without_a_post_is_told_so(client, water):
    hire("wang")
    sign_in(client, "wang")
    response = client.get("/signin/posts")
    assert response.status_code == 403
    assert "没有在任的岗位" in response.content.decode()


def test_a_term_that_ends_takes_the_post_away_at_once(client, water, clock):
    head, handler = water("head", Role.UNIT_HEAD), water("handler", Role.HANDLER)
    hire("wang", handler)
    hire("li", head)
    act_as(client, "wang", handler)
    term_id = queries.holders([handler])[handler][0].term_id
    client.post("/signin/out")
    clock.move(timedelta(days=1))
    act_as(client, "wang", handler)
    services.end_term(actor=INIT, term_id=term_id, on=now.today())
    assert actor_seen(client) is None
    assert client.get("/desk/").headers["Location"] == "/signin/posts"


def test_after_five_wrong_passwords_the_account_is_locked_and_told_so(client, water):
    hire("wang", water("handler", Role.HANDLER))
    for _attempt in range(5):
        response = sign_in(client, "wang", "wrong-password-1")
    assert response.status_code == 429
    assert "锁定15分钟" in response.content.decode()
    assert sign_in(client, "wang").status_code == 429


def test_a_failed_sign_in_is_in_the_access_log_without_what_was_typed(client, water):
    account_id = hire("wang", water("handler", Role.HANDLER))
    audit.flush_access()
    sign_in(client, "wang", "my-other-secret-9")
    audit.flush_access()
    from huying.kernel.audit.models import AccessEntry

    entry = AccessEntry.objects.filter(what="signin.failed").get()
    assert (entry.record_id, entry.result) == (account_id, "refused")
    assert "my-other-secret-9" not in str(vars(entry))


def test_nobody_registers_themselves(client, water):
    assert client.get("/signin/signup/").status_code == 404
    assert client.get("/accounts/signup/").status_code == 404


def test_a_one_time_password_must_be_changed_before_anything_else(client, water):
    handler = water("handler", Role.HANDLER)
    account_id = hire("wang", handler)
    once = services.reset_password(actor=INIT, account_id=account_id)
    sign_in(client, "wang", once)
    assert client.get("/desk/").headers["Location"] == "/signin/password"
    assert client.get("/signin/posts").headers["Location"] == "/signin/password"
    new = {"old": once, "password": "Oujiang-2026-x", "again": "Oujiang-2026-x"}
    assert client.post("/signin/password", new).headers["Location"] == "/desk/"
    assert actor_seen(client).post_id == handler


@pytest.mark.parametrize("poor", ["short-1", "password123", "12345678901234", "abcdefghijklmn", "wangwang-wang"])
def test_poor_passwords_are_refused_with_the_reason(client, water, poor):
    hire("wangwang", water("handler", Role.HANDLER))
    sign_in(client, "wangwang")
    response = client.post("/signin/password", {"old": PASSWORD, "password": poor, "again": poor})
    assert response.status_code == 422
    assert response.context["form"].errors["password"]


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(client, water, django_user_model):
    from django.test import Client

    handler = water("handler", Role.HANDLER)
    hire("wang", handler)
    other = Client()
    act_as(client, "wang", handler)
    act_as(other, "wang", handler)
    client.post("/signin/password", {"old": PASSWORD, "password": "Oujiang-2026-x", "again": "Oujiang-2026-x"})
    assert actor_seen(client) is not None
    assert other.get("/desk/").headers["Location"].startswith("/signin/")


def test_own_sessions_are_listed_and_ended_from_anywhere(client, water):
    from django.test import Client

    handler = water("handler", Role.HANDLER)
    account_id = hire("wang", handler)
    other = Client(headers={"user-agent": "Mozilla/5.0 Firefox/140.0"})
    act_as(client, "wang", handler)
    act_as(other, "wang", handler)
    assert "Firefox" in client.get("/signin/sessions").content.decode()
    assert len(queries.sessions_of(account_id)) == 2
    client.post("/signin/sessions", {"session": "all"})
    assert len(queries.sessions_of(account_id)) == 1
    assert actor_seen(client) is not None
    assert other.get("/desk/").headers["Location"].startswith("/signin/")


def test_nobody_ends_another_persons_session(client, water):
    from django.test import Client

    handler = water("handler", Role.HANDLER)
    hire("wang", handler)
    li_id = hire("li", handler)
    other = Client()
    act_as(other, "li", handler)
    act_as(client, "wang", handler)
    (session,) = queries.sessions_of(li_id)
    assert client.post("/signin/sessions", {"session": session.pk}).status_code == 403
    assert len(queries.sessions_of(li_id)) == 1


def test_an_idle_session_ends_and_a_used_one_ends_after_its_longest_time(client, water, clock, settings):
    handler = water("handler", Role.HANDLER)
    hire("wang", handler)
    act_as(client, "wang", handler)
    clock.move(timedelta(minutes=29))
    assert actor_seen(client) is not None
    clock.move(timedelta(minutes=31))
    assert client.get("/desk/").headers["Location"].startswith("/signin/")
    act_as(client, "wang", handler)
    for _turn in range(12 * 3):
        clock.move(timedelta(minutes=20))
        client.get("/signin/sessions")
    clock.move(timedelta(minutes=10))
    assert client.get("/desk/").headers["Location"].startswith("/signin/")


def test_what_a_page_asks_by_itself_keeps_no_unattended_desk_open(client, water, clock):
    handler = water("handler", Role.HANDLER)
    hire("wang", handler)
    act_as(client, "wang", handler)
    for _turn in range(3):
        clock.move(timedelta(minutes=12))
        last = client.get("/desk/notices/bell", headers={"X-Huying-By-Itself": "1"})
    assert last.status_code == 302
    assert last.headers["Location"].startswith("/signin/")


def test_signing_out_ends_the_session_and_is_logged(client, water):
    handler = water("handler", Role.HANDLER)
    account_id = hire("wang", handler)
    sign_in(client, "wang")
    (session,) = queries.sessions_of(account_id)
    client.post("/signin/out")
    assert queries.sessions_of(account_id) == []
    assert [e.action for e in audit.history("session", session.pk)] == ["signed_in", "post_chosen", "session_ended"]


def test_demo_accounts_sign_in_on_the_embedded_database_only(client, water, settings):
    handler = water("handler", Role.HANDLER)
    hire("demo", handler, is_demo=True)
    settings.HUYING_DATABASE_URL = "postgresql://db/huying"
    assert sign_in(client, "demo").status_code == 200
    settings.HUYING_DATABASE_URL = ""
    act_as(client, "demo", handler)
    assert actor_seen(client) is not None
    settings.HUYING_DATABASE_URL = "postgresql://db/huying"
    assert client.get("/desk/").headers["Location"].startswith("/signin/")


def test_an_administrator_needs_a_second_factor_outside_the_demo(client, water):
    admin = water("admin", Role.SYSTEM_ADMIN)
    hire("root", admin)
    assert act_as(client, "root", admin).headers["Location"] == "/signin/factor/totp/activate/"
    assert client.get("/desk/").headers["Location"] == "/signin/factor/totp/activate/"
    assert actor_seen(client) is None


def test_with_a_second_factor_the_password_alone_does_not_sign_in(client, water):
    from django.contrib.auth import get_user_model

    admin = water("admin", Role.SYSTEM_ADMIN)
    hire("root", admin)
    secret = totp.generate_totp_secret()
    factor = totp.TOTP.activate(get_user_model().objects.get(username="root"), secret)
    assert secret not in str(factor.instance.data)
    assert sign_in(client, "root").headers["Location"].endswith("/factor/authenticate/")
    assert client.get("/desk/").headers["Location"].startswith("/signin/")
    code = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))
    assert client.post("/signin/factor/authenticate/", {"code": code}).status_code == 302
    client.post("/signin/posts", {"post": admin})
    assert actor_seen(client).roles == {Role.SYSTEM_ADMIN}


def test_a_demo_administrator_needs_none(client, water, settings):
    settings.HUYING_DATABASE_URL = ""
    admin = water("admin", Role.SYSTEM_ADMIN)
    hire("root", admin, is_demo=True)
    assert act_as(client, "root", admin).headers["Location"] == "/desk/"


@pytest.mark.parametrize(
    "path", ["/signin/", "/signin/posts", "/signin/password", "/signin/sessions", "/signin/factor/"]
)
def test_every_page_of_signing_in_reads_in_both_languages_and_holds_no_inline_script(client, water, path):
    handler = water("handler", Role.HANDLER)
    hire("wang", handler)
    if path != "/signin/":
        act_as(client, "wang", handler)
    for language in ("zh-hans", "en"):
        client.cookies["django_language"] = language
        response = client.get(path)
        text = response.content.decode()
        assert response.status_code == 200
        assert "style=" not in text
        assert "<script>" not in text
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        assert "microphone=()" in response.headers["Permissions-Policy"]
