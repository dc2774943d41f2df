"""The organisation's pages: who may open which, and that the auditor's log tells no content."""

from datetime import date

import pytest

from huying.domains.organizations import services
from huying.domains.organizations.models import Account
from huying.domains.organizations.tests.conftest import make_account, make_post, make_term
from huying.domains.organizations.tests.test_terms import put_work
from huying.domains.territory import services as territory
from huying.domains.territory.services import NewDivision
from huying.kernel import audit
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import Forbidden

INIT = Actor.system("test")
PAGES = {
    "/desk/units": set(Role),
    "/desk/people": {Role.SYSTEM_ADMIN},
    "/desk/sessions": {Role.SECURITY_ADMIN},
    "/desk/terms": {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN},
    "/desk/absences": {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN},
    "/desk/absences/mine": set(Role),
    "/desk/security": {Role.SECURITY_ADMIN},
    "/desk/log": {Role.AUDITOR},
}


@pytest.fixture
def signed_in(client, county, clock, settings):
    settings.HUYING_DATABASE_URL = ""  # as in the demo, whichever database the suite runs on

    def enter(role):
        post = make_post(county.centre, f"p-{role.value}", role)
        account = make_account(f"a-{role.value}", is_demo=True)
        make_term(account, post)
        client.force_login(account, "huying.web.signin.backends.StaffBackend")
        client.post("/signin/posts", {"post": post.pk})
        return client

    return enter


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR, Role.HANDLER])
def test_each_page_opens_for_its_role_and_for_no_other(signed_in, role):
    client = signed_in(role)
    for path, roles in PAGES.items():
        assert client.get(path).status_code == (200 if role in roles else 403), path


def test_the_system_administrator_opens_an_account_appoints_and_ends_with_a_handover(signed_in, county):
    client = signed_in(Role.SYSTEM_ADMIN)
    made = client.post("/desk/people", {"username": "chen", "name": "陈某"})
    account = Account.objects.get(username="chen")
    assert account.check_password(made.context["password"])
    page = f"/desk/people/{account.pk}"
    client.post(page, {"act": "appoint", "post": "331102-water/handler", "from": "2026-11-01"})
    term = account.terms.get()
    make_term(county.li, county.water_head)
    put_work(1, county.water, county.water_handler)
    assert f"/desk/terms/{term.pk}" in client.get(page).content.decode()
    assert client.post(f"/desk/terms/{term.pk}", {"act": "end", "on": "2026-11-20"}).status_code == 302
    assert audit.history("assignment", 1)[-1].action == "handed_over"


def test_a_post_is_found_and_appointed_by_its_names(signed_in, county):
    client = signed_in(Role.SYSTEM_ADMIN)
    words = f"{county.water.name} {county.water_handler.name}"
    offered = client.get("/desk/people/posts", {"post": words[:-1]}).content.decode()
    assert f'value="{words}"' in offered
    assert client.get("/desk/people/posts").content.decode().strip() == ""
    page = f"/desk/people/{county.zhao.pk}"
    assert client.post(page, {"act": "appoint", "post": words, "from": "2026-11-01"}).status_code == 302
    assert county.zhao.terms.get().post == county.water_handler


def test_a_wrong_post_or_date_is_told_and_nothing_is_appointed(signed_in, county):
    client = signed_in(Role.SYSTEM_ADMIN)
    page = f"/desk/people/{county.zhao.pk}"
    assert client.post(page, {"act": "appoint", "post": "nowhere/handler", "from": "2026-11-01"}).status_code == 422
    assert client.post(page, {"act": "appoint", "post": "局", "from": "2026-11-01"}).status_code == 422
    asked = {"act": "appoint", "post": "331102-water/handler", "from": "yesterday"}
    assert client.post(page, asked).status_code == 422
    assert county.zhao.terms.count() == 0


def test_the_auditors_log_shows_acts_and_looks_without_content_or_numbers(signed_in, county):
    client = signed_in(Role.AUDITOR)
    secret = "举报某某人偷排"
    event = audit.NewEvent(kind="matter", record_id=1, action="registered", actor=INIT, reason=secret, first=True)
    audit.record([event])
    audit.access(INIT, "matter.opened", "matter", 1)
    audit.flush_access()
    acts = client.get("/desk/log").content.decode()
    assert "registered" in acts
    assert secret not in acts
    assert "matter.opened" in client.get("/desk/log?of=looks").content.decode()


def test_the_unit_page_shows_who_holds_each_post(signed_in, county):
    make_term(county.wang, county.water_head)
    text = signed_in(Role.HANDLER).get(f"/desk/units/{county.water.pk}").content.decode()
    assert "wang" in text


