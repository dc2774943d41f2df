"""What a laid-out report consists of: headings, sentences, tables and charts. The formats print these and add nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from huying.analytics.definitions import Grade
from huying.domains.bulletins.drawing import Mark
from huying.domains.bulletins.measures import Measure


@dataclass(frozen=True)
class Cell:
    """value, measure: what a spreadsheet may reckon with; grade: its colour, which `text` names by shape and word too."""

    text: str
    value: float | None = None
    measure: Measure | None = None
    grade: Grade | None = None
    signed: bool = False


@dataclass(frozen=True)
class Heading:
    text: str
    key: str


@dataclass(frozen=True)
class Text:
    text: str
    small: bool = False
    # Who said it: a comment's post, at the right under the words.
    signed: str = ""


@dataclass(frozen=True)
class Table:
    """widths: shares of the text's width, one a column."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[float, ...]


@dataclass(frozen=True)
class Chart:
    title: str
    note: str
    marks: tuple[Mark, ...] = field(repr=False)


Block = Heading | Text | Table | Chart


@dataclass(frozen=True)
class Paper:
    """redhead: "" for none. mark: "draft" in words, or the edition. signature: place and day under the text."""

    title: str
    redhead: str
    mark: str
    lead: str
    source: str
    blocks: tuple[Block, ...]
    signature: tuple[str, ...]
    language: str
