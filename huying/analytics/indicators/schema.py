"""What a definition says. One row of a pack's `indicators.yaml`, or of the file given to `huying analytics rollup`."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from huying.analytics.aggregation import IN_TIME_ONLY, Aggregation
from huying.analytics.indicators.expressions import names, parse
from huying.analytics.periods import PeriodKind
from huying.analytics.vocabulary import CODE
from huying.kernel.actors import Level
from huying.kernel.packs import Names, PackRow

LevelName = Literal["province", "city", "county", "township", "village", "grid"]
LEVELS: tuple[LevelName, ...] = get_args(LevelName)
assert tuple(level.column for level in Level) == LEVELS


class Ends(PackRow):
    worst: float
    best: float


class Goalposts(PackRow):
    """What scores 0 and what scores 100: fixed, or the least and greatest of a base year.

    levels: other ends for places of these levels, as what is counted (not a rate) grows with the place.
    """

    worst: float | None = None
    best: float | None = None
    base_year: int | None = Field(default=None, ge=1949, le=2100)
    levels: dict[LevelName, Ends] = {}

    @model_validator(mode="after")
    def one_way(self) -> Self:
        fixed = self.worst is not None and self.best is not None
        if fixed == (self.base_year is not None):
            raise ValueError("goalposts are either worst and best, or a base_year")
        if self.levels and not fixed:
            raise ValueError("goalposts by level go with worst and best, not with a base_year")
        if fixed:
            ways = {(ends.best > ends.worst) - (ends.best < ends.worst) for ends in map(self.ends, ("", *self.levels))}
            if 0 in ways:
                raise ValueError("worst and best are the same")
            if len(ways) > 1:
                raise ValueError("goalposts by level point the other way than worst and best")
        return self

    def ends(self, level: str = "") -> Ends:
        """Those of places of that level; "" for what holds where a level has none of its own. Only of fixed ones."""
        assert self.worst is not None
        assert self.best is not None
        own = next((ends for name, ends in self.levels.items() if name == level), None)
        return own or Ends(worst=self.worst, best=self.best)

    def at_default(self, value: float, level: str) -> float:
        """Where between the default ends a value stands that stands there between its level's: a place of any level scores by
        one scale."""
        own, plain = self.ends(level), self.ends()
        if own == plain:
            return value
        return plain.worst + (value - own.worst) * (plain.best - plain.worst) / (own.best - own.worst)


class Threshold(PackRow):
    """From the day `valid_from`: green from `green` on (up to it, where lower is better), then yellow, orange, else red.

    Without `orange` there are three colours. levels: all, or those named.
    """

    valid_from: date
    levels: tuple[LevelName, ...] = LEVELS
    green: float
    yellow: float
    orange: float | None = None
    reference: str = Field(min_length=1)


class Missing(PackRow):
    """What stands for a value that wasn't delivered: nothing, or the last one that was, at most `max_age` periods old.

    What was carried on is marked as such; it is compared with nothing earlier.
    """

    method: Literal["none", "last"] = "none"
    max_age: int = Field(default=1, ge=1, le=36)


class Smoothing(PackRow):
    """A rate of a small place is drawn toward that of its peers by as much as `prior` further cases would."""

    prior: float = Field(gt=0)
    toward: Literal["parent", "level", "peers"] = "parent"


class Source(PackRow):
    """What the measures come from: the facts of a domain, a department's dataset, or a survey, by its name."""

    facts: str = ""
    dataset: str = ""
    survey: str = ""

    @model_validator(mode="after")
    def exactly_one(self) -> Self:
        if sum(bool(part) for part in (self.facts, self.dataset, self.survey)) != 1:
            raise ValueError("a source is one of facts, dataset, survey")
        return self


