"""What a run must do again: which files of facts differ from the last run's, and from which period on figures may."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from huying.analytics.aggregation import Over
from huying.analytics.indicators.expressions import Call, Expression, parse
from huying.analytics.indicators.schema import DefinitionFile, IndicatorRow
from huying.analytics.lake.delivered import Stored
from huying.analytics.periods import Period, year_start

RECORD = "last.json"
FAR = frozenset({"previous", "last_year"})


@dataclass(frozen=True)
class Last:
    """What a run leaves for the next. said: all besides facts that figures depend on. inner: reporting places with others below.

    seen: of each file of facts its first day, and the name of its base measures.
    """

    said: str
    first: str
    seen: dict[str, list[str]]
    inner: list[str]
    unplaced: int
    rows: dict[str, int]

    @classmethod
    def read(cls, folder: Path) -> Last | None:
        try:
            return cls(**json.loads((folder / RECORD).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, folder: Path) -> None:
        (folder / RECORD).write_text(json.dumps(self.__dict__), encoding="utf-8")


def said(tree_digest: str, labels: dict[str, str], defined: DefinitionFile, kind: str, columns: Sequence[str]) -> str:
    about: tuple[Any, ...] = (tree_digest, "\n".join(labels.values()), defined.model_dump_json(), kind, columns)
    return hashlib.sha256(repr(about).encode()).hexdigest()


def near(rows: Sequence[IndicatorRow], defined: DefinitionFile) -> bool:
    """Whether no figure depends on a period other than its own, the one before, the same a year before, and those of its year."""
    hows = [*(row.aggregation for row in rows), *(measure.aggregation for measure in defined.measures)]
    carried = any(how.time is Over.AS_OF_LAST for how in hows) or any(row.missing.method != "none" for row in rows)
    based = any(row.goalposts is not None and row.goalposts.base_year for row in rows)
    formulas = [text for row in rows for text in (row.expression, row.numerator, row.denominator) if text]
    return not carried and not based and not any(_looks_back(parse(text)) for text in formulas)


def _looks_back(made: Expression) -> bool:
    return isinstance(made, Call) and (made.function in FAR or any(_looks_back(part) for part in made.arguments))


def seen(facts: Stored, bases: Sequence[Path]) -> dict[str, list[str]]:
    return {
        file.name: [facts.span(i)[0].isoformat(), base.name]
        for i, (file, base) in enumerate(zip(facts.files, bases, strict=True))
    }


def changed_since(last: Last, facts: Stored, bases: Sequence[Path]) -> date | None:
    """The first day of any file that differs from the last run's, as it is or as it was; None where none does.

    A base that is there isn't enough: the run that made it may have ended before its figures were written.
    """
    now = seen(facts, bases)
    lost = {file.name for file, base in zip(facts.files, bases, strict=True) if not base.exists()}
    differ = {name for name in now.keys() | last.seen.keys() if now.get(name) != last.seen.get(name)} | lost
    days = [held[name][0] for held in (now, last.seen) for name in differ if name in held]
    return date.fromisoformat(min(days)) if days else None


def needed(periods: Sequence[Period], tail: int) -> int:
    """From which period on values must be known, so that the figures from period `tail` on can be made."""
    wanted = {periods[tail].start, year_start(periods[tail])}
    if tail:
        wanted.add(periods[tail - 1].start)
    for period in periods[tail:]:
        if before := period.year_before:
            wanted.add(before.start)
    return next(i for i, period in enumerate(periods) if period.end > min(wanted))
