# ruff: noqa: DTZ001 - a naive start is what is being tested: it is Asia/Shanghai.
from datetime import date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from huying.kernel.clock import ZONE
from huying.kernel.deadlines import FirstDay, Limit, Pause, PauseReason, Roll, Unit, compute, remaining
from huying.kernel.deadlines.tests.builders import calendar_2026, calendar_of, departures_2026, rule
from huying.kernel.deadlines.tests.oracle import due_day, end_of, rests
from huying.kernel.words import words

days_of_two_years = st.dates(date(2025, 1, 1), date(2026, 12, 31))
departures = st.dictionaries(days_of_two_years, st.booleans(), max_size=60)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31))
reason = PauseReason("listed", words("列明事由", "listed reason"))


@settings(max_examples=300, deadline=None)
@given(
    departures,
    moments,
    st.integers(1, 90),
    st.sampled_from(["D", "WD"]),
    st.booleans(),
    st.booleans(),
)
def test_days_and_working_days_end_where_walking_day_by_day_ends(special, start, amount, unit, first_counts, roll):
    deadline = compute(
        rule(
            f"{amount} {unit}",
            first_day=FirstDay.INCLUDED if first_counts else FirstDay.EXCLUDED,
            roll=Roll.FORWARD if roll else Roll.NONE,
        ),
        start,
        calendar_of(special, [2025, 2026]),
    )
    assert deadline.due == end_of(due_day(amount, unit, start.date(), special, first_counts=first_counts, roll=roll))


@settings(max_examples=200, deadline=None)
@given(departures, moments, st.integers(1, 14), st.booleans())
def test_months_end_where_the_matching_day_is(special, start, amount, first_counts):
    deadline = compute(
        rule(f"{amount} M", first_day=FirstDay.INCLUDED if first_counts else FirstDay.EXCLUDED),
        start,
        calendar_of(special, [2025, 2026]),
    )
    assert deadline.due == end_of(due_day(amount, "M", start.date(), special, first_counts=first_counts))


@settings(max_examples=200, deadline=None)
@given(
    departures,
    moments,
    st.integers(1, 40),
    st.sampled_from(["D", "WD", "M"]),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=3),
)
def test_paused_days_are_walked_over(special, start, amount, unit, gaps):
    amount = min(amount, 3) if unit == "M" else amount
    pauses, moment, left_out = [], start, set()
    for wait, length in gaps:
        begin = moment + timedelta(days=wait, hours=1)
        moment = begin + timedelta(days=length, minutes=1)
        pauses.append(Pause(begin, moment, "listed"))
        left_out |= {begin.date() + timedelta(days=n) for n in range((moment.date() - begin.date()).days)}
    deadline = compute(rule(f"{amount} {unit}", pauses=(reason,)), start, calendar_of(special, [2025, 2026]), pauses)
    # The day it starts on is outside the count, so a pause that begins on it takes nothing from it.
    left_out.discard(start.date())
    assert deadline.due == end_of(due_day(amount, unit, start.date(), special, left_out=left_out))


@settings(max_examples=200, deadline=None)
@given(departures, moments, st.integers(1, 60))
def test_what_is_skipped_and_what_is_counted_together_are_all_days_up_to_the_due_day(special, start, amount):
    deadline = compute(rule(f"{amount} WD"), start, calendar_of(special, [2025, 2026]))
    span = (deadline.due.date() - start.date()).days
    skipped = [entry.day for entry in deadline.skipped]
    assert len(skipped) + amount == span
    assert all(rests(day, special) for day in skipped)
    assert skipped == sorted(set(skipped))


@settings(max_examples=200, deadline=None)
@given(moments, st.integers(1, 200), st.sampled_from(["h", "D", "WD", "M"]))
def test_a_longer_limit_or_a_later_start_is_never_due_sooner(start, amount, unit):
    amount = min(amount, 20) if unit == "M" else amount
    calendar = calendar_2026()
    here = compute(rule(f"{amount} {unit}"), start, calendar).due
    assert compute(rule(f"{amount + 1} {unit}"), start, calendar).due >= here
    assert compute(rule(f"{amount} {unit}"), start + timedelta(hours=7), calendar).due >= here
    assert here > start.replace(tzinfo=ZONE)


@settings(max_examples=200, deadline=None)
@given(moments, st.integers(1, 30), st.integers(1, 5), st.sampled_from(["D", "WD"]))
def test_the_yellow_card_turns_when_exactly_so_many_days_are_left(start, amount, left, unit):
    deadline = compute(rule(f"{amount} {unit}", yellow=Limit(left, Unit(unit))), start, calendar_2026())
    calendar = calendar_2026()
    day, counted = deadline.warn_at.date(), 0
    while day <= deadline.due.date():
        counted += unit == "D" or calendar.is_working(day)
        day += timedelta(days=1)
    assert counted == left
    assert deadline.warn_at.time() == time()


@settings(max_examples=200, deadline=None)
@given(moments, st.integers(0, 40_000))
def test_the_words_for_what_is_left_never_contradict_the_clock(now, minutes):
    now = now.replace(tzinfo=ZONE)
    said = remaining(now + timedelta(minutes=minutes), now, calendar_2026())
    assert not said.zh.startswith("已超期")
    assert remaining(now - timedelta(minutes=minutes + 1), now, calendar_2026()).zh.startswith("已超期")


def test_the_2026_schedule_is_the_one_the_state_council_published():
    rows = dict(departures_2026())
    assert sum(1 for worked in rows.values() if not worked) == 33
    assert sum(1 for worked in rows.values() if worked) == 6
