"""Thresholds on a page of their own: drafted, tried on twelve periods, put in force from a day; they stay the definition's."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest

from huying.analytics.definitions import Grade
from huying.analytics.indicators.schema import IndicatorRow, Threshold
from huying.analytics.models import IndicatorDefinition
from huying.analytics.values import defining, listing, thresholds
from huying.analytics.values.tests.made import Place
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import Forbidden, InvalidInput
from tests.support.web import signed_in

from .made import HAZARDS_LIMITS as LIMITS
from .made import a_year_of_hazards

STRICTER = Threshold(
    valid_from=date(2026, 12, 1), levels=("county",), green=97, yellow=93, orange=85, reference="2027年考核办法"
)
CITY_SUPERVISOR = Actor(
    kind="staff",
    label="市督办员",
    roles=frozenset({Role.SUPERVISOR}),
    level=Level.CITY,
    division="331100000000",
)


@pytest.fixture
def place(cast: Any, tmp_path: Any, monkeypatch: Any) -> Place:
    return a_year_of_hazards(tmp_path / "lake", monkeypatch)


def newest() -> IndicatorRow:
    return listing.versions()["hazards_fixed"][-1].row


def test_a_limit_is_drafted_in_the_definition_and_counts_from_its_day_once_published(cast: Any, place: Place) -> None:
    made = thresholds.draft(actor=cast["analyst"], code="hazards_fixed", limit=STRICTER, why="市里提高要求")
    assert newest().thresholds == tuple(Threshold.model_validate(one) for one in LIMITS), "a draft counts for nothing"
    assert [made.state, made.version, made.why] == ["draft", 2, "市里提高要求"]
    defining.publish(actor=CITY_SUPERVISOR, code="hazards_fixed", valid_from=STRICTER.valid_from)
    first, second = listing.versions()["hazards_fixed"]
    assert (first.valid_to, second.valid_from) == (date(2026, 12, 1), date(2026, 12, 1))
    assert {**vars(first.row), "thresholds": ()} == {**vars(second.row), "thresholds": ()}, "nothing else has changed"
    after = newest()
    found = [after.threshold("county", day) for day in (date(2026, 11, 30), date(2026, 12, 31))]
    assert [one.green for one in found if one] == [95, 97], "periods before keep the limits of their time"
    township = after.threshold("township", date(2026, 12, 31))
    assert township is not None
    assert township.green == 95, "other levels keep theirs"


def test_the_same_day_and_levels_written_again_take_the_place_of_what_was_written(cast: Any, place: Place) -> None:
    thresholds.draft(actor=cast["analyst"], code="hazards_fixed", limit=STRICTER, why="一稿")
    milder = STRICTER.model_copy(update={"green": 96.0})
    thresholds.draft(actor=cast["analyst"], code="hazards_fixed", limit=milder, why="二稿")
    held = thresholds.held("hazards_fixed")
    assert held.row is not None
    assert held.drafted is not None
    assert thresholds.new_limits(held.row, held.drafted) == [milder]
    assert IndicatorDefinition.objects.count() == 2


def test_a_draft_is_tried_on_the_last_twelve_months_before_it_is_in_force(cast: Any, place: Place) -> None:
    thresholds.draft(actor=cast["analyst"], code="hazards_fixed", limit=STRICTER, why="市里提高要求")
    held = thresholds.held("hazards_fixed")
    assert held.row is not None
    assert held.drafted is not None
    periods, (county,) = thresholds.tried(cast["supervisor"], held.row, held.drafted)
    assert (periods[0].key, periods[-1].key) == ("2025-11", "2026-10")
    assert (county.level, county.values, county.changed) == (Level.COUNTY, 12, 12)
    assert county.before == Counter({Grade.GREEN: 6, Grade.YELLOW: 6})
    assert county.after == Counter({Grade.YELLOW: 6, Grade.ORANGE: 6})
    levels = {one.level: one.changed for one in thresholds.tried(CITY_SUPERVISOR, held.row, held.drafted)[1]}
    assert levels == {Level.CITY: 0, Level.COUNTY: 12}, "a limit for counties changes no city's colour"


@pytest.mark.parametrize(
    "wrong", [{"green": 80}, {"orange": 94}], ids=["green worse than yellow", "orange better than yellow"]
)
def test_limits_that_contradict_the_direction_are_not_kept(cast: Any, place: Place, wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match="方向"):
        thresholds.draft(actor=cast["analyst"], code="hazards_fixed", limit=STRICTER.model_copy(update=wrong), why="x")
    assert thresholds.held("hazards_fixed").draft is None


def test_who_does_not_write_definitions_changes_no_threshold(cast: Any, place: Place) -> None:
    for who in ("water", "leader", "dispatcher"):
        with pytest.raises(Forbidden):
            thresholds.draft(actor=cast[who], code="hazards_fixed", limit=STRICTER, why="x")


def test_on_the_page_a_draft_shows_what_would_have_changed_and_who_may_puts_it_in_force(
    cast: Any, place: Place, count_queries: Any
) -> None:
    client = signed_in(cast, "supervisor")
    listed = client.get("/desk/warnings/thresholds").content.decode()
    assert "/desk/warnings/thresholds/hazards_fixed" in listed
    assert "≥95.0%" in listed
    address = "/desk/warnings/thresholds/hazards_fixed"
    form = {"levels": "county", "valid_from": "2026-12-01", "green": "97", "yellow": "93", "reference": "考核办法"}
    assert client.post(address, form).status_code == 422, "a change says why"
    assert client.post(address, {**form, "why": "市里提高要求", "green": "80"}).status_code == 422
    assert client.post(address, {**form, "why": "市里提高要求"}).status_code == 302
    shown = client.get(address).content.decode()
    for said in ("本辖区有数的12个值中，12个换了颜色", "6 → <strong>0</strong>", "市里提高要求", "2025-11至2026-10"):
        assert said in shown
    assert client.post(f"{address}/publish").status_code == 403, "the county is part of a larger place"
    assert newest().thresholds == tuple(Threshold.model_validate(one) for one in LIMITS)
    assert client.post(f"{address}/discard").status_code == 302
    assert thresholds.held("hazards_fixed").draft is None
