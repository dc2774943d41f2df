"""The language of indicator definitions: arithmetic over measures, checked before it runs. Pure: no engine, no Django.

    (closed + withdrawn) / if(isnull(received), registered, received)

Names are measures or constants. Unknown stays unknown: arithmetic with a blank is blank, and so is anything divided by zero;
`isnull` and `coalesce` are the only ways to say otherwise. docs/howto/add-an-indicator.md lists the language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from huying.kernel.errors import InvalidInput

TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<op><=|>=|!=|=|<|>|\+|-|\*|/|\(|\)|,))"
)
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
# Each function and how many arguments it takes, at least and at most.
FUNCTIONS: dict[str, tuple[int, int]] = {
    "if": (3, 3),
    "isnull": (1, 1),
    "coalesce": (1, 99),
    "min": (1, 99),
    "max": (1, 99),
    "abs": (1, 1),
    "previous": (1, 1),
    "last_year": (1, 1),
    "year_to_date": (1, 1),
    "nodes": (0, 0),
    "reported": (0, 0),
}
# What people call some of them, without underscores.
MEANT = {
    "firstnonnull": "coalesce",
    "ifnull": "coalesce",
    "nvl": "coalesce",
    "isnan": "isnull",
    "prev": "previous",
    "previousperiod": "previous",
    "lag": "previous",
    "sameperiodlastyear": "last_year",
    "previousyear": "last_year",
    "ytd": "year_to_date",
    "countnodes": "nodes",
    "nodecount": "nodes",
}
# What a function gives and takes: conditions and numbers are kept apart, so that `if(closed, …)` is a fault, not a guess.
CONDITIONS = {"isnull"}
WORDS = {"and", "or", "not"}
MOST_DEEP = 50


class Fault(InvalidInput):
    """An expression that can't be read. column: from 1, where in the text."""

    def __init__(self, text: str, at: int, what: str, cure: str = "") -> None:
        self.column = at + 1
        super().__init__(f"{what}, at column {self.column} of “{text}”", cure=cure)


@dataclass(frozen=True)
class Number:
    value: str
    at: int = 0


@dataclass(frozen=True)
class Name:
    name: str
    at: int = 0


@dataclass(frozen=True)
class Call:
    """A function, or an operator under its sign."""

    function: str
    arguments: tuple[Expression, ...]
    at: int = 0


