"""The append-only log: one row per transition, chained per record; heads; checkpoints; the access log."""

import json

from django.db import models


class Event(models.Model):
    """One transition. `body` is the canonical JSON that the chain covers; the other columns repeat parts of it for queries.

    `payload` and `salt` are what an erasure removes: the chain commits to digest(salt + payload) only.
    """

    kind = models.CharField(max_length=32)
    record_id = models.BigIntegerField()
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    action = models.CharField(max_length=48)
    post_id = models.BigIntegerField(null=True)
    account_id = models.BigIntegerField(null=True)
    body = models.BinaryField()
    payload = models.TextField(null=True)
    salt = models.BinaryField(null=True)
    mac = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "record_id", "seq"], name="event_one_per_seq")]
        indexes = [
            models.Index(fields=["at"], name="event_at"),
            models.Index(fields=["account_id", "at"], name="event_account"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id} #{self.seq} {self.action}"

    @property
    def actor_label(self) -> str:
        """Who acted, as the chain has it."""
        return str(json.loads(bytes(self.body))["actor"][1])


class ChainHead(models.Model):
    """Where a record's chain ends: a cut tail is seen because count and mac disagree with the last event."""

    kind = models.CharField(max_length=32)
    record_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    mac = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "record_id"], name="chainhead_one_per_record")]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id}: {self.count}"


class Checkpoint(models.Model):
    """A signed digest over every event up to `last_event` since the checkpoint before: a removed record is seen."""

    first_event = models.BigIntegerField()
    last_event = models.BigIntegerField(unique=True)
    events = models.PositiveIntegerField()
    taken_at = models.DateTimeField()
    digest = models.CharField(max_length=200)
    mac = models.BinaryField()

    def __str__(self) -> str:
        return f"events {self.first_event}-{self.last_event}"


class AccessEntry(models.Model):
    """Who read or did what; kept at least six months (等保). Never content."""

    at = models.DateTimeField(db_index=True)
    account_id = models.BigIntegerField(null=True)
    post_id = models.BigIntegerField(null=True)
    what = models.CharField(max_length=64)
    kind = models.CharField(max_length=32, blank=True)
    record_id = models.BigIntegerField(null=True)
    result = models.CharField(max_length=16, default="ok")
    # Who it was where it was no post: a unit's key, scheduled work.
    actor = models.CharField(max_length=128, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "at"], name="access_account"),
            models.Index(fields=["kind", "record_id", "at"], name="access_record"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.what}"
