"""Thresholds changed by themselves: the next version of the definition with one limit more, and what it would have coloured.

There is no second place where thresholds stand: a draft made here is the definition's draft, put in force by its own verb. What
comes with Huying has no definition to edit: its own limits are kept in versions (huying.analytics.values.limits).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

from django.utils.translation import gettext as _

from huying.analytics import trees
from huying.analytics.definitions import Grade
from huying.analytics.indicators.schema import LEVELS, IndicatorRow, Threshold
from huying.analytics.models import CountedLimits, IndicatorDefinition
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.values import defining, limits
from huying.analytics.values.colours import colour
from huying.analytics.values.reading import read
from huying.analytics.values.value import Value
from huying.kernel import clock
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import InvalidInput, NotFound

PERIODS = 12
# The levels whose figures are watched: warnings stop at the township.
LOWEST = Level.TOWNSHIP
State = IndicatorDefinition.State


@dataclass(frozen=True)
class Held:
    """An indicator's limits as they stand. row: what is in force or to come; drafted: what waits; None where there is none.

    versions: newest first, with their authors and reasons. counted: it comes with Huying, and its limits alone are edited.
    """

    row: IndicatorRow | None
    drafted: IndicatorRow | None
    versions: tuple[IndicatorDefinition, ...] | tuple[CountedLimits, ...]
    counted: bool = False

    @property
    def draft(self) -> IndicatorDefinition | CountedLimits | None:
        return next((row for row in self.versions if row.state == State.DRAFT), None)


def held(code: str) -> Held:
    """Of a counted indicator or a defined one; of neither, one without a row."""
    if (found := limits.indicator(code)) is not None:
        rows = limits.versions(code)
        in_force: list[dict[str, Any]] = next(
            (row.content for row in reversed(rows) if row.state == State.PUBLISHED), []
        )
        waits = next((row.content for row in rows if row.state == State.DRAFT), None)
        drafted = None if waits is None else limits.as_definition(found, waits)
        return Held(limits.as_definition(found, in_force), drafted, tuple(rows[::-1]), counted=True)
    said = list(IndicatorDefinition.objects.filter(code=code).order_by("-version"))
    published = next((row for row in said if row.state == State.PUBLISHED), None)
    draft = next((row for row in said if row.state == State.DRAFT), None)
    return Held(_row(published), _row(draft), tuple(said))


def _row(held: IndicatorDefinition | None) -> IndicatorRow | None:
    return IndicatorRow.model_validate(held.content) if held else None


def draft(*, actor: Actor, code: str, limit: Threshold, why: str) -> IndicatorDefinition | CountedLimits:
    """The draft (or the newest version) with this limit; one of the same day and levels gives way.

    Raises as `defining.draft`: Forbidden, InvalidInput where the limits contradict the direction or each other; and for a day
    that has passed, since no limit reaches back.
    """
    defining.require_drafter(actor)
    known = held(code)
    base = known.drafted or known.row
    if base is None:
        return defining.draft(actor=actor, text="", why=why, code=code)
    if limit.valid_from < clock.today():
        raise InvalidInput(
            _("阈值没有保存：施行日期不能早于今天，阈值不溯及既往。"),
            fields={"valid_from": _("不早于%(day)s") % {"day": clock.today()}},
        )
    standing = (limit.valid_from, set(limit.levels))
    kept = [row for row in base.thresholds if (row.valid_from, set(row.levels)) != standing]
    rows = sorted([*kept, limit], key=lambda row: (row.valid_from, LEVELS.index(row.levels[0])))
    changed = base.model_copy(update={"thresholds": tuple(rows)})
    if known.counted:
        return limits.draft(actor=actor, row=changed, why=why)
    return defining.draft(actor=actor, text=defining.written(defining.content_of(changed)), why=why, code=code)


def drafted() -> set[str]:
    """The codes of which a draft waits."""
    rows = (
        model.objects.filter(state=State.DRAFT).values_list("code") for model in (IndicatorDefinition, CountedLimits)
    )
    return {code for (code,) in chain(*rows)}


def publish(*, actor: Actor, code: str) -> None:
    """Put the draft in force with the first day of its new limits. Raises Forbidden, NotFound, InvalidInput."""
    defining.require_publisher(actor)
    known = held(code)
    if known.drafted is None:
        raise NotFound(_("没有待发布的草稿。"))
    if known.counted:
        limits.publish(actor=actor, code=code)
    else:
        begin = min((row.valid_from for row in new_limits(known.row, known.drafted)), default=clock.today())
        defining.publish(actor=actor, code=code, valid_from=begin)


def discard(*, actor: Actor, code: str) -> None:
    """Let the draft go. Raises Forbidden, NotFound."""
    (limits if limits.indicator(code) else defining).discard(actor=actor, code=code)


def new_limits(before: IndicatorRow | None, after: IndicatorRow) -> list[Threshold]:
    """What `after` says that `before` doesn't."""
    return [row for row in after.thresholds if before is None or row not in before.thresholds]