class IndicatorRow(PackRow):
    """numerator and denominator, or expression: in the language of huying.analytics.indicators.expressions.

    min_n: on a smaller denominator (a survey: a smaller sample) the value is neither ranked nor coloured. level: the lowest level
    it has values of. integrity: the code of the indicator that checks whether what this one counts is reported at all; an outcome
    (deaths, larger accidents) has one.
    """

    code: str = Field(pattern=CODE)
    name: Names
    category: str = ""
    meaning: Names | None = None
    owner: str = ""
    sources: tuple[Source, ...] = ()
    numerator: str = ""
    denominator: str = ""
    expression: str = ""
    unit: str = ""
    factor: float = Field(default=1, gt=0)
    direction: Literal["higher", "lower", "none"] = "none"
    periods: tuple[PeriodKind, ...] = (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)
    level: LevelName = "grid"
    aggregation: Aggregation = Aggregation()
    annualised: bool = False
    target: float | None = None
    goalposts: Goalposts | None = None
    thresholds: tuple[Threshold, ...] = ()
    min_n: int = Field(default=0, ge=0)
    smoothing: Smoothing | None = None
    missing: Missing = Missing()
    peers: str = ""
    constants: dict[str, float] = {}
    reference: str = ""
    integrity: str = Field(default="", pattern=CODE + "|^$")

    @field_validator("aggregation", mode="before")
    @classmethod
    def short(cls, said: object) -> object:
        """One word says both: `max`; `average-then-sum`; `last` and its like over time, then summed over places."""
        if not isinstance(said, str):
            return said
        if said == "average-then-sum":
            return {"time": "average", "tree": "sum"}
        return {"time": said, "tree": "sum" if said in IN_TIME_ONLY else said}

    @model_validator(mode="after")
    def one_formula(self) -> Self:
        if bool(self.expression) == bool(self.numerator):
            raise ValueError("write a numerator (with a denominator where it is a rate), or an expression")
        if self.denominator and not self.numerator:
            raise ValueError("a denominator needs a numerator")
        if self.smoothing and not self.denominator:
            raise ValueError("smoothing needs a denominator: how many cases the value rests on")
        if self.smoothing and self.smoothing.toward == "peers" and not self.peers:
            raise ValueError("smoothing toward peers needs a group in `peers`")
        return self

    def threshold(self, level: str, on: date) -> Threshold | None:
        """The one in force on that day for that level: the latest start, and the one that names fewer levels first.

        A level that isn't one of the six is held by what is said for all.
        """
        rows = [
            row
            for row in self.thresholds
            if row.valid_from <= on and (level in row.levels or set(row.levels) == set(LEVELS))
        ]
        return max(rows, key=lambda row: (row.valid_from, -len(row.levels)), default=None)

    @property
    def measures(self) -> tuple[str, ...]:
        """The names its formulas use that aren't its own constants, in order."""
        return tuple(sorted({name for named in self.measures_by_formula for name in named}))

    @property
    def measures_by_formula(self) -> list[tuple[str, ...]]:
        """The same of each of its formulas that uses any."""
        said = [text for text in (self.numerator, self.denominator, self.expression) if text]
        used = ({name.name for name in names(parse(text))} - set(self.constants) for text in said)
        return [tuple(sorted(named)) for named in used if named]


class MeasureRow(PackRow):
    """A measure whose aggregation differs from that of the indicators that use it."""

    name: str = Field(pattern=CODE)
    aggregation: Aggregation


class PeerRow(PackRow):
    """A group of comparable places, by the codes of their divisions: whom an indicator with `peers: CODE` ranks among."""

    code: str = Field(min_length=1, max_length=60)
    name: Names | None = None
    places: tuple[str, ...] = Field(min_length=2)


class DefinitionFile(PackRow):
    """A file of definitions for plain files, where a name is one text, in one language, or left out: then it is the code."""

    indicators: tuple[IndicatorRow, ...]
    measures: tuple[MeasureRow, ...] = ()
    peers: tuple[PeerRow, ...] = ()

    @field_validator("indicators", mode="before")
    @classmethod
    def named(cls, said: object) -> object:
        return [_named(row) for row in said] if isinstance(said, list) else said

    @field_validator("indicators")
    @classmethod
    def some(cls, rows: tuple[IndicatorRow, ...]) -> tuple[IndicatorRow, ...]:
        if not rows:
            raise ValueError("no indicator is defined")
        return rows


def _named(row: object) -> object:
    if not isinstance(row, dict):
        return row
    name = row.get("name", row.get("code", "?"))
    if isinstance(name, dict):
        known = [text for text in (name.get("zh"), name.get("en")) if isinstance(text, str)]
        return {**row, "name": {"zh": known[0], "en": known[-1], **name}} if known else row
    return {**row, "name": {"zh": name, "en": name}} if isinstance(name, str) else row
