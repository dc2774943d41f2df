"""Who takes part in a record, sealed; the code that opens it to its reporter; the call a number is used in."""

from typing import Any

from django.db import models

from huying.domains.identities.vocabulary import Confidentiality, Part
from huying.kernel.actors import Actor
from huying.kernel.scoping import ScopedModel, ScopedQuerySet


class VaultQuerySet(ScopedQuerySet[Any]):
    """Nobody reads the vault by scope: its services check and then name their reason."""

    def scope(self, actor: Actor) -> models.Q:
        return models.Q(pk__in=[])


class Party(ScopedModel):
    """One person's part in one record. The name, number and address are in `sealed` alone (kernel.crypto, bound to the row).

    key_id: the key that sealed it. phone_key: a MAC of the reporter's own number, kept only while the record is open; it
    answers nothing but "is this the number that is on the line now?".
    """

    kind = models.CharField(max_length=32)
    record_id = models.BigIntegerField()
    part = models.CharField(max_length=16, choices=[(p.value, p.value) for p in Part])
    ordinal = models.PositiveSmallIntegerField(default=0)
    confidentiality = models.CharField(max_length=16, choices=[(c.value, c.value) for c in Confidentiality])
    sealed = models.BinaryField(null=True)
    key_id = models.CharField(max_length=8, blank=True, db_index=True)
    phone_key = models.BinaryField(null=True, db_index=True)
    reachable = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    objects = VaultQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "record_id", "part", "ordinal"], name="party_once_in_a_record"),
            models.CheckConstraint(
                condition=models.Q(sealed__isnull=False, erased_at__isnull=True)
                | models.Q(sealed__isnull=True, key_id=""),
                name="party_sealed_or_empty",
            ),
            models.CheckConstraint(
                condition=models.Q(phone_key__isnull=True)
                | models.Q(part=Part.REPORTER.value) & ~models.Q(confidentiality=Confidentiality.ANONYMOUS.value),
                name="party_number_of_named_reporters_only",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.record_id} {self.part}"

    @property
    def context(self) -> bytes:
        """What the seal is bound to: moved to another record or part, it does not open."""
        return f"identities.party:{self.kind}:{self.record_id}:{self.part}:{self.ordinal}".encode()


class QueryCode(ScopedModel):
    """What is stored of the reporter's secret code: a MAC, how often it was missed, until when it is locked."""

    kind = models.CharField(max_length=32)
    record_id = models.BigIntegerField()
    digest = models.BinaryField()
    key_id = models.CharField(max_length=8, db_index=True)
    issued_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)

    objects = VaultQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "record_id"], name="query_code_one_per_record")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.record_id}"


class CallSession(ScopedModel):
    """A caller on the line with one call-taker. The number is sealed, and gone when the caller hangs up."""

    token_digest = models.BinaryField(unique=True)
    account_id = models.BigIntegerField()
    post_id = models.BigIntegerField(null=True)
    sealed = models.BinaryField(null=True)
    began_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    objects = VaultQuerySet.as_manager()

    def __str__(self) -> str:
        return f"call {self.pk}"
