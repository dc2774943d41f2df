"""From YAML to definitions; every fault is said with the indicator and the key it is in."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from huying.analytics.conditions import Condition
from huying.analytics.definitions import local
from huying.analytics.definitions.model import (
    Count,
    Definitions,
    Direction,
    Indicator,
    Median,
    Split,
    Threshold,
    Unit,
)
from huying.kernel import facts
from huying.kernel.actors import Level
from huying.kernel.errors import InvalidInput, NotFound, Refused
from huying.kernel.facts import FactTable, Kind
from huying.kernel.words import Words

SHIPPED = Path(__file__).parent / "matters.yaml"
T = TypeVar("T")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WordsRow(Strict):
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def words(self) -> Words:
        return Words(self.zh, self.en)


class CountRow(Strict):
    day: str
    where: list[str] = []
    unless: list[str] = []


class MedianRow(Strict):
    day: str
    start: str = Field(alias="from")
    end: str = Field(alias="to")
    where: list[str] = []


class SplitRow(Strict):
    column: str
    values: dict[str, WordsRow]


class ThresholdRow(Strict):
    start: date = Field(alias="from")
    levels: list[str] = [level.column for level in Level]
    green: float
    yellow: float
    orange: float | None = None
    reference: str = Field(min_length=1)


class IndicatorRow(Strict):
    code: str = Field(pattern=r"^[a-z][a-z0-9_]*[a-z0-9]$")
    name: WordsRow
    meaning: WordsRow
    unit: Unit
    direction: Direction
    numerator: CountRow | None = None
    denominator: CountRow | None = None
    median: MedianRow | None = None
    split: SplitRow | None = None
    thresholds: list[ThresholdRow] = []
    min_n: int = Field(10, ge=1)
    ranked: bool = True


class FileRows(Strict):
    table: str
    indicators: list[IndicatorRow]


# Definitions that stand in for the shipped ones in this context: those a published figure was computed by.
in_force: ContextVar[Definitions | None] = ContextVar("in_force", default=None)


def shipped() -> Definitions:
    """The indicators on matters that come with Huying, with the place's own thresholds.

    Raises NotFound while no domain offers the fact table `matters`.
    """
    return in_force.get() or local.joined(_shipped())


def without_own(code: str) -> Indicator:
    """The indicator as it is shipped, without the place's own thresholds. Raises NotFound for a code that isn't one."""
    found = _shipped().indicator(code)
    if found is None:
        raise NotFound(f"no indicator {code} comes with Huying")
    return found


def text() -> str:
    """What is in force as YAML, to be kept beside figures that were computed by it: `load` reads it back."""
    shipped_text = SHIPPED.read_text(encoding="utf-8")
    own = local.held()
    if not own:
        return shipped_text
    said = yaml.safe_load(shipped_text)
    for row in said["indicators"]:
        row["thresholds"] = [*row.get("thresholds", []), *own.get(row["code"], [])]
    whole: str = yaml.safe_dump(said, allow_unicode=True, sort_keys=False)
    return whole


@cache
def _shipped() -> Definitions:
    return load(SHIPPED.read_text(encoding="utf-8"), str(SHIPPED.name))


def load(text: str, source: str, table: FactTable | None = None) -> Definitions:
    """Definitions from YAML `text`; `source` names it in errors. Raises InvalidInput, and Refused for what is never counted."""
    try:
        rows = FileRows.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InvalidInput(f"{source} is not YAML: {error}") from None
    except ValidationError as error:
        raise InvalidInput(
            f"{source} has {error.error_count()} faults",
            fields={".".join(map(str, fault["loc"])): fault["msg"] for fault in error.errors()},
            cure="docs/howto/add-an-indicator.md",
        ) from None
    table = table or facts.table(rows.table)
    codes = [row.code for row in rows.indicators]
    if doubled := {code for code in codes if codes.count(code) > 1}:
        raise InvalidInput(f"{source}: an indicator stands twice: {', '.join(sorted(doubled))}")
    return Definitions(table, tuple(_indicator(row, table, source) for row in rows.indicators))


def _indicator(row: IndicatorRow, table: FactTable, source: str) -> Indicator:
    where = f"{source}: {row.code}"

    def part(read: Callable[[], T]) -> T:
        try:
            return read()
        except InvalidInput as error:
            raise InvalidInput(f"{where}: {error.message}", cure=error.cure) from None

    made = Indicator(
        code=row.code,
        name=row.name.words(),
        meaning=row.meaning.words(),
        unit=row.unit,
        direction=row.direction,
        numerator=part(lambda: _count(row.numerator, table)),
        denominator=part(lambda: _count(row.denominator, table)),
        median=part(lambda: _median(row.median, table)),
        split=_split(row.split),
        thresholds=tuple(_threshold(threshold) for threshold in row.thresholds),
        min_n=row.min_n,
        ranked=row.ranked,
    )
    _check(made, table, where)
    return made


def _count(row: CountRow | None, table: FactTable) -> Count | None:
    if row is None:
        return None
    _day(row.day, table)
    return Count(
        row.day,
        tuple(Condition.parse(text, table) for text in row.where),
        tuple(Condition.parse(text, table) for text in row.unless),
    )


def _median(row: MedianRow | None, table: FactTable) -> Median | None:
    if row is None:
        return None
    _day(row.day, table)
    for name in (row.start, row.end):
        column = table.column(name)
        if column is None or column.kind is not Kind.SECONDS:
            raise InvalidInput(f"a median runs between two moments; {name} isn't one")
    return Median(row.day, row.start, row.end, tuple(Condition.parse(text, table) for text in row.where))


def _day(name: str, table: FactTable) -> None:
    column = table.column(name)
    if column is None or column.kind not in (Kind.DATE, Kind.SECONDS):
        raise InvalidInput(f"day: {name} is no date or moment of {table.name}")


def _split(row: SplitRow | None) -> Split | None:
    if row is None:
        return None
    return Split(row.column, tuple((value, words.words()) for value, words in row.values.items()))


def _threshold(row: ThresholdRow) -> Threshold:
    known = {level.column: level for level in Level}
    if unknown := [name for name in row.levels if name not in known]:
        raise InvalidInput(f"no level {', '.join(unknown)}", cure=f"levels: {', '.join(known)}")
    levels = frozenset(known[name] for name in row.levels)
    return Threshold(row.start, levels, row.green, row.yellow, row.reference, row.orange)


def _check(made: Indicator, table: FactTable, where: str) -> None:
    counts = [count for count in (made.numerator, made.denominator) if count]
    said = {c.column for count in counts for c in count.conditions}
    said |= {str(part) for count in counts for c in count.conditions for part in _parts(c.value)}
    if made.split:
        if (column := table.column(made.split.column)) is None or column.kind is not Kind.TEXT:
            raise InvalidInput(f"{where}: split takes a text column of {table.name}")
        said |= {value for value, _ in made.split.values}
    # 信访工作条例 Art 41 asks for yearly counts in a report of its own; no indicator is built on petitions or who sends them.
    if "petition" in said:
        raise Refused(f"{where}: petitions are never counted by an indicator")
    shape = {
        Unit.COUNT: (made.numerator and not made.denominator and not made.median, "a numerator alone"),
        Unit.SHARE: (made.numerator and made.denominator and not made.median, "a numerator and a denominator"),
        Unit.DAYS: (made.median and not made.numerator and not made.denominator, "a median alone"),
    }[made.unit]
    if not shape[0]:
        raise InvalidInput(f"{where}: unit {made.unit} takes {shape[1]}")
    if made.unit is Unit.SHARE and made.numerator and made.denominator:
        missing = set(made.denominator.where) - set(made.numerator.where)
        narrower = made.numerator.day == made.denominator.day and all(_implied(c, made.numerator) for c in missing)
        if not narrower:
            raise InvalidInput(f"{where}: the numerator counts records that the denominator doesn't")
    # A volume with a direction would reward few complaints, and breed silence (domain rule on fairness of the index).
    if made.unit is Unit.COUNT and (made.direction is not Direction.NONE or made.thresholds):
        raise Refused(f"{where}: a count of what people report is neither coloured nor ranked", cure="direction: none")
    for row in made.thresholds:
        sign = -1 if made.direction is Direction.LOWER else 1
        steps = [sign * step for step in (row.green, row.yellow, row.orange) if step is not None]
        if made.direction is Direction.NONE or steps != sorted(steps, reverse=True):
            raise InvalidInput(
                f"{where}: threshold from {row.start}: each colour must be better than the next, and a direction set"
            )


def _parts(value: object) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _implied(condition: Condition, numerator: Count) -> bool:
    """Whether the numerator's own conditions can only hold where `condition` does."""
    for own in numerator.where:
        if own.column != condition.column:
            continue
        if condition.op == "is not" and own.op not in ("is not",) and own.value is not None:
            return True
        if condition.op == "in" and own.op in ("=", "in") and set(_parts(own.value)) <= set(_parts(condition.value)):
            return True
    return False
