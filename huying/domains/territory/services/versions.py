"""The token by which every process learns that the territory it holds in memory is old."""

from uuid import uuid4

from huying.domains.territory.models import TerritoryVersion


def touch() -> None:
    """Say that the territory has changed; part of the writer's transaction, so a roll-back takes it back."""
    TerritoryVersion.objects.update_or_create(pk=1, defaults={"token": uuid4().hex})
