"""Write a dated text to posts and reporters, through the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from huying.domains.notices.texts import render
from huying.domains.notices.vocabulary import EMAIL, IN_APP, RELAY, SMS, party_ref, post_ref
from huying.kernel.errors import InvalidInput
from huying.kernel.outbox import Message, enqueue


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A text for some recipients. posts: in the bell, and by `also` (email, sms). party: the vault's id of a sealed
    reporter, reached by relay. dedupe_key: one letter for one occasion, however often the occasion is told."""

    topic: str
    values: Mapping[str, Any] = field(default_factory=dict)
    posts: tuple[int, ...] = ()
    also: tuple[str, ...] = ()
    party: int | None = None
    language: str = "zh"
    kind: str = ""
    record_id: int | None = None
    dedupe_key: str = ""


def send_letters(letters: Iterable[Letter]) -> int:
    """Enqueue letters in the caller's transaction; returns how many messages were handed to the outbox.

    Raises RuleMissing or InvalidInput (see texts.render) before anything is written.
    """
    messages: list[Message] = []
    for letter in letters:
        unknown = set(letter.also) - {EMAIL, SMS}
        if unknown:
            raise InvalidInput(
                f"letter {letter.topic}: also= takes {EMAIL} and {SMS}, not {', '.join(sorted(unknown))}"
            )
        subject, body = render(letter.topic, letter.language, **letter.values)
        routes = [(driver, post_ref(post)) for post in dict.fromkeys(letter.posts) for driver in (IN_APP, *letter.also)]
        if letter.party is not None:
            routes.append((RELAY, party_ref(letter.party)))
        messages += [
            Message(
                topic=letter.topic,
                driver=driver,
                recipient=recipient,
                subject=subject,
                body=body,
                kind=letter.kind,
                record_id=letter.record_id,
                dedupe_key=f"{letter.dedupe_key}|{driver}|{recipient}" if letter.dedupe_key else "",
            )
            for driver, recipient in routes
        ]
    return enqueue(messages)
