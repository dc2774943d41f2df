"""Datasets as installed, the reports they ask for, every version of what was delivered, uploads on their way, reminders."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from huying.analytics.periods import Period
from huying.domains.exchange.schema import DatasetRow
from huying.domains.exchange.vocabulary import Kind, Way
from huying.kernel.actors import Actor, Role
from huying.kernel.scoping import ScopedModel, ScopedQuerySet

# Who looks after others' reports within their division.
WATCHERS = frozenset({Role.SUPERVISOR, Role.LEADER, Role.ANALYST})
DIGITS = {1: 2, 2: 4, 3: 6, 4: 9, 5: 12}


class Definition(models.Model):
    """A version of a dataset as a pack gave it; never changed, so that what was delivered can be read by what was asked.

    content: DatasetRow as JSON.
    """

    code = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    content = models.JSONField()
    installed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="exchange_definition_once")]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"

    @property
    def row(self) -> DatasetRow:
        return DatasetRow.model_validate(self.content)


def in_division(actor: Actor, column: str = "division") -> Q:
    if actor.level not in DIGITS or not actor.division:
        return Q(pk__in=[])
    root = actor.division[: DIGITS[actor.level]]
    return Q(**{f"{column}__gte": root.ljust(12, "0"), f"{column}__lte": root.ljust(12, "9")})


def in_scope_of_watch(actor: Actor, division: str) -> bool:
    """Whether the place lies in the division the actor's post watches over."""
    if actor.level not in DIGITS or not actor.division:
        return False
    return division.startswith(actor.division[: DIGITS[actor.level]])


class ReportQuerySet(ScopedQuerySet["Report"]):
    def scope(self, actor: Actor) -> Q:
        """One's own unit's, those of the line one's unit leads, and for supervisors, leaders and analysts all in the division; a
        machine's are its unit's of the datasets that its key names."""
        if actor.is_system:
            return Q()
        if actor.is_machine:
            return Q(unit=actor.unit_id, code__in=actor.named)
        if not actor.reads_business or actor.unit_id is None:
            return Q(pk__in=[])
        seen = Q(unit=actor.unit_id) | Q(lead_unit=actor.unit_id)
        return seen | in_division(actor) if actor.has(*WATCHERS) else seen


class Report(ScopedModel):
    """What one place owes for one dataset and period.

    due_at, locks_at: None for a period before the dataset was asked for here: it may be filled in later, and is never late.
    version: of the latest delivery, 0 before the first. first_at: of the first. late_at: when it was found late.
    missed_at: when it was found locked with nothing delivered; None again once it is reopened or delivered.
    """

    code = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in Kind])
    division = models.CharField(max_length=12)
    place = models.CharField(max_length=128)
    level = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=10)
    first_day = models.DateField()
    last_day = models.DateField()
    unit = models.ForeignKey("organizations.Unit", on_delete=models.PROTECT, related_name="+")
    lead_unit = models.ForeignKey("organizations.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField(null=True)
    locks_at = models.DateTimeField(null=True)
    provisional = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    first_at = models.DateTimeField(null=True)
    late_at = models.DateTimeField(null=True)
    missed_at = models.DateTimeField(null=True)
    reopened_until = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "division", "key"], name="exchange_report_once"),
            models.CheckConstraint(
                condition=Q(due_at=None, locks_at=None) | Q(due_at__isnull=False, locks_at__gt=F("due_at")),
                name="exchange_report_locks_after_due",
            ),
            models.CheckConstraint(
                condition=Q(version=0, first_at=None) | Q(version__gt=0, first_at__isnull=False),
                name="exchange_report_version_and_first_agree",
            ),
            models.CheckConstraint(
                condition=Q(late_at=None) | Q(due_at__isnull=False), name="exchange_report_late_has_a_due_day"
            ),
            models.CheckConstraint(
                condition=Q(missed_at=None) | Q(first_at=None, locks_at__isnull=False),
                name="exchange_report_missed_has_a_lock_and_no_values",
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "-last_day"], name="exchange_of_unit"),
            models.Index(fields=["code", "-last_day", "division"], name="exchange_of_dataset"),
            models.Index(fields=["first_at", "due_at"], name="exchange_missing"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.place} {self.key}"

    @property
    def period(self) -> Period:
        return Period.parse(self.key)