@dataclass(frozen=True)
class Tried:
    """Of one level: how many values of each colour under the old and the new limits; changed: of these, of another colour."""

    level: Level
    values: int
    before: Counter[Grade | None]
    after: Counter[Grade | None]
    changed: int


def tried(
    actor: Actor, before: IndicatorRow, after: IndicatorRow, *, kind: PeriodKind | None = None
) -> tuple[list[Period], list[Tried]]:
    """Both definitions' limits, as they stand on the day the new ones begin, over the actor's own territory in the last twelve
    full periods, by level. Values are read as they are stored: a draft that changes the formula too isn't recomputed.

    Hidden, unchecked and too small ones count for neither. Raises Unavailable before the first refresh.
    """
    kind = kind or after.periods[0]
    periods = last_periods(kind)
    day = max((row.valid_from for row in new_limits(before, after)), default=clock.today())
    nodes = _places(actor, after)
    found = read([after.code], [node.code for node in nodes], periods)
    counted = limits.indicator(after.code)
    factor = limits.scale(counted) if counted else 1.0
    rows = []
    for level in sorted({node.level for node in nodes}):
        values = [value for value in found.values() if value.node.level is level and _counts(value, after)]
        pairs = [
            (colour(before, level.column, at, day), colour(after, level.column, at, day))
            for value in values
            if (at := None if value.smoothed is None else value.smoothed * factor) is not None
        ]
        then, now = Counter(old for old, _new in pairs), Counter(new for _old, new in pairs)
        rows.append(Tried(level, len(values), then, now, sum(old is not new for old, new in pairs)))
    return periods, rows


def last_periods(kind: PeriodKind, n: int = PERIODS) -> list[Period]:
    """The newest full ones, oldest first."""
    found = [Period.holding(clock.today(), kind).previous]
    while len(found) < n:
        found.append(found[-1].previous)
    return found[::-1]


def _counts(value: Value, row: IndicatorRow) -> bool:
    enough = not row.min_n or (value.n is not None and value.n >= row.min_n)
    return value.smoothed is not None and value.absent is None and not value.unchecked and enough


def _places(actor: Actor, row: IndicatorRow) -> list[trees.Node]:
    """The actor's own division and those below it, of the levels that are watched and have values."""
    tree, today = trees.load(), clock.today()
    root = tree.node(actor.division, today)
    if root is None:
        return []
    lowest = min(LOWEST, Level(LEVELS.index(row.level) + 1))
    return [node for node in _below(tree, [root], today) if node.level <= lowest]


def _below(tree: trees.Tree, nodes: Iterable[trees.Node], day: date) -> list[trees.Node]:
    found: list[trees.Node] = []
    row: Sequence[trees.Node] = list(nodes)
    while row:
        found += row
        row = [child for node in row if node.level < LOWEST for child in tree.children(node.code, day)]
    return found
