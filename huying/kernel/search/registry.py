"""The kinds of record that can be searched. A kind's number is part of its rows' ids: once given it never changes."""

from __future__ import annotations

from dataclasses import dataclass

from huying.kernel.words import Words

RECORDS_BITS = 48


@dataclass(frozen=True)
class Kind:
    """A kind of record: `number` 1 to 32,767, the same for ever."""

    name: str
    number: int
    words: Words

    @property
    def first(self) -> int:
        return self.number << RECORDS_BITS

    @property
    def last(self) -> int:
        return self.first | ((1 << RECORDS_BITS) - 1)

    def pack(self, record_id: int) -> int:
        if not 0 < record_id < 1 << RECORDS_BITS:
            raise ValueError(f"a record's id is 1 to 2^{RECORDS_BITS} - 1, not {record_id}")
        return self.first | record_id

    def unpack(self, packed: int) -> int:
        return packed - self.first


_kinds: dict[str, Kind] = {}


def register(name: str, number: int, words: Words) -> Kind:
    """Make `name` searchable. Raises ValueError when the number is another kind's, or the name has another number."""
    if not 0 < number < 1 << 15:
        raise ValueError(f"{name}: a kind's number is 1 to 32767, not {number}")
    for kind in _kinds.values():
        if (kind.name == name) != (kind.number == number):
            raise ValueError(f"{name} {number}: taken by {kind.name} {kind.number}")
    _kinds[name] = Kind(name, number, words)
    return _kinds[name]


def kind(name: str) -> Kind:
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(
            f"search: no kind {name!r} is registered; known: {', '.join(sorted(_kinds)) or 'none'}"
        ) from None


def kinds() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda kind: kind.number)
