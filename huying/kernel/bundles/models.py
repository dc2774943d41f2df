"""What goes out and what came in. A message's content is sealed to the receiving zone from its first moment in the table."""

from django.db import models


class Bundle(models.Model):
    """One numbered bundle to or from a peer zone. made_at and digest fix its bytes: written again, it is the same file."""

    class Direction(models.TextChoices):
        OUT = "out"
        IN = "in"

    direction = models.CharField(max_length=3, choices=Direction.choices)
    peer = models.CharField(max_length=32)
    seq = models.BigIntegerField()
    messages = models.PositiveIntegerField()
    digest = models.CharField(max_length=80, blank=True)
    made_at = models.DateTimeField()
    written_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["direction", "peer", "seq"], name="bundle_numbered_once")]

    def __str__(self) -> str:
        return f"{self.direction} {self.peer} {self.seq}"


class OutgoingMessage(models.Model):
    """A message on its way. `sealed` can be opened by the peer alone, and goes once the peer has acknowledged it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        PACKED = "packed"
        ACCEPTED = "accepted"
        REFUSED = "refused"

    peer = models.CharField(max_length=32)
    key = models.CharField(max_length=64, unique=True)
    topic = models.CharField(max_length=64)
    sealed = models.BinaryField(null=True)
    bundle = models.ForeignKey(Bundle, models.PROTECT, null=True, related_name="outgoing")
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    outcome = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["peer", "state", "id"], name="bundle_message_waiting")]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"


class IncomingMessage(models.Model):
    """A message that was handled: once, whichever bundle brought it."""

    peer = models.CharField(max_length=32)
    key = models.CharField(max_length=64)
    topic = models.CharField(max_length=64)
    bundle = models.ForeignKey(Bundle, models.PROTECT, related_name="incoming")
    accepted = models.BooleanField()
    outcome = models.JSONField(default=dict)
    handled_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["peer", "key"], name="bundle_message_handled_once")]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"
