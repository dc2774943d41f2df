from datetime import date, datetime

import pytest

from huying.domains.rulebook import content, queries, services
from huying.domains.rulebook.tests.conftest import CITY, CITY_KEEPER, COUNTY, COUNTY_KEEPER, SYSTEM
from huying.domains.rulebook.vocabulary import Part
from huying.kernel import audit, clocks
from huying.kernel.actors import Actor, Role
from huying.kernel.clock import ZONE
from huying.kernel.deadlines import Day, compute
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, NotFound, RuleMissing, StaleVersion
from huying.kernel.words import words

pytestmark = pytest.mark.django_db
ON = date(2026, 9, 24)


def local(limit, division=CITY, start=date(2026, 1, 1), actor=SYSTEM, key="hotline.ordinary"):
    body = {**services.body_of(content.limits()[key][-1]), "limit": limit}
    made = services.draft_limit(key=key, body=body, valid_from=start, division=division, actor=actor)
    services.publish(Part.LIMIT, [made.pk], actor=actor)
    return made


def limit_at(division, on=ON, key="hotline.ordinary"):
    return str(queries.limit_rule(key, on, division).limit)


def test_a_place_without_its_own_limit_has_the_shipped_one():
    assert limit_at(COUNTY) == "7 D"


def test_the_most_specific_division_wins_then_its_city_then_everywhere():
    local("5 WD", CITY)
    local("3 WD", COUNTY)
    assert limit_at("331102001000") == "3 WD"
    assert limit_at("331121000000") == "5 WD"
    assert limit_at("620102000000") == "7 D"
    assert queries.limit_rule("hotline.ordinary", ON, COUNTY).division == COUNTY


def test_a_new_version_closes_the_one_before_and_the_past_stays():
    first = local("5 WD")
    local("4 WD", start=date(2026, 6, 1))
    assert limit_at(CITY, date(2026, 5, 31)) == "5 WD"
    assert limit_at(CITY, date(2026, 6, 1)) == "4 WD"
    assert [entry.action for entry in audit.history(Part.LIMIT, first.pk)] == ["draft", "publish", "superseded"]


def test_a_version_published_before_a_later_one_ends_where_that_begins():
    local("4 WD", start=date(2026, 6, 1))
    local("5 WD", start=date(2026, 1, 1))
    assert limit_at(CITY, date(2026, 5, 31)) == "5 WD"
    assert limit_at(CITY, date(2026, 6, 1)) == "4 WD"


def test_two_versions_from_one_day_are_refused():
    local("5 WD")
    with pytest.raises(InvalidInput, match="已有一个已发布"):
        local("4 WD")


def test_a_draft_counts_for_nothing_and_a_published_one_cannot_be_edited():
    body = services.body_of(content.limits()["hotline.ordinary"][-1])
    made = services.draft_limit(key="hotline.ordinary", body=body, valid_from=ON, division=CITY, actor=CITY_KEEPER)
    assert limit_at(CITY) == "7 D"
    changed = services.edit(
        Part.LIMIT, made.pk, {"body": {**body, "limit": "6 D"}}, version=made.version, actor=CITY_KEEPER
    )
    with pytest.raises(StaleVersion):
        services.edit(Part.LIMIT, made.pk, {"body": body}, version=1, actor=CITY_KEEPER)
    services.publish(Part.LIMIT, [made.pk], actor=CITY_KEEPER)
    assert limit_at(CITY) == "6 D"
    with pytest.raises(NotAllowedNow):
        services.edit(Part.LIMIT, made.pk, {"body": body}, version=changed.version, actor=CITY_KEEPER)


def test_a_faulty_limit_is_refused_before_it_is_stored():
    for body in ({"zh": "甲", "limit": "15 XX"}, {"zh": "甲"}, {"zh": "甲", "limit": "1 D", "colour": 1}):
        with pytest.raises(InvalidInput):
            services.draft_limit(key="a.b", body=body, valid_from=ON, actor=SYSTEM)


def test_only_its_keepers_change_the_rulebook_and_only_for_their_area():
    handler = Actor(
        kind="staff", label="承办员", roles=frozenset({Role.HANDLER}), level=CITY_KEEPER.level, division=CITY
    )
    for actor, division in ((handler, CITY), (COUNTY_KEEPER, CITY), (COUNTY_KEEPER, ""), (CITY_KEEPER, "620102000000")):
        with pytest.raises(Forbidden):
            local("5 WD", division, actor=actor)
    local("5 WD", COUNTY, actor=COUNTY_KEEPER)


