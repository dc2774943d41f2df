"""Posts and units that must know nothing of a record."""

from django.db import models

from huying.domains.identities.models.party import VaultQuerySet
from huying.domains.identities.vocabulary import RecusalReason
from huying.kernel.scoping import ScopedModel


class Recusal(ScopedModel):
    """A post, or a whole unit, kept from a record. Applied before any scope: the record is not there for them."""

    kind = models.CharField(max_length=32)
    record_id = models.BigIntegerField()
    post_id = models.BigIntegerField(null=True)
    unit_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=16, choices=[(r.value, r.value) for r in RecusalReason])
    note = models.CharField(max_length=300, blank=True)
    made_label = models.CharField(max_length=120)
    made_at = models.DateTimeField()

    objects = VaultQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(post_id__isnull=False, unit_id__isnull=True)
                | models.Q(post_id__isnull=True, unit_id__isnull=False),
                name="recusal_of_a_post_or_a_unit",
            ),
            models.UniqueConstraint(fields=["kind", "record_id", "post_id"], name="recusal_once_per_post"),
            models.UniqueConstraint(fields=["kind", "record_id", "unit_id"], name="recusal_once_per_unit"),
        ]
        indexes = [
            models.Index(fields=["kind", "post_id", "record_id"], name="recusal_of_post"),
            models.Index(fields=["kind", "unit_id", "record_id"], name="recusal_of_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.record_id} ⊘ {self.post_id or self.unit_id}"
