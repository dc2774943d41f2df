"""Divisions in time, their geometry, grids and places. A division is known by its code; a row is one span of its life."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from huying.domains.territory.vocabulary import (
    BEGINNING,
    DivisionKind,
    GridKind,
    GridType,
    PlaceKind,
    SuccessionKind,
)
from huying.kernel.actors import Level
from huying.kernel.packs import Provenance


def choices(kinds: Any) -> list[tuple[str, str]]:
    return [(kind.value, kind.value) for kind in kinds]


def ends_after_it_begins(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
        name=f"territory_{name}_ends_after_it_begins",
        violation_error_message="截止日期必须晚于起始日期。",
    )


class Dated(models.Model):
    """Valid from the day `valid_from` until the day before `valid_to` (open when null)."""

    valid_from = models.DateField(default=BEGINNING)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True


class Division(Dated):
    """One span of a division's life under one name. The same code under a new name is a new row."""

    code = models.CharField(max_length=12)
    name = models.CharField(max_length=60)
    level = models.PositiveSmallIntegerField(choices=[(level.value, level.name) for level in Level])
    kind = models.CharField(max_length=16, choices=choices(DivisionKind), default=DivisionKind.ADMINISTRATIVE)
    exclave = models.BooleanField(default=False)
    # GB urban-rural class of a village or community (vocabulary.URBAN_RURAL_WORDS); blank where the source doesn't say.
    urban_rural = models.CharField(max_length=3, blank=True)
    provenance = models.CharField(max_length=10, choices=choices(Provenance))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="territory_division_begins_once_a_day"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(valid_to__isnull=True), name="territory_division_has_one_open_life"
            ),
            models.CheckConstraint(
                condition=Q(level__gte=Level.PROVINCE, level__lte=Level.VILLAGE), name="territory_division_level"
            ),
            ends_after_it_begins("division"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"


class DivisionParent(Dated):
    """Which division stood over which, and when. Kept apart from the names, so that a past tree can be rebuilt."""

    code = models.CharField(max_length=12)
    parent = models.CharField(max_length=12, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="territory_parent_begins_once_a_day"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(valid_to__isnull=True), name="territory_division_has_one_open_parent"
            ),
            models.CheckConstraint(condition=~Q(code=F("parent")), name="territory_division_is_not_its_own_parent"),
            ends_after_it_begins("parent"),
        ]

    def __str__(self) -> str:
        return f"{self.code} < {self.parent}"


class DivisionSuccession(models.Model):
    """From the day `on`, what `code` was responsible for is `successor`'s; blank when withdrawn without one.

    Both are divisions (12 digits), or both grids (15).
    """

    code = models.CharField(max_length=15, db_index=True)
    successor = models.CharField(max_length=15, blank=True, db_index=True)
    kind = models.CharField(max_length=10, choices=choices(SuccessionKind))
    on = models.DateField()
    basis = models.CharField(max_length=200, blank=True)  # the document that ordered it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "successor", "on"], name="territory_succession_stands_once")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.kind} {self.successor}"


class Boundary(Dated):
    """The polygon of a division or grid: GeoJSON text, EPSG:4490 (degrees, longitude first)."""

    code = models.CharField(max_length=15)
    geometry = models.TextField()
    # Derived by the project because no real one is public; never to be read as a legal boundary.
    schematic = models.BooleanField(default=False)
    provenance = models.CharField(max_length=10, choices=choices(Provenance))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="territory_boundary_begins_once_a_day"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(valid_to__isnull=True), name="territory_code_has_one_open_boundary"
            ),
            ends_after_it_begins("boundary"),
        ]

    def __str__(self) -> str:
        return self.code


class Grid(Dated):
    """The smallest area of governance; it belongs to the village whose 12 digits begin its code."""

    code = models.CharField(max_length=15, unique=True)
    village = models.CharField(max_length=12, db_index=True)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=choices(GridKind))
    type = models.CharField(max_length=8, choices=choices(GridType), blank=True)
    households = models.PositiveIntegerField(null=True, blank=True)
    phone = models.CharField(max_length=30, blank=True)  # the supervision phone, public
    provenance = models.CharField(max_length=10, choices=choices(Provenance))

    class Meta:
        constraints = [ends_after_it_begins("grid")]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"


class Place(Dated):
    """A school, a market, a building site: what people name when they say where. Never a dwelling, never a person."""

    key = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=12, choices=choices(PlaceKind))
    name = models.CharField(max_length=80, db_index=True)
    address = models.CharField(max_length=120, blank=True)
    # One column a statutory level, as every located record has; blank below what is known.
    province = models.CharField(max_length=12, blank=True)
    city = models.CharField(max_length=12, blank=True, db_index=True)
    county = models.CharField(max_length=12, blank=True, db_index=True)
    township = models.CharField(max_length=12, blank=True, db_index=True)
    village = models.CharField(max_length=12, blank=True, db_index=True)
    grid = models.CharField(max_length=15, blank=True, db_index=True)
    longitude = models.FloatField(null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    provenance = models.CharField(max_length=10, choices=choices(Provenance))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(longitude__isnull=True, latitude__isnull=True)
                | Q(longitude__gte=73, longitude__lte=136, latitude__gte=3, latitude__lte=54),
                name="territory_place_lies_in_china",
                violation_error_message="经纬度不在中国范围内；先写经度，后写纬度。",
            ),
            ends_after_it_begins("place"),
        ]

    def __str__(self) -> str:
        return self.name


class TerritoryVersion(models.Model):
    """One row whose token changes with every write, so that each process knows when what it holds in memory is old."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    token = models.CharField(max_length=32)

    def __str__(self) -> str:
        return self.token