def test_a_withdrawn_version_leaves_the_shipped_rule_from_that_day_on():
    made = local("5 WD")
    services.withdraw(Part.LIMIT, [made.pk], actor=CITY_KEEPER, reason="恢复统一规定", from_day=date(2026, 8, 1))
    assert limit_at(CITY, date(2026, 7, 31)) == "5 WD"
    assert limit_at(CITY, date(2026, 8, 1)) == "7 D"


def test_a_missing_rule_is_said_not_guessed():
    with pytest.raises(RuleMissing):
        queries.limit_rule("hotline.nonsense", ON)
    with pytest.raises(RuleMissing):
        queries.limit_rule("petition.handling", date(2001, 1, 1))
    assert "hotline.province" in queries.limit_rules(None, ON, CITY)
    assert set(queries.limit_rules(["redo", "receipt"], ON)) == {"redo", "receipt"}


def test_reading_rules_costs_no_query_once_read(count_queries):
    queries.limit_rule("hotline.ordinary", ON, COUNTY)
    with count_queries() as counted:
        for _ in range(500):
            queries.limit_rule("hotline.ordinary", ON, COUNTY)
            queries.calendar()
    assert counted.n <= 1


def test_a_parameter_has_a_value_a_reference_and_an_area():
    assert queries.parameter("hotline.answer_seconds", ON) == 15
    made = services.draft_parameter(
        key="hotline.answer_seconds", value=10, words={"zh": "接听", "en": "answer"}, unit="s", kind="practice",
        reference="本市规定", valid_from=date(2026, 1, 1), division=CITY, actor=CITY_KEEPER,
    )  # fmt: skip
    services.publish(Part.PARAMETER, [made.pk], actor=CITY_KEEPER)
    assert queries.parameter("hotline.answer_seconds", ON, COUNTY) == 10
    assert queries.parameter("hotline.answer_seconds", ON) == 15
    with pytest.raises(RuleMissing):
        queries.parameter("hotline.nonsense", ON)


def new_year(*days, year=2027, actor=CITY_KEEPER, **more):
    listed = [Day(date(year, m, d), working, words("元旦", "New Year")) for m, d, working in days]
    return services.draft_calendar_year(year=year, source="国务院办公厅通知", days=listed, actor=actor, **more)


@pytest.fixture
def recomputed(monkeypatch):
    calls = []
    monkeypatch.setattr(clocks, "recompute_provisional", lambda *, actor: calls.append(actor) or 3)
    return calls


def test_publishing_a_year_ends_its_being_provisional_and_recounts_the_clocks(recomputed):
    rule = queries.limit_rule("hotline.province", ON)
    start = datetime(2026, 12, 14, 9, tzinfo=ZONE)
    before = compute(rule, start, queries.calendar())
    assert before.provisional
    new_year((1, 1, False), (1, 2, False), (1, 3, False))
    assert compute(rule, start, queries.calendar()).provisional  # a draft counts for nothing
    assert services.preview_calendar_year(year=2027).now_rest == (date(2027, 1, 1),)
    assert services.publish_calendar_year(year=2027, actor=CITY_KEEPER) == 3
    after = compute(rule, start, queries.calendar())
    assert (before.due.date(), after.due.date(), after.provisional) == (date(2027, 1, 4), date(2027, 1, 5), False)
    assert recomputed == [CITY_KEEPER]
    assert [d.day for d in queries.calendar().specials(2026)]  # the shipped years stay


def test_a_published_year_is_corrected_by_a_new_revision(recomputed):
    new_year((1, 1, False))
    services.publish_calendar_year(year=2027, actor=CITY_KEEPER)
    new_year((1, 1, False), (1, 4, False))
    services.publish_calendar_year(year=2027, actor=CITY_KEEPER)
    assert not queries.calendar().is_working(date(2027, 1, 4))


def test_a_years_draft_is_checked_and_guarded_by_its_version():
    draft = new_year((1, 1, False))
    with pytest.raises(StaleVersion):
        new_year((1, 1, False), version=draft.version + 1)
    with pytest.raises(InvalidInput, match="不在"):
        services.draft_calendar_year(
            year=2028, source="通知", days=[Day(date(2027, 1, 1), False, words("元旦", "x"))], actor=SYSTEM
        )
    with pytest.raises(InvalidInput, match="两次"):
        new_year((1, 1, False), (1, 1, True))
    with pytest.raises(InvalidInput, match="依据"):
        services.draft_calendar_year(year=2027, source=" ", days=[], actor=SYSTEM)
    with pytest.raises(NotFound):
        services.publish_calendar_year(year=2031, actor=SYSTEM)
