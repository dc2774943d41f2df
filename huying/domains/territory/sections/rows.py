"""The lines of the territory's sections, as a pack writes them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from huying.domains.territory.vocabulary import (
    BEGINNING,
    URBAN_RURAL_WORDS,
    DivisionKind,
    GridKind,
    GridType,
    PlaceKind,
    SuccessionKind,
    level_of,
    parent_by_digits,
)
from huying.kernel import packs
from huying.kernel.actors import Level

CODE = r"^[1-9][0-9]{11}$"
CODE_OR_GRID = r"^[1-9][0-9]{11}([0-9]{3})?$"
LEVELS = {level.column: level for level in Level}


class DatedRow(packs.ProvenancedRow):
    valid_from: date = BEGINNING
    valid_to: date | None = None

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> DatedRow:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError(_("截止日期必须晚于起始日期。"))
        return self


class DivisionRow(DatedRow):
    """level and parent may be left out where the code's digits tell them."""

    code: str = Field(pattern=CODE)
    name: str = Field(min_length=1, max_length=60)
    level: Literal["province", "city", "county", "township", "village"]
    parent: str = Field(pattern=r"^([1-9][0-9]{11})?$")
    kind: DivisionKind = DivisionKind.ADMINISTRATIVE
    exclave: bool = False
    urban_rural: str = ""

    @model_validator(mode="before")
    @classmethod
    def told_by_the_code(cls, values: Any) -> Any:
        if isinstance(values, dict) and len(code := str(values.get("code", ""))) == 12:
            level = values.get("level") or level_of(code).column
            if level in LEVELS:
                parent = values.get("parent") or parent_by_digits(code, LEVELS[level])
                return {**values, "level": level, "parent": parent}
        return values

    @model_validator(mode="after")
    def known_class(self) -> DivisionRow:
        if self.urban_rural and self.urban_rural not in URBAN_RURAL_WORDS:
            raise ValueError(_("城乡分类代码应为 %(codes)s 之一。") % {"codes": "、".join(URBAN_RURAL_WORDS)})
        return self


class SuccessionRow(packs.PackRow):
    """Of divisions, or of grids."""

    code: str = Field(pattern=CODE_OR_GRID)
    successor: str = Field(default="", pattern=r"^([1-9][0-9]{11}([0-9]{3})?)?$")
    kind: SuccessionKind
    on: date
    basis: str = ""


class BoundaryRow(DatedRow):
    code: str = Field(pattern=CODE_OR_GRID)
    schematic: bool = False
    geometry: str

    @model_validator(mode="after")
    def is_a_polygon(self) -> BoundaryRow:
        try:
            kind = json.loads(self.geometry)["type"]
        except (ValueError, KeyError, TypeError):
            raise ValueError(_("geometry 应为 GeoJSON。")) from None
        if kind not in {"Polygon", "MultiPolygon"}:
            raise ValueError(_("边界应为 Polygon 或 MultiPolygon。"))
        return self


class GridRow(DatedRow):
    code: str = Field(pattern=r"^[1-9][0-9]{14}$")
    name: str = Field(min_length=1, max_length=60)
    kind: GridKind
    type: GridType | Literal[""] = ""
    households: int | None = Field(default=None, ge=0, le=20000)
    phone: str = ""


class PlaceRow(DatedRow):
    key: str = Field(pattern=r"^[a-z0-9-]{3,40}$")
    kind: PlaceKind
    name: str = Field(min_length=1, max_length=80)
    address: str = ""
    division: str = Field(pattern=CODE_OR_GRID)
    longitude: float | None = Field(default=None, ge=73, le=136)
    latitude: float | None = Field(default=None, ge=3, le=54)
