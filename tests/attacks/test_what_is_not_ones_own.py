"""Fields, records and answers that are not the asker's, in the page, the API and the form."""

from __future__ import annotations

import json

from django.test import Client

from huying.domains.matters import services as matters
from huying.domains.matters.models import Matter
from tests.support.cast import Cast
from tests.support.web import signed_in


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
