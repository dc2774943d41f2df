"""What an administrator does about messages that could not be sent."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.notices.permissions import require_outbox
from huying.kernel import audit, outbox
from huying.kernel.actors import Actor
from huying.kernel.errors import NotAllowedNow


def retry_dead(*, actor: Actor, ids: Iterable[int]) -> int:
    """Give dead or held messages another round of attempts; logged. Raises NotAllowedNow when none of them is either."""
    require_outbox(actor)
    wanted = sorted(set(ids))
    with transaction.atomic():
        revived = outbox.retry(wanted)
        if not revived:
            raise NotAllowedNow(_("这些消息已不在“发送失败”或“未发”中。"), cure=_("请刷新页面。"))
        audit.record([audit.NewEvent(kind="outbox", record_id=pk, action="retried", actor=actor) for pk in wanted])
    return revived
