"""A file of definitions read: natural spellings are taken, and what can't be is named with the word that is meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.core.exceptions import AppRegistryNotReady
from django.utils import translation
from pydantic import ValidationError

from huying.analytics.aggregation import Aggregation
from huying.analytics.composite.documents import line_of, read_document
from huying.analytics.indicators.checking import Found, check
from huying.analytics.indicators.schema import (
    LEVELS,
    DefinitionFile,
    IndicatorRow,
    Missing,
    Smoothing,
    Threshold,
)
from huying.kernel.errors import InvalidInput
from huying.kernel.packs import PackRow

GUIDE = "docs/howto/add-an-indicator.md"
# Keys that people write, without their underscores, and where what they mean stands.
MEANT = {
    "id": "code",
    "names": "name: {zh: …, en: …}",
    "namezh": "name: {zh: …, en: …}",
    "nameen": "name: {zh: …, en: …}",
    "measure": "numerator",
    "formula": "expression",
    "expr": "expression",
    "value": "expression",
    "periodkinds": "periods",
    "minimumn": "min_n",
    "percentile": "aggregation: {…, percentile: 90}",
    "maxage": "missing: {method: last, max_age: 3}",
    "annualized": "annualised",
    "definitions": "indicators",
}
AGGREGATION = "aggregation: {time: sum, tree: sum}"
# What rows stand under which key of a definition: for the keys that are meant.
ROWS: dict[str, type[PackRow]] = {
    "aggregation": Aggregation,
    "missing": Missing,
    "smoothing": Smoothing,
    "thresholds": Threshold,
}


def read_definitions(path: Path, measures: Iterable[str]) -> tuple[DefinitionFile, list[str]]:
    """Read and check against the measures there are; the definitions, and what is doubtful in them. Raises InvalidInput."""
    said, nodes = read_document(path)
    said = _natural(said)
    if not isinstance(said, dict):
        raise InvalidInput(
            f"{path.name} holds no definitions", cure=f"indicators: [{{code: …, numerator: …}}] ({GUIDE})"
        )
    try:
        made = DefinitionFile.model_validate(said)
    except ValidationError as error:
        faults = [
            f"line {line_of(nodes, fault['loc'])}, "
            + _fault(said, fault["loc"], fault["type"], fault["msg"], fault.get("ctx", {}))
            for fault in error.errors()
        ]
        raise InvalidInput(f"{path.name}, {'; '.join(dict.fromkeys(faults))}", cure=GUIDE) from None
    found = _checked(made, set(measures))
    for fault in found:
        if not fault.warning:
            raise InvalidInput(f"{path.name}: {fault.message}", cure=fault.cure)
    return made, [f"{path.name}: {fault.message}" for fault in found]


def _checked(made: DefinitionFile, measures: set[str]) -> list[Found]:
    # A fault's words are translated, for which Django must be set up: seconds that a file without faults needs not.
    with suppress(AppRegistryNotReady):
        if not list(check(made.indicators, measures)):
            return []
    if not apps.ready:
        django.setup()
    with translation.override("en"):
        return list(check(made.indicators, measures))


def _natural(said: Any) -> Any:
    """As the schema has it: a list of rows, one row, or rows by their code become `indicators`."""
    if isinstance(said, list):
        said = {"indicators": said}
    elif isinstance(said, dict) and "indicators" not in said and {"code", "numerator", "expression"} & set(said):
        said = {"indicators": [said]}
    if not isinstance(said, dict):
        return said
    rows = said.get("indicators")
    if isinstance(rows, dict):
        rows = [{"code": code, **row} if isinstance(row, dict) else row for code, row in rows.items()]
    if isinstance(rows, list):
        rows = [_natural_row(row) for row in rows]
    measures = said.get("measures")
    if isinstance(measures, list):
        said = {**said, "measures": [_with_words(row) if isinstance(row, dict) else row for row in measures]}
    return {**said, "indicators": rows} if "indicators" in said else said


def _natural_row(row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    row = _with_words(row)
    if isinstance(row.get("periods"), str):
        row["periods"] = [row["periods"]]
    return row


def _with_words(row: Mapping[Any, Any]) -> dict[Any, Any]:
    """`last_in_period`, `Sum` and `average-then-sum` over time are what they mean."""
    made, how = dict(row), row.get("aggregation")
    if isinstance(how, str):
        made["aggregation"] = _word(how)
    elif isinstance(how, dict):
        how = {key: _word(said) if key in ("time", "tree") else said for key, said in how.items()}
        if how.get("time") == "average-then-sum" and how.get("tree", "sum") == "sum":
            how |= {"time": "average", "tree": "sum"}
        made["aggregation"] = how
    return made


def _word(said: Any) -> Any:
    return re.sub(r"[\s_-]+", "-", said.strip().lower()) if isinstance(said, str) else said


def _fault(said: Any, at: tuple[int | str, ...], kind: str, message: str, about: Mapping[str, Any]) -> str:
    """What is wrong and where, in words; said: the whole file."""
    key = str(at[-1]) if at else ""
    where = _where(said, at[:-1] if kind in ("extra_forbidden", "missing") else at)
    match kind:
        case "extra_forbidden":
            return f"{where}there is no key {key!r}{_perhaps(key, at)}"
        case "missing":
            return f"{where}{key} is missing"
        case "value_error":
            return f"{where}{about.get('error', message)}"
        case "enum" | "literal_error":
            return f"{where}one of {about['expected']} is wanted"
        case "tuple_type":
            return f"{where}a list is wanted: [one, other], or a line with “- ” for each"
        case "string_pattern_mismatch":
            return f"{where}lower case letters, digits and _ are wanted, a letter first"
        case _:
            return f"{where}{message}"


def _where(said: Any, at: tuple[int | str, ...]) -> str:
    """`indicator 2 (cleared), aggregation.time: `."""
    parts = [str(part) for part in at]
    if len(at) > 1 and isinstance(at[1], int):
        row = said[at[0]][at[1]]
        code = row.get("code") if isinstance(row, dict) else None
        named = f"{str(at[0]).removesuffix('s')} {at[1] + 1}" + (f" ({code})" if code else "")
        parts = [named, ".".join(parts[2:])] if len(at) > 2 else [named]
        return ", ".join(parts) + ": "
    return ".".join(parts) + ": " if parts else ""


def _perhaps(key: str, at: tuple[int | str, ...]) -> str:
    plain = re.sub(r"[\W_]+", "", key).lower()
    if (len(at) == 3 and "aggregat" in plain) or plain in ("overtime", "overtree"):
        return f"; write {AGGREGATION}"
    inner = next((ROWS[part] for part in at[:-1] if isinstance(part, str) and part in ROWS), None)
    known: type[PackRow] = inner or (IndicatorRow if len(at) > 2 else DefinitionFile)
    by_plain = {name.replace("_", ""): name for name in known.model_fields}
    if inner is None and plain in MEANT:
        return f"; perhaps {MEANT[plain]}"
    near = get_close_matches(plain, by_plain, n=1, cutoff=0.6)
    return f"; perhaps {by_plain[near[0]]}" if near else f"; there are {', '.join(known.model_fields)}"


def check_against(defined: DefinitionFile, labels: Mapping[str, str], path: Path) -> None:
    """What the definitions name of the tree is there: levels, and the places of a peer group."""
    groups = {group.code for group in defined.peers}
    for row in defined.indicators:
        if row.peers and row.peers not in groups:
            raise InvalidInput(
                f"{path.name}: {row.code}: there is no group {row.peers!r}",
                cure=f"peers: [{{code: {row.peers}, places: [node, node]}}]",
            )
        some = {level for threshold in row.thresholds for level in threshold.levels if len(threshold.levels) < 6}
        some |= {row.level} if "level" in row.model_fields_set else set()
        called = set(labels.values())
        if some and not called <= set(LEVELS):
            raise InvalidInput(
                f"{path.name}: {row.code} names the level {sorted(some)[0]}, "
                f"but the tree calls its levels {', '.join(sorted(called))}",
                cure=f"call them {', '.join(LEVELS)} in the tree, or leave the level out",
            )
    for group in defined.peers:
        if lost := sorted(set(group.places) - set(labels)):
            raise InvalidInput(f"{path.name}: peers {group.code}: {lost[0]!r} is no node of the tree")
