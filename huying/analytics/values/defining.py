"""Definitions changed: drafted, checked, put in force from a day; what was in force before stays as it was, and ends."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.models import IndicatorDefinition
from huying.kernel import clock
from huying.kernel.actors import Actor

State = IndicatorDefinition.State


def content_of(row: IndicatorRow) -> dict[str, object]:
    """As it is kept: what is said, without what goes without saying."""
    said: dict[str, object] = row.model_dump(mode="json", exclude_defaults=True)
    return said


@transaction.atomic
def install(rows: Sequence[IndicatorRow], actor: Actor) -> dict[str, int]:
    """A row that differs from the newest published version becomes the next one, in force from today. Drafts stay as they are."""
    counts = {"created": 0, "changed": 0, "kept": 0}
    held: dict[str, IndicatorDefinition] = {}
    highest: dict[str, int] = {}
    for version in IndicatorDefinition.objects.order_by("code", "version"):
        highest[version.code] = version.version
        if version.state == State.PUBLISHED:
            held[version.code] = version
    fresh, ended = [], []
    today = clock.today()
    for row in rows:
        content, before = content_of(row), held.get(row.code)
        if before is not None and before.content == content and before.valid_to is None:
            counts["kept"] += 1
            continue
        counts["changed" if before else "created"] += 1
        if before is not None and before.valid_to is None:
            before.valid_to = max(today, before.valid_from)
            ended.append(before)
        fresh.append(
            IndicatorDefinition(
                code=row.code,
                version=highest.get(row.code, 0) + 1,
                content=content,
                state=State.PUBLISHED,
                valid_from=today,
                author=actor.label,
                publisher=actor.label,
                changed_at=clock.now(),
            )
        )
    IndicatorDefinition.objects.bulk_update(ended, ["valid_to"])
    IndicatorDefinition.objects.bulk_create(fresh)
    return counts
