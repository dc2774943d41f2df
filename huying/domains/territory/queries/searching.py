"""Divisions, grids and places by name or code. Only places are found here, never people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Manager, Q, QuerySet
from django.utils.translation import gettext as _

from huying.domains.territory.models import Division, DivisionParent, DivisionSuccession, Grid, Place
from huying.domains.territory.queries.maps import dated
from huying.domains.territory.queries.trees import Tree, tree
from huying.domains.territory.vocabulary import SUCCESSION_WORDS, SuccessionKind
from huying.kernel import clock
from huying.kernel.actors import Level
from huying.kernel.errors import InvalidInput
from huying.kernel.words import Words, listed

# Endings that people leave out when they name a village: 永晖社区居委会 is called 永晖 or 永晖社区.
NAMED_MOST = 4  # places of one name that an error lists
ENDINGS = ("村民委员会", "居民委员会", "村委会", "居委会", "牧委会")


@dataclass(frozen=True, slots=True)
class FoundDivision:
    """path: the names above it, from the county down, which tell same-named ones apart."""

    code: str
    name: str
    level: Level
    path: str

    @property
    def words(self) -> str:
        return f"{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class FoundPlace:
    key: str
    name: str
    kind: str
    address: str
    columns: dict[str, str]
    longitude: float | None
    latitude: float | None
    path: str

    @property
    def deepest(self) -> str:
        """The code of the smallest division or grid that holds it."""
        return next((code for level in reversed(Level) if (code := self.columns[level.column])), "")


def search_divisions(
    text: str, *, under: str = "", level: Level | None = None, limit: int = 20, on: date | None = None
) -> list[FoundDivision]:
    """Divisions whose name holds every part of `text` (parts separated by blanks may name the levels above), or whose
    code begins with it. Exact names first, then those that begin so, then higher levels. In memory, no query but the version's.
    """
    known = tree(on)
    parts = text.split()
    if not parts:
        return []
    *above, last = parts
    ranked = []
    for code, node in known.nodes.items():
        by_code = last.isdecimal() and code.startswith(last)
        if (level is not None and node.level is not level) or not (by_code or last in node.name):
            continue
        if under and not known.is_within(code, under):
            continue
        if above:
            path = known.full_name(code)
            if not all(part in path for part in above):
                continue
        short = short_name(node.name)
        ranked.append((node.name != last and short != last, not node.name.startswith(last), node.level, code))
    ranked.sort()
    return [found(known, code) for *_rank, code in ranked[:limit]]


def named_division(text: str, *, under: str = "", on: date | None = None) -> FoundDivision:
    """The one division that `text` names: by its code, by its name, or by its name after those above it.

    Raises InvalidInput when nothing within `under` is called so, or several, which it lists.
    """
    known = tree(on)
    wanted = "".join(text.split())
    if wanted in known:
        return found(known, wanted)
    exact = [
        code
        for code, node in known.nodes.items()
        if (not under or known.is_within(code, under)) and _is_called(wanted, known, code, node.name)
    ]
    called = [found(known, code) for code in exact] or search_divisions(text, under=under, limit=NAMED_MOST, on=on)
    if len(called) == 1:
        return called[0]
    if not called:
        raise InvalidInput(
            _("没有叫“%(name)s”的地方。") % {"name": text}, cure=_("写乡镇、街道或社区的名称，从列表里选。")
        )
    raise InvalidInput(
        _("叫“%(name)s”的不止一处：%(places)s。")
        % {"name": text, "places": listed(each.words for each in called[:NAMED_MOST])},
        cure=_("从列表里选一处。"),
    )


def _is_called(wanted: str, known: Tree, code: str, name: str) -> bool:
    for each in (name, short_name(name)):
        if wanted.endswith(each):
            above = wanted.removesuffix(each)
            return not above or known.full_name(code).removesuffix(name).endswith(above)
    return False


def found(known: Tree, code: str) -> FoundDivision:
    node = known[code]
    above = [each.name for each in known.path(code)[:-1] if each.level >= Level.COUNTY]
    return FoundDivision(code, node.name, node.level, "".join(above))


def short_name(name: str) -> str:
    """The name without the ending that says what kind of committee runs it."""
    for ending in ENDINGS:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending)
    return name


def search_places(text: str, *, under: str = "", limit: int = 10, on: date | None = None) -> list[FoundPlace]:
    """Places whose name holds `text`, within the division `under`. One query."""
    wanted = text.strip()
    return _places(Q(name__icontains=wanted), under, limit, on) if wanted else []


def places_in(code: str, *, limit: int = 200, on: date | None = None) -> list[FoundPlace]:
    """Places within a division or grid. One query. Raises NotFound."""
    return _places(Q(), code, limit, on)


def _places(condition: Q, under: str, limit: int, on: date | None) -> list[FoundPlace]:
    day = on or clock.today()
    known = tree(day)
    rows = Place.objects.filter(condition, *dated(day))
    if len(under) > 12:
        rows = rows.filter(grid=under)
    elif under:
        rows = rows.filter(**{known[under].level.column: under})
    return [
        FoundPlace(
            place.key,
            place.name,
            place.kind,
            place.address,
            located := {level.column: getattr(place, level.column) for level in Level},
            place.longitude,
            place.latitude,
            _path(known, located),
        )
        for place in rows.order_by("name", "key")[:limit]
    ]


def _path(known: Tree, located: dict[str, str]) -> str:
    deep = next(
        (located[level.column] for level in (Level.VILLAGE, Level.TOWNSHIP, Level.COUNTY) if located[level.column]), ""
    )
    if deep not in known:
        return ""
    return "".join(node.name for node in known.path(deep) if node.level >= Level.COUNTY)


def grids_of(code: str, on: date | None = None) -> QuerySet[Grid]:
    """The grids of a village, or of all villages below a division, on a day. Grids carry their village's digits, but a
    division that was re-parented keeps its code: so the tree decides, not the digits. Raises NotFound.
    """
    day = on or clock.today()
    known = tree(day)
    node = known[code]
    valid = Grid.objects.filter(*dated(day)).order_by("code")
    if node.level is Level.VILLAGE:
        return valid.filter(village=code)
    villages = list(known.descendants(code, Level.VILLAGE))
    # A run of villages that follow each other in code order is one range; a county is one, or few.
    condition = Q(pk__in=[])
    every = known.at_level(Level.VILLAGE)
    place = {each: at for at, each in enumerate(every)}
    run: list[int] = []
    for at in sorted(place[each] for each in villages):
        if run and at != run[-1] + 1:
            condition |= Q(village__gte=every[run[0]], village__lte=every[run[-1]])
            run = []
        run = [run[0], at] if run else [at, at]
    if run:
        condition |= Q(village__gte=every[run[0]], village__lte=every[run[-1]])
    return valid.filter(condition)


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened to a division."""

    on: date
    words: Words
    other: str
    other_name: str
    basis: str


