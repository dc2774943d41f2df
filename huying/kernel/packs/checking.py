"""A pack is read as a whole: manifest and every section, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from huying.kernel.packs.entries import Entry, Fault, Manifest
from huying.kernel.packs.pack import Pack
from huying.kernel.packs.reading import SUFFIXES, RawRow, Unreadable, read_document, read_rows
from huying.kernel.packs.registry import Section, ordered_sections

IGNORED_SUFFIXES = {".md", ".txt", ".license"}
# Folders of files that belong to rows of other sections (printed forms, pictures); not sections themselves.
ATTACHED = {"files"}


def check(folder: Path) -> Pack:
    """Read and validate everything; nothing raises, every fault is listed with file, line and cure."""
    pack = Pack(folder)
    _read_manifest(pack)
    known = ordered_sections()
    _refuse_strangers(pack, {section.name for section in known})
    for section in known:
        pack.by_section[section.name] = _read_section(pack, section)
    for section in known:
        if section.check and (entries := pack.entries(section.name)):
            pack.faults.extend(section.check(entries, pack))
    pack.faults.sort(key=lambda fault: (fault.warning, fault.file, fault.line))
    return pack


def read_manifest(folder: Path) -> Manifest | None:
    """Only the manifest; None when it is faulty."""
    pack = Pack(folder)
    _read_manifest(pack)
    return pack.manifest


def _read_manifest(pack: Pack) -> None:
    path = pack.folder / "pack.yaml"
    try:
        raw = read_document(path)
    except FileNotFoundError:
        pack.faults.append(Fault("pack.yaml", 0, "", _("缺少 pack.yaml。"), _("参照任一随附的地方包写一份。")))
        return
    except Unreadable as error:
        pack.faults.append(Fault("pack.yaml", error.line, "", error.message, error.cure))
        return
    try:
        pack.manifest = Manifest.model_validate(raw.values)
    except ValidationError as error:
        pack.faults.extend(_schema_faults(error, raw, "pack.yaml", "manifest", set(Manifest.model_fields)))


def _refuse_strangers(pack: Pack, known: set[str]) -> None:
    for path in pack.files():
        top = path.relative_to(pack.folder).parts[0]
        name = top.split(".")[0]
        if top == "pack.yaml" or top in ATTACHED or path.suffix in IGNORED_SUFFIXES or path.name == "LICENSE":
            continue
        if name not in known or path.suffix not in SUFFIXES:
            pack.faults.append(
                Fault(
                    pack.name(path),
                    0,
                    "",
                    _("没有这一部分。"),
                    _("可用的部分：%(names)s；文件为 %(suffixes)s。")
                    % {"names": "、".join(sorted(known)), "suffixes": " ".join(SUFFIXES)},
                )
            )


def _paths(pack: Pack, section: Section) -> list[Path]:
    single = [path for suffix in SUFFIXES if (path := pack.folder / f"{section.name}{suffix}").is_file()]
    inside = pack.folder / section.name
    parts = [path for path in pack.files(section.name) if path.suffix in SUFFIXES] if inside.is_dir() else []
    return single + parts


def _read_section(pack: Pack, section: Section) -> list[Entry[Any]]:
    paths = _paths(pack, section)
    if section.required and not paths:
        pack.faults.append(
            Fault(
                f"{section.name}.{section.format}",
                0,
                section.name,
                _("缺少这一部分。"),
                _("每个地方包都要有它；见 docs/howto/add-a-pack.md。"),
            )
        )
    entries: list[Entry[Any]] = []
    seen: dict[tuple[Any, ...], Entry[Any]] = {}
    for path in paths:
        name = pack.name(path)
        try:
            raw_rows = read_rows(path, section.schema)
        except Unreadable as error:
            pack.faults.append(Fault(name, error.line, section.name, error.message, error.cure))
            continue
        for raw in raw_rows:
            try:
                row = section.schema.model_validate(raw.values)
            except ValidationError as error:
                columns = set(section.schema.model_fields)
                pack.faults.extend(_schema_faults(error, raw, name, section.name, columns))
                continue
            entry = Entry(row, section.name, name, raw.line)
            twin = seen.setdefault(section.identity(row), entry)
            if twin is not entry:
                pack.faults.append(
                    entry.fault(
                        _("与 %(file)s 第 %(line)s 行重复：%(key)s。")
                        % {
                            "file": twin.file,
                            "line": twin.line,
                            "key": "、".join(str(part) for part in section.identity(row)),
                        },
                        _("删去其中一行，或改正编号。"),
                    )
                )
            entries.append(entry)
    return entries


def _schema_faults(error: ValidationError, raw: RawRow, file: str, section: str, columns: set[str]) -> list[Fault]:
    return [
        Fault(file, raw.line_of(problem["loc"]), section, _said(problem), _cure(problem, columns))
        for problem in error.errors(include_url=False)
    ]


def _said(problem: ErrorDetails) -> str:
    field = ".".join(str(part) for part in problem["loc"]) or _("这一行")
    match problem["type"]:
        case "missing":
            return _("缺少“%(field)s”。") % {"field": field}
        case "extra_forbidden":
            return _("没有“%(field)s”这个字段。") % {"field": field}
        case "value_error":
            return f"{field}: {problem['ctx']['error']}"
        case _:
            value = repr(problem["input"])
            shown = value if len(value) <= 60 else value[:57] + "..."
            return _("“%(field)s”的值 %(value)s 不合要求：%(why)s。") % {
                "field": field,
                "value": shown,
                "why": problem["msg"],
            }


def _cure(problem: ErrorDetails, columns: set[str]) -> str:
    match problem["type"]:
        case "missing":
            return _("补上它。")
        case "extra_forbidden":
            return _("可用的字段：%(names)s。") % {"names": "、".join(sorted(columns))}
        case "string_type" if isinstance(problem["input"], int | float):
            return _("给编号加上引号，以免丢掉开头的 0。")
        case "string_pattern_mismatch":
            return _("应符合 %(pattern)s。") % {"pattern": problem["ctx"]["pattern"]}
        case "enum" | "literal_error":
            return _("可用的值：%(values)s。") % {"values": problem["ctx"]["expected"]}
        case _:
            return ""
