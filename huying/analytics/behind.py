"""The records behind a figure: the same conditions that were counted, as a query set over the main database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from huying.analytics.conditions import AS_OF, REPEAT_SECONDS, REPEATS_PLACE, ColumnName, Condition
from huying.analytics.definitions import Count, Definitions
from huying.analytics.figures import SMALL
from huying.analytics.located import located
from huying.analytics.periods import Period
from huying.analytics.trees import Node, Tree
from huying.kernel import clock
from huying.kernel.actors import Level
from huying.kernel.errors import InvalidInput, NotFound, Refused
from huying.kernel.facts import FactTable, Kind
from huying.kernel.words import Words, words

PARTS: dict[str, Words] = {"numerator": words("分子", "numerator"), "denominator": words("分母", "denominator")}


@dataclass(frozen=True)
class Behind:
    """ids: a query set of the records' ids, in nobody's scope yet: narrow it by `pk__in=behind.ids` after `visible_to(actor)`.

    division (full code) and period (key): the report's page the figure stands on.
    """

    ids: QuerySet[Any, Any]
    title: str
    division: str
    period: str


def address(figure: str, node: Node, period: Period) -> str:
    """The desk page of the records behind `figure` ("closed_in_time.numerator", "by_kind.help"); "" while there is none."""
    return addresses()(figure, node.code, period.key)


def addresses() -> Callable[[str, str, str], str]:
    """The same of many figures, by figure, division and period key: the page is looked up once."""
    try:
        page = reverse("matters_list")
    except NoReverseMatch:
        return lambda figure, division, period: ""
    # Codes and keys of periods are letters, digits and hyphens: nothing in them wants quoting.
    return lambda figure, division, period: f"{page}?figure={quote(figure)}&division={division}&period={period}"


def behind(
    definitions: Definitions, figure: str, node: Node, period: Period, as_of: datetime, tree: Tree | None = None
) -> Behind:
    """tree: the dated tree the figures were counted by; none when it never changed.

    Raises NotFound for a figure nobody defined, Refused where it is hidden because it rests on few records."""
    indicator, part, count = _count(definitions, figure)
    table = definitions.table
    rows = table.rows(None)
    if not isinstance(rows, QuerySet):
        raise InvalidInput(_("这张事实表不能回到原始记录。"))
    fields = dict(zip([column.name for column in table.columns], rows._fields, strict=True))  # type: ignore[attr-defined]
    within = Q()
    for start, end, where in located(tree or Tree([node]), node, period, fields):
        within |= Q(where, **_within(table, fields[count.day], count.day, start, end))
    found = rows.filter(_countable(table, fields)).filter(within)
    seconds = int(as_of.timestamp())
    for condition in count.where:
        found = found.filter(_filter(condition, table, fields, seconds))
    if count.unless:
        together = Q()
        for condition in count.unless:
            together = Q(together, _known(condition, fields), _filter(condition, table, fields, seconds))
        found = found.exclude(together)
    if node.level > Level.COUNTY and 0 < found[:SMALL].count() < SMALL:
        raise Refused(_("县级以下少于10件的数字不显示，也不列出。"), cure=_("请到上一级查看，或按工单号办理。"))
    title = _("%(place)s · %(period)s · %(name)s（%(part)s）") % {
        "place": node.name,
        "period": period.key,
        "name": indicator,
        "part": part,
    }
    return Behind(found.order_by().values_list(fields[table.key], flat=True), title, node.code, period.key)


def _count(definitions: Definitions, figure: str) -> tuple[Words, Words, Count]:
    code, _dot, part = figure.partition(".")
    indicator = definitions.indicator(code)
    if indicator is None:
        raise NotFound(_("没有这个指标：%(code)s") % {"code": code})
    name, count = indicator.name, None
    if indicator.median and part in PARTS:
        # A median rests on all the records it is taken over.
        return name, PARTS["denominator"], Count(indicator.median.day, indicator.median.where)
    if part in PARTS:
        count = indicator.numerator if part == "numerator" else indicator.denominator
        if count is not None:
            return name, PARTS[part], count
    if indicator.split and f"{code}__{part}" in definitions.measures:
        return name, dict(indicator.split.values)[part], definitions.measures[f"{code}__{part}"]
    raise NotFound(_("指标 %(code)s 没有这一部分：%(part)s") % {"code": code, "part": part})


def _countable(table: FactTable, fields: Mapping[str, str]) -> Q:
    """As `Counting.countable`: petitions (信访) are in no figure, so behind none."""
    condition = Q()
    if "petition" in fields:
        condition &= Q(**{fields["petition"]: False}) | Q(**{f"{fields['petition']}__isnull": True})
    if "kind" in fields:
        condition &= ~Q(**{fields["kind"]: "petition"})
    return condition


def _within(table: FactTable, field: str, day: str, start: date, end: date) -> dict[str, Any]:
    column = table.column(day)
    if column is not None and column.kind is Kind.DATE:
        return {f"{field}__gte": start, f"{field}__lt": end}
    first, last = (clock.local(datetime.combine(on, time())) for on in (start, end))
    return {f"{field}__gte": first, f"{field}__lt": last}


def _known(condition: Condition, fields: Mapping[str, str]) -> Q:
    """That both sides of the comparison are there: the negation of one with unknown is unknown in SQL, and drops the row.

    Django adds this for a nullable field, not for an annotation such as `handled_at`.
    """
    if condition.column == REPEATS_PLACE or condition.value is None:
        return Q()
    sides = [condition.column, *([condition.value.name] if isinstance(condition.value, ColumnName) else [])]
    return Q(*(Q(**{f"{fields[side]}__isnull": False}) for side in sides if side != AS_OF))


def _filter(condition: Condition, table: FactTable, fields: Mapping[str, str], as_of: int) -> Q | Exists:
    if condition.column != REPEATS_PLACE:
        return condition.filter(fields, as_of)
    place, at = fields["place_key"], fields["registered_at"]
    rows = table.rows(None)
    earlier = rows.filter(  # type: ignore[union-attr]
        _countable(table, fields),
        **{
            place: OuterRef(place),
            f"{at}__lt": OuterRef(at),
            f"{at}__gte": OuterRef(at) - timedelta(seconds=REPEAT_SECONDS),
        },
    )
    return Exists(earlier)
