"""What somebody picked: indicators, places, periods and how they are laid out. As a query string, as JSON, checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import product
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from huying.analytics import published, services, trees, values
from huying.analytics.asking import asked_period
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.trees import Node, Tree
from huying.analytics.values import Entry, Value
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import InvalidInput

MOST_INDICATORS, MOST_PERIODS, MOST_CELLS = 40, 60, 50_000
USUAL_PERIODS = {
    PeriodKind.DAY: 14,
    PeriodKind.WEEK: 13,
    PeriodKind.MONTH: 13,
    PeriodKind.QUARTER: 8,
    PeriodKind.YEAR: 3,
}


class Axis(StrEnum):
    PLACE = "place"
    PERIOD = "period"
    INDICATOR = "indicator"


class Part(StrEnum):
    """What a cell says of a value."""

    VALUE = "value"
    N = "n"
    PREVIOUS = "previous"
    LAST_YEAR = "last_year"


@dataclass(frozen=True)
class Selection:
    """indicators: codes. place: full code. level: "own", "children", or a level's column for all of it below the place.
    first, last: keys of periods of one kind. rows: what stands in the rows; the other two stand side by side in the columns."""

    indicators: tuple[str, ...]
    place: str
    level: str
    first: str
    last: str
    rows: Axis = Axis.PLACE
    part: Part = Part.VALUE

    @property
    def query(self) -> str:
        return urlencode({**self.as_json(), "indicators": self.indicators}, doseq=True)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "indicators": list(self.indicators), "rows": self.rows.value, "part": self.part.value}

    @property
    def periods(self) -> list[Period]:
        """Oldest first. Raises InvalidInput."""
        first, last = asked_period(self.first), asked_period(self.last)
        if first.kind is not last.kind or last.start < first.start:
            raise InvalidInput(
                _("起止期间须是同一种，先早后晚：%(first)s 至 %(last)s") % {"first": self.first, "last": self.last}
            )
        found = [first]
        while found[-1] != last:
            if len(found) == MOST_PERIODS:
                raise InvalidInput(_("一次最多 %(most)s 期。") % {"most": MOST_PERIODS})
            found.append(found[-1].next)
        return found


@dataclass(frozen=True)
class Picked:
    """A selection with its values. values: (code, node, period key) → value; one that isn't defined there is absent."""

    selection: Selection
    entries: list[Entry]
    places: list[Node]
    periods: list[Period]
    values: dict[tuple[str, str, str], Value]

    def cells(self) -> Iterable[tuple[Entry, Node, Period, Value | None]]:
        for entry, place, period in product(self.entries, self.places, self.periods):
            yield entry, place, period, self.values.get((entry.code, place.code, period.key))


def usual(actor: Actor) -> Selection:
    """What the bench opens with: the place's own children over a year, one rate."""
    with published.opened() as figures:
        on = figures.state.watermark.date()
        roots = [node.code for node in figures.nodes() if not node.parent and node.on(on)]
    last = Period.holding(on, PeriodKind.MONTH)
    return Selection(
        ("closed_in_time",), actor.division or (roots[0] if roots else ""), "children", _back(last), last.key
    )


def _back(last: Period) -> str:
    first = last
    for _step in range(USUAL_PERIODS[last.kind] - 1):
        first = first.previous
    return first.key


def parse(given: Mapping[str, Any], lists: Sequence[str], otherwise: Selection) -> Selection:
    """From a query or a form; what isn't said is as in `otherwise`. lists: the indicators named.

    Raises InvalidInput naming the field.
    """

    def one(name: str, usual: str) -> str:
        return str(given.get(name) or usual).strip()[:60]

    faults: dict[str, str] = {}
    rows, part, level = one("rows", otherwise.rows), one("part", otherwise.part), one("level", otherwise.level)
    if rows not in set(Axis):
        faults["rows"] = _("不认识的行。")
    if part not in set(Part):
        faults["part"] = _("不认识的数。")
    if level not in LEVELS:
        faults["level"] = _("不认识的层级。")
    indicators = tuple(dict.fromkeys(code[:60] for code in lists if code)) or otherwise.indicators
    if len(indicators) > MOST_INDICATORS:
        faults["indicators"] = _("一次最多 %(most)s 个指标。") % {"most": MOST_INDICATORS}
    if faults:
        raise InvalidInput(_("所选不能这样排列。"), fields=faults)
    last = one("last", otherwise.last)
    first = one("first", "") or (otherwise.first if last == otherwise.last else _back(asked_period(last)))
    place = trees.full_code(one("place", otherwise.place))
    return Selection(indicators, place, level, first, last, Axis(rows), Part(part))


LEVELS = ("own", "children", *(level.column for level in Level))


def pick(actor: Actor, selection: Selection) -> Picked:
    """The selection's values, for whoever may see the place. Raises NotFound outside the actor's territory, InvalidInput for an
    unknown indicator or too much at once, Unavailable before the first refresh."""
    periods = selection.periods
    known = {entry.code: entry for entry in values.catalogue()}
    if missing := [code for code in selection.indicators if code not in known]:
        raise InvalidInput(_("没有这个指标：%(code)s") % {"code": missing[0]}, fields={"indicators": missing[0]})
    entries = [known[code] for code in selection.indicators]
    with published.opened() as figures:
        tree = figures.tree()
    root = services.require_territory(actor, tree, selection.place, periods[-1])
    places = _places(tree, root, selection.level, periods)
    if (asked := len(entries) * len(places) * len(periods)) > MOST_CELLS:
        raise InvalidInput(
            _("一次最多 %(most)s 个数，所选有 %(asked)s 个。") % {"most": f"{MOST_CELLS:,}", "asked": f"{asked:,}"},
            cure=_("少选几个指标、期间，或换高一级的区划。"),
        )
    found = values.read(selection.indicators, [node.code for node in places], periods)
    return Picked(selection, entries, places, periods, found)


def _places(tree: Tree, root: Node, level: str, periods: list[Period]) -> list[Node]:
    """The places as they last were in the time picked, by code."""
    start, end = periods[0].start, periods[-1].end
    if level == "own":
        return [root]
    alive = [node for node in tree.nodes if node.valid_from < end and node.valid_to > start]
    if level == "children":
        found = [node for node in alive if node.parent == root.code]
    else:
        found = [
            node
            for node in alive
            if node.level.column == level
            and root.code
            in {step.code for step in tree.path(node.code, max(node.valid_from, min(node.valid_to, end)))}
            | {step.code for step in tree.path(node.code, max(node.valid_from, start))}
        ]
    newest = {node.code: node for node in sorted(found, key=lambda node: node.valid_from)}
    return [newest[code] for code in sorted(newest)]
