"""Which scope tokens a matter carries in the search index: its divisions and its units."""

from collections.abc import Iterable

from huying.domains.matters.models.matter import OF_UNIT, TERRITORIAL, Matter
from huying.kernel.actors import Actor, Level, Role


def tokens_of(matter: Matter, units: Iterable[int] = ()) -> list[str]:
    """Tokens by which the matter may be found; who then sees it is still asked of the scope itself."""
    divisions = [f"d{code}" for level in Level if (code := getattr(matter, level.column))]
    return [
        *divisions,
        *(f"u{unit}" for unit in sorted({*units, *([matter.lead_unit_id] if matter.lead_unit_id else [])})),
    ]


def tokens_for(actor: Actor) -> list[str]:
    """Tokens an actor searches within; none for an actor who sees no matters."""
    tokens: list[str] = []
    if not actor.reads_business:
        return tokens
    if actor.roles & TERRITORIAL and actor.division:
        tokens.append(f"d{actor.division}")
    if actor.roles & OF_UNIT and actor.unit_id is not None:
        tokens.append(f"u{actor.unit_id}")
    if Role.GRID_WORKER in actor.roles and actor.grid:
        tokens.append(f"d{actor.grid}")
    return tokens
