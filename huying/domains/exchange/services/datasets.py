"""Putting datasets in force."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from huying.domains.exchange.models import Definition
from huying.domains.exchange.queries import newest_definitions
from huying.domains.exchange.schema import DatasetRow
from huying.kernel import clock
from huying.kernel.actors import Actor


def put_datasets(*, actor: Actor, rows: Sequence[DatasetRow]) -> dict[str, int]:
    """A row that differs from the newest version of its code becomes the next one; nothing is overwritten."""
    newest = newest_definitions(row.code for row in rows)
    fresh, counts = [], {"created": 0, "changed": 0, "kept": 0}
    for row in rows:
        held = newest.get(row.code)
        if held is not None and held.row == row:
            counts["kept"] += 1
            continue
        counts["changed" if held else "created"] += 1
        fresh.append(
            Definition(
                code=row.code,
                version=held.version + 1 if held else 1,
                content=row.model_dump(mode="json", exclude_defaults=True),
                installed_at=clock.now(),
            )
        )
    with transaction.atomic():
        Definition.objects.bulk_create(fresh)
    return counts
