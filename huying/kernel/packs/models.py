"""Which packs this installation holds."""

from django.db import models


class InstalledPack(models.Model):
    """The manifest of a pack as last installed, so that export can write it again and `doctor` can name it."""

    code = models.CharField(max_length=40, primary_key=True)
    manifest = models.TextField()  # JSON of entries.Manifest
    digest = models.CharField(max_length=64)  # SHA-256 of the pack's files
    installed_at = models.DateTimeField()
    installed_by = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.code