@dataclass(frozen=True)
class History:
    """The spans under each name, the parents over time, and what it came from and passed to."""

    names: list[tuple[date, date | None, str]]
    parents: list[tuple[date, date | None, str, str]]
    came_from: list[HistoryLine]
    passed_to: list[HistoryLine]


def history(code: str) -> History:
    """The whole story of one code, a division's or a grid's. A handful of queries, whatever its length."""
    lives: Manager[Grid] | Manager[Division] = Grid.objects if len(code) > 12 else Division.objects
    spans = lives.filter(code=code).order_by("valid_from").values_list("valid_from", "valid_to", "name")
    over = (
        DivisionParent.objects.filter(code=code).order_by("valid_from").values_list("valid_from", "valid_to", "parent")
    )
    links = list(DivisionSuccession.objects.filter(Q(code=code) | Q(successor=code)).order_by("on"))
    others = {row.code for row in links} | {row.successor for row in links} | {row[2] for row in over}
    last_names = dict(lives.filter(code__in=others - {""}).order_by("valid_from").values_list("code", "name"))

    def line(row: DivisionSuccession, other: str) -> HistoryLine:
        return HistoryLine(
            row.on, SUCCESSION_WORDS[SuccessionKind(row.kind)], other, last_names.get(other, ""), row.basis
        )

    return History(
        list(spans),
        [(begins, ends, parent, last_names.get(parent, "")) for begins, ends, parent in over],
        [line(row, row.code) for row in links if row.successor == code and row.code != code],
        [line(row, row.successor) for row in links if row.code == code],
    )


def standing_villages(code: str, on: date) -> list[str]:
    """The village itself where it stands that day, else those that took over from it, however many steps away.

    One query a step; none for a village that stands.
    """
    known = tree(on)
    standing: list[str] = []
    sought, seen = {code}, {code}
    while sought:
        standing += sorted(sought & known.nodes.keys())
        gone = sought - known.nodes.keys()
        steps = DivisionSuccession.objects.filter(code__in=gone, on__lte=on) if gone else ()
        sought = {row.successor for row in steps if row.successor} - seen
        seen |= sought
    return standing
