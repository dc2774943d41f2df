"""Where figures come from that no record answers: the seam a layer above registers its departments' datasets and surveys at.

sources.register(provider)                  # AppConfig.ready() of the domain that keeps them
sources.provider("dataset").rows("fires")   # who computes values
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from huying.kernel.words import Words

Kind = Literal["dataset", "survey"]


@dataclass(frozen=True)
class Delivered:
    """What was delivered of one place and period.

    node: the division's code. day: the last day of the period. values: by measure; None where it was said to be unknown. n: the
    survey's sample size, None for a dataset. at: when this version was delivered; no two versions of a place and period are the
    same `at`, and of these only the latest is given. generated: a demo's generator filled it in, no department.
    """

    node: str
    day: date
    values: Mapping[str, float | None]
    n: int | None
    at: datetime
    generated: bool = False


@dataclass(frozen=True)
class Title(Words):
    """What a source is called. generated: a demo's generator fills it in, no department."""

    generated: bool = False


class Provider(Protocol):
    """Who keeps the deliveries of one kind of source."""

    @property
    def kind(self) -> Kind: ...

    def names(self) -> Mapping[str, frozenset[str]]:
        """The name of each source and its measures."""
        ...

    def titles(self) -> Mapping[str, Title]:
        """What each source is called."""
        ...

    def measures(self) -> Mapping[str, Mapping[str, Words]]:
        """What each source's measures are called: source → measure → words."""
        ...

    def rows(self, name: str, since: datetime | None, upto: datetime | None) -> Iterator[Delivered]:
        """Of each place and period the latest version not newer than `upto`; only those delivered after `since`, if given.

        In the order of place and day. Raises NotFound for a name it doesn't have.
        """
        ...


_providers: dict[Kind, Provider] = {}


def register(provider: Provider) -> None:
    """Once for each kind at startup; raises ValueError for a second of the same kind."""
    known = _providers.setdefault(provider.kind, provider)
    if type(known) is not type(provider):
        raise ValueError(f"source kind {provider.kind!r} is registered twice")


def provider(kind: Kind) -> Provider | None:
    """None where this place has no domain that keeps such sources."""
    return _providers.get(kind)
