"""What someone would try who means harm: against the pages, the API, the files taken in and the sign-in."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from huying.domains.documents import services as documents
from huying.domains.documents.models import Document
from huying.domains.matters import services as matters
from huying.domains.matters.models import Matter
from huying.domains.matters.vocabulary import Outcome, Trigger
from huying.domains.matters.workflow import MATTER
from huying.kernel.actors import Role
from tests.support import access
from tests.support.cast import PASSWORD, Cast
from tests.support.web import Operation, body_of, operations, pages, signed_in

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=alert(3)>"
FORMULA = '=HYPERLINK("http://evil.example","看")'
TRAVERSAL = "../../../../etc/passwd\r\nX-Evil: 1.txt"


@pytest.fixture(autouse=True)
def fresh_counts(settings: Any) -> None:
    settings.HUYING_SECOND_FACTOR = "none"
    cache.clear()


# Forged requests ---------------------------------------------------------------------------------------------------


def test_no_form_and_no_call_is_taken_from_another_site(cast: Cast) -> None:
    matter = cast.register()
    browser = signed_in(cast, "dispatcher", enforce_csrf_checks=True)
    values = {
        "matter_id": matter.pk,
        "kind": "matter",
        "record_id": matter.pk,
        "pk": 1,
        "action": "comment",
        "verb": "ask",
    }
    values |= {"unit_id": 1, "account_id": 1, "filter_id": 1, "document_id": 1, "key": "hotline.ordinary", "year": 2026}
    values |= {"catalogue_id": 1, "request_id": 1, "review_id": 1, "code": "331102000000", "division": "331102000000"}
    values |= {
        "period": "2026-11",
        "slot": "handling",
        "number": matter.number,
        "name": "x",
        "profile": "message-board",
    }
    for page in pages():
        answer = browser.post(page.at(dict.fromkeys(page.parameters, 1) | values), {"text": "伪造"})
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


# Guessing ----------------------------------------------------------------------------------------------------------


def said(answer: Any) -> str:
    text = re.sub(r"[A-Za-z0-9]{32,}", "*", answer.content.decode())
    return re.sub(r'value="[^"]*"', "", text)


def test_the_sign_in_says_the_same_of_a_name_that_exists_and_of_one_that_does_not(cast: Cast) -> None:
    for _attempt in range(6):
        known = Client().post("/signin/", {"login": "dispatcher", "password": "Wrong-2026-word"})
        unknown = Client().post("/signin/", {"login": "nobody-here", "password": "Wrong-2026-word"})
        assert known.status_code == unknown.status_code
        assert said(known).replace("dispatcher", "*") == said(unknown).replace("nobody-here", "*")
    right = Client().post("/signin/", {"login": "dispatcher", "password": PASSWORD})
    assert right.status_code == 429 or "Location" not in right.headers, (
        "five misses lock the name, right password or not"
    )


def test_following_says_the_same_of_a_number_that_exists_and_of_one_that_does_not(cast: Cast) -> None:
    matter = cast.register()
    known = Client().post("/follow", {"number": matter.number, "code": "1111-1111-1111-1111"})
    other = Client().post("/follow", {"number": "331102-20260101-00009-9", "code": "1111-1111-1111-1111"})
    assert (known.status_code, said(known)) == (other.status_code, said(other))


def test_guessing_codes_is_stopped_after_five(cast: Cast) -> None:
    done = matters.register(
        actor=cast["taker"], channel="hotline", kind="help", content="路灯不亮。", division="331102001001"
    )
    told = [
        Client().post("/follow", {"number": done.matter.number, "code": f"{n:04}-0000-0000-0000"}).status_code
        for n in range(8)
    ]
    assert told == [422] * 5 + [429] * 3
    right = Client().post("/follow", {"number": done.matter.number, "code": done.query_code})
    assert right.status_code == 429


# What is not one's own ---------------------------------------------------------------------------------------------


def test_fields_that_no_caller_may_set_are_not_set(cast: Cast) -> None:
    browser = signed_in(cast, "taker")
    body = {
        "channel": "hotline",
        "kind": "help",
        "content": "路灯不亮三天了。",
        "division": "331102001001",
        "state": "closed",
        "outcome": "handled",
        "number": "331102-20200101-00001-1",
        "lead_unit_id": cast.unit("331102-water"),
        "intake_unit_id": cast.unit("331121-centre"),
        "is_demo": True,
        "at": "2020-01-01T00:00:00+08:00",
        "external_due_at": "2030-01-01T00:00:00+08:00",
        "source_id": "x",
        "actor": {"kind": "system"},
        "registered_by_post": 1,
    }
    answer = browser.post("/api/v1/matters/", json.dumps(body), content_type="application/json")
    assert answer.status_code == 201, answer.content
    made = Matter.objects.everything("test").get()
    assert (made.state, made.outcome, made.is_demo, made.source_id) == ("registered", "", False, "")
    assert made.lead_unit_id is None
    assert made.intake_unit_id == cast.unit("331102-centre")
    assert made.registered_by_post == cast["taker"].post_id
    assert made.registered_at.year == 2026
    sent = {
        "lead_unit": cast.unit("331102-water"),
        "at": "2020-01-01T00:00:00+08:00",
        "actor": {"kind": "system"},
        "matter_id": 9,
    }
    done = signed_in(cast, "dispatcher").post(
        f"/api/v1/matters/{made.pk}/dispatch", json.dumps(sent), content_type="application/json"
    )
    assert done.status_code == 200, done.content
    made.refresh_from_db()
    assert made.dispatched_at is not None
    assert made.dispatched_at.year == 2026


def test_a_resident_acts_on_the_opened_matter_alone_and_only_as_a_resident(cast: Cast) -> None:
    done = matters.register(
        actor=cast["taker"], channel="hotline", kind="help", content="路灯不亮。", division="331102001001"
    )
    other = cast.register()
    resident = Client()
    resident.post("/follow", {"number": done.matter.number, "code": done.query_code})
    for action in ("dispatch", "close", "not_accept", "supervise", "answer_merged", "archive"):
        assert resident.post(f"/follow/mine/{action}", {"text": "x", "reason": "x"}).status_code == 404
    resident.post("/follow/mine/comment", {"text": "补充", "matter_id": other.pk, "id": other.pk})
    other.refresh_from_db()
    assert other.version == 1


def test_a_kept_answer_is_not_replayed_to_somebody_else(cast: Cast) -> None:
    """The same idempotency key from another account is another request."""
    key = {"HTTP_IDEMPOTENCY_KEY": "the-very-same-key-0001"}
    body = json.dumps({"channel": "hotline", "kind": "help", "content": "路灯不亮三天了。", "division": "331102001001"})
    mine = signed_in(cast, "taker").post("/api/v1/matters/", body, content_type="application/json", **key)
    theirs = signed_in(cast, "other_housing").post("/api/v1/matters/", body, content_type="application/json", **key)
    assert mine.status_code == 201
    assert theirs.status_code == 403
    assert "Idempotency-Replayed" not in theirs


# Words that are code -----------------------------------------------------------------------------------------------


@pytest.fixture
def poisoned(cast: Cast) -> Matter:
    """A matter whose every free text is script, through its whole life."""
    matter = cast.register(content=f"{SCRIPT}路灯不亮。", title=SCRIPT[:110], place=SCRIPT)
    water = cast.unit("331102-water")
    matter = cast.act("taker", matters.comment, matter, text=SCRIPT)
    matter = cast.act("dispatcher", matters.dispatch, matter, lead_unit=water, reason=SCRIPT)
    matter = cast.act("water", matters.receive, matter)
    matter = cast.act("water", matters.contact, matter, summary=SCRIPT)
    matter = cast.act("supervisor", matters.supervise, matter, trigger=Trigger.OVERDUE, reason=SCRIPT)
    matter = cast.act("water", matters.ask_extension, matter, amount="2 D", reason=SCRIPT)
    matter = cast.act("water_head", matters.refuse_extension, matter, reason=SCRIPT)
    matter = cast.act("water", matters.reply, matter, text=SCRIPT)
    documents.attach(
        actor=cast["water"],
        kind="matter",
        record_id=matter.pk,
        files=[documents.NewFile(f"{SCRIPT[:40]}.txt", b"x y z")],
    )
    return matter


def test_script_in_any_text_is_shown_as_text_and_the_policy_would_stop_it(cast: Cast, poisoned: Matter) -> None:
    for who in ("taker", "dispatcher", "water", "supervisor", "leader"):
        browser = signed_in(cast, who)
        shown = 0
        for address in (
            f"/desk/matters/{poisoned.pk}",
            f"/desk/matters/{poisoned.pk}/acts/comment",
            f"/field/tasks/{poisoned.pk}",
            f"/desk/documents/matter/{poisoned.pk}/",
            "/desk/",
            "/desk/matters/?view=open",
            "/desk/matters/?view=supervised",
            "/desk/notices/",
            f"/desk/search?q={SCRIPT}",
            f"/desk/matters/?view={SCRIPT}&kind={SCRIPT}",
            f"/desk/?queue={SCRIPT}",
        ):
            answer = browser.get(address)
            html = body_of(answer)
            assert answer.status_code < 500, address
            assert "<script>alert" not in html, f"{who} {address}"
            assert "<img src=x" not in html, f"{who} {address}"
            assert "<svg/onload" not in html, f"{who} {address}"
            policy = answer["Content-Security-Policy"]
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy
            shown += "&lt;script&gt;alert" in html
        assert shown, who


def test_script_stays_text_in_what_a_resident_reads(cast: Cast) -> None:
    done = matters.register(
        actor=cast["taker"], channel="hotline", kind="help", content=SCRIPT, division="331102001001", place=SCRIPT
    )
    cast.act("dispatcher", matters.not_accept, done.matter, outcome=Outcome.OUT_OF_SCOPE, reason=SCRIPT)
    resident = Client()
    resident.post("/follow", {"number": done.matter.number, "code": done.query_code})
    html = resident.get("/follow/mine").content.decode()
    assert "&lt;script&gt;alert" in html
    assert "<script>alert" not in html


def test_no_export_runs_a_formula(cast: Cast) -> None:
    cast.register(content=f"{FORMULA}路灯不亮。", title=FORMULA, place="@SUM(A1)")
    browser = signed_in(cast, "dispatcher")
    csv_text = body_of(browser.get("/desk/work/export?format=csv"))
    assert "HYPERLINK" in csv_text
    assert not re.search(r'(^|,)"?[=@+-]', csv_text, re.MULTILINE)
    sheet = browser.get("/desk/work/export?format=xlsx")
    raw = b"".join(sheet.streaming_content) if sheet.streaming else sheet.content
    with zipfile.ZipFile(io.BytesIO(raw)) as book:
        cells = b"".join(book.read(name) for name in book.namelist() if "worksheets/" in name)
    assert b"<f>" not in cells, "no cell is a formula"


@pytest.mark.parametrize(
    "words",
    [
        "' OR 1=1 --",
        "路灯' UNION SELECT password FROM organizations_account --",
        '"; DROP TABLE matters_matter; --',
        "路灯*",
        "NEAR(a b)",
        "%_%",
        "a" * 5000,
        "\x00路灯",
        "()()((",
        '"',
        "路灯 AND OR NOT",
    ],
)
def test_words_that_look_like_a_query_are_only_words(cast: Cast, words: str) -> None:
    cast.register()
    browser = signed_in(cast, "other_dispatcher")
    for address in (
        "/desk/search",
        "/api/v1/matters/",
        "/place-picker/found",
        "/desk/rulebook/limits/",
        "/desk/matters/",
    ):
        answer = browser.get(address, {"q": words, "words": words, "after": words, "before": words})
        assert answer.status_code < 500, f"{address}: {answer.status_code}"
        assert "永晖社区1幢" not in body_of(answer), "another county's matter"


# Files and bodies --------------------------------------------------------------------------------------------------


def bomb() -> bytes:
    """A docx of 20 kB that unpacks to 20 MB many times over."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        for n in range(6):
            packed.writestr(f"word/{n}.xml", b"0" * 20_000_000)
    return out.getvalue()


