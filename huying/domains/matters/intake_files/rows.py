"""One row of a file as one matter to be taken in, or the reason why it can't be."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time

from huying.domains.identities.services import Identity
from huying.domains.matters.intake_files.profile import FIELDS, Matching, Profile
from huying.domains.matters.vocabulary import Channel, Kind
from huying.kernel import clock
from huying.kernel.sheets import Line
from huying.kernel.sheets.sheet import Cell
from huying.kernel.sheets.writing import restored
from huying.kernel.words import Words, words

EARLIEST = datetime(1990, 1, 1, tzinfo=clock.ZONE)
TITLE, CONTENT, PLACE, SOURCE_ID = 120, 20_000, 200, 120
_PADDING = re.compile(r"[ \t\u3000\xa0\u200b\ufeff]+")
_LINES = re.compile(r"\s*\n\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Entry:
    """What a row says, cleaned. extra: what only a replay reads (closed_at, status, agency); whole: the row, for its digest."""

    number: int
    at: datetime | None
    channel: Channel
    kind: Kind
    title: str
    content: str
    place: str = ""
    division: str = ""
    item: str = ""
    source_id: str = ""
    external_due_at: datetime | None = None
    reporter: Identity | None = field(default=None, repr=False)
    extra: dict[str, str | datetime | None] = field(default_factory=dict)
    whole: str = field(default="", repr=False)


@dataclass(frozen=True)
class Fault:
    number: int
    reason: Words
    cure: Words


class _Bad(Exception):
    def __init__(self, field: str, zh: str, en: str, cure_zh: str, cure_en: str) -> None:
        name = FIELDS.get(field, field)
        self.reason = words(f"{name}：{zh}", f"{field}: {en}")
        self.cure = words(cure_zh, cure_en)


def clean(value: Cell) -> str:
    """Text without padding, control or direction-changing characters; line breaks inside are kept, one at a time."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    text = unicodedata.normalize("NFC", restored(str(value))).replace("\r\n", "\n").replace("\r", "\n")
    return _LINES.sub("\n", _PADDING.sub(" ", _CONTROL.sub("", text))).strip()


def moment(value: Cell, formats: list[str]) -> datetime | None:
    """`value` as a time in Asia/Shanghai: a date cell, or text in one of `formats`. None when empty. Raises ValueError."""
    if isinstance(value, datetime):
        return clock.local(value)
    if isinstance(value, date):
        return datetime.combine(value, time.min, clock.ZONE)
    text = unicodedata.normalize("NFKC", clean(value)).strip()
    if not text:
        return None
    for form in formats:
        try:
            return datetime.strptime(text, form).replace(tzinfo=clock.ZONE)
        except ValueError:
            continue
    raise ValueError(text)


