"""What analytics keeps in the main database: the definitions a place works by, each version of them."""

from __future__ import annotations

from django.db import models


class IndicatorDefinition(models.Model):
    """One version of one indicator. The newest version is in force from `valid_from`; older ones explain older figures.

    content: a row of `indicators.yaml` as JSON, checked by huying.analytics.indicators.
    """

    code = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    content = models.JSONField()
    valid_from = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("code", "version"), name="indicator_version_once"),
            models.CheckConstraint(condition=models.Q(version__gte=1), name="indicator_version_from_one"),
        )

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class IndexDefinition(models.Model):
    """One version of a composite index: its nodes as rows of `index.yaml`, checked by huying.analytics.indicators.frameworks."""

    code = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    content = models.JSONField()
    valid_from = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("code", "version"), name="index_version_once"),
            models.CheckConstraint(condition=models.Q(version__gte=1), name="index_version_from_one"),
        )

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"
