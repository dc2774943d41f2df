"""Reads: the list of warnings and one warning as a chain from figure to effect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from huying.analytics import definitions
from huying.domains.tasks import queries as tasks
from huying.domains.territory.vocabulary import PLACE_KIND_WORDS, PlaceKind
from huying.domains.warnings.models import Forecastable, IndicatorWarning, LadderRow, Round, Seen
from huying.domains.warnings.vocabulary import (
    AT_PLACE,
    AT_POINT,
    KIND,
    PLACE_SERIES,
    RUNG,
    SERIES,
    SERIES_WORDS,
    Origin,
    RungStanding,
    RungState,
    State,
)
from huying.kernel import audit, clock
from huying.kernel.actors import Actor
from huying.kernel.audit import HistoryEntry
from huying.kernel.errors import NotFound
from huying.kernel.pages import Keyset, Page
from huying.kernel.words import Words, words

if TYPE_CHECKING:
    from huying.domains.tasks.models import Task

NEWEST_FIRST = Keyset(("-id",))
GROUPS = ("colour", "early", "closed")


@dataclass(frozen=True)
class Link:
    """One period of a warning: the figure, the task given for it (None where none was, or the actor may not see it), and what
    the figure was in the period after: the effect."""

    seen: Seen
    task: Task | None
    effect: Seen | None


@dataclass(frozen=True)
class Chain:
    warning: IndicatorWarning
    links: tuple[Link, ...]
    tasks: tuple[Task, ...]

    @property
    def latest(self) -> Link:
        return self.links[-1]


def place_words(code: str, name: str = "") -> Words:
    """What a number of matters at registered places is called. name: of a single place."""
    family, _dot, part = code.partition(".")
    if family == AT_POINT:
        return words(f"{name or part}事项件数", f"matters at {name or part}")
    if not part:
        return words("登记场所事项件数", "matters at registered places")
    kind = PLACE_KIND_WORDS[PlaceKind(part)]
    return words(f"{kind.zh}类场所事项件数", f"matters at places of the kind {kind.en}")


def indicator_words(code: str) -> Words:
    """What an indicator or a number of matters is called."""
    if code.partition(".")[0] in PLACE_SERIES:
        return place_words(code)
    if code in SERIES_WORDS:
        return SERIES_WORDS[code]
    rules = definitions.shipped()
    name, _dot, part = code.partition(".")
    known = rules.indicator(name)
    if known is None:
        return words(code, code)
    said = next((w for value, w in (known.split.values if known.split else ()) if value == part), None)
    if said is None:
        return known.name
    return words(f"{said.zh}件数", f"matters: {said.en}")


def warning_words(row: IndicatorWarning) -> Words:
    """What the indicator of a warning was called when it was opened."""
    if row.name_zh:
        return words(row.name_zh, row.name_en)
    if row.origin == Origin.COLOUR and (known := definitions.shipped().indicator(row.indicator)):
        return known.name
    return indicator_words(row.indicator)


def warnings(actor: Actor, *, group: str = "colour", after: str = "", limit: int = 50) -> Page[IndicatorWarning]:
    """A page of warnings in the actor's division, newest first. group: those by colour, early signals, or closed ones."""
    rows = IndicatorWarning.objects.visible_to(actor)
    if group == "closed":
        rows = rows.filter(state=State.CLOSED)
    else:
        origin = Origin.EARLY if group == "early" else Origin.COLOUR
        rows = rows.filter(state=State.OPEN, origin=origin)
    return NEWEST_FIRST.page(rows, after=after, limit=limit)


def open_counts(actor: Actor) -> dict[str, int]:
    """Open warnings in the actor's division by origin."""
    rows = IndicatorWarning.objects.visible_to(actor).filter(state=State.OPEN).values_list("origin", flat=True)
    listed = list(rows[:2000])
    return {origin.value: listed.count(origin.value) for origin in Origin}


def warning(actor: Actor, warning_id: int) -> IndicatorWarning:
    """Raises NotFound outside the actor's scope."""
    row = IndicatorWarning.objects.visible_to(actor).select_related("again_of").filter(pk=warning_id).first()
    if row is None:
        raise NotFound(_("没有这条预警，或不在您的职责范围内。"))
    return row


def chains(actor: Actor, rows: Sequence[IndicatorWarning]) -> list[Chain]:
    """Each warning with its periods and tasks; two queries however many."""
    ids = [row.pk for row in rows]
    given = tasks.tasks_of_many(actor, KIND, ids)
    seen: dict[int, list[Seen]] = {}
    for one in Seen.objects.filter(warning_id__in=ids).order_by("ends", "id"):
        seen.setdefault(one.warning_id, []).append(one)
    made = []
    for row in rows:
        own, known = seen[row.pk], {task.pk: task for task in given.get(row.pk, ())}
        links = tuple(
            Link(one, known.get(one.task_id or 0), later) for one, later in zip(own, [*own[1:], None], strict=True)
        )
        made.append(Chain(row, links, tuple(known.values())))
    return made


