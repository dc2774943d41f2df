"""What analytics keeps in the main database: the definitions a place works by, each version of them, and whom they compare."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Versioned(models.Model):
    """One version of what a place sets for one indicator. A published version is never changed: a change is the next version.

    Who wrote it and who put it in force stand as their posts are called.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"

    code = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    content = models.JSONField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PUBLISHED)
    valid_from = models.DateField()
    author = models.CharField(max_length=120, blank=True)
    publisher = models.CharField(max_length=120, blank=True)
    why = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class IndicatorDefinition(Versioned):
    """One version of one indicator.

    content: a row of `indicators.yaml` as JSON, checked by huying.analytics.indicators. In force from `valid_from` until the day
    before `valid_to`; the first version also explains what was before it.
    """

    valid_to = models.DateField(null=True, blank=True)
    # Who withdrew it as of `valid_to`, and why; "" for a version that runs on or that another one follows.
    withdrawer = models.CharField(max_length=120, blank=True)
    withdrawn_why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("code", "version"), name="indicator_version_once"),
            models.CheckConstraint(condition=Q(version__gte=1), name="indicator_version_from_one"),
            models.UniqueConstraint(fields=("code",), condition=Q(state="draft"), name="indicator_one_draft"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="indicator_ends_after_start"
            ),
        )


class CountedLimits(Versioned):
    """One version of a place's own thresholds for an indicator that comes with Huying; they stand beside the shipped ones.

    content: all of them, as `thresholds` of matters.yaml; each holds from its own day. valid_from: the first day of what is new.
    """

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("code", "version"), name="counted_limits_version_once"),
            models.UniqueConstraint(fields=("code",), condition=Q(state="draft"), name="counted_limits_one_draft"),
        )


class IndexDefinition(models.Model):
    """One version of a composite index: its nodes as rows of `index.yaml`, checked by huying.analytics.indicators.frameworks."""

    code = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    content = models.JSONField()
    valid_from = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("code", "version"), name="index_version_once"),
            models.CheckConstraint(condition=Q(version__gte=1), name="index_version_from_one"),
        )

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class PeerGroup(models.Model):
    """Comparable places, by division code: whom indicators with `peers: CODE` rank among."""

    code = models.CharField(max_length=60, unique=True)
    name = models.JSONField(default=dict)
    places = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.code


class KeptInput(models.Model):
    """Something a published figure was computed from, under the SHA-256 of what it says; written once.

    body: zlib-compressed text.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    body = models.BinaryField()

    def __str__(self) -> str:
        return self.digest[:12]


class LateChange(models.Model):
    """A value that changed after its period was over and it had been computed.

    before: as it first stood then; after: as it stood after the last change. why: as values.building tells it. The file of values
    holds a copy beside the values; this is what is backed up.
    """

    indicator = models.CharField(max_length=60)
    node = models.CharField(max_length=15)
    period = models.CharField(max_length=10)
    before = models.FloatField(null=True)
    after = models.FloatField(null=True)
    first_at = models.CharField(max_length=40)
    last_at = models.CharField(max_length=40)
    times = models.PositiveIntegerField()
    why = models.CharField(max_length=80)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("indicator", "node", "period"), name="late_change_once"),)

    def __str__(self) -> str:
        return f"{self.indicator} {self.node} {self.period}"


class BenchView(models.Model):
    """A selection somebody kept (huying.analytics.bench): what was picked, never a value. account: whose; shared: seen by all
    posts of the same division too."""

    name = models.CharField(max_length=80)
    content = models.JSONField()
    account = models.BigIntegerField()
    signed = models.CharField(max_length=120)
    division = models.CharField(max_length=15, blank=True)
    shared = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("account", "name"), name="bench_view_named_once"),)

    def __str__(self) -> str:
        return self.name


class TakenAway(models.Model):
    """What a value below the county was when it was last taken away in a file: the next file is compared with it."""

    indicator = models.CharField(max_length=60)
    node = models.CharField(max_length=15)
    period = models.CharField(max_length=10)
    numerator = models.FloatField(null=True)
    n = models.FloatField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("period", "indicator", "node"), name="taken_away_once"),)

    def __str__(self) -> str:
        return f"{self.indicator} {self.node} {self.period}"
