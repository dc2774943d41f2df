"""What the log's keys are called where people read it: each domain's `vocabulary` and `workflow` say so, and are asked here.

A `vocabulary` may define LOGGED (action → Words), LOGGED_KINDS (kind of record → Words) and LOGGED_ACTORS (label of scheduled
work → Words); a workflow's rows have words already.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from django.apps import apps

from huying.kernel.words import Words, words
from huying.kernel.workflow import Workflow

KERNEL = "huying.kernel"
OWN_ACTIONS: dict[str, Words] = {
    "erased": words("内容已删除", "contents erased"),
    "installed": words("安装配置包", "pack installed"),
    "clock_recomputed": words("重新计算到期", "due anew"),
    "calendar.recomputed": words("放假安排公布，重新计算到期", "due anew after the calendar was published"),
    "search": words("全文检索", "full-text search"),
    "worklist.export.xlsx": words("导出待办（xlsx）", "worklist exported (xlsx)"),
    "worklist.export.csv": words("导出待办（csv）", "worklist exported (csv)"),
}
OWN_KINDS: dict[str, Words] = {"pack": words("配置包", "pack"), "outbox": words("发件箱", "outbox")}
RESULTS: dict[str, Words] = {"ok": words("完成", "done"), "refused": words("被拒绝", "refused")}


def action_words(action: str, kind: str = "") -> Words | str:
    """What an action, or a look, is called; of several domains' the one that `kind` belongs to. The key itself if none says."""
    known, owners = _known()
    key = action.partition(":")[0]  # a search is logged with what was asked, which is nobody's to read here
    of_kind = known.get(owners.get(kind, ("", words("", "")))[0], {})
    if key in of_kind:
        return of_kind[key]
    return next((said[key] for said in known.values() if key in said), key)


def kind_words(kind: str) -> Words | str:
    found = _known()[1].get(kind)
    return found[1] if found else kind


def result_words(result: str) -> Words | str:
    return RESULTS.get(result, result)


def actor_words(label: str) -> Words | str:
    """What scheduled work is called where it acted; whoever else acted is named already."""
    return _actors().get(label, label)


@functools.cache
def _actors() -> dict[str, Words]:
    """Label of `Actor.system` → what it is called."""
    said: dict[str, Words] = {}
    for config in apps.get_app_configs():
        for module in _modules(config.name):
            said.update(getattr(module, "LOGGED_ACTORS", {}))
    return said


@functools.cache
def _known() -> tuple[dict[str, dict[str, Words]], dict[str, tuple[str, Words]]]:
    """App → its actions; kind → its app and what it is called."""
    actions: dict[str, dict[str, Words]] = {KERNEL: OWN_ACTIONS}
    kinds = {kind: (KERNEL, said) for kind, said in OWN_KINDS.items()}
    for config in apps.get_app_configs():
        for module in _modules(config.name):
            said = actions.setdefault(config.name, {})
            for found in vars(module).values():
                if isinstance(found, Workflow):
                    said.update({row.action: row.words for row in found.transitions})
            said.update(getattr(module, "LOGGED", {}))
            kinds.update({kind: (config.name, of) for kind, of in getattr(module, "LOGGED_KINDS", {}).items()})
    return actions, kinds


def _modules(app: str) -> Iterator[ModuleType]:
    for name in ("workflow", "vocabulary"):
        if app.startswith("huying.") and find_spec(f"{app}.{name}"):
            yield import_module(f"{app}.{name}")
