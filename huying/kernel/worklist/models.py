"""One row per open thing somebody must do; matters, tasks and every later domain put theirs here."""

from datetime import UTC, datetime

from django.db import models

# Stands for "no date" so that keyset order needs no NULL rule, on which the two databases differ.
NO_DATE = datetime(9999, 12, 30, tzinfo=UTC)


class WorkItem(models.Model):
    """`unit_id` must act, `post_id` when it is one post's. `sort_at` is the due time, or NO_DATE."""

    kind = models.CharField(max_length=32)
    record_id = models.BigIntegerField()
    slot = models.CharField(max_length=32)
    queue = models.CharField(max_length=32)
    unit_id = models.BigIntegerField()
    post_id = models.BigIntegerField(null=True)
    subject_id = models.BigIntegerField()
    number = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    place = models.CharField(max_length=80, blank=True)
    channel = models.CharField(max_length=24, blank=True)
    why = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField(null=True)
    sort_at = models.DateTimeField()
    card = models.CharField(max_length=8, default="none")
    urgent = models.BooleanField(default=False)
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "record_id", "slot"], name="workitem_one_per_slot")]
        indexes = [
            models.Index(fields=["unit_id", "queue", "sort_at", "id"], name="workitem_unit_queue"),
            models.Index(
                fields=["post_id", "sort_at", "id"], name="workitem_post", condition=models.Q(post_id__isnull=False)
            ),
            models.Index(fields=["kind", "subject_id"], name="workitem_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.queue}: {self.number}"
