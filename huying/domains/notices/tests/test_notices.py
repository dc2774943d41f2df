"""Posts are told in the bell, by mail and by text; what cannot be told is visible, and nothing goes where it must not."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest
from aiosmtpd.controller import Controller
from django.apps import apps
from django.test import RequestFactory
from django.utils import translation

from huying.domains.notices import pages, queries, services
from huying.domains.notices.drivers import check_target
from huying.domains.notices.models import Notice
from huying.domains.notices.services import Letter
from huying.domains.notices.texts import render, texts
from huying.domains.notices.vocabulary import DRIVERS, TOPICS, WAYS
from huying.kernel import outbox
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import Forbidden, InvalidInput, RuleMissing, Unscoped
from huying.kernel.http.health import state as health
from huying.kernel.outbox import Message, OutboxMessage, PermanentFailure

SINCE = date(2020, 1, 1)
# Another domain's tables are private to it; a test that must fill them asks for them by name.
Account, Post, Term, Unit = (apps.get_model("organizations", name) for name in ("Account", "Post", "Term", "Unit"))


@pytest.fixture
def posts(db, clock) -> list[Post]:
    unit = Unit.objects.create(
        code="331102-water", name="水务局", short_name="水务局", kind="department", level=Level.COUNTY,
        division="331102000000", department="water", provenance="demo", valid_from=SINCE,
    )  # fmt: skip
    made = [Post.objects.create(unit=unit, key=key, name=key, valid_from=SINCE) for key in ("head", "handler")]
    account = Account.objects.create(username="li", display_name="李", email="li@water.example", created_at=clock.now())
    Term.objects.create(account=account, post=made[0], valid_from=SINCE)
    return made


def sitting_in(post: Post, *roles: Role) -> Actor:
    return Actor(kind="staff", label="someone", post_id=post.pk, unit_id=post.unit_id, roles=frozenset(roles))


def assigned(*posts: Post, **changes) -> Letter:
    values = {"title": "修井盖", "due": "今天17:30"}
    return Letter(topic="tasks.assigned", values=values, posts=tuple(post.pk for post in posts), **changes)


# Texts -------------------------------------------------------------------------------------------------------------


def test_every_text_stands_in_both_languages_from_the_same_days_with_the_same_blanks() -> None:
    topics = {topic for topic, _language in texts()}
    assert topics
    for topic in topics:
        zh, en = texts()[(topic, "zh")], texts()[(topic, "en")]
        assert [(t.since, t.names) for t in zh] == [(t.since, t.names) for t in en]


def test_a_text_is_filled_in_the_readers_language(clock) -> None:
    assert render("tasks.assigned", "zh", title="修井盖", due="今天17:30")[0] == "新任务：修井盖"
    assert render("tasks.assigned", "en", title="Manhole", due="today")[0] == "New task: Manhole"


def test_a_missing_blank_or_text_is_said_not_guessed(clock) -> None:
    with pytest.raises(InvalidInput) as refused:
        render("tasks.assigned", title="修井盖")
    assert list(refused.value.fields) == ["due"]
    with pytest.raises(RuleMissing):
        render("no.such.topic")
    with pytest.raises(RuleMissing):
        render("tasks.assigned", on=date(2019, 1, 1), title="x", due="y")


# The bell ----------------------------------------------------------------------------------------------------------


def test_a_letter_to_two_posts_is_a_line_in_the_bell_of_each_and_of_nobody_else(posts) -> None:
    head, handler = posts
    services.send_letters([assigned(head)])
    outbox.deliver()
    assert [n.subject for n in queries.inbox(sitting_in(head)).items] == ["新任务：修井盖"]
    assert queries.unread(sitting_in(handler)).n == 0


def test_notices_read_without_naming_a_reader_fail_closed(posts) -> None:
    with pytest.raises(Unscoped):
        list(Notice.objects.all())


def test_a_message_delivered_twice_is_one_line(posts) -> None:
    services.send_letters([assigned(posts[0])])
    outbox.deliver()
    OutboxMessage.objects.update(state="waiting", sent_at=None)
    outbox.deliver()
    assert queries.unread(sitting_in(posts[0])).n == 1


def test_one_occasion_told_twice_is_one_letter(posts) -> None:
    for _ in range(2):
        services.send_letters([assigned(posts[0], dedupe_key="task:7:assigned")])
    assert OutboxMessage.objects.count() == 1


def test_reading_marks_only_ones_own(posts) -> None:
    head, handler = posts
    services.send_letters([assigned(head)])
    outbox.deliver()
    line = queries.inbox(sitting_in(head)).items[0]
    assert services.mark_read(actor=sitting_in(handler), ids=[line.pk]) == 0
    assert services.mark_read(actor=sitting_in(head), ids=[line.pk]) == 1
    assert queries.unread(sitting_in(head)).n == 0


# E-mail ------------------------------------------------------------------------------------------------------------


class Mailbox:
    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.letters.append(envelope.content)
        return self.answer


@pytest.fixture
def mailbox(settings):
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=0)
    # aiosmtpd probes the port it was given to see itself start; 0 is the system's choice, so ask the socket first.
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        controller.port = probe.getsockname()[1]
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    yield box
    controller.stop()


def test_mail_goes_to_whoever_holds_the_post_when_it_leaves(posts, mailbox) -> None:
    services.send_letters([assigned(posts[0], also=("email",))])
    outbox.deliver()
    (letter,) = mailbox.letters
    assert b"To: li@water.example" in letter
    row = OutboxMessage.objects.get(driver="email")
    assert (row.state, row.recipient) == ("sent", f"post:{posts[0].pk}")


def test_a_post_that_nobody_holds_has_no_address_and_that_is_visible(posts, mailbox) -> None:
    services.send_letters([assigned(posts[1], also=("email",))])
    outbox.deliver()
    row = OutboxMessage.objects.get(driver="email")
    assert (row.state, row.last_error) == ("dead", "收件人没有有效的邮箱地址")


@pytest.mark.parametrize(("answer", "state"), [("451 later", "waiting"), ("554 refused", "dead")])
def test_a_mail_servers_later_and_never_are_told_apart(posts, mailbox, answer, state) -> None:
    mailbox.answer = answer
    services.send_letters([assigned(posts[0], also=("email",))])
    outbox.deliver()
    assert OutboxMessage.objects.get(driver="email").state == state


def test_a_line_break_in_a_title_starts_no_header(posts, mailbox) -> None:
    outbox.enqueue([Message(topic="t", driver="email", recipient=f"post:{posts[0].pk}", subject="a\nBcc: x@y.example")])
    outbox.deliver()
    assert b"\nBcc:" not in mailbox.letters[0]


# The gateway -------------------------------------------------------------------------------------------------------


@pytest.fixture
def gateway(settings):
    heard = SimpleNamespace(requests=[], status=200)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.requests.append((dict(self.headers), body))
            self.send_response(heard.status)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            self.wfile.write(b'{"id": "receipt-7"}')

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.HUYING_GATEWAY_URL = f"http://127.0.0.1:{server.server_port}/send"
    settings.HUYING_GATEWAY_SECRET = "shared secret"
    settings.HUYING_OUTBOUND_HOSTS = ["127.0.0.1"]
    yield heard
    server.shutdown()
    server.server_close()


def text_message() -> OutboxMessage:
    outbox.enqueue([Message(topic="t", driver="sms", recipient="13800000000", body="供水已恢复")])
    outbox.deliver()
    return OutboxMessage.objects.get(driver="sms")


def test_the_gateway_can_check_who_sent_it_and_when(posts, gateway, clock) -> None:
    row = text_message()
    assert (row.state, row.receipt) == ("sent", "receipt-7")
    headers, body = gateway.requests[0]
    moment = int(clock.now().timestamp())
    mac = hmac.new(b"shared secret", f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["X-Huying-Signature"] == f"t={moment},v1={mac}"
    assert headers["Idempotency-Key"] == str(row.key) == json.loads(body)["key"]
    assert json.loads(body)["to"] == "13800000000"


@pytest.mark.parametrize(("status", "state"), [(500, "waiting"), (429, "waiting"), (400, "dead"), (302, "dead")])
def test_a_gateways_later_and_never_are_told_apart_and_redirects_arent_followed(posts, gateway, status, state) -> None:
    gateway.status = status
    assert text_message().state == state
    assert len(gateway.requests) == 1


def test_only_named_hosts_are_ever_called(posts, gateway, settings) -> None:
    settings.HUYING_OUTBOUND_HOSTS = ["sms.example"]
    assert "HUYING_OUTBOUND_HOSTS" in text_message().last_error
    assert gateway.requests == []


@pytest.mark.parametrize("address", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "127.0.0.1"])
def test_a_named_host_that_resolves_inward_is_refused(settings, monkeypatch, address) -> None:
    settings.HUYING_OUTBOUND_HOSTS = ["sms.example"]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: [(2, 1, 6, "", (address, 443))])
    with pytest.raises(PermanentFailure):
        check_target("https://sms.example/send")


def test_a_gateway_elsewhere_must_speak_https(settings, monkeypatch) -> None:
    settings.HUYING_OUTBOUND_HOSTS = ["sms.example"]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: [(2, 1, 6, "", ("203.0.113.9", 80))])
    with pytest.raises(PermanentFailure):
        check_target("http://sms.example/send")


# The outbox page ---------------------------------------------------------------------------------------------------


def asked(actor: Actor, **query):
    request = RequestFactory().get("/desk/notices/outbox", query)
    request.actor, request.user = actor, SimpleNamespace(is_authenticated=True, pk=1, username="t")
    return request


def test_an_administrator_sees_why_a_message_failed_but_never_what_it_said(posts) -> None:
    outbox.enqueue([Message(topic="t", driver="owl", recipient="party:4711", body="机密内容", subject="机密")])
    outbox.deliver()
    actor = sitting_in(posts[0], Role.SYSTEM_ADMIN)
    shown = pages.outbox(asked(actor)).content.decode()
    assert "没有这种发送方式：owl" in shown
    with translation.override("en"):
        assert "There is no such way of sending: owl" in pages.outbox(asked(actor)).content.decode()
    assert "机密" not in shown
    assert "4711" not in shown
    dead = queries.outgoing(state="dead").items[0]
    assert services.retry_dead(actor=actor, ids=[dead.id]) == 1
    assert queries.standing()["waiting"] == 1


def test_without_a_gateway_a_message_is_held_untried_and_is_neither_late_nor_failed(posts, clock) -> None:
    outbox.enqueue(
        [
            Message(topic="matters.replied", driver=way, recipient=f"post:{posts[0]}", body="机密内容")
            for way in ("sms", "webhook", "email")
        ]
    )
    clock.move(timedelta(hours=1))
    outbox.deliver()
    rows = OutboxMessage.objects.values_list("state", "attempts")
    assert list(rows) == [("held", 0)] * 3
    assert queries.standing() == {"waiting": 0, "sending": 0, "dead": 0, "held": 3, "lag_seconds": 0}
    assert health()[1]["concerns"] == ["no worker has shown itself within a minute"]
    actor = sitting_in(posts[0], Role.SYSTEM_ADMIN)
    shown = pages.outbox(asked(actor, state="held")).content.decode()
    assert "未发：没有网关" in shown
    assert "告知反映人：答复" in shown
    assert "机密" not in shown


def test_a_held_message_goes_out_once_a_gateway_is_there_and_somebody_says_so(posts, gateway, settings) -> None:
    url, settings.HUYING_GATEWAY_URL = settings.HUYING_GATEWAY_URL, ""
    outbox.enqueue([Message(topic="t", driver="webhook", recipient="x", body="b")])
    outbox.deliver()
    settings.HUYING_GATEWAY_URL = url
    assert outbox.deliver() == 0
    held = queries.outgoing(state="held").items[0]
    services.retry_dead(actor=sitting_in(posts[0], Role.SYSTEM_ADMIN), ids=[held.id])
    outbox.deliver()
    assert len(gateway.requests) == 1


def test_nobody_else_sees_the_outbox(posts) -> None:
    for role in set(Role) - {Role.SYSTEM_ADMIN}:
        with pytest.raises(Forbidden):
            pages.outbox(asked(sitting_in(posts[0], role)))
        with pytest.raises(Forbidden):
            services.retry_dead(actor=sitting_in(posts[0], role), ids=[1])


def test_the_outbox_takes_as_many_queries_for_fifty_messages_as_for_one(posts, count_queries) -> None:
    taken = []
    queries.outgoing(state="dead")  # the directory of posts, which every page shares, is read once
    for n in (1, 49):
        outbox.enqueue([Message(topic="t", driver="owl", recipient="post:1") for _ in range(n)])
        outbox.deliver()
        with count_queries() as counted:
            assert queries.outgoing(state="dead").items
        taken.append(counted.n)
    assert taken[0] == taken[1]


def test_read_notices_are_forgotten_after_180_days_unread_ones_are_not(posts, clock) -> None:
    from huying.domains.notices.jobs import forget_old

    services.send_letters([assigned(posts[0]), assigned(posts[1])])
    outbox.deliver()
    services.mark_all_read(actor=sitting_in(posts[0]))
    clock.move(timedelta(days=181))
    assert forget_old(None) == {"notices": 1, "messages": 2}


def test_every_topic_and_every_way_out_has_words() -> None:
    assert {topic for topic, _language in texts()} <= set(TOPICS)
    assert set(DRIVERS) == set(WAYS)
