"""Reaching a reporter without being shown who it is: a message through the relay, a call through a token."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.identities.identity import plain_phone
from huying.domains.identities.models import CallbackToken, Party
from huying.domains.identities.permissions import relation_to
from huying.domains.identities.services.parties import opened, the_party
from huying.domains.identities.services.reveals import log_look, purpose_of
from huying.domains.identities.vocabulary import Basis, Part, Relation
from huying.kernel import clock, crypto, outbox
from huying.kernel.actors import Actor
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, NotFound

TOKEN_LASTS = timedelta(minutes=30)
LONGEST_MESSAGE = 500


def _reachable(actor: Actor, kind: str, record_id: int, part: str) -> Party:
    if relation_to(actor, kind, record_id) is Relation.NONE:
        raise Forbidden(_("只有办理这件事的岗位可以联系反映人。"))
    party = the_party(kind, record_id, part)
    if not party.reachable:
        raise NotAllowedNow(_("反映人没有留下联系方式。"), cure=_("可在答复中写明，反映人凭查询码查看。"))
    return party


def relay_message(*, actor: Actor, kind: str, record_id: int, body: str, part: str = Part.REPORTER) -> None:
    """Send `body` to the party. The number is opened only where the message leaves; the sender never sees it."""
    text = body.strip()
    if not text or len(text) > LONGEST_MESSAGE:
        raise InvalidInput(_("请写信息内容。"), fields={"body": _("1 到 %(most)d 个字。") % {"most": LONGEST_MESSAGE}})
    with transaction.atomic():
        party = _reachable(actor, kind, record_id, part)
        log_look(party, actor, _("通过转接发送信息"), Basis.RELAY, "identity.relayed")
        outbox.enqueue(
            [
                outbox.Message(
                    topic="identities.relay",
                    driver="relay",
                    recipient=f"party:{party.pk}",
                    body=text,
                    kind=kind,
                    record_id=record_id,
                )
            ]
        )


def callback_token(*, actor: Actor, kind: str, record_id: int, purpose: str, part: str = Part.REPORTER) -> str:
    """Eight digits to dial instead of the number, good for 30 minutes and one call."""
    stated = purpose_of(purpose)
    with transaction.atomic():
        party = _reachable(actor, kind, record_id, part)
        log_look(party, actor, stated, Basis.RELAY, "identity.callback")
        token = f"{secrets.randbelow(10**8):08d}"
        CallbackToken.objects.create(
            party=party,
            token_digest=crypto.mac("callback token", token.encode()),
            account_id=actor.account_id,
            expires_at=clock.now() + TOKEN_LASTS,
        )
    return token


def connect_callback(*, actor: Actor, token: str) -> str:
    """For the telephone exchange alone (`Actor.system`): the number behind a live token, which is then spent."""
    if not actor.is_system:
        raise Forbidden(_("只有电话转接设备可以换取号码。"))
    with transaction.atomic():
        rows = CallbackToken.objects.everything("the exchange connects a call").select_for_update(of=("self",))
        row = (
            rows.select_related("party")
            .filter(
                token_digest__in=crypto.mac_candidates("callback token", token.encode()),
                used_at__isnull=True,
                expires_at__gt=clock.now(),
            )
            .first()
        )
        if row is None:
            raise NotFound(_("转接码不存在、已用过或已过期。"), cure=_("请重新取一个。"))
        number = plain_phone(opened(row.party).phone)
        if not number:
            raise NotAllowedNow(_("反映人没有留下电话号码。"))
        row.used_at = clock.now()
        row.save(update_fields=["used_at"])
    return number
