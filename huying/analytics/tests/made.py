"""Made-up matters and a made-up tree, and a counting of them by hand that shares no code with the lake."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from statistics import median

from huying.analytics.definitions import load
from huying.analytics.definitions.reading import SHIPPED
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.trees import Node, Tree
from huying.kernel.actors import Level
from huying.kernel.clock import ZONE
from huying.kernel.facts import Column, FactTable, Kind
from huying.kernel.words import words

# A definition as a pack gives it, of what the made-up matters hold.
IN_TIME = {
    "code": "in_time",
    "name": {"zh": "按时办结率", "en": "closed in time"},
    "sources": [{"facts": "matters"}],
    "numerator": "closed_in_time__n",
    "denominator": "closed_in_time__d",
    "factor": 100,
    "unit": "%",
}
CITY = "331100000000"
EAST, WEST = "331102000000", "331121000000"
OLD, NEW, BRIDGE, MILL = "331102001000", "331102002000", "331102003000", "331121100000"
VILLAGES = {
    OLD: ["331102001001", "331102001002"],
    NEW: ["331102002001"],
    MILL: ["331121100201", "331121100202"],
}
MERGED = date(2026, 7, 1)
WATERMARK = datetime(2026, 11, 20, 10, tzinfo=ZONE)


def nodes() -> list[Node]:
    """A city of two counties; on 1 July 2026 the townships OLD and NEW become BRIDGE, and keep their villages under it."""
    found = [
        Node(CITY, "", Level.CITY, "丽水市"),
        Node(EAST, CITY, Level.COUNTY, "莲都区"),
        Node(WEST, CITY, Level.COUNTY, "青田县"),
        Node(OLD, EAST, Level.TOWNSHIP, "老街道", valid_to=MERGED),
        Node(NEW, EAST, Level.TOWNSHIP, "新街道", valid_to=MERGED),
        Node(BRIDGE, EAST, Level.TOWNSHIP, "桥街道", valid_from=MERGED),
        Node(MILL, WEST, Level.TOWNSHIP, "磨坊镇"),
    ]
    for township, villages in VILLAGES.items():
        for village in villages:
            if township == MILL:
                found.append(Node(village, MILL, Level.VILLAGE, village))
            else:
                found.append(Node(village, township, Level.VILLAGE, village, valid_to=MERGED))
                found.append(Node(village, BRIDGE, Level.VILLAGE, village, valid_from=MERGED))
    return found


@dataclass(frozen=True)
class Matter:
    id: int
    registered_at: datetime
    city: str = CITY
    county: str = ""
    township: str = ""
    village: str = ""
    kind: str = "help"
    channel: str = "hotline"
    lead_unit_id: int | None = 7
    limit_due_at: datetime | None = None
    received_due_at: datetime | None = None
    first_received_at: datetime | None = None
    first_replied_at: datetime | None = None
    handled_at: datetime | None = None
    closed_at: datetime | None = None
    closed_in_time: bool | None = None
    solved: str | None = None
    satisfied: str | None = None
    returned_count: int = 0
    redo_count: int = 0
    place_key: str | None = None
    is_demo: bool = False
    petition: bool = False
    unreasonable: bool = False


K = Kind
COLUMNS = tuple(
    Column(name, kind, words(name, name))
    for name, kind in (
        ("id", K.INT),
        ("registered_at", K.SECONDS),
        ("city", K.TEXT),
        ("county", K.TEXT),
        ("township", K.TEXT),
        ("village", K.TEXT),
        ("kind", K.TEXT),
        ("channel", K.TEXT),
        ("lead_unit_id", K.INT),
        ("limit_due_at", K.SECONDS),
        ("received_due_at", K.SECONDS),
        ("first_received_at", K.SECONDS),
        ("first_replied_at", K.SECONDS),
        ("handled_at", K.SECONDS),
        ("closed_at", K.SECONDS),
        ("closed_in_time", K.BOOL),
        ("solved", K.TEXT),
        ("satisfied", K.TEXT),
        ("returned_count", K.INT),
        ("redo_count", K.INT),
        ("place_key", K.TEXT),
        ("is_demo", K.BOOL),
        ("petition", K.BOOL),
        ("unreasonable", K.BOOL),
    )
)


@dataclass
class Town:
    """Matters in memory, offered as a fact table."""

    matters: dict[int, Matter] = field(default_factory=dict)

    def put(self, *matters: Matter) -> list[int]:
        self.matters.update((matter.id, matter) for matter in matters)
        return [matter.id for matter in matters]

    def rows(self, ids: Sequence[int] | None) -> Iterable[tuple]:
        chosen = self.matters.values() if ids is None else (self.matters[i] for i in ids if i in self.matters)
        for matter in chosen:
            yield tuple(getattr(matter, column.name) for column in COLUMNS)

    @property
    def table(self) -> FactTable:
        return FactTable("matters", "id", COLUMNS, self.rows, words("诉求", "matters"))

    @property
    def definitions(self):
        return load(SHIPPED.read_text(), "matters.yaml", self.table)


def a_matter(number: int, chance: random.Random) -> Matter:
    """Matter `number`, whatever `chance` makes of it."""
    at = datetime(2026, 1, 3, tzinfo=ZONE) + timedelta(seconds=chance.randrange(315 * 86_400))
    county, township, village = chance.choice(
        [
            *[(EAST if t != MILL else WEST, t, v) for t, vs in VILLAGES.items() for v in vs],
            (EAST, "", ""),
            ("", "", ""),
            (WEST, MILL, ""),
        ]
    )
    if county == EAST and township and at.date() >= MERGED:
        township = BRIDGE
    elif county == EAST and township == BRIDGE:
        township = OLD
    maybe = lambda moment, share: moment if chance.random() < share else None  # noqa: E731
    closed = maybe(at + timedelta(seconds=chance.randrange(40 * 86_400)), 0.7)
    due = maybe(at + timedelta(days=chance.choice([3, 15])), 0.9)
    petition = chance.random() < 0.1
    replied = maybe(at + timedelta(hours=chance.randrange(600)), 0.8)
    handled = replied if chance.random() < 0.9 else None
    return Matter(
        number,
        at,
        CITY,
        county,
        township,
        village,
        "petition" if petition else chance.choice(["help", "complaint", "enquiry", "report", "suggestion", "odd"]),
        chance.choice(["hotline", "web", "grid", "fax"]),
        chance.choice([None, 1, 2]),
        due,
        maybe(at + timedelta(hours=8), 0.8),
        maybe(at + timedelta(hours=chance.randrange(24)), 0.8),
        replied,
        handled or closed,
        closed,
        None if closed is None or due is None or handled is None else handled <= due,
        chance.choice([None, "yes", "partly", "no", "unreached"]),
        chance.choice([None, "yes", "fairly", "no", "refused"]),
        chance.choice([0, 0, 1]),
        chance.choice([0, 0, 2]),
        chance.choice([None, "a", "b", "c"]),
        False,
        petition,
        chance.random() < 0.1,
    )


# The same indicators by hand. A measure: (the moment that decides its day, whether a matter counts).
Hand = tuple[Callable[[Matter], datetime | None], Callable[[Matter, datetime], bool]]
BY_HAND: dict[str, Hand] = {
    "volume__n": (lambda m: m.registered_at, lambda m, now: True),
    "by_kind__help": (lambda m: m.registered_at, lambda m, now: m.kind == "help"),
    "by_channel__web": (lambda m: m.registered_at, lambda m, now: m.channel == "web"),
    "received_in_time__d": (lambda m: m.received_due_at, lambda m, now: m.received_due_at < now),
    "received_in_time__n": (
        lambda m: m.received_due_at,
        lambda m, now: (
            m.received_due_at < now and m.first_received_at is not None and m.first_received_at <= m.received_due_at
        ),
    ),
    "responded__n": (
        lambda m: m.limit_due_at,
        lambda m, now: m.limit_due_at < now and m.first_replied_at is not None and m.first_replied_at <= m.limit_due_at,
    ),
    "responded__d": (lambda m: m.limit_due_at, lambda m, now: m.limit_due_at < now),
    "solved__n": (lambda m: m.closed_at, lambda m, now: not m.unreasonable and m.solved == "yes"),
    "solved__d": (lambda m: m.closed_at, lambda m, now: not m.unreasonable and m.solved in ("yes", "partly", "no")),
    "satisfied__n": (lambda m: m.closed_at, lambda m, now: not m.unreasonable and m.satisfied in ("yes", "fairly")),
    "satisfied__d": (
        lambda m: m.closed_at,
        lambda m, now: not m.unreasonable and m.satisfied in ("yes", "fairly", "no"),
    ),
    "closed_in_time__n": (lambda m: m.closed_at, lambda m, now: m.closed_in_time is True),
    "closed_in_time__d": (lambda m: m.closed_at, lambda m, now: m.closed_in_time is not None),
    "overdue__n": (
        lambda m: m.limit_due_at,
        lambda m, now: m.limit_due_at < now and not (m.handled_at is not None and m.handled_at <= m.limit_due_at),
    ),
    "returned__n": (lambda m: m.registered_at, lambda m, now: m.lead_unit_id is not None and m.returned_count > 0),
    "returned__d": (lambda m: m.registered_at, lambda m, now: m.lead_unit_id is not None),
    "redone__n": (lambda m: m.closed_at, lambda m, now: m.redo_count > 0),
    "redone__d": (lambda m: m.closed_at, lambda m, now: True),
    "same_place_repeats__d": (lambda m: m.registered_at, lambda m, now: m.place_key is not None),
}


def places_of(matter: Matter, day: date, tree: Tree) -> list[str]:
    """The places a matter counts in: the lowest of its codes that the tree had that day, and all above it."""
    for code in (matter.village, matter.township, matter.county, matter.city):
        found: list[str] = []
        while code:
            span = next((n for n in tree.nodes if n.code == code and n.valid_from <= day < n.valid_to), None)
            if span is None:
                break
            found.append(code)
            code = span.parent
        if found:
            return found
    return []


def count_by_hand(matters: Iterable[Matter], tree: Tree, now: datetime, kinds: Sequence[PeriodKind]):
    """(node, period) → measure → count; and (node, period) → (median seconds, n) of the time to close."""
    cells: dict[tuple[str, str], dict[str, int]] = {}
    spans: dict[tuple[str, str], list[int]] = {}
    counted = [m for m in matters if not m.petition and m.kind != "petition"]
    for matter in counted:
        said = dict(BY_HAND)
        said["same_place_repeats__n"] = (
            lambda m: m.registered_at,
            lambda m, now: m.place_key is not None and _repeats(m, counted),
        )
        for name, (moment, counts) in said.items():
            at = moment(matter)
            if at is None or not counts(matter, now):
                continue
            day = at.astimezone(ZONE).date()
            for node in places_of(matter, day, tree):
                for kind in kinds:
                    cell = cells.setdefault((node, Period.holding(day, kind).key), {})
                    cell[name] = cell.get(name, 0) + 1
        if matter.closed_at is not None:
            day = matter.closed_at.astimezone(ZONE).date()
            took = int(matter.closed_at.timestamp()) - int(matter.registered_at.timestamp())
            for node in places_of(matter, day, tree):
                for kind in (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR):
                    spans.setdefault((node, Period.holding(day, kind).key), []).append(took)
    return cells, {key: (median(took), len(took)) for key, took in spans.items()}


def _repeats(matter: Matter, all_matters: Iterable[Matter]) -> bool:
    mine = (int(matter.registered_at.timestamp()), matter.id)
    return any(
        other.place_key == matter.place_key
        and (theirs := (int(other.registered_at.timestamp()), other.id)) < mine
        and mine[0] - theirs[0] <= 90 * 86_400
        for other in all_matters
    )


__all__ = ["BY_HAND", "CITY", "Matter", "Town", "a_matter", "count_by_hand", "nodes", "places_of", "replace"]
