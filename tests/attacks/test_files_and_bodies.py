"""Files and bodies that are too large, disguised, malformed or senseless."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from huying.domains.documents import services as documents
from huying.domains.documents.models import Document
from huying.domains.matters.models import Matter
from huying.domains.matters.workflow import MATTER
from huying.kernel.actors import Role
from tests.support import access
from tests.support.cast import Cast
from tests.support.web import Operation, pages, signed_in

TRAVERSAL = "../../../../etc/passwd\r\nX-Evil: 1.txt"


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


def test_what_the_api_turns_away_before_any_of_our_code_is_a_problem_like_every_other(cast: Cast) -> None:
    browser = signed_in(cast, "dispatcher")
    broken = browser.post("/api/v1/matters/", "[{", content_type="application/json")
    for answer, status, code in (
        (broken, 400, "bad_request"),
        (Client().get("/api/v1/matters/"), 401, "not_signed_in"),
    ):
        told = answer.json()
        assert (answer.status_code, told["code"]) == (status, code)
        assert told["title"]
        assert told["cure"]
