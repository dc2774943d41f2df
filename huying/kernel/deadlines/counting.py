"""From a rule, a start and a calendar to the due moment, and the explanation of how it was reached.

Days are counted as whole days: a pause from Monday to Wednesday leaves out Monday and Tuesday, and Wednesday counts
again; a pause that begins and ends on one day leaves out nothing. Hours are counted as time, through rest days.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from huying.kernel.clock import ZONE, local
from huying.kernel.deadlines.calendar import Calendar
from huying.kernel.deadlines.deadline import LAST_SECOND, Deadline, Extension, Pause, paused_days
from huying.kernel.deadlines.limits import Limit, Unit
from huying.kernel.deadlines.rules import Direction, FirstDay, FirstHour, Roll, Rule
from huying.kernel.errors import InvalidInput
from huying.kernel.words import words

_HOUR = timedelta(hours=1)


def compute(
    rule: Rule,
    start: datetime,
    calendar: Calendar,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
    *,
    external_due: datetime | None = None,
) -> Deadline:
    """When `rule`, started at `start` (naive: Asia/Shanghai), is due.

    external_due: for a rule without a limit of its own, the due moment that came with the case. Raises InvalidInput for
    a pause or extension the rule does not allow.
    """
    begin = local(start)
    if pauses:
        pauses = _checked_pauses(rule, pauses)
    if extensions:
        _check_extensions(rule, extensions)
    try:
        return _compute(rule, begin, calendar, tuple(pauses), tuple(extensions), external_due)
    except (OverflowError, ValueError):
        raise InvalidInput(
            str(words("日期超出历法范围", "a date outside the calendar")),
            cure=str(words("请检查起始时间与时限", "check the start and the limit: dates run from year 1 to 9999")),
        ) from None


def _compute(
    rule: Rule,
    begin: datetime,
    calendar: Calendar,
    pauses: tuple[Pause, ...],
    extensions: tuple[Extension, ...],
    external_due: datetime | None,
) -> Deadline:
    counted = rule.counted
    nominal: int | None = None
    internal_due: datetime | None = None
    doubtful = cards_doubtful = False
    if counted is None:
        if external_due is None:
            raise InvalidInput(f"规则 {rule.key} 没有自己的时限", cure="请随事项给出到期时间（external_due）")
        due = local(external_due)
        total = None
    else:
        parts = _merged(counted, extensions) if extensions else (counted,)
        total = parts[0] if len(parts) == 1 else None
        due, nominal, doubtful = _due(rule, parts, begin, calendar, pauses)
    if rule.internal is not None:
        internal_due, _, cards_doubtful = _due(rule, (rule.internal,), begin, calendar, pauses)
    warn_at = None
    if rule.yellow is not None:
        soonest = due if internal_due is None or due < internal_due else internal_due
        warn_at, assumed = _left(rule.yellow, soonest, calendar)
        cards_doubtful = cards_doubtful or assumed
    red_at = due + timedelta(seconds=1)
    if rule.red is not None:
        red_at, assumed = _over(rule.red, due, calendar)
        cards_doubtful = cards_doubtful or assumed
    return Deadline(
        rule,
        begin,
        due,
        internal_due,
        warn_at,
        red_at,
        doubtful,
        cards_doubtful,
        any(pause.end is None for pause in pauses),
        total,
        calendar,
        pauses,
        extensions,
        nominal,
    )


def _due(
    rule: Rule, parts: tuple[Limit, ...], begin: datetime, calendar: Calendar, pauses: tuple[Pause, ...]
) -> tuple[datetime, int | None, bool]:
    """(due moment, ordinal of the last day before rolling, whether an unpublished year decided it)."""
    unit = parts[0].unit
    back = rule.direction is Direction.BEFORE
    if unit is Unit.HOUR and len(parts) == 1:
        return _hours(rule, parts[0].amount, begin, pauses, back), None, False
    first = begin.toordinal()
    published = calendar.published
    doubtful = False
    day = first if rule.first_day is FirstDay.EXCLUDED else first + (1 if back else -1)
    left_out = paused_days(pauses) if pauses else frozenset()
    for part in parts:
        if part.unit is Unit.HOUR:
            raise InvalidInput(f"规则 {rule.key}：不能把小时加到以日计的时限上", cure="延期请与时限用同类单位")
        before = day
        day = _count(part, before, calendar, left_out, -1 if back else 1)
        if part.unit is Unit.WORKING_DAY:
            doubtful = doubtful or not _all_published(before + (-1 if back else 1), day, published)
    nominal = day
    if rule.roll is not Roll.NONE:
        day = calendar.roll(day, 1 if rule.roll is Roll.FORWARD else -1)
        # Whether the last day rests, and how long the rest lasts, is the year table's to say.
        doubtful = doubtful or not _all_published(nominal, day, published)
    return datetime.combine(date.fromordinal(day), rule.day_end or LAST_SECOND, ZONE), nominal, doubtful


def _all_published(one: int, other: int, published: frozenset[int]) -> bool:
    low, high = (one, other) if one <= other else (other, one)
    first, last = date.fromordinal(low).year, date.fromordinal(high).year
    return first in published and (first == last or all(year in published for year in range(first, last + 1)))


def _hours(rule: Rule, amount: int, begin: datetime, pauses: tuple[Pause, ...], back: bool) -> datetime:
    span = timedelta(hours=amount)
    if back:
        return begin - span
    if rule.first_hour is FirstHour.EXCLUDED:
        begin = begin.replace(minute=0, second=0, microsecond=0) + _HOUR
    due = begin + span
    for pause in pauses:
        # Sorted and apart from each other, so each lengthens the whole by what it covers before the due moment.
        if pause.end is not None and pause.start < due:
            due += max(pause.end - max(pause.start, begin), timedelta())
    return due


def _count(limit: Limit, day: int, calendar: Calendar, left_out: frozenset[int], step: int) -> int:
    """The last day of `limit` counted from the day after (before) `day`, leaving out the paused days."""
    if limit.unit is Unit.WORKING_DAY:
        end = calendar.nth_working(day, step * limit.amount)
        works = calendar.is_working
    elif limit.unit is Unit.MONTH:
        end = _months(date.fromordinal(day), step * limit.amount).toordinal()
        works = _every_day
    else:
        end = day + step * limit.amount
        works = _every_day
    if not left_out:
        return end
    reached = day
    while True:
        # Each paused day that would have counted pushes the end by one; days pushed into may be paused themselves.
        lost = sum(
            1
            for d in left_out
            if min(reached, end) <= d <= max(reached, end) and d != reached and works(date.fromordinal(d))
        )
        if not lost:
            return end
        reached, end = (
            end,
            (calendar.nth_working(end, step * lost) if limit.unit is Unit.WORKING_DAY else end + step * lost),
        )


def _every_day(day: date) -> bool:
    return True


def _months(day: date, amount: int) -> date:
    """民法典 Art 202: the matching day of the month, or its last day where there is none."""
    index = day.year * 12 + day.month - 1 + amount
    year, month = divmod(index, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1) if (year, month) != (9999, 11) else date.max
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def _merged(counted: Limit, extensions: tuple[Extension, ...]) -> tuple[Limit, ...]:
    """The limit with its extensions, as few parts as units allow: 15 WD and 7 WD are 22 WD."""
    parts = [counted]
    for extension in extensions:
        if extension.limit.unit is parts[-1].unit:
            parts[-1] = Limit(parts[-1].amount + extension.limit.amount, parts[-1].unit)
        else:
            parts.append(extension.limit)
    return tuple(parts)


def _left(yellow: Limit, due: datetime, calendar: Calendar) -> tuple[datetime, bool]:
    """The moment from which `yellow` is left before `due`, and whether an unpublished year decided it."""
    if yellow.unit is Unit.HOUR:
        return due - timedelta(hours=yellow.amount), False
    last = due.toordinal()
    if yellow.unit is Unit.WORKING_DAY:
        day = calendar.nth_working(last + 1, -yellow.amount)
        return _midnight(day), not _all_published(day, last, calendar.published)
    if yellow.unit is Unit.MONTH:
        return _midnight(_months(due.date(), -yellow.amount).toordinal() + 1), False
    return _midnight(last - yellow.amount + 1), False


def _over(red: Limit, due: datetime, calendar: Calendar) -> tuple[datetime, bool]:
    """The beginning of the `red`-th overdue day (or hour), and whether an unpublished year decided it."""
    if red.unit is Unit.HOUR:
        return due + timedelta(hours=red.amount), False
    last = due.toordinal()
    if red.unit is Unit.WORKING_DAY:
        day = calendar.nth_working(last, red.amount)
        return _midnight(day), not _all_published(last + 1, day, calendar.published)
    if red.unit is Unit.MONTH:
        return _midnight(_months(due.date(), red.amount).toordinal() + 1), False
    return _midnight(last + red.amount), False


def _midnight(ordinal: int) -> datetime:
    return datetime.combine(date.fromordinal(ordinal), time(), ZONE)


def _checked_pauses(rule: Rule, pauses: Sequence[Pause]) -> tuple[Pause, ...]:
    """Aware, in order; each reason listed by the rule, each ending after it began, none overlapping another."""
    found: list[Pause] = []
    for pause in sorted(pauses, key=lambda p: local(p.start)):
        if rule.pause_reason(pause.reason) is None:
            listed = "、".join(reason.key for reason in rule.pauses) or "（无）"
            raise InvalidInput(
                str(
                    words(
                        f"规则 {rule.key} 不因“{pause.reason}”中止计时",
                        f"rule {rule.key} does not pause for “{pause.reason}”",
                    )
                ),
                cure=str(words(f"可用的理由：{listed}", f"listed reasons: {listed}")),
            )
        start, end = local(pause.start), local(pause.end) if pause.end else None
        if end is not None and end < start:
            raise InvalidInput("中止结束早于开始", cure="请检查两个时间")
        if found and ((previous := found[-1].end) is None or start < previous):
            raise InvalidInput("两次中止重叠", cure="先结束前一次中止")
        found.append(Pause(start, end, pause.reason))
    return tuple(found)


def _check_extensions(rule: Rule, extensions: Sequence[Extension]) -> None:
    allowed = rule.extension
    if allowed is None:
        raise InvalidInput(f"规则 {rule.key} 不可延期", cure="按原时限办理")
    if len(extensions) > allowed.times:
        raise InvalidInput(f"规则 {rule.key} 最多延期 {allowed.times} 次", cure="按已延的时限办理")
    if any(extension.limit.unit is not allowed.cap.unit for extension in extensions):
        raise InvalidInput(f"规则 {rule.key} 的延期以 {allowed.cap.unit} 计", cure=f"请写成如 {allowed.cap}")
    if sum(extension.limit.amount for extension in extensions) > allowed.cap.amount:
        raise InvalidInput(f"规则 {rule.key} 合计最多延 {allowed.cap}", cure="缩短延期")
    for extension in extensions:
        if allowed.approver and extension.approved_by != allowed.approver:
            who, given = allowed.approver_words.zh or allowed.approver, extension.approved_by or "无人"
            raise InvalidInput(f"规则 {rule.key} 的延期由{who}批准，不是 {given}", cure=f"请由 {allowed.approver} 批准")
