"""Who looks after the territory. Divisions, grids, their phones and places are public: everyone may read them."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from huying.kernel.actors import Actor, Role
from huying.kernel.errors import Forbidden, NotFound

KEEPERS = frozenset({Role.GRID_OFFICE, Role.SUPERVISOR, Role.SYSTEM_ADMIN})
# A division changes by an order from above (行政区划管理条例); these enter it.
CHANGERS = frozenset({Role.GRID_OFFICE, Role.SYSTEM_ADMIN})


def may_change(actor: Actor) -> bool:
    """Whether the actor's post enters changes at all (for showing the act)."""
    return actor.is_system or actor.has(*CHANGERS)


def is_over(actor: Actor, above: Iterable[str]) -> bool:
    """Whether the actor's own division is among those above one."""
    return actor.is_system or not actor.division or actor.division in above


def require_changer(actor: Actor, paths: Iterable[Iterable[str]]) -> None:
    """paths: for each division concerned, its code and those above it. Raises Forbidden unless the actor enters changes,
    NotFound unless each of them lies below the actor's own division, which only the level above may change."""
    if not may_change(actor):
        raise Forbidden(_("区划变更由网格办或系统管理员登记。"), cure=_("请联系他们办理。"))
    for code, *above in paths:
        if not is_over(actor, above):
            raise NotFound(
                _("区划 %(code)s 不在您的辖区之下。") % {"code": code}, cure=_("请由上一级的网格办或系统管理员登记。")
            )
