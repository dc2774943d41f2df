"""Terms in both languages, for vocabularies that must not import Django."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """A term's Chinese and English; as `str`, the one of the reader's language."""

    zh: str
    en: str

    def __str__(self) -> str:
        from django.utils.translation import get_language

        return self.en if (get_language() or "zh").startswith("en") else self.zh


def words(zh: str, en: str) -> Words:
    return Words(zh, en)


_BETWEEN = Words("、", ", ")


def listed(names: Iterable[object]) -> str:
    """Names in a row, with the mark that the reader's language puts between them."""
    return str(_BETWEEN).join(str(name) for name in names)
