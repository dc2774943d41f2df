"""Text as terms: pairs of neighbouring Chinese characters, and whole words and numbers of other scripts.

Chinese has no spaces, and a segmenter cuts the same phrase differently in a query than in a document. Overlapping pairs
need no dictionary and find every word of two characters or more, on any database. The last character of a run stands
once more by itself, so that a phrase that goes on with a number ("3区12栋") keeps its neighbours and a query of one
character finds it too.

Terms hold letters, digits and combining marks only: they need no quoting in either database's query language.
"""

import re
import unicodedata
from collections.abc import Iterator

LONGEST_TEXT = 8_000
"""Characters of a document that are indexed. PostgreSQL's tsvector counts positions up to 16,383."""

_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u3040-\u30ff\uac00-\ud7af"
_RUN = re.compile(rf"([{_HAN}]+)|([a-z0-9]+|(?:[^\W_a-z0-9{_HAN}]|[\u0300-\u036f\u0f71-\u0fbc\u18a9])+)")


def fold(text: str) -> str:
    """NFKC, lower case: full-width letters and digits become plain, compatibility forms their usual ones."""
    return unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).lower()[:LONGEST_TEXT]


def terms(folded: str) -> list[str]:
    """The terms of a folded document, in order."""
    found: list[str] = []
    for match in _RUN.finditer(folded):
        run = match[1]
        if run is None:
            found.append(match[2])
            continue
        found.extend([run[at : at + 2] for at in range(len(run) - 1)])
        found.append(run[-1])
    return found


def pairs(folded: str) -> set[str]:
    """The terms that carry meaning for likeness: pairs and words, without single characters."""
    return {term for term in terms(folded) if len(term) > 1}


def phrases(folded_query: str) -> Iterator[tuple[list[str], bool]]:
    """Each blank- or punctuation-separated part of a query as (terms that must follow one another, last one is a prefix)."""
    part: list[re.Match[str]] = []
    end = None
    for match in _RUN.finditer(folded_query):
        if part and match.start() != end:
            yield _phrase(part)
            part = []
        part.append(match)
        end = match.end()
    if part:
        yield _phrase(part)


def _phrase(part: list[re.Match[str]]) -> tuple[list[str], bool]:
    found = terms("".join(match[0] for match in part))
    last = part[-1][1]
    if last is None:
        return found, False
    if len(last) == 1:
        return found, True
    return found[:-1], False
