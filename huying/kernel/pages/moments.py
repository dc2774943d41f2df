"""Times as people say them (今天17:30前、还剩2天、已超期1天), with the exact one beside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from huying.kernel import clock
from huying.kernel.words import words

SOON = timedelta(hours=24)


@dataclass(frozen=True)
class Said:
    """tone: red, amber, green or grey. shape: the name of the shape shown with it. exact: the moment, to the minute."""

    text: str
    tone: str
    shape: str
    exact: str = ""


def exact(moment: datetime) -> str:
    """2026-11-22 17:30 in the house's zone."""
    return clock.local(moment).strftime("%Y-%m-%d %H:%M")


def due(
    moment: datetime | None,
    *,
    now: datetime | None = None,
    paused: bool = False,
    stopped_at: datetime | None = None,
    provisional: bool = False,
) -> Said:
    """How a limit stands: overdue a red square, within 24 hours an amber triangle, later a green disc, paused grey bars.

    A stopped clock says whether it was in time. These words are for people; which card is due, the clock engine says.
    """
    if moment is None:
        return Said(_("无时限"), "grey", "ring")
    here, at = clock.local(now or clock.now()), clock.local(moment)
    said_exactly = exact(at) + (_("（暂定：该年放假安排未公布）") if provisional else "")
    if stopped_at is not None:
        if clock.local(stopped_at) <= at:
            return Said(_("按时完成"), "green", "tick", said_exactly)
        return Said(_("超期完成"), "red", "square", said_exactly)
    if paused:
        return Said(_("已中止计时"), "grey", "pause", said_exactly)
    left = at - here
    if left < timedelta(0):
        return Said(_("已超期%(span)s") % {"span": span(-left)}, "red", "square", said_exactly)
    tone, shape = ("amber", "triangle") if left <= SOON else ("green", "disc")
    return Said(_before(here, at, left), tone, shape, said_exactly)


def span(length: timedelta) -> str:
    """A length in its largest whole unit: 3天, 5小时, 12分钟."""
    minutes = int(length.total_seconds() // 60)
    if minutes >= 48 * 60:
        days = minutes // (24 * 60)
        return ngettext("%(n)s天", "%(n)s天", days) % {"n": days}
    if minutes >= 60:
        hours = minutes // 60
        return ngettext("%(n)s小时", "%(n)s小时", hours) % {"n": hours}
    shown = max(minutes, 1)
    return ngettext("%(n)s分钟", "%(n)s分钟", shown) % {"n": shown}


def _before(here: datetime, at: datetime, left: timedelta) -> str:
    if left < timedelta(hours=3):
        return _("还剩%(span)s") % {"span": span(left)}
    days = (at.date() - here.date()).days
    time = at.strftime("%H:%M")
    if days == 0:
        return _("今天%(time)s前") % {"time": time}
    if days == 1:
        return _("明天%(time)s前") % {"time": time}
    return ngettext("还剩%(n)s天", "还剩%(n)s天", days) % {"n": days}


def ago(moment: datetime, *, now: datetime | None = None) -> str:
    """When something happened: 刚刚, 今天10:32, 昨天16:05, 11月3日 09:12, or with the year when it was another one."""
    here, at = clock.local(now or clock.now()), clock.local(moment)
    days = (here.date() - at.date()).days
    time = at.strftime("%H:%M")
    if timedelta(0) <= here - at < timedelta(minutes=1):
        return _("刚刚")
    if days == 0:
        return _("今天%(time)s") % {"time": time}
    if days == 1:
        return _("昨天%(time)s") % {"time": time}
    if at.year == here.year:
        return str(words(f"{at.month}月{at.day}日 {time}", f"{at:%-d %b} {time}"))
    return exact(at)
