"""信访: sorted into its Art 31 kind first; only 31(6) runs 60 days, lengthened once by at most 30 by the unit's head.

Source: 信访工作条例 Art 31, 34; deadlines.md.
"""

from datetime import date, timedelta

import pytest

from huying.domains.matters import services
from huying.domains.matters.vocabulary import Kind, Outcome, PetitionKind, State
from huying.kernel import clocks
from huying.kernel.clock import ZONE
from huying.kernel.errors import InvalidInput, NotAllowedNow


@pytest.fixture
def petition(cast):
    return cast.register(kind=Kind.PETITION, content="反映征地补偿标准计算有误，请求复核。")


def test_no_clock_runs_and_no_unit_has_it_before_it_is_sorted(cast, petition):
    assert petition.state == State.SORTING
    assert clocks.of_records("matter", [petition.pk]) == []
    with pytest.raises(NotAllowedNow):
        cast.act("dispatcher", services.dispatch, petition, lead_unit=cast.unit("331102-housing"))


def test_kinds_one_to_five_are_led_into_their_own_procedure_with_the_reason(cast, petition):
    with pytest.raises(InvalidInput):
        cast.act("dispatcher", services.sort_petition, petition, petition_kind=PetitionKind.ARBITRATION)
    matter = cast.act(
        "dispatcher",
        services.refer_petition,
        petition,
        petition_kind=PetitionKind.ARBITRATION,
        reason="劳动争议，请向区劳动人事争议仲裁委员会申请仲裁",
    )
    assert (matter.state, matter.outcome) == (State.NOT_ACCEPTED, Outcome.OTHER_PROCEDURE)
    assert clocks.of_records("matter", [matter.pk]) == []


def test_kind_six_runs_sixty_days_and_thirty_more_at_most(cast, petition):
    matter = cast.act("dispatcher", services.sort_petition, petition, petition_kind=PetitionKind.HANDLING)
    matter = cast.act("dispatcher", services.dispatch, matter, lead_unit=cast.unit("331102-housing"))
    # 2026-11-20 + 60 D = 2027-01-19, a year not yet published: the clock says it is provisional.
    assert matter.rule_key == "petition.handling"
    assert matter.due_at.astimezone(ZONE).date() == date(2027, 1, 19)
    matter = cast.act("housing", services.receive, matter)
    matter = cast.act("housing", services.ask_extension, matter, amount="30 D", reason="需第三方重新测绘")
    before = matter.due_at
    matter = cast.act("housing_head", services.approve_extension, matter, reason="情况复杂")
    assert matter.due_at - before <= timedelta(days=33)
    assert matter.due_at > before


def test_thirty_one_days_more_are_refused(cast, petition):
    matter = cast.act("dispatcher", services.sort_petition, petition, petition_kind=PetitionKind.HANDLING)
    matter = cast.act("dispatcher", services.dispatch, matter, lead_unit=cast.unit("331102-housing"))
    matter = cast.act("housing", services.receive, matter)
    matter = cast.act("housing", services.ask_extension, matter, amount="31 D", reason="还要更久")
    with pytest.raises(InvalidInput):
        cast.act("housing_head", services.approve_extension, matter)
