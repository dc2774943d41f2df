"""Files attached to records, how long records are kept, and what holds them longer."""

from typing import Any

from django.db import models

from huying.domains.documents.vocabulary import Ending, Origin
from huying.kernel.actors import Actor
from huying.kernel.scoping import ScopedModel, ScopedQuerySet


class DocumentQuerySet(ScopedQuerySet[Any]):
    """A file is visible with its record, which is asked of the record's own domain (kernel.subjects), id by id."""

    def scope(self, actor: Actor) -> models.Q:
        return models.Q(pk__in=[])


class Document(ScopedModel):
    """One file of one record. The bytes lie under MEDIA_ROOT by their digest, once however many records share them."""

    kind = models.CharField(max_length=32)
    record_id = models.BigIntegerField()
    name = models.CharField(max_length=160)
    ending = models.CharField(max_length=8)
    size = models.BigIntegerField()
    digest = models.CharField(max_length=80, db_index=True)
    origin = models.CharField(max_length=16, choices=[(o.value, o.value) for o in Origin])
    form = models.CharField(max_length=16, blank=True)
    number = models.CharField(max_length=60, null=True, unique=True)
    added_label = models.CharField(max_length=120)
    added_post_id = models.BigIntegerField(null=True)
    added_at = models.DateTimeField()

    objects = DocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(size__gt=0), name="document_not_empty"),
            models.CheckConstraint(
                condition=models.Q(origin=Origin.FORM.value, number__isnull=False)
                | ~models.Q(origin=Origin.FORM.value) & models.Q(number__isnull=True, form=""),
                name="document_form_numbered",
            ),
        ]
        indexes = [models.Index(fields=["kind", "record_id", "id"], name="document_of_record")]

    def __str__(self) -> str:
        return self.name


class RetentionRule(models.Model):
    """How long records of a kind are kept after they end, on what basis, from when the rule holds."""

    kind = models.CharField(max_length=32)
    valid_from = models.DateField()
    months = models.PositiveIntegerField()
    ending = models.CharField(max_length=16, choices=[(e.value, e.value) for e in Ending])
    basis = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "valid_from"], name="retention_rule_dated")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.months} months"


class LegalHold(models.Model):
    """A record that may not be let go of while a lawsuit, review or audit needs it."""

    kind = models.CharField(max_length=32)
    record_id = models.BigIntegerField()
    why = models.CharField(max_length=300)
    placed_label = models.CharField(max_length=120)
    placed_at = models.DateTimeField()
    lifted_label = models.CharField(max_length=120, blank=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "record_id"], condition=models.Q(lifted_at__isnull=True), name="legal_hold_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.record_id}"
