"""The person's own rights over what is held of them (PIPL Art 44 to 47), by the query code of the one record."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.identities.identity import Identity
from huying.domains.identities.models import Party
from huying.domains.identities.services.codes import check_query_code
from huying.domains.identities.services.parties import forget, opened, replace, the_party
from huying.domains.identities.services.reveals import log_look
from huying.domains.identities.vocabulary import Basis, Part
from huying.kernel.actors import Actor
from huying.kernel.errors import NotFound


def require_code(kind: str, record_id: int, code: str) -> None:
    """Raises NotFound on a wrong code, TooMany when locked. Call outside the transaction that follows: a miss stays counted."""
    if not check_query_code(kind=kind, record_id=record_id, code=code):
        raise NotFound(_("编号或查询码不对。"))


def _own(kind: str, record_id: int, code: str) -> Party:
    require_code(kind, record_id, code)
    return the_party(kind, record_id, Part.REPORTER)


def view_own(*, actor: Actor, kind: str, record_id: int, code: str) -> Identity:
    """What is held of the reporter in this one record (Art 45). Raises NotFound on a wrong code, TooMany when locked."""
    party = _own(kind, record_id, code)
    with transaction.atomic():
        log_look(party, actor, _("本人查看"), Basis.OWN, "identity.viewed_own")
        return opened(party)


def correct_own(*, actor: Actor, kind: str, record_id: int, code: str, identity: Identity) -> None:
    """The reporter corrects or completes it (Art 46)."""
    party = _own(kind, record_id, code)
    with transaction.atomic():
        replace(party, identity.cleaned(), actor, _("本人更正"))


def erase_own(*, actor: Actor, kind: str, record_id: int, code: str) -> None:
    """The reporter withdraws consent (Art 15, 47): identity and code go at once, the matter itself is still answered for.

    Who reported without a name has only the code to take back. Raises NotFound on a wrong code, TooMany when locked.
    """
    require_code(kind, record_id, code)
    forget(actor=actor, kind=kind, record_ids=[record_id], why=_("本人要求删除"))
