from datetime import date

import pytest
from django.apps import apps

from huying.kernel.actors import Role
from huying.kernel.bulk import insert_many, save_many

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
    first, second = record.objects.order_by("record_id").values()
    for row in (first, second):
        row.pop("id")
        row.pop("record_id")
    assert first == second


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
