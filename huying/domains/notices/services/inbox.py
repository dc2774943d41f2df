"""Reading the bell."""

from collections.abc import Iterable

from huying.domains.notices.models import Notice
from huying.kernel import clock
from huying.kernel.actors import Actor


def mark_read(*, actor: Actor, ids: Iterable[int]) -> int:
    """Mark the actor's post's notices as read; others' are left alone. Returns how many changed."""
    mine = Notice.objects.visible_to(actor).filter(pk__in=list(ids), read_at=None)
    return mine.update(read_at=clock.now())


def mark_all_read(*, actor: Actor) -> int:
    return Notice.objects.visible_to(actor).filter(read_at=None).update(read_at=clock.now())
