"""Bulk acts that a list offers on ticked rows: the domain that does them registers where their preview is."""

from __future__ import annotations

from dataclasses import dataclass

from huying.kernel.actors import Actor, Role
from huying.kernel.pages.numbers import whole_number
from huying.kernel.words import Words


@dataclass(frozen=True, kw_only=True)
class BulkAct:
    """queues: the worklist queues whose rows take it. url: the URL name of the preview, posted
    `pick` = "kind:record_id" for each row."""

    name: str
    words: Words
    roles: frozenset[Role]
    queues: frozenset[str]
    url: str


_acts: dict[str, BulkAct] = {}


def register(*acts: BulkAct) -> None:
    for act in acts:
        _acts[act.name] = act


def offered(actor: Actor, queue: str) -> list[BulkAct]:
    """What `actor` may do at once with rows of `queue`."""
    return [act for act in _acts.values() if queue in act.queues and actor.has(*act.roles)]


def picked(values: list[str]) -> dict[str, list[int]]:
    """Kind → record ids of what was ticked; what is no "kind:id" is left out."""
    found: dict[str, list[int]] = {}
    for value in values:
        kind, _, number = value.partition(":")
        if kind and (record_id := whole_number(number)) is not None:
            found.setdefault(kind, []).append(record_id)
    return found
