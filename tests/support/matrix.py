"""The reviewed answers of every address: tests/access_matrix.csv."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from tests.support.access import WHO

FILE = Path(__file__).resolve().parents[1] / "access_matrix.csv"
Key = tuple[str, str, str]


def committed() -> dict[Key, dict[str, int]]:
    """The reviewed matrix: (url, method, scope) → who → status."""
    with FILE.open(encoding="utf-8", newline="") as source:
        return {
            (row["url"], row["method"], row["scope"]): {who: int(row.get(who) or 0) for who in WHO}
            for row in csv.DictReader(source)
        }


def write(rows: Mapping[Key, Mapping[str, int]]) -> None:
    with FILE.open("w", encoding="utf-8", newline="") as target:
        out = csv.writer(target, lineterminator="\n")
        out.writerow(("url", "method", "scope", *WHO))
        out.writerows([*key, *(rows[key][who] for who in WHO)] for key in sorted(rows))
