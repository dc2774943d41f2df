"""The walk through the index runs as it stands, and the guide names every setting there is."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from huying.analytics.composite.spec import Part, Spec
from tests.support.needs import CHECKOUT
from tools import notebook

NOTEBOOK = CHECKOUT / "docs" / "notebooks" / "index.ipynb"


def test_the_notebook_runs_from_top_to_bottom_and_prints_what_stands_in_it() -> None:
    stands = [notebook.kept(cell) for cell in notebook.cells(json.loads(NOTEBOOK.read_text(encoding="utf-8")))]
    assert "14 towns, 8 indicators, 2026-08 2026-09" in stands[0]
    assert notebook.printed(NOTEBOOK) == stands, (
        "run `python -m tools.notebook docs/notebooks/index.ipynb`, read the difference"
    )


def words_of(model: type[Part]) -> set[str]:
    """Every setting of a model and all below it, and every value that can only be one of a few."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        found.add(field.alias or name)
        found |= _within(field.annotation)
    return found


def _within(annotation: Any) -> set[str]:
    if isinstance(annotation, type):
        return words_of(annotation) if issubclass(annotation, Part) else set()
    found: set[str] = set()
    for inner in get_args(annotation):
        found |= {inner} if isinstance(inner, str) else _within(inner)
    return found


@pytest.mark.parametrize("page", ["docs/howto/compute-an-index.md", "docs/zh/howto/compute-an-index.md"])
def test_the_guide_names_every_setting_and_every_method(page: str) -> None:
    import re

    told = set(re.findall(r"\w+", (CHECKOUT / page).read_text(encoding="utf-8"), re.ASCII))
    assert sorted(words_of(Spec) - told) == []
    assert len(words_of(Spec)) > 130
