"""Lines of a pack into the tables, and the tables into lines again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import pairwise
from typing import TypeVar

from huying.domains.territory import services
from huying.domains.territory.models import Boundary, Division, DivisionParent, DivisionSuccession, Grid, Place
from huying.domains.territory.queries import tree
from huying.domains.territory.sections.rows import (
    LEVELS,
    BoundaryRow,
    DivisionRow,
    GridRow,
    PlaceRow,
    SuccessionRow,
)
from huying.domains.territory.vocabulary import DivisionKind, GridKind, GridType, PlaceKind, SuccessionKind
from huying.kernel import packs
from huying.kernel.actors import Actor, Level

Span = TypeVar("Span", Division, DivisionParent)


def _joined(spans: Iterable[Span], same: Callable[[Span, Span], bool]) -> list[Span]:
    """Spans of one code that touch and say the same are one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.code, one.valid_from)):
        last = joined[-1] if joined else None
        if last and last.code == span.code and last.valid_to == span.valid_from and same(last, span):
            last.valid_to = span.valid_to
        else:
            joined.append(span)
    return joined


LIFE = ("name", "level", "kind", "exclave", "urban_rural", "provenance")


def install_divisions(rows: list[DivisionRow], actor: Actor) -> dict[str, int]:
    """A row begins where the name or the parent changes; names and parents are kept as spans of their own."""
    lives = (
        Division(
            code=row.code,
            name=row.name,
            level=LEVELS[row.level],
            kind=row.kind,
            exclave=row.exclave,
            urban_rural=row.urban_rural,
            provenance=row.provenance,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
        for row in rows
    )
    parents = (
        DivisionParent(code=row.code, parent=row.parent, valid_from=row.valid_from, valid_to=row.valid_to)
        for row in rows
        if row.parent
    )
    return services.put_divisions(
        divisions=_joined(lives, lambda a, b: all(getattr(a, name) == getattr(b, name) for name in LIFE)),
        parents=_joined(parents, lambda a, b: a.parent == b.parent),
        actor=actor,
    )


def export_divisions(actor: Actor) -> Iterator[DivisionRow]:
    over: defaultdict[str, list[DivisionParent]] = defaultdict(list)
    for span in DivisionParent.objects.order_by("code", "valid_from"):
        over[span.code].append(span)
    for life in Division.objects.order_by("code", "valid_from").iterator(chunk_size=5000):
        for begins, ends, parent in _pieces(life, over[life.code]):
            yield DivisionRow(
                code=life.code,
                name=life.name,
                level=Level(life.level).column,  # type: ignore[arg-type]
                parent=parent,
                kind=DivisionKind(life.kind),
                exclave=life.exclave,
                urban_rural=life.urban_rural,
                provenance=packs.Provenance(life.provenance),
                valid_from=begins,
                valid_to=ends,
            )


def _pieces(life: Division, parents: list[DivisionParent]) -> Iterator[tuple[date, date | None, str]]:
    """The life cut where its parent changes: first day, last day's morrow, parent."""
    last = life.valid_to or date.max
    cuts = {life.valid_from, last}
    for span in parents:
        cuts |= {day for day in (span.valid_from, span.valid_to or date.max) if life.valid_from < day < last}
    days = sorted(cuts)
    for begins, ends in pairwise(days):
        parent = next((span.parent for span in parents if span.valid_from <= begins < (span.valid_to or date.max)), "")
        yield begins, None if ends == date.max else ends, parent


def install_successions(rows: list[SuccessionRow], actor: Actor) -> dict[str, int]:
    return services.put_successions(successions=[DivisionSuccession(**row.model_dump()) for row in rows], actor=actor)


def export_successions(actor: Actor) -> Iterator[SuccessionRow]:
    for row in DivisionSuccession.objects.order_by("on", "code", "successor"):
        yield SuccessionRow(
            code=row.code, successor=row.successor, kind=SuccessionKind(row.kind), on=row.on, basis=row.basis
        )


def install_boundaries(rows: list[BoundaryRow], actor: Actor) -> dict[str, int]:
    return services.put_boundaries(boundaries=[Boundary(**row.model_dump()) for row in rows], actor=actor)


def export_boundaries(actor: Actor) -> Iterator[BoundaryRow]:
    for row in Boundary.objects.order_by("code", "valid_from").iterator(chunk_size=1000):
        yield BoundaryRow(
            code=row.code,
            geometry=row.geometry,
            schematic=row.schematic,
            provenance=packs.Provenance(row.provenance),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )


def install_grids(rows: list[GridRow], actor: Actor) -> dict[str, int]:
    grids = [Grid(village=row.code[:12], **row.model_dump()) for row in rows]
    return services.put_grids(grids=grids, actor=actor)


def export_grids(actor: Actor) -> Iterator[GridRow]:
    for row in Grid.objects.order_by("code").iterator(chunk_size=5000):
        yield GridRow(
            code=row.code,
            name=row.name,
            kind=GridKind(row.kind),
            type=GridType(row.type) if row.type else "",
            households=row.households,
            phone=row.phone,
            provenance=packs.Provenance(row.provenance),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )


def install_places(rows: list[PlaceRow], actor: Actor) -> dict[str, int]:
    known = tree()
    places = [Place(**row.model_dump(exclude={"division"}), **known.columns(row.division)) for row in rows]
    return services.put_places(places=places, actor=actor)


def export_places(actor: Actor) -> Iterator[PlaceRow]:
    for row in Place.objects.order_by("key").iterator(chunk_size=5000):
        deepest = row.grid or row.village or row.township or row.county or row.city or row.province
        yield PlaceRow(
            key=row.key,
            kind=PlaceKind(row.kind),
            name=row.name,
            address=row.address,
            division=deepest,
            longitude=row.longitude,
            latitude=row.latitude,
            provenance=packs.Provenance(row.provenance),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
