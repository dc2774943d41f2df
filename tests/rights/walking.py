"""Walking every page, call, export, list and search as anyone, and reading what is answered."""

from __future__ import annotations

import re

from django.test import Client

from huying.domains.matters.models import Matter
from tests.rights.conftest import ID_CARD, PLATE, SEALED
from tests.support import access
from tests.support.cast import Cast
from tests.support.web import body_of, operations, pages

# What a program writes anew each time: tokens against forgery, request ids, keys of forms, the moment a workbook was made.
FRESH = re.compile(
    r"[A-Za-z0-9]{32,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=idempotency_key\" value=\")[^\"]+|(?<=W3CDTF\">)[^<]+"
)
IN_A_TEXT = (ID_CARD, PLATE)


def parameters(cast: Cast, matter: Matter) -> dict[str, object]:
    names = ("matter_id", "record_id", "pk")
    ones = dict.fromkeys(("document_id", "filter_id", "request_id", "review_id"), 1)
    return access.standing(cast) | dict.fromkeys(names, matter.pk) | ones | {"number": matter.number}


# What else the lists, searches and exports are asked for: every filter an address takes, and words.
ASKED = (
    "/desk/?queue=dispatch",
    "/desk/?due=overdue",
    "/desk/?mine=1",
    "/desk/?channel=hotline",
    "/desk/work/export",
    "/desk/work/export?format=csv",
    "/desk/work/export?format=csv&queue=receive",
    *(f"/desk/matters/?view={view}" for view in ("open", "closed", "refused", "grid", "today", "mine")),
    "/desk/matters/?view=open&kind=help",
    "/desk/search?q=路灯不亮",
    "/desk/search?q=井盖松动 12号巷",
    "/desk/notices/outbox?state=waiting",
    "/desk/report/?division=331102000000",
    "/desk/log?of=looks",
    "/api/v1/matters/?limit=200",
    "/api/v1/matters/?words=路灯不亮",
    "/api/v1/matters/?kind=help&state=closed",
)


def addresses(cast: Cast, matter: Matter) -> list[str]:
    """Every address of the program, those of a record for `matter`, and what lists are asked for."""
    values = parameters(cast, matter)
    every = [*pages(), *(one for one in operations() if one.method == "get")]
    return list(dict.fromkeys([*ASKED, *(page.at(values) for page in every)]))


# These grow by the walk itself, and hold nobody's matters.
GROWING = re.compile(r"/(?:desk/log|metrics|healthz)")


def read(browser: Client, who: str, wanted: list[str]) -> dict[str, str]:
    """What `who` is answered at each address; none of it may spell out the sealed identity, nor a list what stood in a text."""
    answers = {}
    for address in wanted:
        answer = browser.get(address)
        text = body_of(answer)
        # 503: no report has been built here
        assert answer.status_code < 500 or answer.status_code == 503, f"{who}: {address}: {text[:500]}"
        leaked = [part for part in SEALED if part in text]
        assert leaked == [], f"{who}: {address} spells out {leaked}"
        if address in ASKED and not address.startswith("/api/"):
            assert not [part for part in IN_A_TEXT if part in text], f"{who}: {address}"
        if not GROWING.match(address):
            answers[address] = f"{answer.status_code} {FRESH.sub('*', text)}"
    return answers
