"""A running limit, frozen when it started; one engine for matters, assignments and tasks."""

from django.db import models
from django.db.models import Q


class FrozenRule(models.Model):
    """A rule as it stood when a clock started, kept once by its content; never changed, so a clock that names it is frozen."""

    digest = models.CharField(max_length=80, unique=True)
    body = models.JSONField()

    def __str__(self) -> str:
        return str(self.body.get("key", self.digest))


class ClockRecord(models.Model):
    """One running, paused or stopped limit. `turns` are its card changes, soonest first: [[card, ISO time], ...]."""

    kind = models.CharField(max_length=32)
    record_id = models.BigIntegerField()
    slot = models.CharField(max_length=32)
    unit_id = models.BigIntegerField()
    rule_key = models.CharField(max_length=64)
    rule = models.ForeignKey(FrozenRule, on_delete=models.PROTECT)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    external_due_at = models.DateTimeField(null=True)
    internal_due_at = models.DateTimeField(null=True)
    provisional = models.BooleanField(default=False)
    state = models.CharField(max_length=8, default="running")
    card = models.CharField(max_length=8, default="none")
    turns = models.JSONField(default=list)
    next_turn_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    pauses = models.JSONField(default=list)
    extensions = models.JSONField(default=list)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "record_id", "slot"], name="clock_one_per_slot"),
            models.CheckConstraint(
                name="clock_state_agrees_with_dates",
                condition=Q(state="running", paused_at__isnull=True, stopped_at__isnull=True)
                | Q(state="paused", paused_at__isnull=False, stopped_at__isnull=True)
                | Q(state="stopped", stopped_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_turn_at"],
                name="clock_next_turn",
                condition=Q(state="running", next_turn_at__isnull=False),
            ),
            models.Index(fields=["id"], name="clock_provisional", condition=Q(provisional=True)),
        ]

    def __str__(self) -> str:
        return f"{self.rule_key} of {self.kind} {self.record_id}, due {self.due_at:%F %T}"
