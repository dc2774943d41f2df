"""Dated, versioned content. Dates are half-open: `valid_from` counts, `valid_to` is the first day after."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huying.domains.rulebook.vocabulary import Duty, Part, State


def dated(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
        name=f"{name}_ends_after_it_begins",
        violation_error_message=_("截止日期须晚于起始日期。"),
    )


def known_state(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(state__in=[s.value for s in State]), name=f"{name}_state_known")


class Dated(models.Model):
    """What draft → published → withdrawn has in common. `version` counts edits, so that two editors notice each other."""

    part: ClassVar[Part]
    state = models.CharField(max_length=12, default=State.DRAFT.value)
    division = models.CharField(max_length=12, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    provenance = models.CharField(max_length=12, default="document")

    class Meta:
        abstract = True


class LimitRule(Dated):
    """One version of one limit for one area. `body` is deadlines.Rule as JSON, without its dates and area."""

    part = Part.LIMIT
    key = models.CharField(max_length=64)
    body = models.JSONField()

    class Meta:
        constraints = [
            dated("limitrule"),
            known_state("limitrule"),
            models.UniqueConstraint(
                fields=["key", "division", "valid_from"],
                condition=Q(state=State.PUBLISHED.value),
                name="limitrule_one_published_from_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.division} {self.valid_from}"


class ParameterValue(Dated):
    """One value of one parameter for one area; `body` holds value, words, unit, kind and reference."""

    part = Part.PARAMETER
    key = models.CharField(max_length=64)
    body = models.JSONField()

    class Meta:
        constraints = [
            dated("parametervalue"),
            known_state("parametervalue"),
            models.UniqueConstraint(
                fields=["key", "division", "valid_from"],
                condition=Q(state=State.PUBLISHED.value),
                name="parametervalue_one_published_from_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.division} {self.valid_from}"


class CalendarYear(models.Model):
    """A year's schedule. A correction is a new revision; the published one of the highest revision counts."""

    part = Part.CALENDAR
    year = models.PositiveSmallIntegerField()
    revision = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=12, default=State.DRAFT.value)
    source = models.CharField(max_length=200)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            known_state("calendaryear"),
            models.UniqueConstraint(fields=["year", "revision"], name="calendaryear_one_per_revision"),
            models.UniqueConstraint(
                fields=["year"], condition=Q(state=State.DRAFT.value), name="calendaryear_one_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year}.{self.revision}"


class CalendarDay(models.Model):
    """A day that departs from Monday-to-Friday."""

    year = models.ForeignKey(CalendarYear, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    working = models.BooleanField()
    zh = models.CharField(max_length=40)
    en = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["year", "day"], name="calendarday_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.zh}"


class CatalogueVersion(Dated):
    """The dispatch catalogue (派单目录) of an area as a whole: items and who answers for them where."""

    part = Part.CATALOGUE
    title = models.CharField(max_length=120)

    class Meta:
        constraints = [
            dated("catalogueversion"),
            known_state("catalogueversion"),
            models.UniqueConstraint(
                fields=["division", "valid_from"],
                condition=Q(state=State.PUBLISHED.value),
                name="catalogueversion_one_published_from_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class CatalogueItem(models.Model):
    """One item of the three-level tree; its code nests in pairs of digits (01, 0102, 010203)."""

    catalogue = models.ForeignKey(CatalogueVersion, on_delete=models.CASCADE, related_name="items")
    code = models.CharField(max_length=8)
    zh = models.CharField(max_length=60)
    en = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["catalogue", "code"], name="catalogueitem_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.zh}"


class CatalogueRoute(models.Model):
    """item × area → lead, supporters, limit rule, questions to ask. `division` "" is the catalogue's whole area."""

    catalogue = models.ForeignKey(CatalogueVersion, on_delete=models.CASCADE, related_name="routes")
    item = models.CharField(max_length=8)
    division = models.CharField(max_length=12, blank=True)
    lead = models.CharField(max_length=48)
    supporters = models.JSONField(default=list)
    rule_key = models.CharField(max_length=64)
    questions = models.JSONField(default=list)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["catalogue", "item", "division"], name="catalogueroute_one_lead_for_an_area"
            )
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.division} → {self.lead}"


class AdmissionEntry(Dated):
    """Work that departments may ask of grids (准入制). Withdrawing it is the exit procedure."""

    part = Part.ADMISSION
    code = models.CharField(max_length=32)
    zh = models.CharField(max_length=120)
    en = models.CharField(max_length=200)
    items = models.JSONField(default=list)
    department = models.CharField(max_length=48)
    urgent = models.BooleanField(default=False)
    consent = models.CharField(max_length=200)
    basis = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            dated("admissionentry"),
            known_state("admissionentry"),
            models.CheckConstraint(
                condition=Q(urgent=False) | (Q(valid_to__isnull=False) & ~Q(consent="")),
                name="admissionentry_urgent_work_has_consent_and_an_end",
                violation_error_message=_("临时紧急工作须经同意并写明截止日期。"),
            ),
            models.UniqueConstraint(
                fields=["code", "division", "valid_from"],
                condition=Q(state=State.PUBLISHED.value),
                name="admissionentry_one_published_from_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.zh}"


class DutyEntry(Dated):
    """One line of a township's duty list: basic, supporting, or taken back by the level above."""

    part = Part.DUTY
    code = models.CharField(max_length=32)
    zh = models.CharField(max_length=120)
    en = models.CharField(max_length=200)
    duty = models.CharField(max_length=12)
    items = models.JSONField(default=list)
    department = models.CharField(max_length=48, blank=True)
    basis = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            dated("dutyentry"),
            known_state("dutyentry"),
            models.CheckConstraint(condition=Q(duty__in=[d.value for d in Duty]), name="dutyentry_duty_known"),
            models.UniqueConstraint(
                fields=["code", "division", "valid_from"],
                condition=Q(state=State.PUBLISHED.value),
                name="dutyentry_one_published_from_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.zh}"


class RulebookMark(models.Model):
    """One row that every change raises, so that each process knows when what it keeps in memory is old."""

    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)
