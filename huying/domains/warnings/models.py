"""The ladder as installed, warnings with the periods they were seen in, and who was told what."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q

from huying.analytics.definitions import Grade
from huying.analytics.periods import PeriodKind
from huying.domains.warnings.ladder import Rung
from huying.domains.warnings.vocabulary import Ended, Letters, News, Origin, Owner, RungStanding, RungState, State, Step
from huying.kernel.actors import Actor, Level
from huying.kernel.scoping import ScopedModel, ScopedQuerySet

PREFIX = {1: 2, 2: 4, 3: 6, 4: 9, 5: 12, 6: 15}


def _choices(of: type) -> list[tuple[str, str]]:
    return [(one.value, one.value) for one in of]  # type: ignore[attr-defined]


class LadderRow(models.Model):
    """A version of a rung, as a pack gave it or as it was drafted and published on screen. Evaluated is what is published."""

    division = models.CharField(max_length=15)
    origin = models.CharField(max_length=8, choices=_choices(Origin))
    period = models.CharField(max_length=8, choices=_choices(PeriodKind))
    levels = models.JSONField(default=list)
    colour = models.CharField(max_length=8, blank=True)
    in_a_row = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=8, choices=_choices(Step))
    owner = models.CharField(max_length=8, choices=_choices(Owner))
    limit = models.CharField(max_length=16)
    letters = models.CharField(max_length=8, choices=_choices(Letters))
    tells = models.PositiveSmallIntegerField(default=0)
    item = models.CharField(max_length=12, blank=True)
    indicators = models.JSONField(default=list)
    confidence = models.FloatField(default=0.99)
    reference = models.CharField(max_length=200)
    provenance = models.CharField(max_length=16)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=_choices(RungState), default=RungState.PUBLISHED)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["division", "origin", "period", "colour", "in_a_row", "valid_from"],
                condition=Q(state="published"),
                name="ladder_row_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.division} {self.period} {self.colour} x{self.in_a_row}: {self.step}"

    def standing(self, on: date) -> RungStanding:
        if self.state != RungState.PUBLISHED:
            return RungStanding(self.state)
        if self.valid_to is not None and self.valid_to <= on:
            return RungStanding.OVER
        return RungStanding.COMING if self.valid_from > on else RungStanding.IN_FORCE

    @property
    def rung(self) -> Rung:
        return Rung(
            division=self.division,
            origin=Origin(self.origin),
            period=PeriodKind(self.period),
            levels=frozenset(level for level in Level if level.column in self.levels),
            colour=Grade(self.colour) if self.colour else Grade.RED,
            in_a_row=self.in_a_row,
            step=Step(self.step),
            owner=Owner(self.owner),
            limit=self.limit,
            letters=Letters(self.letters),
            tells=self.tells,
            item=self.item,
            indicators=frozenset(self.indicators),
            confidence=self.confidence,
            reference=self.reference,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )


def _of_places(actor: Actor) -> Q:
    """The places of one's own division: figures, no persons, so every role that reads business sees them."""
    if actor.is_system:
        return Q()
    if not actor.reads_business or actor.level not in PREFIX or not actor.division:
        return Q(pk__in=[])
    root = actor.division[: PREFIX[actor.level]]
    return Q(division__gte=root.ljust(12, "0"), division__lte=root.ljust(15, "9"))


class WarningQuerySet(ScopedQuerySet["IndicatorWarning"]):
    def scope(self, actor: Actor) -> Q:
        return _of_places(actor)


class ForecastableQuerySet(ScopedQuerySet["Forecastable"]):
    def scope(self, actor: Actor) -> Q:
        return _of_places(actor)


class IndicatorWarning(ScopedModel):
    """An indicator of one place that stays out of bounds, from the period it began in until it is closed.

    Its subject is a place and an indicator, never a person. indicator: as the report names it ("overdue", "by_kind.help"), or the
    code of a definition; name_zh, name_en: what it was called when it was opened.
    """

    origin = models.CharField(max_length=8, choices=_choices(Origin))
    division = models.CharField(max_length=15)
    place = models.CharField(max_length=128)
    level = models.PositiveSmallIntegerField()
    indicator = models.CharField(max_length=60)
    name_zh = models.CharField(max_length=120, blank=True)
    name_en = models.CharField(max_length=120, blank=True)
    period = models.CharField(max_length=8, choices=_choices(PeriodKind))
    step = models.CharField(max_length=8, choices=_choices(Step))
    in_a_row = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=_choices(State), default=State.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    ended = models.CharField(max_length=12, choices=_choices(Ended), blank=True)
    reason = models.TextField(blank=True)
    again_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = WarningQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None, ended="")
                | (Q(state="closed", closed_at__isnull=False) & ~Q(ended="")),
                name="warning_closed_has_time_and_reason",
            ),
            models.UniqueConstraint(
                fields=["division", "indicator", "period", "origin"],
                condition=Q(state="open"),
                name="warning_one_open_of_a_figure",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="warning_newest"),
            models.Index(fields=["division", "state", "-id"], name="warning_in_division"),
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.indicator}"

    @property
    def number(self) -> str:
        return f"YJ-{self.pk:06d}"


