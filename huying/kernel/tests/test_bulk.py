from datetime import UTC, date, datetime

import pytest
from django.apps import apps

from huying.kernel import bulk
from huying.kernel.actors import Role
from huying.kernel.bulk import blank_many, create_many, delete_many, insert_many, save_many

pytestmark = pytest.mark.django_db


def test_rows_are_written_as_django_would_write_them(clock):
    """Texts, enumerated texts, numbers, flags, dates, moments, empty ones and lists, compared with bulk_create."""
    kinds = {model.__name__: model for model in apps.get_models()}
    record = kinds["ClockRecord"]
    rule = kinds["FrozenRule"].objects.create(digest="x", body={"key": "a"})
    given = {
        "kind": Role.HANDLER, "slot": "a'b", "unit_id": 7, "rule_key": "", "rule": rule, "started_at": clock.now(),
        "due_at": clock.now(), "provisional": True, "pauses": [{"a": None}], "extensions": [], "internal_due_at": None,
    }  # fmt: skip
    record.objects.bulk_create([record(record_id=1, **given)])
    insert_many([record(record_id=2, **given)])
    create_many([record(record_id=3, **given)])
    first, second, third = record.objects.order_by("record_id").values()
    for row in (first, second, third):
        row.pop("id")
        row.pop("record_id")
    assert first == second == third


def test_created_rows_know_their_numbers_in_order_over_several_statements(monkeypatch):
    monkeypatch.setattr(bulk, "VALUES_IN_A_STATEMENT", 30)
    rule = apps.get_model("kernel", "FrozenRule")
    rows = [rule(digest=f"d{n}", body={"n": n}) for n in range(100)]
    create_many(rows)
    assert {row.pk: row.digest for row in rows} == dict(rule.objects.values_list("pk", "digest"))
    rows[0].body = {}
    rows[0].save()
    assert rule.objects.count() == 100


def test_saving_writes_only_the_named_fields(clock):
    unit = apps.get_model("organizations", "Unit")
    rows = unit.objects.bulk_create(
        [
            unit(code=f"u{n}", name="a", short_name="a", kind="department", level=3, division="331102000000",
                 department="water", provenance="demo", valid_from=date(2020, 1, 1))
            for n in range(3)
        ]
    )  # fmt: skip
    for row in rows:
        row.name, row.short_name, row.valid_to = "b", "b", date(2030, 1, 1)
    save_many(rows[:2], ["name", "valid_to"])
    assert list(unit.objects.order_by("code").values_list("name", "short_name", "valid_to")) == [
        ("b", "a", date(2030, 1, 1)), ("b", "a", date(2030, 1, 1)), ("a", "a", None),
    ]  # fmt: skip


def test_deleting_and_blanking_reach_only_the_rows_named():
    work = apps.get_model("kernel", "WorkItem")
    due = datetime(2026, 10, 1, tzinfo=UTC)
    given = {
        "unit_id": 1,
        "subject_id": 1,
        "queue": "q",
        "number": "n",
        "title": "t",
        "sort_at": due,
        "due_at": due,
        "opened_at": due,
    }
    work.objects.bulk_create(
        [work(kind=kind, record_id=n, slot=slot, **given) for kind in "ab" for n in (1, 2, 3) for slot in ("x", "y")]
    )
    delete_many(work, kind="a", record_id=[1, 2], slot="x")
    assert blank_many(work, "due_at", kind="b", record_id=[3]) == 2
    assert blank_many(work, "due_at", kind="b", record_id=[3]) == 0
    left = set(work.objects.filter(due_at__isnull=False).values_list("kind", "record_id", "slot"))
    assert left == {
        ("a", 1, "y"), ("a", 2, "y"), ("a", 3, "x"), ("a", 3, "y"), ("b", 1, "x"), ("b", 1, "y"), ("b", 2, "x"), ("b", 2, "y"),
    }  # fmt: skip
