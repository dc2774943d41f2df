"""Which registered place a text names: the market, the school, the station that people say instead of an address."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from huying.domains.territory.models import Place
from huying.domains.territory.queries.maps import dated
from huying.domains.territory.queries.trees import tree
from huying.domains.territory.vocabulary import PlaceKind
from huying.kernel import clock

SHORTEST = 2  # 东站; one character names nothing

# Open to everybody and serving a community at least. An estate is homes, an enterprise may be one person's, a building site
# is gone before its past is long enough: these count by kind and division only.
PUBLIC_KINDS = frozenset(
    {
        PlaceKind.SCHOOL,
        PlaceKind.MARKET,
        PlaceKind.HOSPITAL,
        PlaceKind.PARK,
        PlaceKind.STATION,
        PlaceKind.SCENIC,
        PlaceKind.CENTRE,
    }
)


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered place. divisions: the codes that hold it, from the province down to the township, those that are known."""

    key: str
    name: str
    kind: PlaceKind
    county: str
    township: str
    divisions: tuple[str, ...]
    since: date


@dataclass
class Register:
    """The places valid on one day, by name."""

    places: dict[str, Registered]
    _named: dict[str, list[Registered]] = field(default_factory=dict, repr=False)
    _lengths: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        named: dict[str, list[Registered]] = defaultdict(list)
        for place in self.places.values():
            if len(place.name) >= SHORTEST:
                named[place.name].append(place)
        self._named = dict(named)
        self._lengths = tuple(sorted({len(name) for name in named}, reverse=True))

    def named(self, text: str, county: str, township: str) -> Registered | None:
        """The place of that county with the longest name that `text` holds; of namesakes the one of the township.

        None where none is named, and where it can't be told which.
        """
        for length in self._lengths:
            found = {
                place.key: place
                for start in range(len(text) - length + 1)
                for place in self._named.get(text[start : start + length], ())
                if place.county == county
            }
            nearer = [place for place in found.values() if place.township == township] or list(found.values())
            if nearer:
                return nearer[0] if len(nearer) == 1 else None
        return None


def register(on: date | None = None, under: str = "") -> Register:
    """The places registered on a day. under: in this division alone, by its code. One query. Raises NotFound."""
    day = on or clock.today()
    rows = Place.objects.filter(*dated(day))
    if under:
        rows = rows.filter(**{tree(day)[under].level.column: under})
    names = ("province", "city", "county", "township")
    return Register(
        {
            row.key: Registered(
                row.key,
                row.name,
                PlaceKind(row.kind),
                row.county,
                row.township,
                tuple(code for name in names if (code := getattr(row, name))),
                row.valid_from,
            )
            for row in rows.only("key", "name", "kind", *names, "valid_from")
        }
    )
