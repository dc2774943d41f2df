"""The units a form about a matter offers: the catalogue's own first, then those of the matter's path, nearest level first."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from huying.domains.matters.models import Assignment, Matter
from huying.domains.matters.vocabulary import AssignmentState, Part
from huying.domains.organizations import queries as organizations
from huying.domains.rulebook import queries as rulebook
from huying.kernel import clock
from huying.kernel.actors import Level
from huying.kernel.errors import RuleMissing

Choices = list[tuple[Any, Any]]  # (value, words), or (group's words, its choices)


def unit_choices(matter: Matter, routing: rulebook.Routing | None = None, without: int | None = None) -> Choices:
    """The units of the matter's province, city, county and township; those that `routing` names stand first, in a group of
    their own. without: a unit that isn't offered, as nobody calls themselves."""
    path = {code for level in Level if (code := getattr(matter, level.column))}
    units = [unit for unit in organizations.all_units(clock.today()) if unit.division in path and unit.id != without]
    units.sort(key=lambda unit: (-unit.level, unit.name))
    first = {routing.lead_unit_id} if routing is not None else set()
    grouped: dict[str, Choices] = {}
    if named := [(unit.id, unit.name) for unit in units if unit.id in first]:
        grouped[_("派单目录建议")] = list(named)
    titles = {
        Level.TOWNSHIP: _("乡镇街道"),
        Level.COUNTY: _("县（市、区）"),
        Level.CITY: _("市"),
        Level.PROVINCE: _("省"),
        Level.VILLAGE: _("村（社区）"),
    }
    for unit in units:
        if unit.id not in first:
            grouped.setdefault(titles.get(unit.level, ""), []).append((unit.id, unit.name))
    return list(grouped.items())


def known_as() -> dict[int, str]:
    """What else each unit answers to, for a filter that is typed: its short name and its department's key."""
    return {unit.id: f"{unit.short_name} {unit.department}" for unit in organizations.all_units(clock.today())}


def returned_by(matter: Matter, unit_id: int) -> bool:
    """Whether an objection of this unit to leading the matter was upheld."""
    if not matter.returned_count:
        return False
    leads = Assignment.objects.everything("the matter was found within the actor's scope").filter(
        matter=matter, part=Part.LEAD, state=AssignmentState.RETURNED
    )
    return leads.filter(unit_id=unit_id).exists()


def suggested(matter: Matter) -> rulebook.Routing | None:
    """What the catalogue says of this item here; None where it says nothing."""
    division = next((code for level in reversed(Level) if (code := getattr(matter, level.column))), "")
    try:
        return rulebook.route(matter.item, division, clock.today()) if matter.item else None
    except RuleMissing:
        return None
