"""Who may close a warning: whoever watches over the place, never whoever had to answer it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from huying.domains.warnings.models import IndicatorWarning
from huying.domains.warnings.vocabulary import State
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import Forbidden, NotAllowedNow

CLOSERS = frozenset({Role.SUPERVISOR, Role.LEADER})


def may_close(actor: Actor, row: IndicatorWarning, answering_units: Iterable[int]) -> bool:
    """answering_units: those that were given a task about it."""
    return row.state == State.OPEN and actor.has(*CLOSERS) and actor.unit_id not in set(answering_units)


def require_close(actor: Actor, row: IndicatorWarning, answering_units: Iterable[int]) -> None:
    """Raises NotAllowedNow when it is closed already, Forbidden when it isn't the actor's to close."""
    if row.state != State.OPEN:
        raise NotAllowedNow(_("预警%(number)s已结束。") % {"number": row.number}, cure=_("请刷新后再看。"))
    if not may_close(actor, row, answering_units):
        raise Forbidden(_("预警由督办员或领导结束，承办过它的单位不能自己结束。"))
