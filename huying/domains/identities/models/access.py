"""Every time an identity was seen or used, and what had to be asked first."""

from django.db import models

from huying.domains.identities.models.party import Party, VaultQuerySet
from huying.domains.identities.vocabulary import Basis, Ground, RequestState, Verdict
from huying.kernel.scoping import ScopedModel


class Look(ScopedModel):
    """One sight or use of an identity: which post, when, why, on what basis. The reporter sees post, time and purpose."""

    party = models.ForeignKey(Party, models.PROTECT, related_name="looks")
    kind = models.CharField(max_length=32)
    record_id = models.BigIntegerField()
    account_id = models.BigIntegerField(null=True)
    post_id = models.BigIntegerField(null=True)
    unit_id = models.BigIntegerField(null=True)
    post_label = models.CharField(max_length=120)
    purpose = models.CharField(max_length=300)
    basis = models.CharField(max_length=16, choices=[(b.value, b.value) for b in Basis])
    at = models.DateTimeField()

    objects = VaultQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["kind", "record_id", "at"], name="look_of_record")]

    def __str__(self) -> str:
        return f"{self.post_label} {self.at:%Y-%m-%d %H:%M}"


class RevealRequest(ScopedModel):
    """A wish to see an identity that a second person must grant; it ends by itself."""

    party = models.ForeignKey(Party, models.PROTECT, related_name="requests")
    account_id = models.BigIntegerField()
    post_id = models.BigIntegerField(null=True)
    unit_id = models.BigIntegerField(null=True)
    post_label = models.CharField(max_length=120)
    purpose = models.CharField(max_length=300)
    state = models.CharField(max_length=16, choices=[(s.value, s.value) for s in RequestState], default="asked")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_account_id = models.BigIntegerField(null=True)
    decided_label = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_why = models.CharField(max_length=300, blank=True)

    objects = VaultQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="asked", decided_at__isnull=True)
                | models.Q(decided_at__isnull=False, decided_account_id__isnull=False) & ~models.Q(state="asked"),
                name="reveal_decision_complete",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_account_id__isnull=True)
                | ~models.Q(decided_account_id=models.F("account_id")),
                name="reveal_decided_by_another",
            ),
        ]
        indexes = [models.Index(fields=["state", "expires_at"], name="reveal_request_open")]

    def __str__(self) -> str:
        return f"{self.post_label} → {self.party_id}"


class BreakGlassReview(ScopedModel):
    """A broken glass, to be reviewed by another within 24 hours."""

    look = models.OneToOneField(Look, models.PROTECT, related_name="review")
    ground = models.CharField(max_length=24, choices=[(g.value, g.value) for g in Ground])
    paper = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField()
    verdict = models.CharField(max_length=16, blank=True, choices=[(v.value, v.value) for v in Verdict])
    note = models.CharField(max_length=300, blank=True)
    reviewed_account_id = models.BigIntegerField(null=True)
    reviewed_label = models.CharField(max_length=120, blank=True)
    reviewed_at = models.DateTimeField(null=True)

    objects = VaultQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(verdict="", reviewed_at__isnull=True)
                | ~models.Q(verdict="") & models.Q(reviewed_at__isnull=False),
                name="break_glass_review_complete",
            )
        ]
        indexes = [models.Index(fields=["reviewed_at", "due_at"], name="break_glass_open")]

    def __str__(self) -> str:
        return f"{self.ground} {self.look_id}"


class CallbackToken(ScopedModel):
    """A short-lived stand-in for a number: the handler dials the token, the exchange connects, nobody reads the number."""

    party = models.ForeignKey(Party, models.CASCADE, related_name="callback_tokens")
    token_digest = models.BinaryField(unique=True)
    account_id = models.BigIntegerField(null=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = VaultQuerySet.as_manager()

    def __str__(self) -> str:
        return f"callback {self.pk}"
