"""The rulebook in memory: a few thousand rows, read whole and dropped when its mark changes.

Each process looks at the mark (one row) at most once in CHECK_EVERY seconds; a change made in this process counts at once.
What nobody has published here is answered from the content shipped with the program.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import connection

from huying.domains.rulebook import content
from huying.domains.rulebook.models import (
    AdmissionEntry,
    CalendarDay,
    CalendarYear,
    CatalogueItem,
    CatalogueRoute,
    CatalogueVersion,
    DutyEntry,
    LimitRule,
    ParameterValue,
    RulebookMark,
)
from huying.domains.rulebook.vocabulary import Duty, State
from huying.kernel.deadlines import Calendar, Day, Rule
from huying.kernel.words import Words, words

CHECK_EVERY = 1.0


def in_force(valid_from: date | None, valid_to: date | None, on: date) -> bool:
    return (valid_from is None or valid_from <= on) and (valid_to is None or on < valid_to)


@dataclass(frozen=True, slots=True)
class Item:
    code: str
    words: Words
    leaf: bool = True

    @property
    def level(self) -> int:
        return len(self.code) // 2


@dataclass(frozen=True, slots=True)
class Route:
    item: str
    division: str
    lead: str
    supporters: tuple[str, ...]
    rule_key: str
    questions: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One catalogue version whole. routes: (item, division) → route."""

    id: int
    title: str
    division: str
    valid_from: date
    valid_to: date | None
    provenance: str
    items: dict[str, Item]
    routes: dict[tuple[str, str], Route]


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the admission list or of a township's duty list."""

    id: int
    code: str
    words: Words
    division: str
    items: frozenset[str]
    department: str
    duty: Duty | None
    urgent: bool
    consent: str
    basis: str
    valid_from: date
    valid_to: date | None


@dataclass(slots=True)
class Book:
    mark: int
    calendar: Calendar
    limits: dict[tuple[str, str], list[Rule]]
    parameters: dict[tuple[str, str], list[tuple[date, date | None, Any]]]
    catalogues: list[Catalogue]
    admissions: list[Listed]
    duties: list[Listed]


_lock = threading.Lock()
_kept: dict[str, tuple[float, Book]] = {}


def forget() -> None:
    """Drop what is kept: the next read sees the database. Called by every write of this process."""
    with _lock:
        _kept.clear()


def mark() -> int:
    return RulebookMark.objects.values_list("number", flat=True).first() or 0


def book() -> Book:
    """The rulebook as published, at most CHECK_EVERY seconds old for changes made by other processes."""
    name = str(connection.settings_dict["NAME"])
    moment = time.monotonic()
    with _lock:
        kept = _kept.get(name)
    if kept is not None and moment - kept[0] < CHECK_EVERY:
        return kept[1]
    current = mark()
    if kept is not None and kept[1].mark == current:
        with _lock:
            _kept[name] = (moment, kept[1])
        return kept[1]
    read = _read(current)
    with _lock:
        _kept[name] = (moment, read)
    return read


def _read(current: int) -> Book:
    return Book(
        mark=current,
        calendar=_calendar(current),
        limits=_limits(),
        parameters=_parameters(),
        catalogues=catalogues(state=State.PUBLISHED),
        admissions=[_listed(row) for row in AdmissionEntry.objects.filter(state=State.PUBLISHED).order_by("code")],
        duties=[_listed(row) for row in DutyEntry.objects.filter(state=State.PUBLISHED).order_by("code")],
    )


def _calendar(current: int) -> Calendar:
    published = CalendarYear.objects.filter(state=State.PUBLISHED).order_by("year", "revision")
    years = dict(published.values_list("year", "pk"))
    if not years:
        return content.calendar()
    days = [day for day in content.calendar_days() if day.day.year not in years]
    rows = CalendarDay.objects.filter(year_id__in=list(years.values())).values_list("day", "working", "zh", "en")
    days += [Day(day, working, words(zh, en)) for day, working, zh, en in rows]
    return Calendar(days, {*content.SEEDED_YEARS, *years}, version=str(current))


def _limits() -> dict[tuple[str, str], list[Rule]]:
    found: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    for row in LimitRule.objects.filter(state=State.PUBLISHED).order_by("key", "division", "valid_from"):
        found[(row.key, row.division)].append(rule_of(row))
    return dict(found)


def rule_of(row: LimitRule) -> Rule:
    """The stored version as a rule."""
    rule = Rule.from_json({"key": row.key, **row.body})
    return replace(rule, valid_from=row.valid_from, valid_to=row.valid_to, division=row.division)


def _parameters() -> dict[tuple[str, str], list[tuple[date, date | None, Any]]]:
    found: dict[tuple[str, str], list[tuple[date, date | None, Any]]] = defaultdict(list)
    for row in ParameterValue.objects.filter(state=State.PUBLISHED).order_by("key", "division", "valid_from"):
        found[(row.key, row.division)].append((row.valid_from, row.valid_to, row.body["value"]))
    return dict(found)


def catalogues(**chosen: Any) -> list[Catalogue]:
    """Catalogue versions whole, in three queries."""
    rows = list(CatalogueVersion.objects.filter(**chosen).order_by("division", "valid_from"))
    ids = [row.pk for row in rows]
    items: dict[int, dict[str, Item]] = defaultdict(dict)
    codes: dict[int, set[str]] = defaultdict(set)
    read = CatalogueItem.objects.filter(catalogue_id__in=ids).order_by("code")
    stored = list(read.values_list("catalogue_id", "code", "zh", "en"))
    for pk, code, _zh, _en in stored:
        codes[pk].add(code[:-2])
    for pk, code, zh, en in stored:
        items[pk][code] = Item(code, words(zh, en), leaf=code not in codes[pk])
    routes: dict[int, dict[tuple[str, str], Route]] = defaultdict(dict)
    for route in CatalogueRoute.objects.filter(catalogue_id__in=ids).order_by("item", "division"):
        routes[route.catalogue_id][(route.item, route.division)] = Route(
            route.item,
            route.division,
            route.lead,
            tuple(route.supporters),
            route.rule_key,
            tuple(route.questions),
            route.note,
        )
    return [
        Catalogue(
            row.pk, row.title, row.division, row.valid_from, row.valid_to, row.provenance, items[row.pk], routes[row.pk]
        )
        for row in rows
    ]


def _listed(row: AdmissionEntry | DutyEntry) -> Listed:
    return Listed(
        id=row.pk,
        code=row.code,
        words=words(row.zh, row.en),
        division=row.division,
        items=frozenset(row.items),
        department=row.department,
        duty=Duty(row.duty) if isinstance(row, DutyEntry) else None,
        urgent=row.urgent if isinstance(row, AdmissionEntry) else False,
        consent=row.consent if isinstance(row, AdmissionEntry) else "",
        basis=row.basis,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )
