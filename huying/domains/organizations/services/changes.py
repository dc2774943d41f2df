"""What every write here ends with: the directory's mark changes, and an event says who did what."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.organizations.models import DirectoryMark
from huying.domains.organizations.queries import directory as reading
from huying.kernel import audit
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import Forbidden


def administers(actor: Actor) -> None:
    """Units, posts, terms and accounts are the system administrator's (or a job's) to change; nobody else's."""
    if not (actor.is_system or actor.has(Role.SYSTEM_ADMIN)):
        raise Forbidden(_("机构、岗位和人员由系统管理员维护。"), cure=_("请联系系统管理员办理。"))


def changed() -> None:
    """Every process reads the directory afresh; this one at once, and again after commit."""
    DirectoryMark.objects.update_or_create(id=1, defaults={"token": secrets.token_hex(8)})
    reading.changing()
    transaction.on_commit(reading.forget)


def record(events: Iterable[audit.NewEvent]) -> None:
    batch = list(events)
    if batch:
        audit.record(batch)
