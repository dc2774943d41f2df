"""Matters at registered places: a market, a school, a station that the entry names. Counts of demand, never of persons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from huying.domains.matters.models import Matter
from huying.domains.matters.vocabulary import Kind, State
from huying.domains.territory import queries as territory
from huying.kernel import clock

# 举报 are no demand for a service (fixed limit 10), petitions are in no count at all.
DEMANDS = (Kind.ENQUIRY, Kind.HELP, Kind.COMPLAINT, Kind.SUGGESTION)

REMEMBERED = 50_000  # wordings, of which most come back


def at_places(
    register: territory.Register, first: date, last: date, county: str = ""
) -> Iterator[tuple[int, territory.Registered, date]]:
    """Each matter registered from `first` to `last` whose place names one in the register: its id, the place, the day.

    county: of that county alone. One query, read in pieces.
    """
    begin, end = (datetime.combine(day, time(), clock.ZONE) for day in (first, last + timedelta(1)))
    rows = Matter.objects.everything("numbers of matters at places, no words of anyone's").filter(
        kind__in=DEMANDS, registered_at__gte=begin, registered_at__lt=end
    )
    rows = rows.exclude(state=State.MERGED).exclude(place="").exclude(county="")
    if county:
        rows = rows.filter(county=county)
    named = lru_cache(REMEMBERED)(register.named)
    for pk, at, *where in rows.values_list("pk", "registered_at", "place", "county", "township").iterator(5000):
        if (place := named(*where)) is not None:
            yield pk, place, clock.local(at).date()
