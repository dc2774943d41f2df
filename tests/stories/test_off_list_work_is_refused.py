"""准入制 and duty lists: what is not on the list, or was taken back by the level above, can't be assigned below.

Source: territory-and-centres.md (准入制); hotline-and-dispatch.md (乡镇街道履职事项清单); pains-and-rights.md (work pushed down).
"""

from datetime import date

import pytest

from huying.domains.matters import queries, services
from huying.domains.rulebook import services as rulebook
from huying.domains.rulebook.models import DutyEntry
from huying.domains.rulebook.vocabulary import Duty, Part
from huying.kernel.actors import Actor
from huying.kernel.errors import Refused

SETUP = Actor.system("duties")


@pytest.fixture
def duties(cast):
    """The street's list: cleaning is its basic duty, illegal building was taken back by the county, parking it supports."""
    drafts = rulebook.add_drafts(
        Part.DUTY,
        [
            DutyEntry(
                code=f"D{number}",
                zh=zh,
                en=en,
                division="331102000000",
                items=[item],
                duty=duty.value,
                basis="乡镇街道履职事项清单（演示）",
                valid_from=date(2024, 1, 1),
                provenance="demo",
            )
            for number, (item, zh, en, duty) in enumerate(
                [
                    ("0101", "环境卫生", "cleaning", Duty.BASIC),
                    ("0102", "违法建筑查处", "illegal building", Duty.TAKEN_BACK),
                    ("0103", "停车秩序", "parking", Duty.SUPPORTING),
                ],
                start=1,
            )
        ],
        actor=SETUP,
    )
    rulebook.publish(Part.DUTY, [row.pk for row in drafts], actor=SETUP, reason="演示")


def test_what_the_county_took_back_is_not_pushed_down_again(cast, duties):
    matter = cast.register(item="0102")
    with pytest.raises(Refused) as refused:
        cast.act("dispatcher", services.dispatch, matter, lead_unit=cast.unit("331102001-government"))
    assert "履职事项清单" in refused.value.one_line()
    assert queries.matter(cast["dispatcher"], matter.pk).lead_unit_id is None


def test_what_the_street_only_supports_it_does_not_lead(cast, duties):
    matter = cast.register(item="0103")
    with pytest.raises(Refused):
        cast.act("dispatcher", services.dispatch, matter, lead_unit=cast.unit("331102001-government"))
    matter = cast.act(
        "dispatcher",
        services.dispatch,
        matter,
        lead_unit=cast.unit("331102-police"),
        supporters=(cast.unit("331102001-government"),),
    )
    assert matter.lead_unit_id == cast.unit("331102-police")


def test_what_is_its_own_duty_it_is_given(cast, duties):
    matter = cast.register(item="0101")
    matter = cast.act("dispatcher", services.dispatch, matter, lead_unit=cast.unit("331102001-government"))
    assert matter.lead_unit_id == cast.unit("331102001-government")


def test_a_county_department_is_not_bound_by_the_streets_list(cast, duties):
    matter = cast.register(item="0102")
    matter = cast.act("dispatcher", services.dispatch, matter, lead_unit=cast.unit("331102-housing"))
    assert matter.lead_unit_id == cast.unit("331102-housing")
