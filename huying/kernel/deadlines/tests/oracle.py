"""The law's counting, walked one day (or minute) at a time, written apart from the code under test."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)


def rests(day, departures):
    return not departures[day] if day in departures else day.weekday() >= 5


def due_day(amount, unit, start, departures, *, first_counts=False, roll=True, left_out=frozenset()):
    """The last day of a limit, walking forward."""
    if unit == "M":
        year, month = start.year, start.month
        base = start if not first_counts else start - DAY
        year, month = base.year, base.month
        for _ in range(amount):
            month += 1
            if month == 13:
                year, month = year + 1, 1
        day = base.day
        while True:
            try:
                end = date(year, month, day)
                break
            except ValueError:
                day -= 1
        nominal = (end - base).days
        end, left = base, nominal
        while left:
            end += DAY
            if end not in left_out:
                left -= 1
    else:
        end, left = start, amount
        if first_counts:
            end -= DAY
        while left:
            end += DAY
            if end in left_out or (unit == "WD" and rests(end, departures)):
                continue
            left -= 1
    if roll:
        while rests(end, departures):
            end += DAY
    return end


def end_of(day):
    return datetime.combine(day, time(23, 59, 59), SHANGHAI)