XML_BOMB = b"""<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY x SYSTEM "file:///etc/passwd">]><z>&c;&x;</z>"""


def test_a_bomb_a_disguised_program_and_a_page_are_not_taken_in(cast: Cast) -> None:
    matter = cast.register()
    browser = signed_in(cast, "dispatcher")
    for name, content in (
        ("说明.docx", bomb()),
        ("表.xlsx", XML_BOMB),
        ("图.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("程序.jpg", b"MZ\x90\x00" + b"\x00" * 200),
        ("网页.html", b"<script>alert(1)</script>"),
        ("图.svg", b"<svg/>"),
        ("空.pdf", b""),
    ):
        file = io.BytesIO(content)
        file.name = name
        answer = browser.post(f"/desk/documents/matter/{matter.pk}/", {"files": file})
        assert 400 <= answer.status_code < 500, f"{name}: {answer.status_code}"
    assert not Document.objects.everything("test").exists()


def test_a_files_name_leads_to_no_other_folder_and_into_no_header(cast: Cast) -> None:
    matter = cast.register()
    (pk,) = documents.attach(
        actor=cast["dispatcher"],
        kind="matter",
        record_id=matter.pk,
        files=[documents.NewFile(TRAVERSAL, "说明".encode())],
    )
    kept = Document.objects.everything("test").get(pk=pk)
    assert "/" not in kept.name
    assert ".." not in kept.name
    assert "\n" not in kept.name
    answer = signed_in(cast, "dispatcher").get(f"/desk/documents/file/{pk}/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert "X-Evil" not in answer
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_photo_too_large_is_turned_away_before_it_is_read(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.files.uploadedfile import UploadedFile

    from huying.domains.matters.pages.field import attach
    from huying.kernel.errors import InvalidInput

    def never(self: UploadedFile, *_args: object) -> bytes:
        raise AssertionError("read into memory")

    monkeypatch.setattr(UploadedFile, "read", never, raising=False)
    with pytest.raises(InvalidInput):
        attach(cast["taker"], UploadedFile(io.BytesIO(), "照片.jpg", size=10**10), cast.register())


def test_an_oversized_or_malformed_body_is_refused_in_words(cast: Cast) -> None:
    browser = signed_in(cast, "taker")
    huge = json.dumps({"channel": "hotline", "kind": "help", "content": "水" * 4_000_000, "division": "331102001001"})
    answer = browser.post("/api/v1/matters/", huge, content_type="application/json")
    assert 400 <= answer.status_code < 500
    for body in (
        "{",
        "[]",
        "null",
        '{"content": {"a": 1}}',
        "\xff\xfe",
        '{"content": "' + "水" * 20_001 + '"}',
        "[" * 5_000,
    ):
        answer = browser.post("/api/v1/matters/", body.encode("latin-1", "replace"), content_type="application/json")
        assert 400 <= answer.status_code < 500, body[:20]
    assert not Matter.objects.everything("test").exists()
    for address in (
        "/desk/matters/99999999999999999999999",
        "/api/v1/matters/99999999999999999999999",
        "/desk/documents/file/99999999999999999999999/",
    ):
        assert browser.get(address).status_code == 404, address


WORDS = ("☃", "", "\x00", "x" * 30_000)
NUMBERS = (-1, 10**30, True)
SHAPES: tuple[Any, ...] = ([], ["x"], {"a": 1}, None)
REASON = {"reason": "情况说明。", "text": "情况说明。"}


def senseless(fields: dict[str, Any]) -> list[dict[str, Any]]:
    """Bodies in which something is wrong: of the right type and senseless, of a wrong type, or left out."""

    def of(kind: str) -> list[str]:
        return [name for name, field in fields.items() if f'"type": "{kind}"' in json.dumps(field)]

    said = {name: text for name, text in REASON.items() if name in fields}
    numbers = [name for name in of("integer") if name != "version"]
    lists = of("array")
    found: list[dict[str, Any]] = [{}, said]
    found += [dict.fromkeys(fields, value) for value in (*WORDS, *SHAPES)]
    found += [said | dict.fromkeys(set(of("string")) - set(said), value) for value in WORDS]
    found += [said | {name: [value] if name in lists else value for name in numbers} for value in NUMBERS if numbers]
    return found


def test_no_call_with_senseless_values_ends_in_a_fault(cast: Cast) -> None:
    """Every operation, as the post that may do it, on a matter where it may be done, with its fields wrong in every way."""
    from huying.entry.api import api

    schemas = api.get_openapi_schema()["components"]["schemas"]
    world = access.World(cast)
    clients: dict[str, Client] = {}
    faults = []
    for ask in access.asks():
        if not isinstance(ask.page, Operation) or ask.method == "GET" or ask.scope == "other":
            continue
        verb = ask.page.name.removeprefix("matters_")
        row = next((row for row in MATTER.transitions if row.action == verb), None)
        roles = row.roles if row is not None else {Role.CALL_TAKER}
        who = next((access.WHO[role] for role in access.WHO if role in roles), "dispatcher")
        client = clients.setdefault(who, signed_in(cast, who))
        named = "IntakeIn" if row is None else "".join(part.capitalize() for part in verb.split("_")) + "In"
        fields = schemas[named].get("properties", {})
        for body in senseless(fields):
            with transaction.atomic():
                answer = client.post(world.address(ask), json.dumps(body), content_type="application/json")
                transaction.set_rollback(True)
            if answer.status_code >= 500:
                faults.append(f"{ask.page.name} {str(body)[:90]}: {answer.status_code}")
    assert faults == []


def test_an_empty_form_from_the_phone_is_answered_in_words(cast: Cast) -> None:
    assert signed_in(cast, "water").post(f"/field/tasks/{cast.in_hand().pk}").status_code == 422


def test_whose_post_and_whose_scope_it_is_comes_before_the_form(cast: Cast) -> None:
    for who in ("system_admin", "security_admin", "auditor"):
        browser = signed_in(cast, who)
        assert browser.get("/api/v1/matters/").status_code == 403, who
        assert browser.post("/api/v1/matters/", "{}", content_type="application/json").status_code == 403, who
    assert Client().get("/api/v1/matters/").status_code == 401
    world = access.World(cast)
    supervisor = signed_in(cast, "supervisor")
    for name, whose, expected in (("request", "other", 404), ("review", "other", 404), ("request", "own", 422)):
        records = world.other if whose == "other" else world.own
        route = next(
            page for page in pages() if page.name == ("identities_decide" if name == "request" else "identities_review")
        )
        assert supervisor.post(route.at(records), {}).status_code == expected, f"{name} {whose}"
