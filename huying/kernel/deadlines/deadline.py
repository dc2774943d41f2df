"""A deadline, and how it tells of itself: each day left out with its reason, the counting in sentences with the article it
rests on, the time left as people say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from huying.kernel.deadlines.calendar import Calendar, Skipped
from huying.kernel.deadlines.limits import Limit, Unit
from huying.kernel.deadlines.rules import Direction, FirstDay, FirstHour, Roll, Rule, Sense
from huying.kernel.words import Words, words

LAST_SECOND = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that does not count. end None: still paused; its time is left out once it has ended."""

    start: datetime
    end: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Extension:
    """An approved lengthening, within the rule's cap."""

    limit: Limit
    approved_by: str = ""
    reason: str = ""


@dataclass(slots=True)
class Deadline:
    """A computed limit. Times are aware, in Asia/Shanghai.

    warn_at: when the yellow card turns, by the shorter of the legal limit and the internal target; None without one.
    red_at: when the red card turns, by the legal limit. provisional: a year that decides `due` has no published
    schedule; cards_provisional: so does one that decides a card or the internal target.
    """

    rule: Rule
    start: datetime
    due: datetime
    internal_due: datetime | None
    warn_at: datetime | None
    red_at: datetime
    provisional: bool
    cards_provisional: bool
    paused: bool
    total: Limit | None
    calendar: Calendar
    pauses: tuple[Pause, ...]
    extensions: tuple[Extension, ...]
    nominal: int | None  # ordinal of the last day before rolling; None for hours and imported dates

    @property
    def basis(self) -> tuple[str, ...]:
        return tuple(str(basis) for basis in self.rule.basis)

    @property
    def skipped(self) -> list[Skipped]:
        """Each day between start and due that was not counted, in order, with its reason: rest days of a working-day limit,
        paused days, rests rolled over."""
        return _skipped(self)

    @property
    def steps(self) -> list[Words]:
        """The counting, told in sentences, in its order."""
        return _steps(self)


def paused_days(pauses: tuple[Pause, ...]) -> frozenset[int]:
    """The days (ordinals) that pauses leave out; one that still lasts, none."""
    return frozenset(
        ordinal
        for pause in pauses
        if pause.end is not None
        for ordinal in range(pause.start.toordinal(), pause.end.toordinal())
    )


def _skipped(deadline: Deadline) -> list[Skipped]:
    if deadline.nominal is None:
        return []
    rule, calendar = deadline.rule, deadline.calendar
    first, nominal, last = deadline.start.toordinal(), deadline.nominal, deadline.due.toordinal()
    low, high = min(first, nominal), max(first, nominal)
    found: dict[date, Words] = {}
    if _counts_working_days(deadline):
        inclusive = rule.first_day is FirstDay.INCLUDED
        for entry in calendar.rests_between(low - inclusive, high + inclusive):
            found[entry.day] = entry.reason
    for pause in deadline.pauses:
        reason = rule.pause_reason(pause.reason)
        for ordinal in paused_days((pause,)):
            day = date.fromordinal(ordinal)
            if low < ordinal <= high and day not in found and reason is not None:
                found[day] = words(f"中止计时：{reason.words.zh}", f"paused: {reason.words.en}")
    if nominal != last:
        for entry in calendar.rests_between(min(nominal - 1, last), max(nominal + 1, last)):
            zh, en = ("顺延", "moved on") if rule.roll is Roll.FORWARD else ("提前", "moved back")
            found[entry.day] = words(
                f"{entry.reason.zh}（最后一日逢休息日，{zh}）", f"{entry.reason.en} (the last day rests: {en})"
            )
    return [Skipped(day, found[day]) for day in sorted(found)]


def _counts_working_days(deadline: Deadline) -> bool:
    counted = deadline.rule.counted
    units = {counted.unit if counted else None} | {extension.limit.unit for extension in deadline.extensions}
    return Unit.WORKING_DAY in units


