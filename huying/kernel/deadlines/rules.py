"""A legal time limit as data: what starts it, how it is counted, who may lengthen it, what stops it, and by which law.

A rule travels as JSON (`as_json`, `from_json`), so that a case can carry the very rule it was started under.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Any

from huying.kernel.deadlines.limits import Limit, Unit
from huying.kernel.errors import InvalidInput
from huying.kernel.words import Words, words

UNSAID = words("", "")


class FirstDay(StrEnum):
    EXCLUDED = "excluded"  # 民法典 Art 201: the first day is not counted
    INCLUDED = "included"


class FirstHour(StrEnum):
    RUNS = "runs"  # 民法典 Art 201: hours run from the set time
    EXCLUDED = "excluded"  # 民事诉讼法 Art 85: the starting hour is not counted


class Roll(StrEnum):
    FORWARD = "forward"  # 民法典 Art 203: a last day that rests moves to the first day after the rest
    BACK = "back"  # for limits counted backwards from an event
    NONE = "none"


class Direction(StrEnum):
    AFTER = "after"
    BEFORE = "before"  # "seven days before the hearing"


class Sense(StrEnum):
    AT_MOST = "at_most"
    AT_LEAST = "at_least"  # a period that must be left open, such as public comment


@dataclass(frozen=True, slots=True)
class Basis:
    title: str
    article: str = ""

    def __str__(self) -> str:
        return f"{self.title} {self.article}".strip()


@dataclass(frozen=True, slots=True)
class DayLaw:
    """Where a law says that its 日 are working days: for the amounts listed, up to one, or always (both empty)."""

    basis: Basis
    amounts: tuple[int, ...] = ()
    up_to: int | None = None

    def applies(self, limit: Limit) -> bool:
        if limit.unit is not Unit.DAY:
            return False
        if self.amounts:
            return limit.amount in self.amounts
        return self.up_to is None or limit.amount <= self.up_to


@dataclass(frozen=True, slots=True)
class ExtensionRule:
    """cap: all extensions together. times: how often. approver: key of who may approve."""

    cap: Limit
    times: int = 1
    approver: str = ""
    approver_words: Words = UNSAID
    basis: Basis | None = None


@dataclass(frozen=True, slots=True)
class PauseReason:
    """A listed reason whose time does not count."""

    key: str
    words: Words
    basis: Basis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One limit. `limit` None: the due moment comes from outside with the case (imported orders).

    internal: the locality's own shorter target. yellow: how much is left when the yellow card turns (1 WD: at the start
    of the last working day). red: the overdue day or hour on which the red card turns (1 WD: at the start of the first
    working day after the due day); None: the moment it is overdue. day_end: close of business, None: 24:00.
    valid_to is the first day after (half-open).
    """

    key: str
    words: Words
    limit: Limit | None
    start_event: Words = UNSAID
    kind: str = "law"
    first_day: FirstDay = FirstDay.EXCLUDED
    first_hour: FirstHour = FirstHour.RUNS
    roll: Roll = Roll.FORWARD
    direction: Direction = Direction.AFTER
    sense: Sense = Sense.AT_MOST
    day_end: time | None = None
    day_law: DayLaw | None = None
    extension: ExtensionRule | None = None
    pauses: tuple[PauseReason, ...] = ()
    basis: tuple[Basis, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    internal: Limit | None = None
    yellow: Limit | None = None
    red: Limit | None = None
    division: str = ""
    note: Words = UNSAID

    @property
    def counted(self) -> Limit | None:
        """The limit as it is counted: 日 read as working days where the law says so."""
        if self.limit is not None and self.day_law is not None and self.day_law.applies(self.limit):
            return Limit(self.limit.amount, Unit.WORKING_DAY)
        return self.limit

    def pause_reason(self, key: str) -> PauseReason | None:
        return next((reason for reason in self.pauses if reason.key == key), None)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON; what is empty or usual is left out."""
        out: dict[str, Any] = {"key": self.key, "zh": self.words.zh, "en": self.words.en, "kind": self.kind}
        out["limit"] = str(self.limit) if self.limit else None
        if self.start_event.zh:
            out["start"] = _words_out(self.start_event)
        for name, usual in _ENUMS.items():
            if getattr(self, name) is not usual:
                out[name] = getattr(self, name).value
        for name in ("internal", "yellow", "red"):
            if getattr(self, name) is not None:
                out[name] = str(getattr(self, name))
        for name in ("valid_from", "valid_to"):
            if getattr(self, name) is not None:
                out[name] = getattr(self, name).isoformat()
        if self.day_end is not None:
            out["day_end"] = self.day_end.strftime("%H:%M")
        if self.day_law is not None:
            law = self.day_law
            out["day_law"] = {**_basis_out(law.basis), "amounts": list(law.amounts), "up_to": law.up_to}
        if self.extension is not None:
            ext = self.extension
            out["extension"] = {
                "cap": str(ext.cap),
                "times": ext.times,
                "approver": {"key": ext.approver, **_words_out(ext.approver_words)},
                **({"basis": _basis_out(ext.basis)} if ext.basis else {}),
            }
        if self.pauses:
            out["pauses"] = [
                {"key": p.key, **_words_out(p.words), **({"basis": _basis_out(p.basis)} if p.basis else {})}
                for p in self.pauses
            ]
        out["basis"] = [_basis_out(basis) for basis in self.basis]
        if self.division:
            out["division"] = self.division
        if self.note.zh:
            out["note"] = _words_out(self.note)
        return out

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Rule:
        """The rule `as_json` wrote, or one from a rulebook file. Raises InvalidInput naming the rule and the field."""
        key = str(data.get("key", "?"))
        unknown = sorted(set(data) - _FIELDS)
        if unknown:
            raise InvalidInput(
                f"时限规则 {key}：不认识的字段 {unknown[0]}", cure=f"可用字段：{'、'.join(sorted(_FIELDS))}"
            )
        try:
            return cls(
                key=data["key"],
                words=words(data["zh"], data.get("en") or data["zh"]),
                limit=_limit_in(data.get("limit")),
                start_event=_words_in(data.get("start")),
                kind=data.get("kind", "law"),
                **{name: type(usual)(data.get(name, usual)) for name, usual in _ENUMS.items()},
                day_end=time.fromisoformat(data["day_end"]) if data.get("day_end") else None,
                day_law=_day_law_in(data.get("day_law")),
                extension=_extension_in(data.get("extension")),
                pauses=tuple(
                    PauseReason(p["key"], _words_in(p), _basis_in(p.get("basis"))) for p in data.get("pauses") or ()
                ),
                basis=tuple(Basis(b["title"], str(b.get("article", ""))) for b in data.get("basis") or ()),
                valid_from=_date_in(data.get("valid_from")),
                valid_to=_date_in(data.get("valid_to")),
                internal=_limit_in(data.get("internal")),
                yellow=_limit_in(data.get("yellow")),
                red=_limit_in(data.get("red")),
                division=str(data.get("division") or ""),
                note=_words_in(data.get("note")),
            )
        except InvalidInput as error:
            raise InvalidInput(f"时限规则 {key}：{error.message}", cure=error.cure) from None
        except KeyError as error:
            raise InvalidInput(f"时限规则 {key}：缺少字段 {error.args[0]}", cure="补上该字段") from None
        except (ValueError, TypeError, AttributeError) as error:
            raise InvalidInput(f"时限规则 {key}：{error}", cure="见 docs/howto 中的时限字段说明") from None


_ENUMS: dict[str, Any] = {
    "first_day": FirstDay.EXCLUDED,
    "first_hour": FirstHour.RUNS,
    "roll": Roll.FORWARD,
    "direction": Direction.AFTER,
    "sense": Sense.AT_MOST,
}
_FIELDS = {
    *("key", "zh", "en", "kind", "limit", "start", "day_end", "day_law", "extension", "pauses", "basis"),
    *("valid_from", "valid_to", "internal", "yellow", "red", "division", "note"),
    *_ENUMS,
}


def _words_out(pair: Words) -> dict[str, str]:
    return {"zh": pair.zh, "en": pair.en}


def _words_in(data: Mapping[str, Any] | None) -> Words:
    return words(data["zh"], data.get("en") or data["zh"]) if data else UNSAID


def _basis_out(basis: Basis) -> dict[str, str]:
    return {"title": basis.title, "article": basis.article}


def _basis_in(data: Mapping[str, Any] | None) -> Basis | None:
    return Basis(data["title"], str(data.get("article", ""))) if data else None


def _limit_in(value: str | None) -> Limit | None:
    return Limit.parse(value) if value else None


def _date_in(value: str | date | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _day_law_in(data: Mapping[str, Any] | None) -> DayLaw | None:
    if not data:
        return None
    basis = Basis(data["title"], str(data.get("article", "")))
    return DayLaw(basis, tuple(int(n) for n in data.get("amounts") or ()), data.get("up_to"))


def _extension_in(data: Mapping[str, Any] | None) -> ExtensionRule | None:
    if not data:
        return None
    approver = data.get("approver") or {}
    return ExtensionRule(
        cap=Limit.parse(data["cap"]),
        times=int(data.get("times", 1)),
        approver=approver.get("key", ""),
        approver_words=_words_in(approver if approver.get("zh") else None),
        basis=_basis_in(data.get("basis")),
    )
