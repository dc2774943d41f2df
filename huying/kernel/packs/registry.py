"""The sections a pack may hold, registered by the domains; discovered from each app's `sections` module on first use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal

from django.utils.module_loading import autodiscover_modules
from pydantic import TypeAdapter, ValidationError

from huying.kernel.actors import Actor
from huying.kernel.packs.entries import Entry, Fault, PackRow
from huying.kernel.packs.pack import Pack

Format = Literal["yaml", "csv", "geojsonl"]
Check = Callable[[list[Entry[Any]], Pack], Iterable[Fault]]
Install = Callable[[list[Any], Actor], Mapping[str, int]]
Export = Callable[[Actor], Iterable[PackRow]]


@dataclass(frozen=True)
class Section:
    """name: the file or folder of the pack that holds it (`grids.csv`, or `grids/*.csv`).
    schema: the model of one row; its fields are the CSV columns. key: the fields that identify a row within the pack.
    check(entries, pack) → faults: what one row alone cannot show. install(rows, actor) → what happened, how often
    (`{"created": 3, "changed": 1, "kept": 120}`); it must be idempotent and runs in the pack's one transaction.
    export(actor) → the installed rows, such that installing them again changes nothing.
    after: sections that must be installed before. format: what export writes. part(row): the file within the section's
    folder that export puts a row in, for sections too large for one file. required: a pack without it is faulty.
    """

    name: str
    schema: type[PackRow]
    key: tuple[str, ...]
    install: Install
    export: Export
    check: Check | None = None
    after: tuple[str, ...] = ()
    format: Format = "yaml"
    part: Callable[[Any], str] | None = None
    required: bool = False

    def identity(self, row: PackRow) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in self.key)


_sections: dict[str, Section] = {}
_discovered = False


def section(
    name: str,
    *,
    schema: type[PackRow],
    key: tuple[str, ...],
    install: Install,
    export: Export,
    check: Check | None = None,
    after: tuple[str, ...] = (),
    format: Format = "yaml",
    part: Callable[[Any], str] | None = None,
    required: bool = False,
) -> Section:
    """Register a section; ValueError when it stands already or could not be written and read back."""
    if name in _sections and _sections[name].schema is not schema:
        raise ValueError(f"pack section {name!r} is registered twice")
    if unknown := set(key) - set(schema.model_fields):
        raise ValueError(f"pack section {name!r}: no such key fields: {sorted(unknown)}")
    if format == "csv":
        for field_name, info in schema.model_fields.items():
            # An empty cell means "the default"; a default that is not empty would swallow a written empty text.
            if isinstance(info.default, str) and info.default != "" and _takes_empty(info.annotation):
                raise ValueError(f"pack section {name!r}: CSV column {field_name!r} has a default that is not empty")
    made = Section(name, schema, key, install, export, check, after, format, part, required)
    _sections[name] = made
    return made


def _takes_empty(annotation: Any) -> bool:
    try:
        TypeAdapter(annotation).validate_python("")
    except ValidationError:
        return False
    return True


def sections() -> dict[str, Section]:
    global _discovered
    if not _discovered:
        _discovered = True
        autodiscover_modules("sections")
    return _sections


def ordered_sections() -> list[Section]:
    """Every section, each after those it needs; by name where the order is free."""
    known = sections()
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name in sorted(known):
        missing = [need for need in known[name].after if need not in known]
        if missing:
            raise ValueError(f"pack section {name!r} comes after {missing}, which no domain registers")
        sorter.add(name, *known[name].after)
    try:
        return [known[name] for name in sorter.static_order()]
    except CycleError as error:
        raise ValueError(f"pack sections wait for each other: {error.args[1]}") from error
