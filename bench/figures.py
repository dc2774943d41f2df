"""What is measured, printed as a table and kept as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Sizes:
    """How much is done. `--quick` makes everything small: it then shows that a part runs, not how fast Huying is."""

    databases: tuple[str, ...] = ("sqlite", "postgresql")
    matters: int = 1_000_000
    template: int = 5_000
    clients: int = 6
    seconds: float = 10
    # Long enough for the jobs that are due at the start, the report's refresh among them.
    warm_seconds: float = 20
    repeats: int = 3
    reads: int = 60
    rows: int = 100_000
    tickets: int = 100_000
    storm: tuple[str, ...] = ("city", "county", "township", "village")

    @classmethod
    def quick(cls, databases: tuple[str, ...]) -> Sizes:
        return cls(databases, 1_500, 300, 2, 2, 0.5, 1, 5, 1_000, 300, ("city", "county"))


@dataclass(frozen=True)
class Figure:
    """`at_least`, `at_most`: what the issue asks for."""

    part: str
    database: str
    what: str
    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def kept(self) -> bool | None:
        if self.at_least is None and self.at_most is None:
            return None
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    def line(self) -> str:
        asked = (
            f"≥ {self.at_least:g}"
            if self.at_least is not None
            else f"≤ {self.at_most:g}"
            if self.at_most is not None
            else ""
        )
        mark = {True: "ok", False: "SHORT", None: ""}[self.kept]
        return f"{self.part:<11} {self.database:<11} {self.what:<58} {self.value:>12,.2f} {asked:>9} {mark}"


@dataclass
class Figures:
    """Collects; prints each figure as it comes."""

    part: str = ""
    found: list[Figure] = field(default_factory=list)

    def add(
        self, database: str, what: str, value: float, *, at_least: float | None = None, at_most: float | None = None
    ) -> None:
        figure = Figure(self.part, database, what, value, at_least, at_most)
        self.found.append(figure)
        print(figure.line(), flush=True)

    def save(self, path: Path, quick: bool) -> None:
        path.write_text(
            json.dumps(
                {
                    "at": datetime.now(UTC).isoformat(timespec="seconds"),
                    "machine": machine(),
                    "quick": quick,
                    "figures": [{**asdict(one), "kept": one.kept} for one in self.found],
                },
                ensure_ascii=False,
                indent=1,
            )
        )


def load_average() -> float:
    """How many processes wanted a core within the last minute; above the number of cores a figure says little."""
    return os.getloadavg()[0]


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that `part` per cent of `values` don't exceed; 0 without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part / 100))] if ordered else 0.0


def machine() -> dict[str, object]:
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": os.getloadavg(),
    }
