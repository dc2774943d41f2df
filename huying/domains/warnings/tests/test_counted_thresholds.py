"""What comes with Huying is coloured by the place's own thresholds: drafted, tried, in force from a day, all versions kept."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from huying.analytics import definitions, services, snapshots
from huying.analytics.definitions import Grade, local
from huying.analytics.indicators.schema import Threshold
from huying.analytics.models import CountedLimits
from huying.analytics.periods import Period
from huying.analytics.values import limits, thresholds
from huying.domains.warnings import services as warnings
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import Forbidden, InvalidInput, NotFound
from tests.support.web import signed_in

from .made import EAST, STREET, install_ladder, name_posts
from .test_thresholds import CITY_SUPERVISOR

ADDRESS = "/desk/warnings/thresholds/closed_in_time"
STRICTER = Threshold(
    valid_from=date(2026, 12, 1), levels=("county",), green=99, yellow=97.5, orange=96, reference="2027年考核办法"
)


@pytest.fixture
def place(cast: Any, figures: Any) -> Any:
    """Twelve months at 98 % in the county, of 200 each."""
    install_ladder()
    name_posts(cast)
    month = Period.parse("2025-11")
    for _n in range(12):
        figures.month(EAST, month.key, closed_in_time=(196, 200))
        figures.month(STREET, month.key, closed_in_time=(196, 200))
        month = month.next
    figures.publish(date(2026, 11, 20))
    return figures


def grade(level: Level, day: date) -> Grade | None:
    found = definitions.shipped().indicator("closed_in_time")
    assert found is not None
    return found.grade(0.98, 200, level, day)


def in_force(captured: Any, cast: Any, limit: Threshold = STRICTER) -> None:
    thresholds.draft(actor=cast["analyst"], code="closed_in_time", limit=limit, why="市里提高要求")
    with captured(execute=True):
        thresholds.publish(actor=CITY_SUPERVISOR, code="closed_in_time")


def test_a_limit_counts_from_its_day_for_its_level_once_published(
    cast: Any, place: Any, django_capture_on_commit_callbacks: Any
) -> None:
    thresholds.draft(actor=cast["analyst"], code="closed_in_time", limit=STRICTER, why="市里提高要求")
    assert grade(Level.COUNTY, date(2026, 12, 31)) is Grade.GREEN, "a draft counts for nothing"
    with django_capture_on_commit_callbacks(execute=True):
        thresholds.publish(actor=CITY_SUPERVISOR, code="closed_in_time")
    assert grade(Level.COUNTY, date(2026, 11, 30)) is Grade.GREEN, "periods before keep the limits of their time"
    assert grade(Level.COUNTY, date(2026, 12, 31)) is Grade.YELLOW
    assert grade(Level.TOWNSHIP, date(2026, 12, 31)) is Grade.GREEN, "other levels keep theirs"
    found = definitions.shipped().indicator("closed_in_time")
    assert found is not None
    assert found.grade(0.97, 200, Level.COUNTY, date(2026, 12, 31)) is Grade.ORANGE
    assert found.grade(0.95, 200, Level.COUNTY, date(2026, 12, 31)) is Grade.RED


def test_every_version_is_kept_with_who_and_why(cast: Any, place: Any, django_capture_on_commit_callbacks: Any) -> None:
    in_force(django_capture_on_commit_callbacks, cast)
    milder = STRICTER.model_copy(update={"valid_from": date(2027, 1, 1), "green": 98.0})
    in_force(django_capture_on_commit_callbacks, cast, milder)
    rows = [
        (row.version, row.state, row.valid_from, row.why, row.publisher) for row in limits.versions("closed_in_time")
    ]
    assert rows == [
        (1, "published", date(2026, 12, 1), "市里提高要求", "市督办员"),
        (2, "published", date(2027, 1, 1), "市里提高要求", "市督办员"),
    ]
    days = (date(2026, 11, 30), date(2026, 12, 31), date(2027, 1, 31))
    assert [grade(Level.COUNTY, day) for day in days] == [Grade.GREEN, Grade.YELLOW, Grade.GREEN]


def test_a_draft_is_tried_on_the_last_twelve_months(cast: Any, place: Any) -> None:
    thresholds.draft(actor=cast["analyst"], code="closed_in_time", limit=STRICTER, why="市里提高要求")
    held = thresholds.held("closed_in_time")
    assert held.row is not None
    assert held.drafted is not None
    _periods, rows = thresholds.tried(cast["supervisor"], held.row, held.drafted)
    changed = {row.level: (row.values, row.changed, row.after) for row in rows if row.values}
    assert changed[Level.COUNTY] == (12, 12, Counter({Grade.YELLOW: 12}))
    assert changed[Level.TOWNSHIP] == (12, 0, Counter({Grade.GREEN: 12}))


def test_the_night_warns_by_the_places_own_limits(
    cast: Any, place: Any, clock: Any, django_capture_on_commit_callbacks: Any
) -> None:
    assert warnings.evaluate().opened == 0
    in_force(django_capture_on_commit_callbacks, cast, STRICTER.model_copy(update={"yellow": 98.5, "orange": 98.2}))
    place.month(EAST, "2026-12", closed_in_time=(196, 200))
    clock.move(timedelta(45))
    place.publish(clock.now().date())
    assert warnings.evaluate().opened == 1


def test_an_edition_is_computed_again_by_the_limits_of_its_day(
    cast: Any, place: Any, django_capture_on_commit_callbacks: Any
) -> None:
    december = Period.parse("2026-12")
    in_force(django_capture_on_commit_callbacks, cast)
    with snapshots.recording() as notes:
        services.report(CITY_SUPERVISOR, EAST, december)
        kept = snapshots.keep(notes)
    in_force(
        django_capture_on_commit_callbacks,
        cast,
        STRICTER.model_copy(update={"green": 90.0, "yellow": 80.0, "orange": 70.0}),
    )
    assert grade(Level.COUNTY, december.last) is Grade.GREEN
    with snapshots.replaying(kept):
        assert grade(Level.COUNTY, december.last) is Grade.YELLOW


def test_what_lies_beside_the_figures_is_laid_out_anew_where_it_was_lost(
    cast: Any, place: Any, django_capture_on_commit_callbacks: Any
) -> None:
    in_force(django_capture_on_commit_callbacks, cast)
    (place.home / local.NAME).unlink()
    assert grade(Level.COUNTY, date(2026, 12, 31)) is Grade.GREEN
    limits.lay_out()
    assert grade(Level.COUNTY, date(2026, 12, 31)) is Grade.YELLOW


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"green": 80}, "方向"),
        ({"orange": 98}, "方向"),
        ({"valid_from": date(2026, 11, 19)}, "不溯及既往"),
    ],
)
def test_limits_that_contradict_the_direction_or_reach_back_are_not_kept(
    cast: Any, place: Any, wrong: dict[str, Any], why: str
) -> None:
    limit = STRICTER.model_copy(update=wrong)
    with pytest.raises(InvalidInput, match=why):
        thresholds.draft(actor=cast["analyst"], code="closed_in_time", limit=limit, why="x")
    assert not CountedLimits.objects.exists()


def test_a_count_of_what_people_report_gets_no_limit_and_no_colour(cast: Any, place: Any) -> None:
    assert limits.indicator("volume") is None
    assert thresholds.held("volume").row is None


def test_who_does_not_write_definitions_changes_no_limit(cast: Any, place: Any) -> None:
    for who in ("water", "leader", "dispatcher"):
        with pytest.raises(Forbidden):
            thresholds.draft(actor=cast[who], code="closed_in_time", limit=STRICTER, why="x")
    with pytest.raises(NotFound):
        thresholds.publish(actor=CITY_SUPERVISOR, code="closed_in_time")


def test_on_the_page_it_is_drafted_tried_and_put_in_force_like_any_other(cast: Any, place: Any) -> None:
    client = signed_in(cast, "supervisor")
    listed = client.get("/desk/warnings/thresholds").content.decode()
    assert ADDRESS in listed
    shown = client.get(ADDRESS).content.decode()
    assert "随程序的阈值" in shown
    form = {"levels": "county", "valid_from": "2026-12-01", "green": "99", "yellow": "97.5", "reference": "考核办法"}
    assert client.post(ADDRESS, form).status_code == 422, "a change says why"
    late = client.post(ADDRESS, {**form, "why": "市里提高要求", "valid_from": "2026-11-01"})
    assert (late.status_code, "不溯及既往" in late.content.decode()) == (422, True)
    assert client.post(ADDRESS, {**form, "why": "市里提高要求"}).status_code == 302
    shown = client.get(ADDRESS).content.decode()
    for said in ("≥97.5%", "12 → <strong>0</strong>", "市里提高要求", "2025-11至2026-10"):
        assert said in shown, said
    assert client.post(f"{ADDRESS}/publish").status_code == 403, "the county is part of a larger place"
    assert client.post(f"{ADDRESS}/discard").status_code == 302
    assert not CountedLimits.objects.exists()


def test_a_pack_carries_them_there_and_back(cast: Any, place: Any, django_capture_on_commit_callbacks: Any) -> None:
    row = limits.LimitsRow(code="closed_in_time", thresholds=(STRICTER,))
    with django_capture_on_commit_callbacks(execute=True):
        assert limits.install([row], Actor.system("pack")) == {"created": 1, "changed": 0, "kept": 0}
    assert grade(Level.COUNTY, date(2026, 12, 31)) is Grade.YELLOW
    assert limits.installed() == [row]
    assert limits.install(limits.installed(), Actor.system("pack")) == {"created": 0, "changed": 0, "kept": 1}
    assert limits.judged(row) == ""
    assert "方向" in limits.judged(row.model_copy(update={"thresholds": (STRICTER.model_copy(update={"green": 1}),)}))
    assert "volume" in limits.judged(row.model_copy(update={"code": "volume"}))
