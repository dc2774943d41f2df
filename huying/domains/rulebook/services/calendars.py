"""A year's schedule: entered by hand or from a pack, looked at, published; then the provisional clocks are counted again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.rulebook.models import CalendarDay, CalendarYear
from huying.domains.rulebook.permissions import require_keeper
from huying.domains.rulebook.queries import calendar
from huying.domains.rulebook.services.lifecycle import note, touch
from huying.domains.rulebook.vocabulary import Part, State
from huying.kernel import clocks
from huying.kernel.actors import Actor
from huying.kernel.deadlines import Calendar, Day
from huying.kernel.errors import InvalidInput, NotFound, StaleVersion


@dataclass(frozen=True, slots=True)
class YearPreview:
    """What publishing would change: days that turn from worked to rest and the other way round."""

    year: int
    now_rest: tuple[date, ...]
    now_worked: tuple[date, ...]
    was_published: bool


def draft_calendar_year(
    *, year: int, source: str, days: Iterable[Day], actor: Actor, version: int | None = None
) -> CalendarYear:
    """Make or replace the draft of a year. `version`: that of the draft being replaced, when it was read on screen.

    Raises InvalidInput for days outside the year, days listed twice, or no source; StaleVersion.
    """
    require_keeper(actor, Part.CALENDAR, "")
    listed = sorted(days, key=lambda day: day.day)
    if not 1949 <= year <= 2200:
        raise InvalidInput(
            _("年份 %(year)s 不合理。") % {"year": year}, cure=_("请填写四位年份。"), fields={"year": "1949-2200"}
        )
    if not source.strip():
        raise InvalidInput(
            _("请写明依据的放假通知。"),
            cure=_("如：国务院办公厅关于…年部分节假日安排的通知"),
            fields={"source": _("必填")},
        )
    if stray := next((day.day for day in listed if day.day.year != year), None):
        raise InvalidInput(
            _("%(stray)s 不在 %(year)s 年内。") % {"stray": stray, "year": year},
            cure=_("请改正日期。"),
            fields={"days": str(stray)},
        )
    if len({day.day for day in listed}) != len(listed):
        raise InvalidInput(_("同一天列了两次。"), cure=_("每天只列一次。"), fields={"days": _("重复")})
    with transaction.atomic():
        draft = CalendarYear.objects.select_for_update().filter(year=year, state=State.DRAFT).first()
        made = draft is None
        if draft is None:
            revision = CalendarYear.objects.filter(year=year).count() + 1
            draft = CalendarYear.objects.create(year=year, revision=revision, source=source)
        else:
            if version is not None and draft.version != version:
                raise StaleVersion(_("这一年的草稿已被他人修改。"), cure=_("请刷新后再改。"))
            draft.source, draft.version = source, draft.version + 1
            draft.save()
            draft.days.all().delete()
        CalendarDay.objects.bulk_create(
            [CalendarDay(year=draft, day=d.day, working=d.working, zh=d.name.zh, en=d.name.en) for d in listed]
        )
        note(Part.CALENDAR, [draft], "draft" if made else "edit", actor, first=made)
    return draft


def _draft(year: int) -> CalendarYear:
    draft = CalendarYear.objects.filter(year=year, state=State.DRAFT).first()
    if draft is None:
        raise NotFound(_("%(year)s 年没有草稿。") % {"year": year}, cure=_("先录入这一年的安排。"))
    return draft


def preview_calendar_year(*, year: int) -> YearPreview:
    """What publishing the year's draft would change in the calendar now in use."""
    draft = _draft(year)
    current = calendar()
    days = {row.day: row.working for row in draft.days.all()}
    later = Calendar(
        [*(d for y in current.published - {year} for d in current.specials(y)), *_days(draft)],
        {*current.published, year},
    )
    looked = {*days, *(d.day for d in current.specials(year))}
    turned = sorted(day for day in looked if later.is_working(day) is not current.is_working(day))
    return YearPreview(
        year=year,
        now_rest=tuple(day for day in turned if not later.is_working(day)),
        now_worked=tuple(day for day in turned if later.is_working(day)),
        was_published=year in current.published,
    )


def _days(draft: CalendarYear) -> list[Day]:
    from huying.kernel.words import words

    return [Day(row.day, row.working, words(row.zh, row.en)) for row in draft.days.all()]


def publish_calendar_year(*, year: int, actor: Actor, reason: str = "") -> int:
    """Publish the year's draft and count the provisional clocks again; returns how many changed. Raises NotFound."""
    require_keeper(actor, Part.CALENDAR, "")
    with transaction.atomic():
        draft = _draft(year)
        earlier = list(CalendarYear.objects.filter(year=year, state=State.PUBLISHED))
        for old in earlier:
            old.state = State.WITHDRAWN
            old.save(update_fields=["state"])
        note(Part.CALENDAR, earlier, "superseded", actor, before=State.PUBLISHED)
        draft.state = State.PUBLISHED
        draft.save()
        note(Part.CALENDAR, [draft], "publish", actor, before=State.DRAFT, reason=reason)
        touch()
        return clocks.recompute_provisional(actor=actor)
