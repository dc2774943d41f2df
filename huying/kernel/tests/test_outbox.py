"""A message goes out after the commit that caused it, is tried again when it must be, and is never silently lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from huying.kernel import outbox
from huying.kernel.outbox import Message, OutboxMessage, registry

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[OutboxMessage]:
    """A driver `pigeon` that keeps what it carries."""
    carried: list[OutboxMessage] = []
    monkeypatch.setattr(registry, "_drivers", {})
    monkeypatch.setattr(registry, "_found", True)

    @outbox.driver("pigeon")
    def carry(message: OutboxMessage) -> str:
        carried.append(message)
        return f"feather {len(carried)}"

    return carried


@pytest.fixture
def failing(sent) -> Callable[[Exception], None]:
    def fail_with(error: Exception) -> None:
        @outbox.driver("pigeon")
        def carry(message: OutboxMessage) -> str:
            raise error

    return fail_with


def note(**changes) -> Message:
    return Message(**({"topic": "test", "driver": "pigeon", "recipient": "post:1", "body": "供水已恢复"} | changes))


def test_a_message_is_sent_once_and_keeps_its_receipt(clock, sent) -> None:
    outbox.enqueue([note()])
    assert outbox.deliver() == 1
    assert outbox.deliver() == 0
    row = OutboxMessage.objects.get()
    assert (row.state, row.receipt, row.attempts, len(sent)) == ("sent", "feather 1", 1, 1)


def test_a_message_of_a_rolled_back_act_never_was(clock, sent) -> None:
    with transaction.atomic():
        outbox.enqueue([note()])
        transaction.set_rollback(True)
    assert outbox.deliver() == 0


def test_the_same_dedupe_key_is_sent_once(clock, sent) -> None:
    outbox.enqueue([note(dedupe_key="card:7:yellow")])
    outbox.enqueue([note(dedupe_key="card:7:yellow"), note(dedupe_key="card:7:red"), note(), note()])
    outbox.deliver()
    assert len(sent) == 4


def test_a_temporary_failure_waits_longer_each_time_and_ends_dead_but_visible(clock, failing) -> None:
    failing(outbox.TemporaryFailure("421 try later"))
    outbox.enqueue([note()])
    waits = []
    while OutboxMessage.objects.get().state == "waiting":
        before = OutboxMessage.objects.get().next_attempt_at
        clock.move(to=before)
        assert outbox.deliver() == 1
        waits.append(OutboxMessage.objects.get().next_attempt_at - before)
    assert waits[:4] == [timedelta(seconds=30 * 4**n) for n in range(4)]
    assert max(waits) <= timedelta(hours=6)
    row = OutboxMessage.objects.get()
    assert (row.state, row.attempts, row.last_error) == ("dead", 8, "421 try later")
    assert outbox.counts()["dead"] == 1


def test_a_permanent_failure_isnt_tried_again_until_somebody_says_so(clock, failing, sent) -> None:
    failing(outbox.PermanentFailure("550 no such mailbox"))
    outbox.enqueue([note()])
    outbox.deliver()
    clock.move(timedelta(days=1))
    assert outbox.deliver() == 0
    assert outbox.retry([OutboxMessage.objects.get().pk]) == 1
    assert outbox.deliver() == 1


def test_one_drivers_fault_doesnt_stop_the_others(clock, failing, sent) -> None:
    @outbox.driver("raven")
    def croak(message: OutboxMessage) -> str:
        raise KeyError("wing")

    outbox.enqueue([note(driver="raven"), note(driver="owl"), note()])
    failing(outbox.TemporaryFailure("later"))
    assert outbox.deliver() == 3
    errors = list(OutboxMessage.objects.order_by("id").values_list("state", "last_error"))
    assert errors[0] == ("waiting", "KeyError: 'wing'")
    assert errors[1][0] == "dead"
    assert "没有这种发送方式：owl" in errors[1][1]
    assert errors[2] == ("waiting", "later")


def test_what_a_dead_worker_was_sending_is_sent_by_another(clock, sent) -> None:
    outbox.enqueue([note()])
    OutboxMessage.objects.update(state="sending", owner="killed", lease_until=clock.now() + timedelta(minutes=2))
    assert outbox.deliver() == 0
    clock.move(timedelta(minutes=2, seconds=1))
    assert outbox.deliver() == 1
    assert OutboxMessage.objects.get().state == "sent"


def test_lag_is_the_longest_wait_past_its_time(clock, sent) -> None:
    outbox.enqueue([note()])
    clock.move(timedelta(minutes=3))
    assert outbox.lag() == timedelta(minutes=3)
    outbox.deliver()
    assert outbox.lag() == timedelta()


def test_fifty_messages_are_written_in_one_statement(clock, sent, count_queries) -> None:
    with count_queries() as counted:
        outbox.enqueue([note() for _ in range(50)])
    assert counted.n == 1