Expression = Number | Name | Call


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Raises Fault, which names the column."""
    return _Reader(text).whole()


def condition(text: str) -> Expression:
    """A condition instead of a number: what a rule says must hold. Raises Fault, which names the column."""
    reader = _Reader(text)
    return reader.condition(reader.all())


def names(expression: Expression) -> Iterator[Name]:
    """Every name in it, as often as it stands there."""
    match expression:
        case Name():
            yield expression
        case Call(_, arguments):
            for argument in arguments:
                yield from names(argument)


def check(text: str, known: set[str]) -> Expression:
    """Read and check: every name is known. known: measures and constants."""
    made = parse(text)
    for name in names(made):
        if name.name not in known:
            near = ", ".join(sorted(known)[:12]) or "none"
            raise Fault(text, name.at, f"no measure or constant {name.name!r}", f"there are: {near}")
    return made


def written(expression: Expression) -> str:
    """The one way to write it: two texts of the same expression give the same. The operands of + and * stand in order."""
    match expression:
        case Number(value):
            return value.rstrip("0").rstrip(".") if "." in value else value
        case Name(name):
            return name
        case Call(function, arguments):
            parts = [written(argument) for argument in arguments]
            if function in ("+", "*", "and", "or", "=", "!="):
                parts.sort()
            if function.isidentifier() and function not in WORDS:
                return f"{function}({', '.join(parts)})"
            return f"({function} {' '.join(parts)})"


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        at, deep = 0, 0
        while at < len(text.rstrip()):
            found = TOKEN.match(text, at)
            if not found:
                at += len(text[at:]) - len(text[at:].lstrip())
                raise Fault(text, at, f"{text[at]!r} is no part of the language")
            kind = str(found.lastgroup)
            start = found.start(kind)
            self.tokens.append((kind, found[kind], start))
            deep += {"(": 1, ")": -1}.get(found[kind], 0)
            if deep > MOST_DEEP:
                raise Fault(text, start, f"more than {MOST_DEEP} brackets are open")
            at = found.end()
        self.place = 0

    def whole(self) -> Expression:
        return self.number(self.all())

    def all(self) -> Expression:
        if not self.tokens:
            raise Fault(self.text, 0, "the expression is empty")
        made = self.either()
        if self.place < len(self.tokens):
            raise Fault(self.text, self.at, f"{self.next!r} is not expected here")
        return made

    @property
    def next(self) -> str:
        return self.tokens[self.place][1] if self.place < len(self.tokens) else ""

    @property
    def at(self) -> int:
        return self.tokens[self.place][2] if self.place < len(self.tokens) else len(self.text)

    def take(self, *wanted: str) -> str:
        if self.next in wanted and self.next:
            self.place += 1
            return self.tokens[self.place - 1][1]
        return ""

    def need(self, wanted: str) -> None:
        if not self.take(wanted):
            raise Fault(self.text, self.at, f"{wanted!r} is missing")

    # From what binds least to what binds most.

    def either(self) -> Expression:
        return self.chain(self.both, "or")

    def both(self) -> Expression:
        return self.chain(self.negated, "and")

    def chain(self, part: Callable[[], Expression], word: str) -> Expression:
        made = part()
        while self.next == word:
            at = self.at
            self.take(word)
            other = part()
            made = Call(word, (self.condition(made), self.condition(other)), at)
        return made

    def negated(self) -> Expression:
        at = self.at
        if self.take("not"):
            return Call("not", (self.condition(self.negated()),), at)
        return self.compared()

    def compared(self) -> Expression:
        made = self.sum()
        at = self.at
        if sign := self.take(*COMPARISONS):
            if (sign, self.next) in (("=", "="), ("<", ">")):
                raise Fault(self.text, at, f"{sign}{self.next} is no comparison", "write = for equal, != for unequal")
            return Call(sign, (self.number(made), self.number(self.sum())), at)
        return made

    def sum(self) -> Expression:
        return self.operators(self.product, "+", "-")

    def product(self) -> Expression:
        return self.operators(self.signed, "*", "/")

    def operators(self, part: Callable[[], Expression], *signs: str) -> Expression:
        made = part()
        at = self.at
        while sign := self.take(*signs):
            other = part()
            made = Call(sign, (self.number(made), self.number(other)), at)
            at = self.at
        return made

    def signed(self) -> Expression:
        at = self.at
        if self.take("-"):
            return Call("-", (Number("0", at), self.number(self.signed())), at)
        return self.single()

    def single(self) -> Expression:
        if self.place >= len(self.tokens):
            raise Fault(self.text, len(self.text), "the expression ends too early")
        kind, value, at = self.tokens[self.place]
        self.place += 1
        if kind == "number":
            return Number(value, at)
        if value == "(":
            made = self.either()
            self.need(")")
            return made
        if kind != "name" or value in WORDS:
            raise Fault(self.text, at, f"{value!r} is not expected here")
        if not self.take("("):
            if value in FUNCTIONS:
                raise Fault(self.text, at, f"{value} is a function", f"write {value}(…)")
            return Name(value, at)
        return self.call(value, at)

    def call(self, function: str, at: int) -> Expression:
        if function not in FUNCTIONS:
            plain = function.replace("_", "").lower()
            meant = MEANT.get(plain) or next((name for name in FUNCTIONS if name.replace("_", "") == plain), None)
            cure = f"perhaps {meant}" if meant else f"there are: {', '.join(sorted(FUNCTIONS))}"
            raise Fault(self.text, at, f"no function {function!r}", cure)
        arguments: list[Expression] = []
        if self.next != ")":
            arguments.append(self.either())
            while self.take(","):
                arguments.append(self.either())
        self.need(")")
        least, most = FUNCTIONS[function]
        if not least <= len(arguments) <= most:
            wanted = str(least) if least == most else f"{least} or more"
            raise Fault(self.text, at, f"{function} takes {wanted} arguments, not {len(arguments)}")
        for i, argument in enumerate(arguments):
            if function == "if" and i == 0:
                self.condition(argument)
            else:
                self.number(argument)
        return Call(function, tuple(arguments), at)

    def condition(self, made: Expression) -> Expression:
        if not _is_condition(made):
            raise Fault(self.text, made.at, "a condition is wanted here, not a number", "compare it: closed > 0")
        return made

    def number(self, made: Expression) -> Expression:
        if _is_condition(made):
            raise Fault(self.text, made.at, "a number is wanted here, not a condition", "write if(…, 1, 0)")
        return made


def _is_condition(made: Expression) -> bool:
    return isinstance(made, Call) and (made.function in COMPARISONS or made.function in WORDS | CONDITIONS)
