"""Who may close a warning: whoever watches over the place, never whoever had to answer it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from huying.domains.rulebook.vocabulary import covers
from huying.domains.warnings.models import IndicatorWarning
from huying.domains.warnings.vocabulary import State
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import Forbidden, NotAllowedNow

CLOSERS = frozenset({Role.SUPERVISOR, Role.LEADER})


def keeps_ladder(actor: Actor, division: str = "") -> bool:
    """Whether the actor's post keeps the ladder, of that place if one is given: a supervisor's of the county or above."""
    if actor.is_system:
        return True
    office = actor.has(Role.SUPERVISOR) and actor.level is not None and actor.level <= Level.COUNTY
    return office and (not division or covers(actor.division, division))


def require_ladder(actor: Actor, division: str) -> None:
    """Raises Forbidden unless the actor keeps the ladder of that place."""
    if not keeps_ladder(actor, division):
        raise Forbidden(_("预警规则由本级及以上的督办员维护。"), cure=_("请联系本地的督办员。"))


def may_close(actor: Actor, row: IndicatorWarning, answering_units: Iterable[int]) -> bool:
    """answering_units: those that were given a task about it."""
    return row.state == State.OPEN and actor.has(*CLOSERS) and actor.unit_id not in set(answering_units)


def require_close(actor: Actor, row: IndicatorWarning, answering_units: Iterable[int]) -> None:
    """Raises NotAllowedNow when it is closed already, Forbidden when it isn't the actor's to close."""
    if row.state != State.OPEN:
        raise NotAllowedNow(_("预警%(number)s已结束。") % {"number": row.number}, cure=_("请刷新后再看。"))
    if not may_close(actor, row, answering_units):
        raise Forbidden(_("预警由督办员或领导结束，承办过它的单位不能自己结束。"))
