"""What is done about a matter between dispatch and archive, one table for each kind of act that carries its own facts."""

from django.db import models
from django.db.models import Q

from huying.domains.matters.models.matter import Assignment, Matter
from huying.domains.matters.vocabulary import ReviewState


class Dealing(models.Model):
    """Reached only through a matter the reader may see, so it carries no scope of its own."""

    matter = models.ForeignKey(Matter, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    by_post = models.BigIntegerField(null=True)
    by_account = models.BigIntegerField(null=True)
    by_unit = models.BigIntegerField(null=True)

    class Meta:
        abstract = True


class Objection(Dealing):
    """派单异议: with detailed reasons; decided by the dispatcher. decision: upheld, refused or designated."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="+")
    reason = models.TextField()
    due_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=12, blank=True)
    decision_reason = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by_post = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["matter"], name="objection_one_open", condition=Q(decided_at__isnull=True)),
            models.CheckConstraint(
                name="objection_decision_has_reason",
                condition=Q(decided_at__isnull=True, decision="") | (Q(decided_at__isnull=False) & ~Q(decision="")),
            ),
        ]

    def __str__(self) -> str:
        return f"objection to {self.assignment_id}"


class Extension(Dealing):
    """An extension asked for; `amount` reads "7 WD". Granted only within the rule's cap, and the reporter is told."""

    amount = models.CharField(max_length=16)
    reason = models.TextField()
    decision = models.CharField(max_length=8, blank=True)
    decision_reason = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by_post = models.BigIntegerField(null=True)
    due_before = models.DateTimeField(null=True)
    due_after = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["matter"], name="extension_one_open", condition=Q(decided_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.amount} for {self.matter_id}"


class Suspension(Dealing):
    suspension = models.CharField(max_length=24)
    reason = models.TextField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["matter"], name="suspension_one_open", condition=Q(ended_at__isnull=True))
        ]

    def __str__(self) -> str:
        return self.suspension


class Contact(Dealing):
    """The handler spoke with the reporter: when, how, what was said."""

    way = models.CharField(max_length=12)
    reached = models.BooleanField(default=True)
    summary = models.TextField()

    def __str__(self) -> str:
        return f"{self.way} {self.at:%F}"


class Reply(Dealing):
    """The lead's reply and its review; an approved one is what the reporter reads."""

    text = models.TextField()
    review = models.CharField(max_length=8, default=ReviewState.PENDING)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by_post = models.BigIntegerField(null=True)
    review_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["matter"], name="reply_one_pending", condition=Q(review=ReviewState.PENDING)
            ),
            models.CheckConstraint(
                name="reply_review_has_date", condition=Q(review=ReviewState.PENDING) | Q(reviewed_at__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["matter", "at"], name="reply_matter")]

    def __str__(self) -> str:
        return f"reply to {self.matter_id}"


class FollowUp(Dealing):
    """One attempt to ask the reporter, by someone who did not handle it. Solved and satisfied are two questions."""

    way = models.CharField(max_length=12)
    reached = models.BooleanField()
    solved = models.CharField(max_length=12, blank=True)
    satisfied = models.CharField(max_length=12, blank=True)
    said = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["matter", "at"], name="followup_matter")]

    def __str__(self) -> str:
        return f"follow-up of {self.matter_id}"


class Note(Dealing):
    """A supplement or comment; a reporter's own is `public`. It moves no clock and no window."""

    text = models.TextField()
    public = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["matter", "at"], name="note_matter")]

    def __str__(self) -> str:
        return f"note on {self.matter_id}"


class Supervision(Dealing):
    """督办: why, by when it must be answered, and the answer."""

    trigger = models.CharField(max_length=12)
    reason = models.TextField()
    due_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by_post = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["matter", "trigger"],
                name="supervision_one_open_per_trigger",
                condition=Q(answered_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.trigger} {self.matter_id}"


class UnreasonableReview(Dealing):
    """不合理诉求: asked with reasons, decided by a panel with an outside member, open to appeal. The label is the matter's.

    panel: the posts that sat; outside_member: who from outside the units, by office. outcome: "", upheld or refused.
    """

    reason = models.TextField()
    panel = models.JSONField(default=list)
    outside_member = models.CharField(max_length=80, blank=True)
    outcome = models.CharField(max_length=8, blank=True)
    decision_reason = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    appealed_at = models.DateTimeField(null=True)
    appeal_reason = models.TextField(blank=True)
    appeal_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["matter"], name="unreasonable_one_open", condition=Q(decided_at__isnull=True)
            ),
            models.CheckConstraint(
                name="unreasonable_decided_with_outside_member",
                condition=Q(decided_at__isnull=True) | (~Q(outside_member="") & ~Q(decision_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"unreasonable? {self.matter_id}"
