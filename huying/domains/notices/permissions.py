"""Who may see and mend the outbox."""

from django.utils.translation import gettext as _

from huying.kernel.actors import Actor, Role
from huying.kernel.errors import Forbidden

OUTBOX = frozenset({Role.SYSTEM_ADMIN})


def require_outbox(actor: Actor) -> None:
    if not actor.has(*OUTBOX):
        raise Forbidden(_("发件箱由系统管理员查看。"))
