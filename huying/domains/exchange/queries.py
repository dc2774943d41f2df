"""Reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from huying.domains.exchange.models import ApiKey, Definition, Delivery, Reminder, Report
from huying.domains.exchange.permissions import may_deliver, may_reopen, stands
from huying.domains.exchange.schema import DatasetRow
from huying.domains.exchange.vocabulary import KEY, KIND, Standing
from huying.kernel import audit, clock
from huying.kernel.actors import Actor
from huying.kernel.audit import HistoryEntry, naming
from huying.kernel.audit.models import AccessEntry
from huying.kernel.errors import NotFound
from huying.kernel.pages import Keyset, Page
from huying.kernel.words import Words, words

NEWEST_PERIOD_FIRST = Keyset(("-last_day", "code", "division", "id"))


@dataclass(frozen=True)
class Held:
    """A dataset as it stands now. id, version: of the definition. since: when its first version was installed."""

    id: int
    version: int
    since: datetime
    row: DatasetRow


def newest_definitions(codes: Iterable[str] | None = None) -> dict[str, Held]:
    """The newest version of each dataset, by code; one query."""
    rows = Definition.objects.order_by("code", "version")
    if codes is not None:
        rows = rows.filter(code__in=list(codes))
    since: dict[str, datetime] = {}
    newest: dict[str, Definition] = {}
    for held in rows:
        since.setdefault(held.code, held.installed_at)
        newest[held.code] = held
    return {
        code: Held(held.pk, held.version, since[code], _read(json.dumps(held.content, sort_keys=True)))
        for code, held in newest.items()
    }


def dataset(code: str) -> Held:
    """Raises NotFound."""
    found = newest_definitions([code]).get(code)
    if found is None:
        raise NotFound(_("没有数据集“%(code)s”。") % {"code": code})
    return found


@lru_cache(maxsize=512)
def _read(content: str) -> DatasetRow:
    return DatasetRow.model_validate_json(content)


def report(actor: Actor, report_id: int) -> Report:
    """Raises NotFound outside the actor's scope."""
    rows = Report.objects.visible_to(actor).select_related("unit", "lead_unit")
    found = rows.filter(pk=report_id).first()
    if found is None:
        raise NotFound(_("没有这份报送，或不在您的职责范围内。"))
    return found


def own_reports(actor: Actor, *, code: str = "", key: str = "", most: int = 400) -> list[Report]:
    """What the actor's unit owes, newest period first; without a period, those of the last thirteen months."""
    rows = Report.objects.visible_to(actor).filter(unit=actor.unit_id)
    if code:
        rows = rows.filter(code=code)
    if key:
        rows = rows.filter(key=key)
    return list(rows.select_related("unit").order_by("-last_day", "code", "division")[:most])


def periods_of(actor: Actor, code: str, *, most: int = 14) -> list[str]:
    """The periods of a dataset with a report the actor may see, newest first."""
    rows = Report.objects.visible_to(actor).filter(code=code).values("key", "last_day").distinct()
    return [row["key"] for row in rows.order_by("-last_day", "key")[:most]]


def reports_of_period(actor: Actor, code: str, key: str, *, most: int = 500) -> list[Report]:
    """The reports of one dataset and period the actor may see, by place."""
    rows = Report.objects.visible_to(actor).filter(code=code, key=key).select_related("unit")
    return list(rows.order_by("division")[:most])


def datasets_of_unit(unit_id: int) -> dict[str, str]:
    """The datasets that the unit has had to report, by code: their Chinese names."""
    rows = Report.objects.everything("which datasets are a unit's, no value of theirs").filter(unit=unit_id)
    codes = set(rows.values_list("code", flat=True).distinct())
    return {code: held.row.name.zh for code, held in sorted(newest_definitions(codes).items())}


@dataclass(frozen=True)
class Use:
    """One line of the access log about a key."""

    at: datetime
    key: ApiKey
    what: Words | str
    result: Words | str


def uses_of_keys(keys: Sequence[ApiKey], *, most: int = 50) -> list[Use]:
    """The newest uses of these keys, refused ones too; of keys the caller has checked."""
    known = {key.pk: key for key in keys}
    audit.flush_access()
    rows = AccessEntry.objects.filter(kind=KEY, record_id__in=list(known)).order_by("-pk")[:most]
    return [
        Use(row.at, known[row.record_id], naming.action_words(row.what, KEY), naming.result_words(row.result))
        for row in rows
        if row.record_id is not None
    ]


def api_keys(actor: Actor, *, unit_id: int | None = None, most: int = 200) -> list[ApiKey]:
    """The machines' keys the actor looks after, newest first."""
    rows = ApiKey.objects.visible_to(actor).select_related("unit", "replaces")
    if unit_id is not None:
        rows = rows.filter(unit=unit_id)
    return list(rows.order_by("-made_at", "-id")[:most])


