"""What the pages of figures are read of (`bench.pages`): departments' feeds, values, warnings, a report drafted and one
published. Done once to a place; again, it adds what is new."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.urls import reverse

from huying.analytics import published, values
from huying.analytics import services as figures_of_place
from huying.analytics.periods import Period, PeriodKind
from huying.domains.bulletins import queries as reports
from huying.domains.bulletins import services as bulletins
from huying.domains.bulletins.models import Edition
from huying.domains.bulletins.vocabulary import State
from huying.domains.exchange import demo as feeds
from huying.domains.exchange.models import Report
from huying.domains.organizations import queries as organizations
from huying.domains.organizations.models import Account
from huying.domains.warnings import services as warnings
from huying.domains.warnings.models import IndicatorWarning
from huying.kernel import packs
from huying.kernel.actors import Actor, Level


def showing(pack: str) -> dict[str, str]:
    """pack: put in anew, as the place may be of an earlier one. The addresses of single things, by what they are called."""
    packs.install(packs.find(pack), actor=Actor.system("bench"))
    feeds.build()
    figures_of_place.refresh()
    warnings.evaluate()
    edition, draft = _editions()
    report = Report.objects.everything("bench").exclude(version=0).order_by("-last_day", "pk").first()
    warning = IndicatorWarning.objects.everything("bench").order_by("-opened_at", "pk").first()
    defined = next(entry for entry in values.catalogue() if not entry.counted and entry.row and entry.row.thresholds)
    found = {
        "a published report": reverse("bulletins_edition", args=[edition.bulletin_id, edition.number]),
        "a report in draft": reverse("bulletins_page", args=[draft]),
        "a definition": reverse("analytics_definition", args=[defined.code]),
        "thresholds of an indicator": reverse("warnings_threshold", args=[defined.code]),
    }
    if report is not None:
        found["a dataset"] = reverse("exchange_dataset", args=[report.code])
        found["one report of a unit"] = reverse("exchange_report", args=[report.pk])
    if warning is not None:
        found["one warning"] = reverse("warnings_page", args=[warning.pk])
    return found


def _editions() -> tuple[Edition, int]:
    """The last whole month published, the month that runs in draft; of the analyst's place, by the first set of reports."""
    cast = json.loads((settings.HUYING_HOME / "cast.json").read_text())
    analyst, leader = (_actor(cast["people"][role]) for role in ("analyst", "leader"))
    leader = replace(leader, division=analyst.division, level=analyst.level)
    with published.opened() as figures:
        running = Period.holding(figures.state.watermark.date(), PeriodKind.MONTH)
    code = next(one.code for one in reports.report_sets() if one.period == PeriodKind.MONTH)
    draft = bulletins.start(actor=analyst, set_code=code, period=running)
    found = reports.newest_edition(code, analyst.division, running.previous)
    return found or _published(analyst, leader, code, running.previous), draft.pk


def _published(analyst: Actor, leader: Actor, code: str, period: Period) -> Edition:
    made = bulletins.start(actor=analyst, set_code=code, period=period)
    if made.state == State.DRAFTING:
        for section in sorted(bulletins.SIGNED_SECTIONS):
            made = bulletins.comment(
                actor=analyst, bulletin_id=made.pk, version=made.version, section=section, text="测量用。"
            )
        made = bulletins.submit(actor=analyst, bulletin_id=made.pk, version=made.version)
    above = replace(leader, division=made.content["division"]["parent"], level=Level((leader.level or 1) - 1))
    for who in (leader, above)[made.step :]:
        if made.state == State.SUBMITTED:
            made = bulletins.approve(actor=who, bulletin_id=made.pk, version=made.version)
    return bulletins.publish(actor=leader, bulletin_id=made.pk, version=made.version)


def _actor(one: dict[str, Any]) -> Actor:
    account = Account.objects.get(pk=organizations.account_id_of(one["user"]))
    return organizations.actor_for(account, one["post"])
