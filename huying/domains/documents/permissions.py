"""Who keeps records beyond their period, and sees what goes next."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from huying.kernel import subjects
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import Forbidden, NotFound

HOLDERS = frozenset({Role.SUPERVISOR})


def may_hold(actor: Actor) -> bool:
    return actor.is_system or actor.has(*HOLDERS)


def require_holder(actor: Actor, kind: str, record_ids: Iterable[int]) -> None:
    """Raises Forbidden for another post, NotFound for a record out of the actor's scope."""
    if actor.is_system:
        return
    if not may_hold(actor):
        raise Forbidden(_("保全由督办岗位办理。"), cure=_("请联系督办员。"))
    ids = set(record_ids)
    if ids - subjects.of(kind).visible(actor, ids):
        raise NotFound(_("没有这条记录，或不在您的职责范围内。"))