class Delivery(models.Model):
    """One version of a report's values: never changed, never deleted. No person stands in it but the post that delivered.

    values: by measure, of a survey also _low and _high; None is "unknown". n, fieldwork_from, fieldwork_to, conducted_by,
    method: of a survey. note: why it is unusual, or why it was corrected. late: after the due day. after_lock: in a reopened
    report.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="deliveries")
    version = models.PositiveIntegerField()
    definition = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="+")
    values = models.JSONField()
    n = models.PositiveBigIntegerField(null=True)
    fieldwork_from = models.DateField(null=True)
    fieldwork_to = models.DateField(null=True)
    conducted_by = models.CharField(max_length=120, blank=True)
    method = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=500, blank=True)
    way = models.CharField(max_length=10, choices=[(w.value, w.value) for w in Way])
    late = models.BooleanField(default=False)
    after_lock = models.BooleanField(default=False)
    post = models.ForeignKey("organizations.Post", null=True, on_delete=models.PROTECT, related_name="+")
    delivered_by = models.CharField(max_length=128)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "version"], name="exchange_delivery_version_once"),
            models.CheckConstraint(
                condition=Q(version=1) | ~Q(note=""),
                name="exchange_correction_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(fieldwork_from=None) | Q(fieldwork_to__gte=F("fieldwork_from")),
                name="exchange_fieldwork_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["at"], name="exchange_delivered_at")]

    def __str__(self) -> str:
        return f"{self.report_id} v{self.version}"


class Upload(models.Model):
    """A file that was read and waits to be confirmed, or was delivered and keeps what was handed back; a day long.

    lines: its rows as read. result: None until it is confirmed; then how many were taken, and what was handed back why.
    """

    token = models.CharField(max_length=32, unique=True)
    code = models.CharField(max_length=40)
    unit = models.ForeignKey("organizations.Unit", on_delete=models.CASCADE, related_name="+")
    post = models.ForeignKey("organizations.Post", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    header = models.JSONField()
    lines = models.JSONField()
    passed_over = models.JSONField(default=list)
    result = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="exchange_upload_age")]

    def __str__(self) -> str:
        return self.name


class Reminder(models.Model):
    """One task for one unit and period, however many reports it owes."""

    unit = models.ForeignKey("organizations.Unit", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=10)
    task = models.ForeignKey("tasks.Task", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "key"], name="exchange_reminder_once")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.key}"


class KeyQuerySet(ScopedQuerySet["ApiKey"]):
    def scope(self, actor: Actor) -> Q:
        """Its unit's head; the security administrator and the auditor, of all units: a key holds no business content."""
        if actor.is_system or actor.has(Role.SECURITY_ADMIN, Role.AUDITOR):
            return Q()
        if actor.has(Role.UNIT_HEAD) and actor.unit_id is not None:
            return Q(unit=actor.unit_id)
        return Q(pk__in=[])


class ApiKey(ScopedModel):
    """What a unit's program shows instead of a person's sign-in: it delivers some of the unit's datasets until a day, no more.

    short: its public half, named in every log. digest: of the secret half, which is kept nowhere. datasets: codes. replaces: the
    key it was rotated from. failures, locked_until: wrong secrets. minute, in_minute: uses within the running minute.
    addresses: from which alone it may be shown, as networks; none named, from any.
    """

    short = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=160)
    unit = models.ForeignKey("organizations.Unit", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    datasets = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=128)
    expires_at = models.DateTimeField()
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=128, blank=True)
    revoked_why = models.CharField(max_length=200, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    minute = models.DateTimeField(null=True)
    in_minute = models.PositiveIntegerField(default=0)
    uses = models.PositiveBigIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    addresses = models.JSONField(default=list)

    objects = KeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="exchange_key_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_why="") | (Q(revoked_at__isnull=False) & ~Q(revoked_why="")),
                name="exchange_key_revoked_has_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["unit", "-made_at"], name="exchange_keys_of_unit")]

    def __str__(self) -> str:
        return self.short
