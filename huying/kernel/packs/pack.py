"""One pack: manifest, entries by section, and every fault found in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from huying.kernel.packs.entries import Entry, Fault, Manifest


@dataclass
class Pack:
    """`faults` is complete after `check`; `entries(section)` holds the rows that are valid in themselves."""

    folder: Path
    manifest: Manifest | None = None
    faults: list[Fault] = field(default_factory=list)
    by_section: dict[str, list[Entry[Any]]] = field(default_factory=dict)

    def entries(self, section: str) -> list[Entry[Any]]:
        return self.by_section.get(section, [])

    def rows(self, section: str) -> list[Any]:
        return [entry.value for entry in self.entries(section)]

    @property
    def counts(self) -> dict[str, int]:
        return {name: len(rows) for name, rows in self.by_section.items() if rows}

    @property
    def errors(self) -> list[Fault]:
        return [fault for fault in self.faults if not fault.warning]

    @property
    def warnings(self) -> list[Fault]:
        return [fault for fault in self.faults if fault.warning]

    def files(self, inside: str = "") -> list[Path]:
        """Every file of the pack, or of one folder of it, in order of path; hidden ones left out."""
        folder = self.folder / inside
        return sorted(
            path
            for path in folder.rglob("*")
            if path.is_file() and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
        )

    def name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def digest(self) -> str:
        """SHA-256 over every file's path and bytes, in order of path."""
        total = hashlib.sha256()
        for path in self.files():
            content = path.read_bytes()
            total.update(f"{self.name(path)}\0{len(content)}\0".encode())
            total.update(content)
        return total.hexdigest()