def test_pages_cost_the_same_queries_however_many_posts(signed_in, county, count_queries):
    client = signed_in(Role.HANDLER)
    path = f"/desk/units/{county.water.pk}"
    client.get(path)
    with count_queries() as few:
        client.get(path)
    rows = [
        services.NewPost(
            unit="331102-water",
            key=f"k{n}",
            name=f"岗{n}",
            roles=frozenset({Role.HANDLER}),
            valid_from=county.water.valid_from,
        )
        for n in range(30)
    ]
    services.put_posts(actor=INIT, rows=rows)
    client.get(path)
    with count_queries() as many:
        client.get(path)
    assert many.n == few.n


def test_the_security_administrator_lifts_a_lock_and_nobody_else(signed_in, county):
    from axes.models import AccessAttempt

    now = "2026-11-20T10:00:00+08:00"
    AccessAttempt.objects.create(username="wang", ip_address="127.0.0.1", failures_since_start=5, attempt_time=now)
    client = signed_in(Role.SECURITY_ADMIN)
    assert client.post("/desk/sessions", {"unlock": "wang"}).status_code == 302
    assert not AccessAttempt.objects.filter(username="wang").exists()
    assert audit.history("account", county.wang.pk)[-1].action == "lock_lifted"
    with pytest.raises(Forbidden):
        services.lift_lock(actor=INIT, username="wang")


@pytest.fixture
def two_streets(county):
    rows = [
        NewDivision(code=code, name=name, parent=parent, level=level)
        for code, name, parent, level in (
            ("330000000000", "浙江省", "", Level.PROVINCE),
            ("331100000000", "丽水市", "330000000000", Level.CITY),
            ("331102000000", "莲都区", "331100000000", Level.COUNTY),
            ("331102001000", "紫金街道", "331102000000", Level.TOWNSHIP),
            ("331102002000", "岩泉街道", "331102000000", Level.TOWNSHIP),
        )
    ]
    territory.create_divisions(divisions=rows, on=date(2014, 1, 1), actor=Actor.system("test"))
    return county


def test_a_unit_answers_for_another_division_after_a_look(signed_in, two_streets):
    client, street = signed_in(Role.SYSTEM_ADMIN), two_streets.street
    page = f"/desk/units/{street.pk}/move"
    asked = {"division": "岩泉街道", "basis": "莲政〔2026〕3号"}
    shown = client.post(page, asked | {"step": "preview"}).content.decode()
    assert "随单位走的岗位 1 个" in shown
    street.refresh_from_db()
    assert street.division == "331102001000"
    assert client.post(page, asked | {"step": "do"}).status_code == 302
    street.refresh_from_db()
    assert street.division == "331102002000"
    assert audit.history("unit", street.pk)[-1].basis == "莲政〔2026〕3号"
    for wrong in ("莲都区", "岩泉街道", "没有的街道"):
        assert client.post(page, asked | {"division": wrong, "step": "do"}).status_code == 422


def test_only_the_system_administrator_moves_a_unit(signed_in, two_streets):
    page = f"/desk/units/{two_streets.street.pk}/move"
    client = signed_in(Role.HANDLER)
    assert client.get(page).status_code == 403
    assert "改换区划" not in client.get(f"/desk/units/{two_streets.street.pk}").content.decode()


def test_what_is_wrong_is_said_on_the_page_and_what_was_typed_stays(signed_in, county):
    client = signed_in(Role.SYSTEM_ADMIN)
    twice = client.post("/desk/people", {"username": "wang", "name": "王二"})
    assert twice.status_code == 422
    page = twice.content.decode()
    assert "用户名已被使用" in page
    assert 'value="王二"' in page
    person = f"/desk/people/{county.wang.pk}"
    wrong = client.post(person, {"act": "appoint", "post": "没有这岗", "from": "2026-11-01"})
    assert wrong.status_code == 422
    assert 'value="没有这岗"' in wrong.content.decode()
    make_term(county.wang, county.worker)
    busy = client.post(person, {"act": "close"})
    assert (busy.status_code, Account.objects.get(pk=county.wang.pk).is_active) == (409, True)
    assert "请先结束任期" in busy.content.decode()


def test_an_account_is_found_by_how_its_name_begins(signed_in, county):
    page = signed_in(Role.SYSTEM_ADMIN).get("/desk/people", {"q": "wan"}).content.decode()
    assert f"/desk/people/{county.wang.pk}" in page
    assert f"/desk/people/{county.li.pk}" not in page
