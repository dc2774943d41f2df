"""What of an intake's words is kept, shown and compared."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping

from huying.domains.identities.services import Identity
from huying.domains.matters.vocabulary import Confidentiality
from huying.kernel.search.masking import BLANK, mask, without_dwelling

TITLE_LENGTH = 40
_BLANKS = re.compile(r"\s+")


def spoken(content: str, reporter: Identity | None, confidentiality: str) -> str:
    """The content; where the reporter asked to stay hidden, without the name, number and address given for the vault.

    Nothing is lost: what is taken out here is what the vault keeps, and intake may reveal it there.
    """
    content = content.strip()
    if reporter is None or confidentiality == Confidentiality.OPEN:
        return content
    known = reporter
    for part in sorted({known.name, known.phone, known.address, known.email, known.other}, key=len, reverse=True):
        if len(part.strip()) > 1:
            content = content.replace(part.strip(), BLANK)
    return content


def title_of(content: str) -> str:
    """The first sentence, for lists and exports: what points at a person is masked in it."""
    first = _first(content)
    masked = mask(first, doors=False)
    return first if masked == unicodedata.normalize("NFKC", first) else masked


def _first(content: str) -> str:
    first = _BLANKS.sub(" ", content).strip()
    for end in "。！？；\n":
        head, found, _rest = first.partition(end)
        if found and 4 <= len(head) <= TITLE_LENGTH:
            return head
    return first[:TITLE_LENGTH]


def body_key(content: str) -> str:
    """The same words, whatever their blanks: for merge hints, never for finding a person."""
    return hashlib.blake2b(_BLANKS.sub("", content).encode(), digest_size=16).hexdigest()


def place_key(item: str, columns: Mapping[str, str], place: str) -> str:
    """The same item at the same place: repeats are counted on this, never on who called. Blank when either is unknown.

    A dwelling counts as its building: two matters of one home are not put side by side (pains-and-rights, Rights 2).
    """
    where = _BLANKS.sub("", without_dwelling(place)) or columns.get("grid", "")
    if not item or not where:
        return ""
    area = columns.get("township") or columns.get("county") or columns.get("city", "")
    return hashlib.blake2b(f"{item}|{area}|{where}".encode(), digest_size=16).hexdigest()
