"""What no department is asked for: feeds and columns refused by name, and what the place's own records answer."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from django.utils.translation import gettext as _

from huying.analytics import definitions
from huying.kernel.words import Words

FILE = Path(__file__).with_name("refusals.yaml")
# Short texts people write beside figures: a number of an identity card (GB 11643) or a mobile phone has no place in them.
PERSONAL = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|1[3-9]\d{9})(?!\d)")
# What may stand before the name of what is counted, and says nothing else of it.
AROUND = re.compile(
    r"^(?:本月|当月|月度|本季|季度|本年|年度|本期|当期|累计|全省|全市|全县|全区|本市|本县|本区|政务|服务|便民|12345|热线|诉求件?的?|事项的?|工单的?|"
    r"monthly|hotline|total|the)(?=.)"
)


@dataclass(frozen=True)
class Refusal:
    """key: of refusals.yaml. found: the words that were caught."""

    key: str
    why: Words
    cure: Words
    reference: str
    found: str


@dataclass(frozen=True)
class _Entry:
    key: str
    zh: tuple[str, ...]
    en: re.Pattern[str]
    why: Words
    cure: Words
    reference: str


def refused(*texts: str) -> Refusal | None:
    """Why a feed, measure or column of one of these names or codes is not taken; None when it may be."""
    for text in texts:
        folded = _folded(text)
        for entry in _entries():
            found = next((word for word in entry.zh if word in folded.replace(" ", "")), "")
            if not found and (caught := entry.en.search(folded)):
                found = caught.group()
            if found:
                return Refusal(entry.key, entry.why, entry.cure, entry.reference, found)
    return None


def answered(code: str, *named: str) -> str:
    """The indicator or measure of the records (analytics/definitions) that a measure of this code or name would type in; ""."""
    known = definitions.shipped()
    if code in known.measures or known.indicator(code) is not None:
        return code
    names = {_bare(text) for text in named} - {""}
    for indicator in known.indicators:
        if names & {_bare(said) for said in (indicator.name.zh, indicator.name.en)}:
            return indicator.code
    return ""


def _bare(text: str) -> str:
    """A name without what people put around it: whose, of which period, in which unit."""
    bare = re.sub(r"[（(\[【].*?[)）\]】]|[%‰、，,:：]", "", _folded(text)).replace(" ", "")
    while (shorter := AROUND.sub("", bare)) != bare and shorter:
        bare = shorter
    return bare


def personal(text: str) -> str:
    """Why this text may not be kept: it holds a number of a person. "" when it may."""
    return _("这里写了身份证号或手机号，不得报送。") if PERSONAL.search(text) else ""


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[_\-/·.]+", " ", plain).split())


@cache
def _entries() -> tuple[_Entry, ...]:
    return tuple(
        _Entry(
            row["key"],
            tuple(_folded(word).replace(" ", "") for word in row["zh"]),
            re.compile(r"\b(?:" + "|".join(re.escape(_folded(word)) for word in row["en"]) + r")s?\b"),
            Words(row["why"]["zh"], row["why"]["en"]),
            Words(row["cure"]["zh"], row["cure"]["en"]),
            row["reference"],
        )
        for row in yaml.safe_load(FILE.read_text("utf-8"))
    )
