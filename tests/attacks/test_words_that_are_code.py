"""Text that a browser, a spreadsheet or a database would run."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from django.test import Client

from huying.domains.documents import services as documents
from huying.domains.matters import services as matters
from huying.domains.matters.models import Matter
from huying.domains.matters.vocabulary import Outcome, Trigger
from tests.support.cast import Cast
from tests.support.web import body_of, signed_in

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=alert(3)>"
FORMULA = '=HYPERLINK("http://evil.example","看")'


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
