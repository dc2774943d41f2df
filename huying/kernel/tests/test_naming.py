"""Whatever the log can say has words: no reader meets a key."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

import huying
from huying.kernel.audit import naming
from huying.kernel.words import Words

ROOT = Path(huying.__file__).parent
LOGGING = {"NewEvent": "action", "_log": 2, "log_look": 4, "note": 2, "_record": 0, "access": 1}


def written() -> Iterator[tuple[str, str]]:
    """(file, key) of every key that a call puts into the log as it stands in the source."""
    for path in sorted(ROOT.rglob("*.py")):
        if "tests" in path.parts:
            continue
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            where = LOGGING.get(getattr(call.func, "attr", getattr(call.func, "id", "")))
            given: ast.expr | None = None
            if isinstance(where, int) and len(call.args) > where:
                given = call.args[where]
            elif where == "action" or isinstance(where, int):
                given = next((word.value for word in call.keywords if word.arg == "action"), None)
            for constant in ast.walk(given) if given is not None else ():
                if isinstance(constant, ast.Constant) and isinstance(constant.value, str) and _is_key(constant.value):
                    yield f"{path.relative_to(ROOT)}:{call.lineno}", constant.value


def _is_key(text: str) -> bool:
    return (
        text.replace("_", "").replace(".", "").isalnum() and text.isascii() and text.islower() and text[-1] not in "._"
    )


def test_every_key_the_source_logs_has_words() -> None:
    found = list(written())
    assert len(found) > 40
    nameless = [f"{where}: {key}" for where, key in found if not isinstance(naming.action_words(key), Words)]
    assert nameless == []


@pytest.mark.parametrize(("action", "kind", "zh", "en"), [
    ("dispatch", "matter", "派单", "dispatch"),
    ("urge", "task", "催办", "urge"),
    ("withdraw", "rulebook.limit", "撤回", "withdrawn"),
    ("withdraw", "matter", "撤回", "withdraw"),
    ("search: 水管爆裂", "matter", "全文检索", "full-text search"),
    ("worklist.export.csv", "", "导出待办（csv）", "worklist exported (csv)"),
])  # fmt: skip
def test_an_action_is_called_as_its_own_domain_calls_it_and_a_search_without_what_was_asked(action, kind, zh, en):
    said = naming.action_words(action, kind)
    assert str(said) == zh
    with translation.override("en"):
        assert str(said) == en


def test_what_nobody_names_stands_as_it_is() -> None:
    assert (naming.action_words("croak"), naming.kind_words("raven")) == ("croak", "raven")
