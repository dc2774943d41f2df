"""Names, passwords, numbers and codes that are tried out."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from huying.domains.matters import services as matters
from huying.kernel.clock import FixedClock
from tests.support.cast import PASSWORD, Cast


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


UNKNOWN = "331102-20260101-00009-9"


def test_following_says_the_same_of_a_number_that_exists_and_of_one_that_does_not_however_often(cast: Cast) -> None:
    """Numbers run on from one to the next: a lock that is told would tell how many matters a place has had in a day."""
    matter = cast.register()
    for n in range(8):
        told = [
            Client().post("/follow", {"number": number, "code": f"{n:04}-1111-1111-1111"})
            for number in (matter.number, UNKNOWN)
        ]
        assert told[0].status_code == told[1].status_code == 422, n
        assert said(told[0]) == said(told[1]), n


def test_a_wrong_code_costs_the_same_statements_whether_the_number_exists_or_not(cast: Cast) -> None:
    matter = cast.register()
    asked = []
    for number in (matter.number, UNKNOWN):
        with CaptureQueriesContext(connection) as captured:
            Client().post("/follow", {"number": number, "code": "1111-1111-1111-1111"})
        asked.append([query["sql"].split()[0] for query in captured.captured_queries if "query" in query["sql"]])
    assert asked[0] == asked[1]
    assert asked[0].count("UPDATE") == 2


def test_guessing_codes_is_stopped_after_five_and_the_right_one_opens_again_after_the_lock(
    cast: Cast, clock: FixedClock
) -> None:
    done = matters.register(
        actor=cast["taker"], channel="hotline", kind="help", content="路灯不亮。", division="331102001001"
    )
    for n in range(5):
        Client().post("/follow", {"number": done.matter.number, "code": f"{n:04}-0000-0000-0000"})
    right = {"number": done.matter.number, "code": done.query_code}
    assert Client().post("/follow", right).status_code == 422
    clock.move(timedelta(minutes=16))
    assert Client().post("/follow", right)["Location"] == "/follow/mine"
