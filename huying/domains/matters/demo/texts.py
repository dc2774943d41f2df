"""What the invented people say: topics from texts.yaml, put together so that few read alike."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from huying.domains.matters.vocabulary import Kind

HERE = Path(__file__).resolve().parent
_SLOT = re.compile(r"\{([a-z]+)\}")


class Topic(BaseModel):
    model_config = ConfigDict(extra="forbid")
    key: str
    item: list[str]
    department: str
    weight: float
    kinds: dict[Kind, float]
    months: list[float] = Field(default=[1.0] * 12, min_length=12, max_length=12)
    spot: str
    limit: str = ""
    urgent: float = 0.0
    solved: float = Field(ge=0, le=1)
    titles: list[str]
    texts: list[str]
    replies: list[str]


class Texts(BaseModel):
    model_config = ConfigDict(extra="forbid")
    hours: list[str]
    spans: list[str]
    asks: list[str]
    effects: list[str]
    tried: list[str]
    spots: dict[str, list[str]]
    topics: list[Topic]


@cache
def texts() -> Texts:
    return Texts.model_validate(yaml.safe_load((HERE / "texts.yaml").read_text("utf-8")))


@dataclass(frozen=True)
class Told:
    """One invented report: `place` as the caller names it, below the township `where`."""

    title: str
    content: str
    place: str
    reply: str


def tell(rng: random.Random, topic: Topic, where: str, village: str) -> Told:
    """A title, a text and a reply that belong together. where: the township's name; village: the village's or community's."""
    book = texts()
    at = rng.randrange(len(topic.titles))
    spot = rng.choice(book.spots[topic.spot])
    if topic.spot == "village":
        spot = f"{village}{spot}"
    filled = {
        "spot": spot,
        "road": rng.choice(book.spots["road"]),
        "shop": rng.choice(book.spots["shop"]),
        "any": rng.choice(book.spots["any"]),
        "hour": rng.choice(book.hours),
        "span": rng.choice(book.spans),
        "n": str(rng.randrange(1, 29)),
        "ask": rng.choice(book.asks),
        "effect": rng.choice(book.effects),
        "tried": rng.choice(book.tried),
    }

    def fill(line: str) -> str:
        return _SLOT.sub(lambda slot: filled[slot[1]], line)

    title, content = fill(topic.titles[at]), fill(topic.texts[min(at, len(topic.texts) - 1)])
    house = f"{filled['n']}号" if topic.spot == "road" else f"{filled['n']}幢" if topic.spot == "estate" else ""
    street = filled["road"] if topic.spot in {"shop", "any"} and filled["road"] in content else ""
    place = f"{where}{street}{spot if topic.spot != 'shop' else ''}{house}"
    return Told(title, f"{where}{content}", place, fill(topic.replies[min(at, len(topic.replies) - 1)]))