def story(actor: Actor, warning_id: int) -> list[HistoryEntry]:
    return audit.history(KIND, warning(actor, warning_id).pk)


def last_rounds() -> list[Round]:
    """The latest period looked at of each kind."""
    newest: dict[str, Round] = {}
    for row in Round.objects.order_by("starts"):
        newest[row.period] = row
    return list(newest.values())


@dataclass(frozen=True)
class Record:
    """What a method was worth over many numbers: its forecasts, those within the interval, judged signals and hits."""

    told: int
    inside: int
    judged: int
    hits: int


@dataclass(frozen=True)
class AtPlaces:
    """What was tried at registered places. carried: a first page of those whose history carries a forecast, places before
    kinds; points, groups: how many single places and how many kinds in a division were looked at; record: over all carried."""

    carried: list[Forecastable]
    carried_n: int
    points: int
    groups: int
    record: Record


def forecasts(actor: Actor) -> list[Forecastable]:
    """How the method of early signals did on each number of matters in the actor's division."""
    rows = Forecastable.objects.visible_to(actor).exclude(_AT_PLACES)
    return list(rows.order_by("division", "indicator"))


def place_forecasts(actor: Actor, most: int = 100) -> AtPlaces:
    """The same of registered places in the actor's division; two queries."""
    rows = Forecastable.objects.visible_to(actor).filter(_AT_PLACES)
    said = rows.aggregate(
        points=Count("pk", filter=Q(indicator__startswith=f"{AT_POINT}.")),
        every=Count("pk"),
        carried=Count("pk", filter=Q(carried=True)),
        **{name: Sum(name) for name in ("windows", "inside", "judged", "hits")},
    )
    record = Record(*(said[name] or 0 for name in ("windows", "inside", "judged", "hits")))
    carried = list(rows.filter(carried=True).order_by("-indicator", "division")[:most])
    return AtPlaces(carried, said["carried"], said["points"], said["every"] - said["points"], record)


_AT_PLACES = Q(indicator__startswith=f"{AT_PLACE}.") | Q(indicator=AT_PLACE) | Q(indicator__startswith=f"{AT_POINT}.")


def ladder() -> list[LadderRow]:
    """The rungs published, now or from a day to come, and those that have ended."""
    rows = LadderRow.objects.filter(state=RungState.PUBLISHED)
    return list(rows.order_by("division", "origin", "period", "in_a_row", "valid_from"))


_RANK = {RungStanding.DRAFT: 0, RungStanding.COMING: 1, RungStanding.IN_FORCE: 1}


def rungs_of(division: str) -> list[LadderRow]:
    """Every version of the place's own rungs, drafts first, then those in force or to come, then what has ended."""
    today = clock.today()
    rows = LadderRow.objects.filter(division=division).order_by("origin", "period", "colour", "in_a_row", "-valid_from")

    return sorted(rows, key=lambda row: _RANK.get(row.standing(today), 2))


def rungs_story(rows: Sequence[LadderRow]) -> list[tuple[LadderRow, HistoryEntry]]:
    """Who drafted, published and ended which, the latest first; one query."""
    told = audit.histories(RUNG, [row.pk for row in rows])
    lines = [(row, entry) for row in rows for entry in told.get(row.pk, ())]
    return sorted(lines, key=lambda line: (line[1].at, line[1].seq), reverse=True)


def visible_ids(actor: Actor, ids: Iterable[int]) -> set[int]:
    return set(IndicatorWarning.objects.visible_to(actor).filter(pk__in=list(ids)).values_list("pk", flat=True))


def titles(ids: Iterable[int]) -> dict[int, str]:
    rows = IndicatorWarning.objects.everything("titles of records the caller has checked").filter(pk__in=list(ids))
    return {row.pk: f"{row.number} {row.place} {warning_words(row)}" for row in rows}


__all__ = [
    "GROUPS",
    "SERIES",
    "AtPlaces",
    "Chain",
    "Link",
    "Record",
    "chains",
    "forecasts",
    "indicator_words",
    "ladder",
    "last_rounds",
    "open_counts",
    "place_forecasts",
    "place_words",
    "rungs_of",
    "rungs_story",
    "story",
    "titles",
    "visible_ids",
    "warning",
    "warning_words",
    "warnings",
]
