"""What a row of the worklist says of its matter beyond title and clock: one query a page, whatever its length."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from huying.domains.matters.models import Matter
from huying.domains.organizations import queries as organizations
from huying.domains.rulebook import queries as rulebook
from huying.kernel import clock
from huying.kernel.actors import Level

PLACES = [level.column for level in reversed(Level)]
SHOWN = "rows of a worklist that was scoped already"


def standing(ids: Sequence[int]) -> dict[int, str]:
    """Supervised, done again, opened again: what its clock and state don't tell."""
    rows = Matter.objects.everything(SHOWN).filter(pk__in=list(ids))
    found = {}
    for pk, supervised, redone, reopened in rows.values_list("pk", "supervised", "redo_count", "reopened_count"):
        if said := _standing(supervised, redone, reopened):
            found[pk] = said
    return found


def to_dispatch(ids: Sequence[int]) -> dict[int, str]:
    """The unit that the catalogue suggests, and why the matter stands here again."""
    rows = list(
        Matter.objects.everything(SHOWN)
        .filter(pk__in=list(ids))
        .values_list("pk", "item", "supervised", "redo_count", "reopened_count", *PLACES)
    )
    asked = [(item, next(filter(None, codes), "")) for _pk, item, _s, _r, _o, *codes in rows]
    routes = rulebook.routes(asked, clock.today())
    units = organizations.unit_names({one.lead_unit_id for one in routes if one and one.lead_unit_id is not None})
    found = {}
    for (pk, item, supervised, redone, reopened, *_codes), route in zip(rows, routes, strict=True):
        unit = units.get(route.lead_unit_id or 0) if route and item else None
        said = [_("拟派：%(unit)s（派单目录）") % {"unit": unit}] if unit else []
        said += filter(None, [_standing(supervised, redone, reopened)])
        if said:
            found[pk] = " · ".join(said)
    return found


def _standing(supervised: bool, redone: int, reopened: int) -> str:
    said = []
    if reopened:
        said.append(_("第%(n)d次重新办理") % {"n": reopened})
    if redone:
        said.append(_("第%(n)d次重办") % {"n": redone})
    if supervised:
        said.append(_("督办中"))
    return " · ".join(said)
