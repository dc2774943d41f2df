"""docs/glossary.md: every word of the vocabularies stands in it, with its Chinese, its English and where it comes from."""

from __future__ import annotations

from collections import Counter

from tools import glossary


def test_every_term_of_the_code_stands_in_the_glossary() -> None:
    lines = set(glossary.PAGE.read_text(encoding="utf-8").splitlines())
    missing = [f"{term.home}.{term.name}" for term in glossary.terms() if term.line() not in lines]
    assert missing == [], "write it anew: python -m tools.glossary"


def test_every_term_has_chinese_and_english() -> None:
    assert [f"{term.home}.{term.name}" for term in glossary.terms() if not (term.zh and term.en)] == [], (
        "give them words in the vocabulary, or in tools/glossary.yaml"
    )


def test_every_vocabulary_names_a_law_or_source() -> None:
    silent = Counter(term.home for term in glossary.vocabularies() if not term.law)
    whole = Counter(term.home for term in glossary.vocabularies())
    assert [home for home, n in silent.items() if n == whole[home]] == [], "say in tools/glossary.yaml, under laws"


def test_what_the_glossary_adds_names_only_what_exists() -> None:
    known = {f"{term.home}.{term.name}" for term in glossary.vocabularies()} | {
        term.home for term in glossary.vocabularies()
    }
    assert sorted(set(glossary.SAID["laws"]) - known) == []
    assert sorted(set(glossary.SAID["words"]) - known) == []
