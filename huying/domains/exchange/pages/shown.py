"""How standings, figures and datasets are shown on every page of this domain."""

from __future__ import annotations

from typing import Any

from huying.domains.exchange.models import Delivery, Report
from huying.domains.exchange.schema import DatasetRow, Measure
from huying.domains.exchange.vocabulary import FEED_WORDS, STANDING_WORDS, Feed, Standing, Type, Way
from huying.kernel.actors import Actor, Level
from huying.kernel.words import Words, words

TONES: dict[Standing, str] = {
    Standing.EARLIER: "grey",
    Standing.WAITING: "blue",
    Standing.LATE: "red",
    Standing.MISSED: "red",
    Standing.DELIVERED: "green",
    Standing.DELIVERED_LATE: "green",
    Standing.LOCKED: "grey",
    Standing.REOPENED: "accent",
}
# Below county a count this small could point at somebody (docs: fairness rules); the unit that counted it sees its own.
SMALL = 10
SMALL_WORDS = words("＜10", "<10")
UNKNOWN = "—"


def chip(standing: Standing) -> dict[str, Any]:
    return {"words": STANDING_WORDS[standing], "tone": TONES[standing], "key": standing.value}


def figure(value: float | None) -> str:
    """As short as it reads: thousands marked, at most four decimals, "—" for unknown."""
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4f}".rstrip("0").rstrip(".")


def seen_value(actor: Actor, report: Report, measure: Measure | None, value: float | None) -> Words | str:
    """A small count of a place below county is hidden from all but the unit that delivered it."""
    small = value is not None and 0 < value < SMALL and report.level > Level.COUNTY
    if small and actor.unit_id != report.unit_id and (measure is None or measure.type is Type.COUNT):
        return SMALL_WORDS
    return figure(value)


def feed(row: DatasetRow, delivery: Delivery | None = None) -> Words | None:
    """The mark of what no department delivered."""
    made = delivery is not None and delivery.way == Way.GENERATED
    return FEED_WORDS[Feed.GENERATED] if made or (delivery is None and row.feed is Feed.GENERATED) else None


def name_of(row: DatasetRow) -> Words:
    return words(row.name.zh, row.name.en)


def measure_words(measure: Measure) -> Words:
    return words(measure.name.zh, measure.name.en)
