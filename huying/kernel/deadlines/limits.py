"""How much time: an amount and its unit, read from the words rulebooks use ("2 h", "15 WD", "60 D", "1 M")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from huying.kernel.errors import InvalidInput
from huying.kernel.words import Words, words


class Unit(StrEnum):
    HOUR = "h"
    DAY = "D"
    WORKING_DAY = "WD"
    MONTH = "M"


UNIT_WORDS: dict[Unit, Words] = {
    Unit.HOUR: words("小时", "hours"),
    Unit.DAY: words("日", "days"),
    Unit.WORKING_DAY: words("个工作日", "working days"),
    Unit.MONTH: words("个月", "months"),
}
_SPELLINGS = {
    "h": Unit.HOUR,
    "小时": Unit.HOUR,
    "d": Unit.DAY,
    "日": Unit.DAY,
    "天": Unit.DAY,
    "wd": Unit.WORKING_DAY,
    "工作日": Unit.WORKING_DAY,
    "个工作日": Unit.WORKING_DAY,
    "m": Unit.MONTH,
    "月": Unit.MONTH,
    "个月": Unit.MONTH,
}
# Beyond these nobody's limit lies, and dates would leave the calendar.
LARGEST = {Unit.HOUR: 87_600, Unit.DAY: 36_500, Unit.WORKING_DAY: 25_000, Unit.MONTH: 1_200}
_SHAPE = re.compile(r"\s*([0-9]{1,6})\s*(\D+?)\s*")


@dataclass(frozen=True, slots=True)
class Limit:
    """`amount` of `unit`; at least one."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 1 <= self.amount <= LARGEST[self.unit]:
            raise InvalidInput(
                str(
                    words(
                        f"时限 {self.amount} {self.unit} 超出范围",
                        f"a limit of {self.amount} {self.unit} is out of range",
                    )
                ),
                cure=str(
                    words(
                        f"请写 1 到 {LARGEST[self.unit]} 之间的整数",
                        f"write a whole number from 1 to {LARGEST[self.unit]}",
                    )
                ),
            )

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Read "15 WD", "2h" or "15个工作日". Raises InvalidInput."""
        match = _SHAPE.fullmatch(text)
        unit = _SPELLINGS.get(match[2].lower()) if match else None
        if match is None or unit is None:
            raise InvalidInput(
                str(words(f"看不懂的时限“{text}”", f"“{text}” is no limit")),
                cure=str(
                    words(
                        "请写成“2 h”（小时）、“15 WD”（工作日）、“60 D”（日）或“1 M”（个月）",
                        "write it as “2 h” (hours), “15 WD” (working days), “60 D” (days) or “1 M” (months)",
                    )
                ),
            )
        return cls(int(match[1]), unit)

    def __str__(self) -> str:
        return f"{self.amount} {self.unit.value}"

    @property
    def words(self) -> Words:
        unit = UNIT_WORDS[self.unit]
        return words(f"{self.amount}{unit.zh}", f"{self.amount} {unit.en if self.amount != 1 else unit.en[:-1]}")
