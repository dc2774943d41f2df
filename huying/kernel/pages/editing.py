"""Who has a form of a record open now: a beat every twenty seconds, forgotten after a minute. Posts, not persons, are shown."""

from __future__ import annotations

from datetime import timedelta

from django.db import models

from huying.kernel import clock
from huying.kernel.actors import Actor

SEEN_FOR = timedelta(seconds=60)


class EditingBeat(models.Model):
    """The last time a post wrote in a form of a record."""

    kind = models.CharField(max_length=32)
    record_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    label = models.CharField(max_length=120)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "record_id", "post_id"], name="editing_one_per_post")]
        indexes = [models.Index(fields=["seen_at"], name="editing_seen_at")]

    def __str__(self) -> str:
        return f"{self.label}: {self.kind} {self.record_id}"


def beat(actor: Actor, kind: str, record_id: int, *, writing: bool) -> list[str]:
    """Note that `actor` writes (or no longer does); returns the labels of the others who do. Old beats go in passing."""
    here = clock.now()
    own = EditingBeat.objects.filter(kind=kind, record_id=record_id, post_id=actor.post_id or 0)
    if writing and actor.post_id is not None:
        EditingBeat.objects.bulk_create(
            [EditingBeat(kind=kind, record_id=record_id, post_id=actor.post_id, label=actor.label[:120], seen_at=here)],
            update_conflicts=True,
            unique_fields=["kind", "record_id", "post_id"],
            update_fields=["seen_at", "label"],
        )
        EditingBeat.objects.filter(seen_at__lt=here - SEEN_FOR).delete()
    else:
        own.delete()
    return list(
        EditingBeat.objects.filter(kind=kind, record_id=record_id, seen_at__gte=here - SEEN_FOR)
        .exclude(post_id=actor.post_id or 0)
        .order_by("post_id")
        .values_list("label", flat=True)
    )
