"""Another site, another host, a planted session: what a request that its sender did not mean can do."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from huying.domains.matters import services as matters
from tests.support import access
from tests.support.cast import PASSWORD, Cast
from tests.support.web import operations, pages, signed_in


def test_no_form_and_no_call_is_taken_from_another_site(cast: Cast) -> None:
    matter = cast.register()
    browser = signed_in(cast, "dispatcher", enforce_csrf_checks=True)
    values = dict.fromkeys(access.SCOPED, 1) | access.standing(cast) | {"matter_id": matter.pk, "record_id": matter.pk}
    values |= {"number": matter.number, "token": "0" * 32, "period": "2026-11"}
    for page in pages():
        answer = browser.post(page.at(values), {"text": "伪造"})
        assert answer.status_code in (403, 404, 405), f"{page.route}: {answer.status_code}"
    for one in operations():
        if one.method != "get":
            answer = browser.post(one.at(values), "{}", content_type="application/json")
            assert answer.status_code in (401, 403), f"{one.route}: {answer.status_code}"
    matter.refresh_from_db()
    assert (matter.version, matter.state) == (1, "registered")


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "\\\\evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_leads_to_no_other_site(cast: Cast, target: str) -> None:
    browser = signed_in(cast, "dispatcher")
    taken = browser.post("/signin/posts", {"post": cast["dispatcher"].post_id, "next": target})
    assert taken["Location"] == "/desk/"
    for address in ("/preferences", "/language"):
        assert "evil" not in browser.post(address, {"next": target, "theme": "dark", "language": "en"})["Location"]
    stranger = Client()
    done = stranger.post(f"/signin/?next={target}", {"login": "dispatcher", "password": PASSWORD, "next": target})
    assert "evil" not in done.headers.get("Location", "")
    assert "javascript" not in done.headers.get("Location", "")


def test_a_foreign_host_header_is_refused(cast: Cast) -> None:
    assert Client().get("/", headers={"host": "evil.example"}).status_code == 400


def test_a_header_that_comes_in_cannot_write_headers_that_go_out(cast: Cast) -> None:
    answer = Client().get("/", headers={"X-Request-ID": "abcdefgh\r\nX-Evil: 1"})
    assert "X-Evil" not in answer
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", answer["X-Request-ID"])


def test_signing_in_changes_the_session_and_so_does_opening_a_matter_by_its_code(cast: Cast) -> None:
    """Whoever planted a session beforehand holds nothing of what is opened in it."""
    for open_it in ("staff", "resident"):
        planted = Client()
        if open_it == "staff":
            planted.post("/follow", {"number": "x", "code": "y"})
            session = planted.session
            session["planted"] = 1
            session.save()
        else:
            session = planted.session
            session["planted"] = 1
            session.save()
        before = session.session_key
        planted.cookies["sessionid"] = before
        if open_it == "staff":
            from huying.domains.organizations.models import Account

            Account.objects.filter(username="dispatcher").update(must_change_password=False)
            planted.post("/signin/", {"login": "dispatcher", "password": PASSWORD})
        else:
            done = matters.register(
                actor=cast["taker"], channel="hotline", kind="help", content="路灯不亮。", division="331102001001"
            )
            planted.post("/follow", {"number": done.matter.number, "code": done.query_code})
            assert planted.get("/follow/mine").status_code == 200
        after = planted.cookies["sessionid"].value
        assert after != before, open_it
        thief = Client()
        thief.cookies["sessionid"] = before
        assert thief.get("/follow/mine").status_code == 302
        assert thief.get("/desk/").status_code == 302
