import csv
import random
from datetime import date, timedelta

import pytest
from django.apps import apps

from huying.domains.matters.demo import building
from huying.domains.matters.demo.arrivals import OfficeHours, arrivals
from huying.domains.matters.demo.cast import Directory
from huying.domains.matters.demo.texts import tell, texts
from huying.domains.matters.models import Assignment, Matter
from huying.domains.matters.vocabulary import OPEN_STATES, Kind
from huying.kernel import audit, clock
from huying.kernel.search import refuses
from tests.support.needs import CHECKOUT

PACKS = CHECKOUT / "huying" / "packs"


def test_no_line_is_left_half_filled_and_few_read_alike():
    rng = random.Random(1)
    told = [tell(rng, topic, "万象街道", "丽阳门社区") for topic in texts().topics for _ in range(40)]
    assert not [one for one in told if "{" in one.title + one.content + one.place + one.reply]
    assert len({one.content for one in told}) > 0.75 * len(told)
    assert max(len(one.place) for one in told) <= 200


def test_no_invented_text_is_shaped_like_a_person():
    rng = random.Random(2)
    titles = {tell(rng, topic, "万象街道", "丽阳门社区").title for topic in texts().topics for _ in range(30)}
    assert [title for title in titles if refuses(title)] == []


def test_what_is_said_is_of_the_item_and_the_kind_it_is_filed_under():
    named = {
        row["zh"] for row in csv.DictReader((PACKS / "lishui" / "catalogue.csv").open(encoding="utf-8")) if row["zh"]
    }
    assert [name for topic in texts().topics for name in topic.about if name not in named] == []
    rng = random.Random(4)
    for topic in texts().topics:
        for told in (tell(rng, topic, "万象街道", "仙源村村民委员会") for _ in range(20)):
            assert "委员会" not in told.title + told.content + told.place
            if topic.kinds.keys() - {Kind.ENQUIRY, Kind.SUGGESTION}:
                assert (Kind.ENQUIRY in told.kinds) == told.title.startswith("咨询"), told.title
                assert (Kind.SUGGESTION in told.kinds) == told.title.startswith("建议"), told.title


def test_calls_come_less_on_rest_days_and_at_night_and_follow_the_season(clock_at_noon):
    until = clock_at_noon
    calls = arrivals(random.Random(3), until - timedelta(days=365), until, 20_000, lambda day: day.weekday() < 5)
    moments = [at for at, _topic in calls]
    assert moments == sorted(moments)
    assert all(until - timedelta(days=365) <= at < until for at in moments)
    weekend = sum(at.weekday() >= 5 for at in moments) / len(moments)
    assert 0.14 < weekend < 0.22
    assert sum(at.hour < 6 for at in moments) < 0.05 * len(moments)
    school = [at.month for at, topic in calls if topic.key == "school"]
    assert sum(month in (6, 7, 8) for month in school) > 2 * sum(month in (12, 1, 2) for month in school)


def test_office_time_skips_nights_rest_days_and_noon(clock_at_noon):
    office = OfficeHours(lambda day: day != date(2026, 11, 21) and day != date(2026, 11, 22))
    friday = clock_at_noon.replace(day=20, hour=17, minute=0)
    assert office.after(friday, timedelta(hours=1)) == friday.replace(day=23, hour=9, minute=0)
    assert office.after(friday.replace(hour=11, minute=30), timedelta(hours=1)) == friday.replace(hour=14, minute=30)


@pytest.fixture
def clock_at_noon():
    return clock.local(clock.now()).replace(year=2026, month=11, day=20, hour=12, minute=0, second=0, microsecond=0)


@pytest.mark.django_db
def test_a_small_year_is_lived_through_the_services_and_holds_together(cast):
    people = building.build(matters=260, seed=7)
    roles = {role for role, _user, _password in people}
    assert {"call_taker", "dispatcher", "handler", "unit_head", "followup_clerk", "supervisor", "grid_office", "grid_worker",
            "leader", "analyst", "system_admin", "security_admin", "auditor"} == roles  # fmt: skip
    assert len({password for _role, _user, password in people}) == len(people)
    accounts = apps.get_model("organizations", "Account").objects.filter(username__in=[user for _r, user, _p in people])
    assert all(account.is_demo and not account.must_change_password for account in accounts)
    by_name = {account.username: account for account in accounts}
    assert all(by_name[user].check_password(password) for _role, user, password in people)

    matters = list(Matter.objects.everything("a test looks at the demo"))
    assert len(matters) == 260
    assert all(matter.is_demo for matter in matters)
    states = {matter.state for matter in matters}
    assert {"closed", "not_accepted", "merged"} <= states
    assert states & OPEN_STATES
    closed = [matter for matter in matters if matter.state == "closed" and matter.due_at and matter.replied_at]
    late = sum(matter.replied_at > matter.due_at for matter in closed)
    assert 0 < late < 0.3 * len(closed)
    # A report's credibility rules ask about minutes that prefer 0 and 5: none is preferred by who made the demo up.
    assert sum(matter.replied_at.minute % 5 == 0 for matter in closed) < 0.35 * len(closed)
    assert all(matter.registered_at <= (matter.closed_at or clock.now()) <= clock.now() for matter in matters)
    assert {matter.township for matter in matters} == {"331102001000", "331102002000", "331121100000"}
    assert Assignment.objects.everything("a test").filter(part="lead", state="answered").exists()
    assert audit.verify().ok


@pytest.mark.django_db
def test_nothing_lies_undispatched_for_longer_than_a_centre_would_leave_it(cast):
    building.build(matters=400, seed=11)
    open_ones = Matter.objects.everything("a test looks at the demo")
    untouched = open_ones.filter(state="registered", registered_at__lt=clock.now() - timedelta(days=4))
    assert list(untouched.exclude(kind="petition")) == []  # a petition has its own limit in law
    objected = open_ones.filter(state="objected", dispatched_at__lt=clock.now() - timedelta(days=20))
    assert list(objected) == []


@pytest.mark.django_db
def test_the_same_seed_makes_the_same_year(cast):
    directory = Directory("331100000000")

    def planned(seed):
        year = building.Year(directory, random.Random(seed), print)
        place, start = year._places(), year._now - timedelta(days=365)
        calls = arrivals(year._rng, start, year._now, 50, year._works)
        return [next(place) for _ in range(50)], [topic.key for _at, topic in calls]

    assert planned(5) == planned(5)
    assert planned(5) != planned(6)