class Reader:
    """Turns lines into entries under one profile and mapping."""

    def __init__(self, profile: Profile, mapping: Matching) -> None:
        self._profile, self._places, self._now = profile, mapping.places, clock.now()

    def read(self, line: Line) -> Entry | Fault:
        if line.fault is not None:
            return Fault(line.number, line.fault, line.cure or words("请核对这一行。", "Check this row."))
        try:
            return self._entry(line)
        except _Bad as bad:
            return Fault(line.number, bad.reason, bad.cure)

    def _entry(self, line: Line) -> Entry:
        profile = self._profile
        times = {name: self._time(name, line) for name in ("at", "external_due_at", "closed_at")}
        texts = {name: self._text(name, line) for name in profile.columns if name not in times}
        title, place = texts.get("title", ""), texts.get("place", "")
        content = texts.get("content", "")
        if profile.content:
            content = profile.content.format(title=title, place=place or "—")
        if not content:
            raise _Bad("content", "是空的。", "empty.", "请写明反映的内容。", "Write what is reported.")
        self._bound("content", content, CONTENT)
        self._bound("place", place, PLACE)
        self._bound("source_id", texts.get("source_id", ""), SOURCE_ID)
        self._bound("title", title, 2_000)
        if len(title) > TITLE:
            content, title = f"{title}\n{content}", title[: TITLE - 1] + "…"
            self._bound("content", content, CONTENT)
        return Entry(
            number=line.number,
            at=times["at"],
            channel=Channel(texts.get("channel") or profile.channel),
            kind=Kind(texts["kind"]) if texts.get("kind") else self._kind(title or content[:60]),
            title=title,
            content=content,
            place=place,
            division=re.sub(r"\D", "", texts.get("division", "")),
            item=texts.get("item", "")[:32],
            source_id=texts.get("source_id", ""),
            external_due_at=times["external_due_at"],
            reporter=self._reporter(texts),
            extra={"closed_at": times["closed_at"], **{k: texts[k] for k in ("status", "agency") if k in texts}},
            whole="\x1f".join(clean(line.cells[at]) for _name, at in sorted(self._places.items())),
        )

    def _cell(self, name: str, line: Line) -> Cell:
        at = self._places.get(name)
        return None if at is None else line.cells[at]

    def _text(self, name: str, line: Line) -> str:
        column = self._profile.columns[name]
        text = clean(self._cell(name, line))
        if not text:
            if column.required:
                raise _Bad(name, "是空的。", "empty.", "请补上这一格。", "Fill in this cell.")
            return ""
        if column.values:
            told = column.values.get(text, column.values.get(int(text)) if text.isdecimal() else None)
            if told is None:
                known = "、".join(str(value) for value in column.values)
                raise _Bad(
                    name, f"不认识“{text[:40]}”。", f"unknown value “{text[:40]}”.",
                    f"请改为：{known}", f"Use one of: {known}",
                )  # fmt: skip
            return told
        return f"{column.prefix}{text}" if column.prefix else text

    def _time(self, name: str, line: Line) -> datetime | None:
        column = self._profile.columns.get(name)
        if column is None:
            return None
        try:
            found = moment(self._cell(name, line), column.formats)
        except (ValueError, OverflowError):
            shown = clean(self._cell(name, line))[:40]
            raise _Bad(
                name, f"读不出“{shown}”是什么时间。", f"“{shown}” is not a time we can read.",
                "请写成 2019-02-28 11:25:05。", "Write it as 2019-02-28 11:25:05.",
            ) from None  # fmt: skip
        if found is None and column.required:
            raise _Bad(name, "是空的。", "empty.", "请补上时间；系统不猜。", "Fill in the time; it is not guessed.")
        if found is not None and found < EARLIEST:
            raise _Bad(
                name, f"{found:%Y-%m-%d} 太早。", f"{found:%Y-%m-%d} is too early.", "请核对年份。", "Check the year."
            )
        if found is not None and name != "external_due_at" and found > self._now:
            raise _Bad(
                name, f"{found:%Y-%m-%d %H:%M} 在将来。", f"{found:%Y-%m-%d %H:%M} lies in the future.",
                "请核对日期。", "Check the date.",
            )  # fmt: skip
        return found

    @staticmethod
    def _bound(name: str, text: str, most: int) -> None:
        if len(text) > most:
            raise _Bad(
                name, f"有 {len(text):,} 字，最多 {most:,} 字。", f"{len(text):,} characters; at most {most:,}.",
                "请缩短，全文可作为附件。", "Shorten it; attach the full text.",
            )  # fmt: skip

    def _kind(self, title: str) -> Kind:
        for rule in self._profile.kinds:
            if any(word in title for word in rule.words):
                return rule.kind
        return self._profile.kind

    @staticmethod
    def _reporter(texts: dict[str, str]) -> Identity | None:
        told = {name.split(".")[1]: text for name, text in texts.items() if name.startswith("reporter.") and text}
        if not told:
            return None
        from huying.kernel.errors import InvalidInput

        try:
            return Identity(**told).cleaned()
        except InvalidInput as error:
            wrong = ", ".join(error.fields)
            raise _Bad(
                f"reporter.{next(iter(error.fields), 'name')}", "；".join(error.fields.values()), f"cannot be used ({wrong}).",
                "请核对联系方式。", "Check the contact details.",
            ) from None  # fmt: skip
