"""The documents say what is so: their links, paths, tests and commands exist, and each guide stands in both languages."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import click
import pytest
import yaml

from huying.entry.cli import GROUPS
from tests.support.needs import CHECKOUT

DOCS = CHECKOUT / "docs"
PAGES = sorted([*CHECKOUT.glob("*.md"), *DOCS.rglob("*.md"), *CHECKOUT.glob("huying/domains/*/README.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
TEST = re.compile(r"`((?:huying|tests)/[\w/]+\.py)(?:::(\w+))?`")
COMMAND = re.compile(r"(?:^|[`$]\s*)huying ((?:[a-z]+[ ]?)+)([^`\n#]*)", re.M)


def named(page: Path) -> str:
    return page.relative_to(CHECKOUT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_tests_and_modules_named_exist(page: Path) -> None:
    missing = []
    for path, test in TEST.findall(page.read_text(encoding="utf-8")):
        file = CHECKOUT / path
        if not file.exists():
            missing.append(path)
        elif test and test not in {
            node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)
        }:
            missing.append(f"{path}::{test}")
    assert missing == []


def resolve(words: list[str]) -> tuple[click.Command | None, list[str]]:
    """The command that `huying WORDS` names, and what is left of the words."""
    if not words or words[0] not in GROUPS:
        return None, words
    command: click.Command = importlib.import_module(GROUPS[words[0]]).group
    rest = words[1:]
    while isinstance(command, click.Group) and rest and rest[0] in command.commands:
        command, rest = command.commands[rest[0]], rest[1:]
    return command, rest


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_commands_shown_exist_with_their_options(page: Path) -> None:
    wrong = []
    for words, rest in COMMAND.findall(page.read_text(encoding="utf-8")):
        command, left = resolve(words.split())
        if command is None or (isinstance(command, click.Group) and left):
            wrong.append(f"huying {words}{rest}")
            continue
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        wrong += [
            f"huying {words}: {option}" for option in re.findall(r"(?<!\S)--[a-z-]+", rest) if option not in known
        ]
    assert wrong == []


def test_the_readme_is_short() -> None:
    assert len((CHECKOUT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_the_architecture_opens_with_the_map_and_names_every_domain() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    first = text.split("## ")[1]
    assert first.startswith("The map")
    domains = [path.parent.name for path in CHECKOUT.glob("huying/domains/*/__init__.py")]
    kernel = [
        p.stem for p in (CHECKOUT / "huying/kernel").iterdir() if (p / "__init__.py").exists() or p.suffix == ".py"
    ]
    plumbing = {"__init__", "apps", "models", "urls", "tests", "migrations", "locale", "bundle_commands"}
    assert [name for name in [*domains, *kernel] if name not in plumbing and not re.search(rf"\b{name}\b", first)] == []


@pytest.mark.parametrize("record", sorted((DOCS / "decisions").glob("*.md")), ids=lambda path: path.stem)
def test_a_decision_ends_with_what_was_rejected(record: Path) -> None:
    if record.name == "README.md":
        assert {p.name for p in record.parent.glob("*.md")} - {"README.md"} == set(
            LINK.findall(record.read_text(encoding="utf-8"))
        )
        return
    last = record.read_text(encoding="utf-8").split("\n## ")[-1]
    assert last.startswith("Rejected alternatives\n")
    assert last.count("\n- **") >= 2


@pytest.mark.parametrize("folder", ["howto", "user"])
def test_each_guide_stands_in_both_languages(folder: str) -> None:
    english = {path.name for path in (DOCS / folder).glob("*.md")}
    assert english == {path.name for path in (DOCS / "zh" / folder).glob("*.md")}


def test_pictures_are_small() -> None:
    assert [path.name for path in (DOCS / "images").glob("*") if path.stat().st_size > 300_000] == []


def test_publiccode_is_complete() -> None:
    told = yaml.safe_load((CHECKOUT / "publiccode.yml").read_text(encoding="utf-8"))
    required = {"publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType", "description"}
    assert required | {"legal", "maintenance", "localisation"} <= set(told)
    for texts in told["description"].values():
        assert len(texts["shortDescription"]) <= 150
        assert 150 <= len(texts["longDescription"]) <= 10_000
        assert all(len(feature) <= 100 for feature in texts["features"])
