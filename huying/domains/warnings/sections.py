"""A pack's `warnings.yaml`: the ladder of consequences and whether numbers of matters are forecast."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _

from huying.domains.warnings.models import LadderRow
from huying.domains.warnings.rungs import KEY, RungRow, softer
from huying.domains.warnings.vocabulary import RungState
from huying.kernel import packs
from huying.kernel.actors import Actor


def check(entries: list[packs.Entry[RungRow]], pack: packs.Pack) -> Iterator[packs.Fault]:
    """A longer row of the same colour must ask for more, never for less."""
    at = {id(entry.value): entry for entry in entries}
    by_day: dict[date, list[RungRow]] = {}
    for entry in entries:
        by_day.setdefault(entry.value.valid_from, []).append(entry.value)
    for rows in by_day.values():
        for lower, higher in softer(rows):
            yield at[id(higher)].fault(
                _("连续 %(more)d 期的步骤不比连续 %(less)d 期的重。")
                % {"more": higher.in_a_row, "less": lower.in_a_row},
                _("期数越多，步骤须越重：alert、notice、talk、listed。"),
            )


def install(rows: list[RungRow], actor: Actor) -> dict[str, int]:
    made = kept = changed = 0
    standing = {
        tuple(getattr(row, name) for name in KEY): row for row in LadderRow.objects.filter(state=RungState.PUBLISHED)
    }
    for row in rows:
        values = {
            **row.model_dump(mode="json"),
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
        }
        known = standing.get(tuple(values[name] for name in KEY))
        if known is None:
            LadderRow.objects.create(**values)
            made += 1
        elif any(getattr(known, name) != value for name, value in values.items()):
            LadderRow.objects.filter(pk=known.pk).update(**values)
            changed += 1
        else:
            kept += 1
    return {"created": made, "changed": changed, "kept": kept}


def export(actor: Actor) -> Iterator[RungRow]:
    for row in LadderRow.objects.filter(state=RungState.PUBLISHED).order_by(
        "division", "origin", "period", "in_a_row", "valid_from"
    ):
        yield RungRow.model_validate({name: getattr(row, name) for name in RungRow.model_fields})


packs.section("warnings", schema=RungRow, key=KEY, check=check, install=install, export=export, after=("units",))
