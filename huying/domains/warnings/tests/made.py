"""A ladder as Lishui's pack has it, and the posts that answer for 莲都区 and the city."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from django.contrib.auth import get_user_model

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
