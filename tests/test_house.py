"""The house's own rules, held by looking at the code as it is."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
from functools import cache
from pathlib import Path

import click
import polib
import pytest
from django.apps import apps
from django.conf import settings

from huying.entry.cli import GROUPS, program
from huying.kernel.scoping import require_scope_everywhere
from tests.support.needs import CHECKOUT

LONGEST = 400
HIGHEST_FIRST = ["web", *(f"domains.{name}" for name in reversed(settings.DOMAINS)), "analytics", "kernel"]
# documents and notices stand beside each other: neither knows the other.
BESIDE = {frozenset({"domains.documents", "domains.notices"})}
FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "helper", "misc"}
MACHINE = re.compile(
    r"(?<![\w.-])/(?:work|root)/|/home/[a-z]|pypi\.org/simple|index-url\s*=\s*http|registry\.npmjs\.org|files\.pythonhosted"
)
FUNCTIONS = {"_", "gettext", "gettext_lazy", "pgettext", "ngettext", "ngettext_lazy"}
IN_TEMPLATE = re.compile(r"""\{%\s*(?:translate|trans)\s+(["'])(.+?)\1""")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@cache
def tracked() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert done.returncode == 0, "the house's rules are read from git's list of files"
    return [CHECKOUT / name for name in done.stdout.splitlines() if (CHECKOUT / name).is_file()]


def of_kind(*suffixes: str) -> list[Path]:
    return [path for path in tracked() if path.suffix in suffixes]


def named(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


# Relations ---------------------------------------------------------------------------------------------------------


def layer(app_name: str) -> str:
    """`domains.matters` of `huying.domains.matters`, `web` of `huying.web.desk`."""
    parts = app_name.split(".")[1:]
    return ".".join(parts[:2]) if parts[0] == "domains" else parts[0]


def test_no_relation_points_upward() -> None:
    upward = []
    for model in apps.get_models():
        home = apps.get_app_config(model._meta.app_label).name
        if not home.startswith("huying."):
            continue
        for field in model._meta.get_fields():
            if not (field.is_relation and field.concrete and field.related_model):
                continue
            target = apps.get_app_config(field.related_model._meta.app_label).name
            if not target.startswith("huying."):
                continue
            here, there = layer(home), layer(target)
            beside = frozenset({here, there}) in BESIDE
            if beside or HIGHEST_FIRST.index(there) < HIGHEST_FIRST.index(here):
                upward.append(f"{model.__name__}.{field.name}: {here} → {there}")
            if here == "kernel" and there != "kernel":
                upward.append(f"{model.__name__}.{field.name}: the kernel knows no domain")
    assert upward == []


def test_every_scoped_model_fails_closed() -> None:
    assert [model.__name__ for model in require_scope_everywhere()] == []


# Names and sizes ---------------------------------------------------------------------------------------------------


def test_nothing_is_called_utils_common_or_helpers() -> None:
    bad = [named(p) for p in of_kind(".py") if p.stem in FORBIDDEN_NAMES or FORBIDDEN_NAMES & set(p.parent.parts)]
    assert bad == []


def test_files_stay_short() -> None:
    long = {}
    for path in of_kind(".py"):
        if "migrations" in path.parts or path.name.startswith("test_"):
            continue
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST:
            long[named(path)] = lines
    assert long == {}, "near 400 lines a file wants to be two"


def test_no_machine_path_or_registry_stands_in_the_tree() -> None:
    text = (".py", ".md", ".txt", ".in", ".toml", ".yaml", ".yml", ".cfg", ".html", ".js", ".css", ".sh", ".json", "")
    found = []
    for path in of_kind(*text):
        if path == Path(__file__) or path.stat().st_size > 2_000_000 or "vendor" in path.parts:
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [f"{named(path)}:{n}" for n, line in enumerate(lines, 1) if MACHINE.search(line)]
    assert found == []


@pytest.mark.parametrize("domain", settings.DOMAINS)
def test_each_domain_says_what_it_is_and_what_it_lacks(domain: str) -> None:
    readme = CHECKOUT / "huying" / "domains" / domain / "README.md"
    assert readme.exists(), f"{domain} has no README.md"
    assert re.search(r"deliberately|lacks|不做", readme.read_text(encoding="utf-8")), (
        f"{domain}: what does it deliberately lack?"
    )


# Language ----------------------------------------------------------------------------------------------------------


@cache
def english() -> dict[str, polib.POEntry]:
    found: dict[str, polib.POEntry] = {}
    for path in of_kind(".po"):
        if "/en/" in named(path):
            found |= {entry.msgid: entry for entry in polib.pofile(str(path)) if not entry.obsolete}
    return found


def in_python(path: Path) -> list[str]:
    """The texts given whole to gettext (or ngettext) in a module."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in FUNCTIONS:
            found += [
                arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            ]
    return found


def messages() -> dict[str, str]:
    """Chinese msgids → where they first stand."""
    found: dict[str, str] = {}
    for path in of_kind(".py", ".html"):
        if not named(path).startswith("huying/") or "tests" in path.parts:
            continue
        texts = in_python(path) if path.suffix == ".py" else [m[1] for m in IN_TEMPLATE.findall(path.read_text())]
        for text in texts:
            if CHINESE.search(text):
                found.setdefault(text, named(path))
    return found


def test_every_chinese_message_has_its_english() -> None:
    known = english()
    missing = sorted(
        f"{where}: {text}"
        for text, where in messages().items()
        if text not in known or not (known[text].msgstr or known[text].msgstr_plural)
    )
    assert missing == [], f"{len(missing)} without English"


def test_english_keeps_the_blanks_of_the_chinese() -> None:
    blank = re.compile(r"%\((\w+)\)")
    wrong = [
        entry.msgid
        for entry in english().values()
        for text in [entry.msgstr, *entry.msgstr_plural.values()]
        if set(blank.findall(text)) - set(blank.findall(entry.msgid + entry.msgid_plural))
    ]
    assert wrong == []


# The program -------------------------------------------------------------------------------------------------------


def commands(command: click.Command, path: str) -> list[tuple[str, click.Command]]:
    found = [(path, command)]
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            found += commands(inner, f"{path} {name}")
    return found


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_every_command_has_help_with_an_example(group: str) -> None:
    try:
        module = importlib.import_module(GROUPS[group])
    except ModuleNotFoundError as absent:
        pytest.fail(f"huying {group}: {absent}")
    lacking = [path for path, one in commands(module.group, f"huying {group}") if "Example" not in (one.help or "")]
    assert lacking == []


def test_every_setting_is_explained_in_the_docs_and_only_those() -> None:
    sources = [CHECKOUT / "huying" / "entry" / name for name in ("settings.py", "environment.py")]
    sources += [path for path in of_kind(".py") if named(path).startswith("huying/") and "tests" not in path.parts]
    read = re.compile(r"""(?:env\.\w+|environ\.get|environ\[|_get)\(?\s*["'](HUYING_\w+)["']""")
    used = {name for path in sources for name in read.findall(path.read_text(encoding="utf-8"))}
    told = set(re.findall(r"`(HUYING_\w+)`", (CHECKOUT / "docs" / "settings.md").read_text(encoding="utf-8")))
    assert {name for name in used if not name.endswith("_FILE")} - told == set()


def test_the_program_itself_shows_an_example() -> None:
    assert "Example" in (program.help or "")
