"""The directory: units, posts and portfolio in memory, a few thousand rows, read whole and dropped when their mark changes.

Every process looks at the mark (one row) at most once in `CHECK_EVERY` seconds; a change made in this process counts at once.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.db import connection

from huying.domains.organizations.models import DirectoryMark, Portfolio, Post, PostRole, Unit
from huying.domains.organizations.vocabulary import Provenance, UnitKind
from huying.kernel import clock
from huying.kernel.actors import Level, Role

CHECK_EVERY = 1.0


def in_force(valid_from: date, valid_to: date | None, on: date) -> bool:
    return valid_from <= on and (valid_to is None or on < valid_to)


@dataclass(frozen=True, slots=True)
class UnitView:
    id: int
    code: str
    name: str
    short_name: str
    kind: UnitKind
    level: Level
    division: str
    department: str
    parent_id: int | None
    phone: str
    provenance: Provenance
    source: str
    valid_from: date
    valid_to: date | None

    def in_force(self, on: date) -> bool:
        return in_force(self.valid_from, self.valid_to, on)


@dataclass(frozen=True, slots=True)
class PostView:
    id: int
    unit_id: int
    key: str
    name: str
    grid: str
    phone: str
    valid_from: date
    valid_to: date | None
    roles: frozenset[Role]

    def in_force(self, on: date) -> bool:
        return in_force(self.valid_from, self.valid_to, on)


@dataclass(frozen=True, slots=True)
class PortfolioView:
    id: int
    item: str
    division: str
    leader_id: int
    unit_id: int
    provenance: Provenance
    source: str
    valid_from: date
    valid_to: date | None

    def in_force(self, on: date) -> bool:
        return in_force(self.valid_from, self.valid_to, on)


class Directory:
    """One reading of the tables, indexed every way callers ask."""

    def __init__(
        self, token: str, units: Iterable[UnitView], posts: Iterable[PostView], portfolio: Iterable[PortfolioView]
    ) -> None:
        self.token = token
        self.units: dict[int, UnitView] = {}
        self.by_code: dict[str, UnitView] = {}
        self.children: dict[int | None, list[UnitView]] = defaultdict(list)
        self.by_place: dict[tuple[str, str], list[UnitView]] = defaultdict(list)
        self.territorial: dict[str, list[UnitView]] = defaultdict(list)
        self.posts: dict[int, PostView] = {}
        self.of_unit: dict[int, list[PostView]] = defaultdict(list)
        self.of_grid: dict[str, list[PostView]] = defaultdict(list)
        self.of_role: dict[Role, list[PostView]] = defaultdict(list)
        self.portfolio: dict[str, list[PortfolioView]] = defaultdict(list)
        for unit in units:
            self.units[unit.id] = unit
            self.by_code[unit.code] = unit
            self.children[unit.parent_id].append(unit)
            self.by_place[unit.division, unit.department].append(unit)
            if unit.kind is UnitKind.TERRITORIAL:
                self.territorial[unit.division].append(unit)
        for post in posts:
            self.posts[post.id] = post
            self.of_unit[post.unit_id].append(post)
            if post.grid:
                self.of_grid[post.grid].append(post)
            for role in post.roles:
                self.of_role[role].append(post)
        for row in portfolio:
            self.portfolio[row.division].append(row)

    def ancestors(self, unit_id: int) -> Iterator[UnitView]:
        """The units above, nearest first; ends at a root, and on a circle that the services refuse to make."""
        seen = {unit_id}
        parent = self.units[unit_id].parent_id if unit_id in self.units else None
        while parent is not None and parent not in seen and parent in self.units:
            seen.add(parent)
            yield self.units[parent]
            parent = self.units[parent].parent_id

    def subtree(self, unit_id: int) -> list[UnitView]:
        """The unit and all below it."""
        found, stack, seen = [], [unit_id], set[int]()
        while stack:
            at = stack.pop()
            if at in seen or at not in self.units:
                continue
            seen.add(at)
            found.append(self.units[at])
            stack.extend(child.id for child in self.children.get(at, ()))
        return found


class _Uncommitted(threading.local):
    """A thread's own reading while it has changes not committed: never shared, dropped when its savepoint is gone."""

    changing = False
    reading: Directory | None = None
    savepoints: tuple[str, ...] = ()


_held: Directory | None = None
_checked = 0.0
_lock = threading.Lock()
_own = _Uncommitted()


def _token() -> str:
    return DirectoryMark.objects.values_list("token", flat=True).first() or ""


