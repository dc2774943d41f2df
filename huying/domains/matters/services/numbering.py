"""A matter's number: counted here for each division and day, or given already by the outer zone, which counts from 900001."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from huying.domains.matters.models import Matter
from huying.kernel import clock, ids
from huying.kernel.errors import InvalidInput, Refused
from huying.kernel.sequences import next_numbers, next_numbers_of


class _Taken(Protocol):
    @property
    def number(self) -> str: ...


def area_of(columns: Mapping[str, str]) -> str:
    """The six digits a number begins with: those of the county, else of the city or province."""
    return (columns.get("county") or columns.get("city") or columns.get("province") or "")[: ids.DIVISION_DIGITS]


def give_numbers(intakes: Sequence[_Taken], matters: Sequence[Matter]) -> None:
    """Set `number` on each. Raises InvalidInput for a given one that could not come from outside."""
    fresh = []
    for intake, matter in zip(intakes, matters, strict=True):
        if intake.number:
            matter.number = _given(intake.number, *_place_and_day(matter))
        else:
            fresh.append((matter, *_place_and_day(matter)))
    counted = Counter((area, day) for _matter, area, day in fresh)
    given = next_numbers_of({f"matter:{area}:{day:%Y%m%d}": n for (area, day), n in counted.items()})
    numbers = {key: iter(values) for key, values in given.items()}
    for matter, area, day in fresh:
        sequence = next(numbers[f"matter:{area}:{day:%Y%m%d}"])
        if settings.HUYING_ZONE and sequence >= ids.OUTSIDE_FIRST:
            raise Refused(_("%(area)s 当天的编号已用完。") % {"area": area}, cure=_("请改用次日日期导入。"))
        matter.number = ids.matter_number(area, day, sequence)


def next_outside(area: str, day: date) -> str:
    """The outer zone's next number. Inside a transaction."""
    sequence = ids.OUTSIDE_FIRST - 1 + next_numbers(f"outside:{area}:{day:%Y%m%d}")[0]
    return ids.matter_number(area, day, sequence)


def _place_and_day(matter: Matter) -> tuple[str, date]:
    columns = {"county": matter.county, "city": matter.city, "province": matter.province}
    return area_of(columns), clock.local(matter.registered_at).date()


def _given(text: str, area: str, day: date) -> str:
    number = ids.parse_matter_number(text)
    if (number.division, number.day) != (area, day) or number.sequence < ids.OUTSIDE_FIRST:
        raise InvalidInput(_("编号 %(number)s 不是外网区给出的。") % {"number": number})
    return str(number)