def delivered(actor: Actor, code: str, *, key: str = "", after: str = "", limit: int = 50) -> Page[Report]:
    """A page of the actor's own unit's reports of a dataset that have values, newest period first."""
    rows = Report.objects.visible_to(actor).filter(unit=actor.unit_id, code=code, version__gt=0)
    if key:
        rows = rows.filter(key=key)
    return NEWEST_PERIOD_FIRST.page(rows, after=after, limit=limit)


# Reports that someone must still deliver; a period before the dataset was asked for may be filled in, it needn't.
MISSING = Q(first_at=None, due_at__isnull=False)


def missing(
    actor: Actor, *, code: str = "", key: str = "", late: bool = False, after: str = "", limit: int = 50
) -> Page[Report]:
    """A page of who must still report, within the actor's scope. late: only those past their due day."""
    now = clock.now()
    rows = Report.objects.visible_to(actor).filter(MISSING).select_related("unit")
    if code:
        rows = rows.filter(code=code)
    if key:
        rows = rows.filter(key=key)
    if late:
        rows = rows.filter(due_at__lt=now)
    return NEWEST_PERIOD_FIRST.page(rows, after=after, limit=limit)


@dataclass(frozen=True)
class Tally:
    """Reports of one dataset and period: asked, delivered, of these late, and not delivered though due."""

    code: str
    key: str
    asked: int
    delivered: int
    delivered_late: int
    overdue: int

    @property
    def waiting(self) -> int:
        return self.asked - self.delivered - self.overdue


def tallies(actor: Actor, *, most: int = 400) -> list[Tally]:
    """By dataset and period, newest first, within the actor's scope; one query."""
    now = clock.now()
    rows = (
        Report.objects.visible_to(actor)
        .filter(due_at__isnull=False)
        .values("code", "key", "last_day")
        .annotate(
            asked=Count("pk"),
            delivered=Count("pk", filter=Q(first_at__isnull=False)),
            delivered_late=Count("pk", filter=Q(first_at__gt=F("due_at"))),
            overdue=Count("pk", filter=Q(first_at=None, due_at__lt=now)),
        )
        .order_by("-last_day", "code")[:most]
    )
    return [
        Tally(row["code"], row["key"], row["asked"], row["delivered"], row["delivered_late"], row["overdue"])
        for row in rows
    ]


def latest(reports: Sequence[Report]) -> dict[int, Delivery]:
    """The latest delivery of each report that has one; one query."""
    wanted = [one.pk for one in reports if one.version]
    found = Delivery.objects.filter(report__in=wanted, version=F("report__version"))
    return {one.report_id: one for one in found}


def versions(actor: Actor, report_id: int) -> list[Delivery]:
    """Every version of a report the actor may see, newest first, with who and why."""
    rows = Delivery.objects.filter(report=report(actor, report_id)).select_related("post", "post__unit", "definition")
    return list(rows.order_by("-version"))


def story(actor: Actor, report_id: int) -> list[HistoryEntry]:
    return audit.history(KIND, report(actor, report_id).pk)


def visible_ids(actor: Actor, ids: Iterable[int]) -> set[int]:
    return set(Report.objects.visible_to(actor).filter(pk__in=list(ids)).values_list("pk", flat=True))


def titles(ids: Iterable[int]) -> dict[int, str]:
    rows = Report.objects.everything("titles of records the caller has checked").filter(pk__in=list(ids))
    named = newest_definitions({row.code for row in rows})
    return {row.pk: f"{_named(named[row.code].row)} {row.place} {row.key}" for row in rows}


def _named(row: DatasetRow) -> Words:
    return words(row.name.zh, row.name.en)


def reminders_visible(actor: Actor, ids: Iterable[int]) -> set[int]:
    rows = Reminder.objects.filter(pk__in=list(ids))
    if not actor.is_system:
        rows = rows.filter(unit__in=Report.objects.visible_to(actor).values("unit"))
    return set(rows.values_list("pk", flat=True))


def reminder(reminder_id: int) -> tuple[int, str]:
    """Its unit and period, of a reminder the caller has checked."""
    return Reminder.objects.values_list("unit", "key").get(pk=reminder_id)


def reminder_titles(ids: Iterable[int]) -> dict[int, str]:
    rows = Reminder.objects.filter(pk__in=list(ids)).select_related("unit")
    return {row.pk: _("%(unit)s %(key)s 数据报送") % {"unit": row.unit.short_name, "key": row.key} for row in rows}


def standings(reports: Sequence[Report]) -> Mapping[int, Standing]:
    now = clock.now()
    return {one.pk: stands(one, now) for one in reports}


__all__ = [
    "Held",
    "Tally",
    "api_keys",
    "dataset",
    "datasets_of_unit",
    "delivered",
    "latest",
    "may_deliver",
    "may_reopen",
    "missing",
    "newest_definitions",
    "own_reports",
    "periods_of",
    "reminder",
    "reminder_titles",
    "reminders_visible",
    "report",
    "reports_of_period",
    "standings",
    "stands",
    "story",
    "tallies",
    "titles",
    "uses_of_keys",
    "versions",
    "visible_ids",
]
