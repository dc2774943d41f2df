"""What a pack is made of: its manifest, its rows with the place they were read from, and the faults found in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field


class Provenance(StrEnum):
    """Where a row comes from: `document`, a public document the manifest names; `demo`, invented to show the product."""

    DOCUMENT = "document"
    DEMO = "demo"


class PackRow(BaseModel):
    """Base of every section's schema: one row, closed to unknown columns, unchangeable once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ProvenancedRow(PackRow):
    """A row that must say whether it follows a public document or was invented for the demo."""

    provenance: Provenance


R = TypeVar("R", bound=PackRow)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a pack: where (file within the pack, line from 1, 0 when the whole file), what, and the cure.

    A `warning` is said but does not stop the pack from being installed.
    """

    file: str
    line: int
    section: str
    message: str
    cure: str = ""
    warning: bool = False

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return " — ".join(part for part in (f"{where}: {self.message}", self.cure) if part)


@dataclass(frozen=True, slots=True)
class Entry(Generic[R]):
    """A valid row and where it stands in the pack."""

    value: R
    section: str
    file: str
    line: int

    def fault(self, message: str, cure: str = "", *, warning: bool = False) -> Fault:
        return Fault(self.file, self.line, self.section, message, cure, warning)


class Names(PackRow):
    """A name in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class PublicDocument(PackRow):
    """A public document the pack follows, and what was taken from it."""

    title: str = Field(min_length=1)
    issuer: str = ""
    date: str = ""
    used_for: str = Field(min_length=1)


class Manifest(PackRow):
    """`pack.yaml`: what place this is and where its data comes from."""

    code: str = Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")
    name: Names
    level: Literal["province", "city", "county", "township"]
    root: str = Field(pattern=r"^[0-9]{12}$")
    follows: tuple[PublicDocument, ...] = Field(min_length=1)
    note: str = Field(min_length=1)
    version: str = Field(pattern=r"^[0-9]+(\.[0-9]+){1,2}$")
    released: date
    languages: tuple[Literal["zh", "en"], ...] = ("zh",)
