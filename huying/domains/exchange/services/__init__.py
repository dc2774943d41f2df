"""Writes: datasets put in force, reports opened, values delivered and corrected, locked reports reopened, reminders given."""

from huying.domains.exchange.services.datasets import put_datasets

__all__ = ["put_datasets"]
