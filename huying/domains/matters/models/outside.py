"""What the portal of an outer zone keeps of a report, and what the inner zone keeps of where it came from.

The outer tables hold no name, number, address or word of the reporter: those leave sealed in the moment of the report.
"""

from collections.abc import Iterable

from django.conf import settings
from django.db import models

from huying.domains.matters.models.matter import Matter


class OutsideReport(models.Model):
    """In the outer zone: one report that went in. `story` is what the inner zone last told of it, sealed in this zone's key:
    a reply may call the reporter by name."""

    number = models.CharField(max_length=40, unique=True)
    key = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=0)
    story = models.BinaryField(null=True)
    key_id = models.CharField(max_length=8, blank=True)
    told_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.number


class OutsideAct(models.Model):
    """In the outer zone: something its reporter did, on its way in or answered; what was said is not kept here."""

    report = models.ForeignKey(OutsideReport, on_delete=models.CASCADE, related_name="acts")
    key = models.CharField(max_length=64, unique=True)
    action = models.CharField(max_length=24)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.action} {self.key}"


class OutsideMatter(models.Model):
    """In the inner zone: this matter came through the gate, and its reporter follows it on the other side.

    stale: something happened that the outer zone hasn't been told.
    """

    matter = models.OneToOneField(Matter, on_delete=models.CASCADE, primary_key=True, related_name="+")
    zone = models.CharField(max_length=32)
    stale = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["matter"], name="outside_stale", condition=models.Q(stale=True))]

    def __str__(self) -> str:
        return f"{self.matter_id} from {self.zone}"

    @classmethod
    def changed(cls, matter_ids: Iterable[int]) -> None:
        """In the transaction that changed the matters: what came from outside is told anew with the next bundle."""
        if settings.HUYING_ZONE == "inner":
            cls.objects.filter(matter__in=list(matter_ids)).update(stale=True)
