"""One lease row for each job, one row for each run, one heartbeat for each worker."""

from django.db import models


class JobSchedule(models.Model):
    """When a job is next due, and which worker holds it until when."""

    name = models.CharField(max_length=80, unique=True)
    next_due = models.DateTimeField()
    retry_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(owner="", lease_until=None) | (~models.Q(owner="") & ~models.Q(lease_until=None)),
                name="job_lease_has_owner",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} @ {self.next_due.isoformat()}"


class JobRun(models.Model):
    """One attempt at one due time."""

    class Outcome(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        ABANDONED = "abandoned"  # its worker fell silent; another took the due time over

    name = models.CharField(max_length=80)
    due_at = models.DateTimeField()
    attempt = models.PositiveIntegerField()
    worker = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    report = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["name", "-started_at"], name="job_run_recent")]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "due_at"], condition=models.Q(outcome="done"), name="job_done_once_for_a_due_time"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="running", ended_at=None)
                | (~models.Q(outcome="running") & ~models.Q(ended_at=None)),
                name="job_run_ended_unless_running",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.due_at.isoformat()} {self.outcome}"


class WorkerBeat(models.Model):
    """A worker's sign of life."""

    worker = models.CharField(max_length=64, unique=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.worker
