"""不合理诉求: asked with reasons, judged by a panel with an outside member, open to appeal; the label stays on the matter.

Source: hotline-and-dispatch.md; pains-and-rights.md (no way to call a demand unreasonable).
"""

import pytest

from huying.domains.matters import services
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow


@pytest.fixture
def asked(cast):
    return cast.act("water_head", services.ask_unreasonable, cast.in_hand(), reason="要求为其单独铺设专用水管")


@pytest.fixture
def panel(cast):
    return tuple(cast[who].post_id for who in ("supervisor", "leader", "grid_office"))


def test_a_unit_cannot_judge_its_own_request(cast, asked, panel):
    with pytest.raises(Forbidden):
        cast.act(
            "water_head",
            services.decide_unreasonable,
            asked,
            panel=panel,
            outside_member="律师",
            reason="同意",
            upheld=True,
        )
    mixed = (*panel[:2], cast["water"].post_id)
    with pytest.raises(InvalidInput, match="合议"):
        cast.act(
            "supervisor",
            services.decide_unreasonable,
            asked,
            panel=mixed,
            outside_member="律师",
            reason="无依据",
            upheld=True,
        )


def test_an_outside_member_and_reasons_are_needed(cast, asked, panel):
    with pytest.raises(InvalidInput):
        cast.act("supervisor", services.decide_unreasonable, asked, panel=panel, reason="无法律依据", upheld=True)


def test_an_appeal_takes_the_label_off_until_it_is_judged_again(cast, asked, panel):
    matter = cast.act(
        "supervisor",
        services.decide_unreasonable,
        asked,
        panel=panel,
        outside_member="村法律顾问",
        reason="供水条例无此义务",
        upheld=True,
    )
    assert matter.unreasonable
    matter = cast.act("taker", services.appeal_unreasonable, matter, reason="邻户都有，唯独我家没有")
    assert not matter.unreasonable
    matter = cast.act(
        "supervisor",
        services.decide_unreasonable,
        matter,
        panel=panel,
        outside_member="人大代表",
        reason="复核后认为合理",
        upheld=False,
    )
    assert not matter.unreasonable
    with pytest.raises(NotAllowedNow):
        cast.act("taker", services.appeal_unreasonable, matter, reason="再次提出")
