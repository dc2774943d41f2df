"""Install, compare, export: one pack, all its sections, in their order."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from huying.kernel import clock
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput, NotFound
from huying.kernel.packs.checking import check
from huying.kernel.packs.entries import Manifest, PackRow
from huying.kernel.packs.pack import Pack
from huying.kernel.packs.registry import Section, ordered_sections
from huying.kernel.packs.writing import write_manifest, write_section

Progress = Callable[[str], None]
FAULTS_SHOWN = 20


@dataclass(frozen=True)
class Installed:
    """What installing one section did: counts by what happened, and how long it took (seconds)."""

    section: str
    counts: Mapping[str, int]
    seconds: float


@dataclass(frozen=True)
class Difference:
    """One row that differs between the pack and the installed place.

    kind: `missing` (in the pack, not installed), `extra` (installed, not in the pack), `changed`;
    fields: field → (installed, pack), as the pack would write them.
    """

    section: str
    key: tuple[str, ...]
    kind: str
    fields: Mapping[str, tuple[Any, Any]]


def _silent(_message: str) -> None:
    """No one is watching."""


def _sound(folder: Path) -> tuple[Pack, Manifest]:
    pack = check(folder)
    if pack.errors or pack.manifest is None:
        first = "\n".join(str(fault) for fault in pack.errors[:FAULTS_SHOWN])
        raise InvalidInput(
            _("地方包有 %(n)s 处错误，没有安装任何内容：\n%(first)s") % {"n": len(pack.errors), "first": first},
            cure=_("改正后重试；huying pack check 列出全部。"),
        )
    return pack, pack.manifest


def install(folder: Path, *, actor: Actor, progress: Progress = _silent) -> list[Installed]:
    """Install the whole pack in one transaction, or nothing. Installing it twice changes nothing the second time.

    Raises InvalidInput, listing the first faults, when the pack is not sound.
    """
    # Tables are imported where they are used: `huying pack --help` reads this module before Django is set up.
    from huying.kernel import audit
    from huying.kernel.packs.models import InstalledPack

    pack, manifest = _sound(folder)
    done: list[Installed] = []
    digest = pack.digest()
    with transaction.atomic():
        for section in ordered_sections():
            rows = pack.rows(section.name)
            if not rows:
                continue
            began = time.monotonic()
            counts = dict(section.install(rows, actor))
            done.append(Installed(section.name, counts, time.monotonic() - began))
            told = ", ".join(f"{what} {n}" for what, n in counts.items())
            progress(f"{section.name}: {told} ({done[-1].seconds:.1f} s)")
        InstalledPack.objects.update_or_create(
            code=manifest.code,
            defaults={
                "manifest": manifest.model_dump_json(),
                "digest": digest,
                "installed_at": clock.now(),
                "installed_by": actor.label,
            },
        )
        counted = {one.section: dict(one.counts) for one in done}
        audit.record(
            [
                audit.NewEvent(
                    kind="pack",
                    record_id=zlib.crc32(manifest.code.encode()),
                    action="installed",
                    actor=actor,
                    basis="; ".join(document.title for document in manifest.follows),
                    payload={"pack": manifest.code, "version": manifest.version, "digest": digest, "counts": counted},
                )
            ]
        )
    return done


def installed_manifests() -> list[Manifest]:
    """Manifests of the installed packs, the latest installed last."""
    from huying.kernel.packs.models import InstalledPack

    stored = InstalledPack.objects.order_by("installed_at", "code").values_list("manifest", flat=True)
    return [Manifest.model_validate_json(text) for text in stored]


def diff(folder: Path, *, actor: Actor) -> list[Difference]:
    """How the installed place differs from the pack, section by section, by the rows' keys."""
    pack, _manifest = _sound(folder)
    found: list[Difference] = []
    for section in ordered_sections():
        found.extend(_section_differences(section, section.export(actor), pack.rows(section.name)))
    return found


def _section_differences(section: Section, installed: Iterable[PackRow], wanted: Iterable[PackRow]) -> list[Difference]:
    here = {_key(section, row): row for row in installed}
    there = {_key(section, row): row for row in wanted}
    found = [Difference(section.name, key, "missing", {}) for key in there.keys() - here.keys()]
    found += [Difference(section.name, key, "extra", {}) for key in here.keys() - there.keys()]
    for key in here.keys() & there.keys():
        if here[key] == there[key]:
            continue
        old, new = here[key].model_dump(mode="json"), there[key].model_dump(mode="json")
        fields = {name: (old[name], new[name]) for name in new if old[name] != new[name]}
        found.append(Difference(section.name, key, "changed", fields))
    return sorted(found, key=lambda one: (one.key, one.kind))


def _key(section: Section, row: PackRow) -> tuple[str, ...]:
    return tuple("" if part is None else str(part) for part in section.identity(row))


def export(folder: Path, *, code: str = "", actor: Actor, progress: Progress = _silent) -> dict[str, int]:
    """Write the installed place as a pack into `folder` (which must be empty or absent); returns rows by section.

    code: which installed manifest to write, the latest when empty. Raises NotFound, InvalidInput.
    """
    manifests = installed_manifests()
    chosen = [manifest for manifest in manifests if code in ("", manifest.code)]
    if not chosen:
        raise NotFound(
            _("没有安装过名为“%(code)s”的地方包。") % {"code": code} if code else _("还没有安装任何地方包。"),
            cure=_("已安装：%(names)s。") % {"names": "、".join(manifest.code for manifest in manifests) or "—"},
        )
    if folder.exists() and any(folder.iterdir()):
        raise InvalidInput(_("文件夹 %(folder)s 不是空的。") % {"folder": folder}, cure=_("换一个新的文件夹。"))
    folder.mkdir(parents=True, exist_ok=True)
    write_manifest(chosen[-1], folder)
    written: dict[str, int] = {}
    for section in ordered_sections():
        count = write_section(section, section.export(actor), folder)
        if count:
            written[section.name] = count
            progress(f"{section.name}: {count}")
    return written
