"""A task, with its state and dates held in agreement by the database."""

from django.db import models
from django.db.models import OuterRef, Q

from huying.domains.identities.queries import not_recused
from huying.domains.tasks.vocabulary import LEVELS, State
from huying.kernel.actors import Actor, Role
from huying.kernel.scoping import ScopedModel, ScopedQuerySet

PREFIX = {1: 2, 2: 4, 3: 6, 4: 9, 5: 12}


class TaskQuerySet(ScopedQuerySet["Task"]):
    def scope(self, actor: Actor) -> Q:
        """What one's unit must do or has given out; supervisors and leaders, all within their division.

        An analyst works with figures and sees only tasks given to the own post. Whoever is recused from a record sees no task
        about it.
        """
        if actor.is_system:
            return Q()
        if not actor.reads_business or actor.unit_id is None:
            return Q(pk__in=[])
        if actor.roles == {Role.ANALYST}:
            return Q(post=actor.post_id)
        seen = Q(unit=actor.unit_id) | Q(assigner_unit=actor.unit_id)
        if actor.has(Role.SUPERVISOR, Role.LEADER) and actor.level in PREFIX:
            root = actor.division[: PREFIX[actor.level]]
            seen |= Q(division__gte=root.ljust(12, "0"), division__lte=root.ljust(12, "9"))
        return seen & (Q(subject_kind="") | not_recused(OuterRef("subject_kind"), actor, "subject_id"))


class Task(ScopedModel):
    """`subject_kind` and `subject_id` name what it is about (kernel.subjects), '' and None when it stands alone."""

    subject_kind = models.CharField(max_length=32, blank=True)
    subject_id = models.BigIntegerField(null=True)
    title = models.CharField(max_length=120)
    detail = models.TextField(blank=True)
    item = models.CharField(max_length=32, blank=True)
    unit = models.ForeignKey("organizations.Unit", on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("organizations.Post", null=True, on_delete=models.PROTECT, related_name="+")
    division = models.CharField(max_length=12)
    assigner_unit = models.ForeignKey("organizations.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    assigner_post = models.ForeignKey("organizations.Post", null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in State], default=State.ASSIGNED)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    evidence = models.TextField(blank=True)
    evidence_documents = models.JSONField(default=list)
    urge_level = models.PositiveSmallIntegerField(default=0)
    supervision_level = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    objects = TaskQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["assigned", "accepted"], closed_at=None)
                | Q(state__in=["finished", "returned", "cancelled", "lapsed"], closed_at__isnull=False),
                name="task_closed_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="finished") | ~Q(evidence="") | ~Q(evidence_documents=[]),
                name="task_finished_has_evidence",
            ),
            models.CheckConstraint(
                condition=Q(subject_kind="", subject_id=None) | (~Q(subject_kind="") & Q(subject_id__isnull=False)),
                name="task_subject_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(urge_level__lte=LEVELS, supervision_level__lte=LEVELS), name="task_levels_in_range"
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "-id"], name="task_of_unit"),
            models.Index(fields=["assigner_unit", "-id"], name="task_given_out"),
            models.Index(fields=["division", "-id"], name="task_in_division"),
            models.Index(fields=["subject_kind", "subject_id"], name="task_of_subject"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def number(self) -> str:
        return f"RW-{self.pk:06d}"
