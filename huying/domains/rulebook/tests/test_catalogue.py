from datetime import date

import pytest

from huying.domains.organizations.vocabulary import UnitKind
from huying.domains.rulebook import queries, services
from huying.domains.rulebook.models import AdmissionEntry, DutyEntry
from huying.domains.rulebook.tests.conftest import (
    CITY,
    CITY_KEEPER,
    COUNTY,
    COUNTY_KEEPER,
    ITEMS,
    OTHER,
    SYSTEM,
    TOWN,
    a_route,
    an_item,
)
from huying.domains.rulebook.vocabulary import Part
from huying.kernel import audit
from huying.kernel.actors import Level
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, RuleMissing, StaleVersion

ON = date(2026, 9, 24)


def draft(like, **given):
    return services.draft_catalogue(
        title="新版", division=CITY, valid_from=date(2026, 10, 1), actor=CITY_KEEPER, like=like.pk, **given
    )


def test_an_item_goes_to_the_department_of_the_county_else_of_its_city(catalogue, units):
    assert queries.route("010201", COUNTY, ON).lead_unit_id == units["331102-housing"]
    assert queries.route("010201", OTHER, ON).lead_unit_id == units["331121-housing"]
    water = queries.route("010101", TOWN, ON)
    assert water.lead_unit_id == units["3311-water_supply"]
    assert water.supporter_unit_ids == (units["331102-water"], units["331102001-government"])
    assert water.rule_key == "hotline.utility"


def test_an_item_without_its_own_route_follows_its_parents_and_says_so(catalogue, units):
    routing = queries.route("010201", COUNTY, ON)
    assert routing.questions == ("哪一栋？",)
    assert "按上级类目 0102" in routing.grounds.zh
    assert "by item 0102" in routing.grounds.en
    assert queries.route("010202", TOWN, ON).lead_unit_id == units["331102001-government"]


def test_the_smallest_area_with_a_rule_of_its_own_wins(catalogue, units):
    made = draft(catalogue)
    services.edit_catalogue(
        catalogue_id=made.pk, version=1, actor=CITY_KEEPER, routes=[a_route("0101", "331102-water", COUNTY)]
    )
    services.publish_catalogue(catalogue_id=made.pk, actor=CITY_KEEPER)
    after = date(2026, 10, 2)
    assert queries.route("010101", TOWN, after).lead_unit_id == units["331102-water"]
    assert queries.route("010101", OTHER, after).lead_unit_id == units["3311-water_supply"]
    # The past keeps the catalogue that was in force then.
    assert queries.route("010101", TOWN, ON).lead_unit_id == units["3311-water_supply"]


def test_a_matter_the_catalogue_says_nothing_of_is_left_to_a_human(catalogue):
    with pytest.raises(RuleMissing, match="010301"):
        queries.route("010301", COUNTY, ON)
    with pytest.raises(RuleMissing, match="派单目录"):
        queries.route("010101", "620102000000", ON)
    assert queries.routes([("030101", COUNTY), ("010101", "620102000000")], ON) == [None, None]


def test_routing_many_matters_asks_no_query_a_row(catalogue, count_queries):
    pairs = [("010101", TOWN), ("010201", COUNTY)] * 2_000
    queries.routes(pairs[:2], ON)
    with count_queries() as few:
        queries.routes(pairs[:4], ON)
    with count_queries() as many:
        queries.routes(pairs, ON)
    assert many.n <= few.n + 2


def test_a_published_catalogue_is_never_changed_only_replaced(catalogue):
    with pytest.raises(NotAllowedNow):
        services.edit_catalogue(catalogue_id=catalogue.pk, version=1, actor=CITY_KEEPER, items=[an_item("02")])


def test_two_editors_of_one_draft_notice_each_other(catalogue):
    made = draft(catalogue)
    services.edit_catalogue(catalogue_id=made.pk, version=1, actor=CITY_KEEPER, items=[an_item("0103")])
    with pytest.raises(StaleVersion):
        services.edit_catalogue(catalogue_id=made.pk, version=1, actor=CITY_KEEPER, items=[an_item("0104")])


@pytest.mark.parametrize(
    ("route", "said"),
    [
        (a_route("0199", "housing"), "没有这个类目"),
        (a_route("010201", "housing", rule="hotline.nonsense"), "没有时限规则"),
        (a_route("010201", "housing", supporters=["housing"]), "既主办又协办"),
        (a_route("010201", "moon_office"), "没有单位"),
        (a_route("010201", "housing", "620102000000"), "不在目录辖区内"),
    ],
)
def test_a_conflict_is_found_and_stops_publication(catalogue, route, said):
    made = draft(catalogue)
    services.edit_catalogue(catalogue_id=made.pk, version=1, actor=CITY_KEEPER, routes=[route])
    assert said in services.conflicts(services.whole(made.pk))[0].words.zh
    with pytest.raises(InvalidInput, match=said):
        services.publish_catalogue(catalogue_id=made.pk, actor=CITY_KEEPER)


def test_gaps_name_the_item_and_the_county_where_nobody_would_answer(catalogue):
    made = draft(catalogue)
    services.edit_catalogue(
        catalogue_id=made.pk,
        version=1,
        actor=CITY_KEEPER,
        items=[
            an_item("02", "空白", "Blank"),
            an_item("0201", "无人管", "Nobody's"),
            an_item("010102", "水质", "Quality"),
        ],
        routes=[a_route("010102", "water")],
    )
    found = {(gap.item, gap.division) for gap in services.gaps(services.whole(made.pk), ON)}
    assert found == {("0201", ""), ("010102", OTHER)}


