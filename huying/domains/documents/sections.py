"""The pack's section of retention: how long each kind of record is kept after it ends, what then happens, on what basis."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from pydantic import Field

from huying.domains.documents import queries, services
from huying.domains.documents.vocabulary import Ending
from huying.kernel import packs
from huying.kernel.actors import Actor


class RetentionRow(packs.PackRow):
    """months: after the record's end, six at least (网络安全法 Art 21). basis: the law or the archive's own rule."""

    kind: str = Field(min_length=1, max_length=32)
    valid_from: date
    months: int = Field(ge=6, le=1200)
    ending: Ending
    basis: str = Field(min_length=1, max_length=200)


def check(entries: list[packs.Entry[Any]], pack: packs.Pack) -> Iterator[packs.Fault]:
    known = services.retention_kinds()
    for entry in entries:
        if entry.value.kind not in known:
            yield entry.fault(
                _("没有“%(kind)s”这类记录。") % {"kind": entry.value.kind},
                _("可用的类别：%(known)s") % {"known": "、".join(known)},
            )


def install(rows: list[RetentionRow], actor: Actor) -> dict[str, int]:
    present = {(line.kind, line.valid_from): line for line in queries.retention_schedule()}
    counts = {"created": 0, "changed": 0, "kept": 0}
    wanted = []
    for row in rows:
        line = present.get((row.kind, row.valid_from))
        if line and (line.months, line.ending, line.basis) == (row.months, row.ending, row.basis):
            counts["kept"] += 1
            continue
        counts["changed" if line else "created"] += 1
        wanted.append(
            services.NewRule(
                kind=row.kind, valid_from=row.valid_from, months=row.months, ending=row.ending, basis=row.basis
            )
        )
    services.put_retention_rules(actor=actor, rules=wanted)
    return counts


def export(actor: Actor) -> Iterator[RetentionRow]:
    for line in queries.retention_schedule():
        yield RetentionRow(
            kind=line.kind,
            valid_from=line.valid_from,
            months=line.months,
            ending=line.ending,
            basis=line.basis,
        )


packs.section(
    "retention",
    schema=RetentionRow,
    key=("kind", "valid_from"),
    check=check,
    install=install,
    export=export,
    format="csv",
)
