"""A wish to see a sealed identity comes before those who see its matter, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from huying.domains.identities import queries as vault
from huying.domains.identities import services as identities
from huying.domains.identities.services import Identity
from huying.domains.matters import services as matters
from huying.domains.matters.vocabulary import Confidentiality

pytestmark = pytest.mark.django_db


def test_a_wish_to_see_a_hidden_name_reaches_the_deciders_of_its_own_matter_alone(cast: Any) -> None:
    hidden = cast.register(
        confidentiality=Confidentiality.NAME_HIDDEN, reporter=Identity(name="王秀英", phone="13900000001")
    )
    cast.act("dispatcher", matters.dispatch, hidden, lead_unit=cast.unit("331102-water"))
    cast.act("water", matters.receive, hidden)
    identities.ask_reveal(actor=cast["water"], kind="matter", record_id=hidden.pk, purpose="上门核实需当面联系")
    waiting = {
        who: [wish.record_id for wish in vault.requests_to_decide(cast[who])]
        for who in ("supervisor", "leader", "water_head", "housing_head", "street_head", "water", "auditor")
    }
    assert waiting == {
        "supervisor": [hidden.pk],
        "leader": [hidden.pk],
        "water_head": [hidden.pk],
        "housing_head": [],
        "street_head": [],
        "water": [],
        "auditor": [],
    }
