"""The standard index once more, with lists and loops alone: an oracle that shares no line with what it checks."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from statistics import mean

Column = dict[tuple[str, str], float | None]  # (unit, time) → figure


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def skewness(x: list[float]) -> float:
    n, m = len(x), mean(x)
    g = (sum((v - m) ** 3 for v in x) / n) / (sum((v - m) ** 2 for v in x) / n) ** 1.5
    return g * math.sqrt(n * (n - 1)) / (n - 2)


def kurtosis(x: list[float]) -> float:
    n, m = len(x), mean(x)
    g = (sum((v - m) ** 4 for v in x) / n) / (sum((v - m) ** 2 for v in x) / n) ** 2 - 3
    return ((n + 1) * g + 6) * (n - 1) / ((n - 2) * (n - 3))


def beyond(x: list[float]) -> bool:
    return abs(skewness(x)) >= 2 and kurtosis(x) >= 3.5


def drawn_in(x: list[float]) -> list[float]:
    x, touched = list(x), set[int]()
    while beyond(x) and len(touched) < 5:
        far = max(x) if skewness(x) >= 0 else min(x)
        rest = [v for v in x if v != far]
        touched |= {k for k, v in enumerate(x) if v == far}
        x = [(max(rest) if skewness(x) >= 0 else min(rest)) if v == far else v for v in x]
    return x


def scores(data: Path, meta: Path) -> dict[str, Column]:
    """Every indicator's and aggregate's score, by the standard settings."""
    rows, nodes = rows_of(data), rows_of(meta)
    keys = [(row["uCode"], row["Time"]) for row in rows]
    group = {key: row["Terrain"] for key, row in zip(keys, rows, strict=True)}
    made: dict[str, Column] = {}
    for node in nodes:
        if node["Type"] != "Indicator":
            continue
        column: Column = {
            key: float(row[node["iCode"]]) if row[node["iCode"]] else None for key, row in zip(keys, rows, strict=True)
        }
        if node["Denominator"]:
            for key, row in zip(keys, rows, strict=True):
                figure = column[key]
                column[key] = figure and figure / float(row[node["Denominator"]]) * float(node["ScaleFactor"])
        for time in {time for _, time in keys}:
            there = [key for key in keys if key[1] == time]
            known = {key: column[key] for key in there}
            for key in there:
                if known[key] is None:
                    column[key] = mean(v for k, v in known.items() if v is not None and group[k] == group[key])
            now = drawn_in([column[key] or 0.0 for key in there])
            column |= dict(zip(there, now, strict=True))
        turned = {key: (v or 0.0) * float(node["Direction"]) for key, v in column.items()}
        low, high = min(turned.values()), max(turned.values())
        made[node["iCode"]] = {key: (v - low) / (high - low) * 100 for key, v in turned.items()}
    for level in ("2", "3"):
        for above in (node for node in nodes if node["Level"] == level):
            below = [node for node in nodes if node["Parent"] == above["iCode"]]
            total = sum(float(node["Weight"]) for node in below)
            made[above["iCode"]] = {
                key: sum((made[node["iCode"]][key] or 0.0) * float(node["Weight"]) for node in below) / total
                for key in keys
            }
    return made
