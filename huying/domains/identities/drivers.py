"""The relay: where a message to a sealed person leaves, and the only place where outgoing post learns the number."""

import copy

from django.utils.translation import gettext_noop as _

from huying.domains.identities.identity import plain_phone
from huying.domains.identities.models import Party
from huying.domains.identities.services.parties import opened
from huying.kernel import outbox


@outbox.driver("relay")
def relay(message: outbox.OutboxMessage) -> str:
    """Hand the message to the text-message gateway, or to e-mail when there is no number. Nothing opened is stored."""
    party = (
        Party.objects.everything("the relay delivers").filter(pk=int(message.recipient.removeprefix("party:"))).first()
    )
    if party is None or party.sealed is None:
        raise outbox.PermanentFailure(_("当事人信息已删除"))
    identity = opened(party)
    number = plain_phone(identity.phone)
    name, recipient = ("sms", number) if number else ("email", identity.email)
    send = outbox.drivers().get(name)
    if not recipient or send is None:
        raise outbox.PermanentFailure(outbox.detailed(_("没有能联系上当事人的方式"), name))
    letter = copy.copy(message)
    letter.driver, letter.recipient = name, recipient
    return send(letter)