def _read(token: str) -> Directory:
    roles: dict[int, set[Role]] = defaultdict(set)
    for post_id, role in PostRole.objects.values_list("post_id", "role"):
        roles[post_id].add(Role(role))
    units = [
        UnitView(
            row.pk,
            row.code,
            row.name,
            row.short_name,
            UnitKind(row.kind),
            Level(row.level),
            row.division,
            row.department,
            row.parent_id,
            row.phone,
            Provenance(row.provenance),
            row.source,
            row.valid_from,
            row.valid_to,
        )
        for row in Unit.objects.order_by("code")
    ]
    none: frozenset[Role] = frozenset()
    posts = [
        PostView(*row, frozenset(roles[row[0]]) if row[0] in roles else none)
        for row in Post.objects.order_by("unit_id", "id").values_list(
            "id", "unit_id", "key", "name", "grid", "phone", "valid_from", "valid_to"
        )
    ]
    portfolio = [
        PortfolioView(*row[:5], Provenance(row[5]), *row[6:])
        for row in Portfolio.objects.order_by("id").values_list(
            "id", "item", "division", "leader_id", "unit_id", "provenance", "source", "valid_from", "valid_to"
        )
    ]
    return Directory(token, units, posts, portfolio)


def directory() -> Directory:
    """The directory as it is now, from memory unless it changed."""
    if _own.changing:
        if connection.in_atomic_block:
            return _uncommitted()
        forget()
    held = _held
    if held is not None and time.monotonic() - _checked < CHECK_EVERY:
        return held
    return _shared()


def _shared() -> Directory:
    global _held, _checked
    with _lock:
        if _held is not None and time.monotonic() - _checked < CHECK_EVERY:
            return _held
        token = _token()
        if _held is None or _held.token != token:
            _held = _read(token)
        _checked = time.monotonic()
        return _held


def _uncommitted() -> Directory:
    here = tuple(connection.savepoint_ids)
    if _own.reading is None or here[: len(_own.savepoints)] != _own.savepoints:
        _own.reading, _own.savepoints = _read(""), here
    return _own.reading


def changing() -> None:
    """This thread's transaction changes the directory: it reads its own version until that transaction ends."""
    _own.changing, _own.reading = True, None


def forget() -> None:
    """Read afresh at the next question: after a commit, and between tests."""
    global _held
    _held = None
    _own.changing, _own.reading = False, None


# What other domains ask.


def unit(unit_id: int) -> UnitView | None:
    return directory().units.get(unit_id)


def units(unit_ids: Iterable[int]) -> dict[int, UnitView]:
    known = directory().units
    return {unit_id: known[unit_id] for unit_id in unit_ids if unit_id in known}


def unit_by_code(code: str) -> UnitView | None:
    return directory().by_code.get(code)


def units_by_codes(codes: Iterable[str]) -> dict[str, UnitView]:
    known = directory().by_code
    return {code: known[code] for code in codes if code in known}


def unit_names(unit_ids: Iterable[int]) -> dict[int, str]:
    return {unit_id: view.name for unit_id, view in units(unit_ids).items()}


def all_units(on: date | None = None) -> list[UnitView]:
    """Every unit in force that day, by code."""
    day = on or clock.today()
    return [view for view in directory().units.values() if view.in_force(day)]


def units_below(unit_id: int) -> list[UnitView]:
    """The unit and every unit under it."""
    return directory().subtree(unit_id)


def units_above(unit_id: int) -> list[UnitView]:
    """The units over it, nearest first."""
    return list(directory().ancestors(unit_id))


def post(post_id: int) -> PostView | None:
    return directory().posts.get(post_id)


def posts(post_ids: Iterable[int]) -> dict[int, PostView]:
    known = directory().posts
    return {post_id: known[post_id] for post_id in post_ids if post_id in known}


def posts_of_unit(unit_id: int, on: date | None = None) -> list[PostView]:
    day = on or clock.today()
    return [view for view in directory().of_unit.get(unit_id, ()) if view.in_force(day)]


def posts_like(text: str, *, limit: int, on: date | None = None) -> list[tuple[int, str]]:
    """(id, "unit's name post's name") of posts in force whose names hold every word of `text`; shortest first. In memory."""
    day, known, wanted = on or clock.today(), directory(), text.split()
    if not wanted:
        return []
    named = (
        (post.id, f"{known.units[post.unit_id].name} {post.name}")
        for post in known.posts.values()
        if post.in_force(day)
    )
    found = [row for row in named if all(part in row[1] for part in wanted)]
    return sorted(found, key=lambda row: (len(row[1]), row))[:limit]


def posts_with_role(
    role: Role, *, unit: int | None = None, division: str = "", on: date | None = None
) -> list[PostView]:
    """Posts in force with the role: of one unit, or of the units of exactly that division, or all."""
    day = on or clock.today()
    known = directory()
    if unit is not None:
        return [view for view in known.of_unit.get(unit, ()) if role in view.roles and view.in_force(day)]
    found = (view for view in known.of_role.get(role, ()) if view.in_force(day))
    if division:
        return [view for view in found if known.units[view.unit_id].division == division]
    return list(found)


def worker_of_grid(code: str, on: date | None = None) -> PostView | None:
    """The grid worker's post of a grid (15 digits); who holds it is public, as its phone is."""
    day = on or clock.today()
    return next((view for view in directory().of_grid.get(code, ()) if view.in_force(day)), None)


def workers_of_grids(codes: Iterable[str], on: date | None = None) -> dict[str, PostView]:
    found = {code: worker_of_grid(code, on) for code in codes}
    return {code: view for code, view in found.items() if view is not None}
