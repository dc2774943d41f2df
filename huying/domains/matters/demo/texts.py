"""What the invented people say: topics from texts.yaml, put together so that few read alike."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from huying.domains.matters.vocabulary import Kind
from huying.domains.territory.queries import short_name

HERE = Path(__file__).resolve().parent
_SLOT = re.compile(r"\{([a-z]+)\}")


class Topic(BaseModel):
    model_config = ConfigDict(extra="forbid")
    key: str
    item: list[str]
    about: list[str]
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

    @model_validator(mode="after")
    def each_title_is_about_something(self) -> Topic:
        if len(self.about) != len(self.titles):
            raise ValueError(
                f"{self.key}: {len(self.titles)} titles, {len(self.about)} of them with what they are about"
            )
        return self


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
    """One invented report: `place` as the caller names it, below the township `where`; `about` a name of the catalogue's."""

    about: str
    kinds: dict[Kind, float]
    title: str
    content: str
    place: str
    reply: str


def tell(rng: random.Random, topic: Topic, where: str, village: str) -> Told:
    """A title, a text and a reply that belong together, and the kinds of matter that say so.

    where: the township's name; village: the village's or community's.
    """
    book = texts()
    at = rng.randrange(len(topic.titles))
    spot = rng.choice(book.spots[topic.spot])
    if topic.spot == "village":
        spot = f"{short_name(village)}{spot}"
    filled = {name: rng.choice(among) for name, among in book.spots.items()} | {
        "spot": spot,
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
    reply = fill(topic.replies[min(at, len(topic.replies) - 1)])
    return Told(topic.about[at], _kinds(topic, title), title, f"{where}{content}", place, reply)


def _kinds(topic: Topic, title: str) -> dict[Kind, float]:
    """Who begins with 咨询 asks, with 建议 suggests; the others do neither, where the topic leaves them anything else."""
    opening = {"咨询": Kind.ENQUIRY, "建议": Kind.SUGGESTION}
    if (kind := opening.get(title[:2])) is not None:
        return {kind: 1.0}
    return {kind: share for kind, share in topic.kinds.items() if kind not in opening.values()} or topic.kinds
