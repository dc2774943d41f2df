"""The chained log: what it finds, and what a lawful erasure leaves (design rule 3)."""

from datetime import timedelta

import pytest
from django.db import transaction

from huying.kernel import audit
from huying.kernel.actors import Actor
from huying.kernel.audit.models import ChainHead, Checkpoint, Event

ACTOR = Actor.system("test")
pytestmark = pytest.mark.django_db


@pytest.fixture
def log(clock):
    """Three records with three events each."""
    for step in ("registered", "dispatched", "closed"):
        with transaction.atomic():
            audit.record(
                [
                    audit.NewEvent(
                        kind="matter",
                        record_id=i,
                        action=step,
                        actor=ACTOR,
                        reason="because",
                        payload={"n": i},
                        first=step == "registered",
                    )
                    for i in (1, 2, 3)
                ]
            )
        clock.move(timedelta(hours=1))
    return Event.objects.filter(kind="matter")


def test_an_untouched_log_verifies(log):
    found = audit.verify()
    assert found.ok
    assert (found.records, found.events) == (3, 9)


def test_a_changed_column_is_found(log):
    log.filter(record_id=2, seq=2).update(action="closed")
    assert audit.verify().first_fault == {
        "fault": "a column disagrees with what was signed",
        "kind": "matter",
        "record": 2,
        "seq": 2,
    }


def test_a_changed_body_is_found(log):
    row = log.get(record_id=1, seq=1)
    row.body = bytes(row.body).replace(b'"registered"', b'"registeres"')
    row.save()
    assert audit.verify().first_fault["fault"] == "the row was changed"


def test_a_changed_payload_is_found(log):
    log.filter(record_id=1, seq=3).update(payload='{"n":99}')
    assert audit.verify().first_fault["fault"] == "the payload was changed"


@pytest.mark.parametrize("seq", [1, 2, 3])
def test_a_missing_row_is_found_wherever_it_stood(log, seq):
    log.filter(record_id=2, seq=seq).delete()
    found = audit.verify()
    assert not found.ok
    assert found.first_fault["record"] == 2


def test_reordered_rows_are_found(log):
    log.filter(record_id=3, seq=1).update(seq=9)
    log.filter(record_id=3, seq=2).update(seq=1)
    log.filter(record_id=3, seq=9).update(seq=2)
    assert not audit.verify().ok


def test_a_record_whose_every_row_is_gone_is_found_by_its_head(log):
    log.filter(record_id=3).delete()
    assert audit.verify().first_fault["fault"] == "all events of the record are missing"


def test_a_record_removed_with_its_head_is_found_by_the_checkpoint(log):
    assert audit.checkpoint().events == 9
    log.filter(record_id=3).delete()
    ChainHead.objects.filter(record_id=3).delete()
    assert audit.verify().first_fault["fault"] == "events covered by a checkpoint were changed or removed"


def test_events_of_the_last_minutes_wait_for_the_next_checkpoint(log):
    with transaction.atomic():
        audit.record([audit.NewEvent(kind="matter", record_id=1, action="comment", actor=ACTOR)])
    assert audit.checkpoint().events == 9
    assert audit.checkpoint() is None
    assert audit.verify().ok


def test_an_erasure_leaves_a_whole_chain_that_says_erased(log):
    with transaction.atomic():
        assert audit.erase("matter", 2, actor=ACTOR, basis="个人信息保护法 Art 47") == 3
    found = audit.verify()
    assert found.ok
    assert found.erased == 3
    story = audit.history("matter", 2)
    assert [entry.erased for entry in story] == [True, True, True, False]
    assert story[0].reason == ""


def test_the_story_is_told_in_order_with_who_when_and_why(log, clock):
    story = audit.history("matter", 1)
    assert [entry.action for entry in story] == ["registered", "dispatched", "closed"]
    assert story[0].reason == "because"
    assert story[0].payload == {"n": 1}
    assert story[0].actor_label == "test"
    assert story[1].at - story[0].at == timedelta(hours=1)


def test_nothing_is_recorded_outside_a_transaction(transactional_db):
    with pytest.raises(RuntimeError):
        audit.record([audit.NewEvent(kind="matter", record_id=1, action="x", actor=ACTOR)])


def test_the_chain_moves_to_another_algorithm_and_still_verifies(log, settings, monkeypatch):
    audit.checkpoint()
    before = bytes(log.get(record_id=1, seq=1).mac)
    monkeypatch.setenv("HUYING_CRYPTO", "sm")
    settings.HUYING_CRYPTO = "sm"
    assert audit.migrate_chain() == 3
    assert bytes(log.get(record_id=1, seq=1).mac) != before
    assert audit.verify().ok
    assert Checkpoint.objects.count() == 1


def test_a_damaged_log_is_not_signed_anew(log):
    log.filter(record_id=2, seq=2).delete()
    with pytest.raises(ValueError, match="does not verify"):
        audit.migrate_chain()


def test_appending_costs_no_more_queries_for_fifty_records_than_for_one(log, django_assert_num_queries):
    for n in (1, 50):
        events = [audit.NewEvent(kind="matter", record_id=i, action="comment", actor=ACTOR) for i in range(1, n + 1)]
        with transaction.atomic(), django_assert_num_queries(3):
            audit.record(events)
