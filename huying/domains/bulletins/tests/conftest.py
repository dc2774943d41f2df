"""Figures of the made-up town, published where pages and commands look for them."""

import pytest

from huying.analytics import published
from huying.analytics.periods import Period
from huying.domains.bulletins import services
from huying.domains.bulletins.models import ReportSet

from .made import ANALYST, MONTHLY, town

OCTOBER = Period.parse("2026-10")


@pytest.fixture
def publish_figures(tmp_path, monkeypatch, clock, lakes):
    """publish_figures(town): its figures are the ones that stand."""
    monkeypatch.setattr(published, "folder", lambda: tmp_path / "lake")

    def publish(of):
        lakes.put(of, tmp_path / "lake")

    return publish


@pytest.fixture
def monthly(db, publish_figures):
    publish_figures(town())
    return ReportSet.objects.create(code="monthly", period="month", body=MONTHLY)


@pytest.fixture
def report(monthly):
    """The county's draft for October."""
    return services.start(actor=ANALYST, set_code="monthly", period=OCTOBER)
