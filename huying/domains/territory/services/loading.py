"""Rows of a pack or a registry, in bulk: made, changed or left as they are. Doing it twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db import models, transaction

from huying.domains.territory.models import Boundary, Division, DivisionParent, DivisionSuccession, Grid, Place
from huying.domains.territory.services.versions import touch
from huying.kernel.actors import Actor
from huying.kernel.bulk import insert_many

BATCH = 2000
M = TypeVar("M", bound=models.Model)
Counts = dict[str, int]


@transaction.atomic
def put_divisions(*, divisions: Sequence[Division], parents: Sequence[DivisionParent], actor: Actor) -> Counts:
    """Spans of divisions and the parent each begins under, by code and first day."""
    counts = _put(Division, divisions, ("code", "valid_from"))
    over = _put(DivisionParent, parents, ("code", "valid_from"))
    counts["moved"] = over["changed"]
    return counts


@transaction.atomic
def put_successions(*, successions: Sequence[DivisionSuccession], actor: Actor) -> Counts:
    return _put(DivisionSuccession, successions, ("code", "successor", "on"))


@transaction.atomic
def put_boundaries(*, boundaries: Sequence[Boundary], actor: Actor) -> Counts:
    return _put(Boundary, boundaries, ("code", "valid_from"))


@transaction.atomic
def put_grids(*, grids: Sequence[Grid], actor: Actor) -> Counts:
    return _put(Grid, grids, ("code",))


@transaction.atomic
def put_places(*, places: Sequence[Place], actor: Actor) -> Counts:
    return _put(Place, places, ("key",))


def _put(model: type[M], wanted: Iterable[M], key: tuple[str, ...]) -> Counts:
    """Compare `wanted` with what stands, by `key`, and write only what differs: a few statements whatever the number."""
    fields = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    rest = [name for name in fields if name not in key]
    standing = {_values(row, key): row for row in model._default_manager.all().iterator(chunk_size=BATCH)}
    fresh: list[M] = []
    changed: list[M] = []
    kept = 0
    for row in wanted:
        old = standing.get(_values(row, key))
        if old is None:
            fresh.append(row)
        elif _values(old, rest) == _values(row, rest):
            kept += 1
        else:
            row.pk = old.pk
            changed.append(row)
    # What ends must end before what follows it begins: a code has one open span.
    if changed:
        model._default_manager.bulk_update(changed, rest, batch_size=200)
    insert_many(fresh)
    if fresh or changed:
        touch()
    return {"created": len(fresh), "changed": len(changed), "kept": kept}


def _values(row: models.Model, names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in names)
