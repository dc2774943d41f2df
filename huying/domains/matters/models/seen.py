"""What an actor sees of matters: recusals first, then the territory of its post or the orders of its unit."""

from django.db.models import Q

from huying.kernel.actors import Actor, Role

# Posts that see the matters of their division; the others see what their unit was given, or their own grid.
TERRITORIAL = frozenset(
    {
        Role.CALL_TAKER,
        Role.DISPATCHER,
        Role.FOLLOWUP_CLERK,
        Role.SUPERVISOR,
        Role.GRID_OFFICE,
        Role.LEADER,
    }
)
OF_UNIT = frozenset({Role.HANDLER, Role.UNIT_HEAD})
NOTHING = Q(pk__in=[])


def matters_seen_by(actor: Actor, prefix: str = "") -> Q:
    """The condition on matters (or, with `prefix`, on what belongs to one) that `actor` may see. Nothing by default."""
    from huying.domains.identities.queries import not_recused
    from huying.domains.matters.models.matter import Assignment

    if actor.is_system:
        return Q()
    if not actor.reads_business:
        return NOTHING
    seen = NOTHING
    if actor.roles & TERRITORIAL and actor.level is not None and actor.division:
        seen |= Q(**{f"{prefix}{actor.level.column}": actor.division})
    if actor.roles & OF_UNIT and actor.unit_id is not None:
        given = Assignment.objects.everything("part of a scope").filter(unit_id=actor.unit_id).values("matter_id")
        seen |= Q(**{f"{prefix}lead_unit_id": actor.unit_id}) | Q(**{f"{prefix}id__in": given})
    if Role.GRID_WORKER in actor.roles and actor.grid:
        seen |= Q(**{f"{prefix}grid": actor.grid}) | Q(**{f"{prefix}registered_by_post": actor.post_id})
    return seen & not_recused("matter", actor, f"{prefix}id")
