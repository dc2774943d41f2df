"""Which post answers for a place: that of the portfolio (分类归口), else of its government. Never a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from huying.domains.organizations import queries as organizations
from huying.kernel.actors import Role


@dataclass(frozen=True)
class Answering:
    """place: whose body it is. unit, and its post where one is named; told: the posts that get the letters."""

    place: str
    unit_id: int
    post_id: int | None
    told: tuple[int, ...]


def answering(place: str, item: str, on: date) -> Answering | None:
    """Who answers for the place itself; None where it has neither a portfolio nor a body of its own."""
    named = organizations.responsible(item, place, on)
    rows = organizations.portfolio_of(named[1].id, on) if named else []
    if named and any(row.division == place and row.leader_id == named[0].id for row in rows):
        return Answering(place, named[0].unit_id, named[0].id, (named[0].id,))
    unit = organizations.unit_at(place, "government", on) or organizations.unit_at(place, "centre", on)
    if unit is None:
        return None
    posts = organizations.posts_of_unit(unit.id, on)
    for role in (Role.UNIT_HEAD, Role.LEADER, Role.SUPERVISOR):
        first = next((post for post in posts if role in post.roles), None)
        if first is not None:
            return Answering(place, unit.id, first.id, (first.id,))
    return Answering(place, unit.id, None, ())


def up(path: list[str], item: str, on: date) -> list[Answering]:
    """Who answers for the place (the first of `path`) and each above it that has a body, lowest first."""
    return [found for place in path if (found := answering(place, item, on)) is not None]


class Lines:
    """The same of many places, each asked for once."""

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[tuple[str, ...], str], date], list[Answering]] = {}

    def up(self, of: tuple[tuple[str, ...], str], on: date) -> list[Answering]:
        """of: the path (lowest first) and the item."""
        if (of, on) not in self._known:
            path, item = of
            self._known[of, on] = up(list(path), item, on)
        return self._known[of, on]
