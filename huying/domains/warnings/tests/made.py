"""A ladder as Lishui's pack has it, and the posts that answer for 莲都区 and the city."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.contrib.auth import get_user_model

from huying.analytics import published, sources, trees
from huying.analytics.periods import Period
from huying.analytics.values.tests.made import Place
from huying.domains.organizations import queries as organizations
from huying.domains.organizations import services as staff
from huying.domains.warnings import sections
from huying.domains.warnings.models import IndicatorWarning, Seen
from huying.domains.warnings.rungs import RungRow
from huying.domains.warnings.vocabulary import Origin, Step
from huying.kernel.actors import Actor, Role
from huying.kernel.clock import ZONE

PACK = Path(__file__).resolve().parents[3] / "packs" / "lishui" / "warnings.yaml"
SETUP = Actor.system("test")
CITY, EAST, STREET = "331100000000", "331102000000", "331102001000"


def rows() -> list[RungRow]:
    return [RungRow.model_validate(row) for row in yaml.safe_load(PACK.read_text(encoding="utf-8"))]


def install_ladder(**changed: Any) -> None:
    """changed: of every row by colour."""
    made = [row.model_copy(update=changed) if row.colour else row for row in rows()]
    sections.install(made, SETUP)


def name_posts(cast: Any) -> None:
    """The portfolio names the county's leader and a leader of the city, who joins the cast as `city_leader`."""
    since = date(2020, 1, 1)
    unit, key = "3311-hotline", "city_leader"
    post = staff.NewPost(unit=unit, key=key, name="市分管领导", roles=frozenset({Role.LEADER}), valid_from=since)
    post_id = staff.put_posts(actor=SETUP, rows=[post])[unit, key]
    new = staff.NewAccount(username=key, display_name=key, password="Lishui-2026-cast")
    account = staff.create_accounts(actor=SETUP, rows=[new])[key]
    staff.open_terms(actor=SETUP, rows=[staff.NewTerm(account_id=account, post_id=post_id, valid_from=since)])
    cast.actors[key] = organizations.actor_for(get_user_model().objects.get(pk=account), post_id)
    staff.put_portfolio(
        actor=SETUP,
        rows=[
            staff.NewPortfolio(item="", division=division, leader=leader, unit=leader[0], valid_from=since)
            for division, leader in ((CITY, (unit, key)), (EAST, ("331102-centre", "leader")))
        ],
    )


def red_month(division: str, **given: Any) -> IndicatorWarning:
    """An open warning of a county that closed 20 of 40 in time in October."""
    at = datetime(2026, 11, 1, 4, 30, tzinfo=ZONE)
    values: dict[str, Any] = {
        "origin": Origin.COLOUR,
        "division": division,
        "place": "莲都区",
        "level": 3,
        "indicator": "closed_in_time",
        "period": "month",
        "step": Step.ALERT,
        "in_a_row": 1,
        "opened_at": at,
    }
    warning = IndicatorWarning.objects.create(**values | given)
    Seen.objects.create(
        warning=warning,
        key="2026-10",
        ends=date(2026, 10, 31),
        value=0.5,
        numerator=20,
        denominator=40,
        n=40,
        colour="red",
        known=True,
        outside=True,
        in_a_row=1,
        watermark=at,
    )
    return warning


HAZARDS_LIMITS = [{"valid_from": "2026-01-01", "green": 95, "yellow": 90, "orange": 80, "reference": "考核办法第3条"}]
HAZARDS = {
    "code": "hazards_fixed",
    "name": {"zh": "隐患按期整改率", "en": "hazards mended in time"},
    "sources": [{"dataset": "safety"}],
    "numerator": "fixed",
    "denominator": "due",
    "factor": 100,
    "unit": "%",
    "direction": "higher",
    "level": "county",
    "thresholds": HAZARDS_LIMITS,
}


def a_year_of_hazards(home: Path, patch: pytest.MonkeyPatch) -> Place:
    """Twelve months of the eastern county, to October 2026: six at 96 %, six at 92 %, stored and read from `home`."""
    made = Place(home, tree=trees.load(), now=datetime(2026, 11, 20, 4, tzinfo=ZONE))
    patch.setattr(published, "folder", lambda: made.home)
    patch.setattr(sources, "_providers", {"dataset": made.feed})
    made.define(HAZARDS, on=date(2026, 1, 1))
    month = Period.parse("2025-11")
    for n in range(12):
        made.deliver("safety", EAST, month.last, fixed=96 if n % 2 else 92, due=100)
        month = month.next
    made.build()
    return made
