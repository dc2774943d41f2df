"""The matter and the assignments under it. Who reported it is not here: identities holds that, sealed."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models import F, Q

from huying.domains.matters.vocabulary import (
    OPEN_STATES,
    AssignmentState,
    Channel,
    Confidentiality,
    Kind,
    Outcome,
    Part,
    PetitionKind,
    Satisfied,
    Solved,
    State,
)
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.scoping import ScopedModel, ScopedQuerySet

# Posts that see the matters of their division; the others see what their unit was given, or their own grid.
TERRITORIAL = frozenset(
    {
        Role.CALL_TAKER,
        Role.DISPATCHER,
        Role.FOLLOWUP_CLERK,
        Role.SUPERVISOR,
        Role.GRID_OFFICE,
        Role.LEADER,
    }
)
OF_UNIT = frozenset({Role.HANDLER, Role.UNIT_HEAD})
NOTHING = Q(pk__in=[])


def _one_of(field: str, values: Iterable[str], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": sorted(str(v) for v in values)}), name=name)


def matters_seen_by(actor: Actor, prefix: str = "") -> Q:
    """The condition on matters (or, with `prefix`, on what belongs to one) that `actor` may see. Nothing by default."""
    from huying.domains.identities.queries import not_recused

    if actor.is_system:
        return Q()
    if not actor.reads_business:
        return NOTHING
    seen = NOTHING
    if actor.roles & TERRITORIAL and actor.level is not None and actor.division:
        seen |= Q(**{f"{prefix}{actor.level.column}": actor.division})
    if actor.roles & OF_UNIT and actor.unit_id is not None:
        given = Assignment.objects.everything("part of a scope").filter(unit_id=actor.unit_id).values("matter_id")
        seen |= Q(**{f"{prefix}lead_unit_id": actor.unit_id}) | Q(**{f"{prefix}id__in": given})
    if Role.GRID_WORKER in actor.roles and actor.grid:
        seen |= Q(**{f"{prefix}grid": actor.grid}) | Q(**{f"{prefix}registered_by_post": actor.post_id})
    return seen & not_recused("matter", actor, f"{prefix}id")


class MatterQuerySet(ScopedQuerySet["Matter"]):
    def scope(self, actor: Actor) -> Q:
        return matters_seen_by(actor)


class AssignmentQuerySet(ScopedQuerySet["Assignment"]):
    def scope(self, actor: Actor) -> Q:
        return matters_seen_by(actor, prefix="matter__")


class Matter(ScopedModel):
    """One call that must get an answer. Editing it never touches a clock; `version` guards two people's edits."""

    number = models.CharField(max_length=40, unique=True)
    version = models.PositiveIntegerField(default=1)
    channel = models.CharField(max_length=12)
    kind = models.CharField(max_length=12)
    petition_kind = models.CharField(max_length=8, blank=True)
    item = models.CharField(max_length=32, blank=True)
    title = models.CharField(max_length=120)
    content = models.TextField()
    confidentiality = models.CharField(max_length=12, default=Confidentiality.OPEN)
    wants_reply = models.BooleanField(default=True)
    urgent = models.BooleanField(default=False)

    place = models.CharField(max_length=200, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=6, null=True)
    province = models.CharField(max_length=12, blank=True)
    city = models.CharField(max_length=12, blank=True)
    county = models.CharField(max_length=12, blank=True)
    township = models.CharField(max_length=12, blank=True)
    village = models.CharField(max_length=12, blank=True)
    grid = models.CharField(max_length=15, blank=True)
    place_key = models.CharField(max_length=32, blank=True)
    body_key = models.CharField(max_length=32)

    state = models.CharField(max_length=12, default=State.REGISTERED)
    outcome = models.CharField(max_length=20, blank=True)
    registered_at = models.DateTimeField()
    registered_by_post = models.BigIntegerField(null=True)
    registered_by_account = models.BigIntegerField(null=True)
    intake_unit = models.ForeignKey("organizations.Unit", on_delete=models.PROTECT, null=True, related_name="+")
    lead_unit = models.ForeignKey("organizations.Unit", on_delete=models.PROTECT, null=True, related_name="+")
    handler_post = models.BigIntegerField(null=True)
    leader_post = models.BigIntegerField(null=True)
    designated = models.BooleanField(default=False)
    rule_key = models.CharField(max_length=64, blank=True)
    clock_slot = models.CharField(max_length=24, default="handling")
    external_due_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    receipt_due_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    first_replied_at = models.DateTimeField(null=True)
    replied_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    followed_up_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    reopened_at = models.DateTimeField(null=True)
    reopen_until = models.DateTimeField(null=True)
    let_go_at = models.DateTimeField(null=True)

    solved = models.CharField(max_length=12, blank=True)
    satisfied = models.CharField(max_length=12, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    returned_count = models.PositiveSmallIntegerField(default=0)
    redo_count = models.PositiveSmallIntegerField(default=0)
    reopened_count = models.PositiveSmallIntegerField(default=0)
    extended = models.BooleanField(default=False)
    supervised = models.BooleanField(default=False)
    unreasonable = models.BooleanField(default=False)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged")

    source = models.CharField(max_length=32, blank=True)
    source_id = models.CharField(max_length=120, blank=True)
    source_digest = models.CharField(max_length=64, blank=True)
    is_demo = models.BooleanField(default=False)

    objects = MatterQuerySet.as_manager()

    class Meta:
        constraints = [
            _one_of("state", State, "matter_state_known"),
            _one_of("channel", Channel, "matter_channel_known"),
            _one_of("kind", Kind, "matter_kind_known"),
            _one_of("outcome", Outcome, "matter_outcome_known"),
            models.CheckConstraint(
                name="matter_closed_has_date_and_outcome",
                condition=~Q(state=State.CLOSED) | (Q(closed_at__isnull=False) & ~Q(outcome="")),
            ),
            models.CheckConstraint(
                name="matter_open_has_no_outcome",
                condition=~Q(state__in=sorted(OPEN_STATES)) | (Q(outcome="") & Q(closed_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="matter_with_unit_has_lead",
                condition=~Q(
                    state__in=[State.DISPATCHED, State.OBJECTED, State.IN_HAND, State.SUSPENDED, State.REPLIED]
                )
                | (Q(lead_unit__isnull=False) & Q(dispatched_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="matter_merged_names_its_order",
                condition=~Q(state=State.MERGED) | Q(merged_into__isnull=False),
            ),
            models.CheckConstraint(name="matter_not_merged_into_itself", condition=~Q(merged_into=F("id"))),
            models.CheckConstraint(
                name="matter_petition_kind_only_of_petitions", condition=Q(petition_kind="") | Q(kind=Kind.PETITION)
            ),
            models.CheckConstraint(
                name="matter_petition_sorted_before_dispatch",
                condition=~Q(kind=Kind.PETITION, dispatched_at__isnull=False) | Q(petition_kind=PetitionKind.HANDLING),
            ),
            models.CheckConstraint(
                name="matter_answers_known",
                condition=Q(solved__in=["", *sorted(Solved)]) & Q(satisfied__in=["", *sorted(Satisfied)]),
            ),
            models.UniqueConstraint(
                fields=["source", "source_id"], name="matter_source_once", condition=~Q(source_id="")
            ),
            models.UniqueConstraint(
                fields=["source", "source_digest"], name="matter_source_row_once", condition=~Q(source_digest="")
            ),
        ]
        indexes = [
            models.Index(fields=["county", "state", "-id"], name="matter_county_state"),
            models.Index(fields=["township", "state", "-id"], name="matter_township_state"),
            models.Index(fields=["city", "state", "-id"], name="matter_city_state"),
            models.Index(fields=["city", "-id"], name="matter_city"),
            models.Index(fields=["lead_unit", "state", "-id"], name="matter_lead_state"),
            models.Index(fields=["grid", "-id"], name="matter_grid", condition=~Q(grid="")),
            models.Index(fields=["place_key", "-id"], name="matter_place_key", condition=~Q(place_key="")),
            models.Index(fields=["body_key"], name="matter_body_key"),
            models.Index(fields=["registered_at"], name="matter_registered_at"),
            models.Index(fields=["archived_at"], name="matter_archived_at", condition=Q(let_go_at=None)),
            # By what SQLite can tell of a statement whose values it isn't shown: a comparison leaves no null.
            models.Index(fields=["closed_at"], name="matter_closed_at", condition=Q(closed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def division(self) -> str:
        """The deepest division code known of it."""
        return next((code for level in reversed(Level) if (code := getattr(self, level.column))), "")

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


class Assignment(ScopedModel):
    """The order to one unit: lead, supporter, called by whistle, or copied. Its clock is the kernel's (kind "assignment")."""

    matter = models.ForeignKey(Matter, on_delete=models.CASCADE, related_name="assignments")
    unit = models.ForeignKey("organizations.Unit", on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=8)
    state = models.CharField(max_length=12, default=AssignmentState.ISSUED)
    designated = models.BooleanField(default=False)
    called_by_unit = models.BigIntegerField(null=True)
    issued_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    received_by_post = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    grounds = models.JSONField(default=list)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            _one_of("part", Part, "assignment_part_known"),
            models.UniqueConstraint(
                fields=["matter"],
                name="assignment_one_living_lead",
                condition=Q(part=Part.LEAD, ended_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["matter", "unit"], name="assignment_one_living_per_unit", condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="assignment_answered_has_dates",
                condition=~Q(state=AssignmentState.ANSWERED) | Q(ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="assignment_not_answered_has_reason",
                condition=~Q(state=AssignmentState.NOT_ANSWERED) | (Q(ended_at__isnull=False) & ~Q(reason="")),
            ),
        ]
        indexes = [models.Index(fields=["unit", "matter"], name="assignment_unit_matter")]

    def __str__(self) -> str:
        return f"{self.part} of {self.matter_id} to {self.unit_id}"