class Seen(models.Model):
    """One period of a warning: the figure as it was, how many in a row by then, and the task that was given for it.

    key: the period's, of an early signal the last day of its seven. text: the value as people write it. outside: still out of
    bounds. known: it had a value to judge.
    """

    warning = models.ForeignKey(IndicatorWarning, on_delete=models.CASCADE, related_name="seen")
    key = models.CharField(max_length=10)
    ends = models.DateField()
    value = models.FloatField(null=True)
    text = models.CharField(max_length=40, blank=True)
    numerator = models.FloatField(null=True)
    denominator = models.FloatField(null=True)
    n = models.FloatField(null=True)
    colour = models.CharField(max_length=8, blank=True)
    known = models.BooleanField()
    outside = models.BooleanField()
    in_a_row = models.PositiveSmallIntegerField()
    expected = models.FloatField(null=True)
    low = models.IntegerField(null=True)
    high = models.IntegerField(null=True)
    step = models.CharField(max_length=8, choices=_choices(Step), blank=True)
    reference = models.CharField(max_length=200, blank=True)
    task = models.ForeignKey("tasks.Task", null=True, on_delete=models.PROTECT, related_name="+")
    watermark = models.DateTimeField()
    corrected_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["warning", "key"], name="warning_period_once")]
        indexes = [models.Index(fields=["key"], name="warning_seen_in")]

    def __str__(self) -> str:
        return f"{self.warning_id} {self.key}"


class Telling(models.Model):
    """A post is told something once. told_at: None while it waits for the day's digest; digest_day: of that it went in."""

    post = models.ForeignKey("organizations.Post", on_delete=models.CASCADE, related_name="+")
    seen = models.ForeignKey(Seen, on_delete=models.CASCADE, related_name="+")
    news = models.CharField(max_length=12, choices=_choices(News))
    letters = models.CharField(max_length=8, choices=_choices(Letters))
    told_at = models.DateTimeField(null=True)
    digest_day = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "seen", "news"], name="warning_told_once")]
        indexes = [models.Index(fields=["told_at", "post"], name="warning_untold")]

    def __str__(self) -> str:
        return f"{self.post_id} {self.news} {self.seen_id}"


class Round(models.Model):
    """A period was looked at. looked: figures; coloured: of these, with a colour; opened: warnings."""

    period = models.CharField(max_length=8)
    key = models.CharField(max_length=10)
    starts = models.DateField()
    done_at = models.DateTimeField()
    looked = models.PositiveIntegerField()
    coloured = models.PositiveIntegerField()
    opened = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["period", "key"], name="warning_round_once")]

    def __str__(self) -> str:
        return self.key


class Forecastable(ScopedModel):
    """A number of matters and how well the method did on its past; `carried`: the history is long and thick enough.

    name_zh, name_en: of a single registered place; blank where the indicator's code says enough. hidden: its last number is a
    small one below the county, and isn't kept.
    """

    division = models.CharField(max_length=12)
    place = models.CharField(max_length=128)
    indicator = models.CharField(max_length=60)
    name_zh = models.CharField(max_length=120, blank=True)
    name_en = models.CharField(max_length=120, blank=True)
    hidden = models.BooleanField(default=False)
    ends = models.DateField()
    carried = models.BooleanField()
    trusted = models.BooleanField()
    value = models.IntegerField(null=True)
    expected = models.FloatField(null=True)
    low = models.IntegerField(null=True)
    high = models.IntegerField(null=True)
    windows = models.PositiveIntegerField()
    inside = models.PositiveIntegerField()
    signals = models.PositiveIntegerField()
    judged = models.PositiveIntegerField()
    hits = models.PositiveIntegerField()
    confidence = models.FloatField()

    objects = ForecastableQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["division", "indicator"], name="warning_forecast_once")]

    def __str__(self) -> str:
        return f"{self.division} {self.indicator}"
