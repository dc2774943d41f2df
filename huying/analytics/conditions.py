"""The conditions of a measure, as data: `closed_in_time is true`, `solved in yes, no`, `first_replied_at <= limit_due_at`.

One condition compares one column; a measure's conditions all hold together. The same condition becomes SQL for the lake and a
query-set filter for the records behind a figure, so the two can't disagree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import F, Q

from huying.kernel.errors import InvalidInput
from huying.kernel.facts import Column, FactTable, Kind
from huying.kernel.words import words

SHAPE = re.compile(r"(?P<column>[a-z_]+)\s+(?P<op>is not|is|in|not in|=|!=|<=|>=|<|>)\s+(?P<value>.+)")
ORDERED = {"<", "<=", ">", ">="}
LOOKUPS = {"<": "__lt", "<=": "__lte", ">": "__gt", ">=": "__gte", "=": "", "!=": ""}
NAMED = {"true": True, "false": False, "null": None}
AS_OF = "as_of"
# A yes-no column the lake derives from other records: an earlier one of the same item at the same place within 90 days.
REPEATS_PLACE = "repeats_place"
REPEAT_SECONDS = 90 * 86_400


@dataclass(frozen=True)
class ColumnName:
    """The other side of a comparison is a column, or the moment up to which the figures are known (`as_of`)."""

    name: str


DERIVED = Column(REPEATS_PLACE, Kind.BOOL, words("同地同事重复", "repeats at the place"))


@dataclass(frozen=True)
class Condition:
    column: str
    op: str
    value: bool | int | str | date | tuple[str, ...] | ColumnName | None

    @classmethod
    def parse(cls, text: str, table: FactTable) -> Condition:
        """Raises InvalidInput naming the text and what is wrong with it."""
        found = SHAPE.fullmatch(text.strip())
        if not found:
            raise InvalidInput(
                f"condition {text!r} cannot be read", cure="write: column operator value, e.g. solved = yes"
            )
        name, op, value = found["column"], found["op"], found["value"].strip()
        column = table.column(name) or (DERIVED if name == REPEATS_PLACE and table.column("place_key") else None)
        if column is None:
            raise InvalidInput(f"condition {text!r}: {table.name} has no column {name}")
        if op in ("is", "is not"):
            if value not in NAMED or (value != "null" and (column.kind is not Kind.BOOL or op == "is not")):
                raise InvalidInput(f"condition {text!r}: `is` takes null, or true or false for a yes-no column")
            return cls(name, op, NAMED[value])
        if op in ("in", "not in"):
            if column.kind is not Kind.TEXT:
                raise InvalidInput(f"condition {text!r}: `in` takes a text column")
            return cls(name, op, tuple(part.strip() for part in value.split(",")))
        other = table.column(value)
        if column.kind is Kind.TEXT and other is not None and other.kind is not Kind.TEXT:
            other = None  # a word that happens to be a column's name
        if other is not None or value == AS_OF:
            if column.kind is not (other.kind if other else Kind.SECONDS):
                raise InvalidInput(f"condition {text!r} compares two kinds of value")
            return cls(name, op, ColumnName(value))
        return cls(name, op, cls._literal(column.kind, op, value, text))

    @staticmethod
    def _literal(kind: Kind, op: str, value: str, text: str) -> int | str | date:
        try:
            match kind:
                case Kind.INT:
                    return int(value)
                case Kind.DATE:
                    return date.fromisoformat(value)
                case Kind.TEXT if op not in ORDERED:
                    return value
        except ValueError:
            pass
        raise InvalidInput(f"condition {text!r}: {value!r} is not what a column of kind {kind} compares with")

    def sql(self) -> str:
        """DuckDB SQL over the fact table's columns and `as_of` (seconds)."""
        match self.value:
            case None:
                return f"{self.column} {self.op} NULL"
            case bool():
                return f"{self.column} IS {str(self.value).upper()}"
            case tuple():
                return f"{self.column} {self.op} ({', '.join(_quoted(part) for part in self.value)})"
            case ColumnName(name):
                right = name
            case int():
                right = str(self.value)
            case date():
                right = f"DATE '{self.value.isoformat()}'"
            case str():
                right = _quoted(self.value)
        return f"{self.column} {'<>' if self.op == '!=' else self.op} {right}"

    def filter(self, fields: Mapping[str, str], as_of: int) -> Q:
        """The same over the query set that offers the facts. fields: column → its field there. as_of: seconds."""
        field = fields[self.column]
        match self.value:
            case None:
                return Q(**{f"{field}__isnull": self.op == "is"})
            case tuple():
                inside = Q(**{f"{field}__in": self.value})
                return inside if self.op == "in" else ~inside & Q(**{f"{field}__isnull": False})
            case ColumnName(name):
                right: Any = datetime.fromtimestamp(as_of, UTC) if name == AS_OF else F(fields[name])
            case _:
                right = self.value
        condition = Q(**{f"{field}{LOOKUPS.get(self.op, '')}": right})
        # In SQL a comparison with unknown is never true; Django's negation would let it through.
        return ~condition & Q(**{f"{field}__isnull": False}) if self.op == "!=" else condition

    @property
    def columns(self) -> set[str]:
        """The columns it reads."""
        other = {self.value.name} if isinstance(self.value, ColumnName) and self.value.name != AS_OF else set()
        return {self.column} | other

    @property
    def moves(self) -> bool:
        """Whether time alone, with no change to the record, can turn it."""
        return self.value == ColumnName(AS_OF)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
