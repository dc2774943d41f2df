"""The retention screen: how long, what goes next and when, holds placed and lifted with a reason."""

from datetime import date, timedelta

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.test import RequestFactory

from huying.domains.documents import pages, services
from huying.domains.documents.models import LegalHold
from huying.domains.documents.services import retention as at_work
from huying.domains.documents.tests.conftest import CLERK, SUPERVISOR
from huying.domains.documents.vocabulary import Ending
from huying.kernel import audit
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import Forbidden, NotFound

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
ADMIN = Actor(kind="staff", label="系统管理员", account_id=9, post_id=9, roles=frozenset({Role.SYSTEM_ADMIN}))


@pytest.fixture
def archive(clock, monkeypatch):
    """id → the day it ended; kept twelve months by rule."""
    kept = {1: TODAY - timedelta(days=400), 2: TODAY - timedelta(days=350), 3: TODAY - timedelta(days=5)}
    monkeypatch.setattr(at_work, "_kinds", {})

    def ended(before, after, limit):
        return sorted(pk for pk, day in kept.items() if day < before.date() and pk > after)[:limit]

    services.register_retention("demo", ended, lambda ids, ending: None)
    services.put_retention_rules(
        actor=SUPERVISOR,
        rules=[
            services.NewRule(
                kind="demo", valid_from=date(2020, 1, 1), months=12, ending=Ending.DE_IDENTIFY, basis="档案规定"
            )
        ],
    )
    return kept


def ask(actor=SUPERVISOR, post=None, **query):
    factory = RequestFactory()
    request = factory.get("/x", query) if post is None else factory.post("/x", post)
    request.actor = actor
    request._messages = CookieStorage(request)
    return pages.retention(request)


def text(response):
    return response.content.decode()


def test_what_goes_tonight_in_a_month_and_in_a_year_is_counted_and_named(archive):
    assert [one.n for one in services.foresee("demo", (0, 30, 365))] == [1, 2, 3]
    shown = text(ask())
    assert "12 个月" in shown
    assert "档案规定" in shown
    assert "/demo/1/" in shown
    assert "/demo/2/" in shown
    assert "/demo/3/" not in shown, "it goes later than in 30 days"


def test_a_held_record_is_counted_apart_and_goes_when_the_hold_is_lifted(archive):
    assert ask(post={"kind": "demo", "record": "1", "why": "（2026）浙1102行初12号"}).status_code == 302
    assert [(one.n, one.held) for one in services.foresee("demo", (0,))] == [(0, 1)]
    shown = text(ask())
    assert "另保全 1" in shown
    assert "浙1102行初12号" in shown
    assert ask(post={"kind": "demo", "lift": "1", "why": "案件审结"}).status_code == 302
    assert [one.n for one in services.foresee("demo", (0,))] == [1]
    assert [event.action for event in audit.history("demo", 1)] == ["record.held", "record.hold_lifted"]
    assert "浙1102行初12号" in text(ask(of="lifted"))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"why": " "}, "请写明保全的理由"), ({"record": "LD-0"}, "没有编号为"), ({"kind": "ghost"}, "请选择记录的种类")],
)
def test_a_hold_without_reason_or_record_is_told_and_what_was_typed_stays(archive, wrong, told):
    answer = ask(post={"kind": "demo", "record": "1", "why": "审计"} | wrong)
    assert answer.status_code in (404, 422)
    assert told in text(answer)
    assert f'value="{wrong.get("record", "1")}"' in text(answer)
    assert not LegalHold.objects.exists()


def test_holds_are_the_supervisors_and_only_within_scope(archive):
    for other in (CLERK, ADMIN):
        with pytest.raises(Forbidden):
            ask(actor=other)
    with pytest.raises(Forbidden):
        services.place_hold(actor=CLERK, kind="demo", record_ids=[1], why="审计")
    elsewhere = Actor(
        kind="staff", label="外区", account_id=8, post_id=8, unit_id=2, roles=frozenset({Role.SUPERVISOR})
    )
    with pytest.raises(NotFound):
        services.place_hold(actor=elsewhere, kind="demo", record_ids=[1], why="审计")
    services.place_hold(actor=SUPERVISOR, kind="demo", record_ids=[1], why="行政诉讼")
    shown = text(ask(actor=elsewhere))
    assert "行政诉讼" not in shown
    assert "另有 1 件不在您的职责范围内" in shown


def test_without_a_rule_the_page_says_that_nothing_goes(clock):
    assert "还没有保存期限" in text(ask())


def test_the_page_costs_the_same_queries_however_many_holds(archive, query_ratchet):
    archive |= {n: TODAY - timedelta(days=500) for n in range(10, 60)}
    services.place_hold(actor=SUPERVISOR, kind="demo", record_ids=range(10, 40), why="审计")
    with query_ratchet("retention and holds"):
        ask()
