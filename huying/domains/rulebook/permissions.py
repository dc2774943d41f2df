"""Who keeps which part of the rulebook. Reading it is free: rules bind everyone."""

from huying.domains.rulebook.vocabulary import PART_WORDS, Part, covers
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import Forbidden
from huying.kernel.words import words

KEEPERS: dict[Part, frozenset[Role]] = {
    Part.LIMIT: frozenset({Role.SUPERVISOR}),
    Part.PARAMETER: frozenset({Role.SUPERVISOR}),
    Part.CALENDAR: frozenset({Role.SUPERVISOR}),
    Part.CATALOGUE: frozenset({Role.DISPATCHER, Role.SUPERVISOR}),
    Part.ADMISSION: frozenset({Role.GRID_OFFICE}),
    Part.DUTY: frozenset({Role.GRID_OFFICE, Role.SUPERVISOR}),
}


def keeps(actor: Actor, part: Part) -> bool:
    """Whether the actor's post may change this part at all (for showing the act)."""
    return actor.is_system or (actor.kind == "staff" and actor.has(*KEEPERS[part]))


def require_office(actor: Actor, *parts: Part) -> None:
    """Raises Forbidden unless the actor's post keeps one of the parts somewhere: the gate of a form, before its fields."""
    if not any(keeps(actor, part) for part in parts):
        said = words(
            f"您的岗位不维护{PART_WORDS[parts[0]].zh}。", f"Your post does not keep the {PART_WORDS[parts[0]].en}."
        )
        raise Forbidden(str(said), cure=str(words("请联系维护该清单的岗位。", "Ask the post that keeps it.")))


def require_keeper(actor: Actor, part: Part, division: str) -> None:
    """Raises Forbidden unless the actor keeps this part for `division` ("": the whole installation, a city's post or above)."""
    if actor.is_system:
        return
    require_office(actor, part)
    widest = actor.level is not None and actor.level <= Level.CITY
    if not widest and not (division and covers(actor.division, division)):
        said = words("只能维护本辖区的内容。", "You can only change what applies to your own area.")
        raise Forbidden(str(said), cure=str(words("请选择本辖区。", "Choose your own area.")))
    if division and actor.division and not covers(actor.division, division):
        raise Forbidden(str(words("不在您的辖区内。", "Outside your area.")))


def keeps_for(actor: Actor, part: Part, division: str) -> bool:
    """Whether the actor may change this part for `division`, for showing the act."""
    try:
        require_keeper(actor, part, division)
    except Forbidden:
        return False
    return True