def _steps(deadline: Deadline) -> list[Words]:
    rule, out = deadline.rule, list[Words]()
    begin = deadline.start.strftime("%Y-%m-%d %H:%M")
    event = rule.start_event
    out.append(
        words(
            f"起算：{begin}{f'（{event.zh}）' if event.zh else ''}",
            f"starts {begin}{f' ({event.en})' if event.en else ''}",
        )
    )
    counted = rule.counted
    if counted is None:
        out.append(
            words("时限随事项从外部带入，不另行计算。", "The due moment came with the case; nothing is counted.")
        )
    else:
        sense = words("不少于", "at least ") if rule.sense is Sense.AT_LEAST else words("", "")
        ahead = words("之前倒数", ", counted back") if rule.direction is Direction.BEFORE else words("", "")
        out.append(
            words(f"时限：{ahead.zh}{sense.zh}{counted.words.zh}", f"limit: {sense.en}{counted.words.en}{ahead.en}")
        )
        if rule.limit != counted and rule.day_law is not None:
            law = rule.day_law.basis
            out.append(words(f"此处的“日”指工作日（{law}）。", f"“Days” here are working days ({law})."))
        out.append(_first(deadline))
    for extension in deadline.extensions:
        by = rule.extension.approver_words if rule.extension else words("", "")
        out.append(
            words(f"经{by.zh}批准延长{extension.limit.words.zh}", f"extended by {extension.limit.words.en} ({by.en})")
        )
    for pause in deadline.pauses:
        reason = rule.pause_reason(pause.reason)
        if reason is not None:
            span = f"{pause.start:%Y-%m-%d %H:%M} – {f'{pause.end:%Y-%m-%d %H:%M}' if pause.end else '…'}"
            basis = f"（{reason.basis}）" if reason.basis else ""
            out.append(
                words(
                    f"中止 {span}：{reason.words.zh}{basis}",
                    f"paused {span}: {reason.words.en} {reason.basis or ''}".strip(),
                )
            )
    if deadline.nominal is not None and deadline.nominal != deadline.due.toordinal():
        nominal = date.fromordinal(deadline.nominal)
        out.append(
            words(
                f"最后一日 {nominal} 是休息日，移至 {deadline.due:%Y-%m-%d}（民法典第二百零三条）。",
                f"The last day {nominal} rests and moves to {deadline.due:%Y-%m-%d} (Civil Code Art 203).",
            )
        )
    if deadline.provisional:
        out.append(
            words(
                "涉及的年份放假安排尚未公布，暂按周末计，公布后重算。",
                "A year it reaches has no published schedule: weekends are assumed; it is recomputed on publication.",
            )
        )
    out.append(words(f"到期：{deadline.due:%Y-%m-%d %H:%M:%S}", f"due {deadline.due:%Y-%m-%d %H:%M:%S}"))
    return out


def _first(deadline: Deadline) -> Words:
    rule, counted = deadline.rule, deadline.rule.counted
    if counted is not None and counted.unit is Unit.HOUR:
        if rule.first_hour is FirstHour.EXCLUDED:
            return words(
                "开始的小时不计入（民事诉讼法第八十五条）。",
                "The starting hour is not counted (Civil Procedure Law Art 85).",
            )
        return words(
            "按小时计，自规定时间起算，休息日照走（民法典第二百零一条）。",
            "Hours run from the set time, through rest days (Civil Code Art 201).",
        )
    if rule.first_day is FirstDay.EXCLUDED:
        return words(
            f"开始的当日 {deadline.start:%Y-%m-%d} 不计入（民法典第二百零一条）。",
            f"The first day {deadline.start:%Y-%m-%d} is not counted (Civil Code Art 201).",
        )
    return words("开始的当日计入。", "The first day counts.")


def remaining(due: datetime, now: datetime, calendar: Calendar) -> Words:
    """The time left, as people say it. Working days include today: on the last one it is "today".

    >>> "还剩2个工作日", "今天17:30前", "还剩40分钟", "已超期1个工作日"
    """
    minutes = int((due - now).total_seconds() // 60)
    today, last = now.toordinal(), due.toordinal()
    if now > due:
        return _overdue(-minutes, calendar.working_between(last, today))
    if minutes < 60:
        return words(f"还剩{max(minutes, 1)}分钟", f"{max(minutes, 1)} min left")
    clock = f"{due:%H:%M}"
    whole = due.timetz().replace(tzinfo=None) >= LAST_SECOND
    if today == last:
        return words("今天内", "by the end of today") if whole else words(f"今天{clock}前", f"by {clock} today")
    if last == today + 1 and not whole and minutes < 24 * 60:
        return words(f"明天{clock}前", f"by {clock} tomorrow")
    left = calendar.working_between(today - 1, last)
    if left:
        return words(f"还剩{left}个工作日", f"{left} working day{'s' if left > 1 else ''} left")
    days = last - today + 1
    return words(f"还剩{days}天", f"{days} days left")


def _overdue(minutes: int, working_days: int) -> Words:
    if working_days:
        return words(
            f"已超期{working_days}个工作日", f"{working_days} working day{'s' if working_days > 1 else ''} overdue"
        )
    if minutes < 60:
        return words(f"已超期{max(minutes, 1)}分钟", f"{max(minutes, 1)} min overdue")
    hours = minutes // 60
    return words(f"已超期{hours}小时", f"{hours} h overdue")
