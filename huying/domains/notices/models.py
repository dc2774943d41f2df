"""The lines in the bell."""

from django.db import models
from django.db.models import Q

from huying.kernel.actors import Actor
from huying.kernel.scoping import ScopedModel, ScopedQuerySet


class NoticeQuerySet(ScopedQuerySet["Notice"]):
    def scope(self, actor: Actor) -> Q:
        """A post reads its own notices, whoever sits in it."""
        return Q(post=actor.post_id) if actor.kind == "staff" and actor.post_id else Q(pk__in=[])


class Notice(ScopedModel):
    """One line for one post. `key` is the outbox message's: a message delivered twice is one line."""

    key = models.UUIDField(unique=True)
    post = models.ForeignKey("organizations.Post", on_delete=models.CASCADE, related_name="+")
    topic = models.CharField(max_length=80)
    subject = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    kind = models.CharField(max_length=40, blank=True)
    record_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["post", "-id"], name="notice_of_post"),
            models.Index(fields=["post"], name="notice_unread", condition=Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return self.subject
