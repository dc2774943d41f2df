"""While a matter is being typed: which earlier ones it may repeat, across channels, and on what grounds.

By place, time and words, never by who calls: names and numbers in the text are masked before it is compared. A hint is
shown, a person decides (design rule 10).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from huying.domains.matters.models import Matter
from huying.domains.matters.models.tokens import tokens_for
from huying.domains.matters.services.wording import body_key, place_key
from huying.domains.territory import queries as territory
from huying.kernel import clock, search
from huying.kernel.actors import Actor, Level
from huying.kernel.words import Words, words

WINDOW = timedelta(days=180)
"""A repeat is looked for among matters of the last half year."""
LEAST = 0.3
SAME_WORDS, SAME_PLACE = 1.0, 0.5
NEAR = 0.1
LATELY = timedelta(days=14)


@dataclass(frozen=True)
class Hint:
    """An earlier matter this one may repeat. score orders hints and is shown to nobody as a figure; grounds are."""

    matter_id: int
    number: str
    title: str
    place: str
    state: str
    channel: str
    registered_at: datetime
    score: float
    grounds: tuple[Words, ...]


def duplicate_hints(
    *,
    actor: Actor,
    text: str,
    division: str = "",
    item: str = "",
    place: str = "",
    known: Sequence[str] = (),
    exclude: int | None = None,
    limit: int = 5,
) -> list[Hint]:
    """Matters the actor may see that `text` may repeat, likeliest first; four queries whatever is stored.

    division: 6 to 15 digits, as deep as known. known: the reporter's name and number as typed so far, masked wherever they
    stand. exclude: the matter itself, when it is already registered. An unknown division is passed over, not refused: the
    clerk is still typing.
    """
    tokens = tokens_for(actor)
    if not tokens or len(text.strip()) < 4:
        return []
    columns = _columns(division)
    near = [
        f"d{columns[level.column]}"
        for level in (Level.TOWNSHIP, Level.VILLAGE, Level.GRID)
        if columns.get(level.column)
    ]
    likes = {
        like.record_id: like
        for like in search.similar("matter", f"{text} {place}", tokens, near=near, known=known, limit=20, least=LEAST)
    }
    same_body, same_place = body_key(text), place_key(item, columns, place)
    also = Q(pk__in=list(likes)) | Q(body_key=same_body)
    if same_place:
        also |= Q(place_key=same_place)
    now = clock.now()
    rows = (
        Matter.objects.visible_to(actor)
        .filter(also, registered_at__gte=now - WINDOW, registered_at__lte=now)
        .exclude(pk=exclude or 0)
        .order_by("-id")
        .only("number", "title", "place", "state", "channel", "registered_at", "body_key", "place_key")[:50]
    )
    hints = []
    for matter in rows:
        like = likes.get(matter.pk)
        score, grounds = (like.score, _words_shared(like)) if like else (0.0, [])
        if matter.body_key == same_body:
            score, grounds = score + SAME_WORDS, [words("内容一字不差", "the very same words")]
        if same_place and matter.place_key == same_place:
            score += SAME_PLACE
            grounds.insert(0, words("同一事项、同一地点", "same item at the same place"))
        elif like and like.near:
            score += NEAR
            grounds.append(words("地点相近", "near by"))
        if now - matter.registered_at < LATELY:
            score += 0.05
            days = (clock.local(now).date() - clock.local(matter.registered_at).date()).days
            grounds.append(words("今天登记" if not days else f"{days}天前登记", f"registered {days} day(s) ago"))
        hints.append(
            Hint(
                matter.pk,
                matter.number,
                matter.title,
                matter.place,
                matter.state,
                matter.channel,
                matter.registered_at,
                round(score, 4),
                tuple(grounds),
            )
        )
    return sorted(hints, key=lambda hint: (-hint.score, -hint.matter_id))[:limit]


def _words_shared(like: search.Likeness) -> list[Words]:
    shared = "、".join(f"“{pair}”" for pair in like.shared)
    return [words(f"都提到{shared}", f"both say {shared}")] if shared else []


def _columns(division: str) -> dict[str, str]:
    if not division:
        return {}
    from huying.kernel.errors import HuyingError

    try:
        return dict(territory.columns(division))
    except (LookupError, HuyingError):
        return {}
