"""docs/glossary.md from the vocabularies themselves: `python -m tools.glossary` writes it, a test compares.

Every member of every domain's `vocabulary`, the acts of both processes, roles, levels, limits, parameters, indicators, queues and
columns of facts, each with its Chinese, its English and its law; what the code doesn't say stands in tools/glossary.yaml.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

PAGE = Path(__file__).resolve().parents[1] / "docs" / "glossary.md"
SAID: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Term:
    """One line of the glossary. `home` is the vocabulary it belongs to, `name` what stands in code and data."""

    home: str
    name: str
    zh: str
    en: str
    law: str = ""

    def line(self) -> str:
        cells = (f"`{self.name}`", self.zh, self.en, self.law)
        return "| " + " | ".join(cell.replace("|", "／").replace("\n", " ") for cell in cells) + " |"


def _law(home: str, name: str) -> str:
    return str(SAID["laws"].get(f"{home}.{name}") or SAID["laws"].get(home) or "")


def _enumerations(module: ModuleType) -> list[type[Enum]]:
    own = [v for v in vars(module).values() if isinstance(v, type) and issubclass(v, Enum)]
    return [one for one in own if one.__module__ == module.__name__]


def _words(module: ModuleType) -> dict[object, Any]:
    """Every member that any `…_WORDS` table of the module puts into words."""
    found: dict[object, Any] = {}
    for name, value in vars(module).items():
        if name.endswith("_WORDS") and isinstance(value, dict):
            found |= {key: words for key, words in value.items() if isinstance(key, Enum)}
    return found


def _code(member: Enum) -> str:
    return member.name.lower() if isinstance(member.value, int) else str(member.value)


def vocabularies() -> Iterator[Term]:
    """Members of the enumerations of every domain's vocabulary, and of the kernel's roles and levels."""
    from django.conf import settings

    organizations = importlib.import_module("huying.domains.organizations.vocabulary")
    modules = {"kernel": importlib.import_module("huying.kernel.actors")}
    modules |= {name: importlib.import_module(f"huying.domains.{name}.vocabulary") for name in settings.DOMAINS}
    for part, module in modules.items():
        known = _words(module) | (_words(organizations) if part == "kernel" else {})
        for enumeration in _enumerations(module):
            home = f"{part}.{enumeration.__name__}"
            for member in enumeration:
                code = _code(member)
                if not code:
                    continue  # an outcome not yet there
                words = known.get(member)
                told = SAID["words"].get(f"{home}.{code}")
                zh, en = (words.zh, words.en) if words else told or ("", "")
                yield Term(home, code, zh, en, _law(home, code))


def processes() -> Iterator[Term]:
    for part in ("matters", "tasks"):
        module = importlib.import_module(f"huying.domains.{part}.workflow")
        from huying.kernel.workflow import Workflow

        table = next(value for value in vars(module).values() if isinstance(value, Workflow))
        for row in table.transitions:
            yield Term(f"{part}: acts", row.action, row.words.zh, row.words.en, row.basis)


def dated_content() -> Iterator[Term]:
    """Limits, reasons to pause, parameters: as shipped, before a pack says otherwise."""
    content = importlib.import_module("huying.domains.rulebook.content").__file__ or ""
    limits = yaml.safe_load((Path(content).parent / "limits.yaml").read_text(encoding="utf-8"))
    for key, rule in limits["limits"].items():
        law = "; ".join(f"{one['title']} {one.get('article') or ''}".strip() for one in rule["basis"])
        amounts = [str(value["limit"]) for value in rule["values"] if value.get("limit")]
        yield Term("rulebook: limits", key, rule["zh"], rule["en"] + (f" ({amounts[-1]})" if amounts else ""), law)
    for key, pause in limits["pauses"].items():
        basis = pause["basis"]
        yield Term("rulebook: pauses", key, pause["zh"], pause["en"], f"{basis['title']} {basis['article']}".strip())
    parameters = yaml.safe_load((Path(content).parent / "parameters.yaml").read_text(encoding="utf-8"))
    for key, one in parameters.items():
        yield Term("rulebook: parameters", key, one["zh"], f"{one['en']} ({one['unit']})", one["reference"]["title"])


def figures() -> Iterator[Term]:
    path = Path(importlib.import_module("huying.analytics.definitions").__file__ or "").parent / "matters.yaml"
    for one in yaml.safe_load(path.read_text(encoding="utf-8"))["indicators"]:
        sources = {threshold["reference"] for threshold in one.get("thresholds", [])}
        yield Term(
            "analytics: indicators", one["code"], one["name"]["zh"], one["name"]["en"], "; ".join(sorted(sources))
        )


def piles() -> Iterator[Term]:
    from huying.domains.matters.registrations import QUEUES

    for name, words, roles, _order in QUEUES:
        yield Term("worklist: queues", name, words.zh, words.en, ", ".join(sorted(role.value for role in roles)))


def standard_posts() -> Iterator[Term]:
    from huying.domains.organizations.vocabulary import STANDARD_POSTS

    for key, (name, roles) in STANDARD_POSTS.items():
        yield Term("organizations: standard posts", key, name, ", ".join(sorted(role.value for role in roles)))


@cache
def terms() -> tuple[Term, ...]:
    """Every term but those of the first table. Django must be set up."""
    return (*vocabularies(), *processes(), *dated_content(), *figures(), *piles(), *standard_posts())


HEAD = """# Glossary 词汇表

<!-- Written by `python -m tools.glossary` from the vocabularies and tools/glossary.yaml. Change those, not this page. -->

English identifier, Chinese term, law or source. Identifiers are what stands in code, data and exports; Chinese is what people
see. Where several laws bear on a term the one that shaped it is named; "local rules" is what a place sets in its pack,
"project" is ours.
标识用于代码、数据和导出；中文是界面所见。依据栏写最直接的一条；“local rules”由各地配置包规定。
"""
COLUMNS = {"worklist: queues": "Roles", "organizations: standard posts": ""}


def page() -> str:
    parts = [
        HEAD,
        "## Things and acts 事物与行为\n",
        "| Identifier | 中文 | English | Law or source |",
        "|---|---|---|---|",
    ]
    parts += [Term("", *row).line() for row in SAID["terms"]]
    home = ""
    for term in terms():
        if term.home != home:
            home = term.home
            parts += ["", f"## {home}\n", f"| Identifier | 中文 | English | {COLUMNS.get(home, 'Law or source')} |"]
            parts.append("|---|---|---|---|")
        parts.append(term.line())
    return "\n".join(parts) + "\n"


def main() -> None:
    """Write the page."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huying.entry.settings")
    django.setup()
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(terms()) + len(SAID['terms'])} terms")


if __name__ == "__main__":
    main()