def test_what_if_tells_which_of_last_months_matters_would_move_and_writes_nothing(catalogue, units):
    made = draft(catalogue)
    services.edit_catalogue(
        catalogue_id=made.pk, version=1, actor=CITY_KEEPER, routes=[a_route("0101", "331102-water", COUNTY)]
    )
    supply, housing = units["3311-water_supply"], units["331102-housing"]
    matters = [("010101", TOWN, supply)] * 30 + [("010101", OTHER, supply)] * 5 + [("010201", COUNTY, housing)] * 7
    told = services.what_if(catalogue_id=made.pk, matters=iter(matters), on=ON)
    assert (told.total, told.unchanged) == (42, 12)
    assert [(m.item, m.from_unit, m.to_unit, m.n) for m in told.moves] == [
        ("010101", supply, units["331102-water"], 30)
    ]
    assert queries.route("010101", TOWN, ON).lead_unit_id == supply


def test_a_countys_dispatcher_keeps_no_catalogue_of_the_city(catalogue):
    with pytest.raises(Forbidden):
        services.draft_catalogue(title="越权", division=CITY, valid_from=ON, actor=COUNTY_KEEPER)
    assert services.draft_catalogue(title="本区", division=COUNTY, valid_from=ON, actor=COUNTY_KEEPER).pk


def test_every_step_of_a_catalogue_is_in_its_log(catalogue):
    made = draft(catalogue)
    services.edit_catalogue(catalogue_id=made.pk, version=1, actor=CITY_KEEPER, items=[an_item("0103")])
    services.publish_catalogue(catalogue_id=made.pk, actor=CITY_KEEPER, reason="季度调整")
    told = audit.history(Part.CATALOGUE, made.pk)
    assert [entry.action for entry in told] == ["draft", "edit", "publish"]
    assert told[-1].reason == "季度调整"
    assert audit.history(Part.CATALOGUE, catalogue.pk)[-1].action == "superseded"


def listed(model, part, **given):
    values = {"valid_from": date(2020, 1, 1), "division": CITY, "code": "1", "zh": "甲", "en": "a"} | given
    services.publish(part, [row.pk for row in services.add_drafts(part, [model(**values)], actor=SYSTEM)], actor=SYSTEM)


def test_work_off_the_township_duty_list_may_not_be_put_on_a_township(units):
    ask = lambda item, **more: queries.off_list(item, UnitKind.TERRITORIAL, Level.TOWNSHIP, ON, TOWN, **more)  # noqa: E731
    assert not ask("070101").off
    assert "未发布" in ask("070101").words.zh
    listed(DutyEntry, Part.DUTY, code="L1", duty="basic", items=["0102"], basis="清单")
    listed(DutyEntry, Part.DUTY, code="P1", duty="supporting", items=["0101"])
    listed(DutyEntry, Part.DUTY, code="S1", duty="taken_back", items=["010203"], department="housing")
    assert not ask("010201").off
    assert ask("010203").off  # the longer code says more
    assert ask("010101").off
    assert not ask("010101", supporting=True).off
    assert ask("070101").off
    assert "不在" in ask("070101").words.zh
    assert not queries.off_list("070101", UnitKind.DEPARTMENT, Level.COUNTY, ON, COUNTY).off


def test_work_not_admitted_may_not_be_put_on_a_village_or_grid_and_urgent_work_lapses(units):
    listed(AdmissionEntry, Part.ADMISSION, items=["0201"], department="urban_management", consent="评审")
    listed(
        AdmissionEntry, Part.ADMISSION, code="2", items=["130401"], department="emergency", consent="同意",
        urgent=True, valid_to=date(2026, 10, 1),
    )  # fmt: skip
    ask = lambda item, on=ON: queries.off_list(item, UnitKind.VILLAGE, Level.VILLAGE, on, "331102001001")  # noqa: E731
    assert not ask("020101").off
    assert ask("070101").off
    assert not ask("130401").off
    assert ask("130401", date(2026, 10, 1)).off


def test_a_route_to_a_township_against_its_duty_list_is_a_conflict(catalogue):
    listed(DutyEntry, Part.DUTY, code="S1", duty="taken_back", items=["010202"], department="housing")
    assert any("收回" in one.words.zh for one in services.conflicts(services.whole(catalogue.pk)))


def test_leaving_the_admission_list_needs_a_reason_and_keeps_the_past(units):
    listed(AdmissionEntry, Part.ADMISSION, items=["0201"], department="urban_management", consent="评审")
    (entry,) = queries.admissions(ON)
    with pytest.raises(InvalidInput):
        services.withdraw(Part.ADMISSION, [entry.id], actor=CITY_KEEPER, reason=" ")
    services.withdraw(Part.ADMISSION, [entry.id], actor=CITY_KEEPER, reason="年度退出", from_day=ON)
    assert queries.admissions(ON) == []
    assert len(queries.admissions(date(2026, 1, 1))) == 1


def test_the_tree_is_read_in_code_order(catalogue):
    assert [item.code for item in queries.items(ON, CITY)] == sorted(item.code for item in ITEMS)
    assert [item.leaf for item in queries.items(ON) if item.code in {"01", "010101"}] == [False, True]
